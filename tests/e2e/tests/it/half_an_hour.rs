//! The page of a conversation of half an hour.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::Key;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::kept::TURNS;
use viva_e2e_tests::page::Page;
use viva_e2e_tests::viva::Viva;

use crate::conversation::{COUNT, LISTEN, OPEN};

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

/// Has something scroll with each of 90 pictures, and notes how long they took, in ms, how often the time line was drawn
/// meanwhile, and with how many strokes.
const SCROLL: &str = "(scroll) => {
    window.scrolled = undefined;
    const paper = CanvasRenderingContext2D.prototype;
    const { clearRect, fillRect } = paper;
    let draws = 0;
    let strokes = 0;
    paper.clearRect = function (...box) { draws += 1; return clearRect.apply(this, box); };
    paper.fillRect = function (...box) { strokes += 1; return fillRect.apply(this, box); };
    const times = [];
    const step = (now) => {
        times.push(now);
        if (times.length > 90) {
            Object.assign(paper, { clearRect, fillRect });
            const frames = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
            window.scrolled = { median: frames[45], most: frames[85], draws, strokes };
            return;
        }
        scroll(times.length);
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
}";

/// Notes of 60 pictures what was asked for to be done with each.
const NOTE_PICTURES: &str = "(() => {
    const ask = window.requestAnimationFrame.bind(window);
    let asked = 0;
    window.pictures = [];
    window.requestAnimationFrame = (then) => { asked += 1; return ask(then); };
    const note = () => {
        pictures.push(asked);
        asked = 0;
        if (pictures.length < 60) ask(note);
    };
    ask(note);
})()";

/// Gives the focus to the time line, where all keys act.
const TO_THE_TIME_LINE: &str = "document.querySelector('[role=slider]').focus({ preventScroll: true })";

/// What the browser says of what plays.
const STATE: &str = "(({ error, networkState, readyState, seeking, currentTime }) =>
    JSON.stringify({ error: error?.message, networkState, readyState, seeking, currentTime })
)(document.querySelector('.vv-player audio'))";

const VIEW: &str = "document.querySelector('.vv-time-line-view')";

async fn at_ms(page: &Page) -> Result<f64> {
    let at = page
        .value("document.querySelector('.vv-player audio').currentTime * 1000")
        .await?;
    at.as_f64().context("a number")
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "what is measured is for people to read")]
async fn half_an_hour_is_opened_scrolled_and_played_from_anywhere() -> Result<()> {
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
            let turns = page
                .value("document.querySelectorAll('.vv-recorded-turn').length")
                .await?;
            ensure!(turns == json!(TURNS), "{turns} turns");
            let nodes = page.value("document.querySelectorAll('*').length").await?;
            ensure!(nodes.as_u64() < Some(6_000), "{nodes} elements");
            page.picture("conversation-long").await?;

            page.value(TO_THE_TIME_LINE).await?;
            for _ in 0..6 {
                page.press("+").await?;
            }
            page.until(&format!("{VIEW}.scrollWidth > 50000"), 5).await?;
            let canvas = page
                .value("document.querySelector('.vv-time-line canvas').width")
                .await?;
            let canvas = canvas.as_u64().context("a width")?;
            ensure!(canvas < 2_000, "the picture is {canvas} dots wide");
            let scroll = format!("(n) => {{ {VIEW}.scrollLeft = n * 90; }}");
            let (draws, strokes) = scrolls(page, "time line", &scroll).await?;
            ensure!((1..100).contains(&draws), "it was drawn {draws} times");
            // Both sides, dot by dot, and what else is seen.
            let most = draws * (2 * canvas + 500);
            ensure!(strokes <= most, "{strokes} strokes in {draws} pictures");
            page.picture("conversation-closer").await?;
            let (draws, _) = scrolls(page, "transcript", "(n) => scrollTo(0, n * 60)").await?;
            ensure!(draws < 10, "the time line was drawn {draws} times");

            // In the middle, which nobody has loaded.
            page.value(LISTEN).await?;
            // The driver would scroll there first, and click before the turns around it are laid out.
            page.value("document.querySelector('#turn-45 [data-role=ai] .vv-play-from').click()")
                .await?;
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
            page.value(TO_THE_TIME_LINE).await?;
            page.press(Key::Down).await?;
            page.until_shown("#turn-46[aria-current=true]", 5).await?;
            until_in_view(page, 46).await?;
            goes_on_playing(page).await
        })
        .await
}

