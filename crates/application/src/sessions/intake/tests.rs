use std::path::Path;

use rstest::rstest;
use viva_audio::{Clip, resample};

use super::timeline::STAMPS_KEPT;
use super::*;

/// What the client's clock shows when the session begins.
const CLIENT_ORIGIN: Duration = Duration::from_secs(7_000);
const FRAME: Duration = Duration::from_millis(20);
/// The shortest time that audio is under way.
const DELAY: Duration = Duration::from_millis(30);
/// Where the speech of `question-en.wav` begins and ends.
const SPEECH: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(3_879));
/// What the detector may be off.
const TOLERANCE: Duration = Duration::from_millis(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamps {
    Exact,
    Missing,
    /// Always the same.
    Still,
}

/// A client that speaks, and what was heard of it.
struct Client {
    intake: Intake,
    rate: SampleRate,
    stamps: Stamps,
    /// What its clock shows.
    clock: Duration,
    /// What the session's clock shows at the same moment.
    session: Duration,
    frames: u32,
    voices: Vec<Voice>,
}

impl Client {
    fn new(rate: SampleRate, stamps: Stamps) -> Self {
        Self {
            intake: Intake::new(rate, TurnDetection::default()),
            rate,
            stamps,
            clock: CLIENT_ORIGIN,
            session: Duration::ZERO,
            frames: 0,
            voices: Vec::new(),
        }
    }

    /// Captures samples as time passes; they arrive after the shortest delay or up to 40 ms later.
    fn speak(&mut self, samples: &[i16]) {
        self.capture(samples, |client| client.session + DELAY + jitter(client.frames));
    }

    /// Captures samples that all arrive when the last of them was captured.
    fn speak_held_up(&mut self, samples: &[i16]) {
        let arrival = self.session + self.rate.duration_of(samples.len() as u64) + DELAY;
        self.capture(samples, |_| arrival);
    }

    fn capture(&mut self, samples: &[i16], received: impl Fn(&Self) -> Duration) {
        let frame = usize::try_from(self.rate.samples_in(FRAME)).unwrap();
        for samples in samples.chunks(frame) {
            let stamp = match self.stamps {
                Stamps::Exact => Some(client_time(self.clock)),
                Stamps::Missing => None,
                Stamps::Still => Some(client_time(CLIENT_ORIGIN)),
            };
            self.pause(self.rate.duration_of(samples.len() as u64));
            self.frames += 1;
            let received = SessionTime::new(received(self));
            self.intake.push(samples, stamp, received, &mut self.voices);
        }
    }

    /// Captures nothing for a while.
    fn pause(&mut self, time: Duration) {
        self.clock += time;
        self.session += time;
    }

    /// First and last voiced samples of everything that was heard.
    fn heard(&self) -> Vec<(Moment, Moment)> {
        let moments: Vec<Moment> = self
            .voices
            .iter()
            .map(|voice| match voice {
                Voice::Started { first } => *first,
                Voice::Ended { last } => *last,
            })
            .collect();
        moments.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    }
}

fn jitter(frame: u32) -> Duration {
    Duration::from_millis(u64::from(frame * 7 % 5) * 10)
}

fn client_time(time: Duration) -> ClientTime {
    ClientTime::from_micros(u64::try_from(time.as_micros()).unwrap())
}

fn question(rate: SampleRate) -> Vec<i16> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../audio/tests/fixtures/question-en.wav");
    let clip = Clip::read(std::io::BufReader::new(std::fs::File::open(path).unwrap())).unwrap();
    resample(&clip.samples, clip.rate, rate)
}

/// Checks speech that was captured when the session's clock showed `began`; the shortest delay counts as travel.
#[track_caller]
fn assert_heard((first, last): (Moment, Moment), began: Duration) {
    for (moment, expected) in [(first, SPEECH.0), (last, SPEECH.1)] {
        let expected = began + expected + DELAY;
        let error = moment.at.elapsed().abs_diff(expected);
        assert!(error <= TOLERANCE, "expected {expected:?}, got {moment:?}");
    }
}

