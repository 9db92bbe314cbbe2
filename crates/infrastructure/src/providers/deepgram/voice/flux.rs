//! A text that is spoken by `/v2/speak`.

use viva_domain::ports::{ProviderError, SpeechPart};

use super::wire::{Message, Order};
use crate::providers::mouths::{Dialect, Progress, json};
use crate::providers::transport::errors::Complaint;
use crate::providers::transport::socket::{Frame, Oddities};
use crate::providers::transport::{Account, pcm};

/// Codes of failures that may pass begin so.
const NETWORK: &str = "NET-";

/// A text that is being spoken. Texts on a connection follow each other, so all that comes is of this one.
pub(super) struct Flux {
    account: Account,
    text: String,
    decoder: pcm::Decoder,
    oddities: Oddities,
}

impl Flux {
    pub(super) fn new(account: Account, text: String) -> Self {
        Self {
            account,
            text,
            decoder: pcm::Decoder::default(),
            oddities: Oddities::default(),
        }
    }

    fn failure(&self, message: Message) -> ProviderError {
        let code = message.code.unwrap_or_default();
        let mut complaint = Complaint::new(&code, message.description);
        if code.starts_with(NETWORK) {
            complaint.codes.push("unavailable".to_owned());
        }
        complaint.into_error(&self.account, None)
    }
}

impl Dialect for Flux {
    fn ask(&self) -> Vec<String> {
        let speak = Order::Speak { text: &self.text };
        [speak, Order::Flush].iter().map(json).collect()
    }

    fn hear(&mut self, frame: &Frame, parts: &mut Vec<SpeechPart>) -> Result<Progress, ProviderError> {
        if let Frame::Binary(bytes) = frame {
            let samples = self.decoder.push(bytes);
            if !samples.is_empty() {
                parts.push(SpeechPart::Audio(samples));
            }
            return Ok(Progress::GoesOn);
        }
        let Some(message) = frame.json::<Message>(&self.account.provider, &self.oddities)? else {
            return Ok(Progress::GoesOn);
        };
        match message.kind.as_str() {
            // `Flushed` only repeats the order: audio follows it. Where there is nothing to say, this comes all the same.
            "SpeechMetadata" => Ok(Progress::Over),
            "Error" => Err(self.failure(message)),
            _ => Ok(Progress::GoesOn),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use viva_domain::ports::ProviderErrorKind;

    use super::*;
    use crate::providers::testing::account;

    fn failure(code: &str, description: &str) -> ProviderError {
        let account = account("https://a.example", Some("sk-hidden"));
        let message = json!({"type": "Error", "code": code, "description": description});
        Flux::new(account, "Hi".to_owned())
            .hear(&Frame::Text(message.to_string()), &mut Vec::new())
            .unwrap_err()
    }

    #[test]
    fn what_the_vendor_says_of_its_failure_is_cut_and_without_the_key() {
        let long = "a".repeat(1_000);
        for (code, kind) in [
            ("NET-0001", Some(ProviderErrorKind::Unavailable)),
            ("NET-sk-hidden", Some(ProviderErrorKind::Unavailable)),
            ("DATA-0000", None),
        ] {
            let err = failure(code, &format!("sk-hidden {long}"));
            assert!(kind.is_none_or(|kind| kind == err.kind), "{err:?}");
            let told = format!("{err} {err:?}");
            assert!(!told.contains("sk-hidden") && !told.contains(&long), "{told}");
            assert!(told.contains("[key]"), "{told}");
        }
    }
}
