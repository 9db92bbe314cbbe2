//! The bodies of the vendor's messages. Fields that nobody needs are left out.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use viva_domain::ports::ProviderError;

use crate::providers::transport::errors::Complaint;
use crate::providers::transport::{Account, lenient};

/// Who speaks, the first message of a connection.
pub(super) const CONFIG: &str = concat!(
    r#"{"context":{"system":{"name":"Viva","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","build":"Rust","lang":"Rust"}}}"#
);

/// What a turn begins with.
#[derive(Serialize)]
pub(super) struct Context<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    dgi: Option<Grammar<'a>>,
}

#[derive(Serialize)]
struct Grammar<'a> {
    groups: [Group<'a>; 1],
}

#[derive(Serialize)]
struct Group<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    text: &'a str,
}

/// What is understood so far of what is not final yet.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Hypothesis {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) text: String,
}

/// A part that is final, or why there is none.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Phrase {
    #[serde(default, deserialize_with = "lenient::or_default")]
    recognition_status: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    display_text: Option<String>,
    #[serde(rename = "NBest", default, deserialize_with = "lenient::or_default")]
    best: Vec<Guess>,
    #[serde(default, deserialize_with = "ticks")]
    offset: u64,
    #[serde(default, deserialize_with = "ticks")]
    duration: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Guess {
    #[serde(default, deserialize_with = "lenient::or_default")]
    display: String,
}

/// How long 100 ns are, in samples: 1/625.
const TICKS_PER_SAMPLE: u64 = 625;

impl<'a> Context<'a> {
    pub(super) fn of(keyterms: &'a [String]) -> Self {
        let items: Vec<Item<'a>> = keyterms.iter().map(|text| Item { text }).collect();
        let group = |items| Group {
            kind: "Generic",
            items,
        };
        Self {
            dgi: (!items.is_empty()).then(|| Grammar {
                groups: [group(items)],
            }),
        }
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("it has neither maps nor anything else that is no JSON")
    }
}

impl Phrase {
    /// What was understood; empty where that is nothing.
    pub(super) fn text(&self) -> &str {
        let guess = self.best.first().map(|guess| guess.display.as_str());
        self.display_text.as_deref().or(guess).unwrap_or_default()
    }

    /// Where it ends, in samples since the turn began.
    pub(super) fn end(&self) -> u64 {
        self.offset.saturating_add(self.duration) / TICKS_PER_SAMPLE
    }

    /// Why the turn is of no use; `None` when it is.
    pub(super) fn failure(&self, account: &Account) -> Option<ProviderError> {
        let meaning = match self.recognition_status.as_str() {
            "Error" => "internal_error",
            "TooManyRequests" => "too_many_requests",
            "Forbidden" => "permission_denied",
            "BadRequest" => "",
            _ => return None,
        };
        let message = format!("its status is {}", self.recognition_status);
        Some(Complaint::new(meaning, message).into_error(account, None))
    }
}

/// What it means that the service does not take what it is sent; `None` for other codes. A used-up quota is told so too.
pub(super) fn closed(code: u16, reason: &str, account: &Account) -> Option<ProviderError> {
    let is_quota = code == 1007 && reason.to_ascii_lowercase().contains("quota");
    is_quota.then(|| Complaint::new("quota_exceeded", reason).into_error(account, None))
}

/// A time in steps of 100 ns, which may be written as a text.
fn ticks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let written = || value.as_str()?.parse().ok();
    Ok(value.as_u64().or_else(written).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;
    use viva_domain::ports::ProviderErrorKind;

    use super::*;
    use crate::providers::testing::account;
    use crate::providers::transport::hostile::with_odd;

    fn phrase(json: Value) -> Phrase {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_phrase_is_simple_or_detailed_and_its_times_numbers_or_texts() {
        let simple = phrase(json!({
            "RecognitionStatus": "Success", "DisplayText": "Hello.", "Offset": "625", "Duration": 1_250,
        }));
        assert_eq!((simple.text(), simple.end()), ("Hello.", 3));
        let detailed = phrase(json!({"RecognitionStatus": "Success", "NBest": [
            {"Confidence": 0.9, "Lexical": "hello", "Display": "Hello."}, {"Display": "Hallo."},
        ]}));
        assert_eq!((detailed.text(), detailed.end()), ("Hello.", 0));
        assert_eq!(phrase(json!({"RecognitionStatus": "NoMatch"})).text(), "");
    }

    proptest! {
        #[test]
        fn what_is_odd_beside_the_words_is_no_harm(odd in with_odd(
            &json!({"RecognitionStatus": "Success", "DisplayText": "Hello.", "Offset": 1, "Duration": 2, "Channel": 0}),
            &["/RecognitionStatus", "/Offset", "/Duration", "/Channel"],
        )) {
            let phrase = phrase(odd);
            prop_assert_eq!(phrase.text(), "Hello.");
        }
    }

    #[rstest]
    #[case("Success", None)]
    #[case("InitialSilenceTimeout", None)]
    #[case("EndOfDictation", None)]
    #[case("Error", Some(ProviderErrorKind::Unavailable))]
    #[case("TooManyRequests", Some(ProviderErrorKind::RateLimited))]
    #[case("Forbidden", Some(ProviderErrorKind::CredentialForbidden))]
    #[case("BadRequest", Some(ProviderErrorKind::Failed("its status is BadRequest".to_owned())))]
    fn a_status_says_what_happened(#[case] status: &str, #[case] kind: Option<ProviderErrorKind>) {
        let vendor = account("https://eastus.api.cognitive.microsoft.com", Some("key"));
        let failure = phrase(json!({"RecognitionStatus": status})).failure(&vendor);
        assert_eq!(failure.map(|err| err.kind), kind);
    }

    #[rstest]
    #[case(1007, "Quota exceeded.", Some(ProviderErrorKind::QuotaExceeded))]
    #[case(1007, "Invalid audio", None)]
    #[case(1000, "Quota exceeded.", None)]
    fn a_used_up_quota_is_told_at_the_end(
        #[case] code: u16,
        #[case] reason: &str,
        #[case] kind: Option<ProviderErrorKind>,
    ) {
        let vendor = account("https://eastus.api.cognitive.microsoft.com", Some("key"));
        assert_eq!(closed(code, reason, &vendor).map(|err| err.kind), kind);
    }
}
