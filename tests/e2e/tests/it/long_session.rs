use anyhow::{Context as _, Result, ensure};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// Lays the page out again and again after the level's figure has changed; answers how many ms it took at a time.
const LAY_OUT: &str = "(() => {
    const figure = document.querySelector('.vv-meter-figure .vv-number').firstChild;
    const began = performance.now();
    for (let time = 0; time < 200; time += 1) {
        figure.data = `-${time}`;
        document.body.getBoundingClientRect();
    }
    return (performance.now() - began) / 200;
})()";

/// As if there had been more turns: the lines and the bars of those that there were, over and over.
fn go_on(lines: u32) -> String {
    format!(
        "document.querySelectorAll('.vv-transcript ol, .vv-turns').forEach(list => {{
            const lines = [...list.querySelectorAll('li')];
            while (list.childElementCount < {lines}) lines.forEach(line => list.append(line.cloneNode(true)));
        }})"
    )
}

#[tokio::test]
async fn a_long_conversation_is_laid_out_as_quickly_as_a_short_one() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_shown("li[data-role=ai] .vv-play", 40).await?;
            // As many as can be seen are laid out.
            page.value(&go_on(30)).await?;
            let short = quickest(page).await?;
            page.value(&go_on(300)).await?;
            let long = quickest(page).await?;
            ensure!(
                long < 2.0 * short,
                "{short:.2} ms with 30 lines, and {long:.2} ms with 300"
            );
            Ok(())
        })
        .await
}

async fn quickest(page: &Page) -> Result<f64> {
    let mut quickest = f64::INFINITY;
    for _ in 0..5 {
        let took = page.value(LAY_OUT).await?;
        quickest = quickest.min(took.as_f64().context("a number")?);
    }
    Ok(quickest)
}
