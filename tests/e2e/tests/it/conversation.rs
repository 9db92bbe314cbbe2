//! The page of a conversation that was kept.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use thirtyfour::Key;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::{Page, View};
use viva_e2e_tests::viva::Viva;

pub(crate) const OPEN: &str = ".vv-conversation[data-opening=open]";

/// Listens to what the player's element gives to the loudspeaker.
pub(crate) const LISTEN: &str = "(() => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    const source = context.createMediaElementSource(document.querySelector('.vv-player audio'));
    source.connect(analyser).connect(context.destination);
    const samples = new Float32Array(analyser.fftSize);
    window.loudest = 0;
    setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        loudest = Math.max(loudest, ...samples.map(Math.abs));
    }, 20);
})()";

/// How many dots of the time line are painted in the colours of the user, above the middle, and of the AI, below.
const PAINTED: &str = "['user', 'ai'].map((side, half) => {
    const canvas = document.querySelector('.vv-time-line canvas');
    const height = Math.floor(canvas.height / 2);
    const { data } = canvas.getContext('2d').getImageData(0, half * height, canvas.width, height);
    const style = getComputedStyle(document.querySelector(`[data-ink=${side}]`));
    const colour = style.color.match(/[0-9]+/g).map(Number);
    let count = 0;
    for (let dot = 0; dot < data.length; dot += 4) {
        if (colour.every((part, i) => Math.abs(part - data[dot + i]) < 8) && data[dot + 3] > 100) count += 1;
    }
    return count;
})";

/// Counts how often the player goes to another moment, and how often it begins to play.
pub(crate) const COUNT: &str = "(() => {
    const audio = document.querySelector('.vv-player audio');
    window.sought = 0;
    window.began = 0;
    audio.addEventListener('seeking', () => { sought += 1; });
    audio.addEventListener('playing', () => { began += 1; });
})()";

/// What those hear of the time line who do not see it.
const TOLD: &str = "document.querySelector('[role=slider]').getAttribute('aria-valuetext')";

/// Waits until the page and what plays are at this moment, give or take a tenth.
async fn until_at(page: &Page, ms: f64) -> Result<()> {
    page.until(
        &format!(
            "[Number(document.querySelector('.vv-conversation').dataset.atMs),
              document.querySelector('.vv-player audio').currentTime * 1000].every(at => Math.abs(at - {ms}) <= 100)"
        ),
        5,
    )
    .await
}

fn files_in(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let count = |path: &Path| if path.is_dir() { files_in(path) } else { 1 };
    entries.flatten().map(|entry| count(&entry.path())).sum()
}

/// Holds a conversation of one turn and follows the link to its page.
async fn hold_and_open(page: &Page) -> Result<()> {
    page.click(".vv-main-action").await?;
    page.until_shown("li[data-role=ai] .vv-play", 40).await?;
    page.click(".vv-main-action").await?;
    page.until_shown(".vv-summary a", 10).await?;
    page.follow(".vv-summary a").await?;
    page.until_shown(OPEN, 5).await
}

