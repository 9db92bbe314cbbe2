//! The session's hold on microphone and loudspeaker: how they are opened, changed and lost.

use futures_util::future::abortable;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::actor::Actor;
use super::event::{Event, Events, send};
use crate::audio::{AudioProblem, Microphone, Output, Rig, devices};
use crate::state::context::Devices;
use crate::state::message::{Message, Topic};
use crate::state::meter::Meter;
use crate::state::speaker::Change;

/// Whether a microphone is being opened. They are opened one after the other: the one that was chosen last must win.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Asking {
    #[default]
    No,
    Yes,
    /// Another one was chosen meanwhile.
    Again,
}

impl Actor {
    /// Opens something, which may wait for the person. Who lets go of everything meanwhile lets go of this too, and is told
    /// nothing.
    pub(super) fn open<T: 'static>(
        &mut self,
        opening: impl Future<Output = T> + 'static,
        opened: impl FnOnce(T) + 'static,
    ) {
        let (opening, handle) = abortable(opening);
        self.asking = Asking::Yes;
        self.opening = Some(handle);
        spawn_local(async move {
            if let Ok(outcome) = opening.await {
                opened(outcome);
            }
        });
    }

    /// A recording that is played back must not be heard as the user.
    pub(super) fn apply_mute(&self) {
        if let Some(rig) = &self.rig {
            rig.microphone()
                .set_muted(self.talk.muted.get_untracked() || self.replay.is_some());
        }
    }

    /// The browser decides with the same settings as the server.
    pub(super) fn apply_turn_taking(&self) {
        let (settings, interruptible) = self
            .talk
            .settings
            .with_untracked(|settings| (settings.detection(), settings.interruptible()));
        if let Some(rig) = &self.rig {
            rig.listen_over_ai(settings, interruptible);
        }
    }

    /// Says so when the AI will hear itself, or the totals will be too short.
    pub(super) fn check_microphone(&self) {
        let Some(rig) = &self.rig else { return };
        if !rig.microphone().cancels_echo() {
            self.talk.tell(Message::new(Topic::EchoNotCancelled));
        }
        if !rig.microphone().tells_capture_times() {
            // What was measured with it stays so.
            self.talk
                .conversation
                .update(|conversation| conversation.lacks_capture_times = true);
        }
    }

    fn choose_speaker(&self, output: &Output) {
        let (talk, device) = (self.talk, self.talk.speaker.get_untracked());
        let chosen = output.choose_speaker(&device);
        spawn_local(async move {
            // Browsers that cannot choose refuse even the system's own.
            if !chosen.await && !device.is_empty() {
                talk.tell(Message::new(Topic::SpeakerUnusable));
            }
        });
    }

    /// A device that is plugged in may be the one that was lost.
    pub(super) fn devices_changed(&mut self) {
        list_devices(&self.events);
        self.replace_lost_microphone();
    }

    pub(super) fn devices_listed(&mut self, devices: Devices) {
        self.talk.devices.set(devices);
        self.look_at_speaker();
    }

    /// While the chosen loudspeaker is not there, the system's plays.
    pub(super) fn look_at_speaker(&mut self) {
        let Some(rig) = &self.rig else { return };
        let chosen = self.talk.speaker.get_untracked();
        let is_there = self
            .talk
            .devices
            .with_untracked(|devices| devices.have_speaker(&chosen));
        match self.speaker.look(is_there) {
            Some(Change::Choose) => self.choose_speaker(rig.output()),
            Some(Change::Leave) => self.leave_speaker(rig),
            None => {}
        }
    }

    fn leave_speaker(&self, rig: &Rig) {
        let (talk, left) = (self.talk, rig.output().choose_speaker(""));
        // When a headset goes, its microphone is what is told of.
        let lost_both = rig.microphone().is_lost();
        spawn_local(async move {
            if left.await && !lost_both {
                talk.tell(Message::new(Topic::SpeakerChanged));
            }
        });
    }

    pub(super) fn replace_lost_microphone(&mut self) {
        let is_lost = self.rig.as_ref().is_some_and(|rig| rig.microphone().is_lost());
        if is_lost && self.asking == Asking::No {
            self.reopen_microphone();
        }
    }

    pub(super) fn choose_microphone(&mut self) {
        match self.asking {
            Asking::No => self.reopen_microphone(),
            Asking::Yes | Asking::Again => self.asking = Asking::Again,
        }
    }

    pub(super) fn reopen_microphone(&mut self) {
        let Some(rig) = &self.rig else { return };
        let (start, events) = (self.start, self.events.clone());
        let opening = rig.open_microphone(self.talk.microphone.get_untracked(), self.listener());
        self.open(opening, move |microphone| {
            let microphone = Box::new(microphone);
            send(&events, Event::MicrophoneOpened { start, microphone });
        });
    }

    pub(super) fn microphone_opened(&mut self, microphone: Result<Microphone, AudioProblem>) {
        let is_outdated = std::mem::take(&mut self.asking) == Asking::Again;
        let Some(rig) = &mut self.rig else { return };
        match microphone {
            Ok(microphone) => {
                rig.replace_microphone(microphone);
                if !is_outdated {
                    self.talk.tell(Message::new(Topic::MicrophoneChanged));
                }
                self.check_microphone();
            }
            Err(problem) => {
                if rig.microphone().is_lost() {
                    self.meter = Meter::default();
                    self.talk.reading.set(self.meter.reading());
                }
                self.talk.tell(problem.into());
            }
        }
        self.apply_mute();
        list_devices(&self.events);
        if is_outdated {
            self.reopen_microphone();
        }
    }
}

/// Asks the browser for the devices.
pub(super) fn list_devices(events: &Events) {
    let events = events.clone();
    spawn_local(async move { send(&events, Event::DevicesListed(devices().await)) });
}
