//! The page of a conversation that was kept.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::Key;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::kept::TURNS;
use viva_e2e_tests::page::{BUSY, Page};
use viva_e2e_tests::viva::Viva;

const OPEN: &str = ".vv-conversation[data-opening=open]";

/// Listens to what the player's element gives to the loudspeaker.
const LISTEN: &str = "(() => {
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

/// Notes how long it took from the way to the page until the conversation was on the screen.
const NOTE_OPENING: &str = "(() => {
    const seen = () => {
        if (!document.querySelector('.vv-conversation[data-opening=open] .vv-time-line canvas[width]')) {
            return requestAnimationFrame(seen);
        }
        requestAnimationFrame(() => requestAnimationFrame(() => { window.openedMs = performance.now(); }));
    };
    requestAnimationFrame(seen);
})()";

/// Has something scroll with every picture, and notes how long each took, in ms.
const SCROLL: &str = "(scroll) => {
    window.frames = undefined;
    const times = [];
    const step = (now) => {
        times.push(now);
        if (times.length > 90) {
            const frames = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
            window.frames = [frames[45], frames[85]];
            return;
        }
        scroll(times.length);
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
}";

async fn at_ms(page: &Page) -> Result<f64> {
    let at = page
        .value("document.querySelector('.vv-player audio').currentTime * 1000")
        .await?;
    at.as_f64().context("a number")
}

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
            page.click(".vv-toggle").await?;
            page.until_shown(".vv-player[data-sound=playing]", 10).await?;
            page.until("window.loudest > 0.05", 10).await?;
            page.until_shown("#turn-1[aria-current=true]", 10).await?;
            page.press(" ").await?;
            page.until_shown(".vv-player[data-sound=still]", 5).await?;

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
            page.press(" ").await?;
            page.until_shown(".vv-player[data-sound=playing]", 5).await?;

            downloads(page).await?;
            page.value("document.querySelector('.vv-downloads').open = false")
                .await?;

            ensure!(files_in(&viva.storage()) > 0, "nothing is stored");
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
            ensure!(files_in(&viva.storage()) == 0, "something is left");
            page.open(&format!("{}{}", viva.url(), path.trim_start_matches('/')))
                .await?;
            page.until_shown("[data-opening=failed] .vv-messages a[href='/history']", 5)
                .await
        })
        .await
}

/// Each link leads to a file of its kind.
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
    Ok(())
}

