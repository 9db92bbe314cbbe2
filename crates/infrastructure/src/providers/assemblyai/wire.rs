//! The vendor's messages. Fields that nobody needs are left out; unknown messages are read as such.

use serde::Deserialize;
use viva_domain::ports::ProviderError;

use crate::providers::ears::join;
use crate::providers::transport::errors::Complaint;
use crate::providers::transport::socket::is_curable;
use crate::providers::transport::{Account, lenient};

/// End the turn that runs.
pub(super) const FORCE_ENDPOINT: &str = r#"{"type":"ForceEndpoint"}"#;
pub(super) const KEEP_ALIVE: &str = r#"{"type":"KeepAlive"}"#;

#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum ServerMessage {
    Begin,
    Turn(TurnInfo),
    /// The connection is closed after it.
    Error(Failure),
    #[serde(other)]
    Unknown,
}

/// A turn as far as it is known.
#[derive(Deserialize)]
pub(super) struct TurnInfo {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) turn_order: u64,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) turn_is_formatted: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) end_of_turn: bool,
    /// Words that do not change any more.
    #[serde(default, deserialize_with = "lenient::or_default")]
    transcript: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    words: Vec<Word>,
}

#[derive(Deserialize)]
struct Word {
    #[serde(default, deserialize_with = "lenient::or_default")]
    text: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    word_is_final: Option<bool>,
}

/// Why a connection is of no use any more.
#[derive(Deserialize)]
pub(super) struct Failure {
    /// That with which the connection is closed.
    #[serde(default, deserialize_with = "lenient::count")]
    error_code: Option<u64>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    error: String,
}

impl TurnInfo {
    /// The turn so far. At its end nothing changes any more.
    pub(super) fn text(&self) -> String {
        let mut text = self.transcript.trim().to_owned();
        let all: String = self.words.iter().map(|word| word.text.as_str()).collect();
        // Some models have all words in the transcript.
        if self.end_of_turn || letters(&text).eq(letters(&all)) {
            return text;
        }
        for word in &self.words {
            if word.word_is_final == Some(false) {
                join(&mut text, word.text.trim());
            }
        }
        text
    }
}

impl Failure {
    pub(super) fn into_error(self, account: &Account) -> ProviderError {
        let code = self.error_code.and_then(|code| u16::try_from(code).ok());
        if let Some(own) = code.and_then(|code| closed(code, &self.error, account)) {
            return own;
        }
        // The close that follows would say the same.
        let meaning = match code {
            Some(code) if is_curable(Some(code)) => "unavailable",
            _ => "",
        };
        Complaint::new(meaning, self.error).into_error(account, None)
    }
}

/// What is said, however it is written.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase)
}

