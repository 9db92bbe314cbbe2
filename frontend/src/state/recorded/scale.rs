//! Time and pixels. Times are in ms since the session began; what is in `px` counts from the beginning of the time line.

/// The closest that one can look: 2.5 ms are a pixel.
const CLOSEST_PX_PER_MS: f64 = 0.4;
/// One step closer shows half as much.
const STEP: f64 = 2.0;
/// Labels of ticks are at least so far apart.
const TICK_PX: f64 = 76.0;
/// How far apart ticks can be.
const TICKS_MS: [f64; 15] = [
    200.0,
    500.0,
    1_000.0,
    2_000.0,
    5_000.0,
    10_000.0,
    15_000.0,
    30_000.0,
    60_000.0,
    120_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
    21_600_000.0,
];
/// What plays is brought into view at this share of it, so that there is room ahead.
const LEAD: f64 = 0.1;

/// How a conversation's time line lies on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scale {
    length_ms: f64,
    view_px: f64,
    /// What a person chose; all of it is seen where that shows more.
    chosen_px_per_ms: f64,
}

/// A way to look closer, or at more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zoom {
    /// Closer.
    In,
    /// At more.
    Out,
    /// At all of it.
    Fit,
}

impl Scale {
    /// All of a conversation.
    pub fn of(length_ms: f64) -> Self {
        Self {
            length_ms,
            ..Self::default()
        }
    }

    /// The same in a view of another width.
    #[must_use]
    pub fn in_view(self, view_px: f64) -> Self {
        Self { view_px, ..self }
    }

    /// The width of what can be seen at once.
    pub fn view_px(self) -> f64 {
        self.view_px
    }

    /// The width of all of it.
    pub fn whole_px(self) -> f64 {
        self.length_ms * self.px_per_ms()
    }

    /// How many pixels a ms has.
    pub fn px_per_ms(self) -> f64 {
        let fit = self.fit_px_per_ms();
        self.chosen_px_per_ms.clamp(fit, self.closest_px_per_ms())
    }

    /// Whether all of it is seen.
    pub fn is_fit(self) -> bool {
        self.px_per_ms() <= self.fit_px_per_ms()
    }

    /// Whether nothing can be seen any closer.
    pub fn is_closest(self) -> bool {
        self.px_per_ms() >= self.closest_px_per_ms()
    }

    fn fit_px_per_ms(self) -> f64 {
        if self.length_ms > 0.0 {
            self.view_px / self.length_ms
        } else {
            0.0
        }
    }

    fn closest_px_per_ms(self) -> f64 {
        CLOSEST_PX_PER_MS.max(self.fit_px_per_ms())
    }

    /// The same seen closer, or more of it.
    #[must_use]
    pub fn zoomed(self, zoom: Zoom) -> Self {
        let chosen_px_per_ms = match zoom {
            Zoom::In => (self.px_per_ms() * STEP).min(self.closest_px_per_ms()),
            Zoom::Out => self.px_per_ms() / STEP,
            Zoom::Fit => 0.0,
        };
        Self {
            chosen_px_per_ms,
            ..self
        }
    }

    /// Where a moment lies.
    pub fn px_of(self, ms: f64) -> f64 {
        ms * self.px_per_ms()
    }

    /// The moment that lies there, within the conversation.
    pub fn ms_at(self, px: f64) -> f64 {
        let px_per_ms = self.px_per_ms();
        if px_per_ms > 0.0 {
            (px / px_per_ms).clamp(0.0, self.length_ms)
        } else {
            0.0
        }
    }

    /// How far to scroll so that a moment lies `ahead_px` from the beginning of the view, as far as that can be.
    pub fn scroll_to(self, ms: f64, ahead_px: f64) -> f64 {
        let furthest = (self.whole_px() - self.view_px).max(0.0);
        (self.px_of(ms) - ahead_px).clamp(0.0, furthest)
    }

    /// How far to scroll so that what plays is seen; `None` where it is.
    pub fn scroll_after(self, ms: f64, scrolled_px: f64) -> Option<f64> {
        let in_view = self.px_of(ms) - scrolled_px;
        let is_seen = (0.0..=self.view_px).contains(&in_view);
        (!is_seen && !self.is_fit()).then(|| self.scroll_to(ms, self.view_px * LEAD))
    }

