//! Speaking over the AI: who is heard, who is not, and how soon.

use viva_audio::level::loudest_dbfs;
use viva_audio::{BargeIn, Endpointer, Interruptible, Reaction, SpeechEvent, TurnDetection};

use crate::bench::{RATE, clip, echo, mixed, ms, pcm};

/// Frames of 5 ms, as the page's worklet delivers them.
const PORTION: usize = 120;
/// What is played is told every 20 ms.
const TOLD: usize = 480;
/// How much later the echo arrives than it was played.
const ECHO_DELAY: usize = 24 * 80;

/// The AI's voice: a question in another language, spoken as loud as the fixture is.
fn answer() -> Vec<i16> {
    let mut answer = clip("question-zh").samples;
    answer.truncate(ms(3_700));
    answer.repeat(3)
}

/// What a client does, with the sample of the microphone at which it does it. What it plays stands still while it is paused.
fn reactions(played: &[i16], microphone: &[i16], interruptible: Interruptible) -> Vec<(usize, Reaction)> {
    let mut barge_in = BargeIn::new(RATE, TurnDetection::default(), interruptible);
    let (mut reactions, mut at, mut is_paused) = (Vec::new(), 0, false);
    for (index, portion) in microphone.chunks(PORTION).enumerate() {
        let now = index * PORTION;
        if now.is_multiple_of(TOLD) {
            let part = &played[at.min(played.len())..(at + TOLD).min(played.len())];
            let heard = !is_paused && !part.is_empty();
            barge_in.played(heard.then(|| loudest_dbfs(part, RATE)));
            at += if is_paused { 0 } else { TOLD };
        }
        if let Some(reaction) = barge_in.push(portion) {
            is_paused = reaction == Reaction::Pause;
            reactions.push((now + portion.len(), reaction));
        }
    }
    reactions
}

/// What the server finds in the same audio.
fn starts(played: &[i16], microphone: &[i16]) -> Vec<u64> {
    let mut endpointer = Endpointer::new(RATE, TurnDetection::default());
    let (mut events, mut starts) = (Vec::new(), Vec::new());
    for (index, frame) in microphone.chunks(TOLD).enumerate() {
        let now = (index * TOLD).min(played.len());
        let part = &played[now..(now + TOLD).min(played.len())];
        if !part.is_empty() {
            endpointer.ai_is_heard(loudest_dbfs(part, RATE));
        }
        endpointer.push(frame, &mut events);
        starts.extend(events.drain(..).filter_map(|event| match event {
            SpeechEvent::Started { first_voiced_sample } => Some(first_voiced_sample),
            SpeechEvent::Ended { .. } => None,
        }));
    }
    starts
}

/// The interruption of the fixture, less the question before it.
fn interruption() -> Vec<i16> {
    clip("barge-in-en").samples[ms(6_379)..ms(8_184)].to_vec()
}

/// Somebody hums: it may well be speech, for as long as it lasts.
fn hum(samples: usize) -> Vec<i16> {
    let tone = |turns: f64| (turns * std::f64::consts::TAU).sin();
    let sample = |index: usize| {
        let time_s = index as f64 / f64::from(RATE.hz());
        let pitch = 140.0 * (1.0 + 0.01 * tone(5.0 * time_s));
        let overtones = (1..20).map(f64::from);
        let voice: f64 = overtones
            .map(|number| tone(pitch * number * time_s) / number.powf(1.5))
            .sum();
        pcm(voice * (0.7 + 0.3 * tone(4.0 * time_s)) * 4_000.0)
    };
    (0..samples).map(sample).collect()
}

#[test]
fn the_ai_does_not_interrupt_itself() {
    let played = answer();
    for decibels in [25.0, 30.0, 40.0] {
        let microphone = echo(&played, ECHO_DELAY, decibels);
        assert_eq!(
            reactions(&played, &microphone, Interruptible::Yes),
            [],
            "{decibels} dB down"
        );
        assert_eq!(
            starts(&played, &microphone),
            Vec::<u64>::new(),
            "{decibels} dB down"
        );
    }
    // Nobody would know without being told what is played.
    let mut unaware = Endpointer::new(RATE, TurnDetection::default());
    let mut events = Vec::new();
    unaware.push(&echo(&played, ECHO_DELAY, 25.0), &mut events);
    assert!(
        !events.is_empty(),
        "the echo is loud enough to be taken for speech"
    );
}

#[test]
fn who_speaks_over_a_loud_echo_is_heard_as_soon_as_they_are_louder() {
    let played = answer();
    let began = ms(2_000);
    let microphone = mixed(&echo(&played, ECHO_DELAY, 25.0), &interruption(), began);
    let heard = reactions(&played, &microphone, Interruptible::Yes);
    let (at, first) = heard[0];
    assert_eq!(first, Reaction::Pause);
    let pause_ms = (at - began) / 24;
    assert!(pause_ms <= 150, "paused after {pause_ms} ms");
    let starts = starts(&played, &microphone);
    let onset = i64::try_from(starts[0]).unwrap() - i64::try_from(began).unwrap();
    assert_eq!(starts.len(), 1, "{starts:?}");
    assert!(onset.abs() <= 24 * 100, "the onset is {onset} samples off");
}

