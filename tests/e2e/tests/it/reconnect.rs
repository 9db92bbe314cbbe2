use anyhow::{Result, ensure};

use crate::proxy::Proxy;
use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

#[tokio::test]
async fn a_broken_connection_is_taken_up_again_in_the_same_session() -> Result<()> {
    let viva = Viva::start().await?;
    let proxy = Proxy::start(viva.address).await?;
    Browser::with(Microphone::AskAgain)
        .visit(&proxy.url(), async |page| {
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-turn", 40).await?;
            let (session, turns) = (page.stage("session").await?, page.turns().await?);

            proxy.cut();
            page.until_phase("reconnecting", 10).await?;
            let state = page.text(".vv-state-words").await?;
            ensure!(state.contains("of 3"), "no attempts are counted: {state}");
            proxy.mend();
            page.until(
                "document.querySelector('.vv-app').dataset.phase !== 'reconnecting'",
                15,
            )
            .await?;
            page.until_more_turns_than(turns, 40).await?;
            ensure!(
                page.stage("session").await? == session,
                "another session was begun"
            );

            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await
        })
        .await
}

#[tokio::test]
async fn after_three_failed_attempts_a_new_start_is_offered_and_works() -> Result<()> {
    let viva = Viva::start().await?;
    let proxy = Proxy::start(viva.address).await?;
    Browser::with(Microphone::AskAgain)
        .visit(&proxy.url(), async |page| {
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-turn", 40).await?;
            let session = page.stage("session").await?;

            proxy.cut();
            page.until_phase("failed", 30).await?;
            page.until_shown(".vv-message[data-severity=failure]", 5).await?;
            ensure!(page.turns().await? > 0, "what was measured is gone");
            page.picture("connection-lost").await?;

            proxy.mend();
            page.click(".vv-message button").await?;
            page.until(
                "['listening', 'hearing'].includes(document.querySelector('.vv-app').dataset.phase)",
                20,
            )
            .await?;
            ensure!(
                page.stage("session").await? != session,
                "the old session cannot be the new one"
            );
            Ok(())
        })
        .await
}
