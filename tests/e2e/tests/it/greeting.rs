//! The AI speaks first, as soon as it can be heard and not before.

use anyhow::{Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// Keeps in `ready` whether the output ran whenever the server was told that the page can play.
const NOTE_READY: &str = "(message) => {
    window.ready ??= [];
    if (message.type === 'ready') ready.push(notes.contexts[0].state);
    return message;
}";

/// The output stands still, as on a phone during a call, until `held` is false.
const HOLD_THE_OUTPUT: &str = "(() => {
    window.held = true;
    window.AudioContext = class extends AudioContext {
        constructor(...given) {
            super(...given);
            this.suspend();
        }
        resume() {
            return held ? new Promise(() => {}) : super.resume();
        }
    };
})()";

/// The only setting of a conversation that cannot change while it runs.
const GREETING: &str = ".vv-setup fieldset > .vv-setup-before .vv-switch";

/// Chooses a greeting and notes when it may come; whoever is mute cannot speak before it.
async fn ask_for_a_greeting(page: &Page) -> Result<()> {
    page.change_messages(NOTE_READY).await?;
    page.click(GREETING).await?;
    page.click(".vv-mute").await
}

/// The AI greets, and was asked to once, when it could be heard.
async fn until_greeted(page: &Page) -> Result<()> {
    page.until_phase("speaking", 20).await?;
    page.until_heard(20).await?;
    page.until_phase("listening", 30).await?;
    let lines = page
        .value("[...document.querySelectorAll('.vv-transcript li')].map(line => line.dataset.role)")
        .await?;
    ensure!(lines == json!(["ai"]), "the lines are {lines}");
    let ready = page.value("ready").await?;
    ensure!(ready == json!(["running"]), "the page was ready with {ready}");
    Ok(())
}

#[tokio::test]
async fn the_ai_greets_and_is_heard() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            ask_for_a_greeting(page).await?;
            page.click(".vv-main-action").await?;
            until_greeted(page).await
        })
        .await
}

#[tokio::test]
async fn a_greeting_waits_until_it_can_be_heard() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.load_after(HOLD_THE_OUTPUT).await?;
            ask_for_a_greeting(page).await?;
            page.click(".vv-main-action").await?;
            page.until_phase("listening", 20).await?;
            // It is told after two seconds; a greeting begins within one.
            page.until_shown(".vv-message[data-severity=warning]", 10).await?;
            let told = page.text(".vv-message").await?;
            ensure!(told.contains("stopped the sound"), "it says {told:?}");
            let ready = page.value("ready").await?;
            ensure!(ready == json!([]), "the page was ready with {ready}");
            page.until_phase("listening", 1).await?;
            page.value("window.held = false").await?;
            until_greeted(page).await?;
            page.until("document.querySelector('.vv-message') === null", 5)
                .await
        })
        .await
}
