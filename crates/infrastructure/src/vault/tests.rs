use std::fs;
use std::path::Path;

use tempfile::TempDir;
use viva_contract::credential_vault_contract;
use viva_contract::samples::OWNER;

use super::*;

async fn fresh_key(case: impl AsyncFnOnce(&dyn CredentialVault)) {
    case(&XChaChaVault::new(&MasterKey::generate())).await;
}

credential_vault_contract!(fresh_key);

fn credential(key: &str) -> Credential {
    Credential::parse(RawCredential {
        api_key: &SecretString::from(key),
        base_url: None,
        organization: None,
    })
    .unwrap()
}

fn in_storage(folder: &TempDir) -> MasterKeyPlace {
    MasterKeyPlace::Storage(folder.path().join("master.key"))
}

fn digits(place: &Path) -> String {
    fs::read_to_string(place).unwrap().trim().to_owned()
}

fn refused(place: &MasterKeyPlace, stored: &[KeyId]) -> String {
    let err: &dyn std::error::Error = &place.settle(stored).unwrap_err();
    let causes = std::iter::successors(Some(err), |err| err.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[test]
fn the_key_id_alone_opens_nothing() {
    let (vault, other) = (MasterKey::generate(), MasterKey::generate());
    let vault = XChaChaVault::new(&vault);
    let mut sealed = vault.seal(OWNER, "acme", &credential("sk-secret")).unwrap();
    let other = XChaChaVault::new(&other);
    sealed.key_id = other.key_id.clone();
    assert_eq!(
        other.open(OWNER, "acme", &sealed).map(|_| ()),
        Err(VaultError::Damaged)
    );
    assert!(!format!("{vault:?}").contains("cipher"));
}

#[test]
fn the_first_start_makes_a_key_that_only_this_user_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let place = in_storage(&folder);
    let key = place.settle(&[]).unwrap();
    let file = folder.path().join("master.key");
    assert_eq!(digits(&file), key.digits().expose_secret());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(place.settle(&[key.id()]).unwrap().id(), key.id());
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing else is left");
}

#[test]
fn a_key_that_is_lost_stops_the_start_and_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let said = refused(&in_storage(&folder), &[KeyId::new("0123")]);
    assert!(
        said.contains("master key 0123") && said.contains("put it back"),
        "{said}"
    );
    assert!(!folder.path().join("master.key").exists());
}

#[test]
fn another_key_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = in_storage(&folder);
    let key = place.settle(&[]).unwrap();
    let said = refused(&place, &[key.id(), KeyId::new("0123")]);
    let present = format!("holds {}", key.id());
    assert!(
        said.contains(" and 0123") && said.contains(&present) && said.contains("master.key"),
        "{said}"
    );
    assert!(!said.contains(key.digits().expose_secret()), "{said}");

    let place = MasterKeyPlace::Setting {
        key,
        new: Some(MasterKey::generate()),
    };
    let said = refused(&place, &[KeyId::new("0123")]);
    assert!(said.contains("the setting credentials.master_key"), "{said}");
}

#[test]
fn a_file_of_the_operator_is_never_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.key");
    let place = MasterKeyPlace::File(path.clone());
    let said = refused(&place, &[]);
    assert!(said.contains("mine.key"), "{said}");
    fs::write(&path, "hidden, no key").unwrap();
    let said = refused(&place, &[]);
    assert!(
        said.contains("mine.key holds no master key") && !said.contains("hidden"),
        "{said}"
    );
    fs::write(&path, MasterKey::generate().digits().expose_secret()).unwrap();
    place.settle(&[]).unwrap();
}