#[test]
fn where_somebody_began_is_found_over_a_loud_ai_whose_echo_is_taken_out() {
    let played: Vec<i16> = answer().iter().map(|sample| sample.saturating_mul(3)).collect();
    let onset_ms = |began_ms: usize, decibels: f64| {
        let began = ms(began_ms);
        let microphone = mixed(&echo(&played, ECHO_DELAY, decibels), &interruption(), began);
        let starts = starts(&played, &microphone);
        (i64::try_from(starts[0]).unwrap() - i64::try_from(began).unwrap()) / 24
    };
    for (began_ms, decibels) in [
        (1_300, 100.0),
        (2_000, 60.0),
        (2_650, 50.0),
        (3_100, 40.0),
        (5_500, 40.0),
    ] {
        let onset_ms = onset_ms(began_ms, decibels);
        assert!(
            onset_ms.abs() <= 8,
            "at {began_ms} ms, {decibels} dB less: {onset_ms} ms"
        );
    }
    // What comes back as loud as it may hides how the interruption began, and is not taken for its beginning.
    for decibels in [25.0, 30.0] {
        let onset_ms = onset_ms(2_000, decibels);
        assert!((0..=120).contains(&onset_ms), "{decibels} dB less: {onset_ms} ms");
    }
}

#[test]
fn what_was_known_of_the_echo_tells_where_somebody_began_over_a_later_answer_or_after_a_pause() {
    let mut played: Vec<i16> = answer().iter().map(|sample| sample.saturating_mul(3)).collect();
    // One answer, a second of nothing, and the next one, which pauses for 400 ms.
    played[ms(4_000)..ms(5_000)].fill(0);
    played[ms(7_400)..ms(7_800)].fill(0);
    for began_ms in [5_200, 5_400, 5_800, 8_200, 8_400] {
        let began = ms(began_ms);
        let microphone = mixed(&echo(&played, ECHO_DELAY, 50.0), &interruption(), began);
        let starts = starts(&played, &microphone);
        let onset_ms = (i64::try_from(starts[0]).unwrap() - i64::try_from(began).unwrap()) / 24;
        assert!(onset_ms.abs() <= 8, "at {began_ms} ms: {onset_ms} ms");
    }
}

#[test]
fn a_pause_that_nobody_confirms_ends_after_a_second() {
    let played = answer();
    let microphone = mixed(&vec![0; played.len()], &interruption(), ms(2_000));
    let heard = reactions(&played, &microphone, Interruptible::Yes);
    let kinds: Vec<Reaction> = heard.iter().map(|(_, reaction)| *reaction).collect();
    assert_eq!(kinds, [Reaction::Pause, Reaction::Resume]);
    let paused_ms = (heard[1].0 - heard[0].0) / 24;
    assert!((1_000..1_400).contains(&paused_ms), "paused for {paused_ms} ms");
}

#[test]
fn a_cough_pauses_and_the_ai_goes_on() {
    // The fixture less the question: 120 ms of noise.
    let cough = clip("cough-en").samples.split_off(ms(5_000));
    let heard = reactions(&answer(), &cough, Interruptible::Yes);
    let kinds: Vec<Reaction> = heard.iter().map(|(_, reaction)| *reaction).collect();
    assert_eq!(kinds, [Reaction::Pause, Reaction::Resume], "{heard:?}");
    let paused_ms = (heard[1].0 - heard[0].0) / 24;
    assert!(paused_ms < 400, "paused for {paused_ms} ms");
}

#[test]
fn what_stays_uncertain_does_not_hold_the_ai_up_and_then_only_what_is_certain_pauses() {
    let strict = TurnDetection {
        barge_in_threshold: 0.95,
        ..TurnDetection::default()
    };
    let mut barge_in = BargeIn::new(RATE, strict, Interruptible::Yes);
    barge_in.push(&vec![0; ms(500)]);
    let mut reactions = Vec::new();
    for (index, portion) in hum(ms(4_000)).chunks(PORTION).enumerate() {
        barge_in.played(Some(-20.0));
        let reaction = barge_in.push(portion);
        reactions.extend(reaction.map(|reaction| (index * PORTION / 24, reaction)));
    }
    let kinds: Vec<Reaction> = reactions.iter().map(|(_, reaction)| *reaction).collect();
    assert_eq!(
        kinds,
        [
            Reaction::Pause,
            Reaction::Resume,
            Reaction::Pause,
            Reaction::Resume
        ],
        "{reactions:?}"
    );
    // The shortest speech and a second; then a second that the server has to agree.
    assert_eq!(reactions[1].0 - reactions[0].0, 1_200, "{reactions:?}");
    assert_eq!(reactions[3].0 - reactions[2].0, 1_000, "{reactions:?}");
}

