//! The button that has the server test its own figures.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

const SUMMARY: &str = ".vv-selftest-sum";

/// How many parts the certificate's table has, below a heading for each mode.
const CERTIFIED: &str = "document.querySelectorAll('.vv-selftest tbody td:first-of-type').length";

/// Whether the newest certificate of the server is the one that is shown.
async fn shows_the_newest(page: &Page) -> Result<String> {
    let newest = page.answer("/api/v1/selftest").await?["newest"].clone();
    let parts = newest["parts"].as_array().context("a certificate")?;
    let worst = |part: &&Value| part["p95_ms"].as_f64().unwrap_or_default();
    let total = parts
        .iter()
        .filter(|part| part["part"] == "total_ms")
        .max_by(|one, other| worst(one).total_cmp(&worst(other)))
        .context("an error of the total")?;
    page.until_shown(SUMMARY, 5).await?;
    let shown = page.text(SUMMARY).await?;
    let expected = format!("95 % within {:.1} ms, {} turns", worst(&total), newest["turns"]);
    ensure!(shown.contains(&expected), "{shown:?} is not {expected:?}");
    let certified = page.value(CERTIFIED).await?;
    ensure!(certified == parts.len(), "{certified} of {} parts", parts.len());
    Ok(shown)
}

#[tokio::test]
async fn the_self_test_runs_from_the_page_and_its_certificate_stays() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            let before = page.text(".vv-selftest").await?;
            ensure!(before.contains("Not tested"), "it says {before:?}");
            page.click(".vv-selftest button").await?;
            page.until_shown(".vv-selftest button:disabled", 10).await?;
            page.until(
                "/Testing: [0-9]+ of 200/.test(document.querySelector('.vv-selftest').textContent)",
                10,
            )
            .await?;
            page.until_shown(".vv-selftest button:enabled", 180).await?;
            let shown = shows_the_newest(page).await?;
            page.click(".vv-selftest summary").await?;
            page.picture("self-test").await?;

            page.reload().await?;
            ensure!(
                shows_the_newest(page).await? == shown,
                "another certificate is shown after the page was loaded anew"
            );
            Ok(())
        })
        .await
}
