//! Turns that a vendor finds and numbers.

use std::time::Duration;

use viva_domain::ports::SpeechToTextEventKind;

use super::Said;
use crate::providers::transport::{Account, errors};

/// Where there may be nothing to answer, a vendor gets so many times less time for it.
pub(in crate::providers) const HURRY: u32 = 6;

/// The turn that runs, and which are over.
#[derive(Default)]
pub(in crate::providers) struct FoundTurns {
    running: Option<Turn>,
    /// Turns up to this one are over for the session, whatever is still said about them.
    over: Option<u64>,
}

struct Turn {
    number: u64,
    text: String,
}

impl FoundTurns {
    /// Whether what is said about a turn comes too late.
    pub(in crate::providers) fn is_over(&self, number: u64) -> bool {
        self.over.is_some_and(|over| number <= over)
    }

    /// Which one runs.
    pub(in crate::providers) fn running(&self) -> Option<u64> {
        self.running.as_ref().map(|turn| turn.number)
    }

    /// All of a turn that is understood so far; where none runs, it begins. Answers whether that is news.
    pub(in crate::providers) fn hear(&mut self, number: u64, text: &str, said: &mut Said) -> bool {
        let turn = self.running.get_or_insert_with(|| {
            said.event(SpeechToTextEventKind::SpeechStarted);
            Turn {
                number,
                text: String::new(),
            }
        });
        let is_news = turn.text != text;
        text.clone_into(&mut turn.text);
        is_news
    }

    /// The turn that runs is over.
    pub(in crate::providers) fn end(&mut self, said: &mut Said) {
        if let Some(Turn { number, text }) = self.running.take() {
            self.over = Some(number);
            said.event(SpeechToTextEventKind::Final(text));
        }
    }

    /// The vendor took too long to end a turn: what is known of it, if there is one.
    pub(in crate::providers) fn give_up(&mut self, account: &Account, said: &mut Said) {
        match &self.running {
            None => said.event(SpeechToTextEventKind::Final(String::new())),
            Some(turn) if turn.text.is_empty() => {
                self.over = Some(turn.number);
                self.running = None;
                let err = errors::unavailable(&account.provider, "no transcript in time");
                said.event(SpeechToTextEventKind::FinalFailed(err.into()));
            }
            Some(_) => self.end(said),
        }
    }

    /// How long an order to end a turn may take to be answered.
    pub(in crate::providers) fn wait(&self, patience: Duration) -> Duration {
        if self.running.is_some() {
            patience
        } else {
            // One may just be beginning, and if none is, there is no answer.
            patience / HURRY
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::testing::account;

    const PATIENCE: Duration = Duration::from_secs(6);

    #[test]
    fn a_turn_begins_once_and_ends_once() {
        let (mut turns, mut said) = (FoundTurns::default(), Said::default());
        assert_eq!(turns.wait(PATIENCE), Duration::from_secs(1));
        let news = ["", "tell", "tell", "tell me"].map(|text| turns.hear(3, text, &mut said));
        assert_eq!(news, [false, true, false, true]);
        assert_eq!((turns.running(), turns.is_over(3)), (Some(3), false));
        assert_eq!(turns.wait(PATIENCE), PATIENCE);
        turns.end(&mut said);
        turns.end(&mut said);
        assert_eq!(
            (turns.running(), turns.is_over(3), turns.is_over(4)),
            (None, true, false)
        );
        let told = [
            SpeechToTextEventKind::SpeechStarted,
            SpeechToTextEventKind::Final("tell me".to_owned()),
        ];
        assert_eq!(said.events, told);
    }

    #[test]
    fn what_is_known_in_time_is_the_end() {
        let vendor = account("http://127.0.0.1:9", None);
        let (mut turns, mut said) = (FoundTurns::default(), Said::default());
        turns.give_up(&vendor, &mut said);
        for text in ["In time", ""] {
            turns.hear(7, text, &mut said);
            turns.give_up(&vendor, &mut said);
            assert!(turns.is_over(7));
        }
        let text = |text: &str| SpeechToTextEventKind::Final(text.to_owned());
        assert_eq!(said.events[0], text(""));
        assert_eq!(said.events[2], text("In time"));
        assert!(matches!(said.events[4], SpeechToTextEventKind::FinalFailed(_)));
    }
}