/// What the vendor's own codes mean; `None` for the others.
pub(super) fn closed(code: u16, reason: &str, account: &Account) -> Option<ProviderError> {
    let meaning = match code {
        4001 => "invalid_api_key",
        4002 => "payment_required",
        4003 => "permission_denied",
        3009 | 4029 | 4102 => "too_many_requests",
        // It is over, and so may be the vendor.
        3005 | 3008 | 4008 | 4031 => "unavailable",
        3006 | 3007 | 4032 | 4033 | 4100 | 4101 => "",
        _ => return None,
    };
    let reason = reason.trim();
    let message = if reason.is_empty() {
        format!("it closed the connection with {code}")
    } else {
        reason.to_owned()
    };
    Some(Complaint::new(meaning, message).into_error(account, None))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::{Value, json};
    use viva_domain::ports::ProviderErrorKind;

    use super::*;
    use crate::providers::testing::account;
    use crate::providers::transport::hostile::with_odd;

    fn text(turn: Value) -> String {
        match serde_json::from_value(turn).unwrap() {
            ServerMessage::Turn(turn) => turn.text(),
            _ => panic!("it is something else"),
        }
    }

    #[rstest]
    #[case("", json!([]), "")]
    #[case("", json!([{"text": "tell", "word_is_final": false}]), "tell")]
    #[case("Tell", json!([{"text": "Tell", "word_is_final": true}, {"text": "me", "word_is_final": false}]), "Tell me")]
    #[case("Tell me", json!([{"text": "Tell", "word_is_final": true}, {"text": "me", "word_is_final": false}]), "Tell me")]
    #[case("Tell", json!([{"text": "Tell"}]), "Tell")]
    #[case("come", json!([{"text": "come", "word_is_final": true}, {"text": "me", "word_is_final": false}]), "come me")]
    #[case("Tell", json!([{"text": "me", "word_is_final": false}]), "Tell me")]
    #[case("Tell, me", json!([{"text": "tell", "word_is_final": true}, {"text": "me.", "word_is_final": false}]), "Tell, me")]
    #[case("你好", json!([{"text": "你好", "word_is_final": true}, {"text": "好", "word_is_final": false}]), "你好好")]
    #[case("你好世界", json!([{"text": "你好", "word_is_final": true}, {"text": "世界", "word_is_final": false}]), "你好世界")]
    #[case("", json!([{"text": "今日", "word_is_final": false}, {"text": "は", "word_is_final": false}]), "今日は")]
    fn words_that_may_change_follow_those_that_do_not(
        #[case] transcript: &str,
        #[case] words: Value,
        #[case] whole: &str,
    ) {
        let turn = json!({"type": "Turn", "turn_order": 0, "transcript": transcript, "words": words});
        assert_eq!(text(turn), whole);
    }

    #[test]
    fn at_its_end_a_turn_is_what_is_final() {
        let words = json!([{"text": "hm", "word_is_final": false}]);
        let turn = json!({"type": "Turn", "end_of_turn": true, "transcript": "", "words": words});
        assert_eq!(text(turn), "");
    }

    proptest! {
        #[test]
        fn what_is_odd_beside_the_words_is_no_harm(turn in with_odd(
            &json!({
                "type": "Turn", "turn_order": 1, "turn_is_formatted": false, "end_of_turn": true, "transcript": "Hello",
                "words": [{"text": "Hello", "word_is_final": true}], "end_of_turn_confidence": 0.5,
            }),
            &["/turn_order", "/turn_is_formatted", "/words", "/words/0/text", "/end_of_turn_confidence"],
        )) {
            prop_assert_eq!(text(turn), "Hello");
        }
    }

    #[rstest]
    #[case(4001, ProviderErrorKind::CredentialInvalid)]
    #[case(4002, ProviderErrorKind::QuotaExceeded)]
    #[case(4003, ProviderErrorKind::CredentialForbidden)]
    #[case(3009, ProviderErrorKind::RateLimited)]
    #[case(4029, ProviderErrorKind::RateLimited)]
    #[case(3005, ProviderErrorKind::Unavailable)]
    #[case(3008, ProviderErrorKind::Unavailable)]
    #[case(3007, ProviderErrorKind::Failed("why".to_owned()))]
    fn codes_of_the_vendor_say_what_happened(#[case] code: u16, #[case] kind: ProviderErrorKind) {
        let account = account("https://streaming.assemblyai.com", Some("key"));
        assert_eq!(closed(code, "why", &account).unwrap().kind, kind);
        let error = json!({"type": "Error", "error_code": code, "error": "why"});
        let Ok(ServerMessage::Error(failure)) = serde_json::from_value(error) else {
            panic!("it is not understood");
        };
        assert_eq!(failure.into_error(&account).kind, kind);
        assert!(closed(1_011, "", &account).is_none());
    }

    #[rstest]
    #[case(json!(1_013), ProviderErrorKind::Unavailable)]
    #[case(json!(1_011), ProviderErrorKind::Unavailable)]
    #[case(json!(1_008), ProviderErrorKind::Failed("why".to_owned()))]
    #[case(json!(null), ProviderErrorKind::Failed("why".to_owned()))]
    fn a_code_of_everybody_means_what_it_means_in_a_close(
        #[case] code: Value,
        #[case] kind: ProviderErrorKind,
    ) {
        let account = account("https://streaming.assemblyai.com", Some("key"));
        let error = json!({"type": "Error", "error_code": code, "error": "why"});
        let Ok(ServerMessage::Error(failure)) = serde_json::from_value(error) else {
            panic!("it is not understood");
        };
        assert_eq!(failure.into_error(&account).kind, kind);
    }
}
