//! What the parts of a latency are, for whoever points at them or walks along them with the keyboard.

use std::collections::HashSet;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use thirtyfour::Key;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// The parts in the bar, in order.
const PARTS: &str = "[...document.querySelectorAll('.vv-part[data-stage]')].map(part => part.dataset.stage)";

/// The part that has the focus: its stage, what it is called and what is said of it; `null` when none has.
const EXPLAINED: &str = "(() => {
    const { dataset, ariaLabel } = document.activeElement;
    if (!document.activeElement.matches('.vv-part')) return null;
    return [dataset.stage, ariaLabel, document.querySelector('.vv-explain').textContent];
})()";

/// Comes to the silence before an answer as soon as it is in the list, and keeps what was there by then.
const COME_TO_THE_SILENCE: &str = "new MutationObserver((_, observer) => {
    const row = document.querySelector('.vv-parts li[data-stage=silence]');
    if (row === null) return;
    observer.disconnect();
    window.listed = [...document.querySelectorAll('.vv-parts li')].map(row => row.dataset.stage);
    row.focus();
}).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-stage'] })";

/// So many stops are enough to come to the bar from anywhere.
const STOPS: usize = 80;

/// Comes to the bar with Tab and walks along it: every part's stage, name and explanation.
async fn walk(page: &Page) -> Result<Vec<[String; 3]>> {
    for _ in 0..STOPS {
        page.press(Key::Tab).await?;
        if !page.value(EXPLAINED).await?.is_null() {
            break;
        }
    }
    let mut walked = Vec::new();
    loop {
        let part = page.value(EXPLAINED).await?;
        let text = |index: usize| part[index].as_str().map(str::to_owned);
        let part = [0, 1, 2].map(|index| text(index).unwrap_or_default());
        if walked.last() == Some(&part) {
            return Ok(walked);
        }
        ensure!(walked.len() < STOPS, "there is no end: {walked:?}");
        walked.push(part);
        page.press(Key::Right).await?;
    }
}

/// Every part has words of its own.
fn all_differ(parts: &[[String; 3]], hint: &str) -> Result<()> {
    let explained: HashSet<&str> = parts.iter().map(|[.., text]| text.as_str()).collect();
    ensure!(
        explained.len() == parts.len() && !explained.contains("") && !explained.contains(hint),
        "the explanations are {parts:?}"
    );
    for [stage, name, text] in parts {
        // A name, and from where to where.
        let (called, means) = text
            .split_once(": ")
            .with_context(|| format!("{stage}: {text:?}"))?;
        ensure!(
            name.starts_with(called) && !means.trim().is_empty(),
            "{stage} is called {name:?} and explained with {text:?}"
        );
    }
    Ok(())
}

/// In the list there are also the parts that have no place in the bar.
async fn rows_explain_too(page: &Page) -> Result<()> {
    let rows = page
        .value("[...document.querySelectorAll('.vv-parts li')].map(row => row.children[1].textContent)")
        .await?;
    let names = rows.as_array().context("rows")?;
    ensure!(names.len() >= 5, "a cascade has more parts: {rows}");
    for (row, name) in names.iter().enumerate() {
        page.point_at(&format!(".vv-parts li:nth-child({})", row + 1))
            .await?;
        let text = page.text(".vv-explain").await?;
        let name = name.as_str().unwrap_or_default();
        ensure!(
            text.starts_with(&format!("{name}: ")),
            "of {name:?} the list says {text:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn every_part_is_explained_to_the_keyboard_and_the_mouse_in_both_languages() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-mode[data-mode=cascade]").await?;
            page.click(".vv-main-action").await?;
            page.until_shown("li[data-role=ai] .vv-play", 40).await?;
            let parts = page.value(PARTS).await?;
            let mut hints = HashSet::new();
            for language in ["en", "zh-TW"] {
                page.until(&format!("document.documentElement.lang === '{language}'"), 5)
                    .await?;
                let hint = page.text(".vv-explain").await?;
                let walked = walk(page).await?;
                let stages: Vec<Value> = walked.iter().map(|[stage, ..]| stage.as_str().into()).collect();
                ensure!(parts == Value::from(stages), "of {parts} one walks {walked:?}");
                ensure!(walked.len() >= 5, "a cascade has more parts: {parts}");
                all_differ(&walked, &hint)?;

                page.value("document.activeElement.blur()").await?;
                page.until(
                    &format!("document.querySelector('.vv-explain').textContent === {hint:?}"),
                    5,
                )
                .await?;
                let [stage, _, text] = &walked[0];
                page.point_at(&format!(".vv-part[data-stage={stage}]")).await?;
                let pointed = page.text(".vv-explain").await?;
                ensure!(pointed == *text, "the mouse is told {pointed:?}");
                rows_explain_too(page).await?;
                hints.insert(hint);
                page.click(".vv-language").await?;
            }
            ensure!(hints.len() == 2, "both languages say {hints:?}");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn who_is_at_a_part_stays_there_while_others_come_before_it() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.value(COME_TO_THE_SILENCE).await?;
            page.until_shown(".vv-parts li[data-stage=network]", 40).await?;
            let listed = page.value("listed").await?;
            let listed = listed.as_array().context("stages")?;
            ensure!(
                !listed.contains(&"network".into()),
                "it was there already: {listed:?}"
            );
            let stage = page.value("document.activeElement.dataset.stage").await?;
            ensure!(stage == "silence", "one is at {stage}");
            Ok(())
        })
        .await
}
