use anyhow::{Context, Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

/// What a cascade's turn is made of, besides what is not its own.
const STAGES: [&str; 7] = ["endpointing", "stt", "llm", "llm-text", "tts", "viva", "network"];

/// What is shown of a turn's total and which parts are drawn, once there is anything of speech-to-text; else `null`.
const SO_FAR: &str = "(() => {
    const turn = document.querySelector('.vv-turn:has(.vv-part[data-stage=stt])');
    if (turn === null) return null;
    const parts = [...turn.querySelectorAll('.vv-part[data-stage]')].map(part => part.dataset.stage);
    return [turn.querySelector('.vv-turn-total').textContent, parts];
})()";

#[tokio::test]
async fn a_cascade_is_chosen_remembered_and_answers_with_every_stage_shown() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-mode[data-mode=cascade]").await?;
            page.until_shown(".vv-setup-part[data-part=tts] select", 5)
                .await?;
            page.picture("cascade-ready").await?;
            page.reload().await?;
            page.until(
                "document.querySelector('.vv-mode[data-mode=cascade] input').checked",
                5,
            )
            .await?;

            page.click(".vv-main-action").await?;
            page.until_phase("hearing", 20).await?;
            let setup = page.text(".vv-setup-line").await?;
            ensure!(setup.contains("Cascade"), "what runs is called {setup}");
            page.until_phase("speaking", 20).await?;
            for stage in STAGES {
                page.until_shown(&format!(".vv-parts li[data-stage={stage}]"), 20)
                    .await?;
            }
            ensure!(
                page.value("document.querySelector('.vv-parts li[data-stage=provider]') === null")
                    .await?
                    == true,
                "a cascade has no realtime provider"
            );
            page.picture("cascade-speaking").await?;
            page.until_heard(20).await?;

            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await
        })
        .await
}

#[tokio::test]
async fn the_stages_of_an_answer_are_shown_while_the_rest_of_it_is_waited_for() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-mode[data-mode=cascade]").await?;
            page.give_options(&json!({"llm_delay_ms": 3_000})).await?;
            page.click(".vv-main-action").await?;
            page.until(&format!("{SO_FAR} !== null"), 20).await?;
            let so_far = page.value(SO_FAR).await?;
            // Nobody knows yet how long it will take.
            ensure!(
                so_far == json!(["", ["endpointing", "stt"]]),
                "a turn that waits is shown as {so_far}"
            );
            page.picture("waiting").await?;
            let latency_ms = page.latency_ms(20).await?;
            ensure!(latency_ms >= 3_000.0, "a latency of {latency_ms} ms");
            let whole = page.value(SO_FAR).await?;
            let whole = whole[1].as_array().context("parts")?;
            ensure!(
                STAGES.iter().all(|stage| whole.contains(&json!(stage))),
                "of an answer that is heard there is {whole:?}"
            );
            Ok(())
        })
        .await
}

#[tokio::test]
async fn what_is_said_while_a_fallback_is_offered_is_answered_by_it() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            page.give_options(&json!({"drop_after_chunks": 0})).await?;
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-offer", 40).await?;
            page.until_shown(".vv-state[data-state=offered]", 5).await?;
            let (reason, setup) = (
                page.text(".vv-offer-reason").await?,
                page.text(".vv-offer-setup").await?,
            );
            ensure!(
                !reason.is_empty() && setup.contains("Speech to text"),
                "{reason:?}, {setup:?}"
            );
            page.picture("fallback-offered").await?;
            let session = page.stage("session").await?;

            // The next question is asked while nobody can answer.
            page.until_phase("hearing", 20).await?;
            page.until_phase("thinking", 20).await?;
            page.click(".vv-offer-accept").await?;
            page.until_phase("speaking", 20).await?;
            page.until_shown(".vv-parts li[data-stage=tts]", 20).await?;
            let setup = page.text(".vv-setup-line").await?;
            ensure!(setup.contains("Cascade"), "what runs is called {setup}");
            ensure!(
                page.stage("session").await? == session,
                "another session was begun"
            );
            page.picture("fallback-taken").await?;

            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await
        })
        .await
}

#[tokio::test]
async fn an_offer_can_be_declined() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.give_options(&json!({"drop_after_chunks": 0})).await?;
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-offer", 40).await?;
            page.click(".vv-offer-end").await?;
            page.until_phase("ended", 10).await?;
            page.until("document.querySelector('.vv-offer') === null", 5)
                .await
        })
        .await
}
