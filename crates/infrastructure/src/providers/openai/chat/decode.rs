use viva_domain::ports::ProviderError;
use viva_domain::turns::Usage;

use super::wire::{ChatChunk, ChatUsage};
use crate::providers::language_model::{Decode, Said};
use crate::providers::transport::Account;
use crate::providers::transport::errors::{self, Complaint};
use crate::providers::transport::sse::Event;

/// Reads chunks until `[DONE]`, or the end of the body after a reason to finish; servers differ in which of them comes.
#[derive(Debug)]
pub(super) struct ChatDecoder {
    account: Account,
    usage: Option<Usage>,
    has_chunks: bool,
    is_finished: bool,
}

impl ChatDecoder {
    pub(super) fn new(account: &Account) -> Self {
        Self {
            account: account.clone(),
            usage: None,
            has_chunks: false,
            is_finished: false,
        }
    }

    fn chunk(&mut self, chunk: ChatChunk) -> Result<Said, ProviderError> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(Complaint::of(&error).into_error(&self.account, None));
        }
        self.has_chunks = true;
        if let Some(usage) = chunk.usage {
            self.usage = Some(usage.into());
        }
        // The chunk with the usage has no choice.
        let Some(choice) = chunk.choices.into_iter().flatten().next() else {
            return Ok(Said::Nothing);
        };
        if matches!(choice.finish_reason.as_deref(), Some("content_filter" | "error")) {
            return Err(errors::failed(&self.account.provider, "it broke off its answer"));
        }
        // Some servers write an empty one all the time.
        self.is_finished |= choice.finish_reason.is_some_and(|reason| !reason.is_empty());
        let delta = choice.delta.unwrap_or_default();
        let text = delta.content.filter(|text| !text.is_empty()).or(delta.refusal);
        Ok(text.map_or(Said::Nothing, Said::Text))
    }
}

impl Decode for ChatDecoder {
    fn event(&mut self, event: &Event) -> Result<Said, ProviderError> {
        let data = event.data.trim();
        if data == "[DONE]" {
            self.is_finished = true;
            return self.end().map(Said::Done);
        }
        if data.is_empty() {
            return Ok(Said::Nothing);
        }
        let chunk =
            serde_json::from_str(data).map_err(|err| errors::malformed(&self.account.provider, &err))?;
        self.chunk(chunk)
    }

    fn end(&mut self) -> Result<Option<Usage>, ProviderError> {
        if !self.has_chunks {
            return Err(errors::failed(
                &self.account.provider,
                "it sent no answer; check its base_url",
            ));
        }
        if !self.is_finished {
            return Err(errors::unavailable(
                &self.account.provider,
                "the answer broke off",
            ));
        }
        Ok(self.usage)
    }
}

impl From<ChatUsage> for Usage {
    fn from(usage: ChatUsage) -> Self {
        Self {
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
        }
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

    async fn read(body: &str) -> (String, Result<Option<Usage>, ProviderErrorKind>) {
        let (text, end) = decoded(ChatDecoder::new(&account()), body).await;
        (text, end.map_err(|err| err.kind))
    }

    const HELLO: &str = r#"data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}"#;

    fn hello(
        end: Result<Option<Usage>, ProviderErrorKind>,
    ) -> (String, Result<Option<Usage>, ProviderErrorKind>) {
        ("Hello".to_owned(), end)
    }

    #[tokio::test]
    async fn the_usage_comes_without_choices() {
        let usage = r#"data: {"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":9}}"#;
        let expected = Usage {
            input_tokens: Some(20),
            output_tokens: Some(9),
        };
        let answer = read(&format!("{HELLO}\n\n{usage}\n\ndata: [DONE]\n\n")).await;
        assert_eq!(answer, hello(Ok(Some(expected))));
    }

    #[rstest]
    #[case::done("data: [DONE]\n\n")]
    #[case::no_last_empty_line("data: [DONE]\n")]
    #[case::comment(": OPENROUTER PROCESSING\n\ndata: [DONE]\n\n")]
    #[case::no_done(
        r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

"#
    )]
    #[case::as_long_as_it_may_be(
        r#"data: {"choices":[{"delta":{"content":""},"finish_reason":"length"}]}

data: {"choices":[],"usage":null}

