//! Every route of the OpenAPI document, asked by nobody, by somebody else and by the owner.

use std::cell::Cell;
use std::collections::BTreeSet;

use axum::body::Body;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;
use viva_contract::samples::{at, session_id, template_content, template_id, turn, turn_id};
use viva_domain::ports::PageRequest;
use viva_protocol::WEBSOCKET_PATH;
use viva_protocol::rest::SelfTest;

use May::{Everybody, Owner, Visitors};

use super::{keep_key, server};
use crate::bench::{Person, Server};

/// Who gets which answer.
#[derive(Debug, Clone, Copy)]
enum May {
    /// Whoever asks.
    Everybody(u16),
    /// Whoever signed in: they are shown what is theirs.
    Visitors(u16),
    /// Whoever it belongs to; for others it is not there.
    Owner(u16),
}

const SESSIONS: &str = "/api/v1/interaction/sessions";
const DELETIONS: &str = "/api/v1/interaction/sessions/deletions";
const TEMPLATES: &str = "/api/v1/interaction/templates";
const CREDENTIALS: &str = "/api/v1/credentials";

const OWNERS_KEY: &str = "sk-0123456789-owner";

/// The whole API. A new route gets a row here, and thereby a decision.
const ROUTES: [(&str, &str, May); 37] = [
    ("get", "/healthz", Everybody(200)),
    ("get", "/readyz", Everybody(200)),
    ("get", "/api/docs", Everybody(200)),
    ("get", "/api/docs/style.css", Everybody(200)),
    ("get", "/api/v1/openapi.json", Everybody(200)),
    ("get", "/login", Everybody(200)),
    ("get", "/login/style.css", Everybody(200)),
    // With a token that is none.
    ("post", "/login", Everybody(401)),
    ("get", WEBSOCKET_PATH, Visitors(101)),
    ("get", "/api/v1/me", Visitors(200)),
    ("get", "/api/v1/interaction/providers", Visitors(200)),
    // Nobody speaks texts here.
    (
        "get",
        "/api/v1/interaction/providers/{provider}/voices",
        Visitors(404),
    ),
    ("get", "/api/v1/selftest", Visitors(200)),
    ("post", "/api/v1/selftest", Visitors(202)),
    ("get", SESSIONS, Visitors(200)),
    ("get", "/api/v1/interaction/sessions/{id}", Owner(200)),
    ("delete", "/api/v1/interaction/sessions/{id}", Owner(204)),
    // Of a selection, what is somebody else's is not there.
    ("post", DELETIONS, Visitors(200)),
    ("get", "/api/v1/interaction/sessions/{id}/turns", Owner(200)),
    (
        "get",
        "/api/v1/interaction/sessions/{id}/latency-stats",
        Owner(200),
    ),
    (
        "get",
        "/api/v1/interaction/sessions/{id}/turns/{turn_id}/audio",
        Owner(200),
    ),
    ("get", "/api/v1/interaction/sessions/{id}/peaks", Owner(200)),
    ("get", "/api/v1/interaction/sessions/{id}/export", Owner(200)),
    ("post", "/api/v1/interaction/prompts/compose", Visitors(200)),
    ("get", TEMPLATES, Visitors(200)),
    ("post", TEMPLATES, Visitors(201)),
    ("get", "/api/v1/interaction/templates/{id}", Owner(200)),
    ("put", "/api/v1/interaction/templates/{id}", Owner(200)),
    ("delete", "/api/v1/interaction/templates/{id}", Owner(204)),
    ("post", "/api/v1/interaction/templates/{id}/duplicate", Owner(201)),
    ("get", CREDENTIALS, Visitors(200)),
    // One of their own, of whatever others have.
    ("put", "/api/v1/credentials/{provider}", Visitors(200)),
    ("post", "/api/v1/credentials/{provider}/validate", Owner(200)),
    ("delete", "/api/v1/credentials/{provider}", Owner(204)),
    ("get", "/api/v1/audit-log", Visitors(200)),
    ("head", "/api/v1/interaction/providers", Visitors(200)),
    // The last one: whoever asks with a cookie is nobody then.
    ("post", "/logout", Everybody(303)),
];

/// Somebody who asks, and the header by which they say who they are.
struct Asker {
    called: &'static str,
    header: Option<(&'static str, String)>,
    /// The page that makes their browser ask.
    origin: Option<&'static str>,
    is: Is,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Nobody,
    Stranger,
    TheOwner,
}

/// A server on which the owner has a session and templates.
struct Bench {
    server: Server,
    owner: Person,
    /// What is made anew for a request that uses it up.
    made: Cell<u16>,
}

impl Bench {
    async fn new() -> Self {
        let server = server().await;
        let owner = server.person("ada").await;
        server.keep_session_of(owner.id, 1, 1).await;
        server
            .keep_recording(&turn(1, 1).ai_audio.unwrap().key, b"RIFF")
            .await;
        Self {
            server,
            owner,
            made: Cell::new(0),
        }
    }

