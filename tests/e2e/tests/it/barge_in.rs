//! Speaking over the AI.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

/// From the first voiced sample of the interruption to silence at the loudspeaker, in ms, of half of them. `cargo xtask truth`
/// says how long it takes; here the machine may be busy.
const SILENT_WITHIN_MS: f64 = 250.0;
/// What is promised of every interruption.
const PROMISED_MS: f64 = 500.0;
/// How often the AI is interrupted.
const INTERRUPTIONS: usize = 3;
/// How long a message is on its way in [`SLOW_NETWORK`], in ms. There and back it takes longer than is promised, but what pauses
/// the AI still hears in time, within a second, that it was speech.
const ONE_WAY_MS: f64 = 275.0;
/// The question is asked again every 5.9 s.
const ASKED_EVERY_S: u64 = 6;

/// How long the user speaks over the AI in [`Microphone::SpeakOver`], in ms.
const SPOKEN_OVER_MS: f64 = 1_800.0;
/// Length of a frame of audio, in ms.
const FRAME_MS: f64 = 20.0;
/// How far the browser's clocks may be apart within an answer, in ms. A cough pauses it for far longer.
const CLOCKS_MS: f64 = 60.0;

/// Keeps in `played` what the page reports of its playback.
const NOTE_PLAYBACK: &str = "(message) => {
    window.played ??= [];
    if (message.type === 'playback' && message.event !== 'progress') played.push(message);
    return message;
}";

/// Every message takes its time, in both directions.
const SLOW_NETWORK: &str = "(() => {
    const later = (task) => setTimeout(task, 275);
    const { prototype } = WebSocket;
    const send = prototype.send;
    prototype.send = function (data) {
        // The page writes the next message to where this one is.
        const sent = typeof data === 'string' ? data : data.slice();
        later(() => send.call(this, sent));
    };
    const { set } = Object.getOwnPropertyDescriptor(prototype, 'onmessage');
    Object.defineProperty(prototype, 'onmessage', {
        set(take) {
            this.take = take;
            set.call(this, (event) => later(() => this.take?.(event)));
        },
    });
})()";

/// It is not over when the next question comes.
const LONG_ANSWER: &str = "This answer is so long that nobody hears all of it. It goes on and on, sentence after sentence, \
                           until somebody speaks over it, and would take a quarter of a minute if nobody did.";

const PAUSED_OR_CUT: &str = "document.querySelector('.vv-line-paused, .vv-line-cut') !== null";

/// What the page says of the interruptions so far: how long each took to silence the AI, in ms.
async fn silences(page: &Page) -> Result<Vec<f64>> {
    let silences = page
        .value("[...document.querySelectorAll('.vv-line-cut[data-silent-ms]')].map(cut => Number(cut.dataset.silentMs))")
        .await?;
    let silences = silences.as_array().context("a list")?;
    silences
        .iter()
        .map(|ms| ms.as_f64().context("a number"))
        .collect()
}

#[tokio::test]
async fn who_speaks_over_the_ai_silences_it_and_is_answered() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::SpeakOver)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_phase("speaking", 20).await?;
            page.until_phase("interrupted", 20).await?;
            page.until_shown(".vv-line-cut[data-silent-ms]", 5).await?;
            let silences = silences(page).await?;
            ensure!(
                silences[0] <= PROMISED_MS,
                "the AI was silent after {} ms",
                silences[0]
            );
            page.until_shown("li[data-role=ai] del", 5).await?;
            page.picture("interrupted").await?;
            // The interruption is the next turn.
            page.until("document.querySelectorAll('li[data-role=ai]').length === 2", 20)
                .await?;
            let cause = page.text(".vv-line-cut").await?;
            ensure!(cause.contains("interrupted at"), "it says {cause:?}");

            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await
        })
        .await
}

