use std::fs;

use secrecy::ExposeSecret as _;
use uuid::Uuid;
use viva_domain::credentials::{AuditAction, AuditEntry, AuditOutcome};
use viva_domain::ids::{AuditEntryId, CredentialId, UserId};
use viva_domain::ports::CredentialStore as _;
use viva_infrastructure::vault::MasterKey;

use super::{
    OPENAI, OWN, keep, keep_sealed, master_key_file, serve, serve_with, shown, start, store, vendor,
};
use crate::bench::{Folder, output};

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

#[cfg(unix)]
#[track_caller]
fn assert_private(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[tokio::test]
async fn the_first_start_makes_a_master_key_that_only_this_user_can_read() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let file = master_key_file(&folder);
    assert_private(&file);
    let made = fs::read_to_string(&file).expect("it is there");
    server.kill().await;
    folder.serve().await.kill().await;
    assert_eq!(fs::read_to_string(&file).expect("it is there"), made);
}

#[tokio::test]
async fn the_master_key_changes_and_everything_can_be_read_as_before() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let old = keep(&folder, OWN).await;
    let server = serve(&folder, &vendor).await;
    let before = shown(&server).await;
    let (code, said) = rotate(&folder, &[]).await;
    assert_eq!(code, Some(73), "a server uses the keys: {said}");
    server.kill().await;

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
    assert_private(&file);

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
async fn a_key_that_does_not_open_is_named_and_nothing_is_encrypted_anew() {
    let folder = Folder::new();
    let old = keep(&folder, OWN).await;
    damage(&folder).await;
    let (code, said) = rotate(&folder, &[]).await;
    assert_eq!(code, Some(77), "{said}");
    for part in ["the master key cannot be used", "openai", "provider_credentials"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(said.contains(&UserId::LOCAL.to_string()), "{said}");
    let file = master_key_file(&folder);
    let kept = fs::read_to_string(&file).expect("it is there");
    assert_eq!(kept.trim(), old.digits().expose_secret());

    let server = folder.serve().await;
    let deleted = server.client().delete_credential(OPENAI).await;
    deleted.expect("its owner can delete it");
    drop(server);
    let (code, said) = rotate(&folder, &[]).await;
    assert_eq!(code, Some(0), "{said}");
}

/// Changes what is sealed of the user's key.
async fn damage(folder: &Folder) {
    let store = store(folder).await;
    let stored = store.find(UserId::LOCAL, OPENAI).await;
    let mut stored = stored.expect("it is read").expect("it is stored");
    stored.id = CredentialId::from_uuid(Uuid::from_u128(2));
    stored.sealed.ciphertext[0] ^= 1;
    let entry = AuditEntry {
        id: AuditEntryId::from_uuid(Uuid::from_u128(2)),
        owner: UserId::LOCAL,
        at: stored.checked_at,
        action: AuditAction::Replace,
        provider: OPENAI.to_owned(),
        session: None,
        outcome: AuditOutcome::Done,
    };
    store.put(&stored, &entry).await.expect("it is stored");
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
        server.kill().await;
    }
    let (code, said) = refused_start(&folder, &[present]).await;
    assert_eq!(code, Some(77), "{said}");
    assert!(said.contains(new.id().as_str()), "{said}");
}

#[tokio::test]
async fn a_master_key_in_a_file_of_the_operator_is_used_and_never_made() {
    let (folder, vendor) = (Folder::new(), vendor().await);
    let file = folder.path().join("mine.key");
    let path = file.display().to_string();
    let variables = [("VIVA__CREDENTIALS__MASTER_KEY_FILE", &*path)];
    let (code, said) = refused_start(&folder, &variables).await;
    assert_eq!(code, Some(77), "{said}");
    assert!(said.contains("mine.key") && !file.exists(), "{said}");
    fs::write(&file, "hidden, no key").expect("it can be written");
    let (code, said) = refused_start(&folder, &variables).await;
    assert_eq!(code, Some(77), "{said}");
    assert!(
        said.contains("mine.key holds no master key") && !said.contains("hidden"),
        "{said}"
    );

    let key = MasterKey::generate();
    fs::write(&file, key.digits().expose_secret()).expect("it can be written");
    keep_sealed(&folder, &key, OWN).await;
    let server = serve_with(&folder, &vendor, &variables).await;
    assert_eq!(shown(&server).await.masked_key, "sk-…0123");
    server.kill().await;
    let (code, said) = rotate(&folder, &variables).await;
    assert_eq!(code, Some(0), "{said}");
    let server = serve_with(&folder, &vendor, &variables).await;
    start(&server).await.expect("the vendor takes the key");
    assert!(!master_key_file(&folder).exists(), "there is no other one");
    server.kill().await;

    let digits = key.digits();
    fs::write(&file, digits.expose_secret()).expect("it can be written");
    let (code, said) = refused_start(&folder, &variables).await;
    assert_eq!(code, Some(77), "it opens nothing any more: {said}");
    assert!(
        said.contains("mine.key") && !said.contains(digits.expose_secret()),
        "{said}"
    );
}
