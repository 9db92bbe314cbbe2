//! Which sessions `/sessions` lists, and in what order.

use chrono::{DateTime, Utc};
use viva_contract::samples;
use viva_domain::ids::UserId;
use viva_domain::sessions::{EndStatus, Interaction, Session};
use viva_domain::turns::Turn;

use crate::bench::Server;

const SESSIONS: &str = "/api/v1/interaction/sessions";

/// The numbers of the sessions that are listed.
async fn listed(server: &Server, query: &str) -> Vec<u16> {
    let answer = server.get(&format!("{SESSIONS}?{query}")).await;
    assert_eq!(answer.status.as_u16(), 200, "{query}");
    let body = answer.json();
    let items = body["items"].as_array().unwrap();
    assert_eq!(body["total"], items.len(), "{query}");
    let number = |id: &str| (1..100).find(|n| samples::session_id(*n).to_string() == id);
    items
        .iter()
        .map(|session| number(session["id"].as_str().unwrap()).unwrap())
        .collect()
}

async fn begun(server: &Server, n: u16, at: &str) {
    let session = Session {
        user_id: UserId::LOCAL,
        started_at: at.parse::<DateTime<Utc>>().unwrap(),
        ..samples::session(n)
    };
    server.session_store.insert(&session).await.unwrap();
}

#[tokio::test]
async fn days_are_those_of_the_user() {
    let server = Server::start().await;
    // In Berlin this day has 25 hours, because clocks are put back in the night before; in UTC it has 24.
    for (n, at) in [
        (1, "2026-10-24T21:59:59.999999Z"),
        (2, "2026-10-24T22:00:00Z"),
        (3, "2026-10-25T22:59:59.999999Z"),
        (4, "2026-10-25T23:00:00Z"),
    ] {
        begun(&server, n, at).await;
    }
    let day = "start_date=2026-10-25&end_date=2026-10-25";
    for (query, expected) in [
        (format!("{day}&time_zone=Europe/Berlin"), vec![3, 2]),
        (day.to_owned(), vec![4, 3]),
        (format!("{day}&time_zone=%2B01:00"), vec![3]),
        (format!("{day}&time_zone=+01:00"), vec![3]),
        (format!("{day}&time_zone=-02:00"), vec![4, 3]),
        (
            "start_date=2026-10-26&time_zone=Europe%2FBerlin".to_owned(),
            vec![4],
        ),
        ("end_date=2026-10-24&time_zone=Europe/Berlin".to_owned(), vec![1]),
        ("start_date=2026-10-27".to_owned(), vec![]),
    ] {
        assert_eq!(listed(&server, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn conditions_hold_together() {
    let server = Server::start().await;
    for n in 1..=3 {
        server.keep_session(n, 1).await;
    }
    let store = &server.session_store;
    let cascade = Interaction::Cascade(Box::new(samples::cascade_config()));
    let owner = UserId::LOCAL;
    store
        .switch(owner, samples::session_id(2), &cascade)
        .await
        .unwrap();
    store
        .end(
            owner,
            samples::session_id(3),
            samples::at(9_000_000),
            EndStatus::Error,
        )
        .await
        .unwrap();
    let words = Turn {
        user_transcript: Some("我的訂單編號是4711。".to_owned()),
        ..samples::turn(3, 2)
    };
    store.save_turn(owner, &words).await.unwrap();
    for (query, expected) in [
        ("", vec![3, 2, 1]),
        (
            "mode=&status=&provider=&start_date=&end_date=&time_zone=&q=&bound=",
            vec![3, 2, 1],
        ),
        ("mode=cascade", vec![2]),
        ("mode=realtime", vec![3, 1]),
        ("status=error", vec![3]),
        ("status=active&mode=realtime", vec![1]),
        ("provider=offline", vec![3, 2, 1]),
        ("provider=brain", vec![2]),
        ("provider=off", vec![]),
        ("q=STORY%20onc", vec![3, 2, 1]),
        ("q=%E8%A8%82%E5%96%AE%E7%B7%A8%20471", vec![3]),
        ("q=%E8%A8%82&status=active", vec![]),
        ("q=%22drop%20table", vec![]),
        ("bound=2", vec![2, 1]),
        ("bound=0", vec![]),
    ] {
        assert_eq!(listed(&server, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_are_stable_while_sessions_start() {
    let server = Server::start().await;
    for n in 1..=4 {
        server.keep_session(n, 0).await;
    }
    let first = server.get(&format!("{SESSIONS}?page_size=2")).await.json();
    server.keep_session(5, 0).await;
    let bound = &first["bound"];
    let second = server
        .get(&format!("{SESSIONS}?page_size=2&page=2&bound={bound}"))
        .await
        .json();
    let mut ids = Vec::new();
    for page in [&first, &second] {
        ids.extend([0, 1].map(|item| page["items"][item]["id"].clone()));
    }
    assert_eq!(ids, [4, 3, 2, 1].map(|n| samples::session_id(n).to_string()));
    assert_eq!((&second["total"], &second["bound"]), (&4.into(), bound));
    let anew = server.get(SESSIONS).await.json();
    assert_eq!((&anew["total"], &anew["bound"]), (&5.into(), &5.into()));
}

#[tokio::test]
async fn a_condition_that_makes_no_sense_is_a_problem_that_says_which() {
    let server = Server::start().await;
    let long = format!("q={}", "x".repeat(201));
    for (query, detail) in [
        ("mode=telepathy", "mode"),
        ("status=over", "status"),
        ("provider=a%20b", "provider"),
        ("start_date=yesterday", "start_date"),
        ("end_date=2026-02-29", "end_date"),
        (
            "start_date=2026-11-30&end_date=2026-11-29",
            "end_date comes before start_date",
        ),
        ("time_zone=Berlin", "time zone"),
        ("q=%3F%21", "no letter and no digit"),
        (long.as_str(), "more than 200 characters"),
        ("bound=-1", "bound"),
        ("bound=new", "bound"),
    ] {
        let answer = server.get(&format!("{SESSIONS}?{query}")).await;
        assert_eq!(answer.problem(), (400, "invalid-query".to_owned()), "{query}");
        assert!(answer.text().contains(detail), "{query}: {}", answer.text());
    }
}
