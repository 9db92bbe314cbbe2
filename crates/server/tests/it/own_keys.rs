//! Keys of users: which one a session uses, what becomes of one that is refused, how the master key changes, and that no
//! key is anywhere to be read.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;
use viva_client::{ClientError, Conversation};
use viva_domain::credentials::{
    AuditAction, AuditEntry, AuditOutcome, Credential, CredentialState, RawCredential, StoredCredential,
};
use viva_domain::ids::{AuditEntryId, CredentialId, UserId};
use viva_domain::ports::{CredentialStore as _, CredentialVault as _};
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer};
use viva_infrastructure::db::{Database, DatabaseConfig, SqlCredentialStore};
use viva_infrastructure::vault::{MasterKey, MasterKeyPlace, XChaChaVault};
use viva_protocol::rest;
use viva_protocol::ws::{ErrorCode, ErrorMessage, FallbackPolicy, Interaction, RealtimeConfig, StartSession};

use crate::bench::{Folder, Server, hang_up, output};

/// What the vendor takes.
const OWN: &str = "sk-own-key-of-the-user-0123";
const SERVERS: &str = "sk-key-of-the-server-4567";
const WRONG: &str = "sk-wrong-key-of-the-user-89ab";

async fn vendor() -> OpenAiRealtimeServer {
    let script = OpenAiRealtimeScript {
        api_key: Some(OWN.to_owned()),
        ..OpenAiRealtimeScript::default()
    };
    OpenAiRealtimeServer::start(script).await.expect("it starts")
}

/// Serves with a key of the server's own, and says everything.
async fn serve(folder: &Folder, vendor: &OpenAiRealtimeServer) -> Server {
    folder
        .serve_with(&[
            ("VIVA__PROVIDERS__OPENAI__BASE_URL", vendor.base_url()),
            ("VIVA__PROVIDERS__OPENAI__API_KEY", SERVERS.to_owned()),
            ("VIVA__LOG__FILTER", "trace".to_owned()),
        ])
        .await
}

fn master_key_file(folder: &Folder) -> PathBuf {
    folder.storage().join("master.key")
}

async fn store(folder: &Folder) -> SqlCredentialStore {
    let database = Database::connect(&DatabaseConfig::new(folder.database_url())).await;
    let database = database.expect("it can be opened");
    database.migrate().await.expect("it is brought up to date");
    SqlCredentialStore::new(database)
}

/// Stores a key of the local user, sealed by this one, as if its vendor had accepted it.
async fn keep_sealed(folder: &Folder, master: &MasterKey, key: &str) {
    let credential = Credential::parse(RawCredential {
        api_key: &SecretString::from(key),
        base_url: None,
        organization: None,
    });
    let vault = XChaChaVault::new(master);
    let sealed = vault.seal(UserId::LOCAL, "openai", &credential.expect("it is a key"));
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let stored = StoredCredential {
        id: CredentialId::from_uuid(Uuid::from_u128(1)),
        owner: UserId::LOCAL,
        provider: "openai".to_owned(),
        sealed: sealed.expect("it can be sealed"),
        state: CredentialState::Valid,
        checked_at: at,
    };
    let entry = AuditEntry {
        id: AuditEntryId::from_uuid(Uuid::from_u128(1)),
        owner: UserId::LOCAL,
        at,
        action: AuditAction::Create,
        provider: "openai".to_owned(),
        session: None,
        outcome: AuditOutcome::Done,
    };
    store(folder)
        .await
        .put(&stored, &entry)
        .await
        .expect("it is stored");
}

/// The same with the master key of the storage, which is made.
async fn keep(folder: &Folder, key: &str) -> MasterKey {
    fs::create_dir_all(folder.storage()).expect("a folder can be made");
    let place = MasterKeyPlace::Storage(master_key_file(folder));
    let master = place.settle(&[]).expect("a key is made");
    keep_sealed(folder, &master, key).await;
    master
}

async fn start(server: &Server) -> Result<Conversation, ErrorMessage> {
    let config = RealtimeConfig {
        realtime_provider: "openai".to_owned(),
        ..RealtimeConfig::default()
    };
    let request = StartSession {
        fallback: FallbackPolicy::Off,
        ..StartSession::new(&Interaction::Realtime(config))
    };
    let connection = server
        .client()
        .connect()
        .await
        .expect("the server takes connections");
    match connection.start(request).await {
        Ok(conversation) => Ok(conversation),
        Err(ClientError::Refused(error)) => Err(error),
        Err(err) => panic!("{err}"),
    }
}

async fn refused(server: &Server) -> ErrorMessage {
    match start(server).await {
        Ok(_) => panic!("it is refused"),
        Err(error) => error,
    }
}

/// `openai` among those that hear and speak.
async fn listed(server: &Server) -> rest::Provider {
    let list = server.client().providers().await.expect("they are listed");
    let mut realtime = list.realtime.into_iter();
    realtime
        .find(|provider| provider.id == "openai")
        .expect("it is listed")
}

