//! The two dialects of the protocol. Everything is said in that of GA; for a server that took over the beta, and says so in
//! the first session that it shows, it is translated: other names, a session without groups, no metadata.
//!
//! Such a server need not have all of the beta. That of speaches refuses, besides, what it cannot change and goes on
//! (formats, `prefix_padding_ms`), believes a `turn_detection` only when it is complete, says of an answer that another one
//! overtook neither its end nor anything else, and cannot truncate.

use std::time::Duration;

use serde::Serialize;

use super::wire::{
    ClientEvent, ClientEventKind, NewItem, Session, ShownSession, Transcription, TurnDetection,
};

/// The beta closed a session after half an hour.
const BETA_AGE: Duration = Duration::from_mins(25);
/// What the beta's documents say where nothing is said.
const THRESHOLD: f64 = 0.5;
const PREFIX_MS: u32 = 300;
const SILENCE_MS: u32 = 500;

/// How a server wants to be spoken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    #[default]
    Ga,
    Beta,
}

#[derive(Serialize)]
struct BetaEvent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a str>,
    #[serde(flatten)]
    kind: BetaKind<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum BetaKind<'a> {
    #[serde(rename = "session.update")]
    UpdateSession { session: BetaSession<'a> },
    #[serde(rename = "conversation.item.create")]
    CreateItem {
        #[serde(skip_serializing_if = "Option::is_none")]
        previous_item_id: Option<&'a str>,
        item: NewItem,
    },
    #[serde(rename = "response.create")]
    CreateResponse,
}

/// Formats are left out: PCM16 at 24 kHz is what nobody need ask for.
#[derive(Serialize)]
struct BetaSession<'a> {
    instructions: &'a str,
    modalities: [&'static str; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_audio_transcription: Option<&'a Transcription>,
    turn_detection: Option<BetaTurnDetection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_response_output_tokens: Option<u32>,
}

#[derive(Serialize)]
struct BetaTurnDetection {
    #[serde(rename = "type")]
    kind: &'static str,
    threshold: f64,
    prefix_padding_ms: u32,
    silence_duration_ms: u32,
    create_response: bool,
    interrupt_response: bool,
}

impl Dialect {
    /// The one in which a session is shown.
    pub(super) fn of(session: &ShownSession) -> Self {
        let is_ga = session.kind.is_some() || session.audio.is_some();
        let is_beta = session.input_audio_format.is_some() || session.modalities.is_some();
        if is_beta && !is_ga { Self::Beta } else { Self::Ga }
    }

    /// How old a connection may get that is shorter-lived than that of GA.
    pub(super) const fn longest_age(self) -> Option<Duration> {
        match self {
            Self::Ga => None,
            Self::Beta => Some(BETA_AGE),
        }
    }

    /// Whether a session can be had. The error says what cannot.
    pub(super) fn check(self, session: &Session) -> Result<(), String> {
        if self == Self::Ga {
            return Ok(());
        }
        let input = &session.audio.input;
        let is_semantic = matches!(input.turn_detection, Some(TurnDetection::SemanticVad { .. }));
        let missing = [
            ("turn_detection \"semantic_vad\"", is_semantic),
            ("noise_reduction", input.noise_reduction.is_some()),
            ("speed", session.audio.output.speed.is_some()),
            ("reasoning_effort", session.reasoning.is_some()),
        ];
        match missing.iter().find(|(_, is_asked_for)| *is_asked_for) {
            Some((name, _)) => Err(format!(
                "this server speaks as the beta of the protocol did, which has no {name}; leave it out"
            )),
            None => Ok(()),
        }
    }

    /// A message as it goes out.
    pub(super) fn text(self, event: &ClientEvent) -> String {
        let json = match self {
            Self::Ga => serde_json::to_string(event),
            Self::Beta => match beta(event) {
                Some(event) => serde_json::to_string(&event),
                None => serde_json::to_string(event),
            },
        };
        json.expect("messages are plain structs with text keys")
    }
}

/// A message in the words of the beta; `None` where they are the same.
fn beta(event: &ClientEvent) -> Option<BetaEvent<'_>> {
    let kind = match &event.kind {
        ClientEventKind::UpdateSession { session } => BetaKind::UpdateSession {
            session: BetaSession::of(session),
        },
        ClientEventKind::CreateItem {
            previous_item_id,
            item,
        } => {
            let mut item = item.clone();
            for content in &mut item.content {
                if content.kind == "output_text" {
                    content.kind = "text";
                }
            }
            BetaKind::CreateItem {
                previous_item_id: previous_item_id.as_deref(),
                item,
            }
        }
        ClientEventKind::CreateResponse { .. } => BetaKind::CreateResponse,
        ClientEventKind::AppendAudio { .. }
        | ClientEventKind::CommitAudio
        | ClientEventKind::TruncateItem { .. }
        | ClientEventKind::DeleteItem { .. }
        | ClientEventKind::CancelResponse { .. } => return None,
    };
    let event_id = event.event_id.as_deref();
    Some(BetaEvent { event_id, kind })
}

impl<'a> BetaSession<'a> {
    fn of(session: &'a Session) -> Self {
        let Session {
            instructions,
            audio,
            max_output_tokens,
            ..
        } = session;
        Self {
            instructions,
            modalities: ["audio", "text"],
            voice: audio.output.voice.as_deref(),
            input_audio_transcription: audio.input.transcription.as_ref(),
            turn_detection: audio.input.turn_detection.as_ref().map(turn_detection),
            max_response_output_tokens: *max_output_tokens,
        }
    }
}