    async fn askers(&self) -> Vec<Asker> {
        let server = &self.server;
        let bearer = |person: &Person| Some(("authorization", person.bearer()));
        let asker = |called, header, is| Asker {
            called,
            header,
            origin: None,
            is,
        };
        let cookie = server.cookie_of(&self.owner).await;
        let signed_out = server.cookie_of(&self.owner).await;
        server
            .request("POST", "/logout", &[("cookie", &signed_out)])
            .await;
        let (stranger, revoked) = (server.person("bob").await, server.person("ada").await);
        server.revoke(&revoked).await;
        let expired = server.person_until("ada", Some(TimeDelta::minutes(1))).await;
        server.clock.advance(std::time::Duration::from_mins(2));
        let mut wrong = self.owner.bearer();
        wrong.replace_range(wrong.len() - 2.., "ff");
        vec![
            asker("nobody", None, Is::Nobody),
            asker("who guesses", Some(("authorization", wrong)), Is::Nobody),
            asker("who lost it", bearer(&revoked), Is::Nobody),
            asker("who is late", bearer(&expired), Is::Nobody),
            asker("who signed out", Some(("cookie", signed_out)), Is::Nobody),
            asker("another user", bearer(&stranger), Is::Stranger),
            asker("the owner's program", bearer(&self.owner), Is::TheOwner),
            asker("the owner's browser", Some(("cookie", cookie)), Is::TheOwner),
        ]
    }

    /// The path with the ids of what belongs to the owner. Templates, provider keys and sessions that are deleted are new
    /// every time.
    async fn path(&self, method: &str, path: &str) -> String {
        if path.starts_with(CREDENTIALS) {
            keep_key(&self.server, &self.owner, OWNERS_KEY).await;
            let provider = if method == "put" { "resource" } else { "acme" };
            return path.replace("{provider}", provider);
        }
        let path = &path.replace("{provider}", "acme");
        let id = if path.starts_with(TEMPLATES) {
            let id = template_id(self.next());
            let content = template_content(&format!("The owner's {id}"));
            let store = &self.server.template_store;
            store.insert(self.owner.id, id, &content, at(1)).await.unwrap();
            id.to_string()
        } else if method == "delete" {
            let n = 1_000 + self.next();
            self.server.keep_ended_session_of(self.owner.id, n, 1).await;
            session_id(n).to_string()
        } else {
            session_id(1).to_string()
        };
        let path = path.replace("{id}", &id);
        if path.ends_with("/export") {
            return format!("{path}?format=zip");
        }
        match path.strip_suffix("/{turn_id}/audio") {
            Some(turns) => format!("{turns}/{}/audio?type=ai", turn_id(1, 1)),
            None => path,
        }
    }

