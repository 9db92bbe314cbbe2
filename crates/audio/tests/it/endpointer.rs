//! Where turns begin and end, at every rate and silence.

use proptest::prelude::*;
use rstest::rstest;
use viva_audio::{Clip, Endpointer, SampleRate, SpeechEvent, TurnDetection};

use crate::bench::{clip, fixture};

const ALL_FILES: [&str; 10] = [
    "question-en",
    "question-zh",
    "three-turns-en",
    "two-turns-zh",
    "barge-in-en",
    "pause-en",
    "silence",
    "question-noisy-en",
    "question-quiet-en",
    "cough-en",
];

/// A turn that was found: where it lies and when it was decided, in milliseconds of the stream.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Turn {
    start: f64,
    end: f64,
    started_at: f64,
    ended_at: f64,
}

/// Where speech is, with the pauses that are shorter than `silence_ms` closed.
fn truth(name: &str, silence_ms: u32) -> Vec<(f64, f64)> {
    let manifest: serde_json::Value =
        serde_json::from_slice(&fixture("manifest.json")).expect("the manifest is JSON");
    let ms = |value: &serde_json::Value| value.as_f64().expect("times are numbers");
    let mut turns: Vec<(f64, f64)> = Vec::new();
    for stretch in manifest[name]["speech_ms"]
        .as_array()
        .expect("every file has its speech")
    {
        let (start, end) = (ms(&stretch[0]), ms(&stretch[1]));
        match turns.last_mut() {
            Some(last) if start - last.1 < f64::from(silence_ms) => last.1 = end,
            _ => turns.push((start, end)),
        }
    }
    turns
}

#[expect(clippy::cast_precision_loss, reason = "a recording is short")]
fn millis(samples: u64, rate: SampleRate) -> f64 {
    samples as f64 * 1_000.0 / f64::from(rate.hz())
}

/// Plays the clip in portions of `chunk` samples; panics when starts and ends do not alternate.
fn turns(clip: &Clip, settings: TurnDetection, chunk: usize) -> Vec<Turn> {
    let mut endpointer = Endpointer::new(clip.rate, settings);
    let (mut turns, mut events) = (Vec::<Turn>::new(), Vec::new());
    for part in clip.samples.chunks(chunk) {
        let speaking = endpointer.is_speaking();
        endpointer.push(part, &mut events);
        let now = millis(endpointer.position(), clip.rate);
        assert!(events.is_empty() == (speaking == endpointer.is_speaking()) || events.len() > 1);
        for event in events.drain(..) {
            match event {
                SpeechEvent::Started { first_voiced_sample } => turns.push(Turn {
                    start: millis(first_voiced_sample, clip.rate),
                    end: f64::NAN,
                    started_at: now,
                    ended_at: f64::NAN,
                }),
                SpeechEvent::Ended { last_voiced_sample } => {
                    let turn = turns
                        .last_mut()
                        .filter(|turn| turn.end.is_nan())
                        .expect("a start comes first");
                    turn.end = millis(last_voiced_sample, clip.rate);
                    turn.ended_at = now;
                }
            }
        }
    }
    turns
}

fn frame_len(rate: SampleRate) -> usize {
    usize::try_from(rate.samples_in_ms(20)).expect("a frame is short")
}

fn any_rate() -> impl Iterator<Item = SampleRate> {
    SampleRate::ALL.into_iter()
}

/// How far start and end may be off, in ms.
///
/// In noise 12 dB down the soft beginning lies below the noise; at 8 kHz the hiss at the end is missing, of which
/// 34 dB down only single steps of a sample are left.
fn tolerance(name: &str, rate: SampleRate) -> (f64, f64) {
    match name {
        "question-noisy-en" => (40.0, 40.0),
        "question-quiet-en" if rate == SampleRate::HZ_8K => (8.0, 25.0),
        _ => (8.0, 8.0),
    }
}

#[test]
fn speech_is_found_to_a_few_milliseconds_at_every_rate_and_silence() {
    for name in ALL_FILES {
        let original = clip(name);
        for rate in any_rate() {
            let clip = original.resampled(rate);
            for silence_ms in [400, 500, 700, 1_000] {
                let settings = TurnDetection {
                    silence_ms,
                    ..TurnDetection::default()
                };
                let found = turns(&clip, settings, frame_len(rate));
                let truth = truth(name, silence_ms);
                assert_eq!(
                    found.len(),
                    truth.len(),
                    "{name} at {rate}, {silence_ms} ms: {found:?}"
                );
                let (start_tolerance, end_tolerance) = tolerance(name, rate);
                for (turn, (start, end)) in found.iter().zip(truth) {
                    let (off, late) = (turn.start - start, turn.end - end);
                    assert!(
                        off.abs() <= start_tolerance,
                        "{name} at {rate}: starts {off} ms off"
                    );
                    assert!(
                        late.abs() <= end_tolerance,
                        "{name} at {rate}: ends {late} ms off"
                    );
                }
            }
        }
    }
}

