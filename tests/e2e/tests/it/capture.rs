//! Recording where the browser gives no track to a worker: the capture worklet has to do.

use anyhow::{Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// Firefox and Safari give no track's audio to a page that asks for it in its window.
const GIVE_NO_TRACK: &str = "delete window.MediaStreamTrackProcessor";

/// Firefox takes no microphone into a context that runs at another rate.
const REFUSE_THE_FIRST_CONTEXT: &str = "(() => {
    const create = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
        if (this === notes.contexts[0]) throw new DOMException('another rate', 'NotSupportedError');
        return create.call(this, stream);
    };
})()";

/// Which context the capture worklet runs in, in the order in which they were made.
const CAPTURING: &str = "notes.contexts.indexOf(notes.nodes['viva-capture']?.context)";

/// What the page says beside figures that are too short.
const SHORT: &str = ".vv-latency [data-estimate=capture]";

/// Such a browser tells no capture times, and the page says what follows from that in both languages, beside the figures.
async fn totals_are_called_short(page: &Page) -> Result<()> {
    page.until_shown(".vv-turn .vv-turn-total .vv-number", 20).await?;
    for words in ["totals are too short", "總計偏短"] {
        let said = page.text(SHORT).await?;
        ensure!(said.contains(words), "it says {said:?}");
        // How much that is, was measured in one browser only.
        ensure!(!said.contains(char::is_numeric), "it says {said:?}");
        page.click(".vv-language").await?;
    }
    page.picture("totals-short").await
}

/// Starts, waits for an answer that is heard and timed, and ends; then nothing of the audio may go on.
async fn a_whole_turn(page: &Page) -> Result<()> {
    page.click(".vv-main-action").await?;
    page.until_phase("hearing", 20).await?;
    page.until_phase("speaking", 20).await?;
    page.until_heard(20).await?;
    let latency = page.latency_ms(20).await?;
    ensure!((200.0..10_000.0).contains(&latency), "a latency of {latency} ms");
    page.until_phase("listening", 30).await?;
    page.click(".vv-main-action").await?;
    page.until_shown(".vv-summary", 10).await?;
    let turns = page.text(".vv-summary .vv-facts dd").await?;
    ensure!(turns == "1", "the summary counts {turns} turns");
    page.until("notes.contexts.every(context => context.state === 'closed')", 5)
        .await?;
    page.until("notes.tracks.every(track => track.readyState === 'ended')", 5)
        .await
}

#[tokio::test]
async fn a_browser_that_gives_no_track_to_a_worker_records_in_a_worklet() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.value(GIVE_NO_TRACK).await?;
            a_whole_turn(page).await?;
            let capturing = page.value(CAPTURING).await?;
            ensure!(capturing == 0, "the worklet ran in context {capturing}");
            // No rate: it runs at the device's.
            let given = page.value("notes.given").await?;
            ensure!(given == json!([[]]), "contexts were made with {given}");
            totals_are_called_short(page).await
        })
        .await
}

#[tokio::test]
async fn a_microphone_at_another_rate_is_recorded_in_a_context_of_its_own() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            page.value(GIVE_NO_TRACK).await?;
            page.value(REFUSE_THE_FIRST_CONTEXT).await?;
            a_whole_turn(page).await?;
            let capturing = page.value(CAPTURING).await?;
            ensure!(capturing == 1, "the worklet ran in context {capturing}");
            totals_are_called_short(page).await
        })
        .await
}

#[tokio::test]
async fn a_browser_that_tells_capture_times_has_totals_that_are_not_short() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.take_notes().await?;
            a_whole_turn(page).await?;
            ensure!(
                page.value("notes.nodes['viva-capture'] === undefined").await? == true,
                "a worklet captured"
            );
            let short = page.value("document.querySelector('[data-estimate]') !== null");
            ensure!(short.await? == false, "the figures are called an estimate");
            Ok(())
        })
        .await
}
