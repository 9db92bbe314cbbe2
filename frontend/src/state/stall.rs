//! Whether the browser lets the page's audio run. Phones stop it for calls, and nothing is heard or recorded meanwhile.

/// So many looks in a row, half a second apart, make a pause worth telling.
const TOLD_AFTER: u32 = 4;

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stall {
    /// The audio has been stopped for two seconds.
    Began,
    /// It runs again.
    Ended,
}

/// Counts the looks at audio that does not run.
#[derive(Debug, Clone, Copy, Default)]
pub struct StallWatch {
    stopped: u32,
}

impl StallWatch {
    /// Takes what one look saw.
    pub fn look(&mut self, runs: bool) -> Option<Stall> {
        let before = self.stopped;
        self.stopped = if runs { 0 } else { before.saturating_add(1) };
        if self.stopped == TOLD_AFTER {
            Some(Stall::Began)
        } else if runs && before >= TOLD_AFTER {
            Some(Stall::Ended)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_stop_is_told_once_and_so_is_its_end() {
        let mut watch = StallWatch::default();
        let looks = [false, false, false, false, false, true, true];
        let told = looks.map(|runs| watch.look(runs));
        let expected = [
            None,
            None,
            None,
            Some(Stall::Began),
            None,
            Some(Stall::Ended),
            None,
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_short_stop_is_not_told() {
        let mut watch = StallWatch::default();
        assert!(
            [false, false, false, true, false]
                .iter()
                .all(|runs| watch.look(*runs).is_none())
        );
    }
}