    /// The moments between two others that have a label.
    pub fn ticks(self, from_ms: f64, to_ms: f64) -> Vec<f64> {
        let is_wide = |step: &&f64| self.px_of(**step) >= TICK_PX;
        let Some(step) = TICKS_MS.iter().find(is_wide) else {
            return Vec::new();
        };
        let first = (from_ms / step).ceil().max(0.0);
        let ticks = std::iter::successors(Some(first), |n| Some(n + 1.0)).map(|n| n * step);
        ticks
            .take_while(|tick| *tick <= to_ms.min(self.length_ms))
            .collect()
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    const HALF_AN_HOUR: f64 = 1_800_000.0;

    fn whole() -> Scale {
        Scale::of(HALF_AN_HOUR).in_view(900.0)
    }

    #[test]
    fn all_of_it_is_seen_at_first_also_when_the_window_changes() {
        let scale = whole();
        assert_eq!((scale.whole_px(), scale.px_per_ms()), (900.0, 0.000_5));
        assert!(scale.is_fit() && !scale.is_closest());
        assert_eq!(scale.in_view(300.0).whole_px(), 300.0);
    }

    #[test]
    fn a_moment_and_its_pixel_are_each_others() {
        for scale in [whole(), whole().zoomed(Zoom::In).zoomed(Zoom::In)] {
            for ms in [0.0, 1.0, 734_567.0, HALF_AN_HOUR] {
                assert!((scale.ms_at(scale.px_of(ms)) - ms).abs() < 1e-6);
            }
            assert_eq!(scale.ms_at(-5.0), 0.0);
            assert_eq!(scale.ms_at(1e9), HALF_AN_HOUR);
        }
    }

    #[test]
    fn one_looks_closer_step_by_step_and_back_and_no_further_than_there_is() {
        let mut scale = whole();
        assert_eq!(scale.zoomed(Zoom::Out), whole().zoomed(Zoom::Out));
        assert!(scale.zoomed(Zoom::Out).is_fit());
        scale = scale.zoomed(Zoom::In);
        assert_eq!(scale.whole_px(), 1_800.0);
        for _ in 0..20 {
            scale = scale.zoomed(Zoom::In);
        }
        assert!(scale.is_closest());
        assert_eq!(scale.whole_px(), 720_000.0);
        assert!(scale.zoomed(Zoom::Fit).is_fit());
        // Two steps out undo two steps in, wherever those ended.
        let wide = Scale::of(1_000.0).in_view(900.0);
        assert!(wide.is_closest() && wide.zoomed(Zoom::In).is_fit());
    }

    #[test]
    fn what_plays_is_brought_into_view_when_it_has_left_it() {
        let scale = whole().zoomed(Zoom::In).zoomed(Zoom::In);
        assert_eq!(scale.whole_px(), 3_600.0);
        assert_eq!(scale.scroll_after(400_000.0, 0.0), None);
        assert_eq!(scale.scroll_after(500_000.0, 0.0), Some(910.0));
        assert_eq!(scale.scroll_after(0.0, 910.0), Some(0.0));
        assert_eq!(
            scale.scroll_after(HALF_AN_HOUR, 0.0),
            Some(2_700.0),
            "there is no more"
        );
        assert_eq!(whole().scroll_after(500_000.0, 0.0), None);
    }

    #[test]
    fn ticks_are_round_and_have_room_for_their_labels() {
        let minutes = |ticks: Vec<f64>| ticks.iter().map(|ms| ms / 60_000.0).collect::<Vec<_>>();
        assert_eq!(
            minutes(whole().ticks(0.0, HALF_AN_HOUR)),
            [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]
        );
        let closest = Scale::of(3_000.0).in_view(1_200.0);
        assert_eq!(closest.ticks(900.0, 1_500.0), [1_000.0, 1_200.0, 1_400.0]);
        assert_eq!(Scale::default().ticks(0.0, 10.0), [0.0; 0]);
    }

    #[test]
    fn where_nothing_was_said_nothing_lies_anywhere() {
        let scale = Scale::of(0.0).in_view(900.0);
        assert_eq!((scale.whole_px(), scale.ms_at(10.0)), (0.0, 0.0));
        assert_eq!(scale.scroll_after(0.0, 0.0), None);
    }
}
