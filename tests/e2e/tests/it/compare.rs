//! The page Compare: conversations side by side, which the address names.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::page::{Page, View};
use viva_e2e_tests::viva::Viva;

use crate::compared_figures::{TABLE, agree, dots_agree};
use crate::statistics::until_stored;

/// Holds so many conversations in which nobody says anything, and returns their ids.
const HOLD: &str = "(count => new Promise(done => {
    const ids = [];
    const socket = new WebSocket(`ws://${location.host}/api/v1/interaction/ws`);
    const send = message => socket.send(JSON.stringify(message));
    const start = () => send({ type: 'start_session', mode: 'realtime', config: {}, audio: {} });
    socket.onmessage = ({ data }) => {
        if (typeof data !== 'string') return;
        const message = JSON.parse(data);
        if (message.type === 'connection_ready') start();
        if (message.type === 'session_started') send({ type: 'end_session' });
        if (message.type !== 'session_ended') return;
        ids.push(message.session_id);
        if (ids.length < count) return start();
        socket.close(1000);
        done(ids);
    };
}))";

/// Whoever looks for a text from now on waits.
const HOLD_BACK: &str = "(() => {
    window.whole = window.fetch;
    window.fetch = (path, ...rest) => path.includes('q=') ? new Promise(() => {}) : whole(path, ...rest);
})()";

/// What the server answers from now on to whoever asks for a session: nothing.
const CUT_OFF: &str = "(() => {
    window.whole = window.fetch;
    window.fetch = (path, ...rest) => path.includes('/sessions/') ? Promise.reject(new TypeError()) : whole(path, ...rest);
})()";

async fn hold(page: &Page, count: usize) -> Result<Vec<String>> {
    let ids = page.value(&format!("{HOLD}({count})")).await?;
    let ids = ids.as_array().context("ids")?;
    Ok(ids
        .iter()
        .filter_map(|id| Some(id.as_str()?.to_owned()))
        .collect())
}

async fn until_columns(page: &Page, ids: &[&str]) -> Result<()> {
    let columns = "[...document.querySelectorAll('.vv-beside thead [data-session]')]";
    page.until(
        &format!(
            "location.search === {:?} &&
                {columns}.map(head => head.dataset.session).join() === {:?} &&
                {columns}.every(head => head.dataset.state !== 'loading')",
            if ids.is_empty() {
                String::new()
            } else {
                format!("?ids={}", ids.join(","))
            },
            ids.join(",")
        ),
        10,
    )
    .await
}

/// Talks until so many turns are stored, and returns the conversation's id.
async fn talk(page: &Page, turns: u64) -> Result<String> {
    page.click(".vv-main-action").await?;
    page.until_more_turns_than(turns - 1, 60).await?;
    page.click(".vv-mute").await?;
    until_stored(page, usize::try_from(turns)?).await?;
    let id = page.stage("session").await?;
    page.click(".vv-main-action").await?;
    page.until_shown(".vv-summary", 10).await?;
    Ok(id)
}

