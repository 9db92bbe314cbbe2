//! What goes up to a provider: the user's audio, at the provider's rate, and orders between it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_channel::mpsc;
use viva_audio::{Resampler, SampleRate};

/// A channel that loses nothing and never makes the sender wait: what finds no room is kept. For what is seldom (an order
/// per turn or interruption), or what its sender stops to make while anything is kept.
pub(super) struct Lossless<C> {
    channel: mpsc::Sender<C>,
    waiting: VecDeque<C>,
}

impl<C> Lossless<C> {
    pub(super) fn new(channel: mpsc::Sender<C>) -> Self {
        Self {
            channel,
            waiting: VecDeque::new(),
        }
    }

    /// Passes an order on, at once or when there is room.
    pub(super) fn send(&mut self, order: C) {
        if !self.waiting.is_empty() {
            return self.waiting.push_back(order);
        }
        if let Err(err) = self.channel.try_send(order)
            && err.is_full()
        {
            self.waiting.push_back(err.into_inner());
        }
    }

    /// Passes an order on later, with [`Self::poll_waiting`].
    pub(super) fn hold(&mut self, order: C) {
        self.waiting.push_back(order);
    }

    /// Hands waiting orders over while there is room. Ready when none is left.
    pub(super) fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.waiting.is_empty() {
            if self.channel.poll_ready(cx).is_pending() {
                return Poll::Pending;
            }
            if let Some(order) = self.waiting.pop_front()
                && self.channel.start_send(order).is_err()
            {
                self.waiting.clear(); // Who takes them is gone; its last event says so.
            }
        }
        Poll::Ready(())
    }

    /// Whether an order waits for room.
    pub(super) fn are_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

/// The user's audio and the orders between it, in the order in which they were given. Audio is lost when the provider does
/// not keep up, the newest first.
pub(super) struct Uplink<C> {
    pub(super) orders: Lossless<C>,
    resampler: Resampler,
    resampled: Vec<i16>,
}

impl<C> Uplink<C> {
    pub(super) fn new(commands: mpsc::Sender<C>, from: SampleRate, to: SampleRate) -> Self {
        Self {
            orders: Lossless::new(commands),
            resampler: Resampler::new(from, to),
            resampled: Vec::new(),
        }
    }

    /// Passes audio on, as the command that `wrap` makes of it; answers how many of the provider's samples were lost.
    pub(super) fn push_audio(&mut self, samples: &Arc<[i16]>, wrap: impl FnOnce(Arc<[i16]>) -> C) -> usize {
        let audio = self.resampled(samples);
        let len = audio.len();
        if len == 0 {
            return 0;
        }
        // Orders keep their place: audio does not overtake one that waits.
        let is_taken = !self.orders.are_waiting() && self.orders.channel.try_send(wrap(audio)).is_ok();
        if is_taken { 0 } else { len }
    }

    /// The user's audio at the provider's rate. Without resampling nothing is copied.
    fn resampled(&mut self, samples: &Arc<[i16]>) -> Arc<[i16]> {
        if self.resampler.from() == self.resampler.to() {
            return Arc::clone(samples);
        }
        self.resampled.clear();
        self.resampler.process_into(samples, &mut self.resampled);
        Arc::from(self.resampled.as_slice())
    }
}
