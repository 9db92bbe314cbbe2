//! The page Providers: keys of one's own, against a vendor that tells right ones from wrong ones.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use thirtyfour::Key;
use viva_fakes::vendors::keys::{KeyAnswer, KeyServer, KeyVendor};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

const KEY: &str = "sk-0123456789-hidden-abcd";
/// What the page says to whoever is not signed in any more.
const WAY_IN: &str = ".vv-messages a[href='/login?next=/providers']";
/// Nothing of whoever runs the tests.
const NO_KEYS: [(&str, &str); 2] = [("OPENAI_API_KEY", ""), ("AZURE_OPENAI_API_KEY", "")];

fn address(viva: &Viva) -> String {
    format!("{}providers", viva.url())
}

/// Something in the card of a provider.
fn of(provider: &str, rest: &str) -> String {
    format!("li[data-provider={provider}]{rest}")
}

async fn until_focused(page: &Page, selector: &str) -> Result<()> {
    page.until(&format!("document.activeElement.matches({selector:?})"), 5)
        .await
}

/// Types a key where the focus is, and sends it.
async fn send(page: &Page, provider: &str, key: &str) -> Result<()> {
    until_focused(page, &of(provider, " [data-field=key]")).await?;
    if !key.is_empty() {
        page.press(key).await?;
    }
    page.press(Key::Enter).await
}

/// Waits for trouble beside a field, and returns what it says.
async fn until_trouble(page: &Page, provider: &str, field: &str) -> Result<String> {
    let input = of(provider, &format!(" [data-field={field}]"));
    page.until_shown(&format!("{input}[aria-invalid=true]"), 20)
        .await?;
    until_focused(page, &input).await?;
    page.text(&format!("{input} ~ .vv-key-trouble")).await
}

/// The key is nowhere in the page, in what it shows, in its fields or in what the browser remembers.
async fn nothing_holds_the_key(page: &Page) -> Result<()> {
    let held = format!(
        "(document.documentElement.outerHTML + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) +
            [...document.querySelectorAll('input')].map(input => input.value)).includes({KEY:?})"
    );
    ensure!(page.value(&held).await? == false, "the page holds the key");
    Ok(())
}

#[tokio::test]
async fn a_key_is_given_checked_replaced_and_deleted() -> Result<()> {
    let vendor = KeyServer::start(KeyVendor::OpenAi, KEY).await?;
    let viva = Viva::start_with(&NO_KEYS).await?;
    Browser::with(Microphone::NotAllowed)
        .visit(&address(&viva), async |page| {
            page.until_shown(&of("offline", "[data-standing=no-key-needed]"), 5)
                .await?;
            page.until_shown(&of("openai", "[data-standing=no-key]"), 5)
                .await?;
            page.picture("providers").await?;

            page.click(&of("openai", " .vv-key-open")).await?;
            send(page, "openai", "").await?;
            until_trouble(page, "openai", "key").await?;
            page.write(&of("openai", " [data-field=base-url]"), &vendor.base_url())
                .await?;
            page.click(&of("openai", " [data-field=key]")).await?;
            send(page, "openai", "sk-0123456789-wrong-efgh").await?;
            page.until_shown(&of("openai", " .vv-key-said[data-said=failed]"), 20)
                .await?;
            let said = until_trouble(page, "openai", "key").await?;
            ensure!(said.contains("does not take this key"), "{said}");
            ensure!(
                page.value("document.activeElement.value").await? == "",
                "what was sent stays"
            );
            page.picture("providers-refused").await?;

            send(page, "openai", KEY).await?;
            page.until_shown(&of("openai", "[data-standing=own-key]"), 20)
                .await?;
            page.until_shown(&of("openai", " .vv-key-said[data-said=saved]"), 5)
                .await?;
            until_focused(page, &of("openai", " .vv-key-open")).await?;
            let card = page.text(&of("openai", "")).await?;
            ensure!(
                card.contains("sk-…abcd") && card.contains(&vendor.base_url()),
                "{card}"
            );
            nothing_holds_the_key(page).await?;
            page.picture("providers-own-key").await?;

            page.click(&of("openai", " .vv-key-check")).await?;
            page.until_shown(&of("openai", " .vv-key-said[data-said=checked]"), 20)
                .await?;
            vendor.answer(KeyAnswer::refusing(401, "invalid_api_key", "Incorrect API key"));
            page.click(&of("openai", " .vv-key-check")).await?;
            page.until_shown(&of("openai", "[data-standing=refused-key]"), 20)
                .await?;
            page.picture("providers-refused-key").await?;

            // The address that went with the old key is there already.
            page.click(&of("openai", " .vv-key-open")).await?;
            send(page, "openai", KEY).await?;
            page.until_shown(&of("openai", "[data-standing=own-key]"), 20)
                .await?;
            nothing_holds_the_key(page).await?;

            page.click(&of("openai", " .vv-key-delete")).await?;
            until_focused(page, &of("openai", " .vv-key-keep")).await?;
            page.picture("providers-delete").await?;
            page.press(Key::Escape).await?;
            until_focused(page, &of("openai", " .vv-key-delete")).await?;
            page.press(Key::Enter).await?;
            page.click(&of("openai", " .vv-key-do-delete")).await?;
            page.until_shown(&of("openai", "[data-standing=no-key]"), 10)
                .await?;
            page.until_shown(&of("openai", " .vv-key-said[data-said=deleted]"), 5)
                .await?;
            until_focused(page, &of("openai", " .vv-key-open")).await
        })
        .await
}

