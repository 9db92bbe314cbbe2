//! The bar of a turn: where each part begins, and how long it is.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::statistics::{PARTS, shown, until_stored};
use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// The bars from the first turn on: what each says is its total, and its parts in order, with their beginning and length as they
/// are drawn, in per cent of the bar's place.
const BARS: &str = "[...document.querySelectorAll('.vv-turn')].map(turn => {
    const place = turn.querySelector('.vv-bar').getBoundingClientRect();
    const percent = (px) => px / place.width * 100;
    const drawn = (part) => {
        const { x, width } = part.getBoundingClientRect();
        return [part.dataset.stage, percent(x - place.x), percent(width)];
    };
    return [
        turn.querySelector('.vv-turn-total .vv-number').textContent,
        [...turn.querySelectorAll('.vv-part[data-stage]')].map(drawn),
    ];
})";

/// The parts of the newest turn in figures, in order.
const LISTED: &str = "[...document.querySelectorAll('.vv-parts li')].map(part =>
    [part.dataset.stage, part.querySelector('.vv-number').textContent])";

/// How much a bar may differ, in per cent: a fraction of a pixel.
const EXACT: f64 = 0.05;

/// The parts of a turn that were measured, as the server stored them, in order: stage and ms.
fn measured(turn: &Value) -> Vec<(&'static str, f64)> {
    PARTS
        .into_iter()
        .filter_map(|(stage, pointer)| Some((stage, turn["latency"].pointer(pointer)?.as_f64()?)))
        .collect()
}

/// How long the parts take that took any time.
fn length_ms(parts: &[(&str, f64)]) -> f64 {
    parts.iter().map(|(_, ms)| ms.max(0.0)).sum()
}

fn total_ms(turn: &Value) -> Result<f64> {
    let total = turn["latency"]["total_ms"].as_f64();
    total.with_context(|| format!("no total in {turn}"))
}

/// Whether the parts of a bar are drawn one after the other, each as long as it took, to the scale of the longest bar.
fn is_drawn(bar: &Value, parts: &[(&str, f64)], longest_ms: f64) -> Result<()> {
    let drawn = bar.as_array().context("parts")?;
    let took_time: Vec<_> = parts.iter().filter(|(_, ms)| *ms > 0.0).collect();
    ensure!(drawn.len() == took_time.len(), "{bar} is no bar of {parts:?}");
    let mut start_ms = 0.0;
    for (part, (stage, ms)) in drawn.iter().zip(took_time) {
        let is = |index: usize, ms: f64| {
            part[index]
                .as_f64()
                .is_some_and(|percent| (percent - ms / longest_ms * 100.0).abs() <= EXACT)
        };
        ensure!(
            part[0] == *stage && is(1, start_ms) && is(2, *ms),
            "{part} is not {ms} ms of {stage} from {start_ms} ms on, where {longest_ms} ms are the whole width"
        );
        start_ms += ms;
    }
    Ok(())
}

/// Whether the list has each part that was measured, and what it took.
fn is_listed(list: &Value, parts: &[(&str, f64)]) -> Result<()> {
    let listed = list.as_array().context("a list")?;
    ensure!(listed.len() == parts.len(), "{list} is no list of {parts:?}");
    for (row, (stage, ms)) in listed.iter().zip(parts) {
        // It is shown in whole milliseconds.
        ensure!(
            row[0] == *stage && (shown(&row[1])? - ms).abs() <= 0.501,
            "{list} is no list of {parts:?}"
        );
    }
    Ok(())
}

/// Whether both turns are drawn and listed as they are stored. One of them is clearly longer than the other.
async fn are_drawn(page: &Page) -> Result<Vec<&'static str>> {
    let stored = page.stored("turns").await?;
    let turns = stored["items"].as_array().context("turns")?;
    let parts: Vec<_> = turns.iter().map(measured).collect();
    let mut lengths_ms = Vec::new();
    for (turn, parts) in turns.iter().zip(&parts) {
        lengths_ms.push(total_ms(turn)?.max(length_ms(parts)));
    }
    let (longest_ms, shortest_ms) = (
        lengths_ms.iter().copied().fold(0.0, f64::max),
        lengths_ms.iter().copied().fold(f64::INFINITY, f64::min),
    );
    ensure!(
        longest_ms > shortest_ms + 100.0,
        "the turns are too much alike: {lengths_ms:?}"
    );

    let bars = page.value(BARS).await?;
    let bars = bars.as_array().context("bars")?;
    ensure!(bars.len() == turns.len(), "there are {} bars", bars.len());
    for ((bar, turn), parts) in bars.iter().zip(turns).zip(&parts) {
        ensure!(
            (shown(&bar[0])? - total_ms(turn)?).abs() <= 0.501,
            "{bar} has not the total of {turn}"
        );
        is_drawn(&bar[1], parts, longest_ms)?;
    }
    let newest = parts.last().context("a turn")?;
    is_listed(&page.value(LISTED).await?, newest)?;
    Ok(newest.iter().map(|(stage, _)| *stage).collect())
}

/// Two turns in this mode, of which the second has these parts and no others, but for what no mark explains.
async fn two_turns_are_drawn(mode: &str, options: &Value, expected: &[&str]) -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            page.click(&format!(".vv-mode[data-mode={mode}]")).await?;
            page.give_options(options).await?;
            page.click(".vv-main-action").await?;
            page.until_more_turns_than(1, 40).await?;
            page.click(".vv-mute").await?;
            until_stored(page, 2).await?;
            let mut parts = are_drawn(page).await?;
            parts.retain(|stage| *stage != "unexplained");
            ensure!(parts == expected, "a turn of a {mode} has {parts:?}");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn every_stage_of_a_cascade_is_drawn_to_scale_where_it_began() -> Result<()> {
    let options = json!({
        "stt_delay_ms": 50,
        "stt_jitter_ms": 1_500,
        "stt_seed": 39,
        "llm_answers": ["Yes.", "No."],
        "tts_lead_silence_ms": 80,
    });
    let parts = [
        "endpointing",
        "stt",
        "llm",
        "llm-text",
        "tts",
        "viva",
        "network",
        "silence",
    ];
    two_turns_are_drawn("cascade", &options, &parts).await
}

#[tokio::test]
async fn every_part_of_a_realtime_answer_is_drawn_to_scale_where_it_began() -> Result<()> {
    let options = json!({
        "answers": ["Yes.", "No."],
        "delay_ms": 50,
        "jitter_ms": 1_500,
        "seed": 39,
        "lead_silence_ms": 80,
    });
    let parts = ["endpointing", "provider", "viva", "network", "silence"];
    two_turns_are_drawn("realtime", &options, &parts).await
}
