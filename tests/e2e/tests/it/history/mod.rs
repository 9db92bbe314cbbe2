//! The page History: conversations found by filters and text, page by page, chosen and deleted.

mod trouble;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::Key;
use uuid::Uuid;
use viva_protocol::ws::Mode;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::held::{self, Held};
use viva_e2e_tests::page::{Page, View};
use viva_e2e_tests::viva::Viva;

const ORDER: Held = Held {
    mode: Mode::Realtime,
    question: "Where is my order?",
    answer: "On its way.",
};
const DRAGON: Held = Held {
    mode: Mode::Cascade,
    question: "Tell me about a dragon.",
    answer: "It was green.",
};

/// The ids of the conversations that are listed, in their order.
const LISTED: &str = "[...document.querySelectorAll('tr[data-session]')].map(row => row.dataset.session)";
const QUERY: &str = "location.search";
const COUNT: &str = ".vv-history-count";
const NOTHING: &str = ".vv-history-nothing";
const SEARCH: &str = ".vv-history-text input";
const DIALOG: &str = "dialog[open]";

/// The next request fails as if there were no server, after `letGo()`.
const FAIL_LATE: &str = "(() => {
    const ask = window.fetch;
    window.fetch = () => {
        window.fetch = ask;
        return new Promise((_, refuse) => { window.letGo = () => refuse(new TypeError('no network')); });
    };
})()";

/// Whether the document as the server writes it keeps people from choosing a page of a list that is not there yet.
const CHOICE_OF_NOTHING: &str = "fetch('/history').then(answer => answer.text()).then(document =>
    new DOMParser().parseFromString(document, 'text/html').querySelector('thead input').disabled)";

/// What lies on something else of its card, or is wider than its place there.
const CROWDED: &str = "[...document.querySelectorAll('tr[data-session]')].flatMap(row => {
    const cells = [...row.cells].map(cell => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return { cell, box: range.getBoundingClientRect() };
    });
    const meet = (one, other) =>
        one.left < other.right - 1 && other.left < one.right - 1 &&
        one.top < other.bottom - 1 && other.top < one.bottom - 1;
    return cells
        .filter(({ cell, box }, place) =>
            cell.dataset.label !== undefined && cell.scrollWidth > cell.clientWidth ||
            cells.slice(place + 1).some(other => meet(box, other.box)))
        .map(({ cell }) => cell.innerText);
})";

fn address(viva: &Viva, query: &str) -> String {
    format!("{}history{query}", viva.url())
}

fn row(id: Uuid, rest: &str) -> String {
    format!("tr[data-session='{id}']{rest}")
}

async fn until_listed(page: &Page, ids: &[Uuid]) -> Result<()> {
    let expected = json!(ids).to_string();
    page.until(
        &format!(
            "JSON.stringify({LISTED}) === {expected:?} &&
            document.querySelector('.vv-history-results').getAttribute('aria-busy') === 'false'"
        ),
        10,
    )
    .await
}

async fn until_query(page: &Page, query: &str) -> Result<()> {
    page.until(&format!("{QUERY} === {query:?}"), 5).await
}

/// Chooses in one of the lists of the filters.
async fn filter(page: &Page, name: &str, value: &str) -> Result<()> {
    page.value(&format!(
        "(() => {{
            const select = document.querySelector('[data-filter={name}] select');
            select.value = {value:?};
            select.dispatchEvent(new Event('change', {{ bubbles: true }}));
        }})()"
    ))
    .await
    .map(drop)
}

/// Types Chinese as an input method does: first how it sounds, which is not looked for, then the word.
async fn compose(page: &Page, sounds: &str, word: &str) -> Result<()> {
    page.value(&format!("document.querySelector({SEARCH:?}).focus()"))
        .await?;
    let length = sounds.chars().count();
    let composition = json!({"text": sounds, "selectionStart": length, "selectionEnd": length});
    page.devtools("Input.imeSetComposition", composition).await?;
    let typed = page
        .value(&format!("document.querySelector({SEARCH:?}).value"))
        .await?;
    ensure!(typed == sounds, "it reads {typed}");
    let before = page.value(QUERY).await?;
    // A timer that is set after the page's own, and no shorter.
    page.value("new Promise(resolve => setTimeout(resolve, 350))")
        .await?;
    ensure!(page.value(QUERY).await? == before, "half a word is looked for");
    page.devtools("Input.insertText", json!({"text": word}))
        .await
        .map(drop)
}

/// Empties the text and types another one.
async fn search(page: &Page, text: &str) -> Result<()> {
    page.value(&format!("document.querySelector({SEARCH:?}).value = ''"))
        .await?;
    page.write(SEARCH, text).await
}

