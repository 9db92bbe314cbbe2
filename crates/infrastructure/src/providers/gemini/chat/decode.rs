use viva_domain::ports::ProviderError;
use viva_domain::turns::Usage;

use super::wire::{GenerateResponse, UsageMetadata};
use crate::providers::language_model::{Decode, Said};
use crate::providers::transport::Account;
use crate::providers::transport::errors::{self, Complaint};
use crate::providers::transport::sse::Event;

/// Reads responses until the end of the body, which has to come after a reason to finish.
#[derive(Debug)]
pub(super) struct ChatDecoder {
    account: Account,
    usage: Option<Usage>,
    is_finished: bool,
}

impl ChatDecoder {
    pub(super) fn new(account: &Account) -> Self {
        Self {
            account: account.clone(),
            usage: None,
            is_finished: false,
        }
    }

    /// The message has words of the vendor's in it.
    fn failed(&self, message: String) -> ProviderError {
        Complaint::new("", message).into_error(&self.account, None)
    }
}

impl Decode for ChatDecoder {
    fn event(&mut self, event: &Event) -> Result<Said, ProviderError> {
        if event.data.trim().is_empty() {
            return Ok(Said::Nothing);
        }
        let response: GenerateResponse = serde_json::from_str(&event.data)
            .map_err(|err| errors::malformed(&self.account.provider, &err))?;
        if let Some(error) = response.error {
            return Err(Complaint::of(&error).into_error(&self.account, None));
        }
        if let Some(reason) = response
            .prompt_feedback
            .and_then(|feedback| feedback.block_reason)
        {
            return Err(self.failed(format!("it refused to answer: {reason}")));
        }
        // Counts are cumulative: the last one is right.
        self.usage = response.usage_metadata.map(Usage::from).or(self.usage);
        let Some(candidate) = response.candidates.into_iter().flatten().next() else {
            return Ok(Said::Nothing);
        };
        match candidate.finish_reason.as_deref() {
            None | Some("") => {}
            Some("STOP" | "MAX_TOKENS") => self.is_finished = true,
            Some(reason) => return Err(self.failed(format!("it broke off its answer: {reason}"))),
        }
        let parts = candidate.content.unwrap_or_default().parts;
        let said = parts.into_iter().flatten().filter(|part| !part.thought);
        Ok(Said::Text(said.filter_map(|part| part.text).collect()))
    }

    fn end(&mut self) -> Result<Option<Usage>, ProviderError> {
        if self.is_finished {
            Ok(self.usage)
        } else {
            Err(errors::unavailable(
                &self.account.provider,
                "the answer broke off",
            ))
        }
    }
}