#[tokio::test]
async fn two_conversations_are_compared_and_their_figures_are_those_of_the_server() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::AskAgain)
        .visit(&url, async |page| {
            // The third answer is so long that the next question interrupts it.
            page.give_options(&json!({
                "answers": ["Yes.", "No.", "Try to interrupt me: start to talk while I speak, and I stop.", "Yes."],
                "delay_ms": 50,
                "jitter_ms": 500,
                "seed": 1,
            }))
            .await?;
            let first = talk(page, 4).await?;
            page.reload().await?;
            page.click(".vv-mode[data-mode=cascade]").await?;
            page.give_options(&json!({"llm_delay_ms": 700, "llm_answers": ["Yes.", "No."]}))
                .await?;
            let second = talk(page, 2).await?;

            page.follow(".vv-pages a[href='/compare']").await?;
            page.until_shown(&format!(".vv-choice[data-session='{first}']"), 10)
                .await?;
            page.picture("compare-picker").await?;
            page.click(&format!(".vv-choice[data-session='{first}']")).await?;
            page.until_shown(".vv-one-more:not(:empty)", 5).await?;
            page.click(&format!(".vv-choice[data-session='{second}']")).await?;
            until_columns(page, &[&first, &second]).await?;

            let stats = async |id: &str| {
                page.answer(&format!("/api/v1/interaction/sessions/{id}/latency-stats"))
                    .await
            };
            let (of_first, of_second) = (stats(&first).await?, stats(&second).await?);
            ensure!(
                of_first["interrupted_count"] == 1 && of_first["total_ms"]["count"] == 3,
                "other turns than expected: {of_first}"
            );
            ensure!(of_second["llm_ttft_ms"]["count"] == 2, "no cascade: {of_second}");
            let table = page.value(TABLE).await?;
            agree(&table, 0, &of_first, &of_first)?;
            agree(&table, 1, &of_second, &of_first)?;
            dots_agree(page, &[&first, &second]).await?;
            what_differs_is_marked(page).await?;
            what_is_offered_has_its_name(page).await?;
            what_was_said_is_there(page, &first).await?;
            for (index, id) in [&first, &second].into_iter().enumerate() {
                let link = page
                    .value(&format!(
                        "document.querySelectorAll('.vv-beside-what a')[{index}].getAttribute('href')"
                    ))
                    .await?;
                ensure!(link == format!("/sessions/{id}"), "{link}");
            }
            page.click(".vv-add").await?;
            page.picture("compare").await?;
            for section in ["configuration", "latency", "interruptions", "transcripts"] {
                page.picture_of(
                    &format!("compare-{section}"),
                    &format!("[data-section={section}]"),
                )
                .await?;
            }

            page.click(".vv-lead").await?;
            until_columns(page, &[&second, &first]).await?;
            page.until(
                "document.activeElement === document.querySelector('.vv-beside-what a')",
                5,
            )
            .await?;
            let table = page.value(TABLE).await?;
            agree(&table, 0, &of_second, &of_second)?;
            agree(&table, 1, &of_first, &of_second)?;
            page.value("history.back()").await?;
            until_columns(page, &[&first, &second]).await?;
            page.value("history.forward()").await?;
            until_columns(page, &[&second, &first]).await?;
            page.reload().await?;
            until_columns(page, &[&second, &first]).await?;
            page.click(".vv-beside-remove").await?;
            until_columns(page, &[&first]).await
        })
        .await
}

/// Another mode, and nothing else that both have.
async fn what_differs_is_marked(page: &Page) -> Result<()> {
    let marked = page
        .value(
            "[...document.querySelectorAll('[data-section=configuration] tr[data-row]')].map(row =>
                [row.dataset.row, row.querySelector('.vv-differs') !== null,
                    row.querySelectorAll('td[data-other]').length])",
        )
        .await?;
    let marked = marked.as_array().context("rows")?;
    for (row, differs, cells) in [
        ("mode", true, 1),
        ("realtime", true, 1),
        ("stt", true, 1),
        ("option-llm_delay_ms", true, 1),
        ("barge-in", false, 0),
    ] {
        ensure!(
            marked.contains(&json!([row, differs, cells])),
            "{row} is not marked as it should be: {marked:?}"
        );
    }
    Ok(())
}

/// As on the other pages: by the names of the list of providers.
async fn what_is_offered_has_its_name(page: &Page) -> Result<()> {
    let list = page.answer("/api/v1/interaction/providers").await?;
    let providers = list["realtime"].as_array().context("providers")?;
    let offline = providers.iter().find(|provider| provider["id"] == "offline");
    let name = offline.context("no offline provider")?["name"]
        .as_str()
        .context("a name")?;
    page.until(
        &format!(
            "document.querySelector('[data-row=realtime] td').textContent === {} &&
                [...document.querySelectorAll('.vv-choice-facts')].every(facts => facts.textContent.includes({}))",
            json!(name),
            json!(name)
        ),
        5,
    )
    .await
}

/// Both sides by name, and what of the answer that was cut nobody heard.
async fn what_was_said_is_there(page: &Page, id: &str) -> Result<()> {
    let turns = page
        .answer(&format!("/api/v1/interaction/sessions/{id}/turns"))
        .await?;
    let turn = &turns["items"][2];
    let cell = "document.querySelector('[data-row=turn-3] td')";
    let unheard = page
        .value(&format!("{cell}.querySelector('del').textContent"))
        .await?;
    ensure!(
        turn["interrupted"] == true && unheard == turn["ai_unheard"],
        "{unheard} was not heard of {turn}"
    );
    let said = page.value(&format!("{cell}.textContent")).await?;
    let said = said.as_str().context("a text")?;
    for part in ["User", "AI", "interrupted after", "silent after"] {
        ensure!(said.contains(part), "no {part} in {said}");
    }
    let counted = page.text("[data-row=interrupted] td").await?;
    ensure!(counted == "1 of 4", "{counted} were interrupted");
    let other = page
        .value("document.querySelectorAll('[data-row=turn-3] td')[1].textContent")
        .await?;
    ensure!(other == "", "the second has no third turn, and shows {other}");
    Ok(())
}

