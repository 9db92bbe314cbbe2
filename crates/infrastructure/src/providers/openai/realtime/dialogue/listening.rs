//! What the provider says, and what that means.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{debug, warn};
use viva_domain::ports::{ProviderError, RealtimeEventKind};
use viva_domain::turns::{Generation, Usage};

use super::outgoing::Purpose;
use super::responses::{Fate, NotAudio, length};
use super::user_audio::Words;
use super::{Dialogue, Standing};
use crate::providers::openai::realtime::dialect::Dialect;
use crate::providers::openai::realtime::failures::{ANSWERING, EXPIRED};
use crate::providers::openai::realtime::wire::{
    Delta, ErrorBody, Item, Metadata, RateLimit, Response, ResponseUsage, ServerEvent,
};
use crate::providers::transport::errors::is_fatal;

/// How an answer ended.
enum End {
    Done,
    Failed(ProviderError),
}

impl Dialogue {
    /// Takes what the provider said, and when it arrived.
    pub(in super::super) fn hear(&mut self, event: ServerEvent, at: Instant) -> Standing {
        if is_of_use(&event) {
            self.breaks = 0;
        }
        match event {
            ServerEvent::SpeechStarted => {
                self.user_speaks = true;
                self.is_found = false;
                self.out
                    .event(self.generation, at, RealtimeEventKind::SpeechStarted);
            }
            ServerEvent::SpeechStopped => {
                self.user_speaks = false;
                self.is_found = self.provider_finds_turns();
                self.out
                    .event(self.generation, at, RealtimeEventKind::SpeechEnded);
                self.found_at = self.out.told;
            }
            ServerEvent::Committed { item_id } => self.committed(&item_id, at),
            ServerEvent::TranscriptDelta { item_id, delta } => {
                let delta = delta.unwrap_or_default();
                let words = self.user_items.hear(&item_id, &delta, self.generation);
                self.user_said(words, at);
            }
            ServerEvent::TranscriptCompleted { item_id, transcript } => {
                let text = transcript.unwrap_or_default();
                self.memory.user_said(&item_id, text.trim());
                let words = self.user_items.complete(&item_id, text.trim(), self.generation);
                self.user_said(words, at);
            }
            ServerEvent::TranscriptFailed { item_id, error } => {
                self.not_understood(&item_id, error.as_ref(), at);
            }
            ServerEvent::ResponseCreated { response } => self.response_created(response, at),
            ServerEvent::ResponseDone { response } => return self.response_done(&response, at),
            ServerEvent::ItemAdded { response_id, item } => self.item_added(&response_id, &item),
            ServerEvent::AudioDelta(delta) => self.ai_sounds(&delta, at),
            ServerEvent::TextDelta(delta) => self.ai_says(delta, at),
            ServerEvent::RateLimits { rate_limits } => self.limited(&rate_limits),
            ServerEvent::Error { error } => return self.complained(&error, at),
            ServerEvent::SessionCreated { .. } | ServerEvent::SessionUpdated | ServerEvent::Unknown => {}
        }
        Standing::GoesOn
    }

    /// The provider took a turn: one that it was told to take, or one that it found.
    fn committed(&mut self, item_id: &str, at: Instant) {
        let ordered = self.commits.pop_front();
        if ordered.is_none() && self.provider_finds_turns() {
            self.take_turn(self.generation, at);
            self.found_in = self.generation;
            self.known_from = self.found_at;
            self.is_found = false;
            self.owes_answer = true;
            // What was wanted before is answered with it.
            self.wanted = None;
            self.user_speaks = false;
            self.untaken.clear();
        }
        self.user_items
            .committed(item_id, ordered.unwrap_or(self.generation));
        self.memory.user_spoke(item_id);
    }

    fn user_said(&mut self, words: Option<Words>, at: Instant) {
        if let Some(words) = words {
            let said = RealtimeEventKind::UserTranscript {
                text: words.text,
                is_final: words.are_final,
            };
            self.out.event(words.generation, at, said);
        }
    }

    fn not_understood(&mut self, item_id: &str, error: Option<&ErrorBody>, at: Instant) {
        let code = error.and_then(|error| error.code.as_deref()).unwrap_or_default();
        warn!(
            event = "provider.transcription_failed",
            provider.name = self.failures.provider(),
            error.code = code,
            "A turn of the user could not be written down"
        );
        let words = self.user_items.fail(item_id, self.generation);
        self.user_said(words, at);
    }

