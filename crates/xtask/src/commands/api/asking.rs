//! Has schemathesis ask a server what the OpenAPI document describes, and what it does not.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::FOLDER;
use crate::python::Python;
use crate::served::{Listening, Served, printed_by};
use crate::supervised::Supervised;
use crate::workspace::{self, Workspace};

/// Who asks.
const USER: &str = "ada";
/// What the caller says.
const QUESTION: &str = "crates/audio/tests/fixtures/question-en.wav";
/// Nobody is kept from asking.
const LIMITS: [&str; 6] = [
    "VIVA__LIMITS__SIGN_INS_PER_MIN",
    "VIVA__LIMITS__UNKNOWN_TOKENS_PER_MIN",
    "VIVA__LIMITS__WRITES_PER_MIN",
    "VIVA__LIMITS__KEY_CHECKS_PER_MIN",
    "VIVA__LIMITS__READS_PER_MIN",
    "VIVA__LIMITS__CONNECTIONS_PER_MIN",
];
const TEMPLATE: &str = r#"{"name":"Baker","category":"shop","language":"en","system_prompt":"You sell bread and know all about it."}"#;
const KEY: &str = r#"{"api_key":"sk-0123456789abcdef0123456789"}"#;

/// Starts a server that has something of everything, and asks it. The arguments are schemathesis' own.
pub(super) fn run(workspace: &Workspace, python: &Python, viva: &Path, args: &[String]) -> Result<ExitCode> {
    let folder = workspace.root.join(FOLDER);
    let own = tempfile::tempdir()?;
    let mut provider = Supervised::command("TERM", None);
    python.put_first(&mut provider);
    provider.arg("python3").arg(folder.join("provider.py"));
    let provider =
        Listening::start(provider, &own.path().join("provider")).context("the provider that takes keys")?;
    let mut settings = vec![
        ("VIVA__AUTH__MODE", "token"),
        // Each request comes from an address of its own, so that a wrong token is told to be wrong and not to wait.
        ("VIVA__SERVER__BEHIND_PROXY", "true"),
        ("VIVA__PROVIDERS__ALLOW_PRIVATE_ADDRESSES", "true"),
        ("VIVA__PROVIDERS__OPENAI__BASE_URL", provider.url.as_str()),
        ("VIVA__SESSIONS__PER_USER", "2"),
    ];
    settings.extend(LIMITS.map(|limit| (limit, "0")));
    let server = Served::start(viva, &settings)?;
    let token = server.token(USER)?;
    let seeds = seed(workspace, python, &server, &token)?;

    let mut command = python.command("schemathesis");
    command
        .current_dir(own.path())
        .arg("--config-file")
        .arg(folder.join("schemathesis.toml"))
        .args(["run", "--url", server.url()])
        .arg(format!("{}/api/v1/openapi.json", server.url()))
        .args(args)
        .env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"))
        .env("VIVA_TOKEN", &token)
        .envs(seeds);
    let code = workspace::forward(&mut command)?;
    server.ensure_no_error()?;
    Ok(code)
}

/// Two conversations, a template and a provider key. One of the conversations is there to be deleted.
fn seed(
    workspace: &Workspace,
    python: &Python,
    server: &Served,
    token: &str,
) -> Result<[(&'static str, String); 4]> {
    let talking = ["first.wav", "second.wav"].map(|answer| {
        let mut client = python.command("python3");
        client.arg(workspace.root.join("examples/client.py"));
        client
            .arg(workspace.root.join(QUESTION))
            .arg(server.folder().join(answer));
        client.env("VIVA_URL", server.url()).env("VIVA_TOKEN", token);
        std::thread::spawn(move || printed_by(&mut client))
    });
    let mut sessions = Vec::new();
    for talked in talking {
        let printed = talked.join().ok().context("a conversation broke off")??;
        let session = printed.lines().find_map(|line| line.strip_prefix("session "));
        sessions.push(session.context("a client had no session")?.to_owned());
    }
    let [session, spare] = <[String; 2]>::try_from(sessions)
        .ok()
        .context("two conversations")?;
    let curl = |method: &str, path: &str, body: Option<&str>| -> Result<Value> {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--request", method]);
        curl.args(["--header", &format!("Authorization: Bearer {token}")]);
        if let Some(body) = body {
            curl.args(["--header", "Content-Type: application/json", "--data", body]);
        }
        let answer = printed_by(curl.arg(format!("{}/api/v1{path}", server.url())))?;
        Ok(serde_json::from_str(&answer)?)
    };
    let turns = curl("GET", &format!("/interaction/sessions/{session}/turns"), None)?;
    let template = curl("POST", "/interaction/templates", Some(TEMPLATE))?;
    let key = curl("PUT", "/credentials/openai", Some(KEY))?;
    ensure!(
        key["status"] == "valid",
        "the provider does not know the key: {key}"
    );
    let id = |value: &Value| {
        value["id"]
            .as_str()
            .map(str::to_owned)
            .context("an answer without an id")
    };
    Ok([
        ("VIVA_SESSION", session),
        ("VIVA_SPARE_SESSION", spare),
        ("VIVA_TURN", id(&turns["items"][0])?),
        ("VIVA_TEMPLATE", id(&template)?),
    ])
}
