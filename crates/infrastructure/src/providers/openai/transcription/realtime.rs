//! A transcription session: utterances are sent while they are spoken, and committed when they are over.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::Value;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::config::{Api, Settings};
use super::wire::{ClientEvent, Format, Input, Model, NoiseReduction, ServerEvent, Session, SessionAudio};
use crate::providers::ears::{Beginning, Dialect, Dialing, Message, Order, Said, SpeechOnly, push_within};
use crate::providers::transport::errors::{self, Complaint};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, HttpClient, pcm};

/// The vendor closes a session after 60 minutes.
const AGE: Duration = Duration::from_mins(50);
/// Shorter utterances are refused, in samples: 100 ms. What was sent of one is taken back.
const LEAST: usize = 2_400;
/// Names the configuration in errors about it.
const UPDATE: &str = "session";

/// What was sent, and what was understood of it.
pub(super) struct Realtime {
    connection: Connection,
    /// How long a transcript may take.
    patience: Duration,
    speech: SpeechOnly,
    /// Orders that wait, oldest first.
    items: VecDeque<Item>,
    /// What is understood of an item that is not committed yet.
    early: Option<(String, String)>,
    commits: u64,
    /// Commits that were given up before the vendor named their item, oldest first.
    unnamed: VecDeque<String>,
    /// Items that were given up; what is still said about them is ignored.
    given_up: HashSet<String>,
}

/// An order that waits.
struct Item {
    commit: String,
    /// The vendor's name for it, once it is known.
    id: Option<String>,
    text: String,
    /// Its answer, which may have to wait for those before.
    answer: Option<SpeechToTextEventKind>,
}

/// What every connection of a session is opened with.
#[derive(Clone)]
struct Connection {
    dialing: Dialing,
    update: String,
}

impl Realtime {
    pub(super) fn new(
        account: &Account,
        http: &HttpClient,
        authorization: Option<HeaderValue>,
        settings: &Settings,
        patience: Duration,
    ) -> Self {
        let mut url = account.url("realtime");
        // With a model in the address it would be a conversation.
        url.query_pairs_mut().append_pair("intent", "transcription");
        let connection = Connection {
            dialing: Dialing::new(account, http, url).with(AUTHORIZATION, authorization),
            update: json(&update(settings)),
        };
        Self::of(connection, patience)
    }

    fn of(connection: Connection, patience: Duration) -> Self {
        Self {
            connection,
            patience,
            speech: SpeechOnly::new(Self::RATE),
            items: VecDeque::new(),
            early: None,
            commits: 0,
            unnamed: VecDeque::new(),
            given_up: HashSet::new(),
        }
    }

    fn on_committed(&mut self, id: String) {
        if self.unnamed.pop_front().is_some() {
            self.given_up.insert(id);
            return;
        }
        let is_unnamed = |item: &&mut Item| item.id.is_none() && item.answer.is_none();
        let Some(item) = self.items.iter_mut().find(is_unnamed) else {
            return;
        };
        if let Some((_, text)) = self.early.take_if(|(early, _)| *early == id) {
            item.text = text;
        }
        item.id = Some(id);
    }

    fn on_delta(&mut self, id: String, delta: &str, said: &mut Said) {
        if self.given_up.contains(&id) {
            return;
        }
        let at = self.items.iter().position(|item| item.id.as_ref() == Some(&id));
        let (text, is_next) = if let Some(at) = at {
            (&mut self.items[at].text, at == 0)
        } else {
            let early = self.early.take().filter(|(early, _)| *early == id);
            let early = early.unwrap_or((id, String::new()));
            (&mut self.early.insert(early).1, self.items.is_empty())
        };
        push_within(text, delta);
        if is_next && !delta.is_empty() {
            said.event(SpeechToTextEventKind::Partial(text.trim().to_owned()));
        }
    }

    fn on_answer(&mut self, id: &str, answer: SpeechToTextEventKind, said: &mut Said) {
        if !self.given_up.remove(id) {
            self.settle(|item| item.id.as_deref() == Some(id), answer, said);
        }
    }

    /// Notes an answer, and tells those whose turn it is.
    fn settle(&mut self, is_meant: impl Fn(&Item) -> bool, answer: SpeechToTextEventKind, said: &mut Said) {
        if let Some(item) = self.items.iter_mut().find(|item| is_meant(item)) {
            item.answer = Some(answer);
        }
        self.tell(said);
    }

    /// Tells the answers that wait for nobody.
    fn tell(&mut self, said: &mut Said) {
        while let Some(answer) = self.items.front_mut().and_then(|item| item.answer.take()) {
            self.items.pop_front();
            said.event(answer);
        }
    }

    fn on_error(&mut self, error: &Value, said: &mut Said) {
        let complaint = Complaint::of(error);
        let has = |code: &str| complaint.codes.iter().any(|other| other == code);
        if has("session_expired") {
            let provider = &self.account().provider;
            return said.loses(errors::unavailable(provider, "its session expired"));
        }
        let is_empty = has("input_audio_buffer_commit_empty");
        let err = complaint.into_error(self.account(), None);
        let event_id = error["event_id"].as_str().unwrap_or_default();
        // A refused commit gets no item any more.
        self.unnamed.retain(|commit| commit != event_id);
        if errors::is_fatal(&err.kind) {
            said.event(SpeechToTextEventKind::Failed(err.into()));
        } else if is_empty {
            let nothing = SpeechToTextEventKind::Final(String::new());
            self.settle(|item| item.commit == event_id, nothing, said);
        } else {
            let provider = err.provider.as_str();
            tracing::debug!(
                event = "provider.complained",
                provider.name = provider,
                error = &err as &dyn std::error::Error,
                "{provider} complained"
            );
            let failed = SpeechToTextEventKind::FinalFailed(err.into());
            self.settle(|item| item.commit == event_id, failed, said);
        }
    }
}