    fn response_created(&mut self, response: Response, at: Instant) {
        let Some(id) = response.id else { return };
        let overtaken = match self.style.dialect {
            Dialect::Ga => Vec::new(),
            Dialect::Beta => self.responses.active(),
        };
        let (generation, turn) = self.answered(response.metadata.as_ref());
        self.responses.begin(&id, generation, turn);
        if generation != self.generation {
            // It was under way when the session had enough.
            self.give_up(&id);
        }
        for id in overtaken {
            self.overtaken(id, at);
        }
    }

    /// Another answer took the place of this one, and nothing more is said of it: it ends here.
    fn overtaken(&mut self, id: String, at: Instant) {
        if let Some(response) = self.responses.find(&id)
            && !response.has_begun()
        {
            response.fate = Fate::GivenUp;
        }
        let standing = self.response_done(&Response::cancelled(id), at);
        debug_assert_eq!(standing, Standing::GoesOn, "to be cancelled is no failure");
    }

    /// Which generation and turn the answer belongs to that was just announced.
    fn answered(&mut self, metadata: Option<&Metadata>) -> (Generation, u64) {
        let number = metadata
            .and_then(|metadata| metadata.viva_request.as_deref())
            .and_then(|number| number.parse().ok());
        // Some servers forget the metadata.
        let is_asked = |asked: u64| number.map_or(!self.owes_answer, |number: u64| number == asked);
        if let Some(asked) = self.asked.take_if(|asked| is_asked(asked.number)) {
            return (asked.generation, asked.turn);
        }
        self.owes_answer = false;
        (self.found_in, self.turn)
    }

    fn give_up(&mut self, response_id: &str) {
        if let Some(response) = self.responses.find(response_id) {
            response.fate = Fate::GivenUp;
            self.out.cancel(response_id);
        }
    }

    /// No more of an answer can be told. What was told is heard, and may still be cut.
    fn break_off(&mut self, response_id: &str) {
        let Some(response) = self.responses.find(response_id) else {
            return;
        };
        self.out.cancel(response_id);
        if response.has_audio() {
            response.fate = Fate::BrokenOff;
            let corrections = response.cut(Duration::MAX);
            self.memory.ai_broke_off(response_id, response.duration());
            self.reminded
                .amend(response_id, corrections, &self.memory, &mut self.out);
        } else {
            response.fate = Fate::GivenUp;
            self.memory.ai_was_cut(response_id, 0);
        }
    }

    fn item_added(&mut self, response_id: &str, item: &Item) {
        if item.kind.as_deref().is_none_or(|kind| kind == "message")
            && let Some(response) = self.responses.find(response_id)
        {
            response.add_item(&item.id, 0);
        }
    }

    fn ai_sounds(&mut self, delta: &Delta, at: Instant) {
        let Some(response) = self.responses.find(&delta.response_id) else {
            return;
        };
        if response.fate != Fate::Told {
            return;
        }
        let content_index = delta.content_index.unwrap_or_default();
        match response.audio(&delta.item_id, content_index, &delta.content) {
            Ok(samples) if samples.is_empty() => {}
            Ok(samples) => {
                let generation = response.generation;
                let begins = self.plays_until.map_or(at, |end| end.max(at));
                self.plays_until = Some(begins + length(samples.len() as u64));
                self.ai_begins(&delta.response_id, at);
                self.out.event(generation, at, RealtimeEventKind::Audio(samples));
            }
            Err(NotAudio) => {
                let generation = response.generation;
                let err = self.failures.failed("it sent audio that cannot be decoded");
                self.break_off(&delta.response_id);
                self.answer_fails(generation, Arc::new(err), at);
            }
        }
    }

    fn ai_says(&mut self, delta: Delta, at: Instant) {
        let Some(response) = self.responses.find(&delta.response_id) else {
            return;
        };
        if response.fate != Fate::Told || delta.content.is_empty() {
            return;
        }
        let generation = response.generation;
        self.ai_begins(&delta.response_id, at);
        self.memory.ai_said(&delta.response_id, &delta.content);
        self.out
            .event(generation, at, RealtimeEventKind::TextDelta(delta.content));
    }

    /// The first word or sound of an answer. When it is only announced the user may still go on with the same turn.
    fn ai_begins(&mut self, response_id: &str, at: Instant) {
        let Some(response) = self.responses.find(response_id) else {
            return;
        };
        if !response.has_begun() {
            let generation = response.generation;
            response.began = Some(self.out.told + 1);
            self.memory.ai_begins(response_id);
            self.user_items.answered();
            self.out.event(generation, at, RealtimeEventKind::ResponseStarted);
        }
    }

    pub(super) fn answer_fails(&mut self, generation: Generation, err: Arc<ProviderError>, at: Instant) {
        self.user_items.answered();
        self.out
            .event(generation, at, RealtimeEventKind::ResponseFailed(err));
    }