/// The user's key for `openai`, as it is shown.
async fn shown(server: &Server) -> rest::Credential {
    let list = server.client().credentials().await.expect("they are listed");
    let mut items = list.items.into_iter();
    let openai = items
        .find(|item| item.provider == "openai")
        .expect("it is listed");
    openai.credential.expect("there is a key")
}

/// What sessions did with keys, newest first, once there is so much. Nobody waits for the log.
async fn uses(server: &Server, count: usize) -> Vec<rest::AuditEntry> {
    let uses = async || {
        let entries = server.client().audit().await.expect("it is listed").into_iter();
        entries
            .filter(|entry| entry.action == rest::AuditAction::Use)
            .collect::<Vec<_>>()
    };
    let reading = async {
        loop {
            let uses = uses().await;
            if uses.len() >= count {
                return uses;
            }
        }
    };
    tokio::time::timeout(crate::bench::PATIENCE, reading)
        .await
        .expect("it is written soon")
}

#[tokio::test]
async fn a_users_own_key_wins_over_the_servers() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let server = serve(&folder, &vendor).await;
    let error = refused(&server).await;
    assert_eq!(error.code, ErrorCode::CredentialInvalid);
    assert_eq!(error.message, "provider openai: it refused the key");
    let everybodys = listed(&server).await;
    assert_eq!((everybodys.own_key, everybodys.checked_at), (false, None));
    drop(server);

    keep(&folder, OWN).await;
    let server = serve(&folder, &vendor).await;
    let own = listed(&server).await;
    assert_eq!(
        (own.own_key, own.available, own.credential_status),
        (true, true, rest::CredentialStatus::Valid)
    );
    assert_eq!(own.checked_at, Some(DateTime::UNIX_EPOCH));
    let mut conversation = start(&server).await.expect("the vendor takes the key");
    hang_up(&mut conversation).await;
    let entry = uses(&server, 1).await.remove(0);
    assert_eq!(
        (entry.outcome, entry.session_id.is_some()),
        (rest::AuditOutcome::Done, true)
    );

    server
        .client()
        .delete_credential("openai")
        .await
        .expect("there is one");
    assert_eq!(
        refused(&server).await.message,
        "provider openai: it refused the key"
    );
    assert!(!listed(&server).await.own_key);
    assert_eq!(
        uses(&server, 1).await.len(),
        1,
        "the server's key is nobody's business"
    );
}

#[tokio::test]
async fn a_key_that_is_refused_is_marked_and_the_user_told_where_to_mend_it() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    keep(&folder, WRONG).await;
    let server = serve(&folder, &vendor).await;
    assert_eq!(shown(&server).await.status, rest::CredentialStatus::Valid);
    let error = refused(&server).await;
    assert_eq!(error.code, ErrorCode::CredentialInvalid);
    assert!(
        error.message.contains("replace it in the settings"),
        "{}",
        error.message
    );
    assert_eq!(uses(&server, 1).await[0].outcome, rest::AuditOutcome::BadKey);
    let shown = shown(&server).await;
    assert_eq!(
        (shown.status, shown.masked_key.as_str()),
        (rest::CredentialStatus::Invalid, "sk-…89ab")
    );
    let listed = listed(&server).await;
    assert_eq!(
        (listed.available, listed.credential_status),
        (false, rest::CredentialStatus::Invalid)
    );
    assert_eq!(listed.checked_at, Some(shown.checked_at));
}

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

