//! Microphones that come, go and are changed while a session runs.

use anyhow::{Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// The track ends as it does when its device is unplugged.
const UNPLUG: &str = "(() => {
    const track = notes.tracks.at(-1);
    track.stop();
    track.dispatchEvent(new Event('ended'));
})()";

/// There is no other microphone when the page asks next.
const HAVE_NO_OTHER: &str = "(() => {
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia;
    devices.getUserMedia = async () => {
        devices.getUserMedia = ask;
        throw new DOMException('no microphone', 'NotFoundError');
    };
})()";

const PLUG_IN: &str = "navigator.mediaDevices.dispatchEvent(new Event('devicechange'))";

/// Chooses a microphone by its own name, as a person does who knows the list; the browser's list is not part of the page.
const CHOOSE_ANOTHER: &str = "(() => {
    const list = document.querySelector('.vv-controls .vv-devices select');
    const ids = [...list.options].map(option => option.value);
    list.value = ids.findLast(id => !['', 'default'].includes(id));
    list.dispatchEvent(new Event('change', {bubbles: true}));
    return list.value;
})()";

const CHANGED: &str =
    "document.querySelector('.vv-message[data-severity=info]')?.textContent.includes('microphone changed')";

/// Starts a session and changes the microphone after the first turn, which must be answered with the new one.
async fn the_session_goes_on_after(change: impl AsyncFnOnce(&Page) -> Result<()>) -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.click(".vv-main-action").await?;
            page.until_more_turns_than(0, 40).await?;
            let session = page.stage("session").await?;
            change(page).await?;
            page.until(CHANGED, 10).await?;
            let tracks = page.value("notes.tracks.map(track => track.readyState)").await?;
            ensure!(tracks == json!(["ended", "live"]), "the tracks are {tracks}");
            let cancelled = page
                .value("notes.wanted.map(audio => audio.echoCancellation)")
                .await?;
            ensure!(
                cancelled == json!([true, true]),
                "echo was to be cancelled: {cancelled}"
            );
            let turns = page.turns().await?;
            // One of them was asked before.
            page.until_more_turns_than(turns + 1, 40).await?;
            ensure!(
                page.stage("session").await? == session,
                "another session was begun"
            );
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_microphone_that_is_unplugged_is_replaced() -> Result<()> {
    the_session_goes_on_after(async |page| {
        page.value(UNPLUG).await?;
        page.until("notes.asked.length === 2", 10).await
    })
    .await
}

#[tokio::test]
async fn a_microphone_that_is_plugged_in_replaces_the_lost_one() -> Result<()> {
    the_session_goes_on_after(async |page| {
        page.value(HAVE_NO_OTHER).await?;
        page.value(UNPLUG).await?;
        page.until_shown(".vv-message[data-severity=failure]", 10).await?;
        let told = page.text(".vv-message").await?;
        ensure!(told.contains("microphone went away"), "it says {told:?}");
        page.value(PLUG_IN).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn a_device_that_is_plugged_in_does_not_replace_a_microphone_that_works() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.click(".vv-main-action").await?;
            page.until_phase("hearing", 20).await?;
            page.value(PLUG_IN).await?;
            page.until_phase("speaking", 20).await?;
            let asked = page.value("notes.asked.length").await?;
            ensure!(asked == 1, "a microphone was asked for {asked} times");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_microphone_that_is_chosen_is_asked_for_and_remembered() -> Result<()> {
    the_session_goes_on_after(async |page| {
        let chosen = page.value(CHOOSE_ANOTHER).await?;
        page.until("notes.tracks.length === 2", 10).await?;
        let asked = page.value("notes.asked").await?;
        ensure!(
            asked == json!(["", chosen]),
            "asked for {asked}, not for {chosen}"
        );
        let remembered = page.value("localStorage['viva.microphone']").await?;
        ensure!(remembered == chosen, "{remembered} is remembered");
        Ok(())
    })
    .await
}
