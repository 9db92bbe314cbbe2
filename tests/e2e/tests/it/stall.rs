//! An answer that stops to come.

use anyhow::{Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

#[tokio::test]
async fn an_answer_without_audio_is_told_while_it_is_waited_for() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            // One second of it comes.
            page.give_options(&json!({"chunk_ms": 40, "hang_after_chunks": 25}))
                .await?;
            page.click(".vv-main-action").await?;
            page.until_phase("speaking", 30).await?;
            page.until_shown(".vv-message[data-severity=info]", 10).await?;
            page.until_phase("speaking", 1).await?;
            for words in ["no audio comes. Still waiting", "沒有聲音傳來，仍在等待"] {
                let told = page.text(".vv-message").await?;
                ensure!(told.contains(words), "it says {told:?}");
                page.click(".vv-language").await?;
            }
            // It is given up in the end, and the turn is marked.
            page.until_shown("li[data-role=ai] .vv-play", 20).await?;
            let turns = page.stored("turns").await?;
            ensure!(turns["items"][0]["stalled"] == true, "the server has {turns}");
            page.until_phase("listening", 5).await
        })
        .await
}
