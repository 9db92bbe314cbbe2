//! Listening to a turn's recording.

use leptos::prelude::*;
use leptos::task::spawn_local;
use viva_protocol::ws::Role;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event as DomEvent, HtmlAudioElement};

use super::actor::Actor;
use super::event::{Event, Events, send};
use crate::api;
use crate::browser::{RoutedElement, forgive};
use crate::state::message::{Message, Topic};

/// A recording that plays. Stopped when it is dropped.
pub(super) struct Replay {
    number: u32,
    audio: HtmlAudioElement,
    _on_ended: Closure<dyn FnMut(DomEvent)>,
}

impl Replay {
    /// Plays through a loudspeaker (empty: the system's), where the browser can choose; through the system's when it is gone.
    fn start(path: &str, speaker: &str, number: u32, events: &Events) -> Option<Self> {
        let audio = HtmlAudioElement::new_with_src(path).ok()?;
        forgive(audio.unchecked_ref::<RoutedElement>().set_sink_id(speaker));
        let ended = events.clone();
        let on_ended = Closure::<dyn FnMut(DomEvent)>::new(move |event: DomEvent| {
            let ok = event.type_() == "ended";
            send(&ended, Event::ReplayEnded { number, ok });
        });
        let listener = on_ended.as_ref().unchecked_ref();
        audio.set_onended(Some(listener));
        audio.set_onerror(Some(listener));
        let begun = audio.play().ok()?;
        let refused = events.clone();
        spawn_local(async move {
            if JsFuture::from(begun).await.is_err() {
                send(&refused, Event::ReplayEnded { number, ok: false });
            }
        });
        Some(Self {
            number,
            audio,
            _on_ended: on_ended,
        })
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.audio.set_onended(None);
        self.audio.set_onerror(None);
        // Pausing fails only for elements that are no media.
        let _ = self.audio.pause();
    }
}

impl Actor {
    /// Plays a recording; the one that plays is stopped, and only stopped when it is the same.
    pub(super) fn replay(&mut self, turn_number: u16, role: Role) {
        let playing = self.talk.replayed.get_untracked();
        self.stop_replay();
        let path = self.talk.conversation.with_untracked(|conversation| {
            let turn = conversation.stored_turn(turn_number)?;
            Some(api::recording(conversation.session_id?, turn.id, role))
        });
        if playing == Some((turn_number, role)) {
            return;
        }
        self.replays += 1;
        let speaker = self.talk.speaker.get_untracked();
        self.replay = path.and_then(|path| Replay::start(&path, &speaker, self.replays, &self.events));
        self.talk
            .replayed
            .set(self.replay.is_some().then_some((turn_number, role)));
        self.apply_mute();
    }

    pub(super) fn replay_ended(&mut self, number: u32, ok: bool) {
        // A recording that was stopped because another one began is refused too; that is no failure.
        if self.replay.as_ref().is_none_or(|replay| replay.number != number) {
            return;
        }
        if !ok {
            self.talk.tell(Message::new(Topic::ReplayFailed));
            self.ask_whether_signed_in();
        }
        self.stop_replay();
    }

    pub(super) fn stop_replay(&mut self) {
        self.replay = None;
        self.talk.replayed.set(None);
        self.apply_mute();
    }
}
