use anyhow::{Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// Notes on the page that the server was told that the turn is over.
const NOTE_END_TURN: &str = "(message) => {
    if (message.type === 'end_turn') document.body.dataset.endTurn = '';
    return message;
}";

/// Safari unlocks audio only within the event itself; Chromium is content with one that was before.
async fn starts_audio_within(event: &str, start: impl AsyncFnOnce(&Page) -> Result<()>) -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            start(page).await?;
            page.until("notes.contexts[0]?.state === 'running'", 10).await?;
            let unlocking = page.value("notes.unlocking").await?;
            let expected = json!([format!("made in {event}"), format!("resumed in {event}")]);
            ensure!(unlocking == expected, "audio was {unlocking}");
            page.until_phase("hearing", 20).await
        })
        .await
}

#[tokio::test]
async fn audio_is_unlocked_in_the_click_that_starts() -> Result<()> {
    starts_audio_within("click", async |page| page.click(".vv-main-action").await).await
}

#[tokio::test]
async fn audio_is_unlocked_in_the_key_press_that_starts() -> Result<()> {
    starts_audio_within("keydown", async |page| page.press(" ").await).await
}

#[tokio::test]
async fn space_after_a_click_on_start_ends_the_turn_and_not_the_conversation() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.change_messages(NOTE_END_TURN).await?;
            page.click(".vv-main-action").await?;
            page.until_phase("hearing", 20).await?;
            ensure!(
                page.value("document.activeElement === document.body").await? == true,
                "the button keeps the focus, and Space presses it"
            );
            page.press(" ").await?;
            page.until_shown("[data-end-turn]", 5).await?;
            page.until_shown(".vv-turn", 40).await?;
            ensure!(
                page.value("document.querySelector('.vv-main-action').dataset.action")
                    .await?
                    == "end",
                "the conversation is over"
            );
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_double_click_on_start_starts() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.value("void addEventListener('dblclick', () => document.body.dataset.twice = '')")
                .await?;
            page.double_click(".vv-main-action").await?;
            page.until_shown("[data-twice]", 5).await?;
            page.until_phase("hearing", 20).await
        })
        .await
}