"#
    )]
    #[case::reasoning(
        r#"data: {"choices":[{"delta":{"reasoning":"a","reasoning_content":"b","content":null}}]}

data: [DONE]

"#
    )]
    #[case::empty_finish(
        r#"data: {"created":1.5,"choices":[{"delta":{},"finish_reason":""}],"x_groq":{}}

data: [DONE]

"#
    )]
    #[case::null_fields(
        r#"data: {"choices":null,"usage":null,"error":null}

data: [DONE]

"#
    )]
    #[tokio::test]
    async fn servers_end_and_differ_in_many_ways(#[case] rest: &str) {
        assert_eq!(read(&format!("{HELLO}\n\n{rest}")).await, hello(Ok(None)));
    }

    #[rstest]
    #[case::after_a_word("")]
    #[case::with_an_empty_reason(
        r#"data: {"choices":[{"delta":{},"finish_reason":""}]}

"#
    )]
    #[case::after_the_usage(
        r#"data: {"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":9}}

"#
    )]
    #[tokio::test]
    async fn an_answer_without_its_end_broke_off(#[case] rest: &str) {
        let broken = hello(Err(ProviderErrorKind::Unavailable));
        assert_eq!(read(&format!("{HELLO}\n\n{rest}")).await, broken);
    }

    #[tokio::test]
    async fn a_refusal_is_spoken() {
        let body =
            r#"data: {"choices":[{"delta":{"content":"","refusal":"I cannot."},"finish_reason":"stop"}]}"#;
        assert_eq!(
            read(&format!("{body}\n\n")).await,
            ("I cannot.".to_owned(), Ok(None))
        );
    }

    #[rstest]
    #[case::object(
        r#"data: {"error":{"message":"bad sk-hidden","type":"server_error"}}"#,
        ProviderErrorKind::Unavailable
    )]
    #[case::quota(
        r#"data: {"error":{"code":"insufficient_quota","message":""}}"#,
        ProviderErrorKind::QuotaExceeded
    )]
    #[case::text(r#"data: {"error":"bad sk-hidden"}"#, ProviderErrorKind::Failed("bad [key]".into()))]
    #[case::filter(r#"data: {"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#, ProviderErrorKind::Failed("it broke off its answer".into()))]
    #[case::nonsense("data: Hello", ProviderErrorKind::Failed("it sent a message that makes no sense".into()))]
    #[tokio::test]
    async fn an_answer_can_fail_midway(#[case] line: &str, #[case] kind: ProviderErrorKind) {
        assert_eq!(
            read(&format!("{HELLO}\n\n{line}\n\ndata: [DONE]\n\n")).await,
            hello(Err(kind))
        );
    }

    proptest! {
        #[test]
        fn what_is_odd_beside_the_words_is_no_harm(chunk in with_odd(
            &json!({
                "choices": [{"index": 0, "delta": {"content": "Hello", "refusal": null}, "finish_reason": null}],
                "usage": {"prompt_tokens": 20, "completion_tokens": 9}, "created": 1,
            }),
            &[
                "/created", "/usage", "/usage/prompt_tokens", "/usage/completion_tokens",
                "/choices/0/index", "/choices/0/delta/refusal",
            ],
        )) {
            let mut decoder = ChatDecoder::new(&account());
            let event = Event { event: None, data: chunk.to_string() };
            prop_assert_eq!(decoder.event(&event).unwrap(), Said::Text("Hello".to_owned()));
        }
    }

    #[tokio::test]
    async fn tokens_may_be_counted_with_a_decimal_point() {
        let usage = r#"data: {"choices":[],"usage":{"prompt_tokens":20.0,"completion_tokens":-1}}"#;
        let expected = Usage {
            input_tokens: Some(20),
            output_tokens: None,
        };
        let answer = read(&format!("{HELLO}\n\n{usage}\n\ndata: [DONE]\n\n")).await;
        assert_eq!(answer, hello(Ok(Some(expected))));
    }

    #[rstest]
    #[case("")]
    #[case("<html>Welcome</html>")]
    #[case("data: [DONE]\n\n")]
    #[tokio::test]
    async fn what_is_no_answer_is_said(#[case] body: &str) {
        let (text, end) = read(body).await;
        assert_eq!(text, "");
        assert!(matches!(end, Err(ProviderErrorKind::Failed(_))), "{end:?}");
    }
}