/// Whether the answer was played from its beginning to where it paused, and from there to its end: what is played takes as long
/// as it is.
async fn whole_but_for_the_pause(page: &Page) -> Result<()> {
    let turns = page.stored("turns").await?;
    let turn = &turns["items"][0];
    let ms = |value: &Value| value.as_f64().with_context(|| format!("no number: {value}"));
    let length_ms = ms(&turn["ai_audio_ms"])?;
    ensure!(
        (ms(&turn["played_ms"])? - length_ms).abs() <= FRAME_MS,
        "the server has {turn}"
    );
    let reports = page.value("played").await?;
    let told = page.value("played.map(({ event }) => event)").await?;
    ensure!(
        told == json!(["started", "paused", "resumed", "finished"]),
        "it told {reports}"
    );
    let played = |index: usize| ms(&reports[index]["played_ms"]);
    ensure!(
        (played(1)? - played(2)?).abs() < f64::EPSILON,
        "it went on elsewhere: {reports}"
    );
    ensure!(
        (played(3)? - length_ms).abs() <= FRAME_MS,
        "{reports} of {length_ms} ms"
    );
    for (from, to) in [(0, 1), (2, 3)] {
        let took_ms = ms(&reports[to]["at"])? - ms(&reports[from]["at"])?;
        let played_ms = played(to)? - played(from)?;
        ensure!(
            (took_ms - played_ms).abs() <= CLOCKS_MS,
            "{played_ms} ms were played in {took_ms} ms: {reports}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_cough_pauses_the_ai_and_it_goes_on() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::Cough)
        .visit(&url, async |page| {
            // Who suppresses noise hears no cough.
            page.take_the_microphone_as_it_is().await?;
            page.change_messages(NOTE_PLAYBACK).await?;
            page.click(".vv-main-action").await?;
            page.until_phase("speaking", 20).await?;
            let told = page.text(".vv-message").await?;
            ensure!(told.contains("does not cancel echo"), "it says {told:?}");
            page.until_shown(".vv-line-paused[data-count='1']", 30).await?;
            page.until_phase("listening", 20).await?;
            let cut = page.value("document.querySelector('.vv-line-cut, li[data-role=ai] del') === null");
            ensure!(cut.await? == true, "the cough cut the answer");
            // What is stored says the same.
            page.until_shown("li[data-role=ai] .vv-play", 10).await?;
            let stored = "document.querySelector('.vv-line-paused').dataset.count";
            ensure!(page.value(stored).await? == "1", "another number is stored");
            whole_but_for_the_pause(page).await?;
            page.picture("coughed").await
        })
        .await
}

#[tokio::test]
async fn with_barge_in_off_the_ai_does_not_even_pause() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::SpeakOver)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_phase("hearing", 20).await?;
            // While the session runs.
            page.click(".vv-setup-barge-in .vv-switch").await?;
            page.until_phase("speaking", 20).await?;
            page.until("document.querySelectorAll('li[data-role=ai]').length === 2", 40)
                .await?;
            ensure!(
                page.value(PAUSED_OR_CUT).await? == Value::Bool(false),
                "the AI did not finish"
            );
            page.click(".vv-main-action").await?;
            page.until_shown(".vv-summary", 10).await
        })
        .await
}

#[tokio::test]
async fn with_barge_in_off_from_the_beginning_what_is_said_over_the_ai_is_the_next_turn() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::SpeakOver)
        .visit(&url, async |page| {
            page.click(".vv-setup-barge-in .vv-switch").await?;
            page.until_shown(".vv-setup-barge-in input:not(:checked)", 5)
                .await?;
            page.click(".vv-main-action").await?;
            page.until_phase("speaking", 20).await?;
            let state = page.text(".vv-state-words").await?;
            ensure!(!state.contains("Talk over it"), "the page says {state:?}");
            page.until(
                "document.querySelectorAll('li[data-role=ai] .vv-play').length === 2",
                40,
            )
            .await?;
            ensure!(
                page.value(PAUSED_OR_CUT).await? == Value::Bool(false),
                "the AI did not finish"
            );
            let turns = page.stored("turns").await?;
            let turns = turns["items"].as_array().context("turns")?;
            ensure!(turns.len() == 2, "there are {} turns", turns.len());
            for turn in turns {
                ensure!(
                    turn["interrupted"] == false && turn["false_interruptions"] == 0,
                    "a turn was interrupted: {turn}"
                );
            }
            let said_ms = turns[1]["user_audio_ms"].as_f64().context("a recording")?;
            ensure!(said_ms >= SPOKEN_OVER_MS, "only {said_ms} ms of it were kept");
            Ok(())
        })
        .await
}

/// Interrupts the AI again and again; it must be silent in time.
async fn silences_in_time(page: &Page) -> Result<()> {
    page.click(".vv-main-action").await?;
    page.until_phase("interrupted", 40).await?;
    let limit_s = (INTERRUPTIONS as u64 + 2) * ASKED_EVERY_S;
    let enough =
        format!("document.querySelectorAll('.vv-line-cut[data-silent-ms]').length >= {INTERRUPTIONS}");
    page.until(&enough, limit_s).await?;
    let mut silences = silences(page).await?;
    silences.sort_by(f64::total_cmp);
    let (median, worst) = (silences[silences.len() / 2], silences[silences.len() - 1]);
    ensure!(
        median <= SILENT_WITHIN_MS,
        "half of them took {median} ms and more: {silences:?}"
    );
    ensure!(worst <= PROMISED_MS, "one took {worst} ms");
    Ok(())
}

#[tokio::test]
async fn the_ai_is_silent_at_once_again_and_again() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, silences_in_time)
        .await
}

#[tokio::test]
async fn the_ai_is_silent_before_a_slow_network_can_say_so() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            page.value(SLOW_NETWORK).await?;
            page.give_options(&json!({"answers": [LONG_ANSWER]})).await?;
            silences_in_time(page).await?;
            // It was slow.
            let turns = page.stored("turns").await?;
            let playout_ms = turns["items"][0]["latency"]["network_playout_ms"].as_f64();
            ensure!(
                playout_ms >= Some(2.0 * ONE_WAY_MS),
                "playout took {playout_ms:?} ms"
            );
            Ok(())
        })
        .await
}
