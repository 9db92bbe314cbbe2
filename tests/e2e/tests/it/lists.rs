use anyhow::{Result, ensure};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

/// Keeps what a screen reader would be told, in `window.told`.
const LISTEN: &str = "(() => {
    window.told = [];
    const region = document.querySelector('.vv-announced');
    const all = {childList: true, characterData: true, subtree: true};
    new MutationObserver(() => told.push(region.textContent)).observe(region, all);
})()";

/// The lines as they are to be told.
const LINES: &str = "[...document.querySelectorAll('.vv-transcript li')].map(line =>
    line.querySelector('.vv-line-role').textContent + ': ' +
    line.querySelector('.vv-line-body p').textContent.trim()).toSorted()";

#[tokio::test]
async fn what_is_said_later_leaves_earlier_lines_and_the_focus_alone() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_shown("li[data-role=ai][data-final=true]", 40).await?;
            page.value("document.querySelector('li[data-role=ai]').seen = true")
                .await?;
            page.until_shown(".vv-part[data-stage]", 20).await?;
            let hint = page.text(".vv-explain").await?;
            page.value("document.querySelector('.vv-part[data-stage]').focus()")
                .await?;
            page.until(
                &format!("document.querySelector('.vv-explain').textContent !== {hint:?}"),
                5,
            )
            .await?;
            let explained = page.text(".vv-explain").await?;

            page.until_more_turns_than(1, 60).await?;
            ensure!(
                page.value("document.querySelector('li[data-role=ai]').seen")
                    .await?
                    == true,
                "the line was written anew"
            );
            ensure!(
                page.value(
                    "document.activeElement.closest('.vv-turn') === document.querySelector('.vv-turn')"
                )
                .await?
                    == true,
                "the focus went astray"
            );
            ensure!(page.text(".vv-explain").await? == explained);
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_screen_reader_is_told_every_finished_line_once() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.value(LISTEN).await?;
            page.click(".vv-main-action").await?;
            page.until_shown("li[data-role=ai] .vv-play", 40).await?;
            page.click(".vv-main-action").await?;
            page.until_phase("ended", 10).await?;
            let lines = page.value(LINES).await?;
            ensure!(
                lines.as_array().is_some_and(|lines| lines.len() == 2),
                "the lines are {lines}"
            );
            let told = page.value("told.toSorted()").await?;
            ensure!(told == lines, "told {told} of the lines {lines}");
            Ok(())
        })
        .await
}
