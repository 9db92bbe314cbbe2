//! `/sessions` and what is below, apart from audio.

use std::time::Duration;

use chrono::TimeDelta;
use viva_contract::samples;
use viva_domain::ids::UserId;
use viva_domain::sessions::{EndStatus, Interaction, Session};
use viva_protocol::rest::{LatencyStats, MetricStatistics, Statistics};

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

/// How many turns there are; their figures are all different, and come in no order.
const TURNS: u16 = 120;

/// A turn whose `n`th metric took `n` s and as many ms as the number's place among all turns.
fn measured(number: u16) -> viva_domain::turns::Turn {
    let place = i64::from(number) * 49 % i64::from(TURNS) + 1;
    let length = |metric: u64| {
        let ms = u64::try_from(place).expect("it is positive");
        Some(Duration::from_millis(metric * 1_000 + ms))
    };
    let mut turn = viva_domain::turns::Turn {
        interruption: None,
        ..samples::turn(1, number)
    };
    let latency = &mut turn.latency;
    latency.total.as_mut().expect("it is measured").duration = length(1).expect("it is a length");
    latency.endpointing = length(2);
    latency.stt = length(3);
    latency.llm_ttft = length(4);
    latency.llm_text = length(5);
    latency.tts_ttfb = length(6);
    latency.realtime = length(7);
    latency.provider = length(8);
    latency.overhead = length(9);
    latency.network_playout = length(10);
    latency.leading_silence = length(11);
    latency.unexplained = Some(TimeDelta::milliseconds(place - 100));
    turn
}

/// Of 120 values that are each a ms apart, by the nearest rank.
fn figures(offset_ms: f64) -> Statistics {
    let figure = |ms: f64| Some(offset_ms + ms);
    Statistics {
        count: u64::from(TURNS),
        avg: figure(60.5),
        min: figure(1.0),
        max: figure(120.0),
        p50: figure(60.0),
        p95: figure(114.0),
        p99: figure(119.0),
    }
}

#[tokio::test]
async fn every_figure_of_every_metric_is_its_own() {
    let server = Server::start().await;
    let session = server.keep_session(1, 0).await;
    for number in 1..=TURNS {
        let store = &server.session_store;
        store.save_turn(UserId::LOCAL, &measured(number)).await.unwrap();
    }
    let path = format!("{SESSIONS}/{}/latency-stats", session.id);
    let stats: LatencyStats = serde_json::from_value(server.get(&path).await.json()).unwrap();
    let expected = MetricStatistics {
        total_ms: figures(1_000.0),
        endpointing_ms: figures(2_000.0),
        stt_ms: figures(3_000.0),
        llm_ttft_ms: figures(4_000.0),
        llm_text_ms: figures(5_000.0),
        tts_ttfb_ms: figures(6_000.0),
        realtime_ms: figures(7_000.0),
        provider_ms: figures(8_000.0),
        overhead_ms: figures(9_000.0),
        network_playout_ms: figures(10_000.0),
        leading_silence_ms: figures(11_000.0),
        unexplained_ms: figures(-100.0),
    };
    assert_eq!(stats.whole, expected);
    assert_eq!(stats.interrupted, MetricStatistics::default());
    assert_eq!((stats.interrupted_count, stats.estimated_count), (0, 0));
}

#[tokio::test]
async fn a_session_without_turns_has_zeros_and_nulls() {
    let server = Server::start().await;
    let session = server.keep_session(1, 0).await;
    let answer = server
        .get(&format!("{SESSIONS}/{}/latency-stats", session.id))
        .await;
    let json = answer.json();
    let stats: LatencyStats = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(stats, LatencyStats::default());
    assert_eq!(json["interrupted_count"], 0);
    for metric in [
        &json["total_ms"],
        &json["unexplained_ms"],
        &json["interrupted"]["stt_ms"],
        &json["interrupt_ms"],
    ] {
        let nothing = serde_json::json!({
            "count": 0, "avg": null, "min": null, "max": null, "p50": null, "p95": null, "p99": null,
        });
        assert_eq!(*metric, nothing);
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
    for below in [
        "",
        "/turns",
        "/latency-stats",
        "/peaks",
        "/export?format=json",
        "/export?format=csv",
        "/export?format=wav",
        "/export?format=zip",
    ] {
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