#[rstest]
#[case::telephone(SampleRate::HZ_8K)]
#[case::wide_band(SampleRate::HZ_16K)]
#[case::usual(SampleRate::HZ_24K)]
#[case::compact_disc(SampleRate::HZ_44K1)]
#[case::studio(SampleRate::HZ_48K)]
fn stamped_speech_is_found_on_both_clocks(#[case] rate: SampleRate) {
    let mut client = Client::new(rate, Stamps::Exact);
    client.speak(&question(rate));
    let [(first, last)] = client.heard()[..] else {
        panic!("one utterance, got {:?}", client.voices)
    };
    assert_heard((first, last), Duration::ZERO);
    let captured = Duration::from_micros(last.captured.unwrap().micros());
    assert!(
        captured.abs_diff(CLIENT_ORIGIN + SPEECH.1) <= TOLERANCE,
        "{captured:?}"
    );
    assert!(rate.duration_of(last.position).abs_diff(SPEECH.1) <= TOLERANCE);
    let mapped = client.intake.to_session(last.captured.unwrap()).unwrap();
    assert!(mapped.elapsed().abs_diff(last.at.elapsed()) < Duration::from_millis(1));
}

#[rstest]
#[case::missing(Stamps::Missing)]
#[case::still(Stamps::Still)]
fn speech_without_stamps_is_found_on_the_sessions_clock(#[case] stamps: Stamps) {
    let mut client = Client::new(SampleRate::HZ_24K, stamps);
    client.speak(&question(SampleRate::HZ_24K));
    let [(first, last)] = client.heard()[..] else {
        panic!("one utterance, got {:?}", client.voices)
    };
    assert_heard((first, last), Duration::ZERO);
    assert_eq!((first.captured, last.captured), (None, None));
    assert_eq!(client.intake.to_session(client_time(CLIENT_ORIGIN)), None);
}

#[rstest]
#[case::stamped(Stamps::Exact)]
#[case::without_stamps(Stamps::Missing)]
fn a_client_that_paused_is_not_taken_to_have_spoken_before(#[case] stamps: Stamps) {
    let rate = SampleRate::HZ_24K;
    let mut client = Client::new(rate, stamps);
    for _ in 0..3 {
        client.speak(&question(rate));
        client.pause(Duration::from_secs(10));
    }
    let began = rate.duration_of(question(rate).len() as u64) + Duration::from_secs(10);
    let heard = client.heard();
    assert_eq!(heard.len(), 3, "{heard:?}");
    for (heard, nth) in heard.into_iter().zip(0..) {
        assert_heard(heard, began * nth);
        assert_eq!(heard.0.captured.is_some(), stamps == Stamps::Exact);
    }
}

#[rstest]
#[case::stamped(Stamps::Exact)]
#[case::without_stamps(Stamps::Missing)]
fn audio_that_was_held_up_was_captured_when_it_was(#[case] stamps: Stamps) {
    let rate = SampleRate::HZ_24K;
    let question = question(rate);
    // The network stalls from 2 s to 4 s.
    let (start, rest) = question.split_at(2 * 24_000);
    let (stalled, end) = rest.split_at(2 * 24_000);
    let mut client = Client::new(rate, stamps);
    client.speak(start);
    client.speak_held_up(stalled);
    client.speak(end);
    let [heard] = client.heard()[..] else {
        panic!("one utterance, got {:?}", client.voices)
    };
    assert_heard(heard, Duration::ZERO);
}

#[test]
fn a_clients_clock_may_begin_anew() {
    let rate = SampleRate::HZ_24K;
    let mut client = Client::new(rate, Stamps::Exact);
    client.speak(&question(rate));
    client.pause(Duration::from_secs(5));
    client.clock = Duration::from_millis(400);
    let began = client.session;
    client.speak(&question(rate));
    let [_, heard] = client.heard()[..] else {
        panic!("two utterances, got {:?}", client.voices)
    };
    assert_heard(heard, began);
    let captured = Duration::from_micros(heard.1.captured.unwrap().micros());
    assert!(captured.abs_diff(Duration::from_millis(400) + SPEECH.1) <= TOLERANCE);
}

