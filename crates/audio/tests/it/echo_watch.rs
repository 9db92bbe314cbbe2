//! Whether the microphone hears the AI: echoes are found, people are not taken for one.

use viva_audio::{EchoWatch, Level};

use crate::bench::{RATE, clip, echo, mixed, ms};

const STEP: usize = 480;
/// What an `AudioWorklet` renders at once, 128 samples at 48 kHz.
const QUANTUM: usize = 64;

/// Noise of a quiet room, around −60 dBFS.
fn room(samples: usize) -> Vec<i16> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::try_from(state >> 26).unwrap_or(0) - 32
    };
    (0..samples).map(|_| next()).collect()
}

/// Less the long pauses, which nobody makes in an answer.
fn fluent(name: &str) -> Vec<i16> {
    let voice = clip(name).samples;
    let is_loud = |part: &[i16]| Level::of(part).rms_dbfs > -55.0;
    let parts = voice.chunks(STEP);
    let mut quiet = 0;
    let spoken = parts.filter(|part| {
        quiet = if is_loud(part) { 0 } else { quiet + 1 };
        quiet <= 20
    });
    spoken.flatten().copied().collect()
}

/// In what part of the steps after the first five seconds the watch says that the microphone hears the AI.
fn found(played: &[i16], microphone: &[i16]) -> f64 {
    let mut watch = EchoWatch::new(RATE);
    let mut found = Vec::new();
    // The page's worklet tells the loudest of every eight quanta.
    for (part, portion) in played.chunks(8 * QUANTUM).zip(microphone.chunks(8 * QUANTUM)) {
        let quanta = part.chunks(QUANTUM).map(|quantum| Level::of(quantum).rms_dbfs);
        watch.played(quanta.reduce(f32::max));
        watch.push(portion);
        found.push(watch.hears_the_ai());
    }
    let later = &found[250..];
    later.iter().filter(|found| **found).count() as f64 / later.len() as f64
}

#[test]
fn an_echo_is_found_at_any_delay_and_level_above_the_noise() {
    for name in ["three-turns-en", "two-turns-zh"] {
        let played: Vec<i16> = fluent(name).iter().copied().cycle().take(ms(12_000)).collect();
        for delay in [0, 50, 130, 310, 450] {
            for decibels in [6.0, 20.0, 30.0] {
                let microphone = mixed(&echo(&played, ms(delay), decibels), &room(played.len()), 0);
                let found = found(&played, &microphone);
                assert!(
                    found >= 0.9,
                    "{name}, {delay} ms later, {decibels} dB down: {found}"
                );
            }
        }
    }
}

#[test]
fn who_speaks_while_the_ai_does_is_no_echo() {
    for (ai, user) in [
        ("three-turns-en", "two-turns-zh"),
        ("two-turns-zh", "three-turns-en"),
    ] {
        let played: Vec<i16> = fluent(ai).iter().copied().cycle().take(ms(12_000)).collect();
        let voice = fluent(user);
        for shift in (0..voice.len()).step_by(ms(700)) {
            let said = voice.iter().copied().cycle().skip(shift);
            let said: Vec<i16> = said.take(played.len()).collect();
            let found = found(&played, &mixed(&said, &room(played.len()), 0));
            assert!(found <= 0.0, "{user} over {ai} from sample {shift} on: {found}");
        }
    }
}

#[test]
fn silence_and_noise_are_no_echo() {
    let played = clip("question-en").samples.repeat(4);
    assert!(found(&played, &vec![0; played.len()]) <= 0.0);
    assert!(found(&played, &room(played.len())) <= 0.0);
}

#[test]
fn short_answers_are_put_together_and_portions_do_not_matter() {
    let played: Vec<i16> = fluent("three-turns-en")
        .iter()
        .copied()
        .cycle()
        .take(ms(12_000))
        .collect();
    let microphone = echo(&played, ms(100), 20.0);
    let mut watch = EchoWatch::new(RATE);
    for (index, (part, portion)) in played.chunks(STEP).zip(microphone.chunks(STEP)).enumerate() {
        if index % 100 == 0 {
            // The user's turn.
            watch.played(None);
            watch.push(&clip("question-en").samples);
        }
        watch.played(Some(Level::of(part).rms_dbfs));
        for portion in portion.chunks(70) {
            watch.push(portion);
        }
    }
    assert!(watch.hears_the_ai());
}