/// On a phone a conversation is a card, on which everything has room.
async fn cards_have_room(page: &Page) -> Result<()> {
    page.look(View::ALL[2]).await?;
    let crowded = page.value(CROWDED).await?;
    ensure!(crowded == json!([]), "on cards there is no room for {crowded}");
    page.look(View::DESKTOP).await
}

async fn today(page: &Page) -> Result<String> {
    let day = page
        .value("new Intl.DateTimeFormat('sv', { dateStyle: 'short' }).format(new Date())")
        .await?;
    Ok(day.as_str().context("a day")?.to_owned())
}

#[tokio::test]
async fn conversations_are_found_by_what_was_said_and_how() -> Result<()> {
    let viva = Viva::start().await?;
    let order = ORDER.hold(&viva).await?;
    let dragon = DRAGON.hold(&viva).await?;
    Browser::with(Microphone::NotAllowed)
        .visit(&address(&viva, ""), async |page| {
            until_listed(page, &[dragon, order]).await?;
            ensure!(page.text(COUNT).await? == "2 conversations");
            let shown = page.text(&row(dragon, "")).await?;
            for part in ["Cascade", "Offline", "Completed", "00:"] {
                ensure!(shown.contains(part), "{part} is not in {shown}");
            }
            let sessions = page.answer("/api/v1/interaction/sessions").await?;
            let average = sessions["items"][0]["avg_latency_ms"]
                .as_f64()
                .context("a latency")?;
            let figure = format!("{:.0}ms", average.round());
            ensure!(
                shown.replace(['\n', ','], "").contains(&figure),
                "{figure} is not in {shown}"
            );
            page.picture("history").await?;
            cards_have_room(page).await?;
            let is_disabled = page.value(CHOICE_OF_NOTHING).await?;
            ensure!(is_disabled == true, "a page can be chosen before it is there");

            search(page, "ord").await?;
            until_listed(page, &[order]).await?;
            until_query(page, "?q=ord").await?;
            search(page, "GREEN dragon").await?;
            until_listed(page, &[dragon]).await?;
            filter(page, "mode", "realtime").await?;
            page.until_shown(NOTHING, 5).await?;
            until_query(page, "?mode=realtime&q=GREEN+dragon").await?;
            page.picture("history-nothing").await?;

            // The way back leads over what was chosen, not over letters.
            page.value("history.back()").await?;
            until_listed(page, &[dragon]).await?;
            page.value("history.back()").await?;
            until_listed(page, &[dragon, order]).await?;
            ensure!(
                page.value(&format!("document.querySelector({SEARCH:?}).value"))
                    .await?
                    == ""
            );
            page.value("history.go(2)").await?;
            page.until_shown(NOTHING, 5).await?;
            page.reload().await?;
            page.until_shown(NOTHING, 5).await?;
            ensure!(
                page.value(&format!("document.querySelector({SEARCH:?}).value"))
                    .await?
                    == "GREEN dragon"
            );
            page.click(&format!("{NOTHING} button")).await?;
            until_listed(page, &[dragon, order]).await?;
            until_query(page, "").await?;
            page.until(&format!("document.activeElement.matches({COUNT:?})"), 5)
                .await?;

            let today = today(page).await?;
            page.value(&format!(
                "(() => {{
                    const day = document.querySelector('[data-filter=from] input');
                    day.value = {today:?};
                    day.dispatchEvent(new Event('input', {{ bubbles: true }}));
                }})()"
            ))
            .await?;
            until_query(page, &format!("?from={today}")).await?;
            until_listed(page, &[dragon, order]).await?;
            filter(page, "provider", "offline").await?;
            until_query(page, &format!("?from={today}&provider=offline")).await?;
            filter(page, "status", "error").await?;
            page.until_shown(NOTHING, 5).await?;
            filter(page, "status", "completed").await?;
            until_listed(page, &[dragon, order]).await?;
            page.click(".vv-history-clear").await?;
            until_query(page, "").await?;
            compose(page, "ㄌㄨㄥ", "龍").await?;
            until_query(page, "?q=%E9%BE%8D").await?;
            page.until_shown(NOTHING, 5).await?;
            page.click(".vv-history-clear").await?;
            until_listed(page, &[dragon, order]).await?;
            let link = format!("a[href='/sessions/{order}']");
            page.until_shown(&row(order, &format!(" {link}")), 5).await
        })
        .await
}

