//! A server that wants a token: people sign in on a form, talk, and sign out.

use anyhow::{Result, ensure};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

const SESSIONS: &str = "/api/v1/interaction/sessions";
/// What the page says to whoever is not signed in any more.
const WAY_IN: &str = ".vv-message[data-severity=failure] a[href='/login']";

#[tokio::test]
async fn somebody_signs_in_talks_and_signs_out() -> Result<()> {
    let viva = Viva::start_with(&[("VIVA__AUTH__MODE", "token")]).await?;
    let (token, url) = (viva.token("ada").await?, viva.url());
    Browser::with(Microphone::AskOnce)
        .token(&token)
        .visit(&url, async |page| {
            page.picture("signed-in").await?;
            ensure!(
                page.value("document.cookie").await? == "",
                "no script sees the cookie"
            );
            page.click(".vv-main-action").await?;
            page.until_heard(30).await?;
            ensure!(page.answer(SESSIONS).await?["total"] == 1);

            // Who leaves during a conversation would be asked first.
            page.click(".vv-main-action").await?;
            page.until_phase("ended", 10).await?;
            page.click(".vv-account").await?;
            page.until_shown("form[action='/logout']", 5).await?;
            page.picture("account").await?;
            page.click("form button").await?;
            page.until_shown("#token", 5).await?;
            page.picture("sign-in").await?;
            // The page sends whoever is signed out back to the form, as a new document.
            page.value("window.isOld = true").await?;
            page.click("a[href='/']").await?;
            page.until("!window.isOld && document.querySelector('#token') !== null", 5)
                .await?;
            page.sign_in("nonsense").await?;
            page.until_shown("[role=alert]", 5).await
        })
        .await
}

#[tokio::test]
async fn whoever_loses_their_token_is_told_and_shown_the_way_in() -> Result<()> {
    let viva = Viva::start_with(&[("VIVA__AUTH__MODE", "token")]).await?;
    let (token, another, url) = (viva.token("ada").await?, viva.token("ada").await?, viva.url());
    Browser::with(Microphone::AskAgain)
        .token(&token)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-turn", 40).await?;
            viva.revoke(&token).await?;
            // It is found out within half a minute.
            page.until_shown(WAY_IN, 40).await?;
            page.until_phase("failed", 5).await?;
            let told = page.text(".vv-message").await?;
            ensure!(told.contains("You are signed out"), "it says: {told}");
            ensure!(page.turns().await? > 0, "what was said is gone");
            page.picture("signed-out").await?;

            // A new start fails for the same reason, and says so.
            page.value("window.told = document.querySelector('.vv-message')")
                .await?;
            page.click(".vv-main-action").await?;
            page.until("document.querySelector('.vv-message') !== window.told", 15)
                .await?;
            page.until_shown(WAY_IN, 15).await?;
            page.click(WAY_IN).await?;
            page.until_shown("#token", 5).await?;
            page.sign_in(&another).await?;
            page.until_phase("ready", 15).await?;
            ensure!(page.answer(SESSIONS).await?["total"] == 1);
            Ok(())
        })
        .await
}