#[tokio::test]
async fn what_is_wrong_is_told_where_it_is_to_be_mended_in_the_reader_s_language() -> Result<()> {
    let vendor = KeyServer::start(KeyVendor::OpenAi, KEY).await?;
    let viva = Viva::start_with(&NO_KEYS).await?;
    Browser::with(Microphone::NotAllowed)
        .languages("zh-TW,zh")
        .visit(&address(&viva), async |page| {
            page.until_shown(&of("azure-openai", " .vv-key-open"), 5).await?;
            page.click(&of("azure-openai", " .vv-key-open")).await?;
            send(page, "azure-openai", KEY).await?;
            let said = until_trouble(page, "azure-openai", "base-url").await?;
            ensure!(said == "請填寫此欄。", "{said}");
            page.press(Key::Escape).await?;
            until_focused(page, &of("azure-openai", " .vv-key-open")).await?;

            page.click(&of("openai", " .vv-key-open")).await?;
            let base_url = of("openai", " [data-field=base-url]");
            for (url, words, detail) in [
                (
                    "http://169.254.169.254/v1",
                    "網址不得指向雲端的中繼資料服務。",
                    "",
                ),
                (
                    "http://127.0.0.1:1/v1",
                    "無法連上服務。",
                    "Nothing takes connections",
                ),
                ("nonsense", "網址必須以 http:// 或 https:// 開頭。", ""),
            ] {
                page.value(&format!("document.querySelector({base_url:?}).value = ''"))
                    .await?;
                page.write(&base_url, url).await?;
                page.click(&of("openai", " [data-field=key]")).await?;
                send(page, "openai", KEY).await?;
                page.until_shown(&of("openai", " .vv-key-said[data-said=failed]"), 20)
                    .await?;
                let said = until_trouble(page, "openai", "base-url").await?;
                ensure!(said.starts_with(words) && said.contains(detail), "{url}: {said}");
            }
            page.picture("providers-wrong-address-zh").await?;

            let limit = KeyAnswer::refusing(429, "rate_limit_exceeded", "Slow down");
            vendor.answer(limit.asking_again_after(Duration::from_secs(7)));
            page.value(&format!("document.querySelector({base_url:?}).value = ''"))
                .await?;
            page.write(&base_url, &vendor.base_url()).await?;
            page.click(&of("openai", " [data-field=key]")).await?;
            send(page, "openai", KEY).await?;
            page.until(
                &format!(
                    "document.querySelector({:?}).innerText.includes(' 7 ')",
                    of("openai", " .vv-key-said")
                ),
                20,
            )
            .await
        })
        .await
}

#[tokio::test]
async fn links_lead_from_page_to_page() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::NotAllowed)
        .visit(&url, async |page| {
            for (path, title, here) in [
                ("/compare", "Compare – Viva", ".vv-choose"),
                ("/providers", "Providers – Viva", ".vv-provider-list"),
                ("/", "Talk – Viva", ".vv-main-action"),
            ] {
                page.follow(&format!(".vv-pages a[href='{path}']")).await?;
                page.until_shown(here, 5).await?;
                page.until(&format!("document.title === {title:?}"), 5).await?;
                ensure!(page.value("location.pathname").await? == path);
                let current = page
                    .value("document.querySelector('.vv-pages [aria-current=page]').getAttribute('href')")
                    .await?;
                ensure!(current == path, "{current} is current on {path}");
            }
            Ok(())
        })
        .await
}

#[tokio::test]
async fn who_is_signed_out_meanwhile_is_led_to_where_they_sign_in() -> Result<()> {
    let viva = Viva::start_with(&[("VIVA__AUTH__MODE", "token")]).await?;
    let (token, url) = (viva.token("ada").await?, viva.url());
    Browser::with(Microphone::NotAllowed)
        .token(&token)
        .visit(&url, async |page| {
            page.follow(".vv-pages a[href='/providers']").await?;
            page.until_shown(&of("openai", " .vv-key-open"), 5).await?;
            page.picture("providers-signed-in").await?;
            page.devtools("Network.clearBrowserCookies", json!({})).await?;
            page.click(&of("openai", " .vv-key-open")).await?;
            send(page, "openai", KEY).await?;
            page.until_shown(WAY_IN, 10).await?;
            nothing_holds_the_key(page).await?;
            page.picture("providers-signed-out").await?;
            page.click(WAY_IN).await?;
            page.until_shown("#token", 5).await?;
            page.sign_in(&token).await?;
            // Back where they were.
            page.until_shown(&of("openai", " .vv-key-open"), 10).await
        })
        .await
}
