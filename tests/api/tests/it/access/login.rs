//! `/login`, `/logout`.

use std::time::Duration;

use chrono::TimeDelta;
use viva_domain::ports::StoreErrorKind;
use viva_presentation::{Exposure, RateLimits};

use super::{server, setup};
use crate::bench::{Answer, Server, Setup};

const SESSIONS: &str = "/api/v1/interaction/sessions";

async fn with_cookie(server: &Server, method: &str, path: &str, cookie: &str) -> Answer {
    server.request(method, path, &[("cookie", cookie)]).await
}

fn there(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("location"))
}

#[tokio::test]
async fn somebody_signs_in_and_out() {
    let server = server().await;
    let ada = server.person("ada").await;
    let form = server.get("/login").await;
    assert!(
        form.text().contains(r#"<form method="post" action="/login">"#),
        "{}",
        form.text()
    );
    let signed_in = server.log_in(&ada.token, &[]).await;
    assert_eq!(there(&signed_in), (303, "/"));
    let cookie = signed_in.cookie();
    let seconds = 30 * 24 * 60 * 60;
    assert_eq!(
        signed_in.header("set-cookie"),
        format!("{cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}")
    );
    assert!(cookie.starts_with("viva_session=viva_") && !cookie.contains(&ada.token[38..]));

    assert_eq!(with_cookie(&server, "GET", SESSIONS, &cookie).await.status, 200);
    let account = with_cookie(&server, "GET", "/login", &cookie).await;
    assert!(
        account.text().contains(r#"action="/logout""#),
        "{}",
        account.text()
    );
    let signed_out = with_cookie(&server, "POST", "/logout", &cookie).await;
    assert_eq!(there(&signed_out), (303, "/login"));
    assert!(signed_out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(signed_out.cookie(), "viva_session=");
    let nobody = with_cookie(&server, "GET", SESSIONS, &cookie).await;
    assert_eq!(nobody.problem(), (401, "unauthorized".to_owned()));
    assert_eq!(
        server.log_in(&ada.token, &[]).await.status,
        303,
        "the token stays good"
    );
}

#[tokio::test]
async fn a_browser_that_signs_in_anew_leaves_no_door_open() {
    let server = server().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let first = server.cookie_of(&ada).await;
    let second = server.log_in(&bob.token, &[("cookie", &first)]).await.cookie();
    assert_ne!(first, second);
    assert_eq!(with_cookie(&server, "GET", SESSIONS, &first).await.status, 401);
    assert_eq!(with_cookie(&server, "GET", SESSIONS, &second).await.status, 200);
}

#[tokio::test]
async fn signing_out_takes_no_token_away() {
    let server = server().await;
    let ada = server.person("ada").await;
    let bearer = ada.bearer();
    let headers = [("authorization", bearer.as_str())];
    for method in ["POST", "GET"] {
        let path = if method == "POST" { "/logout" } else { "/login" };
        server.request(method, path, &headers).await;
    }
    server.log_in(&ada.token, &headers).await;
    assert_eq!(server.request("GET", SESSIONS, &headers).await.status, 200);
}

#[tokio::test]
async fn every_failure_gets_the_same_answer() {
    let server = server().await;
    let ada = server.person("ada").await;
    let revoked = server.person("ada").await;
    server.revoke(&revoked).await;
    let expired = server.person_until("ada", Some(TimeDelta::minutes(1))).await;
    let cookie = server.cookie_of(&ada).await;
    let (_, browsers_own) = cookie.split_once('=').unwrap();
    let mut wrong = ada.token.clone();
    wrong.replace_range(wrong.len() - 2.., "ff");
    let unknown = ada.token.replace("viva_0", "viva_f");
    let mut told: Option<(String, String)> = None;
    for token in [
        "",
        "nonsense",
        "%3Cscript%3E",
        browsers_own,
        &wrong,
        &unknown,
        &revoked.token,
        &expired.token,
    ] {
        // Nobody has to wait so long.
        server.clock.advance(Duration::from_mins(16));
        let answer = server.log_in(token, &[]).await;
        assert_eq!(answer.status, 401, "{token}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert!(!answer.headers.contains_key("set-cookie"));
        let headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "x-request-id")
            .collect();
        let said = (answer.text().to_owned(), format!("{headers:?}"));
        assert_eq!(told.get_or_insert_with(|| said.clone()), &said, "{token}");
    }
}

#[tokio::test]
async fn whoever_guesses_waits_longer_and_longer_and_locks_nobody_out() {
    let server = server().await;
    let ada = server.person("ada").await;
    for _ in 0..3 {
        assert_eq!(server.log_in("nonsense", &[]).await.status, 401);
    }
    for wait in [1, 2, 4] {
        let answer = server.log_in("nonsense", &[]).await;
        assert_eq!(answer.status, 429);
        assert_eq!(answer.header("retry-after"), wait.to_string());
        assert!(
            answer.text().contains(&format!("in {wait} s.")),
            "{}",
            answer.text()
        );
        assert!(!answer.headers.contains_key("set-cookie"));
        // A colleague at the same address has a good one.
        assert_eq!(server.log_in(&ada.token, &[]).await.status, 303);
        server.clock.advance(Duration::from_secs(wait));
        assert_eq!(server.log_in("nonsense", &[]).await.status, 401);
    }
    let bearer = ada.bearer();
    let answer = server
        .request("GET", SESSIONS, &[("authorization", &bearer)])
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn whoever_guesses_in_a_header_waits_as_well() {
    let server = server().await;
    let ada = server.person("ada").await;
    let bearer = ada.bearer();
    let mut wrong = bearer.clone();
    wrong.replace_range(wrong.len() - 2.., "ff");
    let nonsense = "Bearer nonsense".to_owned();
    let ask = async |path, token: &str| server.request("GET", path, &[("authorization", token)]).await;
    for token in [&wrong, &nonsense, &wrong] {
        let answer = ask(SESSIONS, token).await;
        assert_eq!(answer.problem(), (401, "unauthorized".to_owned()));
    }
    for (path, token) in [(SESSIONS, &wrong), ("/", &wrong), (SESSIONS, &nonsense)] {
        let answer = ask(path, token).await;
        assert_eq!(answer.problem(), (429, "too-many-requests".to_owned()));
        assert_eq!(answer.header("retry-after"), "1");
        assert!(answer.text().contains("in 1 s"), "{}", answer.text());
    }
    // Neither good tokens nor the form wait for that.
    assert_eq!(ask(SESSIONS, &bearer).await.status, 200);
    assert_eq!(server.log_in("nonsense", &[]).await.status, 401);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(ask(SESSIONS, &wrong).await.status, 401);
    assert_eq!(ask(SESSIONS, &wrong).await.header("retry-after"), "2");
}

#[tokio::test]
async fn pages_of_other_servers_sign_nobody_in_or_out() {
    let server = server().await;
    let ada = server.person("ada").await;
    let cookie = server.cookie_of(&ada).await;
    for origin in ["https://evil.example", "null"] {
        let refused = server.log_in(&ada.token, &[("origin", origin)]).await;
        assert_eq!(refused.problem(), (403, "origin-not-allowed".to_owned()));
        let headers = [("origin", origin), ("cookie", cookie.as_str())];
        let refused = server.request("POST", "/logout", &headers).await;
        assert_eq!(refused.problem(), (403, "origin-not-allowed".to_owned()));
    }
    assert_eq!(with_cookie(&server, "GET", SESSIONS, &cookie).await.status, 200);
    let own = [("origin", "http://localhost")];
    assert_eq!(server.log_in(&ada.token, &own).await.status, 303);
    // A browser tells the origin of a form only where the page lets it.
    let form = server.get("/login").await;
    assert_eq!(form.header("referrer-policy"), "same-origin");
}

#[tokio::test]
async fn the_form_runs_nothing_and_loads_nothing_from_elsewhere() {
    let server = server().await;
    let form = server.get("/login").await;
    let policy = form.header("content-security-policy");
    for directive in [
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(directive), "{policy}");
    }
    assert_eq!(form.header("cache-control"), "no-store");
    let html = form.text();
    for foreign in ["http://", "https://", "<script", "style=", "onclick"] {
        assert!(!html.contains(foreign), "{html}");
    }
    let style = server.get("/login/style.css").await;
    assert!(html.contains("/login/style.css") && style.status.is_success());
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.text().contains("light dark"));
}

#[tokio::test]
async fn the_form_speaks_the_language_of_its_reader() {
    let server = server().await;
    let chinese = [("accept-language", "zh-TW,zh;q=0.9")];
    let form = server.request("GET", "/login", &chinese).await;
    assert!(form.text().contains(r#"<html lang="zh-TW">"#) && form.text().contains("登入"));
    let refused = server.log_in("nonsense", &chinese).await;
    assert!(
        refused.text().contains("無法用這個權杖登入"),
        "{}",
        refused.text()
    );
    let english = server.get("/login").await;
    assert!(english.text().contains(r#"<html lang="en">"#) && english.text().contains("Sign in"));
}

#[tokio::test]
async fn behind_a_proxy_cookies_are_for_https_only() {
    let server = Server::start_with(Setup {
        exposure: Exposure::BehindProxy,
        ..setup()
    })
    .await;
    let ada = server.person("ada").await;
    let signed_in = server.log_in(&ada.token, &[]).await;
    let cookie = signed_in.cookie();
    assert!(cookie.starts_with("__Host-viva_session=viva_"));
    assert!(signed_in.header("set-cookie").ends_with("; Secure"));
    assert_eq!(with_cookie(&server, "GET", SESSIONS, &cookie).await.status, 200);
    let plain = cookie.trim_start_matches("__Host-");
    assert_eq!(with_cookie(&server, "GET", SESSIONS, plain).await.status, 401);
    // Whoever is behind the proxy is kept waiting alone.
    for client in ["198.51.100.7", "198.51.100.8"] {
        let forwarded = [("x-forwarded-for", client)];
        for _ in 0..3 {
            assert_eq!(
                server.log_in("nonsense", &forwarded).await.status,
                401,
                "{client}"
            );
        }
        assert_eq!(
            server.log_in("nonsense", &forwarded).await.status,
            429,
            "{client}"
        );
    }
}

#[tokio::test]
async fn failures_are_limited_besides() {
    let server = Server::start_with(Setup {
        limits: RateLimits {
            sign_ins: 2,
            ..RateLimits::default()
        },
        ..setup()
    })
    .await;
    let ada = server.person("ada").await;
    let wrong = [("authorization", "Bearer nonsense")];
    // Those of programs count as well, apart from those of people.
    for _ in 0..2 {
        assert_eq!(server.log_in("nonsense", &[]).await.status, 401);
        assert_eq!(server.request("GET", SESSIONS, &wrong).await.status, 401);
    }
    let answer = server.log_in("nonsense", &[]).await;
    assert_eq!(answer.status, 429);
    assert!(
        answer
            .header("retry-after")
            .parse::<u64>()
            .is_ok_and(|s| (1..=30).contains(&s))
    );
    let answer = server.request("GET", SESSIONS, &wrong).await;
    assert_eq!(answer.problem(), (429, "too-many-requests".to_owned()));
    for _ in 0..3 {
        assert_eq!(server.log_in(&ada.token, &[]).await.status, 303);
    }
}

#[tokio::test]
async fn a_database_that_goes_away_signs_nobody_out() {
    let (server, store) = Server::on_fake_tokens(RateLimits::default()).await;
    let ada = server.person("ada").await;
    let cookie = server.cookie_of(&ada).await;
    store.faults().fail(StoreErrorKind::Unavailable);
    let away = (503, "database-unavailable".to_owned());
    assert_eq!(
        with_cookie(&server, "GET", SESSIONS, &cookie).await.problem(),
        away
    );
    assert_eq!(with_cookie(&server, "GET", "/", &cookie).await.problem(), away);
    for _ in 0..5 {
        assert_eq!(server.log_in(&ada.token, &[]).await.problem(), away);
    }
    store.faults().recover();
    assert_eq!(with_cookie(&server, "GET", SESSIONS, &cookie).await.status, 200);
    assert_eq!(server.log_in(&ada.token, &[]).await.status, 303);
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let server = server().await;
    let json = [("content-type", "application/json")];
    let answer = server
        .send("POST", "/login", &json, r#"{"token":"x"}"#.into())
        .await;
    assert_eq!(answer.problem(), (415, "unsupported-media-type".to_owned()));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let empty = server.send("POST", "/login", &form, "".into()).await;
    assert_eq!(empty.status, 401);
}

#[tokio::test]
async fn whoever_wanted_another_page_goes_on_to_it() {
    let server = server().await;
    let ada = server.person("ada").await;
    let form = server.get("/login?next=/providers?q=a%2520b%26c=1").await;
    let next = r#"<input type="hidden" name="next" value="/providers?q=a%20b&amp;c=1">"#;
    assert!(form.text().contains(next), "{}", form.text());
    let link = r#"<a href="/providers?q=a%20b&amp;c=1">"#;
    assert!(form.text().contains(link), "{}", form.text());

    let wanted = "&next=%2Fproviders%3Fq%3Da%2520b%26c%3D1";
    let refused = server.log_in(&format!("nonsense{wanted}"), &[]).await;
    assert!(refused.status == 401 && refused.text().contains(next));
    let signed_in = server.log_in(&format!("{}{wanted}", ada.token), &[]).await;
    assert_eq!(there(&signed_in), (303, "/providers?q=a%20b&c=1"));
    let cookie = signed_in.cookie();
    let account = with_cookie(&server, "GET", "/login?next=/providers", &cookie).await;
    assert!(account.text().contains(r#"<a href="/providers">"#));
}

#[tokio::test]
async fn nobody_is_sent_to_another_server() {
    let server = server().await;
    let ada = server.person("ada").await;
    for next in [
        "//evil.example",
        "%2F%2Fevil.example",
        "/\\evil.example",
        "%2F%5Cevil.example",
        "/%09/evil.example",
        "https://evil.example",
        "https%3A%2F%2Fevil.example%2Fproviders",
        "/%252Fevil.example",
        "%252Fproviders",
        "/providers%0D%0Aset-cookie:%20a=b",
        "/providers?%22%3E%3Cscript%3E",
        "/api/v1/me",
        "/login",
        "",
    ] {
        let form = server
            .get(&format!("/login?next={}", next.replace('\\', "%5C")))
            .await;
        assert!(form.status.is_success(), "{next}: {}", form.text());
        assert!(
            !form.text().contains("evil")
                && !form.text().contains("name=\"next\"")
                && form.text().contains("<a href=\"/\">"),
            "{next}: {}",
            form.text()
        );
        let signed_in = server.log_in(&format!("{}&next={next}", ada.token), &[]).await;
        assert_eq!(there(&signed_in), (303, "/"), "{next}");
    }
}

#[tokio::test]
async fn where_nobody_signs_in_the_form_leads_to_the_page() {
    let server = Server::start().await;
    for (next, page) in [("/providers", "/providers"), ("//evil.example", "/")] {
        let answer = server.get(&format!("/login?next={next}")).await;
        assert_eq!(there(&answer), (303, page));
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let body = format!("token=x&next={next}");
        let answer = server.send("POST", "/login", &form, body.into()).await;
        assert_eq!(there(&answer), (303, page));
    }
}
