//! Two users of one running server: each sees and hears what is theirs.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use viva_contract::samples::{at, session_id, template_content, template_id, turn, turn_id};
use viva_presentation::Exposure;

use super::{keep_key, server, setup};
use crate::bench::{Person, Server, Setup, Socket};
use crate::site::bundle;

const SESSIONS: &str = "/api/v1/interaction/sessions";
const TEMPLATES: &str = "/api/v1/interaction/templates";
const CREDENTIALS: &str = "/api/v1/credentials";
const AUDIT: &str = "/api/v1/audit-log";

async fn get(server: &Server, person: &Person, path: &str) -> Value {
    let bearer = person.bearer();
    let answer = server.request("GET", path, &[("authorization", &bearer)]).await;
    answer.json()
}

async fn connect(server: &Server, header: (&'static str, &str)) -> Socket {
    let mut socket = server.try_connect(&[header]).await.unwrap();
    assert_eq!(socket.json().await["type"], "connection_ready");
    socket
}

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_is_shown_what_is_theirs() {
    let server = server().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    for (n, person) in [(1, &ada), (2, &bob)] {
        server.keep_session_of(person.id, n, 1).await;
        let recording = turn(n, 1).ai_audio.unwrap();
        server
            .keep_recording(&recording.key, &[n.to_be_bytes()[1]; 9])
            .await;
        let content = template_content("The same name");
        let store = &server.template_store;
        store
            .insert(person.id, template_id(n), &content, at(1))
            .await
            .unwrap();
    }
    for (n, other, person) in [(1, 2, &ada), (2, 1, &bob)] {
        let bearer = person.bearer();
        let headers = [("authorization", bearer.as_str())];
        let sessions = get(&server, person, SESSIONS).await;
        assert_eq!(ids(&sessions), [session_id(n).to_string()]);
        assert_eq!(sessions["total"], 1);
        let templates = get(&server, person, &format!("{TEMPLATES}?page_size=100")).await;
        assert_eq!(templates["total"], 13, "the built-in ones and theirs");
        assert_eq!(ids(&templates)[12], template_id(n).to_string());
        let audio = |n: u16| {
            format!(
                "{SESSIONS}/{}/turns/{}/audio?type=ai",
                session_id(n),
                turn_id(n, 1)
            )
        };
        let heard = server.request("GET", &audio(n), &headers).await;
        assert_eq!(heard.body[..], [n.to_be_bytes()[1]; 9]);
        let foreign = server.request("GET", &audio(other), &headers).await;
        assert_eq!(foreign.problem(), (404, "turn-not-found".to_owned()));
        // Not even with the turn of another session under an own one.
        let mixed = format!(
            "{SESSIONS}/{}/turns/{}/audio?type=ai",
            session_id(n),
            turn_id(other, 1)
        );
        let mixed = server.request("GET", &mixed, &headers).await;
        assert_eq!(mixed.problem(), (404, "turn-not-found".to_owned()));
    }
}

#[tokio::test]
async fn each_has_keys_and_an_audit_log_of_their_own() {
    let server = server().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let key_of = async |person| {
        let listed = get(&server, person, CREDENTIALS).await;
        listed["items"][0]["credential"]["masked_key"].clone()
    };
    let log_of = async |person| {
        let log = get(&server, person, AUDIT).await;
        let items = log["items"].as_array().unwrap().clone();
        assert_eq!(log["total"], items.len());
        let actions = items
            .iter()
            .map(|entry| entry["action"].as_str().unwrap().to_owned());
        actions.collect::<Vec<_>>()
    };
    keep_key(&server, &ada, "sk-0123456789-ada1").await;
    assert_eq!(key_of(&ada).await, "sk-…ada1");
    assert_eq!(key_of(&bob).await, Value::Null);
    assert_eq!(log_of(&bob).await, Vec::<String>::new());

    // His key takes the place of none of hers, and goes alone.
    keep_key(&server, &bob, "sk-0123456789-bob1").await;
    assert_eq!(key_of(&ada).await, "sk-…ada1");
    assert_eq!(key_of(&bob).await, "sk-…bob1");
    let bearer = bob.bearer();
    let headers = [("authorization", bearer.as_str())];
    let gone = server
        .request("DELETE", &format!("{CREDENTIALS}/acme"), &headers)
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(key_of(&ada).await, "sk-…ada1");
    assert_eq!(key_of(&bob).await, Value::Null);
    assert_eq!(log_of(&ada).await, ["create"]);
    assert_eq!(log_of(&bob).await, ["delete", "create"]);
}

#[tokio::test]
async fn each_talks_in_a_session_of_their_own() {
    let server = server().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let template = (template_content("Ada's"), template_id(1));
    let store = &server.template_store;
    store
        .insert(ada.id, template.1, &template.0, at(1))
        .await
        .unwrap();
    let (cookie, bearer) = (server.cookie_of(&ada).await, bob.bearer());
    let mut adas = connect(&server, ("cookie", &cookie)).await;
    let mut bobs = connect(&server, ("authorization", &bearer)).await;
    let started = adas.start().await;
    server.exchange(480);
    adas.until_audio().await;

    // He hears nothing of it, cannot take it over and cannot talk to her template.
    bobs.say(json!({"type": "ping", "timestamp": 1})).await;
    let Message::Text(first) = bobs.next().await else {
        panic!("he hears her")
    };
    assert!(first.contains("pong"), "{first}");
    bobs.resume(&started, None, Some(0)).await;
    assert_eq!(bobs.json().await["code"], "RESUME_EXPIRED");
    bobs.say(json!({"type": "start_session", "mode": "realtime", "template_id": template.1.to_string()}))
        .await;
    assert_eq!(bobs.json().await["code"], "INVALID_CONFIG");

    // His session does not end hers.
    let his = bobs.start().await;
    assert_eq!(server.state.sessions.live_count(), 2);
    let hers = &started["session_id"];
    for (person, own) in [(&ada, hers), (&bob, &his["session_id"])] {
        let sessions = get(&server, person, SESSIONS).await;
        assert_eq!(ids(&sessions), [own.as_str().unwrap()]);
        assert_eq!(sessions["items"][0]["status"], "active");
    }
    // She comes back to hers, by another credential of the same user.
    let bearer = ada.bearer();
    let mut again = connect(&server, ("authorization", &bearer)).await;
    again.resume(&started, None, Some(0)).await;
    assert_eq!(again.until("session_resumed").await["session_id"], *hers);
}

#[tokio::test]
async fn the_page_is_for_whoever_signed_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(Setup {
        site: bundle(folder.path()),
        ..setup()
    })
    .await;
    let ada = server.person("ada").await;
    for (path, sign_in) in [
        ("/", "/login"),
        ("/providers", "/login?next=/providers"),
        ("/providers?q=a%20b&c", "/login?next=/providers?q=a%2520b%26c"),
        ("/providers?'", "/login"),
    ] {
        let nobody = server.get(path).await;
        let there = (nobody.status.as_u16(), nobody.header("location"));
        assert_eq!(there, (303, sign_in), "{path}");
        assert_eq!(nobody.header("cache-control"), "no-store");
    }
    let cookie = server.cookie_of(&ada).await;
    let page = server.request("GET", "/", &[("cookie", &cookie)]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let way_out = page.text().split('<').find(|tag| tag.contains("vv-account"));
    assert!(
        way_out.is_some_and(|tag| tag.contains(r#"href="/login""#)),
        "{way_out:?}"
    );
    // What is the same for everybody is in the files.
    assert_eq!(server.get("/assets/base-1234.css").await.status, 200);
    server.revoke(&ada).await;
    let out = server.request("GET", "/", &[("cookie", &cookie)]).await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/login"));
}

#[tokio::test]
async fn a_page_that_nobody_signs_in_for_has_no_account() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with_site(bundle(folder.path())).await;
    let page = server.get("/").await;
    assert!(page.status.is_success() && !page.text().contains("vv-account"));
    for (method, path) in [("GET", "/login"), ("POST", "/logout")] {
        let answer = server.request(method, path, &[]).await;
        let there = (answer.status.as_u16(), answer.header("location"));
        assert_eq!(there, (303, "/"), "{path}");
    }
    let answer = server.log_in("nonsense", &[]).await;
    assert_eq!(answer.header("location"), "/");
}

#[tokio::test]
async fn whoever_wants_a_token_is_found_under_any_name() {
    let server = Server::start_with(Setup {
        exposure: Exposure::BehindProxy,
        ..setup()
    })
    .await;
    let ada = server.person("ada").await;
    let bearer = ada.bearer();
    let headers = [("authorization", bearer.as_str()), ("host", "viva.example")];
    let answer = server.request("GET", SESSIONS, &headers).await;
    assert_eq!(answer.json()["total"], 0);
    let nobody = server.request("GET", SESSIONS, &[("host", "viva.example")]).await;
    assert_eq!(nobody.problem(), (401, "unauthorized".to_owned()));
}
