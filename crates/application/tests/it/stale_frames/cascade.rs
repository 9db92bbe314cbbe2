//! A cascade whose stages take their time when it is told to stop, and whose ears are ahead of what the session knows.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::task::TaskTracker;
use viva_application::sessions::{SessionInput, StartSession};
use viva_domain::ports::SpeechToTextEventKind;
use viva_domain::turns::BargeIn;
use viva_fakes::{Reply, Speech, Transcript};

use super::{Client, INTERRUPTIONS, Total, words};
use crate::bench::{Bench, Cascade, Detector, FRAME, request};

/// Longer than anybody is waited for, in seconds.
const TOO_LONG_S: u64 = 35;

struct Scene {
    cascade: Cascade,
    client: Client,
    detector: Detector,
    words: Arc<[i16]>,
    answers: i16,
    /// The user is not done, as far as the test says so.
    is_busy: bool,
    _bench: Bench,
}

impl Scene {
    async fn new(detector: Detector, barge_in: BargeIn, seed: u64) -> Self {
        let cascade = Cascade::detecting(detector);
        let bench = Bench::with_cascade(detector, |voice| voice, &cascade);
        let start = StartSession {
            interaction: Cascade::wanted(),
            barge_in,
            ..request()
        };
        let caller = bench.try_start(start).await.expect("the session starts");
        let mut scene = Self {
            cascade,
            client: Client::new(caller, seed).await,
            detector,
            words: words().into(),
            answers: 0,
            is_busy: false,
            _bench: bench,
        };
        // A turn may be asked for more than once.
        for _ in 0..INTERRUPTIONS {
            scene.line_up();
        }
        scene
    }

    fn wait(&mut self, most_ms: u64) -> Duration {
        Duration::from_millis(self.client.dice.roll(most_ms))
    }

    /// Lines up the next answer: all samples of it are its number.
    fn line_up(&mut self) {
        self.answers += 1;
        let digits = self.answers.to_string();
        let name: String = digits
            .bytes()
            .map(|digit| char::from(digit - b'0' + b'a'))
            .collect();
        let speech = Speech::of(Duration::from_millis(20) + self.wait(600))
            .accepted_after(self.wait(20))
            .after(self.wait(20))
            .flat(self.answers);
        let speech = if self.client.dice.one_in(2) {
            speech.at_speaking_speed()
        } else {
            speech
        };
        self.cascade.mouth.when(&format!("It is {name}."), speech);
        let reply = Reply::new()
            .wait(self.wait(30))
            .text("It is")
            .wait(self.wait(30))
            .text(&format!(" {name}."))
            .wait(self.wait(60))
            .done();
        self.cascade.model.reply(reply);
    }

    fn hear(&self, kind: SpeechToTextEventKind) {
        self.cascade.ears.say(kind);
    }

    async fn speak(&mut self) {
        self.is_busy = true;
        if self.detector == Detector::Provider {
            return self.hear(SpeechToTextEventKind::SpeechStarted);
        }
        let words = Arc::clone(&self.words);
        for part in words.chunks(FRAME) {
            self.client.caller.speak(part).await;
            let most = self.client.dice.pick(12);
            self.client.take(most);
        }
    }

    async fn be_done(&mut self) {
        self.is_busy = false;
        if self.detector == Detector::Session {
            let transcript = Transcript::new().wait(self.wait(60)).text("Go on.");
            self.cascade.ears.hear(transcript);
            return self.client.caller.say(SessionInput::EndTurn).await;
        }
        if self.client.dice.one_in(3) {
            self.hear(SpeechToTextEventKind::EagerFinal("Go on.".to_owned()));
            sleep(self.wait(80)).await;
        }
        self.hear(SpeechToTextEventKind::Final("Go on.".to_owned()));
    }

    /// A turn of the user, and what is done about the answer to it or the one before.
    async fn round(&mut self) {
        self.line_up();
        self.line_up();
        if !self.is_busy {
            self.speak().await;
            self.pass().await;
        }
        self.be_done().await;
        self.pass().await;
        match self.client.dice.roll(8) {
            0..4 => self.client.stop().await,
            4..7 => self.speak().await,
            _ => {}
        }
        self.pass().await;
        self.client.report().await;
        if self.client.dice.one_in(4) {
            if self.is_busy {
                self.be_done().await;
            }
            for _ in 0..TOO_LONG_S {
                sleep(Duration::from_secs(1)).await;
                self.client.take(usize::MAX);
            }
        }
    }

    /// Next to nothing passes, so that news are still on their way, or time in which something may be said.
    async fn pass(&mut self) {
        match self.client.dice.roll(4) {
            0 | 1 => {
                for _ in 0..self.client.dice.roll(7) {
                    // Whoever is due has one turn meanwhile.
                    let _ = TaskTracker::new().spawn(async {}).await;
                }
            }
            _ => {
                sleep(self.wait(400)).await;
                let most = self.client.dice.pick(60);
                self.client.take(most);
            }
        }
    }
}

async fn sessions(detector: Detector, barge_in: BargeIn, number: u64) -> Total {
    let mut total = Total::default();
    for seed in 0..number {
        let mut scene = Scene::new(detector, barge_in, seed).await;
        for _ in 0..INTERRUPTIONS {
            scene.round().await;
        }
        let seen = scene.client.end().await;
        assert_eq!(seen.failures, Vec::<String>::new(), "session {seed}");
        total.add(&seen);
    }
    total
}

#[tokio::test(start_paused = true)]
async fn nothing_of_its_answers_is_heard_where_the_session_finds_turns() {
    let total = sessions(Detector::Session, BargeIn::Enabled, 12).await;
    assert!(total.interrupted >= 1_000, "{} interruptions", total.interrupted);
    assert!(total.frames >= 1_000, "{} frames were heard", total.frames);
}

#[tokio::test(start_paused = true)]
async fn nothing_of_its_answers_is_heard_where_its_ears_find_turns() {
    let total = sessions(Detector::Provider, BargeIn::Enabled, 12).await;
    assert!(total.interrupted >= 1_000, "{} interruptions", total.interrupted);
    assert!(total.frames >= 1_000, "{} frames were heard", total.frames);
}

/// Many a turn is over while the answer before it is heard, and answered though that one was cut.
#[tokio::test(start_paused = true)]
async fn every_turn_is_answered_where_the_ai_may_finish() {
    let total = sessions(Detector::Provider, BargeIn::Disabled, 12).await;
    assert!(total.interrupted >= 500, "{} interruptions", total.interrupted);
    assert!(total.frames >= 1_000, "{} frames were heard", total.frames);
}
