//! What the server says.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use viva_domain::ports::{ProviderError, ProviderErrorKind, RealtimeEventKind};
use viva_domain::turns::Usage;

use super::answer::{Answer, Prompt};
use super::user::Activity;
use super::{Act, OUTPUT_RATE, Talk, TurnTaking};
use crate::providers::gemini::live::wire::{ServerContent, ServerMessage, Transcription, UsageMetadata};
use crate::providers::transport::errors;

/// Reasons to complete a turn that are no failures.
const FINE: [&str; 2] = ["TURN_COMPLETE_REASON_UNSPECIFIED", "NEED_MORE_INPUT"];

/// What the session was told about the user's speech, where the server finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    Unheard,
    Started,
    Ended,
}

/// What the user said.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    text: String,
    is_final: bool,
    /// What comes now belongs to the next turn, once that began.
    pub(super) is_answered: bool,
}

impl Transcript {
    /// The user speaks anew; who was not answered goes on.
    pub(super) fn next_turn(&mut self) {
        if self.is_answered {
            *self = Self::default();
        }
    }
}

impl Talk {
    /// Takes a message that arrived at a moment.
    pub(in super::super) fn message(&mut self, at: Instant, message: ServerMessage, acts: &mut Vec<Act>) {
        if let Some(activity) = message.voice_activity {
            self.on_activity(at, activity.voice_activity_type.as_deref(), acts);
        }
        if let Some(usage) = message.usage_metadata {
            self.on_usage(usage);
        }
        if let Some(content) = message.server_content {
            self.link.is_used();
            self.on_content(at, content, acts);
        }
        if let Some(update) = message.session_resumption_update {
            self.link.on_update(update);
        }
        if let Some(go_away) = message.go_away {
            self.link.on_go_away(at, go_away.time_left.as_deref());
        }
        self.tick(at, acts);
    }

    fn on_content(&mut self, at: Instant, content: ServerContent, acts: &mut Vec<Act>) {
        if content.interrupted == Some(true) {
            self.on_interrupted(at, acts);
        }
        if let Some(transcription) = content.input_transcription {
            self.on_transcription(at, &transcription, acts);
        }
        for part in content
            .model_turn
            .and_then(|turn| turn.parts)
            .into_iter()
            .flatten()
        {
            if let Some(inline) = part.inline_data
                && let Some(data) = inline.data
                && let Some(rate) = audio_rate(inline.mime_type.as_deref())
                && part.thought != Some(true)
            {
                self.answer_audio(at, rate, &data, acts);
            }
        }
        if let Some(text) = content.output_transcription.and_then(|said| said.text)
            && !text.is_empty()
        {
            self.answer_text(at, &text, acts);
        }
        if content.generation_complete == Some(true)
            && self.stale.begun == 0
            && let Some(answer) = &mut self.answer
        {
            answer.generated(at);
        }
        if content.turn_complete == Some(true) {
            self.on_turn_complete(at, content.turn_complete_reason, acts);
        }
    }

    /// The server stopped answering because it heard the user.
    fn on_interrupted(&mut self, at: Instant, acts: &mut Vec<Act>) {
        let is_new = self.stale.begun == 0;
        self.stale.is_interrupted |= !is_new;
        if self.turn_taking == TurnTaking::Server {
            self.transcript.next_turn();
            if self.speech != Speech::Started {
                self.speech_begins(at, acts);
            }
        }
        match &self.answer {
            Some(answer) if is_new && answer.has_begun() => {
                // Who listens on instead of being interrupted must know that nothing more comes.
                self.answer_is_done(at, acts);
                self.answer = None;
                self.stale.begun = 1;
                self.stale.is_interrupted = true;
            }
            // Nothing was said yet that could be interrupted: this, and the end that follows, is about an older answer.
            Some(_) if is_new => self.stale.may_come = true,
            _ => {}
        }
    }

    fn on_turn_complete(&mut self, at: Instant, reason: Option<String>, acts: &mut Vec<Act>) {
        if self.stale.begun > 0 {
            self.stale.begun -= 1;
            self.stale.is_interrupted = false;
        } else if mem::take(&mut self.stale.may_come) && !self.answer.as_ref().is_some_and(Answer::has_begun)
        {
            // That of the answer which was cut before it began.
        } else {
            self.complete(at, reason, acts);
        }
    }

    fn complete(&mut self, at: Instant, reason: Option<String>, acts: &mut Vec<Act>) {
        let Some(answer) = &self.answer else { return };
        let failure = reason.filter(|reason| !FINE.contains(&reason.as_str()));
        if let Some(reason) = failure.filter(|_| answer.is_growing() || !answer.has_begun()) {
            let kind = ProviderErrorKind::Failed(format!("it ended its turn with {}", word(&reason)));
            return self.answer_fails(at, Arc::new(errors::error(&self.provider, kind)), acts);
        }
        if !answer.has_begun() {
            // An answer without a word is one too.
            self.answer_begins(at, acts);
        }
        self.answer_is_done(at, acts);
        self.answer = None;
    }

