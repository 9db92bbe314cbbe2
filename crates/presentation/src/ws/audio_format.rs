use viva_protocol::ws::{AudioSettings, AudioTransport};

/// Ends the session's secret in a resume token and never occurs in it: secrets are hexadecimal.
const SEPARATOR: char = '.';
const BASE64: &str = "base64";

/// How the AI's audio travels to a client. The session does not know, so the resume token that the client keeps tells
/// the next connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AudioFormat {
    /// Binary frames.
    Binary,
    /// `audio_chunk` messages, which also tell the sample rate in Hz.
    Base64 { sample_rate: u32 },
}

impl AudioFormat {
    pub(super) fn new(settings: AudioSettings) -> Self {
        match settings.transport {
            AudioTransport::Binary => Self::Binary,
            AudioTransport::Base64 => Self::Base64 {
                sample_rate: settings.output_rate,
            },
        }
    }

    /// The resume token that the client gets.
    pub(super) fn seal(self, secret: String) -> String {
        match self {
            Self::Binary => secret,
            Self::Base64 { sample_rate } => format!("{secret}{SEPARATOR}{BASE64}{SEPARATOR}{sample_rate}"),
        }
    }

    /// What a resume token holds: the format and the session's secret. A token that was tampered with is a wrong secret.
    pub(super) fn unseal(token: &str) -> (Self, &str) {
        let base64 = token.split_once(SEPARATOR).and_then(|(secret, format)| {
            let rate = format.strip_prefix(BASE64)?.strip_prefix(SEPARATOR)?;
            Some((
                Self::Base64 {
                    sample_rate: rate.parse().ok()?,
                },
                secret,
            ))
        });
        base64.unwrap_or((Self::Binary, token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_the_next_connection_how_audio_travels() {
        for format in [AudioFormat::Binary, AudioFormat::Base64 { sample_rate: 16_000 }] {
            assert_eq!(
                AudioFormat::unseal(&format.seal("ab12".to_owned())),
                (format, "ab12")
            );
        }
    }

    #[test]
    fn a_spoilt_token_is_a_wrong_secret() {
        for token in [
            "ab12.base64.",
            "ab12.base64",
            "ab12.flac.1",
            "ab12.base64.-1",
            ".",
        ] {
            assert_eq!(AudioFormat::unseal(token), (AudioFormat::Binary, token));
        }
    }
}
