use anyhow::{Result, ensure};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

#[tokio::test]
async fn a_question_is_answered_in_speech_and_its_latency_is_shown() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.picture("ready").await?;
            page.click(".vv-main-action").await?;
            page.until_phase("hearing", 20).await?;
            page.until_phase("speaking", 20).await?;
            page.until_shown(".vv-turn .vv-turn-total .vv-number", 20).await?;
            page.until(
                "Number(document.querySelector('.vv-stage').dataset.playedSamples) > 60000",
                20,
            )
            .await?;
            page.picture_for_readme().await?;
            page.picture("speaking").await?;
            page.until_phase("listening", 30).await?;

            page.until_heard(5).await?;
            let latency = page.latency_ms(5).await?;
            ensure!((200.0..10_000.0).contains(&latency), "a latency of {latency} ms");
            page.until_shown("li[data-role=ai] .vv-play", 10).await?;

            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await?;
            page.until_phase("ended", 5).await?;
            let turns = page.text(".vv-summary .vv-facts dd").await?;
            ensure!(turns == "1", "the summary counts {turns} turns");
            page.picture("ended").await
        })
        .await
}

#[tokio::test]
async fn the_recording_of_a_turn_plays() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_shown("li[data-role=user] .vv-play", 40).await?;
            page.click(".vv-main-action").await?;
            page.until_phase("ended", 10).await?;
            page.click("li[data-role=user] .vv-play").await?;
            page.until_shown("li[data-role=user] .vv-play[aria-pressed=true]", 5)
                .await?;
            // It ends by itself, and nothing complains.
            page.until_shown("li[data-role=user] .vv-play[aria-pressed=false]", 15)
                .await?;
            ensure!(
                page.value("document.querySelector('.vv-message') === null")
                    .await?
                    == true
            );
            Ok(())
        })
        .await
}