#[tokio::test]
async fn a_conversation_is_opened_heard_taken_away_and_deleted() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            hold_and_open(page).await?;
            let turns = page.text("[data-fact=turns] dd").await?;
            ensure!(turns == "1", "there are {turns} turns");
            let average = page.text("[data-fact=average] dd").await?;
            ensure!(average.ends_with("ms"), "{average}");
            page.until(&format!("{PAINTED}.every(count => count > 100)"), 5)
                .await?;
            page.picture("conversation").await?;

            page.value(LISTEN).await?;
            let told = page.value(TOLD).await?;
            page.click(".vv-toggle").await?;
            page.until_shown(".vv-player[data-sound=playing]", 10).await?;
            page.until("window.loudest > 0.05", 10).await?;
            page.until_shown("#turn-1[aria-current=true]", 10).await?;
            page.until("document.querySelector('.vv-player audio').currentTime > 1.2", 10)
                .await?;
            let meanwhile = page.value(TOLD).await?;
            ensure!(meanwhile == told, "{meanwhile} is told over the sound");
            page.press(" ").await?;
            page.until_shown(".vv-player[data-sound=still]", 5).await?;
            page.until(&format!("{TOLD} !== {told}"), 5).await?;

            // Anywhere on the time line: a third of it.
            let canvas = "document.querySelector('.vv-time-line canvas')";
            let length = page
                .value("document.querySelector('.vv-player audio').duration * 1000")
                .await?;
            let length = length.as_f64().context("a length")?;
            page.value(&format!(
                "(() => {{
                    const box = {canvas}.getBoundingClientRect();
                    {canvas}.dispatchEvent(new MouseEvent('click', {{
                        bubbles: true, clientX: box.left + box.width / 3, clientY: box.top + 60,
                    }}));
                }})()"
            ))
            .await?;
            until_at(page, length / 3.0).await?;
            page.press(Key::Home).await?;
            until_at(page, 0.0).await?;
            page.press(Key::Right).await?;
            until_at(page, 5_000.0_f64.min(length)).await?;
            page.press(Key::End).await?;
            until_at(page, length).await?;
            page.press(Key::Up).await?;
            page.click("#turn-1 [data-role=ai] .vv-play-from").await?;
            page.until_shown(".vv-player[data-sound=playing]", 10).await?;
            // It presses the button again, which has the focus.
            page.value(COUNT).await?;
            page.press(" ").await?;
            page.until("window.sought > 0", 5).await?;
            page.until_shown(".vv-player[data-sound=playing]", 5).await?;

            downloads(page).await?;

            let recordings = viva.storage().join("interactions");
            ensure!(files_in(&recordings) > 0, "nothing is stored");
            page.click(".vv-recorded-delete").await?;
            page.until("document.querySelector('dialog').open", 5).await?;
            page.until("document.activeElement.matches('.vv-keep')", 5)
                .await?;
            page.picture("conversation-delete").await?;
            page.press(Key::Escape).await?;
            page.until("!document.querySelector('dialog').open", 5).await?;
            let path = page.value("location.pathname").await?;
            let path = path.as_str().context("a path")?.to_owned();
            page.click(".vv-recorded-delete").await?;
            page.click(".vv-do-delete").await?;
            page.until("location.pathname === '/history'", 10).await?;
            ensure!(files_in(&recordings) == 0, "something is left");
            page.value("history.back()").await?;
            page.until("location.pathname === '/'", 10).await?;
            page.open(&format!("{}{}", viva.url(), path.trim_start_matches('/')))
                .await?;
            page.until_shown("[data-opening=failed] .vv-messages a[href='/history']", 5)
                .await
        })
        .await
}

/// Each link leads to a file of its kind, and the menu closes as menus do.
async fn downloads(page: &Page) -> Result<()> {
    page.click(".vv-downloads summary").await?;
    page.picture("conversation-download").await?;
    for (format, media_type) in [
        ("json", "application/json"),
        ("csv", "text/csv"),
        ("wav", "audio/wav"),
        ("zip", "application/zip"),
    ] {
        let file = page
            .value(&format!(
                "fetch(document.querySelector('[data-format={format}]').href).then(async answer => [
                    answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition'),
                    (await answer.arrayBuffer()).byteLength,
                ])"
            ))
            .await?;
        let is_right = file[0] == 200
            && file[1].as_str().is_some_and(|it| it.starts_with(media_type))
            && file[2]
                .as_str()
                .is_some_and(|it| it.contains(&format!(".{format}\"")))
            && file[3].as_u64() > Some(100);
        ensure!(is_right, "{format}: {file}");
    }
    let is_closed = "!document.querySelector('.vv-downloads').open";
    page.value("document.querySelector('[data-format=csv]').focus()")
        .await?;
    page.press(Key::Escape).await?;
    page.until(is_closed, 5).await?;
    page.until("document.activeElement.matches('.vv-downloads summary')", 5)
        .await?;
    page.click(".vv-downloads summary").await?;
    page.until("document.querySelector('.vv-downloads').open", 5)
        .await?;
    page.click(".vv-recorded-title h2").await?;
    page.until(is_closed, 5).await
}

