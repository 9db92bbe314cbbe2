//! What the session hears: turns the user's audio, and what a provider says about it, into inputs of the machine.

use std::time::Duration;

use viva_audio::Level;
use viva_domain::latency::{ClientTime, SessionTime};
use viva_domain::turns::{Input, TurnTaking};

use crate::sessions::intake::{Intake, Moment, Voice};
use crate::sessions::start::TurnDetectionChange;

/// A client that sends nothing for so long while its user speaks has stopped sending.
const STALL: Duration = Duration::from_secs(1);
/// Speech whose loudest 20 ms stay below this is too quiet to be understood well (dBFS, RMS).
const QUIET_DBFS: f32 = -40.0;
/// How long before a provider's report the session's own detector may have heard the same.
const SAME_SPEECH: Duration = Duration::from_secs(3);

pub(super) struct Hearing {
    intake: Intake,
    turn_taking: TurnTaking,
    eager: Eager,
    /// Whether the machine was told that the user may be done, and not yet that they go on.
    has_paused: bool,
    /// What the session's own detector heard: the first voiced sample of the speech, and after its end the last one.
    /// Where the provider takes turns, `first` is what was heard since the last turn.
    first: Option<Moment>,
    last: Option<Moment>,
    is_speaking: bool,
    /// The first sample of the speech that the machine was told of last.
    told: Option<Moment>,
    heard_at: SessionTime,
    loudest: f32,
    quiet: Quiet,
}

/// Whether the mode makes its answer ready when half of the silence that ends a turn has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eager {
    No,
    Yes,
}

/// Whether the user was told to speak up; once per session is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quiet {
    Unknown,
    Noticed,
    Told,
}

impl Hearing {
    pub(super) fn new(intake: Intake, turn_taking: TurnTaking) -> Self {
        Self {
            intake,
            turn_taking,
            eager: Eager::No,
            has_paused: false,
            first: None,
            last: None,
            is_speaking: false,
            told: None,
            heard_at: SessionTime::ZERO,
            loudest: f32::NEG_INFINITY,
            quiet: Quiet::Unknown,
        }
    }

    /// Takes the next samples and answers what the machine must know, in order.
    pub(super) fn listen(
        &mut self,
        samples: &[i16],
        captured: Option<ClientTime>,
        received: SessionTime,
    ) -> Vec<Input> {
        self.heard_at = received;
        let mut voices = Vec::new();
        self.intake.push(samples, captured, received, &mut voices);
        if self.is_speaking {
            self.loudest = self.loudest.max(Level::of(samples).rms_dbfs);
        }
        let mut inputs: Vec<Input> = voices
            .into_iter()
            .filter_map(|voice| self.hear(voice, received))
            .collect();
        inputs.extend(self.anticipate());
        inputs
    }

    /// What is heard next was recorded while the AI was heard, as loud as this (dBFS).
    pub(super) fn ai_is_heard(&mut self, loudest_dbfs: f32) {
        self.intake.ai_is_heard(loudest_dbfs);
    }

    /// Notices at half the silence that the user may be done, and then that they are not.
    fn anticipate(&mut self) -> Option<Input> {
        let silence = self.intake.silence();
        let enough = Duration::from_millis(u64::from(self.intake.turn_detection().silence_ms)) / 2;
        let may_be_done = silence.is_some_and(|silence| silence >= enough);
        match (self.has_paused, may_be_done) {
            (false, true) if self.eager == Eager::Yes => {
                self.has_paused = true;
                Some(Input::SpeechPaused)
            }
            // Also when nobody is eager any more: what was made ready is not all.
            (true, false) => {
                self.has_paused = false;
                silence.map(|_| Input::SpeechResumed)
            }
            _ => None,
        }
    }

    fn hear(&mut self, voice: Voice, received: SessionTime) -> Option<Input> {
        let input = match voice {
            Voice::Started { first } => {
                self.is_speaking = true;
                self.loudest = f32::NEG_INFINITY;
                self.first = Some(first);
                if self.turn_taking == TurnTaking::Session {
                    self.told = Some(first);
                }
                Input::SpeechStarted {
                    at: first.at,
                    captured: first.captured,
                }
            }
            Voice::Ended { last } => {
                self.speech_is_over(last);
                Input::SpeechEnded {
                    at: last.at,
                    captured: last.captured,
                    decided: received,
                }
            }
        };
        (self.turn_taking == TurnTaking::Session).then_some(input)
    }

