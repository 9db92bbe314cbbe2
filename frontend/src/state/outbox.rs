//! What waits while the connection is away.

use std::collections::VecDeque;

/// Five seconds of 20 ms frames: the burst that the server takes, and older speech is stale.
const MAX_FRAMES: usize = 250;
/// Reports about playback while the connection is away; far more than five seconds bring.
const MAX_REPORTS: usize = 64;

/// Keeps the newest audio and reports until the connection is back. When it is full, the oldest go.
#[derive(Debug)]
pub struct Outbox<F, R> {
    frames: VecDeque<F>,
    reports: VecDeque<R>,
}

impl<F, R> Default for Outbox<F, R> {
    fn default() -> Self {
        Self {
            frames: VecDeque::new(),
            reports: VecDeque::new(),
        }
    }
}

impl<F, R> Outbox<F, R> {
    /// Keeps a frame of the user's audio.
    pub fn keep_frame(&mut self, frame: F) {
        push(&mut self.frames, frame, MAX_FRAMES);
    }

    /// Keeps a report.
    pub fn keep_report(&mut self, report: R) {
        push(&mut self.reports, report, MAX_REPORTS);
    }

    /// Takes everything, reports first, each in the order in which they came.
    pub fn take(&mut self) -> (VecDeque<R>, VecDeque<F>) {
        (
            std::mem::take(&mut self.reports),
            std::mem::take(&mut self.frames),
        )
    }
}

fn push<T>(queue: &mut VecDeque<T>, item: T, max: usize) {
    if queue.len() == max {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_five_seconds_are_kept_in_order() {
        let mut outbox = Outbox::<u32, &str>::default();
        for frame in 0..300 {
            outbox.keep_frame(frame);
        }
        outbox.keep_report("started");
        let (reports, frames) = outbox.take();
        assert_eq!(reports, ["started"]);
        assert_eq!(frames, (50..300).collect::<Vec<_>>());
        assert_eq!(outbox.take(), (VecDeque::new(), VecDeque::new()));
    }
}
