use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer};
use viva_fakes::vendors::openai::realtime::RealtimeAnswer;

use super::{OWN, SERVERS, WRONG, audit, master_key_file, refused, serve_with, vendor};
use crate::bench::{Folder, Server, call, output};

/// What the other vendor takes.
const OTHER: &str = "other-key-of-the-user-cdef";

/// Every file below a folder that holds one of these texts.
fn holding(folder: &Path, texts: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder)
        .expect("it is a folder")
        .flatten()
        .map(|entry| entry.path())
    {
        if path.is_dir() {
            found.extend(holding(&path, texts));
        } else {
            let bytes = fs::read(&path).expect("it can be read");
            let holds = |text: &&str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            found.extend(texts.iter().any(holds).then_some(path));
        }
    }
    found
}

/// Everything that the server answers to a request, head and body.
async fn answer(server: &Server, method: &str, path: &str, body: &str) -> String {
    let host = server.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("it listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("it answers");
    String::from_utf8_lossy(&answer).into_owned()
}

/// What follows a field's name in a JSON answer, the first time that it is there.
fn field<'a>(answer: &'a str, name: &str) -> &'a str {
    let begin = format!("\"{name}\":\"");
    let found = answer
        .split_once(&begin)
        .and_then(|(_, rest)| rest.split_once('"'));
    found
        .unwrap_or_else(|| panic!("there is no {name} in {answer}"))
        .0
}

/// All that can be read of the sessions that there were.
async fn sessions(server: &Server) -> String {
    let path = "/api/v1/interaction/sessions";
    let mut said = answer(server, "GET", path, "").await;
    let session = format!("{path}/{}", field(&said, "id"));
    let turns = format!("{session}/turns");
    let list = answer(server, "GET", &turns, "").await;
    let turn = format!("{turns}/{}", field(&list, "id"));
    said.push_str(&list);
    for path in [
        session.clone(),
        format!("{session}/latency-stats"),
        format!("{turn}/audio?type=user"),
        format!("{turn}/audio?type=ai"),
    ] {
        let answer = answer(server, "GET", &path, "").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        said.push_str(&answer);
    }
    said
}

#[cfg(unix)]
#[tokio::test]
async fn no_key_is_anywhere_to_be_read() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let deepgram = DeepgramServer::start(DeepgramScript {
        api_key: OTHER.to_owned(),
        ..DeepgramScript::default()
    });
    let deepgram = deepgram.await.expect("it starts");
    let deepgram_url = deepgram.base_url();
    let variables = [("VIVA__PROVIDERS__DEEPGRAM__BASE_URL", &*deepgram_url)];
    let server = serve_with(&folder, &vendor, &variables).await;
    let old = fs::read_to_string(master_key_file(&folder)).expect("the first start made it");
    let mut keys = vec![OWN, SERVERS, WRONG, OTHER, old.trim()];

    let (openai, other) = ("/api/v1/credentials/openai", "/api/v1/credentials/deepgram");
    let mut said = String::new();
    for (method, path, body, status) in [
        ("PUT", openai, format!(r#"{{"api_key":"{OWN}"}}"#), 200),
        ("GET", "/api/v1/credentials", String::new(), 200),
        ("POST", "/api/v1/credentials/openai/validate", String::new(), 200),
        ("PUT", openai, format!(r#"{{"api_key":"{WRONG}"}}"#), 422),
        (
            "PUT",
            openai,
            format!(r#"{{"api_key":"{WRONG}","base_url":"http://127.0.0.1:1/{WRONG}?key={WRONG}"}}"#),
            502,
        ),
        (
            "PUT",
            openai,
            format!(r#"{{"api_key":"{WRONG}","base_url":"https://{WRONG}@127.0.0.1:1"}}"#),
            422,
        ),
        ("PUT", openai, format!(r#"{{"api_key":"{WRONG} {WRONG}"}}"#), 400),
        ("PUT", openai, format!(r#"[["{WRONG}"]]"#), 400),
        ("PUT", openai, format!(r#"{{"api_key":"{WRONG}""#), 400),
        ("PUT", other, format!(r#"{{"api_key":"{OTHER}"}}"#), 200),
        ("GET", "/api/v1/interaction/providers", String::new(), 200),
        ("DELETE", other, String::new(), 204),
        ("PUT", other, format!(r#"{{"api_key":"{OTHER}"}}"#), 200),
    ] {
        let answer = answer(&server, method, path, &body).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{method} {path} {body}: {answer}"
        );
        said.push_str(&answer);
    }

    // A whole conversation, and one that a vendor refuses that repeats the key.
    vendor.answer(RealtimeAnswer::of("It is late."));
    let report = call(
        &folder,
        &server,
        "question-en",
        1,
        &["--provider", "openai", "--option", "turn_detection=none"],
    )
    .await;
    said.push_str(&report.to_string());
    let complaint = format!("Incorrect API key provided: {OWN}");
    vendor.refuse(401, "invalid_api_key", &complaint, None);
    write!(said, "{:?}", refused(&server).await).expect("it is text");
    said.push_str(&sessions(&server).await);
    audit(&server, 10).await;
    said.push_str(&answer(&server, "GET", "/api/v1/audit-log", "").await);
    server.terminate().await;
    server.exit_code().await;
    let log = folder.log();
    for entry in [
        "http.path=/api/v1/credentials",
        "openai takes the key",
        "deepgram takes the key",
    ] {
        assert!(log.contains(entry), "it is a log of everything, also of {entry}");
    }

    for args in [&["keys", "rotate"][..], &["config", "show"]] {
        let output = output(folder.viva(args).env("VIVA__PROVIDERS__OPENAI__API_KEY", SERVERS)).await;
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    assert!(said.contains("2 provider keys are encrypted"), "{said}");
    let new = fs::read_to_string(master_key_file(&folder)).expect("it is there");
    assert_ne!(new, old);
    keys.push(new.trim());
    for key in &keys {
        assert!(!said.contains(key), "a key is in an answer: {said}");
    }
    assert_eq!(holding(folder.path(), &keys), [master_key_file(&folder)]);
    // What is kept beside the keys is found where it is kept.
    let database = folder.path().join("viva.db");
    assert!(holding(folder.path(), &["provider_credentials"]).contains(&database));
}