#[tokio::test]
async fn what_an_address_names_in_vain_is_told_and_the_others_stay() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::NotAllowed)
        .visit(&format!("{url}compare"), async |page| {
            page.until_shown("#vv-choose-list a[href='/']", 10).await?;
            page.picture("compare-empty").await?;
            let ids = hold(page, 2).await?;
            let nobody = "0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e";
            let many = "0197a3c2-0000-7000-8000-00000000000";
            let (first, second) = (&ids[0], &ids[1]);
            let query = format!("ids={first},nonsense,{nobody},{first},{second},{many}1,{many}2");
            page.open(&format!("{url}compare?{query}")).await?;
            page.until(
                "document.querySelectorAll('.vv-beside thead [data-state=loaded]').length === 2 &&
                    document.querySelectorAll('.vv-beside thead [data-state=gone]').length === 2",
                10,
            )
            .await?;
            let told = page.text(".vv-message[data-severity=warning]").await?;
            for part in [
                "conversation: nonsense.",
                "more than once",
                "Four at most are shown; left out: 1.",
            ] {
                ensure!(told.contains(part), "it says {told}");
            }
            let gone = page.text(".vv-beside thead [data-state=gone]").await?;
            ensure!(gone.contains("somebody else’s"), "it says {gone}");
            page.picture("compare-gone").await?;

            // It becomes the first, but the others cannot be compared with what is not there.
            page.click(".vv-beside thead [data-state=gone] .vv-lead").await?;
            until_columns(page, &[nobody, first, second, &format!("{many}1")]).await?;
            page.until(
                &format!("document.activeElement.matches(\"[data-session='{nobody}'] .vv-beside-remove\")"),
                5,
            )
            .await?;
            let tagged = page
                .value(
                    "[...document.querySelectorAll('.vv-beside thead [data-session]')].map(head =>
                        head.querySelector('.vv-tag') !== null)",
                )
                .await?;
            ensure!(
                tagged == json!([false, true, false, false]),
                "the reference is {tagged}"
            );

            page.click(".vv-beside thead [data-state=gone] .vv-beside-remove")
                .await?;
            until_columns(page, &[first, second, &format!("{many}1")]).await?;
            ensure!(
                page.value("document.querySelector('.vv-message') === null")
                    .await?
                    == true,
                "the address has nothing more to tell of"
            );
            page.click(".vv-beside thead [data-state=gone] .vv-beside-remove")
                .await?;
            until_columns(page, &[first, second]).await?;

            // The second hangs; without it the first is shown.
            page.load_after(&format!(
                "const whole = window.fetch;
                window.fetch = (path, ...rest) =>
                    String(path).includes('{second}') ? new Promise(() => {{}}) : whole(path, ...rest);"
            ))
            .await?;
            page.until_shown(
                &format!(".vv-beside[aria-busy=true] [data-session='{first}'][data-state=loaded]"),
                10,
            )
            .await?;
            page.click(&format!("[data-session='{second}'] .vv-beside-remove"))
                .await?;
            until_columns(page, &[first]).await?;
            page.until_shown(".vv-beside[aria-busy=false] [data-section=configuration]", 5)
                .await
        })
        .await
}

