//! Which loudspeaker plays: the one that was chosen, or the system's while that one is not there.

/// What has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The one that was chosen shall play.
    Choose,
    /// It is not there: the system's shall play.
    Leave,
}

/// Follows whether the loudspeaker that was chosen is there. Made anew with every choice, and for every output.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpeakerWatch {
    /// Whether the chosen one plays; `None` before anybody looked.
    plays: Option<bool>,
}

impl SpeakerWatch {
    /// Takes whether it is there. Where the browser does not tell (`None`), only trying shows it.
    pub fn look(&mut self, is_there: Option<bool>) -> Option<Change> {
        let shall_play = is_there.or(self.plays).unwrap_or(true);
        let before = self.plays.replace(shall_play);
        (before != Some(shall_play)).then_some(if shall_play { Change::Choose } else { Change::Leave })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(looks: &[Option<bool>]) -> Vec<Option<Change>> {
        let mut watch = SpeakerWatch::default();
        looks.iter().map(|is_there| watch.look(*is_there)).collect()
    }

    #[test]
    fn one_that_is_not_there_is_not_tried_before_it_comes() {
        assert_eq!(
            changes(&[Some(false), Some(false), None, Some(true), Some(true)]),
            [Some(Change::Leave), None, None, Some(Change::Choose), None]
        );
    }

    #[test]
    fn one_that_goes_is_left_and_chosen_again_when_it_is_back() {
        assert_eq!(
            changes(&[Some(true), None, Some(false), Some(true)]),
            [
                Some(Change::Choose),
                None,
                Some(Change::Leave),
                Some(Change::Choose)
            ]
        );
    }

    #[test]
    fn one_of_which_nothing_is_told_is_tried_once() {
        assert_eq!(changes(&[None, None]), [Some(Change::Choose), None]);
    }
}