    fn next(&self) -> u16 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// What the route answers.
    async fn ask(&self, asker: &Asker, method: &str, path: &str) -> u16 {
        let mut headers: Vec<(&'static str, &str)> = Vec::new();
        if let Some((name, value)) = &asker.header {
            headers.push((name, value));
        }
        headers.extend(asker.origin.map(|origin| ("origin", origin)));
        if path == WEBSOCKET_PATH {
            return match self.server.try_connect(&headers).await {
                Ok(_) => 101,
                Err(Error::Http(refused)) => refused.status().as_u16(),
                Err(err) => panic!("{err}"),
            };
        }
        self.server.self_tests.set(Some(SelfTest::default()));
        let (media_type, body) = match path {
            "/login" => ("application/x-www-form-urlencoded", "token=nonsense".to_owned()),
            "/api/v1/credentials/{provider}" => ("application/json", key().to_string()),
            DELETIONS => ("application/json", selection(1).to_string()),
            _ => ("application/json", template(self.next()).to_string()),
        };
        headers.push(("content-type", media_type));
        let path = self.path(method, path).await;
        let answer = self
            .server
            .send(&method.to_uppercase(), &path, &headers, Body::from(body))
            .await;
        let status = answer.status.as_u16();
        if method != "head" && (400..500).contains(&status) && path != "/login" {
            let (_, code) = answer.problem();
            assert_eq!(code == "unauthorized", status == 401, "{path}: {code}");
        }
        let challenge = answer.header("www-authenticate");
        assert_eq!(status == 401, challenge.starts_with("Bearer realm"), "{path}");
        status
    }
}

fn template(n: u16) -> Value {
    json!({ "name": format!("Written {n}"), "category": "test", "language": "en", "system_prompt": "Be brief." })
}

fn selection(n: u16) -> Value {
    json!({ "ids": [session_id(n).to_string()] })
}

/// For the provider of the bench that has to have an address.
fn key() -> Value {
    json!({ "api_key": "sk-0123456789-stranger", "base_url": "https://mine.example" })
}

#[tokio::test]
async fn everybody_gets_what_they_may_and_nothing_else() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    for asker in bench.askers().await {
        for (method, path, may) in ROUTES {
            let expected = match (may, asker.is) {
                (Everybody(status), _)
                | (Visitors(status), Is::Stranger | Is::TheOwner)
                | (Owner(status), Is::TheOwner) => status,
                (Visitors(_) | Owner(_), Is::Nobody) => 401,
                (Owner(_), Is::Stranger) => 404,
            };
            // The form keeps whoever guesses waiting.
            bench.server.clock.advance(std::time::Duration::from_mins(16));
            let status = bench.ask(&asker, method, path).await;
            if status != expected {
                wrong.push(format!(
                    "{method} {path}, {}: {status} instead of {expected}",
                    asker.called
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn pages_of_other_servers_read_at_most() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    for origin in ["https://evil.example", "http://localhost:81", "null"] {
        for asker in bench.askers().await {
            let asker = Asker {
                origin: Some(origin),
                ..asker
            };
            for (method, path, _) in ROUTES {
                if ["get", "head"].contains(&method) && path != WEBSOCKET_PATH {
                    continue;
                }
                let status = bench.ask(&asker, method, path).await;
                if status != 403 {
                    wrong.push(format!("{method} {path}, {} at {origin}: {status}", asker.called));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_route_has_its_row() {
    let bench = Bench::new().await;
    let document = bench.server.get("/api/v1/openapi.json").await.json();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((method.clone(), path.clone()));
        }
    }
    let rows = ROUTES.map(|(method, path, _)| (method.to_owned(), path.to_owned()));
    let rows: BTreeSet<_> = rows.into_iter().filter(|(method, _)| method != "head").collect();
    assert_eq!(rows, described, "a route without a row, or a row without a route");
}

#[tokio::test]
async fn nobody_but_the_owner_changed_anything() {
    let bench = Bench::new().await;
    let (template, id) = (template_content("Mine"), template_id(900));
    let store = &bench.server.template_store;
    store.insert(bench.owner.id, id, &template, at(1)).await.unwrap();
    keep_key(&bench.server, &bench.owner, OWNERS_KEY).await;
    let keys = &bench.server.credential_store;
    let key_before = keys.find(bench.owner.id, "acme").await.unwrap().unwrap();
    let audit = async || {
        keys.audit(bench.owner.id, PageRequest::new(1, 100))
            .await
            .unwrap()
    };
    let audit_before = audit().await;
    bench.server.keep_ended_session_of(bench.owner.id, 900, 1).await;
    let writes = [
        ("DELETE", format!("{SESSIONS}/{}", session_id(900))),
        ("POST", DELETIONS.to_owned()),
        ("PUT", format!("{TEMPLATES}/{id}")),
        ("DELETE", format!("{TEMPLATES}/{id}")),
        ("PUT", format!("{CREDENTIALS}/acme")),
        ("POST", format!("{CREDENTIALS}/acme/validate")),
        ("DELETE", format!("{CREDENTIALS}/acme")),
    ];
    for asker in bench.askers().await {
        if asker.is == Is::TheOwner {
            continue;
        }
        let header = asker.header.iter().map(|(name, value)| (*name, value.as_str()));
        let mut headers: Vec<_> = header.collect();
        headers.push(("content-type", "application/json"));
        for (method, path) in &writes {
            let body = if path.starts_with(CREDENTIALS) {
                key()
            } else if path == DELETIONS {
                selection(900)
            } else {
                self::template(1)
            };
            let body = Body::from(body.to_string());
            bench.server.send(method, path, &headers, body).await;
        }
    }
    let kept = store.find(bench.owner.id, id).await.unwrap().unwrap();
    assert_eq!(kept.content, template);
    assert_eq!(keys.find(bench.owner.id, "acme").await.unwrap(), Some(key_before));
    assert_eq!(audit().await, audit_before);
    let sessions = &bench.server.session_store;
    let turns = sessions.turns(bench.owner.id, session_id(900)).await.unwrap();
    assert_eq!(turns, [turn(900, 1)]);
}
