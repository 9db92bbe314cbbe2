//! A server that wants a token: people sign in on a form, talk, and sign out.

use anyhow::{Result, ensure};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

const SESSIONS: &str = "/api/v1/interaction/sessions";

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