#[cfg(unix)]
#[tokio::test]
async fn no_key_is_anywhere_to_be_read() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let master = keep(&folder, OWN).await;
    let digits = master.digits();
    let mut keys = vec![OWN, SERVERS, WRONG, "new-key-of-the-user", digits.expose_secret()];
    let server = serve(&folder, &vendor).await;
    let mut conversation = start(&server).await.expect("the vendor takes the key");
    hang_up(&mut conversation).await;
    uses(&server, 1).await;
    let mut said = String::new();
    let openai = "/api/v1/credentials/openai";
    for (method, path, body) in [
        ("GET", "/api/v1/credentials", ""),
        ("POST", "/api/v1/credentials/openai/validate", ""),
        ("PUT", openai, &*format!(r#"{{"api_key":"{WRONG}"}}"#)),
        (
            "PUT",
            openai,
            &*format!(r#"{{"api_key":"{WRONG}","base_url":"http://127.0.0.1:1/{WRONG}?key={WRONG}"}}"#),
        ),
        ("PUT", openai, &*format!(r#"{{"api_key":"{WRONG} {WRONG}"}}"#)),
        ("PUT", openai, &*format!(r#"["{WRONG}"]"#)),
        ("PUT", openai, &*format!(r#"{{"api_key":"{WRONG}""#)),
        (
            "PUT",
            "/api/v1/credentials/deepgram",
            r#"{"api_key":"new-key-of-the-user"}"#,
        ),
        ("GET", "/api/v1/interaction/providers", ""),
        ("GET", "/api/v1/audit", ""),
        ("DELETE", "/api/v1/credentials/deepgram", ""),
    ] {
        said.push_str(&answer(&server, method, path, body).await);
    }
    said.push_str(&format!("{:?}", start(&server).await.err()));
    server.terminate().await;
    server.exit_code().await;
    let log = folder.log();
    assert!(log.contains("api.credentials.put"), "it is a log of everything");
    for args in [&["keys", "rotate"][..], &["config", "show"]] {
        let output = output(folder.viva(args).env("VIVA__PROVIDERS__OPENAI__API_KEY", SERVERS)).await;
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    let master = fs::read_to_string(master_key_file(&folder)).expect("it is there");
    keys.push(master.trim());
    for key in &keys {
        assert!(!said.contains(key), "a key is in an answer: {said}");
    }
    // The path of an address is shown to its owner, and named in no log; what follows a `?` is shown to nobody.
    let holding = holding(folder.path(), &keys);
    assert_eq!(holding, [master_key_file(&folder)]);
}

async fn rotate(folder: &Folder, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = folder.viva(&["keys", "rotate"]);
    command.envs(variables.iter().copied());
    let output = output(&mut command).await;
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

async fn refused_start(folder: &Folder, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = folder.viva(&["serve"]);
    command.envs(variables.iter().copied());
    let output = output(&mut command).await;
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[tokio::test]
async fn the_master_key_changes_and_everything_can_be_read_as_before() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let old = keep(&folder, OWN).await;
    let server = serve(&folder, &vendor).await;
    let before = shown(&server).await;
    let (code, said) = rotate(&folder, &[]).await;
    assert_eq!(code, Some(73), "a server uses the keys: {said}");
    drop(server);

    let (code, said) = rotate(&folder, &[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("1 provider keys are encrypted") && said.contains(old.id().as_str()),
        "{said}"
    );
    let file = master_key_file(&folder);
    let new = fs::read_to_string(&file).expect("it is there");
    assert_ne!(new.trim(), old.digits().expose_secret());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    // As if it had been cut short between the last two steps: the next start brings it to its end.
    fs::rename(&file, folder.storage().join("master.key.new")).expect("it can be renamed");
    fs::write(&file, old.digits().expose_secret()).expect("it can be written");
    let server = serve(&folder, &vendor).await;
    assert_eq!(shown(&server).await, before);
    start(&server).await.expect("the vendor takes the key");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), new);
}

#[tokio::test]
async fn a_wrong_master_key_stops_the_start_and_changes_nothing() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let right = keep(&folder, OWN).await;
    let file = master_key_file(&folder);
    let kept = fs::read_to_string(&file).expect("it is there");
    let wrong = MasterKey::generate().digits().expose_secret().to_owned();
    fs::write(&file, &wrong).expect("it can be written");
    let (code, said) = refused_start(&folder, &[]).await;
    assert_eq!(code, Some(77), "{said}");
    assert!(
        said.contains(right.id().as_str()) && said.contains("master.key"),
        "{said}"
    );
    assert!(!said.contains(&wrong), "{said}");
    let (code, said) = refused_start(&folder, &[("VIVA__CREDENTIALS__MASTER_KEY", &wrong)]).await;
    assert_eq!(code, Some(77), "{said}");
    fs::remove_file(&file).expect("it is there");
    let (code, said) = refused_start(&folder, &[]).await;
    assert_eq!(code, Some(77), "{said}");
    assert!(said.contains("put it back") && !file.exists(), "{said}");
    let (code, said) = rotate(&folder, &[]).await;
    assert_eq!(code, Some(77), "{said}");

    fs::write(&file, &kept).expect("it can be written");
    let server = serve(&folder, &vendor).await;
    assert_eq!(shown(&server).await.masked_key, "sk-…0123");
}

#[tokio::test]
async fn a_master_key_in_the_environment_changes_to_another_one_there() {
    let folder = Folder::new();
    let (old, new) = (MasterKey::generate(), MasterKey::generate());
    let (old_digits, new_digits) = (old.digits(), new.digits());
    let present = ("VIVA__CREDENTIALS__MASTER_KEY", old_digits.expose_secret());
    let next = ("VIVA__CREDENTIALS__NEW_MASTER_KEY", new_digits.expose_secret());
    keep_sealed(&folder, &old, OWN).await;
    let (code, said) = rotate(&folder, &[present]).await;
    assert_eq!(code, Some(77), "{said}");
    assert!(said.contains("credentials.new_master_key"), "{said}");
    let (code, said) = rotate(&folder, &[present, next]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("set VIVA__CREDENTIALS__MASTER_KEY to"), "{said}");
    assert!(!master_key_file(&folder).exists(), "no file is made");

    // Before the operator has changed the settings, and after it.
    for variables in [&[present, next][..], &[("VIVA__CREDENTIALS__MASTER_KEY", next.1)]] {
        let owned: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        let server = folder.serve_with(&owned).await;
        assert_eq!(shown(&server).await.masked_key, "sk-…0123");
    }
    let (code, said) = refused_start(&folder, &[present]).await;
    assert_eq!(code, Some(77), "{said}");
    assert!(said.contains(new.id().as_str()), "{said}");
}