    fn speech_is_over(&mut self, last: Moment) {
        self.is_speaking = false;
        self.last = Some(last);
        if self.quiet == Quiet::Unknown && self.loudest < QUIET_DBFS && self.loudest.is_finite() {
            self.quiet = Quiet::Noticed;
        }
    }

    /// The user's turn is over without silence: by a button, or because no more audio comes.
    pub(super) fn end_turn(&mut self, now: SessionTime) -> Option<Input> {
        self.is_speaking = false;
        match self.intake.end() {
            Some(voice) => self.hear(voice, now),
            None => None,
        }
    }

    /// The provider heard speech begin: the session's own detector knows the sample, if it heard it too.
    pub(super) fn provider_heard_start(&mut self, at: SessionTime) -> Input {
        let first = self
            .first
            .filter(|first| self.is_speaking || at.since(first.at) < SAME_SPEECH);
        self.told = first.or_else(|| self.intake.captured_at(at));
        match first {
            Some(first) => Input::SpeechStarted {
                at: first.at,
                captured: first.captured,
            },
            None => Input::SpeechStarted { at, captured: None },
        }
    }

    /// The provider decided that the turn is over: the last voiced sample is the one that the session's own detector
    /// found in it, so that latencies of all providers compare.
    pub(super) fn provider_heard_end(&mut self, at: SessionTime) -> Input {
        if let Some(Voice::Ended { last }) = self.intake.end() {
            self.speech_is_over(last);
        }
        // What comes later is something new.
        let first = self.first.take();
        match self.last.filter(|last| {
            first.is_some_and(|first| first.position <= last.position)
                && last.at <= at
                && at.since(last.at) < SAME_SPEECH
        }) {
            Some(last) => Input::SpeechEnded {
                at: last.at,
                captured: last.captured,
                decided: at,
            },
            None => Input::SpeechEnded {
                at,
                captured: None,
                decided: at,
            },
        }
    }

    /// Who finds the user's turns from now on. Where the session takes over from a provider, answers whether its own
    /// detector hears the user speak: the provider may have told something else, and nobody would tell the end of it.
    pub(super) fn set_turn_taking(&mut self, turn_taking: TurnTaking, now: SessionTime) -> Option<Input> {
        let before = std::mem::replace(&mut self.turn_taking, turn_taking);
        if (before, turn_taking) != (TurnTaking::Provider, TurnTaking::Session) {
            return None;
        }
        Some(if self.is_speaking {
            self.provider_heard_start(now)
        } else {
            self.provider_heard_end(now)
        })
    }

    /// Whether the mode shall make its answer ready before the turn is over.
    pub(super) fn set_eager(&mut self, eager: Eager) {
        self.eager = eager;
    }

    pub(super) fn change(&mut self, change: TurnDetectionChange) {
        // Checked at the edge: a change that does not fit was refused there.
        if let Ok(settings) = change.apply(self.intake.turn_detection()) {
            self.intake.set(settings);
        }
    }

    pub(super) fn to_session(&self, time: ClientTime) -> Option<SessionTime> {
        self.intake.to_session(time)
    }

    /// What the user said before the session knew that it was speech, with the prefix, and when that began.
    pub(super) fn beginning(&self) -> Option<(Vec<i16>, SessionTime)> {
        self.told.map(|first| self.intake.since(first))
    }

    /// Where the speech that the machine was told of last began, in samples of all that was heard.
    pub(super) fn first_voiced(&self) -> Option<u64> {
        self.told.map(|first| first.position)
    }

    /// What was heard lately and belongs to no speech that is over: the next may have begun in it.
    pub(super) fn run_up(&self) -> Vec<i16> {
        let over = self.last.filter(|_| !self.is_speaking);
        self.intake.lately(over.map(|last| last.position + 1))
    }

    /// When a sample was said; `None` before the first was heard.
    pub(super) fn time_of(&self, position: u64) -> Option<SessionTime> {
        self.intake.time_of(position)
    }

    /// How many samples were heard.
    pub(super) fn position(&self) -> u64 {
        self.intake.position()
    }

    /// What was heard from a position on, as far back as it is kept.
    pub(super) fn since(&self, position: u64) -> Vec<i16> {
        self.intake.lately(Some(position))
    }

    /// Whether the user spoke so long ago, or not at all.
    pub(super) fn has_been_quiet_for(&self, time: Duration) -> bool {
        let is_over = |last: Moment| self.heard_at.since(last.at) >= time;
        !self.is_speaking && self.last.is_none_or(is_over)
    }

