use anyhow::{Result, ensure};
use thirtyfour::Key;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

#[tokio::test]
async fn the_page_speaks_the_browser_s_language_and_remembers_another_choice() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .languages("zh-TW,zh")
        .visit(&url, async |page| {
            ensure!(page.text(".vv-main-action").await? == "開始");
            ensure!(page.value("document.documentElement.lang").await? == "zh-TW");
            page.picture("ready-zh").await?;
            page.click(".vv-language").await?;
            page.until("document.documentElement.lang === 'en'", 5).await?;
            ensure!(page.text(".vv-main-action").await? == "Start");
            page.reload().await?;
            page.until(
                "document.querySelector('.vv-main-action').innerText === 'Start'",
                5,
            )
            .await?;
            // The server wrote the browser's language; readers and spelling must follow the words.
            page.until("document.documentElement.lang === 'en'", 5).await
        })
        .await
}

#[tokio::test]
async fn a_conversation_needs_no_mouse() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.press(" ").await?;
            page.until_phase("speaking", 30).await?;
            page.press(Key::Escape).await?;
            page.until_phase("interrupted", 5).await?;
            page.until_shown("li[data-role=ai] .vv-line-cut", 10).await?;
            page.press("m").await?;
            page.until_shown(".vv-mute[aria-pressed=true]", 5).await?;
            page.press("m").await?;
            page.until_shown(".vv-mute[aria-pressed=false]", 5).await
        })
        .await
}
