//! Are the figures true? Measured from outside, on a virtual sound card around a real browser: both edges of every turn are found
//! in what went into the microphone and what came out of the loudspeaker, and compared with what the page reported.
//!
//! `cargo xtask truth` runs these. They take minutes, and want a machine that does nothing else.

#![expect(clippy::print_stdout, reason = "what is measured is for people to read")]

mod sound;

use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sound::{Recording, SoundCard};
use viva_audio::Clip;

use viva_e2e_tests::accuracy::{Summary, pairs};
use viva_e2e_tests::browser::{Browser, Microphone, clip};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// What is promised of every turn's total, in ms.
const PROMISED_MS: f64 = 50.0;
/// From the first voiced sample of an interruption to silence at the loudspeaker, in ms.
const SILENT_WITHIN_MS: f64 = 500.0;
/// What was heard and what was reported lie so close in time where they are the same; no two interruptions do.
const SAME_WITHIN_MS: f64 = 500.0;
/// No pause within a turn is as long.
const TURN_PAUSE: Duration = Duration::from_secs(1);
/// The edges of a clip are ramps so short.
const FADE_MS: u32 = 20;

/// How often something is measured: `VIVA_TRUTH_TURNS`, or so often.
fn wanted(usual: usize) -> Result<usize> {
    let turns = std::env::var_os("VIVA_TRUTH_TURNS");
    let turns = turns.map(|turns| turns.to_string_lossy().parse());
    turns
        .transpose()
        .context("VIVA_TRUTH_TURNS is a number")
        .map(|turns| turns.unwrap_or(usual))
}

/// A part of a fixture that begins and ends with speech.
fn speech(name: &str, ms: Range<u32>) -> Result<Clip> {
    let mut clip = clip(name)?;
    let at = |ms| usize::try_from(clip.rate.samples_in_ms(ms)).unwrap_or(usize::MAX);
    let (from, to, fade) = (at(ms.start), at(ms.end), at(FADE_MS));
    clip.samples.truncate(to);
    clip.samples.drain(..from);
    let length = clip.samples.len();
    for (index, sample) in clip.samples.iter_mut().enumerate() {
        let from_edge = index.min(length - 1 - index).min(fade);
        let faded = f64::from(*sample) * from_edge as f64 / fade as f64;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is no larger than the sample was"
        )]
        let faded = faded as i16;
        *sample = faded;
    }
    Ok(clip)
}

fn question() -> Result<Clip> {
    speech("question-en.wav", 400..3_900)
}

/// The turns of the page's session, as they are stored; `started_at_ms` counts from the session's beginning.
async fn stored_turns(page: &Page) -> Result<Vec<Value>> {
    let turns = page
        .value(
            "(async () => {
                const api = '/api/v1/interaction/sessions';
                const sessions = await (await fetch(api)).json();
                const { id, started_at } = sessions.items[0];
                const turns = await (await fetch(`${api}/${id}/turns?page_size=100`)).json();
                const since = (time) => Date.parse(time) - Date.parse(started_at);
                return turns.items.map((turn) => ({ ...turn, started_at_ms: since(turn.started_at) }));
            })()",
        )
        .await?;
    turns.as_array().cloned().context("a list of turns")
}

/// Talks so many turns, one after the other.
async fn talk(page: &Page, card: &SoundCard, turns: usize) -> Result<(Recording, Vec<Value>)> {
    let question = question()?;
    let recorder = card.record()?;
    page.click(".vv-main-action").await?;
    page.until_phase("listening", 20).await?;
    for turn in 1..=turns {
        card.say(&question).await?;
        page.until_phase("speaking", 20).await?;
        page.until_phase("listening", 20).await?;
        let stored = format!("document.querySelectorAll('li[data-role=ai] .vv-play').length === {turn}");
        page.until(&stored, 20).await?;
    }
    page.click(".vv-main-action").await?;
    page.until_shown(".vv-summary", 10).await?;
    let turns = stored_turns(page).await?;
    Ok((recorder.stop().await?, turns))
}

/// What was reported less what was heard, of every turn, in ms.
fn errors(recording: &Recording, turns: &[Value]) -> Result<Vec<f64>> {
    let Recording {
        microphone, speaker, ..
    } = recording;
    let questions = microphone.sounds(TURN_PAUSE);
    let answers = speaker.sounds(TURN_PAUSE);
    ensure!(
        questions.len() == turns.len() && answers.len() == turns.len(),
        "{} questions, {} answers, {} turns",
        questions.len(),
        answers.len(),
        turns.len()
    );
    let mut errors = Vec::new();
    for ((question, answer), turn) in questions.iter().zip(&answers).zip(turns) {
        let heard = speaker.ms(question.end, answer.start);
        let reported = turn["latency"]["total_ms"].as_f64().context("a total")?;
        errors.push(error(heard, reported));
    }
    Ok(errors)
}

/// What was reported less what was heard.
fn error(heard: f64, reported: f64) -> f64 {
    let error = reported - heard;
    println!("{heard:8.1} ms heard, {reported:8.1} reported, {error:+6.1}");
    error
}

/// An interruption: how long after the first question it began, and how long after that it was silent.
struct Interruption {
    at_ms: f64,
    silent_ms: f64,
}