    /// The first sample of the speech that the machine was told of last.
    pub(super) fn told(&self) -> Option<SessionTime> {
        self.told.map(|first| first.at)
    }

    pub(super) fn stalls_at(&self) -> Option<SessionTime> {
        self.is_speaking.then(|| self.heard_at.after(STALL))
    }

    pub(super) fn has_stalled(&self, now: SessionTime) -> bool {
        self.stalls_at().is_some_and(|at| at <= now)
    }

    pub(super) fn client_is_back(&mut self, now: SessionTime) {
        self.heard_at = now;
    }

    /// Whether the user must be told to speak up; says so once.
    pub(super) fn is_too_quiet(&mut self) -> bool {
        let must_tell = self.quiet == Quiet::Noticed;
        if must_tell {
            self.quiet = Quiet::Told;
        }
        must_tell
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use viva_audio::{Clip, SampleRate, TurnDetection};

    use super::*;

    const RATE: SampleRate = SampleRate::HZ_24K;
    /// What the detector may be off.
    const TOLERANCE: Duration = Duration::from_millis(60);

    /// Hears as the samples are captured, in frames of 20 ms.
    struct Bench {
        hearing: Hearing,
        samples: usize,
    }

    impl Bench {
        fn new(turn_taking: TurnTaking) -> Self {
            let intake = Intake::new(RATE, TurnDetection::default());
            Self {
                hearing: Hearing::new(intake, turn_taking),
                samples: 0,
            }
        }

        fn now(&self) -> SessionTime {
            SessionTime::new(RATE.duration_of(self.samples as u64))
        }

        fn hear(&mut self, samples: &[i16]) -> Vec<Input> {
            let mut inputs = Vec::new();
            for frame in samples.chunks(480) {
                self.samples += frame.len();
                inputs.extend(self.hearing.listen(frame, None, self.now()));
            }
            inputs
        }
    }

    /// Speech from 500 to 3,879 ms of 5,879.
    fn question() -> Vec<i16> {
        clip("question-en")
    }

    fn clip(name: &str) -> Vec<i16> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../audio/tests/fixtures");
        let file = std::fs::File::open(fixtures.join(name).with_extension("wav")).unwrap();
        Clip::read(std::io::BufReader::new(file)).unwrap().samples
    }

    fn at(input: &Input) -> (SessionTime, Option<SessionTime>) {
        match input {
            Input::SpeechStarted { at, .. } => (*at, None),
            Input::SpeechEnded { at, decided, .. } => (*at, Some(*decided)),
            other => panic!("speech starts or ends, got {other:?}"),
        }
    }

    #[track_caller]
    fn assert_near(time: SessionTime, ms: u64) {
        let error = time.elapsed().abs_diff(Duration::from_millis(ms));
        assert!(error <= TOLERANCE, "expected {ms} ms, got {time:?}");
    }

    /// Speech from 500 to 1,592 and from 1,942 to 3,149 ms.
    fn with_a_pause() -> Vec<i16> {
        clip("pause-en")
    }

