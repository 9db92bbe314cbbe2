use crate::vendors::line::is_voiced;

/// Samples of 20 ms at 24 kHz.
const FRAME: usize = 480;

/// The user's audio that no turn took yet, and what was found in it.
#[derive(Debug, Default)]
pub(in crate::vendors) struct Ears {
    /// Samples since the last turn.
    pub(in crate::vendors) buffered: usize,
    frame: Vec<i16>,
    /// Since when nothing was said, in ms; `None` when nobody speaks.
    silence_ms: Option<u64>,
    /// Audio that was ever heard, in ms.
    total_ms: u64,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::vendors) enum Found {
    Start { at_ms: u64 },
    End { at_ms: u64 },
}

impl Ears {
    /// Hears more audio; finds speech that ends after so much silence, if it is to be found.
    pub(in crate::vendors) fn hear(&mut self, samples: &[i16], silence_ms: Option<u64>) -> Vec<Found> {
        self.buffered += samples.len();
        self.frame.extend_from_slice(samples);
        let mut found = Vec::new();
        while self.frame.len() >= FRAME {
            let frame: Vec<i16> = self.frame.drain(..FRAME).collect();
            self.total_ms += 20;
            if let Some(limit) = silence_ms {
                found.extend(self.hear_frame(&frame, limit));
            }
        }
        found
    }

    fn hear_frame(&mut self, frame: &[i16], limit: u64) -> Option<Found> {
        let at_ms = self.total_ms;
        match (is_voiced(frame), &mut self.silence_ms) {
            (true, silence @ None) => {
                *silence = Some(0);
                return Some(Found::Start { at_ms });
            }
            (true, Some(silence)) => *silence = 0,
            (false, Some(silence)) => {
                *silence += 20;
                if *silence >= limit {
                    self.silence_ms = None;
                    return Some(Found::End { at_ms });
                }
            }
            (false, None) => {}
        }
        None
    }
}
