//! Ears on a socket, as `ears` drives them.

use std::time::Duration;

use viva_domain::ports::SpeechToTextEventKind;

use super::{Names, keeps_the_key, steps};
use crate::providers::ears::{Dialect, Message, Said};

/// A conversation's ears, and what they owe.
struct Ears<D> {
    dialect: D,
    names: Names,
    /// Orders that were not answered.
    waiting: usize,
    /// The turn that runs shall end by itself.
    is_ending: bool,
    /// The conversation failed.
    is_over: bool,
}

pub(super) fn listen<D: Dialect>(script: &[u8], dialect: D) {
    let mut ears = Ears {
        dialect,
        names: Names::default(),
        waiting: 0,
        is_ending: false,
        is_over: false,
    };
    for line in steps(script) {
        ears.step(&line);
        if ears.is_over {
            return;
        }
    }
}

pub(super) fn keep_the_key(events: &[SpeechToTextEventKind]) {
    for event in events {
        if let SpeechToTextEventKind::FinalFailed(err) | SpeechToTextEventKind::Failed(err) = event {
            keeps_the_key(err);
        }
    }
}

impl<D: Dialect> Ears<D> {
    fn step(&mut self, line: &str) {
        let mut said = Said::default();
        match line.strip_prefix('!') {
            None => self.dialect.hear(&self.names.fill(line), &mut said),
            Some(step) => self.act(step, &mut said),
        }
        self.told(said);
    }

    fn act(&mut self, step: &str, said: &mut Said) {
        let sent = match step.split_once(' ').unwrap_or((step, "")) {
            ("audio", _) => self.dialect.audio(&[1; 320]),
            ("second", _) => self.dialect.audio(&vec![1; D::RATE as usize]),
            ("began", ms) => {
                let ago = Duration::from_millis(ms.parse().unwrap_or_default());
                self.dialect.began(ago)
            }
            ("finalize", _) => {
                self.waiting += 1;
                self.dialect.finalize(said).messages
            }
            ("late", _) if self.waiting > 0 || self.is_ending => {
                self.dialect.give_up(said);
                if !D::TELLS_ORDERS_APART {
                    self.told(std::mem::take(said));
                    self.forget();
                }
                Vec::new()
            }
            ("lose", _) => {
                self.forget();
                self.dialect.take_over()
            }
            ("closed", why) => {
                let (code, reason) = why.split_once(' ').unwrap_or((why, ""));
                let closed = D::closed(code.parse().unwrap_or_default(), reason, self.dialect.account());
                closed.iter().for_each(keeps_the_key);
                Vec::new()
            }
            _ => Vec::new(),
        };
        self.sent(&sent);
    }

    /// The connection is gone; what was not answered has failed.
    fn forget(&mut self) {
        self.dialect.forget();
        (self.waiting, self.is_ending) = (0, false);
    }

    fn sent(&mut self, messages: &[Message]) {
        for message in messages {
            if let Message::Text(text) = message {
                self.names.learn(text);
            }
        }
    }

    fn told(&mut self, said: Said) {
        self.sent(&said.messages);
        keep_the_key(&said.events);
        self.is_ending |= said.ends_within.is_some();
        for event in &said.events {
            self.is_over |= matches!(event, SpeechToTextEventKind::Failed(_));
            let is_answer = matches!(
                event,
                SpeechToTextEventKind::Final(_) | SpeechToTextEventKind::FinalFailed(_)
            );
            if is_answer {
                assert!(D::DETECTS_TURNS || self.waiting > 0, "{event:?} answers nothing");
                self.waiting = self.waiting.saturating_sub(1);
                self.is_ending = false;
            }
        }
        if let Some(err) = said.lost {
            keeps_the_key(&err);
            self.forget();
        }
    }
}
