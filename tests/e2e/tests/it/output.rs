//! The end of a measurement: when the answer is audible at the loudspeaker, not when the page has computed it.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::statistics::until_stored;
use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

/// How much later the output is, in ms.
const LATE_MS: f64 = 1_500.0;
/// How much two turns differ by themselves at most, in ms, also while the machine is busy.
const NOISE_MS: f64 = 700.0;

/// The browser says that each sample is audible so much later than it is.
const AUDIBLE_LATER: &str = "(() => {
    const { prototype } = AudioContext;
    const timestamp = prototype.getOutputTimestamp;
    prototype.getOutputTimestamp = function () {
        const { contextTime, performanceTime } = timestamp.call(this);
        return { contextTime, performanceTime: performanceTime + 1500 };
    };
})()";

/// The browser says nothing of single samples, as Safari until it plays, but how late they all are.
const LATENCY_ALONE: &str = "(() => {
    const { prototype } = AudioContext;
    prototype.getOutputTimestamp = () => ({ contextTime: 0, performanceTime: 0 });
    Object.defineProperty(prototype, 'outputLatency', { get: () => 1.5 });
})()";

/// Whether an answer that is heard so much later, as far as this script says, is so much later in its figures.
async fn is_counted(script: &str) -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            page.give_options(&json!({"answers": ["Yes.", "No."]})).await?;
            page.click(".vv-main-action").await?;
            until_stored(page, 1).await?;
            page.value(script).await?;
            until_stored(page, 2).await?;
            let turns = page.stored("turns").await?;
            let ms = |turn: usize, field: &str| {
                let figure = turns["items"][turn]["latency"][field].as_f64();
                figure.with_context(|| format!("no {field} in {turns}"))
            };
            let (before, after) = (ms(0, "network_playout_ms")?, ms(1, "network_playout_ms")?);
            ensure!(
                (after - before - LATE_MS).abs() <= NOISE_MS,
                "playout takes {after} ms after {before} ms"
            );
            let rest = |turn| -> Result<f64> { Ok(ms(turn, "total_ms")? - ms(turn, "network_playout_ms")?) };
            let (before, after) = (rest(0)?, rest(1)?);
            ensure!(
                (after - before).abs() <= NOISE_MS,
                "the rest takes {after} ms after {before} ms"
            );
            Ok(())
        })
        .await
}

#[tokio::test]
async fn an_answer_counts_as_heard_when_its_first_sample_is_audible() -> Result<()> {
    is_counted(AUDIBLE_LATER).await
}

#[tokio::test]
async fn where_nothing_is_known_of_single_samples_the_latency_of_the_output_counts() -> Result<()> {
    is_counted(LATENCY_ALONE).await
}
