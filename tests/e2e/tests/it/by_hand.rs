//! Interrupting the AI without a word.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// Whether the words that nobody heard are there, in the colour of what counts less than the rest of the line.
const GREYED: &str = "(() => {
    const unheard = document.querySelector('li[data-role=ai] del');
    const colour = (element) => getComputedStyle(element).color;
    const muted = document.body.appendChild(document.createElement('p'));
    muted.style.color = 'var(--muted)';
    const isMuted = colour(unheard) === colour(muted) && colour(unheard) !== colour(unheard.parentElement);
    muted.remove();
    return isMuted && unheard.textContent.trim() !== '';
})()";

/// Interrupts the AI while it is heard; the transcript must tell how, before and after the turn is stored.
async fn is_told_as_by_hand(interrupt: impl AsyncFnOnce(&Page) -> Result<()>) -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_phase("speaking", 30).await?;
            page.until_heard(20).await?;
            interrupt(page).await?;
            page.until_phase("interrupted", 5).await?;
            for state in ["", ":has(.vv-play)"] {
                page.until_shown(&format!("li[data-role=ai]{state} .vv-line-cut"), 10)
                    .await?;
                page.until_shown("li[data-role=ai] del", 10).await?;
                let cause = page.text(".vv-line-cut").await?;
                ensure!(cause.contains("interrupted by hand at"), "it says {cause:?}");
                ensure!(
                    page.value(GREYED).await? == true,
                    "what was not heard is not grey"
                );
            }
            let turns = page.stored("turns").await?;
            ensure!(
                turns["items"][0]["interrupt_reason"] == "client",
                "the server has {turns}"
            );
            Ok(())
        })
        .await
}

#[tokio::test]
async fn an_interruption_with_the_button_is_told_as_by_hand() -> Result<()> {
    is_told_as_by_hand(async |page| page.click(".vv-interrupt").await).await
}

#[tokio::test]
async fn an_interruption_with_escape_is_told_as_by_hand() -> Result<()> {
    is_told_as_by_hand(async |page| page.press(Key::Escape).await).await
}