#[tokio::test]
async fn an_address_that_makes_no_sense_is_told_and_mended() -> Result<()> {
    let viva = Viva::start().await?;
    held::end(held::begin(&viva).await?).await?;
    let long = "s".repeat(300);
    let query = format!("?from=2026-11-30&to=2026-11-29&mode=telepathy&provider=gone&status={long}&page=0");
    Browser::with(Microphone::NotAllowed)
        .languages("zh-TW,zh")
        .visit(&address(&viva, &query), async |page| {
            page.until_shown(".vv-message[data-severity=warning]", 10).await?;
            let told = page.text(".vv-message").await?;
            for part in ["結束日早於起始日", "telepathy", "「0」不是頁碼"] {
                ensure!(told.contains(part), "{part} is not in {told}");
            }
            until_query(page, &query).await?;
            page.until_shown(NOTHING, 5).await?;
            ensure!(!told.contains(&long), "{told}");
            page.picture("history-senseless-zh").await?;
            page.click(".vv-message button").await?;
            until_query(page, "?provider=gone").await?;
            let provider = page
                .value("document.querySelector('[data-filter=provider] select').selectedOptions[0].text")
                .await?;
            ensure!(provider == "gone", "the provider is {provider}");
            page.until_shown(NOTHING, 5).await?;
            page.click(".vv-history-clear").await?;
            page.until(&format!("{LISTED}.length === 1"), 5).await?;
            page.value("history.pushState(null, '', '?page=7')").await?;
            page.reload().await?;
            page.until_shown(&format!("{NOTHING} button"), 5).await?;
            page.click(&format!("{NOTHING} button")).await?;
            page.until(&format!("{LISTED}.length === 1"), 5).await
        })
        .await
}

#[tokio::test]
async fn pages_stay_those_of_one_list_while_conversations_are_held() -> Result<()> {
    let viva = Viva::start().await?;
    for _ in 0..43 {
        held::end(held::begin(&viva).await?).await?;
    }
    Browser::with(Microphone::NotAllowed)
        .visit(&address(&viva, ""), async |page| {
            page.until(&format!("{LISTED}.length === 20"), 10).await?;
            let first = page.value(LISTED).await?;
            ensure!(page.text(COUNT).await? == "1–20 of 43 conversations");
            page.picture("history-pages").await?;
            let another = held::begin(&viva).await?;
            page.click(".vv-history-older").await?;
            until_query(page, "?page=2").await?;
            page.until(
                &format!("{LISTED}.length === 20 && {LISTED}[0] !== {}", first[0]),
                5,
            )
            .await?;
            let second = page.value(LISTED).await?;
            let first = first.as_array().context("ids")?;
            let second = second.as_array().context("ids")?;
            ensure!(
                second.iter().all(|id| !first.contains(id)),
                "a conversation is on two pages"
            );
            page.until(&format!("document.activeElement.matches({COUNT:?})"), 5)
                .await?;

            // What is chosen stays so from page to page, up to a hundred.
            page.click("thead input").await?;
            page.click(".vv-history-older").await?;
            page.until(&format!("{LISTED}.length === 3"), 5).await?;
            page.click("tbody tr:nth-of-type(2) input").await?;
            page.until("document.querySelector('thead input').indeterminate", 5)
                .await?;
            let chosen = page.text(".vv-history-chosen").await?;
            ensure!(
                chosen.contains("21 chosen") && chosen.contains("No more than four"),
                "{chosen}"
            );
            page.value("history.back()").await?;
            page.until(&format!("{LISTED}[0] === {}", second[0]), 5).await?;
            ensure!(
                page.value("document.querySelector('thead input').checked")
                    .await?
                    == true
            );

            page.value("document.querySelector('.vv-history-none').focus()")
                .await?;
            page.press(Key::Enter).await?;
            page.until(
                &format!(
                    "document.activeElement.matches({COUNT:?}) &&
                    getComputedStyle(document.activeElement).outlineStyle === 'solid' &&
                    document.querySelector('tr[data-chosen=true]') === null"
                ),
                5,
            )
            .await?;

            // A page that is loaded anew is one of a new list.
            page.reload().await?;
            page.until(&format!("{LISTED}[0] === {}", first[19]), 10).await?;
            ensure!(page.text(COUNT).await? == "21–40 of 44 conversations");
            held::end(another).await
        })
        .await
}