    fn names(inputs: &[Input]) -> Vec<&'static str> {
        let name = |input: &Input| match input {
            Input::SpeechStarted { .. } => "started",
            Input::SpeechPaused => "paused",
            Input::SpeechResumed => "resumed",
            Input::SpeechEnded { .. } => "ended",
            _ => "else",
        };
        inputs.iter().map(name).collect()
    }

    #[test]
    fn at_half_the_silence_the_user_may_be_done() {
        let mut bench = Bench::new(TurnTaking::Session);
        bench.hearing.set_eager(Eager::Yes);
        let sentence = with_a_pause();
        let ms = |ms: usize| ms * 24;
        assert_eq!(names(&bench.hear(&sentence[..ms(1_780)])), ["started"]);
        assert_eq!(names(&bench.hear(&sentence[ms(1_780)..ms(1_920)])), ["paused"]);
        assert_eq!(names(&bench.hear(&sentence[ms(1_920)..ms(3_340)])), ["resumed"]);
        assert_eq!(names(&bench.hear(&sentence[ms(3_340)..])), ["paused", "ended"]);
        assert_eq!(
            names(&bench.hear(&sentence)),
            ["started", "paused", "resumed", "paused", "ended"]
        );
    }

    #[test]
    fn nobody_is_eager_unless_told() {
        let mut bench = Bench::new(TurnTaking::Session);
        assert_eq!(names(&bench.hear(&with_a_pause())), ["started", "ended"]);
    }

    #[test]
    fn who_was_told_of_a_pause_is_told_of_its_end_though_nobody_is_eager_any_more() {
        let mut bench = Bench::new(TurnTaking::Session);
        bench.hearing.set_eager(Eager::Yes);
        let sentence = with_a_pause();
        assert_eq!(names(&bench.hear(&sentence[..24 * 1_920])), ["started", "paused"]);
        bench.hearing.set_eager(Eager::No);
        assert_eq!(names(&bench.hear(&sentence[24 * 1_920..])), ["resumed", "ended"]);
    }

    #[test]
    fn whoever_takes_over_from_a_provider_says_what_is_heard() {
        let mut bench = Bench::new(TurnTaking::Provider);
        let question = question();
        bench.hear(&question[..24_000]);
        let now = bench.now();
        let heard = bench.hearing.set_turn_taking(TurnTaking::Session, now).unwrap();
        assert_near(at(&heard).0, 500);
        assert_eq!(
            bench.hearing.set_turn_taking(TurnTaking::Session, now),
            None,
            "nothing is new"
        );
        assert_eq!(names(&bench.hear(&question[24_000..])), ["ended"]);

        bench.hearing.set_turn_taking(TurnTaking::Provider, bench.now());
        let heard = bench.hearing.set_turn_taking(TurnTaking::Session, bench.now());
        assert_eq!(names(&heard.into_iter().collect::<Vec<_>>()), ["ended"]);
    }

    #[test]
    fn what_leads_up_to_speech_is_not_of_the_speech_before() {
        let mut bench = Bench::new(TurnTaking::Session);
        let question = question();
        bench.hear(&question[..24 * 4_500]);
        let run_up = bench.hearing.run_up();
        let over = bench.samples - run_up.len();
        assert!(over.abs_diff(24 * 3_879) <= 24 * 60, "{over}");
        assert_eq!(run_up, question[over..bench.samples]);
    }

    #[test]
    fn where_the_session_takes_turns_its_detector_speaks() {
        let mut bench = Bench::new(TurnTaking::Session);
        let inputs = bench.hear(&question());
        let [started, ended] = &inputs[..] else {
            panic!("one utterance, got {inputs:?}")
        };
        assert_near(at(started).0, 500);
        assert_near(at(ended).0, 3_879);
        assert_near(at(ended).1.unwrap(), 4_379);
    }

    #[test]
    fn where_the_provider_takes_turns_the_detector_knows_the_samples() {
        let mut bench = Bench::new(TurnTaking::Provider);
        let question = question();
        assert_eq!(bench.hear(&question[..24_000]), []);
        let started = bench.hearing.provider_heard_start(bench.now());
        assert_near(at(&started).0, 500);
        let (samples, began) = bench.hearing.beginning().unwrap();
        assert_near(began, 200);
        assert_eq!(samples, question[24_000 - samples.len()..24_000]);
        // The provider is quicker than the silence that the detector waits for.
        assert_eq!(bench.hear(&question[24_000..4 * 24_000 + 6_000]), []);
        let ended = bench.hearing.provider_heard_end(bench.now());
        assert_near(at(&ended).0, 3_879);
        assert_near(at(&ended).1.unwrap(), 4_250);
    }

    #[test]
    fn what_only_the_provider_heard_is_not_mistaken_for_what_was_heard_before() {
        let mut bench = Bench::new(TurnTaking::Provider);
        bench.hear(&question()[..108_000]);
        bench.hearing.provider_heard_start(bench.now());
        bench.hearing.provider_heard_end(bench.now());
        // A whisper, half a second later.
        bench.hear(&vec![0; 12_000]);
        let now = bench.now();
        let started = bench.hearing.provider_heard_start(now);
        assert_eq!(at(&started), (now, None));
        let (samples, began) = bench.hearing.beginning().unwrap();
        assert_eq!(samples.len(), 7_200, "the prefix");
        assert_eq!(now.since(began), Duration::from_millis(300));
        bench.hear(&vec![0; 12_000]);
        let ended = bench.hearing.provider_heard_end(bench.now());
        assert_eq!(at(&ended), (bench.now(), Some(bench.now())));
    }

    #[test]
    fn a_provider_that_hears_what_was_never_sent_records_nothing() {
        let mut bench = Bench::new(TurnTaking::Provider);
        bench.hearing.provider_heard_start(SessionTime::from_millis(100));
        assert_eq!(bench.hearing.beginning(), None);
    }
}
