use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::server::Desk;
use super::wording::{Act, Wording, Wrong};
use crate::vendors::line::{Hung, Incoming, Line, answered_at, quiet_after};
use crate::vendors::spoken::{Fault, Spoken};

/// Samples per second.
const RATE: f64 = 16_000.0;

/// One open connection.
pub(super) struct Listener<W> {
    desk: Desk,
    line: Line,
    wording: W,
    /// What is being said.
    current: Option<Spoken>,
    /// Samples of silence since the last that was none.
    quiet: usize,
    /// Answers under way, with the moments in which they are due.
    due: VecDeque<(Instant, Spoken)>,
}

impl<W: Wording> Listener<W> {
    pub(super) fn new(desk: Desk, line: Line, wording: W) -> Self {
        Self {
            desk,
            line,
            wording,
            current: None,
            quiet: 0,
            due: VecDeque::new(),
        }
    }

    /// Serves the connection until either side ends it.
    pub(super) async fn run(mut self) {
        let welcome = self.wording.welcome();
        let mut going_on = self.say(welcome).await;
        while going_on.is_ok() {
            let next = self.due.front().map(|(at, _)| *at);
            going_on = tokio::select! {
                incoming = self.line.next() => match incoming {
                    Ok(incoming) => self.on(incoming).await,
                    Err(hung) => Err(hung),
                },
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => self.answer().await,
            };
        }
        // How it ended is recorded where it ended.
    }

    async fn on(&mut self, incoming: Incoming) -> Result<(), Hung> {
        let acts = match self.wording.read(incoming, &self.line) {
            Ok(acts) => acts,
            Err(wrong) => return self.complain(&wrong).await,
        };
        for act in acts {
            match act {
                Act::Hear(samples) => self.hear(&samples).await?,
                Act::Finalize => self.finalize(Duration::ZERO),
                Act::Say(text) => self.line.say_text(text).await?,
                Act::Close => return Err(self.line.close(1000, "").await),
            }
        }
        Ok(())
    }

    async fn hear(&mut self, samples: &[i16]) -> Result<(), Hung> {
        self.line.heard(samples);
        let Some(quiet) = quiet_after(samples) else {
            self.quiet += samples.len();
            let quiet = Duration::from_secs_f64(self.quiet as f64 / RATE);
            let silence = self.desk.script.turn_silence;
            let over = silence.and_then(|silence| quiet.checked_sub(silence));
            if let (Some(over), Some(_)) = (over, &self.current) {
                self.finalize(over);
            }
            return Ok(());
        };
        self.quiet = quiet;
        if self.current.is_some() {
            return Ok(());
        }
        let spoken = self.desk.next_spoken();
        let told = self.wording.began(&spoken);
        self.current = Some(spoken);
        self.say(told).await
    }

    /// What was said is written down, and was to be since so long: what comes with the end of a turn in one piece of audio
    /// does not delay it.
    fn finalize(&mut self, over: Duration) {
        let spoken = self.current.take();
        let spoken = spoken.or_else(|| W::ANSWERS_SILENCE.then(|| Spoken::of("")));
        if let Some(spoken) = spoken {
            self.due.push_back((answered_at(spoken.delay, over), spoken));
        }
    }

    async fn answer(&mut self) -> Result<(), Hung> {
        let Some((_, spoken)) = self.due.pop_front() else {
            return Ok(());
        };
        match spoken.fault {
            None => {
                let told = self.wording.answer(&spoken.text);
                self.say(told).await
            }
            Some(Fault::Hang) => Ok(()),
            Some(Fault::Cut) => Err(Hung),
            Some(Fault::Close(code, reason)) => Err(self.line.close(code, &reason).await),
            Some(Fault::Error(code, message)) => self.complain(&Wrong { code, message }).await,
        }
    }

    async fn complain(&mut self, wrong: &Wrong) -> Result<(), Hung> {
        let (told, code) = self.wording.complain(wrong);
        self.say(told).await?;
        match code {
            Some(code) => Err(self.line.close(code, &wrong.message).await),
            None => Ok(()),
        }
    }

    async fn say(&mut self, texts: Vec<String>) -> Result<(), Hung> {
        for text in texts {
            self.line.say_text(text).await?;
        }
        Ok(())
    }
}