#[tokio::test]
async fn half_an_hour_opens_within_a_second_scrolls_and_plays_from_anywhere() -> Result<()> {
    let viva = Viva::start().await?;
    let id = viva.keep_half_an_hour().await?;
    Browser::with(Microphone::NotAllowed)
        .visit(&format!("{}sessions/{id}", viva.url()), async |page| {
            page.until_shown(OPEN, 10).await?;
            page.load_after(NOTE_OPENING).await?;
            page.until("window.openedMs !== undefined", 10).await?;
            let opened = page
                .value("window.openedMs")
                .await?
                .as_f64()
                .context("a number")?;
            println!("half an hour was on the screen after {opened:.0} ms");
            ensure!(opened < 1_000.0 * f64::from(BUSY), "it took {opened} ms");
            let turns = page
                .value("document.querySelectorAll('.vv-recorded-turn').length")
                .await?;
            ensure!(turns == json!(TURNS), "{turns} turns");
            let nodes = page.value("document.querySelectorAll('*').length").await?;
            ensure!(nodes.as_u64() < Some(6_000), "{nodes} elements");
            page.picture("conversation-long").await?;

            for _ in 0..6 {
                page.press("+").await?;
            }
            let view = "document.querySelector('.vv-time-line-view')";
            page.until(&format!("{view}.scrollWidth > 50000"), 5).await?;
            let canvas = page
                .value("document.querySelector('.vv-time-line canvas').width")
                .await?;
            ensure!(canvas.as_u64() < Some(2_000), "the picture is {canvas} dots wide");
            scrolls(
                page,
                "time line",
                &format!("(n) => {{ {view}.scrollLeft = n * 90; }}"),
            )
            .await?;
            page.picture("conversation-closer").await?;
            scrolls(page, "transcript", "(n) => scrollTo(0, n * 60)").await?;

            // In the middle, which nobody has loaded.
            page.value(LISTEN).await?;
            page.click("#turn-45 [data-role=ai] .vv-play-from").await?;
            page.until_shown(".vv-player[data-sound=playing]", 10).await?;
            page.until("window.loudest > 0.05", 10).await?;
            let at = at_ms(page).await?;
            ensure!((886_000.0..920_000.0).contains(&at), "it plays at {at} ms");
            let loaded = page
                .value(
                    "(({ buffered }) => Array.from({ length: buffered.length },
                        (_, i) => buffered.end(i) - buffered.start(i)).reduce((sum, part) => sum + part, 0)
                    )(document.querySelector('.vv-player audio'))",
                )
                .await?;
            ensure!(loaded.as_f64() < Some(900.0), "{loaded} s were loaded");
            ensure!(is_in_view(page, 45).await?, "the transcript does not follow");
            page.picture("conversation-playing").await?;

            // Who reads on is left alone, until they go somewhere else.
            page.value("window.dispatchEvent(new WheelEvent('wheel', { deltaY: -100 }))")
                .await?;
            page.until_shown("[data-follows=false] .vv-follow", 5).await?;
            page.value("scrollTo(0, 0)").await?;
            page.click(".vv-follow").await?;
            page.until_shown("[data-follows=true]", 5).await?;
            page.press(Key::Down).await?;
            page.until_shown("#turn-46[aria-current=true]", 5).await?;
            until_in_view(page, 46).await
        })
        .await
}

const IN_VIEW: &str = "(turn => {
    const { top, bottom } = document.getElementById(`turn-${turn}`).getBoundingClientRect();
    return top >= document.querySelector('.vv-player').getBoundingClientRect().bottom - 1 && bottom <= innerHeight + 1;
})";

async fn is_in_view(page: &Page, turn: u16) -> Result<bool> {
    Ok(page.value(&format!("{IN_VIEW}({turn})")).await? == Value::Bool(true))
}

async fn until_in_view(page: &Page, turn: u16) -> Result<()> {
    page.until(&format!("{IN_VIEW}({turn})"), 5).await
}

/// Scrolls and wants pictures to come as fast as the screen takes them, on a quiet machine.
async fn scrolls(page: &Page, what: &str, scroll: &str) -> Result<()> {
    page.value(&format!("({SCROLL})({scroll})")).await?;
    page.until("window.frames !== undefined", 20).await?;
    let frames = page.value("window.frames").await?;
    println!(
        "scrolling the {what}: a picture every {:.1} ms, 95 % within {:.1} ms",
        frames[0], frames[1]
    );
    let median = frames[0].as_f64().context("a number")?;
    ensure!(
        median < 34.0 * f64::from(BUSY),
        "{what}: a picture every {median} ms"
    );
    Ok(())
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
            let value = page
                .value("document.querySelector('[role=slider]').getAttribute('aria-valuetext')")
                .await?;
            ensure!(value == "00:00／29:56，第 1 輪", "{value}");
            page.click(".vv-legend summary").await?;
            page.picture("conversation-zh").await
        })
        .await
}

#[tokio::test]
async fn who_is_signed_out_is_led_to_where_they_sign_in() -> Result<()> {
    let viva = Viva::start_with(&[("VIVA__AUTH__MODE", "token")]).await?;
    let token = viva.token("ada").await?;
    let gone = format!("{}sessions/0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e", viva.url());
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
            page.until_shown("[data-opening=failed] .vv-messages a[href='/login']", 5)
                .await
        })
        .await
}
