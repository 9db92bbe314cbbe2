use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// As if there had been more turns: the lines and the bars of those that there were, over and over, up to 300 of each.
const GO_ON: &str = "document.querySelectorAll('.vv-transcript ol, .vv-turns').forEach(list => {
    const lines = [...list.querySelectorAll(':scope > li')];
    while (lines.length && list.childElementCount < 300) lines.forEach(line => list.append(line.cloneNode(true)));
})";

/// How many lines and bars are laid out.
const LAID_OUT: &str = "[...document.querySelectorAll('.vv-transcript li, .vv-turns > li')]
    .filter(line => line.firstElementChild.checkVisibility({ contentVisibilityAuto: true })).length";

/// Counts how often the level is drawn anew.
const COUNT_LEVELS: &str = "(() => {
    window.levels = 0;
    new MutationObserver(() => { window.levels += 1; })
        .observe(document.querySelector('.vv-meter-fill'), { attributeFilter: ['style'] });
})()";

#[tokio::test]
async fn of_a_long_conversation_only_what_is_near_the_view_is_laid_out() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_shown("li[data-role=ai] .vv-play", 40).await?;
            page.value(GO_ON).await?;
            // Some thirty fit in, and as many wait beside the view.
            page.until(&format!("{LAID_OUT} < 150"), 5).await?;
            let laid_out = page.value(LAID_OUT).await?;
            ensure!(laid_out.as_u64() > Some(0), "nothing of {laid_out} is laid out");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn the_level_moves_without_laying_the_page_out() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_phase("listening", 20).await?;
            page.value(COUNT_LEVELS).await?;
            let before = layouts(page).await?;
            page.until("window.levels >= 80", 20).await?;
            let levels = page.value("window.levels").await?;
            let levels = levels.as_f64().context("a number")?;
            let layouts = layouts(page).await? - before;
            // What the page lays out now and then: the figure of the level, the time, the transcript.
            ensure!(
                layouts < levels / 2.0,
                "{layouts} layouts while the level moved {levels} times"
            );
            Ok(())
        })
        .await
}

/// How often the page has been laid out.
async fn layouts(page: &Page) -> Result<f64> {
    page.devtools("Performance.enable", json!({})).await?;
    let metrics = page.devtools("Performance.getMetrics", json!({})).await?;
    let metrics = metrics["metrics"].as_array().context("metrics")?;
    let count = metrics.iter().find(|metric| metric["name"] == "LayoutCount");
    count
        .map(|metric| &metric["value"])
        .and_then(Value::as_f64)
        .context("LayoutCount")
}
