use viva_domain::ports::ProviderError;
use viva_domain::turns::Usage;

use super::wire::{BlockDelta, StreamEvent, Tokens};
use crate::providers::language_model::{Decode, Said};
use crate::providers::transport::Account;
use crate::providers::transport::errors::{self, Complaint};
use crate::providers::transport::sse::Event;

/// Reads events until `message_stop`.
#[derive(Debug)]
pub(super) struct MessagesDecoder {
    account: Account,
    usage: Option<Usage>,
}

impl MessagesDecoder {
    pub(super) fn new(account: &Account) -> Self {
        Self {
            account: account.clone(),
            usage: None,
        }
    }

    /// Counts are cumulative: the last one is right.
    fn count(&mut self, tokens: Option<Tokens>) {
        let Some(tokens) = tokens else {
            return;
        };
        let usage = self.usage.get_or_insert_default();
        if let Some(input) = tokens.input_tokens {
            let cached = [tokens.cache_read_input_tokens, tokens.cache_creation_input_tokens];
            usage.input_tokens = Some(cached.into_iter().flatten().fold(input, u64::saturating_add));
        }
        usage.output_tokens = tokens.output_tokens.or(usage.output_tokens);
    }
}

impl Decode for MessagesDecoder {
    fn event(&mut self, event: &Event) -> Result<Said, ProviderError> {
        if event.data.trim().is_empty() {
            return Ok(Said::Nothing);
        }
        let event = serde_json::from_str(&event.data)
            .map_err(|err| errors::malformed(&self.account.provider, &err))?;
        match event {
            StreamEvent::MessageStart { message } => {
                self.count(message.usage);
                Ok(Said::Nothing)
            }
            StreamEvent::ContentBlockDelta {
                delta: BlockDelta::TextDelta { text },
            } => Ok(Said::Text(text)),
            StreamEvent::MessageDelta { delta, usage } => {
                self.count(usage);
                if delta.stop_reason.as_deref() == Some("refusal") {
                    return Err(errors::failed(&self.account.provider, "it refused to answer"));
                }
                Ok(Said::Nothing)
            }
            StreamEvent::MessageStop => Ok(Said::Done(self.usage)),
            StreamEvent::Error { error } => Err(Complaint::of(&error).into_error(&self.account, None)),
            StreamEvent::ContentBlockDelta {
                delta: BlockDelta::Other,
            }
            | StreamEvent::Other => Ok(Said::Nothing),
        }
    }

    fn end(&mut self) -> Result<Option<Usage>, ProviderError> {
        Err(errors::unavailable(
            &self.account.provider,
            "the answer broke off",
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;
    use viva_domain::ports::ProviderErrorKind;

    use super::*;
    use crate::providers::language_model::decoded;
    use crate::providers::transport::hostile::with_odd;

    fn account() -> Account {
        Account {
            provider: "acme".to_owned(),
            base_url: "https://a.example".parse().unwrap(),
            api_key: Some("sk-hidden".into()),
            organization: None,
        }
    }

    async fn read(lines: &[&str]) -> (String, Result<Option<Usage>, ProviderErrorKind>) {
        let body: String = lines.iter().flat_map(|line| ["data: ", line, "\n\n"]).collect();
        let (text, end) = decoded(MessagesDecoder::new(&account()), &body).await;
        (text, end.map_err(|err| err.kind))
    }

    const HELLO: &str =
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#;
    const STOP: &str = r#"{"type":"message_stop"}"#;

    #[tokio::test]
    async fn tokens_are_counted_with_the_cache_and_the_last_count_is_right() {
        let start = r#"{"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1,"cache_read_input_tokens":15,"cache_creation_input_tokens":0}}}"#;
        let delta =
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":57}}"#;
        let expected = Usage {
            input_tokens: Some(20),
            output_tokens: Some(57),
        };
        let answer = read(&[start, HELLO, delta, STOP]).await;
        assert_eq!(answer, ("Hello".to_owned(), Ok(Some(expected))));
    }

    #[tokio::test]
    async fn counts_that_are_too_large_are_no_harm() {
        let start = format!(
            r#"{{"type":"message_start","message":{{"usage":{{"input_tokens":{0},"cache_read_input_tokens":{0}}}}}}}"#,
            u64::MAX
        );
        let (_, end) = read(&[&start, STOP]).await;
        assert_eq!(end.unwrap().unwrap().input_tokens, Some(u64::MAX));
    }

    #[rstest]
    #[case(r#"{"type":"ping"}"#)]
    #[case(r#"{"type":"surprise","delta":5}"#)]
    #[case(r#"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}"#)]
    #[case(r#"{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"x"}}"#)]
    #[case(r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":""}}"#)]
    #[case(r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens"}}"#)]
    #[tokio::test]
    async fn what_is_not_said_is_ignored(#[case] line: &str) {
        assert_eq!(read(&[HELLO, line, STOP]).await.0, "Hello");
    }

    #[rstest]
    #[case::error(
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ProviderErrorKind::Unavailable
    )]
    #[case::key(r#"{"type":"error","error":{"type":"invalid_request_error","message":"bad sk-hidden"}}"#, ProviderErrorKind::Failed("bad [key]".into()))]
    #[case::refusal(r#"{"type":"message_delta","delta":{"stop_reason":"refusal"}}"#, ProviderErrorKind::Failed("it refused to answer".into()))]
    #[case::nonsense("Hello", ProviderErrorKind::Failed("it sent a message that makes no sense".into()))]
    #[tokio::test]
    async fn an_answer_can_fail_midway(#[case] line: &str, #[case] kind: ProviderErrorKind) {
        assert_eq!(read(&[HELLO, line, STOP]).await, ("Hello".to_owned(), Err(kind)));
    }

    #[tokio::test]
    async fn an_answer_without_its_end_broke_off() {
        let broken = ("Hello".to_owned(), Err(ProviderErrorKind::Unavailable));
        assert_eq!(read(&[HELLO]).await, broken);
    }

    #[tokio::test]
    async fn what_is_null_or_odd_beside_the_words_is_no_harm() {
        let lines = [
            r#"{"type":"message_start","message":null}"#,
            r#"{"type":"message_start","message":{"usage":null}}"#,
            HELLO,
            r#"{"type":"message_delta","delta":null,"usage":{"output_tokens":20.0,"input_tokens":-1}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":5},"usage":"many"}"#,
            STOP,
        ];
        let expected = Usage {
            input_tokens: None,
            output_tokens: Some(20),
        };
        assert_eq!(read(&lines).await, ("Hello".to_owned(), Ok(Some(expected))));
    }

    proptest! {
        #[test]
        fn what_is_odd_beside_a_word_is_no_harm(event in with_odd(
            &json!({
                "type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello", "x": 1},
            }),
            &[
                "/index", "/delta/x"
            ],
        )) {
            let mut decoder = MessagesDecoder::new(&account());
            let event = Event { event: None, data: event.to_string() };
            prop_assert_eq!(decoder.event(&event).unwrap(), Said::Text("Hello".to_owned()));
        }
    }
}
