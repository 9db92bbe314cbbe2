use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::{Listener, Sound, Sounded};

impl Listener {
    /// Plays from where it stands.
    pub fn play(self) {
        let Some(audio) = self.audio.get_untracked() else {
            return;
        };
        if self.sound.get_untracked() == Sound::Failed {
            // It begins anew, where it stood.
            audio.load();
            self.hear_from(self.at_ms.get_untracked());
        }
        self.go_on_following();
        if let Ok(begun) = audio.play() {
            // What came of it is told by events; pausing it meanwhile is no failure.
            spawn_local(async move { drop(JsFuture::from(begun).await) });
        }
    }

    /// Pauses.
    pub fn pause(self) {
        if let Some(audio) = self.audio.get_untracked() {
            // Fails only for elements that are no media.
            let _ = audio.pause();
        }
    }

    /// Plays at another speed; browsers keep the pitch.
    pub fn set_speed(self, speed: f64) {
        self.speed.set(speed);
        if let Some(audio) = self.audio.get_untracked() {
            audio.set_playback_rate(speed);
            // What loads anew is played as fast as this.
            audio.set_default_playback_rate(speed);
        }
    }

    /// Something happened to what plays.
    pub fn sounded(self, event: Sounded) {
        match event {
            Sounded::Began => {
                self.sound.set(Sound::Playing);
                // It begins again after each step and each wait, and then it is looked at already.
                if self.in_pictures.try_get_value() == Some(false) {
                    self.in_pictures.set_value(true);
                    self.follow_pictures();
                }
            }
            Sounded::Stopped => {
                self.sound.set(Sound::Still);
                self.read();
            }
            Sounded::Moved => self.read(),
            Sounded::Failed => self.sound.set(Sound::Failed),
        }
    }

    pub(super) fn hear_from(self, ms: f64) {
        if let Some(audio) = self.audio.get_untracked() {
            audio.set_current_time(ms / 1_000.0);
        }
    }

    /// With every picture, as long as it plays.
    fn follow_pictures(self) {
        if self.sound.try_get_untracked() == Some(Sound::Playing) {
            self.read();
            if self.line_follows.get_untracked() {
                self.show_now();
            }
            request_animation_frame(move || self.follow_pictures());
        } else {
            self.in_pictures.set_value(false);
        }
    }

    /// Where it is.
    fn read(self) {
        if let Some(audio) = self.audio.get_untracked() {
            self.at_ms.set(audio.current_time() * 1_000.0);
        }
    }
}