#[test]
fn who_spoke_before_the_ai_does_not_stop_it_though_a_noise_went_before() {
    let strict = TurnDetection {
        barge_in_threshold: 0.95,
        ..TurnDetection::default()
    };
    let mut barge_in = BargeIn::new(RATE, strict, Interruptible::Yes);
    barge_in.push(&vec![0; ms(500)]);
    let hum = hum(ms(4_000));
    let mut portions = hum.chunks(PORTION);
    let mut resumed = |portion: &[i16]| {
        barge_in.played(Some(-20.0));
        barge_in.push(portion) == Some(Reaction::Resume)
    };
    assert!(portions.by_ref().any(&mut resumed), "the hum is doubtful");
    // The answer is over; without the AI the hum is certain soon, and is still there when the next one begins.
    barge_in.played(None);
    for portion in portions.by_ref().take(200) {
        assert_eq!(barge_in.push(portion), None);
    }
    for portion in portions {
        barge_in.played(Some(-20.0));
        assert_eq!(barge_in.push(portion), None);
    }
}

#[test]
fn an_ai_that_finishes_does_not_even_pause() {
    let played = answer();
    let microphone = mixed(&vec![0; played.len()], &interruption(), ms(2_000));
    assert_eq!(reactions(&played, &microphone, Interruptible::No), []);
}

#[test]
fn nothing_goes_on_after_the_cut() {
    let mut barge_in = BargeIn::new(RATE, TurnDetection::default(), Interruptible::Yes);
    barge_in.push(&vec![0; ms(500)]);
    let mut reactions = Vec::new();
    for portion in interruption().chunks(PORTION) {
        barge_in.played(Some(-20.0));
        let reaction = barge_in.push(portion);
        if reaction.is_some() {
            barge_in.cut();
        }
        reactions.extend(reaction);
    }
    assert_eq!(reactions, [Reaction::Pause], "who speaks on cuts once");
    // After a silence the next answer can be spoken over too.
    barge_in.push(&vec![0; ms(1_000)]);
    for portion in interruption().chunks(PORTION) {
        barge_in.played(Some(-20.0));
        reactions.extend(barge_in.push(portion));
    }
    assert_eq!(reactions[1], Reaction::Pause);
}

#[test]
fn who_spoke_before_the_ai_does_not_stop_it() {
    let mut barge_in = BargeIn::new(RATE, TurnDetection::default(), Interruptible::Yes);
    let voice = clip("question-en").samples;
    let (before, after) = voice[..ms(3_700)].split_at(ms(1_500));
    for portion in before.chunks(PORTION) {
        assert_eq!(barge_in.push(portion), None);
    }
    for portion in after.chunks(PORTION) {
        barge_in.played(Some(-20.0));
        assert_eq!(barge_in.push(portion), None);
    }
}

#[test]
fn an_ai_that_may_not_be_interrupted_any_more_goes_on() {
    let mut barge_in = BargeIn::new(RATE, TurnDetection::default(), Interruptible::Yes);
    barge_in.push(&vec![0; ms(500)]);
    barge_in.played(Some(-20.0));
    let voice = interruption();
    let mut portions = voice.chunks(PORTION);
    assert!(portions.any(|portion| barge_in.push(portion) == Some(Reaction::Pause)));
    barge_in.set(TurnDetection::default(), Interruptible::No);
    let next = portions.next().expect("the interruption is long");
    assert_eq!(barge_in.push(next), Some(Reaction::Resume));
}

#[test]
fn words_pause_the_ai_within_60_ms() {
    // Where each fixture's words begin, after enough silence.
    let words = [
        ("barge-in-en", 6_379),
        ("question-en", 500),
        ("question-zh", 500),
        ("three-turns-en", 10_879),
        ("three-turns-en", 19_464),
        ("two-turns-zh", 10_751),
    ];
    for (name, began) in words {
        let mut barge_in = BargeIn::new(RATE, TurnDetection::default(), Interruptible::Yes);
        let voice = clip(name).samples;
        barge_in.push(&voice[ms(began - 400)..ms(began)]);
        let mut portions = voice[ms(began)..].chunks(PORTION);
        let pause = portions.position(|portion| {
            barge_in.played(Some(-20.0));
            barge_in.push(portion) == Some(Reaction::Pause)
        });
        let pause_ms = (pause.expect("the AI pauses") + 1) * PORTION / 24;
        assert!(pause_ms <= 60, "{name} at {began} ms: {pause_ms} ms");
    }
}

#[test]
fn without_anybody_who_wants_to_know_there_are_no_candidates() {
    let mut endpointer = Endpointer::new(RATE, TurnDetection::default());
    let mut events = Vec::new();
    for portion in clip("question-en").samples[..ms(650)].chunks(PORTION) {
        endpointer.push(portion, &mut events);
        assert_eq!(endpointer.candidate(), None);
    }
}