impl Dialect for Realtime {
    const DETECTS_TURNS: bool = false;
    const RATE: u32 = Api::Realtime.rate().hz();

    fn account(&self) -> &Account {
        &self.connection.dialing.account
    }

    fn connect(&self) -> BoxFuture<'static, Result<Socket, ProviderError>> {
        let Connection { dialing, update } = self.connection.clone();
        Box::pin(async move { dialing.greet::<Self>(Some(update), is_configured).await })
    }

    fn longest_age(&self) -> Option<Duration> {
        Some(AGE)
    }

    fn forget(&mut self) {
        let new = Self::of(self.connection.clone(), self.patience);
        let old = std::mem::replace(self, new);
        self.speech = old.speech;
        self.speech.forget();
    }

    fn audio(&mut self, samples: &[i16]) -> Vec<Message> {
        append(self.speech.hear(samples))
    }

    fn began(&mut self, ago: Duration) -> Vec<Message> {
        append(&self.speech.begin(ago))
    }

    fn finalize(&mut self, said: &mut Said) -> Order {
        self.commits += 1;
        let mut item = Item {
            commit: format!("commit_{}", self.commits),
            id: None,
            text: String::new(),
            answer: None,
        };
        let message = match self.speech.end() {
            0 => None,
            1..LEAST => Some(ClientEvent::Clear),
            LEAST.. => Some(ClientEvent::Commit {
                event_id: item.commit.clone(),
            }),
        };
        if !matches!(message, Some(ClientEvent::Commit { .. })) {
            item.answer = Some(SpeechToTextEventKind::Final(String::new()));
        }
        let message = message.map(|event| Message::text(json(&event)));
        self.items.push_back(item);
        self.tell(said);
        Order {
            messages: message.into_iter().collect(),
            wait: self.patience,
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        if let Some(item) = self.items.pop_front() {
            match item.id {
                Some(id) => {
                    self.given_up.insert(id);
                }
                None => self.unnamed.push_back(item.commit),
            }
        }
        let err = errors::unavailable(&self.account().provider, "no transcript in time");
        said.event(SpeechToTextEventKind::FinalFailed(err.into()));
        self.tell(said);
    }

    fn hear(&mut self, text: &str, said: &mut Said) {
        match serde_json::from_str(text) {
            Ok(ServerEvent::Committed { item_id }) => self.on_committed(item_id),
            Ok(ServerEvent::Delta { item_id, delta }) => {
                self.on_delta(item_id, &delta.unwrap_or_default(), said);
            }
            Ok(ServerEvent::Completed { item_id, transcript }) => {
                let text = transcript.unwrap_or_default().trim().to_owned();
                self.on_answer(&item_id, SpeechToTextEventKind::Final(text), said);
            }
            Ok(ServerEvent::Failed { item_id, error }) => {
                let err = Complaint::of(&error).into_error(self.account(), None);
                self.on_answer(&item_id, SpeechToTextEventKind::FinalFailed(err.into()), said);
            }
            Ok(ServerEvent::Error { error }) => self.on_error(&error, said),
            Ok(ServerEvent::Created | ServerEvent::Updated | ServerEvent::Unknown) => {}
            Err(err) => errors::ignore(&self.account().provider, &err),
        }
    }

    /// The protocol has none; WebSocket pings of the server are answered.
    fn keep_alive(&self) -> Option<Message> {
        None
    }

    fn is_in_turn(&self) -> bool {
        false
    }
}

/// Whether the session is as it should be. It begins by itself, and is configured then.
fn is_configured(text: &str, account: &Account) -> Result<Beginning, ProviderError> {
    match serde_json::from_str(text) {
        Ok(ServerEvent::Created) => Ok(Beginning::Asks),
        Ok(ServerEvent::Updated) => Ok(Beginning::Ready),
        Ok(ServerEvent::Error { error }) => Err(Complaint::of(&error).into_error(account, None)),
        _ => Ok(Beginning::Waits),
    }
}

fn append(samples: &[i16]) -> Vec<Message> {
    if samples.is_empty() {
        return Vec::new();
    }
    let audio = STANDARD.encode(pcm::encode(samples));
    vec![Message::text(json(&ClientEvent::Append { audio }))]
}

fn update(settings: &Settings) -> ClientEvent<'_> {
    ClientEvent::Update {
        event_id: UPDATE,
        session: Session {
            kind: "transcription",
            audio: SessionAudio {
                input: Input {
                    format: Format {
                        kind: "audio/pcm",
                        rate: Realtime::RATE,
                    },
                    noise_reduction: settings.noise_reduction.map(|kind| NoiseReduction { kind }),
                    transcription: Model {
                        id: &settings.model,
                        language: settings.language.as_deref(),
                        prompt: settings.prompt.as_deref(),
                        keywords: &settings.keywords,
                        delay: settings.delay,
                    },
                    turn_detection: None,
                },
            },
        },
    }
}

fn json(event: &ClientEvent<'_>) -> String {
    serde_json::to_string(event).expect("it has neither maps nor anything else that is no JSON")
}
