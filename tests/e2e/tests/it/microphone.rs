use anyhow::{Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

/// The person answers the browser's question only when `allow` is called.
const ANSWER_LATE: &str = "(() => {
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia;
    devices.getUserMedia = async (wanted) => {
        await new Promise(resolve => { window.allow = resolve; });
        window.allow = undefined;
        return ask(wanted);
    };
})()";

#[tokio::test]
async fn a_denied_microphone_is_explained_and_trying_again_works() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    let permission = |setting| json!({"permission": {"name": "microphone"}, "setting": setting});
    Browser::with(Microphone::NotAllowed)
        .visit(&url, async |page| {
            page.devtools("Browser.setPermission", permission("denied"))
                .await?;
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-help[data-problem=denied]", 15).await?;
            page.until_phase("ready", 5).await?;
            let open = page.text(".vv-help details[open]").await?;
            ensure!(
                open.starts_with("Chrome"),
                "this browser is not explained first: {open}"
            );
            page.picture("microphone-denied").await?;

            page.devtools("Browser.setPermission", permission("granted"))
                .await?;
            page.click(".vv-help .vv-primary").await?;
            page.until(
                "['listening', 'hearing'].includes(document.querySelector('.vv-app').dataset.phase)",
                15,
            )
            .await?;
            ensure!(
                page.value("document.querySelector('.vv-help') === null").await? == true,
                "the help stays"
            );
            Ok(())
        })
        .await
}

#[tokio::test]
async fn whoever_cancels_while_the_browser_asks_is_not_recorded() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.value(ANSWER_LATE).await?;
            page.click(".vv-main-action").await?;
            page.until_phase("asking", 5).await?;
            page.until("window.allow !== undefined", 10).await?;
            let button = page.text(".vv-main-action").await?;
            ensure!(button == "Cancel", "the button says {button}");
            page.click(".vv-main-action").await?;
            page.until_phase("ready", 5).await?;
            page.until("notes.contexts[0].state === 'closed'", 5).await?;

            page.value("allow()").await?;
            page.until("notes.tracks[0]?.readyState === 'ended'", 10).await?;
            page.until_phase("ready", 1).await?;
            ensure!(
                page.value("document.querySelector('.vv-help, .vv-message') === null")
                    .await?
                    == true,
                "the page complains"
            );

            page.click(".vv-main-action").await?;
            page.until("window.allow !== undefined", 10).await?;
            page.value("allow()").await?;
            page.until_phase("hearing", 20).await?;
            ensure!(
                page.value("notes.tracks.map(track => track.readyState)").await? == json!(["ended", "live"]),
                "the second microphone does not record"
            );
            page.until_phase("speaking", 20).await
        })
        .await
}

#[tokio::test]
async fn the_microphone_is_asked_for_without_the_echo_of_the_ai() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.click(".vv-main-action").await?;
            page.until("notes.tracks.length === 1", 10).await?;
            let wanted = page.value("notes.wanted[0]").await?;
            ensure!(wanted["echoCancellation"] == true, "it asked for {wanted}");
            let granted = page
                .value("notes.tracks[0].getSettings().echoCancellation")
                .await?;
            // Newer browsers say how: "all", "remote-only".
            ensure!(granted == true || granted.is_string(), "{granted} was granted");
            page.until_phase("hearing", 20).await?;
            ensure!(
                page.value("document.querySelector('.vv-message') === null")
                    .await?
                    == true,
                "the page complains"
            );
            Ok(())
        })
        .await
}
