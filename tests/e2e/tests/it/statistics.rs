//! All turns together: what the page says of them, and what the server says.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// The parts of a turn in order: the stage, and where the server has the same.
pub(crate) const PARTS: [(&str, &str); 10] = [
    ("endpointing", "/endpointing_ms"),
    ("stt", "/stt_ms"),
    ("llm", "/llm_ttft_ms"),
    ("llm-text", "/llm_text_ms"),
    ("tts", "/tts_ttfb_ms"),
    ("provider", "/provider_ms"),
    ("viva", "/overhead_ms"),
    ("network", "/network_playout_ms"),
    ("silence", "/leading_silence_ms"),
    ("unexplained", "/unexplained_ms"),
];

/// The rows of the table that are no part: the name, and where the server has the same.
const OTHER_ROWS: [(&str, &str); 3] = [
    ("Total", "/total_ms"),
    ("Total, interrupted", "/interrupted/total_ms"),
    ("Until silence", "/interrupt_ms"),
];

/// The table as it is shown; every row by its stage or its name.
const TABLE: &str = "(() => {
    const table = document.querySelector('.vv-together table');
    const texts = (row) => [...row.cells].slice(1).map(cell => cell.textContent);
    const named = (row) => [row.dataset.stage ?? row.cells[0].textContent, texts(row)];
    return {
        columns: texts(table.tHead.rows[0]),
        rows: Object.fromEntries([...table.tBodies[0].rows].map(named)),
    };
})()";

/// The columns of the chart: whether each is of an interrupted turn, and how high it is in percent.
const CHART: &str = "[...document.querySelectorAll('.vv-chart rect')].map(({ dataset, attributes }) =>
    [dataset.interrupted === 'true', parseFloat(attributes.height.value)])";

/// Waits until so many turns are over and stored.
pub(crate) async fn until_stored(page: &Page, turns: usize) -> Result<()> {
    let stored = format!("document.querySelectorAll('li[data-role=ai] .vv-play').length === {turns}");
    page.until(&stored, 40).await
}

/// What the page shows of a number, as a number.
pub(crate) fn shown(text: &Value) -> Result<f64> {
    let text = text.as_str().context("a text")?;
    let plain = text.replace(',', "").replace('\u{2212}', "-");
    plain.parse().with_context(|| format!("no number: {text:?}"))
}

/// Whether every row has the server's figures in the columns that are called like them, and no row is missing or made up.
fn agree(table: &Value, stats: &Value) -> Result<()> {
    let columns = table["columns"].as_array().context("columns")?;
    let mut rows = table["rows"].as_object().context("rows")?.clone();
    for (name, pointer) in PARTS.into_iter().chain(OTHER_ROWS) {
        let figures = stats.pointer(pointer).with_context(|| pointer.to_owned())?;
        let Some(row) = rows.remove(name) else {
            ensure!(figures["count"] == 0, "{name} is not shown: {figures}");
            continue;
        };
        for (index, column) in columns.iter().enumerate() {
            let column = column.as_str().context("a name")?;
            let figure = figures[column]
                .as_f64()
                .with_context(|| format!("{pointer} {column}"))?;
            // It is shown in whole milliseconds.
            let off = (shown(&row[index])? - figure).abs();
            ensure!(off <= 0.501, "{name}, {column}: {row} is shown of {figures}");
        }
    }
    ensure!(rows.is_empty(), "the server has no {rows:?}");
    Ok(())
}

/// Figures that are alike would not show that columns are exchanged.
fn differ(total: &Value) -> Result<()> {
    let mut figures = Vec::new();
    for column in ["min", "avg", "max"] {
        figures.push(total[column].as_f64().context(column)?);
    }
    ensure!(
        figures.windows(2).all(|pair| pair[1] - pair[0] > 10.0),
        "the totals are too much alike: {total}"
    );
    Ok(())
}

