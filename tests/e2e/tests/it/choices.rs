use anyhow::{Result, ensure};
use thirtyfour::Key;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

const MODEL: &str = "#vv-llm-model";

/// Somebody's own server, which takes OpenAI's place. Nobody has to be there for a choice.
const OWN_SERVER: (&str, &str) = ("VIVA__PROVIDERS__OPENAI__BASE_URL", "http://127.0.0.1:1/v1");

/// The provider is chosen as a person does who knows the page's lists; the browser's own list is not part of the page.
const CHOOSE_OPENAI: &str = "(() => {
    const list = document.querySelector('[data-part=llm] select');
    list.value = 'openai';
    list.dispatchEvent(new Event('change', {bubbles: true}));
})()";

async fn until_value(page: &Page, value: &str) -> Result<()> {
    page.until(
        &format!("document.querySelector('{MODEL}').value === '{value}'"),
        5,
    )
    .await
}

async fn open_list(page: &Page) -> Result<()> {
    page.click(MODEL).await?;
    page.until_shown(&format!("{MODEL}-list:not([hidden])"), 5).await
}

#[tokio::test]
async fn a_model_can_be_typed_and_is_remembered() -> Result<()> {
    let viva = Viva::start_with(&[OWN_SERVER]).await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-mode[data-mode=cascade]").await?;
            page.until_shown("[data-part=llm] option[value=openai]:not(:disabled)", 10)
                .await?;
            page.value(CHOOSE_OPENAI).await?;
            page.until_shown(MODEL, 5).await?;

            open_list(page).await?;
            page.press("qwen3:8b").await?;
            page.press(Key::Tab).await?;
            until_value(page, "qwen3:8b").await?;
            ensure!(
                page.value(&format!("document.querySelector('{MODEL}-list').hidden")).await? == true,
                "the list stays open"
            );
            page.reload().await?;
            page.until_shown(MODEL, 10).await?;
            until_value(page, "qwen3:8b").await?;

            // A suggestion goes by its name, and is remembered by its id.
            open_list(page).await?;
            page.press(Key::Down).await?;
            page.press(Key::Down).await?;
            page.until_shown(&format!("{MODEL}-1[aria-selected=true]"), 5)
                .await?;
            page.until(
                &format!("document.querySelector('{MODEL}').getAttribute('aria-activedescendant') === 'vv-llm-model-1'"),
                5,
            )
            .await?;
            page.press(Key::Enter).await?;
            until_value(page, "GPT-6 Luna").await?;
            page.reload().await?;
            page.until_shown(MODEL, 10).await?;
            until_value(page, "GPT-6 Luna").await?;

            // Escape only closes the list; nothing is the provider's default.
            open_list(page).await?;
            page.press(Key::Escape).await?;
            page.until_shown(&format!("{MODEL}-list[hidden]"), 5).await?;
            until_value(page, "GPT-6 Luna").await?;
            open_list(page).await?;
            page.click(&format!("{MODEL}-0")).await?;
            until_value(page, "").await
        })
        .await
}

#[tokio::test]
async fn suggestions_fit_every_screen_in_both_languages() -> Result<()> {
    let viva = Viva::start_with(&[OWN_SERVER]).await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-mode[data-mode=cascade]").await?;
            page.until_shown("[data-part=llm] option[value=openai]:not(:disabled)", 10)
                .await?;
            page.value(CHOOSE_OPENAI).await?;
            page.until_shown(MODEL, 5).await?;
            // A phone shows the setup as a sheet; on a large screen the button is not there.
            page.value("document.querySelector('.vv-sheet-button').click()")
                .await?;
            for name in ["suggestions", "suggestions-zh"] {
                page.value(&format!(
                    "document.querySelector('{MODEL}').scrollIntoView({{block: 'center'}})"
                ))
                .await?;
                open_list(page).await?;
                page.press(Key::Down).await?;
                page.picture(name).await?;
                page.press(Key::Escape).await?;
                page.click(".vv-language").await?;
            }
            Ok(())
        })
        .await
}
