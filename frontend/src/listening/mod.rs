//! What a person can do with a conversation that was kept: hear it, go anywhere in it, look closer, delete it. The server
//! renders the page with a [`Listener`] that does nothing.

#[cfg(feature = "hydrate")]
mod asking;
#[cfg(feature = "hydrate")]
mod playing;
#[cfg(feature = "hydrate")]
mod scrolling;

use std::sync::Arc;

use leptos::html::{Audio, Div};
use leptos::prelude::*;
use viva_protocol::rest::ProviderList;

use crate::state::recorded::{Deletion, Follow, KeyAction, Opening, Recorded, Scale, Zoom};

/// Whether something sounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sound {
    /// No.
    #[default]
    Still,
    /// Yes, or as soon as there is enough of it.
    Playing,
    /// It did not load.
    Failed,
}

/// A conversation, and where a person is in it.
#[derive(Clone, Copy)]
pub struct Listener {
    /// The conversation, when it is there.
    pub opening: RwSignal<Opening>,
    /// What providers, models and voices are called, when that is known.
    pub names: RwSignal<Option<ProviderList>>,
    /// What is heard, in ms since the session began.
    pub at_ms: RwSignal<f64>,
    /// The place of the turn in which that is.
    pub current: Memo<Option<usize>>,
    /// Whether it plays.
    pub sound: RwSignal<Sound>,
    /// Whether it is looked at with every picture.
    pub in_pictures: StoredValue<bool>,
    /// How fast.
    pub speed: RwSignal<f64>,
    /// How much of the time line is seen.
    pub scale: RwSignal<Scale>,
    /// How far that is scrolled.
    pub scrolled_px: RwSignal<f64>,
    /// Whether the transcript follows.
    pub follow: RwSignal<Follow>,
    /// Whether the time line does.
    pub line_follows: RwSignal<bool>,
    /// Whether it is to be deleted.
    pub deletion: RwSignal<Deletion>,
    /// What plays.
    pub audio: NodeRef<Audio>,
    /// What scrolls the time line.
    pub scroller: NodeRef<Div>,
}

impl Listener {
    /// Nobody has asked for anything yet.
    pub fn begin() -> Self {
        let opening = RwSignal::<Opening>::default();
        let at_ms = RwSignal::new(0.0);
        let current = Memo::new(move |_| {
            let at_ms = at_ms.get();
            opening.with(|opening| opening.recorded()?.turn_at(at_ms))
        });
        Self {
            opening,
            names: RwSignal::default(),
            at_ms,
            current,
            sound: RwSignal::default(),
            in_pictures: StoredValue::new(false),
            speed: RwSignal::new(1.0),
            scale: RwSignal::default(),
            scrolled_px: RwSignal::new(0.0),
            follow: RwSignal::default(),
            line_follows: RwSignal::new(true),
            deletion: RwSignal::default(),
            audio: NodeRef::new(),
            scroller: NodeRef::new(),
        }
    }

    /// The conversation, now and when it comes.
    pub fn recorded(self) -> Option<Arc<Recorded>> {
        self.opening.with(|opening| opening.recorded().cloned())
    }

    /// The same for what happens once.
    pub fn recorded_now(self) -> Option<Arc<Recorded>> {
        self.opening.with_untracked(|opening| opening.recorded().cloned())
    }

    /// What a key does.
    pub fn act(self, action: KeyAction) {
        match action {
            KeyAction::Toggle => self.toggle(),
            KeyAction::Zoom(zoom) => self.zoom(zoom),
            KeyAction::Go(step) => {
                if let Some(recorded) = self.recorded_now() {
                    self.seek(recorded.stepped(self.at_ms.get_untracked(), step));
                }
            }
        }
    }

    /// Plays, or pauses.
    pub fn toggle(self) {
        if self.sound.get_untracked() == Sound::Playing {
            self.pause();
        } else {
            self.play();
        }
    }

    /// Goes to a moment, and lets transcript and time line follow again.
    pub fn seek(self, ms: f64) {
        self.at_ms.set(ms);
        self.go_on_following();
        self.hear_from(ms);
        self.show_now();
    }

    /// Shows what is heard, and lets transcript and time line follow again.
    pub fn follow_again(self) {
        self.go_on_following();
        self.show_now();
        let place = self.current.get_untracked().unwrap_or_default();
        let recorded = self.recorded_now();
        if let Some(turn) = recorded.and_then(|recorded| Some(recorded.turns.get(place)?.number())) {
            self.follow_turn(turn);
        }
    }

    fn go_on_following(self) {
        self.follow.update(Follow::go_on);
        self.line_follows.set(true);
    }

    /// Goes to a moment and plays from there.
    pub fn play_from(self, ms: f64) {
        self.seek(ms);
        self.play();
    }

    /// Looks closer, or at more; what is heard stays where it is in the view.
    pub fn zoom(self, zoom: Zoom) {
        let (scale, at_ms) = (self.scale.get_untracked(), self.at_ms.get_untracked());
        let in_view = scale.px_of(at_ms) - self.scrolled_px.get_untracked();
        let in_view = if (0.0..=scale.view_px()).contains(&in_view) {
            in_view
        } else {
            scale.view_px() / 2.0
        };
        let scale = scale.zoomed(zoom);
        self.scale.set(scale);
        self.scroll_to(scale.scroll_to(at_ms, in_view));
    }

    /// Scrolls the time line to what is heard, where it is not seen.
    fn show_now(self) {
        let (scale, scrolled) = (self.scale.get_untracked(), self.scrolled_px.get_untracked());
        if let Some(px) = scale.scroll_after(self.at_ms.get_untracked(), scrolled) {
            self.scroll_to(px);
        }
    }
}

/// The server's rendering is neither heard nor moved.
#[cfg(not(feature = "hydrate"))]
#[expect(clippy::unused_self, reason = "the same signatures as in the browser")]
impl Listener {
    /// Asks the server for the conversation.
    pub fn open(self) {}

    /// Plays from where it stands.
    pub fn play(self) {}

    /// Pauses.
    pub fn pause(self) {}

    /// Plays at another speed; browsers keep the pitch.
    pub fn set_speed(self, _speed: f64) {}

    /// Something happened to what plays.
    pub fn sounded(self, _event: Sounded) {}

    /// Notes how wide the view of the time line is.
    pub fn measure(self) {}

    /// The time line scrolled.
    pub fn line_scrolled(self) {}

    /// Scrolls the transcript to the turn with this number, if it follows.
    pub fn follow_turn(self, _number: u16) {}

    /// The page scrolled.
    pub fn scrolled(self) {}

    /// Deletes the conversation, when the person was asked.
    pub fn delete(self) {}

    /// Loads the page anew.
    pub fn reload(self) {}

    fn hear_from(self, _ms: f64) {}

    fn scroll_to(self, _px: f64) {}
}

/// What happens to what plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sounded {
    /// It begins, or goes on.
    Began,
    /// It stands, or is over.
    Stopped,
    /// It has come to another moment.
    Moved,
    /// It cannot go on.
    Failed,
}
