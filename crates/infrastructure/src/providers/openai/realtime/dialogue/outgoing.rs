//! What a dialogue wants said: messages to the provider, events to the session.

use std::collections::VecDeque;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use viva_domain::ports::{MessageRole, RealtimeEvent, RealtimeEventKind};
use viva_domain::turns::Generation;

use super::responses::Correction;
use crate::providers::openai::realtime::wire::{
    ClientEvent, ClientEventKind, Metadata, NewContent, NewItem, NewResponse,
};
use crate::providers::transport::pcm;

/// Messages and events, each in their order.
#[derive(Default)]
pub(in super::super) struct Outgoing {
    pub(in super::super) messages: VecDeque<ClientEvent>,
    pub(in super::super) events: VecDeque<RealtimeEvent>,
    /// How many events there were so far.
    pub(super) told: u64,
}

/// What a message was sent for: an error names the message that caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// An answer was asked for; with its number.
    Ask(u64),
    Commit,
    Other,
}

const ASK: &str = "ask_";
const COMMIT: &str = "commit";

impl Purpose {
    /// What the message of this id was sent for; `None` when the id is none of ours.
    pub(super) fn of(event_id: Option<&str>) -> Option<Self> {
        let event_id = event_id?;
        let ask = event_id.strip_prefix(ASK).and_then(|number| number.parse().ok());
        Some(match ask {
            Some(number) => Self::Ask(number),
            None if event_id == COMMIT => Self::Commit,
            None => Self::Other,
        })
    }
}

impl Outgoing {
    pub(super) fn event(&mut self, generation: Generation, at: Instant, kind: RealtimeEventKind) {
        self.told += 1;
        self.events.push_back(RealtimeEvent { generation, at, kind });
    }

    pub(super) fn audio(&mut self, samples: &[i16]) {
        let audio = STANDARD.encode(pcm::encode(samples));
        self.message(None, ClientEventKind::AppendAudio { audio });
    }

    pub(super) fn commit(&mut self) {
        self.message(Some(COMMIT.to_owned()), ClientEventKind::CommitAudio);
    }

    pub(super) fn ask(&mut self, number: u64) {
        let metadata = Metadata {
            viva_request: Some(number.to_string()),
        };
        let response = NewResponse { metadata };
        self.message(
            Some(format!("{ASK}{number}")),
            ClientEventKind::CreateResponse { response },
        );
    }

    pub(super) fn cancel(&mut self, response_id: &str) {
        let response_id = Some(response_id.to_owned());
        self.message(
            Some("cancel".to_owned()),
            ClientEventKind::CancelResponse { response_id },
        );
    }

    pub(super) fn correct(&mut self, corrections: Vec<Correction>) {
        for correction in corrections {
            let kind = match correction {
                Correction::Truncate {
                    item_id,
                    content_index,
                    audio_end_ms,
                } => ClientEventKind::TruncateItem {
                    item_id,
                    content_index,
                    audio_end_ms,
                },
                Correction::Delete { item_id } => ClientEventKind::DeleteItem { item_id },
            };
            self.message(Some("correct".to_owned()), kind);
        }
    }

    /// Tells what was said, behind an item or, without one, behind all that was told before.
    pub(super) fn remind(&mut self, id: String, behind: Option<String>, role: MessageRole, text: &str) {
        let (role, kind) = match role {
            MessageRole::User => ("user", "input_text"),
            MessageRole::Assistant => ("assistant", "output_text"),
        };
        let text = text.to_owned();
        let item = NewItem {
            id,
            kind: "message",
            role,
            content: [NewContent { kind, text }],
        };
        let kind = ClientEventKind::CreateItem {
            previous_item_id: behind,
            item,
        };
        self.message(Some("remind".to_owned()), kind);
    }

    fn message(&mut self, event_id: Option<String>, kind: ClientEventKind) {
        self.messages.push_back(ClientEvent { event_id, kind });
    }
}