#[tokio::test]
async fn what_is_deleted_is_named_before_and_its_files_are_gone() -> Result<()> {
    let viva = Viva::start().await?;
    let order = ORDER.hold(&viva).await?;
    let dragon = DRAGON.hold(&viva).await?;
    let open = held::begin(&viva).await?;
    let open_id = open.started().session_id;
    for id in [order, dragon] {
        ensure!(!viva.files_of(id)?.is_empty(), "nothing is stored");
    }
    Browser::with(Microphone::NotAllowed)
        .visit(&address(&viva, ""), async |page| {
            until_listed(page, &[open_id, dragon, order]).await?;
            page.until_shown(".vv-history-delete[aria-disabled]", 5).await?;
            page.click(&row(order, " input")).await?;
            page.until_shown(".vv-history-compare[aria-disabled]", 5).await?;
            page.click(&row(open_id, " input")).await?;
            let link = format!("/compare?ids={order},{open_id}");
            page.until_shown(&format!(".vv-history-compare[href='{link}']"), 5)
                .await?;
            page.picture("history-chosen").await?;

            page.click(".vv-history-delete").await?;
            page.until_shown(DIALOG, 5).await?;
            page.until("document.activeElement.matches('.vv-dialog-keep')", 5)
                .await?;
            let question = page.text(DIALOG).await?;
            for part in ["Delete 2 conversations?", "recordings", "cannot be undone"] {
                ensure!(question.contains(part), "{part} is not in {question}");
            }
            page.picture("history-delete").await?;
            page.press(Key::Escape).await?;
            page.until(&format!("document.querySelector({DIALOG:?}) === null"), 5)
                .await?;
            page.until("document.activeElement.matches('.vv-history-delete')", 5)
                .await?;
            page.press(Key::Enter).await?;
            page.until_shown(DIALOG, 5).await?;

            // What the server is at cannot be left, and why it did not do it is told.
            page.value(FAIL_LATE).await?;
            page.click(".vv-dialog-do").await?;
            page.until_shown(".vv-dialog-do[aria-disabled]", 5).await?;
            for _ in 0..3 {
                page.press(Key::Escape).await?;
            }
            page.value("window.letGo()").await?;
            page.until_shown(&format!("{DIALOG} .vv-dialog-trouble p"), 5)
                .await?;
            page.click(".vv-dialog-do").await?;

            until_listed(page, &[open_id, dragon]).await?;
            page.until_shown(".vv-history-done[data-severity=warning]", 5)
                .await?;
            let told = page.text(".vv-history-done").await?;
            ensure!(
                told.contains("One conversation is deleted.") && told.contains("goes on; end it first"),
                "{told}"
            );
            page.until(&format!("document.activeElement.matches({COUNT:?})"), 5)
                .await?;
            page.picture("history-kept").await?;
            ensure!(viva.files_of(order)?.is_empty(), "files are left");
            let answer = page
                .value(&format!(
                    "fetch('/api/v1/interaction/sessions/{order}').then(it => it.status)"
                ))
                .await?;
            ensure!(answer == 404, "it answers {answer}");

            page.click(&row(dragon, " .vv-history-end button")).await?;
            page.until_shown(DIALOG, 5).await?;
            ensure!(page.text(DIALOG).await?.contains("Delete this conversation?"));
            page.click(".vv-dialog-do").await?;
            until_listed(page, &[open_id]).await?;
            page.until_shown(".vv-history-done[data-severity=info]", 5)
                .await?;
            ensure!(viva.files_of(dragon)?.is_empty(), "files are left");

            held::end(open).await?;
            page.click(&row(open_id, " .vv-history-end button")).await?;
            page.until_shown(DIALOG, 5).await?;
            page.click(".vv-dialog-do").await?;
            page.until_shown(&format!("{NOTHING} a[href='/']"), 10).await?;
            page.picture("history-empty").await
        })
        .await
}

#[tokio::test]
async fn a_phone_and_a_keyboard_suffice() -> Result<()> {
    let viva = Viva::start().await?;
    for _ in 0..2 {
        held::end(held::begin(&viva).await?).await?;
    }
    let [_, _, phone, _] = View::ALL;
    Browser::with(Microphone::NotAllowed)
        .visit(&address(&viva, ""), async |page| {
            page.until(&format!("{LISTED}.length === 2"), 10).await?;
            page.look(phone).await?;
            let conditions = "document.querySelector('.vv-history-conditions').checkVisibility()";
            page.until(&format!("!{conditions}"), 5).await?;
            page.value("document.querySelector('.vv-history-more').focus()")
                .await?;
            page.press(Key::Enter).await?;
            page.until(conditions, 5).await?;
            page.picture("history-filters").await?;

            page.look(phone).await?;
            page.value("document.querySelector('tbody input').focus()")
                .await?;
            page.press(" ").await?;
            page.until_shown("tr[data-chosen=true]", 5).await?;
            let bar = "document.querySelector('.vv-history-chosen').getBoundingClientRect()";
            page.until(&format!("{bar}.bottom <= innerHeight && {bar}.height > 0"), 5)
                .await?;
            page.value("document.querySelector('.vv-history-delete').focus()")
                .await?;
            page.press(Key::Enter).await?;
            page.until_shown(DIALOG, 5).await?;
            page.press(Key::Tab).await?;
            page.press(Key::Enter).await?;
            page.until(&format!("{LISTED}.length === 1"), 5).await?;
            page.picture("history-deleted").await
        })
        .await
}