/// What is done while it plays neither adds up nor is undone.
async fn goes_on_playing(page: &Page) -> Result<()> {
    page.value(COUNT).await?;
    for n in 1..=5 {
        page.value(&format!(
            "document.querySelector('#turn-{} [data-role=ai] .vv-play-from').click()",
            46 + n
        ))
        .await?;
        page.until(&format!("window.began >= {n}"), 10).await?;
    }
    page.value(NOTE_PICTURES).await?;
    page.until("window.pictures.length === 60", 20).await?;
    let most = page.value("Math.max(...window.pictures)").await?;
    ensure!(most.as_u64() <= Some(3), "{most} things are done with a picture");

    // Who looks at another part of the time line is left alone, too.
    page.value(&format!("{VIEW}.scrollLeft = 0")).await?;
    page.until_shown("[data-line-follows=false] .vv-follow", 5)
        .await?;
    let at = at_ms(page).await?;
    page.until(
        &format!(
            "document.querySelector('.vv-player audio').currentTime * 1000 > {}",
            at + 300.0
        ),
        10,
    )
    .await?;
    let scrolled = page.value(&format!("{VIEW}.scrollLeft")).await?;
    ensure!(scrolled == json!(0), "it was scrolled to {scrolled}");
    page.click(".vv-follow").await?;
    page.until_shown("[data-line-follows=true]", 5).await?;
    page.until(&format!("{VIEW}.scrollLeft > 1000"), 5).await?;

    // Outside the player, keys that scroll are the browser's.
    page.value("document.activeElement.blur()").await?;
    page.value("addEventListener('keydown', (event) => { window.isLeft = !event.defaultPrevented; })")
        .await?;
    page.press(Key::Home).await?;
    page.until("window.isLeft === true", 5).await?;
    let at = at_ms(page).await?;
    ensure!(at > 900_000.0, "it plays at {at} ms");

    // What did not load is loaded anew, and plays as fast as before.
    page.value(
        "(() => {
            const speed = document.querySelector('.vv-speed select');
            speed.value = '2';
            speed.dispatchEvent(new Event('change', { bubbles: true }));
            document.querySelector('.vv-player audio').dispatchEvent(new Event('error'));
        })()",
    )
    .await?;
    page.until_shown(".vv-player[data-sound=failed]", 5).await?;
    page.click(".vv-toggle").await?;
    if let Err(err) = page.until_shown(".vv-player[data-sound=playing]", 10).await {
        return Err(err.context(page.value(STATE).await?));
    }
    let speed = page
        .value("document.querySelector('.vv-player audio').playbackRate")
        .await?;
    ensure!(speed.as_f64() == Some(2.0), "it plays {speed} times as fast");
    Ok(())
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

/// Scrolls, and tells how often the time line was drawn meanwhile, and with how many strokes.
#[expect(clippy::print_stdout, reason = "what is measured is for people to read")]
async fn scrolls(page: &Page, what: &str, scroll: &str) -> Result<(u64, u64)> {
    page.value(&format!("({SCROLL})({scroll})")).await?;
    page.until("window.scrolled !== undefined", 20).await?;
    let scrolled = page.value("window.scrolled").await?;
    println!(
        "scrolling the {what}: a picture every {:.1} ms, 95 % within {:.1} ms",
        scrolled["median"], scrolled["most"]
    );
    let count = |what: &str| scrolled[what].as_u64().context("a count");
    Ok((count("draws")?, count("strokes")?))
}