/// Every moment at which a change of the key can be cut short.
#[test]
fn a_start_in_the_middle_of_a_change_has_the_key_that_opens_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let place = in_storage(&folder);
    let old = place.settle(&[]).unwrap();
    let file = folder.path().join("master.key");

    // Before anything was encrypted anew, and once more after a second attempt.
    for _ in 0..2 {
        place.prepare(&old).unwrap();
        assert_eq!(place.settle(&[old.id()]).unwrap().id(), old.id());
        assert_eq!(digits(&file), old.digits().expose_secret());
    }
    // After everything was.
    let new = place.prepare(&old).unwrap();
    assert_ne!(new.id(), old.id());
    assert_eq!(place.settle(&[new.id()]).unwrap().id(), new.id());
    assert_eq!(digits(&file), new.digits().expose_secret());
    // And later, when nothing waits any more.
    assert_eq!(place.settle(&[new.id()]).unwrap().id(), new.id());
    assert!(refused(&place, &[old.id()]).contains("were encrypted with"));
}

#[test]
fn a_change_that_ends_leaves_the_new_key_only() {
    let folder = tempfile::tempdir().unwrap();
    let place = in_storage(&folder);
    let old = place.settle(&[]).unwrap();
    let new = place.prepare(&old).unwrap();
    place.finish().unwrap();
    assert_eq!(place.settle(&[]).unwrap().id(), new.id());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn whoever_could_read_the_old_key_can_read_the_new_one() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.key");
    let old = MasterKey::generate();
    fs::write(&path, old.digits().expose_secret()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    // Nobody but root may do this; for anybody else the file is their own before and after.
    let _ = chown(&path, Some(1), Some(1));
    let access = || {
        let file = fs::metadata(&path).unwrap();
        (file.uid(), file.gid(), file.mode() & 0o777)
    };
    let before = access();
    assert_eq!(before.2, 0o640);
    let place = MasterKeyPlace::File(path.clone());
    let new = place.prepare(&old).unwrap();
    assert_eq!(access(), before, "the old one was written again");
    place.finish().unwrap();
    assert_eq!(digits(&path), new.digits().expose_secret());
    assert_eq!(access(), before);
}

/// Of a file that is a mount of its own the same is true as of a folder: no file takes its place.
#[test]
fn a_key_that_no_other_can_replace_stays_before_anything_is_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.key");
    fs::create_dir(&path).unwrap();
    let place = MasterKeyPlace::File(path);
    let err = place.prepare(&MasterKey::generate()).unwrap_err();
    assert!(matches!(err, MasterKeyError::Fixed { .. }), "{err:?}");
    assert!(
        err.to_string().contains("mine.key cannot be replaced")
            && err.to_string().contains("mount its folder"),
        "{err}"
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no key lies about"
    );
}

#[test]
fn a_change_that_cannot_be_brought_to_its_end_keeps_no_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let place = in_storage(&folder);
    let old = place.settle(&[]).unwrap();
    let new = place.prepare(&old).unwrap();
    for _ in 0..2 {
        let settled = place.settle_by(&[new.id()], || Err(std::io::ErrorKind::ResourceBusy.into()));
        assert_eq!(settled.unwrap().id(), new.id());
        assert_eq!(
            digits(&folder.path().join("master.key")),
            old.digits().expose_secret()
        );
    }
    // The next change goes on with the key that everything is encrypted with.
    let newer = place.prepare(&new).unwrap();
    assert_eq!(place.settle(&[new.id()]).unwrap().id(), new.id());
    assert_eq!(place.settle(&[newer.id()]).unwrap().id(), newer.id());
}

#[test]
fn a_setting_changes_to_another_setting() {
    let (old, new) = (MasterKey::generate(), MasterKey::generate());
    let place = |new| MasterKeyPlace::Setting {
        key: old.clone(),
        new,
    };
    assert!(matches!(place(None).prepare(&old), Err(MasterKeyError::NoNewKey)));
    let both = place(Some(new.clone()));
    assert_eq!(both.settle(&[]).unwrap().id(), old.id());
    assert_eq!(both.settle(&[old.id()]).unwrap().id(), old.id());
    assert_eq!(both.prepare(&old).unwrap().id(), new.id());
    both.finish().unwrap();
    assert_eq!(both.settle(&[new.id()]).unwrap().id(), new.id());
}