#[tokio::test]
async fn a_conversation_that_goes_on_says_so_and_is_not_deleted() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskOnce)
        .visit(&url, async |page| {
            page.click(".vv-main-action").await?;
            page.until_shown("li[data-role=ai] .vv-play", 40).await?;
            let id = page.stage("session").await?;
            // Its session waits to be resumed.
            page.open(&format!("{url}sessions/{id}")).await?;
            page.until_shown(&format!("{OPEN} [data-message=active]"), 5)
                .await?;
            page.until_shown("[data-fact=status]", 5).await?;
            page.click(".vv-recorded-delete").await?;
            page.click(".vv-do-delete").await?;
            page.until_shown("dialog[open] .vv-recorded-deletion-said span", 5)
                .await?;
            let said = page.text(".vv-recorded-deletion-said").await?;
            ensure!(said.contains("still goes on"), "{said}");
            page.picture("conversation-active").await
        })
        .await
}

#[tokio::test]
async fn what_is_not_there_is_said_with_ways_to_go_on_in_the_reader_s_language() -> Result<()> {
    let viva = Viva::start().await?;
    let gone = format!("{}sessions/0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e", viva.url());
    Browser::with(Microphone::NotAllowed)
        .languages("zh-TW,zh")
        .visit(&gone, async |page| {
            page.until_shown("[data-opening=failed] .vv-messages a[href='/']", 5)
                .await?;
            let said = page.text(".vv-messages p").await?;
            ensure!(said.starts_with("沒有這場對話"), "{said}");
            page.picture("conversation-gone-zh").await?;
            page.open(&format!("{}sessions/nonsense", viva.url())).await?;
            page.until_shown("[data-opening=failed] .vv-messages a[href='/']", 5)
                .await?;

            let id = viva.keep_half_an_hour().await?;
            page.open(&format!("{}sessions/{id}", viva.url())).await?;
            page.until_shown(OPEN, 10).await?;
            let value = page.value(TOLD).await?;
            ensure!(value == "00:00／29:56，第 1 輪", "{value}");
            page.click(".vv-legend summary").await?;
            page.picture("conversation-zh").await?;

            // What is below the player stays below it, however high that is, and where there is no room it scrolls away.
            page.value("document.querySelector('.vv-readout').style.height = '90px'")
                .await?;
            page.until(
                "parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--player-height'))
                    === document.querySelector('.vv-player').offsetHeight",
                5,
            )
            .await?;
            let lying = View {
                width: 740,
                height: 360,
                ..View::DESKTOP
            };
            page.look(lying).await?;
            page.until(
                "getComputedStyle(document.querySelector('.vv-player')).position === 'static'",
                5,
            )
            .await
        })
        .await
}

#[tokio::test]
async fn who_is_signed_out_is_led_to_where_they_sign_in() -> Result<()> {
    let viva = Viva::start_with(&[("VIVA__AUTH__MODE", "token")]).await?;
    let token = viva.token("ada").await?;
    let path = "sessions/0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e";
    let gone = format!("{}{path}", viva.url());
    Browser::with(Microphone::NotAllowed)
        .token(&token)
        .visit(&viva.url(), async |page| {
            page.open(&gone).await?;
            page.until_shown("[data-opening=failed] .vv-messages a[href='/history']", 5)
                .await?;
            page.load_after(
                "window.fetch = (ask => (path, init) => ask(path, { ...init, credentials: 'omit' }))(window.fetch)",
            )
            .await?;
            let way_in = format!("[data-opening=failed] .vv-messages a[href='/login?next=/{path}']");
            page.until_shown(&way_in, 5).await
        })
        .await
}