impl From<UsageMetadata> for Usage {
    fn from(usage: UsageMetadata) -> Self {
        let written = [usage.candidates_token_count, usage.thoughts_token_count];
        let is_counted = written.iter().any(Option::is_some);
        Self {
            input_tokens: usage.prompt_token_count,
            output_tokens: is_counted.then(|| written.into_iter().flatten().fold(0, u64::saturating_add)),
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

    async fn read(lines: &[&str]) -> (String, Result<Option<Usage>, ProviderErrorKind>) {
        let body: String = lines.iter().flat_map(|line| ["data: ", line, "\n\n"]).collect();
        let (text, end) = decoded(ChatDecoder::new(&account()), &body).await;
        (text, end.map_err(|err| err.kind))
    }

    const HELLO: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"Hel"},{"text":"lo"}]}}]}"#;

    #[tokio::test]
    async fn the_last_count_is_right_and_thoughts_count() {
        let early = r#"{"usageMetadata":{"promptTokenCount":20}}"#;
        let stop = r#"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":20,"candidatesTokenCount":7,"thoughtsTokenCount":2}}"#;
        let expected = Usage {
            input_tokens: Some(20),
            output_tokens: Some(9),
        };
        let answer = read(&[early, HELLO, stop]).await;
        assert_eq!(answer, ("Hello".to_owned(), Ok(Some(expected))));
    }

    #[tokio::test]
    async fn counts_that_are_too_large_are_no_harm() {
        let stop = format!(
            r#"{{"candidates":[{{"finishReason":"STOP"}}],"usageMetadata":{{"candidatesTokenCount":{0},"thoughtsTokenCount":{0}}}}}"#,
            u64::MAX
        );
        let (_, end) = read(&[&stop]).await;
        assert_eq!(end.unwrap().unwrap().output_tokens, Some(u64::MAX));
    }

    #[tokio::test]
    async fn an_answer_may_be_as_long_as_it_may_be() {
        let stop = r#"{"candidates":[{"content":{"parts":[{"text":"!"}]},"finishReason":"MAX_TOKENS"}]}"#;
        assert_eq!(read(&[HELLO, stop]).await, ("Hello!".to_owned(), Ok(None)));
    }

    #[rstest]
    #[case::nothing("{}", ProviderErrorKind::Unavailable)]
    #[case::error(
        r#"{"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}"#,
        ProviderErrorKind::Unavailable
    )]
    #[case::key(r#"{"error":{"message":"bad sk-hidden"}}"#, ProviderErrorKind::Failed("bad [key]".into()))]
    #[case::safety(r#"{"candidates":[{"finishReason":"SAFETY"}]}"#, ProviderErrorKind::Failed("it broke off its answer: SAFETY".into()))]
    #[case::blocked(r#"{"promptFeedback":{"blockReason":"SPII"}}"#, ProviderErrorKind::Failed("it refused to answer: SPII".into()))]
    #[case::key_in_a_reason(r#"{"candidates":[{"finishReason":"sk-hidden"}]}"#, ProviderErrorKind::Failed("it broke off its answer: [key]".into()))]
    #[case::key_in_a_refusal(r#"{"promptFeedback":{"blockReason":"sk-hidden"}}"#, ProviderErrorKind::Failed("it refused to answer: [key]".into()))]
    #[case::nonsense("Hello", ProviderErrorKind::Failed("it sent a message that makes no sense".into()))]
    #[tokio::test]
    async fn an_answer_can_fail_midway(#[case] line: &str, #[case] kind: ProviderErrorKind) {
        assert_eq!(read(&[HELLO, line]).await, ("Hello".to_owned(), Err(kind)));
    }

    #[rstest]
    #[case(
        r#"{"candidates":[{"content":{"parts":[{"text":"Hello","thought":null}]},"finishReason":"STOP"}]}"#
    )]
    #[case(r#"{"candidates":[{"content":{"parts":[{"text":"Hello","thought":"no"}]},"finishReason":"STOP"}],"promptFeedback":{"blockReason":null}}"#)]
    #[tokio::test]
    async fn what_is_null_is_not_there(#[case] line: &str) {
        assert_eq!(read(&[line]).await, ("Hello".to_owned(), Ok(None)));
    }

    proptest! {
        #[test]
        fn what_is_odd_beside_a_word_is_no_harm(event in with_odd(
            &json!({
                "candidates": [{
                    "content": {"role": "model", "parts": [{"text": "Hello", "thoughtSignature": "s"}]},
                    "index": 0, "safetyRatings": [],
                }],
                "promptFeedback": {"blockReason": null},
                "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "thoughtsTokenCount": 3},
                "modelVersion": "m",
            }),
            &[
                "/candidates/0/content/role", "/candidates/0/content/parts/0/thoughtSignature",
                "/candidates/0/index", "/candidates/0/safetyRatings", "/usageMetadata",
                "/usageMetadata/promptTokenCount", "/usageMetadata/candidatesTokenCount",
                "/usageMetadata/thoughtsTokenCount", "/modelVersion",
            ],
        )) {
            let mut decoder = ChatDecoder::new(&account());
            let event = Event { event: None, data: event.to_string() };
            prop_assert_eq!(decoder.event(&event).unwrap(), Said::Text("Hello".to_owned()));
        }
    }
}