#[rstest]
fn a_short_silence_only_splits_turns_at_their_pauses(#[values(200, 300)] silence_ms: u32) {
    let settings = TurnDetection {
        silence_ms,
        ..TurnDetection::default()
    };
    for name in ALL_FILES {
        let clip = clip(name);
        let found = turns(&clip, settings, frame_len(clip.rate));
        let mut parts = 0;
        for (start, end) in truth(name, 1_000) {
            let inside: Vec<&Turn> = found
                .iter()
                .filter(|turn| turn.start >= start - 40.0 && turn.end <= end + 40.0)
                .collect();
            assert!((inside[0].start - start).abs() <= 40.0, "{name}: {found:?}");
            assert!(
                (inside[inside.len() - 1].end - end).abs() <= 40.0,
                "{name}: {found:?}"
            );
            let pauses = inside.windows(2).map(|pair| pair[1].start - pair[0].end);
            assert!(
                pauses.into_iter().all(|pause| pause >= f64::from(silence_ms)),
                "{name}: {found:?}"
            );
            parts += inside.len();
        }
        assert_eq!(
            parts,
            found.len(),
            "{name}: a turn outside of speech in {found:?}"
        );
    }
}

#[test]
fn decisions_come_in_the_frame_that_makes_them() {
    for name in ALL_FILES {
        let clip = clip(name);
        for silence_ms in [300, 500, 1_000] {
            let settings = TurnDetection {
                silence_ms,
                ..TurnDetection::default()
            };
            for turn in turns(&clip, settings, 240) {
                let waited = turn.ended_at - turn.end;
                let least = f64::from(silence_ms);
                // A frame of 10 ms, a block of 4 ms and the resampler's delay.
                assert!(
                    (least..=least + 18.0).contains(&waited),
                    "{name}: ended after {waited} ms"
                );
                let heard = turn.started_at - turn.start;
                assert!(
                    (200.0..=275.0).contains(&heard),
                    "{name}: started after {heard} ms"
                );
            }
        }
    }
}

#[test]
fn a_pause_within_a_sentence_is_one_turn_at_the_default_silence() {
    let clip = clip("pause-en");
    assert_eq!(turns(&clip, TurnDetection::default(), 480).len(), 1);
    let impatient = TurnDetection {
        silence_ms: 300,
        ..TurnDetection::default()
    };
    assert_eq!(turns(&clip, impatient, 480).len(), 2);
}

#[test]
fn a_cough_is_no_speech_even_when_the_first_turn_is_cut_off() {
    let clip = clip("cough-en");
    let after_speech = Clip {
        rate: clip.rate,
        samples: clip.samples[5_000 * 24..].to_vec(),
    };
    assert_eq!(turns(&after_speech, TurnDetection::default(), 480), []);
}

#[rstest]
#[case(1)]
#[case(7)]
#[case(240)]
#[case(333)]
#[case(480)]
#[case(100_000)]
fn portions_do_not_matter(#[case] chunk: usize) {
    for rate in any_rate() {
        let clip = clip("barge-in-en").resampled(rate);
        let positions = |turns: Vec<Turn>| {
            turns
                .iter()
                .map(|turn| (turn.start, turn.end))
                .collect::<Vec<_>>()
        };
        let whole = positions(turns(&clip, TurnDetection::default(), clip.samples.len()));
        assert_eq!(
            positions(turns(&clip, TurnDetection::default(), chunk)),
            whole,
            "{rate}"
        );
    }
}

#[test]
fn settings_may_change_while_somebody_speaks() {
    let clip = clip("pause-en");
    let (first, rest) = clip.samples.split_at(24 * 1_400);
    let mut endpointer = Endpointer::new(
        clip.rate,
        TurnDetection {
            silence_ms: 200,
            ..TurnDetection::default()
        },
    );
    let mut events = Vec::new();
    endpointer.push(first, &mut events);
    assert!(endpointer.is_speaking());
    endpointer.set(TurnDetection::default());
    endpointer.push(rest, &mut events);
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(!endpointer.is_speaking());
}

/// Noise in [−1, 1] that is the same in every run (xorshift).
fn noise(len: usize, mut seed: u64) -> impl Iterator<Item = f32> {
    (0..len).map(move |_| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        #[expect(clippy::cast_precision_loss, reason = "noise needs no precision")]
        let unit = (seed >> 40) as f32 / (1_u64 << 23) as f32;
        unit - 1.0
    })
}

fn stream_of(samples: impl Iterator<Item = f32>) -> Clip {
    Clip {
        rate: SampleRate::HZ_24K,
        samples: samples.map(viva_audio::pcm::from_f32).collect(),
    }
}

