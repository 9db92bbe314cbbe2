use anyhow::{Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

/// How many dots the strip chart has above and below its middle line, in the colour of the user and in that of the AI.
const STRIP: &str = "['user', 'ai'].map(side => {
    const canvas = document.querySelector('.vv-strip canvas');
    const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const style = getComputedStyle(document.querySelector(`.vv-strip [data-side=${side}]`));
    const colour = style.color.match(/[0-9]+/g).map(Number);
    const counts = [0, 0];
    for (let dot = 0; dot < width * height; dot += 1) {
        // Bars that cover a dot in part are blended; such a dot says its colour less exactly.
        const [red, green, blue, alpha] = data.subarray(dot * 4, dot * 4 + 4);
        const isOf = [red, green, blue].every((part, i) => Math.abs(part - colour[i]) < 8) && alpha > 100;
        const row = Math.floor(dot / width) - Math.round(height / 2);
        if (isOf && row !== 0) counts[row < 0 ? 0 : 1] += 1;
    }
    return counts;
})";

/// The user above the line only, and the AI below.
const HEARD_BOTH: &str =
    "([[user, noUser], [noAi, ai]]) => user > 100 && noUser === 0 && noAi === 0 && ai > 100";

/// Whether the browser would ask whoever left the page now.
const ASKS: &str = "!window.dispatchEvent(new Event('beforeunload', {cancelable: true}))";

#[tokio::test]
async fn a_question_is_answered_in_speech_and_its_latency_is_shown() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.picture("ready").await?;
            let strip = page.value(STRIP).await?;
            ensure!(
                strip == json!([[0, 0], [0, 0]]),
                "painted before anybody spoke: {strip}"
            );
            page.click(".vv-main-action").await?;
            page.until_shown("[data-phase=hearing] .vv-meter[data-verdict=fine]", 20)
                .await?;
            page.until_phase("speaking", 20).await?;
            page.until_shown(".vv-turn .vv-turn-total .vv-number", 20).await?;
            page.until(
                "Number(document.querySelector('.vv-stage').dataset.playedSamples) > 60000",
                20,
            )
            .await?;
            page.until(&format!("({HEARD_BOTH})({STRIP})"), 5).await?;
            ensure!(page.value(ASKS).await? == true, "who leaves is not asked");
            page.picture_for_readme().await?;
            page.picture("speaking").await?;
            page.until_phase("listening", 30).await?;

            page.until_heard(5).await?;
            let latency = page.latency_ms(5).await?;
            ensure!((200.0..10_000.0).contains(&latency), "a latency of {latency} ms");
            page.until_shown("li[data-role=ai] .vv-play", 10).await?;

            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await?;
            page.until_phase("ended", 5).await?;
            let turns = page.text(".vv-summary .vv-facts dd").await?;
            ensure!(turns == "1", "the summary counts {turns} turns");
            ensure!(page.value(ASKS).await? == false, "who leaves is asked in vain");
            page.picture("ended").await
        })
        .await
}

#[tokio::test]
async fn the_recording_of_a_turn_plays() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_shown("li[data-role=user] .vv-play", 40).await?;
            page.click(".vv-main-action").await?;
            page.until_phase("ended", 10).await?;
            page.click("li[data-role=user] .vv-play").await?;
            page.until_shown("li[data-role=user] .vv-play[aria-pressed=true]", 5)
                .await?;
            // It ends by itself, and nothing complains.
            page.until_shown("li[data-role=user] .vv-play[aria-pressed=false]", 15)
                .await?;
            ensure!(
                page.value("document.querySelector('.vv-message') === null")
                    .await?
                    == true
            );
            Ok(())
        })
        .await
}
