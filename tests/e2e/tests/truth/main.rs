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
use viva_client::Distribution;

use viva_e2e_tests::browser::{Browser, Microphone, clip};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// What is promised of every turn's total, in ms.
const PROMISED_MS: f64 = 50.0;
/// From the first voiced sample of an interruption to silence at the loudspeaker, in ms.
const SILENT_WITHIN_MS: f64 = 500.0;
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

/// Values with their spread.
struct Summary {
    values: Distribution,
    magnitudes: Distribution,
    deviation: f64,
}

impl Summary {
    fn of(values: &[f64]) -> Self {
        let distribution: Distribution = values.iter().copied().collect();
        let mean = figure(distribution.avg());
        let squares: Distribution = values.iter().map(|value| (value - mean).powi(2)).collect();
        Self {
            values: distribution,
            magnitudes: values.iter().map(|value| value.abs()).collect(),
            deviation: figure(squares.avg()).sqrt(),
        }
    }

    fn worst(&self) -> f64 {
        figure(self.magnitudes.max())
    }
}

/// There is none of nothing.
fn figure(figure: Option<f64>) -> f64 {
    figure.unwrap_or(f64::NAN)
}

/// The turns of the page's session, as they are stored.
async fn stored_turns(page: &Page) -> Result<Vec<Value>> {
    let turns = page
        .value(
            "(async () => {
                const api = '/api/v1/interaction/sessions';
                const sessions = await (await fetch(api)).json();
                const turns = await (await fetch(`${api}/${sessions.items[0].id}/turns?page_size=100`)).json();
                return turns.items;
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
        println!(
            "{heard:8.1} ms heard, {reported:8.1} reported, {:+6.1}",
            reported - heard
        );
        errors.push(reported - heard);
    }
    Ok(errors)
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
                "{mode}, {} turns, error of the total in ms: mean {:+.1}, standard deviation {:.1}, 95 % within {:.1}, worst {:.1}",
                summary.values.count(),
                figure(summary.values.avg()),
                summary.deviation,
                figure(summary.magnitudes.percentile(95)),
                summary.worst()
            );
            let turns = summary.values.count();
            ensure!(turns == wanted, "{turns} turns");
            ensure!(summary.worst() <= PROMISED_MS, "one total is {} ms off", summary.worst());
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
                page.until(&format!("{begun} > {}", before + 24_000.0), 20).await?;
                card.say(&interruption).await?;
                let cut = format!("document.querySelectorAll('.vv-line-cut[data-silent-ms]').length >= {turn}");
                page.until(&cut, 20).await?;
            }
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await?;
            let reported = stored_turns(page).await?;
            let Recording { microphone, speaker } = recorder.stop().await?;

            // Each interruption is a sound at the microphone, and the next question at once.
            let spoken = microphone.sounds(TURN_PAUSE);
            let mut silences = Vec::new();
            for interruption in spoken.iter().skip(1) {
                let Some(silent) = speaker.last_sound(interruption.start..interruption.end) else {
                    continue;
                };
                silences.push(speaker.ms(interruption.start, silent));
            }
            ensure!(silences.len() * 10 >= wanted * 9, "{} were heard over the AI", silences.len());
            let heard = Summary::of(&silences);
            let said = reported.iter().filter_map(|turn| turn["latency"]["interrupt_ms"].as_f64());
            let said = Summary::of(&said.collect::<Vec<f64>>());
            for (name, summary) in [("heard", heard), ("reported", said)] {
                println!(
                    "{name}, {} interruptions, first voiced sample to silence in ms: p50 {:.1}, p95 {:.1}, max {:.1}",
                    summary.values.count(),
                    figure(summary.values.percentile(50)),
                    figure(summary.values.percentile(95)),
                    summary.worst()
                );
                ensure!(summary.worst() <= SILENT_WITHIN_MS, "one took {} ms", summary.worst());
            }
            Ok(())
        })
        .await
}