/// Complete, since it is not believed otherwise.
fn turn_detection(detection: &TurnDetection) -> BetaTurnDetection {
    let (threshold, prefix_ms, silence_ms) = match detection {
        TurnDetection::ServerVad {
            threshold,
            prefix_padding_ms,
            silence_duration_ms,
            ..
        } => (*threshold, *prefix_padding_ms, *silence_duration_ms),
        // Refused before.
        TurnDetection::SemanticVad { .. } => (None, None, None),
    };
    BetaTurnDetection {
        kind: "server_vad",
        threshold: threshold.unwrap_or(THRESHOLD),
        prefix_padding_ms: prefix_ms.unwrap_or(PREFIX_MS),
        silence_duration_ms: silence_ms.unwrap_or(SILENCE_MS),
        create_response: true,
        interrupt_response: false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};
    use viva_domain::sessions::ProviderConfig;

    use super::*;
    use crate::providers::openai::realtime::config::{Options, session};
    use crate::providers::openai::realtime::wire::{Metadata, NewContent, NewResponse};

    fn asked(options: &[(&str, &str)]) -> Session {
        let own = |(name, json): &(&str, &str)| ((*name).to_owned(), (*json).to_owned());
        let options = Options::parse(&options.iter().map(own).collect()).unwrap();
        let config = ProviderConfig {
            voice: Some("af_heart".to_owned()),
            ..ProviderConfig::of("speaches")
        };
        session(&config, &options, "Be brief.")
    }

    fn said(kind: ClientEventKind) -> Value {
        let event_id = Some("e".to_owned());
        let text = Dialect::Beta.text(&ClientEvent { event_id, kind });
        serde_json::from_str(&text).unwrap()
    }

    #[rstest]
    #[case::openai(json!({"type": "realtime", "object": "realtime.session", "audio": {}}), Dialect::Ga)]
    #[case::localai(json!({"type": "realtime", "id": "s", "modalities": ["audio"]}), Dialect::Ga)]
    #[case::proxy(json!({"audio": {}, "input_audio_format": "pcm16"}), Dialect::Ga)]
    #[case::speaches(json!({"id": "s", "modalities": ["audio", "text"], "input_audio_format": "pcm16"}), Dialect::Beta)]
    #[case::older_proxy(json!({"input_audio_format": "pcm16", "type": null}), Dialect::Beta)]
    #[case::silent(json!({}), Dialect::Ga)]
    #[case::odd(json!({"modalities": 5, "input_audio_format": []}), Dialect::Ga)]
    fn a_session_tells_its_dialect(#[case] session: Value, #[case] dialect: Dialect) {
        let shown: ShownSession = serde_json::from_value(session).unwrap();
        assert_eq!(Dialect::of(&shown), dialect);
    }

    #[test]
    fn a_session_of_the_beta_has_no_groups() {
        let options = [
            ("silence_ms", "700"),
            ("transcription_model", "\"ears\""),
            ("max_output_tokens", "300"),
        ];
        let session = Box::new(asked(&options));
        assert_eq!(Dialect::Beta.check(&session), Ok(()));
        let expected = json!({"type": "session.update", "event_id": "e", "session": {
            "instructions": "Be brief.", "modalities": ["audio", "text"], "voice": "af_heart",
            "input_audio_transcription": {"model": "ears"},
            "turn_detection": {
                "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 700,
                "create_response": true, "interrupt_response": false,
            },
            "max_response_output_tokens": 300,
        }});
        assert_eq!(said(ClientEventKind::UpdateSession { session }), expected);
    }

    #[test]
    fn turns_may_be_left_to_the_session() {
        let session = Box::new(asked(&[("turn_detection", "\"none\"")]));
        let update = said(ClientEventKind::UpdateSession { session });
        assert_eq!(update["session"]["turn_detection"], Value::Null);
        let fields = update["session"].as_object().unwrap();
        assert!(fields.contains_key("turn_detection") && !fields.contains_key("input_audio_transcription"));
    }

    #[rstest]
    #[case(&[("turn_detection", "\"semantic_vad\"")], "turn_detection \"semantic_vad\"")]
    #[case(&[("noise_reduction", "\"near_field\"")], "noise_reduction")]
    #[case(&[("speed", "1.5")], "speed")]
    #[case(&[("reasoning_effort", "\"low\"")], "reasoning_effort")]
    fn what_the_beta_has_not_is_refused_by_name(#[case] options: &[(&str, &str)], #[case] name: &str) {
        let session = asked(options);
        assert_eq!(Dialect::Ga.check(&session), Ok(()));
        let message = Dialect::Beta.check(&session).unwrap_err();
        assert!(
            message.ends_with(&format!("has no {name}; leave it out")),
            "{message}"
        );
    }

    #[test]
    fn what_was_said_is_told_in_the_words_of_the_beta() {
        let item = |role: &'static str, kind: &'static str| NewItem {
            id: "viva_1".to_owned(),
            kind: "message",
            role,
            content: [NewContent {
                kind,
                text: "Hi.".to_owned(),
            }],
        };
        for (role, ga, beta) in [
            ("assistant", "output_text", "text"),
            ("user", "input_text", "input_text"),
        ] {
            let told = said(ClientEventKind::CreateItem {
                previous_item_id: None,
                item: item(role, ga),
            });
            assert_eq!(told["item"]["content"], json!([{"type": beta, "text": "Hi."}]));
            assert_eq!(told["type"], "conversation.item.create");
        }
        let metadata = Metadata {
            viva_request: Some("1".to_owned()),
        };
        let response = NewResponse { metadata };
        assert_eq!(
            said(ClientEventKind::CreateResponse { response }),
            json!({"type": "response.create", "event_id": "e"})
        );
        assert_eq!(
            said(ClientEventKind::CommitAudio),
            json!({"type": "input_audio_buffer.commit", "event_id": "e"})
        );
    }
}