#[tokio::test]
async fn conversations_are_found_by_page_added_with_the_keyboard_and_asked_for_again() -> Result<()> {
    let viva = Viva::start().await?;
    let url = viva.url();
    Browser::with(Microphone::NotAllowed)
        .languages("zh-TW,zh")
        .visit(&format!("{url}compare"), async |page| {
            let ids = hold(page, 12).await?;
            let (oldest, newest) = (&ids[0], &ids[11]);
            page.reload().await?;
            page.until_shown(&format!(".vv-choice[data-session='{newest}']"), 10)
                .await?;
            // Whoever turns over the list that is there stays in it, whatever else was looked for meanwhile.
            page.value(HOLD_BACK).await?;
            page.write(".vv-choose-search input", "龍").await?;
            page.press(Key::Enter).await?;
            page.click(".vv-older").await?;
            page.until_shown(&format!(".vv-choice[data-session='{oldest}']"), 10)
                .await?;
            page.value("window.fetch = window.whole").await?;
            let shown = page
                .value("document.querySelectorAll('.vv-choice').length")
                .await?;
            ensure!(shown == 2, "{shown} on the second page");

            page.value(CUT_OFF).await?;
            page.value("document.querySelector('.vv-choice').focus()").await?;
            page.press(Key::Enter).await?;
            page.until_shown(".vv-beside thead [data-state=failed] .vv-again", 10)
                .await?;
            page.value("window.fetch = window.whole").await?;
            page.click(".vv-beside thead .vv-again").await?;
            page.until_shown(".vv-beside thead [data-state=loaded]", 10)
                .await?;

            page.click(".vv-newer").await?;
            page.until_shown(&format!(".vv-choice[data-session='{newest}']"), 10)
                .await?;
            for id in [&ids[11], &ids[10], &ids[9]] {
                page.click(&format!(".vv-choice[data-session='{id}']")).await?;
            }
            page.until(
                "document.querySelectorAll('.vv-beside thead [data-state=loaded]').length === 4",
                10,
            )
            .await?;
            page.click(&format!(".vv-choice[data-session='{}']", ids[8]))
                .await?;
            let columns = page
                .value("document.querySelectorAll('.vv-beside thead [data-session]').length")
                .await?;
            ensure!(columns == 4, "{columns} are too many");
            page.picture("compare-full-zh").await?;

            page.write(".vv-choose-search input", "龍").await?;
            page.press(Key::Enter).await?;
            page.until("document.querySelectorAll('.vv-choice').length === 0", 10)
                .await?;
            let said = page.text(".vv-choose-list [role=status]").await?;
            ensure!(said == "找不到符合的對話。", "it says {said}");
            one_column_at_a_time(page).await
        })
        .await
}

/// On a phone a column fills the window but for what shows that there is another, and its rows say what they are.
async fn one_column_at_a_time(page: &Page) -> Result<()> {
    page.look(View::ALL[2]).await?;
    let width = page
        .value("document.querySelector('.vv-beside td').getBoundingClientRect().width")
        .await?;
    let width = width.as_f64().context("a width")?;
    ensure!((270.0..330.0).contains(&width), "a column is {width} wide");
    page.value("document.querySelector('main').scrollBy({left: 900, behavior: 'instant'})")
        .await?;
    let label = page
        .value("document.querySelector('[data-row=mode] th > div').getBoundingClientRect().left")
        .await?;
    let label = label.as_f64().context("a place")?;
    ensure!((0.0..60.0).contains(&label), "the label of a row is at {label}");
    page.look(View::DESKTOP).await
}

#[tokio::test]
async fn nothing_is_left_on_the_screen_of_who_is_signed_out() -> Result<()> {
    let viva = Viva::start_with(&[("VIVA__AUTH__MODE", "token")]).await?;
    let (token, url) = (viva.token("ada").await?, viva.url());
    Browser::with(Microphone::NotAllowed)
        .token(&token)
        .visit(&url, async |page| {
            let id = hold(page, 1).await?.remove(0);
            page.open(&format!("{url}compare?ids={id}")).await?;
            until_columns(page, &[&id]).await?;
            page.until_shown(&format!(".vv-choice[data-session='{id}']"), 10)
                .await?;
            page.devtools("Network.clearBrowserCookies", json!({})).await?;
            page.click(".vv-choose-search button").await?;
            page.until_shown(".vv-messages [data-severity=failure]", 10)
                .await?;
            page.until(
                "document.querySelectorAll('.vv-choice, [data-state=loaded], [data-section]').length === 0",
                5,
            )
            .await
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
            page.follow(".vv-pages a[href='/compare']").await?;
            page.until_shown("#vv-choose-list a[href='/']", 10).await?;
            page.devtools("Network.clearBrowserCookies", json!({})).await?;
            page.click(".vv-choose-search button").await?;
            let way_in = ".vv-messages a[href='/login?next=/compare']";
            page.until_shown(way_in, 10).await?;
            page.picture("compare-signed-out").await?;
            page.click(way_in).await?;
            page.until_shown("#token", 5).await
        })
        .await
}
