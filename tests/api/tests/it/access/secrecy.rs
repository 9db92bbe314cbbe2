//! What is secret is in no log, no answer and no error.

use std::fmt::Write as _;

use viva_fakes::CapturedLogs;

use super::server;
use crate::bench::Server;

const SESSIONS: &str = "/api/v1/interaction/sessions";

/// Every way in which a secret can come, right and wrong.
async fn show(server: &Server, secrets: &mut Vec<String>) -> String {
    let mut answers = String::new();
    let ada = server.person("ada").await;
    let cookie = server.cookie_of(&ada).await;
    let guess = "f".repeat(64);
    let wrong = format!("{}{guess}", &ada.token[..38]);
    secrets.extend([
        ada.token[38..].to_owned(),
        cookie[cookie.len() - 64..].to_owned(),
        guess,
    ]);
    for (name, value) in [
        ("authorization", ada.bearer()),
        ("authorization", format!("Bearer {wrong}")),
        ("authorization", format!("bearer x{wrong}")),
        ("cookie", cookie.clone()),
        ("cookie", format!("viva_session={wrong}")),
        ("cookie", format!("viva_session=x{wrong}")),
    ] {
        for path in [
            SESSIONS,
            "/",
            "/login",
            "/nothing",
            "/api/v1/interaction/sessions/5",
        ] {
            let answer = server.request("GET", path, &[(name, &value)]).await;
            answers.push_str(answer.text());
        }
        let socket = server.try_connect(&[(name, &value)]).await;
        write!(answers, "{:?}", socket.err()).unwrap();
    }
    for token in [
        wrong.as_str(),
        &format!("x{wrong}"),
        &format!("{wrong}&token={wrong}"),
    ] {
        answers.push_str(server.log_in(token, &[]).await.text());
    }
    let out = server.request("POST", "/logout", &[("cookie", &cookie)]).await;
    write!(answers, "{:?}", out.headers).unwrap();
    server.revoke(&ada).await;
    let revoked = server
        .request("GET", SESSIONS, &[("authorization", &ada.bearer())])
        .await;
    write!(answers, "{} {:?}", revoked.text(), revoked.headers).unwrap();
    answers
}

#[tokio::test]
async fn no_secret_is_logged_or_repeated() {
    let server = server().await;
    let logs = CapturedLogs::start();
    let mut secrets = Vec::new();
    let answers = show(&server, &mut secrets).await;
    let logged = logs.text();
    assert!(logged.contains("http.request") && logged.contains(SESSIONS));
    assert_eq!(secrets.len(), 3);
    for secret in &secrets {
        for (place, text) in [("log", &logged), ("answers", &answers)] {
            let at = text.find(secret.as_str());
            let around = at.map(|at| &text[at.saturating_sub(200)..at]);
            assert_eq!(around, None, "a secret is in the {place}");
        }
    }
}