#[test]
fn a_clients_crystal_may_drift() {
    let rate = SampleRate::HZ_24K;
    let mut client = Client::new(rate, Stamps::Exact);
    // 100 ppm for two minutes are 12 ms; the clock is followed within 30 s, in which it drifts by 3 ms.
    let second = vec![0; 24_000];
    for _ in 0..2 * 60 {
        client.speak(&second);
        client.clock -= Duration::from_micros(100);
    }
    let (clock, session) = (client.clock, client.session);
    let mapped = client.intake.to_session(client_time(clock)).unwrap();
    let error = mapped.elapsed().abs_diff(session + DELAY);
    assert!(error <= Duration::from_millis(4), "{error:?}");
}

#[test]
fn the_recording_begins_with_the_prefix() {
    let rate = SampleRate::HZ_24K;
    let mut client = Client::new(rate, Stamps::Exact);
    let question = question(rate);
    client.speak(&question[..24_000]);
    let [Voice::Started { first }] = client.voices[..] else {
        panic!("speech has begun, got {:?}", client.voices)
    };
    let (samples, began) = client.intake.since(first);
    let start = first.position - rate.samples_in_ms(300);
    assert_eq!(samples, question[usize::try_from(start).unwrap()..24_000]);
    let prefix = first.at.since(began);
    assert!(
        prefix.abs_diff(Duration::from_millis(300)) < Duration::from_millis(1),
        "{prefix:?}"
    );
}

#[test]
fn a_recording_that_begins_late_says_when() {
    let rate = SampleRate::HZ_24K;
    let mut client = Client::new(rate, Stamps::Exact);
    let question = question(rate);
    client.speak(&question[..3 * 24_000]);
    let [Voice::Started { first }] = client.voices[..] else {
        panic!("speech has begun, got {:?}", client.voices)
    };
    let (samples, began) = client.intake.since(first);
    assert_eq!(samples, question[3 * 24_000 - samples.len()..3 * 24_000]);
    let end = began.after(rate.duration_of(samples.len() as u64));
    let expected = Duration::from_secs(3) + DELAY;
    assert!(
        end.elapsed().abs_diff(expected) < Duration::from_millis(1),
        "{end:?}"
    );
}

#[test]
fn a_moment_of_the_sessions_clock_is_a_sample() {
    let rate = SampleRate::HZ_24K;
    let mut client = Client::new(rate, Stamps::Exact);
    assert_eq!(client.intake.captured_at(SessionTime::ZERO), None);
    client.speak(&vec![0; 2 * 24_000]);
    let at = |ms: u64| client.intake.captured_at(SessionTime::from_millis(ms)).unwrap();
    assert!(at(1_030).position.abs_diff(24_000) <= 24, "{:?}", at(1_030));
    assert_eq!(at(9_000).position, 2 * 24_000, "not there yet");
}

#[test]
fn neither_frames_of_one_sample_nor_a_restless_clock_fill_the_memory() {
    let mut intake = Intake::new(SampleRate::HZ_24K, TurnDetection::default());
    let mut voices = Vec::new();
    for sample in 0..14 * 24_000_u64 {
        let restless = ClientTime::from_micros(sample * 42 + sample % 7 * 1_000);
        intake.push(
            &[0],
            Some(restless),
            SessionTime::from_millis(sample / 24),
            &mut voices,
        );
    }
    let most = STAMPS_KEPT.as_millis() / 5 + 2;
    let timeline = intake.timeline.as_ref().unwrap();
    assert!(timeline.stamps() as u128 <= most, "{}", timeline.stamps());
    assert!(intake.tape.len() <= 24 * 1_200);
}