/// The interruptions that were heard over the AI. Each is a sound at the microphone, and the next question at once.
fn heard_interruptions(recording: &Recording) -> Vec<Interruption> {
    let Recording { microphone, speaker } = recording;
    let spoken = microphone.sounds(TURN_PAUSE);
    let Some((question, interruptions)) = spoken.split_first() else {
        return Vec::new();
    };
    let heard = |spoken: &Range<usize>| {
        let silent = speaker.last_sound(spoken.clone())?;
        Some(Interruption {
            at_ms: microphone.ms(question.start, spoken.start),
            silent_ms: speaker.ms(spoken.start, silent),
        })
    };
    interruptions.iter().filter_map(heard).collect()
}

/// The interruptions of the turns. The first turn began with the first question.
fn reported_interruptions(turns: &[Value]) -> Vec<Interruption> {
    let reported = |turn: &Value| {
        Some(Interruption {
            at_ms: turn["interrupted_at_ms"].as_f64()? - turns[0]["started_at_ms"].as_f64()?,
            silent_ms: turn["latency"]["interrupt_ms"].as_f64()?,
        })
    };
    turns.iter().filter_map(reported).collect()
}

/// What was reported of each interruption less what was heard of the same, in ms. Where the answer itself paused when it was cut,
/// it was silent before its last sample was played.
fn interruption_errors(heard: &[Interruption], reported: &[Interruption]) -> Vec<f64> {
    let moments = |of: &[Interruption]| of.iter().map(|one| one.at_ms).collect::<Vec<f64>>();
    let pairs = pairs(&moments(heard), &moments(reported), SAME_WITHIN_MS);
    let mut errors = Vec::new();
    for (of_heard, of_reported) in pairs {
        let (heard, reported) = (&heard[of_heard], &reported[of_reported]);
        print!("{:+6.1} ms at its beginning, ", reported.at_ms - heard.at_ms);
        errors.push(error(heard.silent_ms, reported.silent_ms));
    }
    errors
}

async fn totals_are_true(mode: &str) -> Result<()> {
    let wanted = wanted(30)?;
    let card = SoundCard::start().await?;
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::Card)
        .environment(&card.environment())
        .visit(&url, async |page| {
            page.click(&format!(".vv-mode[data-mode={mode}]")).await?;
            let (recording, turns) = talk(page, &card, wanted).await?;
            let summary = Summary::of(&errors(&recording, &turns)?);
            println!(
                "{mode}, {} turns, error of the total in ms: {}",
                summary.count(),
                summary.as_errors()
            );
            let turns = summary.count();
            ensure!(turns == wanted, "{turns} turns");
            ensure!(
                summary.worst() <= PROMISED_MS,
                "one total is {} ms off",
                summary.worst()
            );
            Ok(())
        })
        .await
}

#[tokio::test]
async fn totals_are_true_in_realtime_mode() -> Result<()> {
    totals_are_true("realtime").await
}

#[tokio::test]
async fn totals_are_true_in_cascade_mode() -> Result<()> {
    totals_are_true("cascade").await
}

#[tokio::test]
async fn who_speaks_over_the_ai_silences_the_loudspeaker() -> Result<()> {
    let wanted = wanted(50)?;
    let card = SoundCard::start().await?;
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::Card)
        .environment(&card.environment())
        .visit(&url, async |page| {
            let question = question()?;
            // Where the fixture's second utterance is: it is an interruption there too.
            let interruption = speech("barge-in-en.wav", 6_379..8_184)?;
            // Nothing of the loudspeaker gets into this microphone, and Chromium's echo cancelling, which finds no echo to learn
            // from, takes the interruption out instead.
            page.take_the_microphone_as_it_is().await?;
            let recorder = card.record()?;
            page.click(".vv-main-action").await?;
            page.until_phase("listening", 20).await?;
            card.say(&question).await?;
            for turn in 1..=wanted {
                page.until_phase("speaking", 20).await?;
                let begun = "Number(document.querySelector('.vv-stage').dataset.playedSamples)";
                let before = page.value(begun).await?.as_f64().unwrap_or_default();
                page.until(&format!("{begun} > {}", before + 24_000.0), 20)
                    .await?;
                card.say(&interruption).await?;
                let cut =
                    format!("document.querySelectorAll('.vv-line-cut[data-silent-ms]').length >= {turn}");
                page.until(&cut, 20).await?;
            }
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await?;
            let reported = reported_interruptions(&stored_turns(page).await?);
            let heard = heard_interruptions(&recorder.stop().await?);
            let errors = Summary::of(&interruption_errors(&heard, &reported));
            println!(
                "error of the time to silence in ms, {} interruptions: {}",
                errors.count(),
                errors.as_errors()
            );
            for (name, interruptions) in [("heard", heard), ("reported", reported)] {
                let silences: Vec<f64> = interruptions.iter().map(|one| one.silent_ms).collect();
                let summary = Summary::of(&silences);
                println!(
                    "{name}, {} interruptions, first voiced sample to silence in ms: {}",
                    summary.count(),
                    summary.as_silences()
                );
                ensure!(
                    summary.worst() <= SILENT_WITHIN_MS,
                    "one took {} ms",
                    summary.worst()
                );
            }
            ensure!(
                errors.count() * 10 >= wanted * 9,
                "{} were heard over the AI and reported",
                errors.count()
            );
            Ok(())
        })
        .await
}