    pub(super) fn answer_fails(&mut self, at: Instant, err: Arc<ProviderError>, acts: &mut Vec<Act>) {
        self.finish_transcript(at, acts);
        self.answer = None;
        self.transcript.is_answered = true;
        self.tell(at, RealtimeEventKind::ResponseFailed(err), acts);
    }

    fn on_usage(&mut self, usage: UsageMetadata) {
        if self.stale.begun == 0
            && let Some(answer) = &mut self.answer
        {
            let written = usage.response.into_iter();
            let written = written.chain(usage.thoughts).reduce(u64::saturating_add);
            answer.usage = Some(Usage {
                input_tokens: usage.prompt,
                output_tokens: written,
            });
        }
    }

    fn on_transcription(&mut self, at: Instant, said: &Transcription, acts: &mut Vec<Act>) {
        // What was said before an answer that was cut is not said now.
        if self.stale.begun > 0 && !self.stale.is_interrupted {
            return;
        }
        if self.turn_taking == TurnTaking::Server && self.answer.is_none() {
            self.transcript.next_turn();
            self.speech_starts(at, acts);
        }
        let text = said.text.as_deref().unwrap_or_default();
        self.transcript.text.push_str(text);
        self.transcript.is_final = said.finished == Some(true);
        if !text.is_empty() || self.transcript.is_final {
            self.tell_transcript(at, acts);
        }
    }

    fn tell_transcript(&mut self, at: Instant, acts: &mut Vec<Act>) {
        let text = self.transcript.text.trim();
        if !text.is_empty() {
            let kind = RealtimeEventKind::UserTranscript {
                text: text.to_owned(),
                is_final: self.transcript.is_final,
            };
            self.tell(at, kind, acts);
        }
    }

    /// The server seldom says that a transcript is complete; it is when the answer is.
    pub(super) fn finish_transcript(&mut self, at: Instant, acts: &mut Vec<Act>) {
        if !mem::replace(&mut self.transcript.is_final, true) {
            self.tell_transcript(at, acts);
        }
    }

    fn on_activity(&mut self, at: Instant, activity: Option<&str>, acts: &mut Vec<Act>) {
        if self.turn_taking == TurnTaking::Session {
            return;
        }
        match activity {
            // Who stopped and was not answered yet goes on.
            Some("ACTIVITY_START") if self.speech != Speech::Started => self.speech_begins(at, acts),
            Some("ACTIVITY_END") if self.speech == Speech::Started => {
                self.speech = Speech::Ended;
                self.tell(at, RealtimeEventKind::SpeechEnded, acts);
            }
            _ => {}
        }
    }

    /// There is a sign of speech, which may be of what was told to be over.
    fn speech_starts(&mut self, at: Instant, acts: &mut Vec<Act>) {
        if self.speech == Speech::Unheard {
            self.speech_begins(at, acts);
        }
    }

    fn speech_begins(&mut self, at: Instant, acts: &mut Vec<Act>) {
        self.speech = Speech::Started;
        self.tell(at, RealtimeEventKind::SpeechStarted, acts);
    }

    /// An answer begins that the server decided on. That the user has stopped is certain now, but not since when the server
    /// knew it, so the answer comes first: what lies between is then not taken for anybody's.
    pub(super) fn speech_is_answered(&mut self, at: Instant, acts: &mut Vec<Act>) {
        self.speech_starts(at, acts);
        self.tell(at, RealtimeEventKind::ResponseStarted, acts);
        if mem::replace(&mut self.speech, Speech::Unheard) == Speech::Started {
            self.tell(at, RealtimeEventKind::SpeechEnded, acts);
        }
        self.user.close();
    }

    /// Whether the conversation can be moved to another connection without anybody noticing.
    pub(super) fn is_quiet(&self) -> bool {
        let is_asked = self.answer.is_some() || self.stale.begun > 0;
        !is_asked && self.user.activity == Activity::Closed && self.speech == Speech::Unheard
    }

    /// What nobody answered yet, for a new connection.
    pub(super) fn prompt(&self) -> Option<&Prompt> {
        self.answer
            .as_ref()
            .filter(|answer| !answer.has_begun())
            .map(|answer| &answer.prompt)
    }
}

/// The rate of PCM in Hz, 0 when it is said in a way that nobody understands; `None` when it is something else.
fn audio_rate(mime_type: Option<&str>) -> Option<u32> {
    let Some(mime_type) = mime_type else {
        return Some(OUTPUT_RATE);
    };
    let mime_type = mime_type.to_ascii_lowercase();
    let mut parts = mime_type.split(';').map(str::trim);
    let is_pcm = parts.next() == Some("audio/pcm");
    let rate = parts.find_map(|part| part.strip_prefix("rate="));
    is_pcm.then(|| rate.map_or(OUTPUT_RATE, |rate| rate.parse().unwrap_or_default()))
}

/// A word of the vendor's, as far as it is one.
fn word(reason: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    reason.chars().filter(is_plain).take(60).collect()
}
