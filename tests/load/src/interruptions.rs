use std::sync::Arc;
use std::time::Duration;

use viva_client::{CallEvent, Happening};
use viva_protocol::ws::{InterruptReason, ServerMessage};

/// How long one caller who speaks over an answer waits until it is cut: from the first voiced sample of what is said to the
/// arrival of `interrupted`.
#[derive(Debug)]
pub(crate) struct Interruptions {
    /// The first voiced samples of what is said, since the clip began.
    onsets: Arc<[Duration]>,
    /// Without a greeting the clip begins when the microphone is switched on, to the sample.
    clip_began: Option<Duration>,
    waits: Vec<Duration>,
}

impl Interruptions {
    pub(crate) fn new(onsets: Arc<[Duration]>) -> Self {
        Self {
            onsets,
            clip_began: None,
            waits: Vec::new(),
        }
    }

    pub(crate) fn on_event(&mut self, event: &CallEvent<'_>) {
        match event.what {
            Happening::ClipStarted => self.clip_began = Some(event.at),
            Happening::Message(ServerMessage::Interrupted(interrupted))
                if interrupted.reason == InterruptReason::Speech =>
            {
                self.waits.extend(self.since_onset(event.at));
            }
            Happening::Message(_)
            | Happening::Playback(_)
            | Happening::Disconnected { .. }
            | Happening::Resumed => {}
        }
    }

    /// What was waited, in ms.
    pub(crate) fn into_ms(self) -> Vec<f64> {
        let ms = |wait: Duration| wait.as_secs_f64() * 1_000.0;
        self.waits.into_iter().map(ms).collect()
    }

    /// How long the utterance has been going on that began last.
    fn since_onset(&self, at: Duration) -> Option<Duration> {
        let into_clip = at.checked_sub(self.clip_began?)?;
        let waits = self
            .onsets
            .iter()
            .filter_map(|onset| into_clip.checked_sub(*onset));
        waits.min()
    }
}

#[cfg(test)]
mod tests {
    use viva_protocol::ws::Interrupted;

    use super::*;

    fn cut_by(reason: InterruptReason) -> ServerMessage {
        ServerMessage::Interrupted(Interrupted {
            turn_number: 1,
            timestamp: 0.0,
            reason,
        })
    }

    /// Everything that one caller waited, who began at 40 ms and spoke at 140 ms and at 4040 ms.
    fn waits(messages: &[(u64, &ServerMessage)]) -> Vec<f64> {
        let mut interruptions = Interruptions::new([100, 4_000].map(Duration::from_millis).into());
        interruptions.on_event(&CallEvent {
            at: Duration::from_millis(40),
            what: Happening::ClipStarted,
        });
        for (at, message) in messages {
            interruptions.on_event(&CallEvent {
                at: Duration::from_millis(*at),
                what: Happening::Message(message),
            });
        }
        interruptions.into_ms()
    }

    #[test]
    fn the_wait_begins_with_the_utterance_that_interrupts() {
        let cut = cut_by(InterruptReason::Speech);
        assert_eq!(waits(&[(340, &cut), (4_211, &cut)]), [200.0, 171.0]);
    }

    #[test]
    fn what_no_speech_has_cut_is_not_counted() {
        let cut = cut_by(InterruptReason::Client);
        assert_eq!(
            waits(&[(4_211, &cut), (4_300, &ServerMessage::Unknown)]),
            [0.0; 0]
        );
    }
}