/// The model scores such noise up to 0.7 for seconds; its even level must give it away.
#[test]
fn steady_noise_that_begins_suddenly_does_not_pass_for_speech_for_long() {
    for (seed, gain) in [(1, 0.5), (2, 0.05), (3, 0.002)] {
        let muted_then_noise = stream_of(
            std::iter::repeat_n(0.0, 48_000).chain(noise(720_000, seed).map(|sample| sample * gain)),
        );
        let found = turns(&muted_then_noise, TurnDetection::default(), 480);
        let speaking: f64 = found.iter().map(|turn| turn.end - turn.start).sum();
        assert!(speaking < 1_500.0, "gain {gain}: {found:?}");
    }
}

#[test]
fn steady_noise_from_the_beginning_is_no_speech() {
    for gain in [0.5, 0.05, 0.002] {
        let steady = stream_of(noise(480_000, 5).map(|sample| sample * gain));
        assert_eq!(turns(&steady, TurnDetection::default(), 480), [], "gain {gain}");
    }
}

#[test]
fn clicks_and_bursts_are_no_speech() {
    let bursts = (0_u32..)
        .zip(noise(240_000, 9))
        .map(|(n, sample)| if n % 24_000 < 2_400 { sample * 0.7 } else { 0.0 });
    assert_eq!(turns(&stream_of(bursts), TurnDetection::default(), 480), []);
    let clicks = (0..240_000).map(|n| if n % 7_000 < 48 { 1.0 } else { 0.0 });
    assert_eq!(turns(&stream_of(clicks), TurnDetection::default(), 480), []);
}

#[test]
fn an_offset_hides_nothing() {
    let mut clip = clip("question-en");
    clip.samples
        .iter_mut()
        .for_each(|sample| *sample = sample.saturating_add(3_000));
    let found = turns(&clip, TurnDetection::default(), 480);
    assert_eq!(found.len(), 1);
    assert!(
        (found[0].start - 500.0).abs() < 8.0 && (found[0].end - 3_879.2).abs() < 8.0,
        "{found:?}"
    );
}

/// White noise of another seed than any recording has; the constants must not fit one file only.
#[rstest]
fn speech_in_fresh_noise_is_found(#[values(11, 12, 13, 14)] seed: u64) {
    for (name, end) in [("question-en", 3_879.2), ("question-zh", 3_751.0)] {
        let mut clip = clip(name);
        for (sample, noise) in clip.samples.iter_mut().zip(noise(150_000, seed)) {
            *sample = sample.saturating_add(viva_audio::pcm::from_f32(noise * 0.01));
        }
        let found = turns(&clip, TurnDetection::default(), 480);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!((found[0].start - 500.0).abs() <= 40.0, "{name}: {found:?}");
        assert!((found[0].end - end).abs() <= 40.0, "{name}: {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_samples_and_settings_are_survived(
        samples in prop::collection::vec(any::<i16>(), 0..20_000), chunk in 1..5_000_usize,
        threshold: f32, barge_in_threshold: f32, silence_ms: u32, prefix_ms: u32, min_speech_ms: u32,
        rate in 0..5_usize,
    ) {
        let clip = Clip { rate: SampleRate::ALL[rate], samples };
        let settings = TurnDetection { threshold, barge_in_threshold, silence_ms, prefix_ms, min_speech_ms };
        for turn in turns(&clip, settings, chunk) {
            prop_assert!(turn.start <= turn.started_at);
            prop_assert!(turn.end.is_nan() || (turn.start < turn.end && turn.end <= turn.ended_at));
        }
    }
}

#[test]
fn silence_is_counted_while_speech_goes_on_and_begins_anew_with_each_word() {
    let clip = clip("pause-en");
    let settings = TurnDetection {
        silence_ms: 500,
        ..TurnDetection::default()
    };
    let mut endpointer = Endpointer::new(clip.rate, settings);
    let mut events = Vec::new();
    let mut at = |ms: u64| {
        let end = usize::try_from(clip.rate.samples_in(std::time::Duration::from_millis(ms))).unwrap();
        let begin = usize::try_from(endpointer.position()).unwrap();
        endpointer.push(&clip.samples[begin..end], &mut events);
        endpointer.silence().map(|silence| silence.as_millis())
    };
    assert_eq!(at(450), None, "nobody speaks yet");
    let within = |silence: Option<u128>, expected: u128| {
        let silence = silence.expect("the user speaks");
        assert!(silence.abs_diff(expected) <= 60, "{silence} for {expected}");
    };
    within(at(1_400), 0);
    // Words end at 1,592 ms and go on at 1,942 ms.
    within(at(1_792), 200);
    within(at(1_932), 340);
    within(at(2_100), 0);
    within(at(3_550), 400);
    assert_eq!(at(4_000), None, "the turn is over");
}
