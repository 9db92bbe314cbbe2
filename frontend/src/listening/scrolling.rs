use leptos::prelude::*;
use web_sys::{ScrollBehavior, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::Listener;
use crate::browser::now_ms;

/// Browsers that scroll by parts of a pixel round them.
const OWN_PX: f64 = 1.0;

impl Listener {
    /// Notes how wide the view of the time line is.
    pub fn measure(self) {
        if let Some(scroller) = self.scroller.get_untracked() {
            let view_px = f64::from(scroller.client_width());
            let scale = self.scale.get_untracked().in_view(view_px);
            if scale != self.scale.get_untracked() {
                self.scale.set(scale);
            }
            self.scrolled_px.set(f64::from(scroller.scroll_left()));
        }
    }

    /// The time line scrolled: to where the page had it, or to where a person wants it, who is left alone then.
    pub fn line_scrolled(self) {
        let expected = self.scrolled_px.get_untracked();
        self.measure();
        if (self.scrolled_px.get_untracked() - expected).abs() > OWN_PX {
            self.line_follows.set(false);
        }
    }

    /// Scrolls the transcript to the turn with this number, if it follows.
    pub fn follow_turn(self, number: u16) {
        if !self.follow.with_untracked(|follow| follow.follows()) {
            return;
        }
        let turn = document().get_element_by_id(&format!("turn-{number}"));
        let Some(turn) = turn else { return };
        self.follow.update(|follow| follow.scrolls(now_ms()));
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        options.set_behavior(ScrollBehavior::Auto);
        turn.scroll_into_view_with_scroll_into_view_options(&options);
    }

    /// The page scrolled.
    pub fn scrolled(self) {
        let mut follow = self.follow.get_untracked();
        follow.scrolled(now_ms());
        if follow != self.follow.get_untracked() {
            self.follow.set(follow);
        }
    }

    pub(super) fn scroll_to(self, px: f64) {
        let Some(scroller) = self.scroller.get_untracked() else {
            return;
        };
        // The time line gets its new width with the next picture.
        request_animation_frame(move || {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the browser counts in whole pixels"
            )]
            scroller.set_scroll_left(px.round() as i32);
            self.scrolled_px.set(f64::from(scroller.scroll_left()));
        });
    }
}
