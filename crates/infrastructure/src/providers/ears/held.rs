//! What is heard while no connection is open.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use viva_domain::ports::SpeechToTextCommand;

/// More seconds of audio are not kept; the oldest goes first.
const MOST_SECONDS: usize = 10;
/// An order does not wait longer than this for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// Commands in order, with the patience of each order.
#[derive(Default)]
pub(super) struct Held {
    commands: VecDeque<(SpeechToTextCommand, Option<Instant>)>,
    samples: usize,
}

impl Held {
    pub(super) fn push(&mut self, command: SpeechToTextCommand, rate: u32) {
        let is_order = matches!(command, SpeechToTextCommand::Finalize { .. });
        self.samples += samples(&command);
        let deadline = is_order.then(|| Instant::now() + PATIENCE);
        self.commands.push_back((command, deadline));
        self.keep_last(MOST_SECONDS * rate as usize);
    }

    /// Forgets the oldest audio, to the sample: a turn may come in one piece.
    fn keep_last(&mut self, most: usize) {
        while let surplus @ 1.. = self.samples.saturating_sub(most) {
            let is_audio = |(command, _): &(SpeechToTextCommand, _)| samples(command) > 0;
            let Some(oldest) = self.commands.iter().position(is_audio) else {
                return;
            };
            match &mut self.commands[oldest].0 {
                SpeechToTextCommand::Audio(audio) if audio.len() > surplus => {
                    *audio = audio[surplus..].into();
                    self.samples -= surplus;
                }
                command => {
                    self.samples -= samples(command);
                    self.commands.remove(oldest);
                }
            }
        }
    }

    /// The oldest command.
    pub(super) fn pop(&mut self) -> Option<SpeechToTextCommand> {
        let (command, _) = self.commands.pop_front()?;
        self.samples -= samples(&command);
        Some(command)
    }

    /// When the oldest order must be answered.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.commands.iter().find_map(|(_, deadline)| *deadline)
    }

    /// Forgets the utterance of the oldest order, and the order; answers its number.
    pub(super) fn drop_order(&mut self) -> Option<u64> {
        loop {
            if let SpeechToTextCommand::Finalize { number } = self.pop()? {
                return Some(number);
            }
        }
    }
}

fn samples(command: &SpeechToTextCommand) -> usize {
    match command {
        SpeechToTextCommand::Audio(samples) => samples.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audio(samples: usize) -> SpeechToTextCommand {
        SpeechToTextCommand::Audio(vec![1; samples].into())
    }

    const BEGAN: SpeechToTextCommand = SpeechToTextCommand::SpeechBegan { ago: Duration::ZERO };

    #[test]
    fn ten_seconds_are_kept_and_every_word_about_them() {
        let mut held = Held::default();
        held.push(audio(4_000), 1_000);
        held.push(BEGAN, 1_000);
        held.push(audio(6_000), 1_000);
        held.push(audio(4_001), 1_000);
        let kept: Vec<SpeechToTextCommand> = std::iter::from_fn(|| held.pop()).collect();
        assert_eq!(kept, [BEGAN, audio(5_999), audio(4_001)]);
        assert_eq!(held.samples, 0);
    }

    #[test]
    fn of_a_longer_piece_the_end_is_kept() {
        let mut held = Held::default();
        held.push(BEGAN, 1_000);
        held.push(audio(30_000), 1_000);
        held.push(audio(1), 1_000);
        let kept: Vec<SpeechToTextCommand> = std::iter::from_fn(|| held.pop()).collect();
        assert_eq!(kept, [BEGAN, audio(9_999), audio(1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_that_waited_too_long_goes_with_its_utterance() {
        let mut held = Held::default();
        assert_eq!(held.deadline(), None);
        for command in [audio(1), SpeechToTextCommand::Finalize { number: 7 }, audio(2)] {
            held.push(command, 1_000);
        }
        assert_eq!(held.deadline(), Some(Instant::now() + PATIENCE));
        assert_eq!(held.drop_order(), Some(7));
        assert_eq!(held.deadline(), None);
        assert_eq!(held.pop(), Some(audio(2)));
        assert_eq!((held.pop(), held.drop_order()), (None, None));
    }
}
