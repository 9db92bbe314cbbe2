//! The page History: conversations found by filters and text, page by page, chosen and deleted.

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

/// The next request fails as if there were no server.
const FAIL_ONCE: &str = "(() => {
    const ask = window.fetch;
    window.fetch = () => {
        window.fetch = ask;
        return Promise.reject(new TypeError('no network'));
    };
})()";

/// The answer to the next request waits for `letGo()`, and says that there is a conversation.
const SLOW_FIRST: &str = "(() => {
    const ask = window.fetch;
    window.asked = window.answered = 0;
    const held = new Promise(resolve => { window.letGo = resolve; });
    const session = {
        id: '0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e', mode: 'realtime', config: {}, status: 'completed',
        started_at: '2026-11-30T10:00:00Z', barge_in_enabled: true, total_turns: 1, interrupted_count: 0,
        providers: ['offline'],
    };
    const old = { items: [session], total: 1, page: 1, page_size: 20, total_pages: 1, bound: 1 };
    window.fetch = async (...given) => {
        window.asked += 1;
        const isFirst = window.asked === 1;
        const answer = isFirst ? await held.then(() => Response.json(old)) : await ask.apply(window, given);
        setTimeout(() => { window.answered += 1; });
        return answer;
    };
})()";

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

/// Empties the text and types another one.
async fn search(page: &Page, text: &str) -> Result<()> {
    page.value(&format!("document.querySelector({SEARCH:?}).select()"))
        .await?;
    page.write(SEARCH, text).await
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
            let link = format!("a[href='/sessions/{order}']");
            page.until_shown(&row(order, &format!(" {link}")), 5).await
        })
        .await
}

#[tokio::test]
async fn an_address_that_makes_no_sense_is_told_and_mended() -> Result<()> {
    let viva = Viva::start().await?;
    held::end(held::begin(&viva).await?).await?;
    let query = "?from=2026-11-30&to=2026-11-29&mode=telepathy&provider=gone&page=0";
    Browser::with(Microphone::NotAllowed)
        .languages("zh-TW,zh")
        .visit(&address(&viva, query), async |page| {
            page.until_shown(".vv-message[data-severity=warning]", 10).await?;
            let told = page.text(".vv-message").await?;
            for part in ["結束日早於起始日", "telepathy", "「0」不是頁碼"] {
                ensure!(told.contains(part), "{part} is not in {told}");
            }
            until_query(page, query).await?;
            page.until_shown(NOTHING, 5).await?;
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
        ensure!(viva.files_of(id)?.len() == 2, "one file for each side");
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
            page.click(".vv-dialog-do").await?;
            page.until_shown(&format!("{NOTHING} a[href='/']"), 10).await?;
            page.picture("history-empty").await
        })
        .await
}

#[tokio::test]
async fn trouble_leaves_the_list_and_shows_a_way_on() -> Result<()> {
    let viva = Viva::start_with(&[("VIVA__AUTH__MODE", "token")]).await?;
    let token = viva.token("ada").await?;
    Browser::with(Microphone::NotAllowed)
        .token(&token)
        .visit(&viva.url(), async |page| {
            page.follow(".vv-pages a[href='/history']").await?;
            page.until_shown(NOTHING, 10).await?;
            page.value(FAIL_ONCE).await?;
            search(page, "a").await?;
            page.until_shown(".vv-message[data-severity=failure] button", 5)
                .await?;
            page.picture("history-failed").await?;
            page.click(".vv-message button").await?;
            page.until("document.querySelector('.vv-message') === null", 5)
                .await?;

            page.value(SLOW_FIRST).await?;
            search(page, "ab").await?;
            page.until("window.asked === 1", 5).await?;
            search(page, "abc").await?;
            page.until("window.asked === 2 && window.answered === 1", 5)
                .await?;
            page.value("window.letGo()").await?;
            page.until("window.answered === 2", 5).await?;
            page.until_shown(NOTHING, 5).await?;
            ensure!(
                page.value(&format!("{LISTED}.length")).await? == 0,
                "an old answer is shown"
            );

            page.devtools("Network.clearBrowserCookies", json!({})).await?;
            search(page, "abcd").await?;
            page.until_shown(".vv-messages a[href='/login']", 5).await?;
            page.picture("history-signed-out").await?;
            page.click(".vv-messages a[href='/login']").await?;
            page.until_shown("#token", 5).await
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
