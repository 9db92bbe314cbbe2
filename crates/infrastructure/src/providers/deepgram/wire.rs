//! Deepgram's messages. Fields that nobody needs are left out; unknown messages are read as such.

use serde::Deserialize;
use viva_domain::ports::ProviderError;

use crate::providers::transport::Account;
use crate::providers::transport::errors::Complaint;
use crate::providers::transport::lenient;

/// To `/v1/listen`, while nothing else is sent.
pub(super) const KEEP_ALIVE: &str = r#"{"type":"KeepAlive"}"#;
/// To `/v1/listen`: write down what was sent so far.
pub(super) const FINALIZE: &str = r#"{"type":"Finalize"}"#;
/// To `/v2/listen`: end the turn that runs.
pub(super) const FORCE_END_TURN: &str = r#"{"type":"ForceEndTurn"}"#;

/// From `/v1/listen`.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum NovaMessage {
    Results(Results),
    /// The connection is of no use any more.
    Error(Failure),
    #[serde(other)]
    Unknown,
}

/// Why a connection is of no use any more.
#[derive(Deserialize)]
pub(super) struct Failure {
    /// From `/v2/listen`, as `INTERNAL_SERVER_ERROR`.
    #[serde(default, deserialize_with = "lenient::code")]
    code: Option<String>,
    /// From `/v1/listen`, as `InternalServerError`.
    #[serde(default, deserialize_with = "lenient::code")]
    variant: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    description: Option<String>,
}

/// What was understood of a stretch of audio.
#[derive(Deserialize)]
pub(super) struct Results {
    /// Seconds since the connection was opened.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) start: f64,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) duration: f64,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) is_final: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) from_finalize: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    channel: Channel,
}

#[derive(Deserialize, Default)]
struct Channel {
    #[serde(default, deserialize_with = "lenient::or_default")]
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    #[serde(default, deserialize_with = "lenient::or_default")]
    transcript: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    words: Vec<Word>,
}

#[derive(Deserialize)]
pub(super) struct Word {
    #[serde(rename = "word", default, deserialize_with = "lenient::or_default")]
    plain: String,
    /// As it is written in the transcript.
    #[serde(rename = "punctuated_word", default, deserialize_with = "lenient::or_default")]
    punctuated: Option<String>,
    /// Seconds since the connection was opened.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) end: Option<f64>,
}

/// From `/v2/listen`.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum FluxMessage {
    TurnInfo(TurnInfo),
    /// The connection is of no use any more.
    Error(Failure),
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
pub(super) struct TurnInfo {
    pub(super) event: TurnEvent,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) turn_index: u64,
    /// The whole turn so far.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) transcript: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
pub(super) enum TurnEvent {
    StartOfTurn,
    Update,
    EagerEndOfTurn,
    TurnResumed,
    EndOfTurn,
    #[serde(other)]
    Unknown,
}

impl Failure {
    /// The vendor's own trouble, and that on the way to it, passes by; anything else was our fault.
    pub(super) fn into_error(self, account: &Account) -> ProviderError {
        let code = self.code.or(self.variant).unwrap_or_default();
        let code = snake_case(&code);
        let is_outage =
            code.starts_with("internal") || code.ends_with("server_error") || code.starts_with("net-");
        let mut complaint = Complaint::new(code, self.description.unwrap_or_default());
        if is_outage {
            complaint.codes.push("internal_error".to_owned());
        }
        complaint.into_error(account, None)
    }
}

/// A name that is written as `InternalError`, in the way of all others.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut was_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && was_lower {
            snake.push('_');
        }
        was_lower = letter.is_ascii_lowercase();
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

impl Results {
    /// The best guess.
    pub(super) fn transcript(&self) -> &str {
        let best = self.channel.alternatives.first();
        best.map_or("", |alternative| &alternative.transcript)
    }

    /// Its words.
    pub(super) fn words(&self) -> &[Word] {
        let best = self.channel.alternatives.first();
        best.map_or(&[], |alternative| &alternative.words)
    }
}

impl Word {
    pub(super) fn text(&self) -> &str {
        self.punctuated.as_ref().unwrap_or(&self.plain)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use viva_domain::ports::ProviderErrorKind;

    use super::*;
    use crate::providers::transport::hostile::with_odd;

    fn account() -> Account {
        Account {
            provider: "acme".to_owned(),
            base_url: "https://a.example".parse().unwrap(),
            api_key: None,
            organization: None,
        }
    }

    proptest! {
        #[test]
        fn what_is_odd_beside_the_words_is_no_harm(results in with_odd(
            &json!({
                "type": "Results", "start": 0.5, "duration": 1.5, "is_final": true, "from_finalize": false,
                "channel": {"alternatives": [{
                    "transcript": "Hello", "words": [{"word": "hello", "end": 0.5, "punctuated_word": "Hello"}],
                }]},
                "metadata": {},
            }),
            &[
                "/start", "/duration", "/is_final", "/from_finalize", "/metadata",
                "/channel/alternatives/0/words", "/channel/alternatives/0/words/0",
                "/channel/alternatives/0/words/0/word", "/channel/alternatives/0/words/0/end",
                "/channel/alternatives/0/words/0/punctuated_word",
            ],
        )) {
            match serde_json::from_value(results).unwrap() {
                NovaMessage::Results(results) => prop_assert_eq!(results.transcript(), "Hello"),
                _ => prop_assert!(false, "it is something else"),
            }
        }

        #[test]
        fn what_is_odd_beside_a_turn_is_no_harm(info in with_odd(
            &json!({"type": "TurnInfo", "event": "EndOfTurn", "turn_index": 2, "transcript": "Hello", "words": []}),
            &["/turn_index", "/words"],
        )) {
            match serde_json::from_value(info).unwrap() {
                FluxMessage::TurnInfo(info) => prop_assert_eq!(info.transcript, "Hello"),
                _ => prop_assert!(false, "it is something else"),
            }
        }
    }

    #[test]
    fn a_result_may_have_nothing_in_it() {
        for results in [
            json!({"type": "Results"}),
            json!({"type": "Results", "channel": null}),
            json!({"type": "Results", "channel": {"alternatives": null}}),
            json!({"type": "Results", "channel": {"alternatives": [{"transcript": null, "words": null}]}}),
        ] {
            let Ok(NovaMessage::Results(results)) = serde_json::from_value(results.clone()) else {
                panic!("{results} is not understood");
            };
            assert_eq!((results.transcript(), results.words().len()), ("", 0));
        }
    }

    #[test]
    fn an_error_may_have_both_names() {
        let error =
            json!({"type": "Error", "code": null, "variant": "InternalServerError", "description": null});
        let Ok(NovaMessage::Error(failure)) = serde_json::from_value(error) else {
            panic!("it is not understood");
        };
        assert_eq!(
            failure.into_error(&account()).kind,
            ProviderErrorKind::Unavailable
        );
    }
}
