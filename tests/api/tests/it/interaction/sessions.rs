//! `/sessions` and what is below, apart from audio.

use std::time::Duration;

use viva_contract::samples;
use viva_domain::ids::UserId;
use viva_domain::sessions::{EndStatus, Interaction, Session};

use crate::bench::Server;

const SESSIONS: &str = "/api/v1/interaction/sessions";

#[tokio::test]
async fn sessions_come_newest_first_page_by_page() {
    let server = Server::start().await;
    for n in 1..=5 {
        server.keep_session(n, 0).await;
    }
    let page = |number: u32| format!("{SESSIONS}?page={number}&page_size=2");
    let mut ids = Vec::new();
    for number in 1..=3 {
        let body = server.get(&page(number)).await.json();
        assert_eq!(
            (&body["total"], &body["total_pages"], &body["page"]),
            (&5.into(), &3.into(), &number.into())
        );
        ids.extend(
            body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|session| session["id"].clone()),
        );
    }
    let newest_first: Vec<String> = (1..=5)
        .rev()
        .map(|n| samples::session_id(n).to_string())
        .collect();
    assert_eq!(ids, newest_first);
    assert!(
        server.get(&page(4)).await.json()["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn pages_stay_in_range() {
    let server = Server::start().await;
    server.keep_session(1, 0).await;
    for (query, page, size) in [
        ("", 1, 20),
        ("?page=0&page_size=0", 1, 1),
        ("?page_size=4000000000", 1, 100),
    ] {
        let body = server.get(&format!("{SESSIONS}{query}")).await.json();
        assert_eq!(
            (&body["page"], &body["page_size"]),
            (&page.into(), &size.into()),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_session_is_shown_with_its_turns() {
    let server = Server::start().await;
    let session = server.keep_session(1, 1).await;
    let failed = samples::failed_turn(1, 2);
    server
        .session_store
        .save_turn(UserId::LOCAL, &failed)
        .await
        .unwrap();
    server
        .session_store
        .end(
            UserId::LOCAL,
            session.id,
            samples::at(90_000_000),
            EndStatus::Superseded,
        )
        .await
        .unwrap();
    insta::assert_json_snapshot!(server.get(&format!("{SESSIONS}/{}", session.id)).await.json());
    let listed = server.get(SESSIONS).await.json();
    insta::assert_json_snapshot!("a_session_in_a_list", listed);
}

#[tokio::test]
async fn a_cascade_session_is_shown_with_its_stages() {
    let server = Server::start().await;
    let session = Session {
        user_id: UserId::LOCAL,
        interaction: Interaction::Cascade(Box::new(samples::cascade_config())),
        ..samples::session(1)
    };
    server.session_store.insert(&session).await.unwrap();
    let body = server.get(&format!("{SESSIONS}/{}", session.id)).await.json();
    insta::assert_json_snapshot!((&body["mode"], &body["config"]));
}

#[tokio::test]
async fn turns_come_page_by_page() {
    let server = Server::start().await;
    let session = server.keep_session(1, 3).await;
    let turns = async |page: u32| {
        let path = format!("{SESSIONS}/{}/turns?page={page}&page_size=2", session.id);
        let body = server.get(&path).await.json();
        assert_eq!((&body["total"], &body["total_pages"]), (&3.into(), &2.into()));
        body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|turn| turn["turn_number"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(turns(1).await, [1, 2]);
    assert_eq!(turns(2).await, [3]);
}

#[tokio::test]
async fn latencies_are_summed_up() {
    let server = Server::start().await;
    let session = server.keep_session(1, 1).await;
    for number in 2..=4 {
        let whole = viva_domain::turns::Turn {
            interruption: None,
            false_interruptions: 0,
            ..samples::turn(1, number)
        };
        server
            .session_store
            .save_turn(UserId::LOCAL, &whole)
            .await
            .unwrap();
    }
    insta::assert_json_snapshot!(
        server
            .get(&format!("{SESSIONS}/{}/latency-stats", session.id))
            .await
            .json()
    );
}

/// By the nearest rank: the 10th, 19th and 20th of 20 values, whatever the order in which they came.
#[tokio::test]
async fn percentiles_are_values_that_were_measured() {
    let server = Server::start().await;
    let session = server.keep_session(1, 0).await;
    for number in 1..=20 {
        let mut turn = viva_domain::turns::Turn {
            interruption: None,
            ..samples::turn(1, number)
        };
        let total = turn.latency.total.as_mut().expect("it is measured");
        total.duration = Duration::from_millis(u64::from(number * 7 % 20 + 1) * 100);
        server
            .session_store
            .save_turn(UserId::LOCAL, &turn)
            .await
            .unwrap();
    }
    let path = format!("{SESSIONS}/{}/latency-stats", session.id);
    let total = server.get(&path).await.json()["total_ms"].clone();
    assert_eq!(
        total,
        serde_json::json!({
            "count": 20, "avg": 1_050.0, "min": 100.0, "max": 2_000.0,
            "p50": 1_000.0, "p95": 1_900.0, "p99": 2_000.0,
        })
    );
}

#[tokio::test]
async fn a_session_without_turns_has_zeros_and_nulls() {
    let server = Server::start().await;
    let session = server.keep_session(1, 0).await;
    let answer = server
        .get(&format!("{SESSIONS}/{}/latency-stats", session.id))
        .await;
    let total = &answer.json()["total_ms"];
    assert_eq!(total["count"], 0);
    for figure in ["avg", "min", "max", "p50", "p95", "p99"] {
        assert!(total[figure].is_null(), "{figure}: {total}");
    }
}

#[tokio::test]
async fn what_belongs_to_somebody_else_is_not_there() {
    let server = Server::start().await;
    let session = samples::session(1);
    server.session_store.insert(&session).await.unwrap();
    server
        .session_store
        .save_turn(samples::OWNER, &samples::turn(1, 1))
        .await
        .unwrap();
    assert_eq!(server.get(SESSIONS).await.json()["total"], 0);
    let not_found = |code: &str| (404, code.to_owned());
    for below in ["", "/turns", "/latency-stats"] {
        let path = format!("{SESSIONS}/{}{below}", session.id);
        assert_eq!(
            server.get(&path).await.problem(),
            not_found("session-not-found"),
            "{path}"
        );
    }
    let audio = format!(
        "{SESSIONS}/{}/turns/{}/audio?type=ai",
        session.id,
        samples::turn_id(1, 1)
    );
    assert_eq!(server.get(&audio).await.problem(), not_found("turn-not-found"));
}