    fn response_done(&mut self, done: &Response, at: Instant) -> Standing {
        let mut standing = Standing::GoesOn;
        let id = done.id.as_deref().unwrap_or_default();
        if let Some(response) = self.responses.find(id)
            && std::mem::replace(&mut response.is_active, false)
        {
            if response.fate == Fate::Told {
                let generation = response.generation;
                standing = self.answer_ended(id, generation, done, at);
            } else {
                let corrections = response.forget_unheard();
                self.reminded.amend(id, corrections, &self.memory, &mut self.out);
            }
        }
        self.ask_if_wanted();
        standing
    }

    fn answer_ended(&mut self, id: &str, generation: Generation, done: &Response, at: Instant) -> Standing {
        let usage = done.usage.as_ref().map(usage);
        match self.end(done) {
            End::Done => {
                // An answer without a word must begin too, so that it can end.
                self.ai_begins(id, at);
                self.out
                    .event(generation, at, RealtimeEventKind::ResponseDone { usage });
            }
            End::Failed(err) if is_fatal(&err.kind) => return Standing::Over(err),
            End::Failed(err) => self.answer_fails(generation, Arc::new(err), at),
        }
        Standing::GoesOn
    }

    fn end(&self, done: &Response) -> End {
        let details = done.status_details.as_ref();
        let reason = details.and_then(|details| details.reason.as_deref());
        match (done.status.as_deref(), reason) {
            (Some("failed"), _) => End::Failed(match details.and_then(|details| details.error.as_ref()) {
                Some(error) => self.failures.said(error, self.retry_after),
                None => self.failures.failed("it gave no reason"),
            }),
            (Some("incomplete"), Some("content_filter")) => {
                End::Failed(self.failures.failed("its content filter stopped the answer"))
            }
            // As long as it may be, or cancelled by somebody else: that was it.
            _ => End::Done,
        }
    }

    fn limited(&mut self, limits: &[RateLimit]) {
        let used_up = limits
            .iter()
            .filter(|limit| limit.remaining.is_some_and(|remaining| remaining <= 0.0));
        let seconds = used_up
            .filter_map(|limit| limit.reset_seconds)
            .filter_map(|seconds| Duration::try_from_secs_f64(seconds).ok());
        self.retry_after = seconds.max();
    }

    fn complained(&mut self, error: &ErrorBody, at: Instant) -> Standing {
        let code = error.code.as_deref().unwrap_or_default();
        debug!(
            event = "provider.message_refused",
            provider.name = self.failures.provider(),
            error.code = code,
            "The provider refused a message"
        );
        if code == EXPIRED {
            return Standing::Expired;
        }
        let purpose = Purpose::of(error.event_id.as_deref());
        let err = self.failures.said(error, self.retry_after);
        if is_fatal(&err.kind) {
            return Standing::Over(err);
        }
        match purpose {
            Some(Purpose::Ask(number)) => self.not_asked(number, code, err, at),
            // Too little audio, or none: what was asked for is answered without it.
            Some(Purpose::Commit) => {
                self.commits.pop_front();
            }
            Some(Purpose::Other) => {}
            None => self.not_answered(code, err, at),
        }
        Standing::GoesOn
    }

    /// An answer that was asked for was refused.
    fn not_asked(&mut self, number: u64, code: &str, err: ProviderError, at: Instant) {
        let Some(asked) = self.asked.take_if(|asked| asked.number == number) else {
            return;
        };
        if asked.generation != self.generation {
            return;
        }
        if code == ANSWERING {
            // Its end is still to come; then it is asked for again.
            self.wanted = Some(asked.generation);
        } else {
            self.answer_fails(asked.generation, Arc::new(err), at);
        }
    }

    /// The provider could not answer by itself what it found, if that is what it complained about.
    fn not_answered(&mut self, code: &str, err: ProviderError, at: Instant) {
        if !std::mem::take(&mut self.owes_answer) || self.found_in != self.generation {
            return;
        }
        if code == ANSWERING {
            self.want(self.generation);
        } else {
            self.answer_fails(self.generation, Arc::new(err), at);
        }
    }
}

/// Whether a connection that says this serves the conversation. To know its configuration, or to complain, is not enough.
fn is_of_use(event: &ServerEvent) -> bool {
    !matches!(
        event,
        ServerEvent::SessionCreated { .. }
            | ServerEvent::SessionUpdated
            | ServerEvent::RateLimits { .. }
            | ServerEvent::Error { .. }
            | ServerEvent::Unknown
    )
}

fn usage(usage: &ResponseUsage) -> Usage {
    Usage {
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
    }
}