/// As the server stored them: whether each turn with a total was interrupted, and its part of the longest in percent.
fn charted(turns: &Value) -> Result<Vec<(bool, f64)>> {
    let turns = turns["items"].as_array().context("turns")?;
    let totals: Vec<(bool, f64)> = turns
        .iter()
        .filter_map(|turn| Some((turn["interrupted"] == true, turn["latency"]["total_ms"].as_f64()?)))
        .collect();
    let longest = totals.iter().map(|(_, ms)| *ms).fold(0.0, f64::max);
    Ok(totals
        .into_iter()
        .map(|(interrupted, ms)| (interrupted, ms / longest * 100.0))
        .collect())
}

/// Whether the chart has a column for each turn with a total, as high as it should be, and says so to those who do not see it.
async fn chart_agrees(page: &Page) -> Result<()> {
    let expected = charted(&page.stored("turns").await?)?;
    let chart = page.value(CHART).await?;
    let columns = chart.as_array().context("columns")?;
    ensure!(
        columns.len() == expected.len(),
        "{chart} is no chart of {expected:?}"
    );
    for (column, (interrupted, percent)) in columns.iter().zip(&expected) {
        let height = column[1].as_f64().context("a height")?;
        ensure!(
            column[0] == *interrupted && (height - percent).abs() < 0.01,
            "{chart} is no chart of {expected:?}"
        );
    }
    let name = page
        .value("(({ role, ariaLabel }) => `${role}: ${ariaLabel}`)(document.querySelector('.vv-chart'))")
        .await?;
    let name = name.as_str().unwrap_or_default();
    let count = format!("last {} turns", expected.len());
    ensure!(
        name.starts_with("img: Total latency") && name.contains(&count),
        "the chart is called {name:?}"
    );
    Ok(())
}

#[tokio::test]
async fn the_page_and_the_server_say_the_same_of_all_turns() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            // The third answer is so long that the next question interrupts it.
            page.give_options(&json!({
                "answers": ["Yes.", "No.", "Try to interrupt me: start to talk while I speak, and I stop.", "Yes."],
                "delay_ms": 50,
                "jitter_ms": 500,
                "seed": 1,
            }))
            .await?;
            page.click(".vv-main-action").await?;
            page.until_more_turns_than(3, 40).await?;
            page.click(".vv-mute").await?;
            until_stored(page, 4).await?;
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await?;

            let stats = page.stored("latency-stats").await?;
            ensure!(
                stats["interrupted_count"] == 1 && stats["total_ms"]["count"] == 3,
                "other turns than expected: {stats}"
            );
            differ(&stats["total_ms"])?;
            chart_agrees(page).await?;
            agree(&page.value(TABLE).await?, &stats)?;
            page.picture("statistics").await
        })
        .await
}

/// The page tells nothing of what it plays.
const REPORT_NO_PLAYBACK: &str = "(message) => message.type === 'playback' ? null : message";

#[tokio::test]
async fn a_total_of_the_server_alone_is_called_an_estimate() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.change_messages(REPORT_NO_PLAYBACK).await?;
            page.click(".vv-main-action").await?;
            until_stored(page, 1).await?;
            let stats = page.stored("latency-stats").await?;
            ensure!(stats["estimated_count"] == 1, "the server has {stats}");
            let tag = page.text(".vv-turn .vv-tag").await?;
            ensure!(tag == "server-side", "the turn is called {tag:?}");
            let why = page
                .value("document.querySelector('.vv-turn .vv-tag').title")
                .await?;
            ensure!(
                why.as_str()
                    .is_some_and(|why| why.contains("reported no playback")),
                "it says {why}"
            );
            let told = page.text(".vv-together [data-estimate=playback]").await?;
            ensure!(
                told.contains("Estimated by the server") && told.ends_with(": 1"),
                "it says {told:?}"
            );
            // An estimate is a figure all the same.
            agree(&page.value(TABLE).await?, &stats)?;
            page.picture("estimated").await
        })
        .await
}
