//! What the page History says when it has no list.

use anyhow::{Result, ensure};
use serde_json::json;

use viva_e2e_tests::browser::{Browser, Microphone};
use viva_e2e_tests::viva::Viva;

use super::{LISTED, NOTHING, SEARCH, filter, search, until_query};

/// The next request fails as if there were no server.
const FAIL_ONCE: &str = "(() => {
    const ask = window.fetch;
    window.fetch = () => {
        window.fetch = ask;
        return Promise.reject(new TypeError('no network'));
    };
})()";

/// The answer to the next request waits for `letGo()`, and says that there is a conversation. `answered` counts the answers
/// that the program has read and done with as it does.
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
        answer.text = async () => {
            const text = await Response.prototype.text.call(answer);
            setTimeout(() => { window.answered += 1; });
            return text;
        };
        return answer;
    };
})()";

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
            ensure!(
                page.value(&format!("{LISTED}.length")).await? == 0,
                "an old answer is shown"
            );

            filter(page, "status", "error").await?;
            until_query(page, "?status=error&q=abc").await?;
            page.devtools("Network.clearBrowserCookies", json!({})).await?;
            search(page, "a%+&b").await?;
            let here = "?status=error&q=a%25%2B%26b";
            let way_in = ".vv-messages a[href='/login?next=/history?status=error%26q=a%2525%252B%2526b']";
            page.until_shown(way_in, 5).await?;
            page.picture("history-signed-out").await?;
            page.click(way_in).await?;
            page.until_shown("#token", 5).await?;
            page.sign_in(&token).await?;
            page.until(
                "location.pathname === '/history' && document.documentElement.dataset.live !== undefined",
                20,
            )
            .await?;
            until_query(page, here).await?;
            page.until_shown(NOTHING, 5).await?;
            let text = page
                .value(&format!("document.querySelector({SEARCH:?}).value"))
                .await?;
            ensure!(text == "a%+&b", "{text} is looked for");
            Ok(())
        })
        .await
}
