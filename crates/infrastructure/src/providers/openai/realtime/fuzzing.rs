//! Conversations for the fuzz targets, as `connection.rs` leads them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use viva_domain::ports::RealtimeEventKind;
use viva_domain::turns::Generation;

use super::config::{RATE, Turns};
use super::dialect::Dialect;
use super::dialogue::{Dialogue, Standing, Style};
use super::failures::Failures;
use super::wire::{ClientEventKind, ServerEvent};
use crate::providers::fuzzing::{account, command, keeps_the_key, steps};
use crate::providers::transport::errors::unavailable;

/// Follows a script with everybody who may find the turns.
pub(in crate::providers) fn fuzzed(script: &[u8]) {
    let steps = steps(script);
    for (turns, dialect) in [
        (Turns::ServerVad, Dialect::Ga),
        (Turns::None, Dialect::Ga),
        (Turns::ServerVad, Dialect::Beta),
    ] {
        let style = Style {
            dialect,
            turns,
            final_silence: Duration::from_millis(500),
            transcribes: true,
        };
        let failures = Failures { account: account() };
        let talk = Talk {
            dialogue: Dialogue::new(style, Vec::new(), failures),
            generation: Generation::FIRST,
            told: 0,
            heard: 0,
            now: Instant::now(),
            is_open: false,
        };
        talk.follow(&steps);
    }
}

struct Talk {
    dialogue: Dialogue,
    generation: Generation,
    /// Events that the session was told.
    told: u64,
    /// Samples that it was told.
    heard: u64,
    now: Instant,
    is_open: bool,
}

impl Talk {
    fn follow(mut self, steps: &[String]) {
        self.open();
        for line in steps {
            let goes_on = match line.strip_prefix('!') {
                Some("lose") => self.lose(),
                Some("open") => self.open(),
                Some("wait") => {
                    self.now += Duration::from_secs(11);
                    true
                }
                Some(step) => {
                    if let Some(command) = command(step, &mut self.generation, self.told) {
                        self.dialogue.order(command, self.now);
                    }
                    true
                }
                None => self.hear(line),
            };
            self.tell();
            if !goes_on {
                return;
            }
        }
    }

    fn open(&mut self) -> bool {
        self.is_open = true;
        self.dialogue.opened(self.now);
        true
    }

    fn lose(&mut self) -> bool {
        if !std::mem::take(&mut self.is_open) {
            return true;
        }
        self.dialogue
            .lost(&Arc::new(unavailable("acme", "it broke")), self.now)
    }

    fn hear(&mut self, line: &str) -> bool {
        let Ok(event) = serde_json::from_str::<ServerEvent>(line) else {
            return true;
        };
        if !self.is_open {
            return true;
        }
        match self.dialogue.hear(event, self.now) {
            Standing::GoesOn => true,
            Standing::Expired => self.lose(),
            Standing::Over(err) => {
                keeps_the_key(&err);
                false
            }
        }
    }

    fn tell(&mut self) {
        for event in std::mem::take(&mut self.dialogue.out.events) {
            self.told += 1;
            match event.kind {
                RealtimeEventKind::Audio(samples) => self.heard += samples.len() as u64,
                RealtimeEventKind::Failed(err) | RealtimeEventKind::ResponseFailed(err) => {
                    keeps_the_key(&err);
                }
                _ => {}
            }
        }
        for message in std::mem::take(&mut self.dialogue.out.messages) {
            assert!(self.is_open, "it is sent nowhere");
            if let ClientEventKind::TruncateItem { audio_end_ms, .. } = message.kind {
                let most = self.heard * 1_000 / u64::from(RATE);
                assert!(audio_end_ms <= most, "cut at {audio_end_ms} of {most} ms");
            }
        }
        let _ = self.dialogue.quiet_at(self.now);
    }
}
