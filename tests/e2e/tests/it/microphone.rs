use anyhow::{Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

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
