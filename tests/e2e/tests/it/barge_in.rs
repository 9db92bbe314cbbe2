//! Speaking over the AI.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// From the first voiced sample of the interruption to silence at the loudspeaker, in ms, of half of them. `cargo xtask truth`
/// says how long it takes; here the machine may be busy.
const SILENT_WITHIN_MS: f64 = 250.0;
/// What is promised of every interruption.
const PROMISED_MS: f64 = 500.0;
/// How often the AI is interrupted.
const INTERRUPTIONS: usize = 3;
/// The question is asked again every 5.9 s.
const ASKED_EVERY_S: u64 = 6;

const PAUSED_OR_CUT: &str = "document.querySelector('.vv-line-paused, .vv-line-cut') !== null";

/// What the page says of the interruptions so far: how long each took to silence the AI, in ms.
async fn silences(page: &Page) -> Result<Vec<f64>> {
    let silences = page
        .value("[...document.querySelectorAll('.vv-line-cut[data-silent-ms]')].map(cut => Number(cut.dataset.silentMs))")
        .await?;
    let silences = silences.as_array().context("a list")?;
    silences
        .iter()
        .map(|ms| ms.as_f64().context("a number"))
        .collect()
}

#[tokio::test]
async fn who_speaks_over_the_ai_silences_it_and_is_answered() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::SpeakOver)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_phase("speaking", 20).await?;
            page.until_phase("interrupted", 20).await?;
            page.until_shown(".vv-line-cut[data-silent-ms]", 5).await?;
            let silences = silences(page).await?;
            ensure!(
                silences[0] <= PROMISED_MS,
                "the AI was silent after {} ms",
                silences[0]
            );
            page.until_shown("li[data-role=ai] del", 5).await?;
            page.picture("interrupted").await?;
            // The interruption is the next turn.
            page.until("document.querySelectorAll('li[data-role=ai]').length === 2", 20)
                .await?;
            let cause = page.text(".vv-line-cut").await?;
            ensure!(cause.contains("interrupted at"), "it says {cause:?}");

            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await
        })
        .await
}

#[tokio::test]
async fn a_cough_pauses_the_ai_and_it_goes_on() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::Cough)
        .visit(&url, async |page| {
            // Who suppresses noise hears no cough.
            page.take_the_microphone_as_it_is().await?;
            page.click(".vv-main-action").await?;
            page.until_phase("speaking", 20).await?;
            let told = page.text(".vv-message").await?;
            ensure!(told.contains("does not cancel echo"), "it says {told:?}");
            page.until_shown(".vv-line-paused[data-count='1']", 30).await?;
            page.until_phase("listening", 20).await?;
            let cut = page.value("document.querySelector('.vv-line-cut, li[data-role=ai] del') === null");
            ensure!(cut.await? == true, "the cough cut the answer");
            // What is stored says the same.
            page.until_shown("li[data-role=ai] .vv-play", 10).await?;
            let stored = "document.querySelector('.vv-line-paused').dataset.count";
            ensure!(page.value(stored).await? == "1", "another number is stored");
            page.picture("coughed").await
        })
        .await
}

#[tokio::test]
async fn with_barge_in_off_the_ai_does_not_even_pause() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::SpeakOver)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_phase("hearing", 20).await?;
            // While the session runs.
            page.click(".vv-setup-barge-in .vv-switch").await?;
            page.until_phase("speaking", 20).await?;
            page.until("document.querySelectorAll('li[data-role=ai]').length === 2", 40)
                .await?;
            ensure!(
                page.value(PAUSED_OR_CUT).await? == Value::Bool(false),
                "the AI did not finish"
            );
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await
        })
        .await
}

#[tokio::test]
async fn the_ai_is_silent_at_once_again_and_again() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_phase("interrupted", 40).await?;
            let limit_s = (INTERRUPTIONS as u64 + 2) * ASKED_EVERY_S;
            let enough = format!(
                "document.querySelectorAll('.vv-line-cut[data-silent-ms]').length >= {INTERRUPTIONS}"
            );
            page.until(&enough, limit_s).await?;
            let mut silences = silences(page).await?;
            silences.sort_by(f64::total_cmp);
            let (median, worst) = (silences[silences.len() / 2], silences[silences.len() - 1]);
            ensure!(
                median <= SILENT_WITHIN_MS,
                "half of them took {median} ms and more: {silences:?}"
            );
            ensure!(worst <= PROMISED_MS, "one took {worst} ms");
            Ok(())
        })
        .await
}
