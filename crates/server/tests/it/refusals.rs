//! What cannot work is said at the start, in one line, with an exit code of its own.

use std::fs;

use rstest::rstest;
use tokio::net::TcpListener;

use crate::bench::{Folder, output};

#[rstest]
#[case::address("VIVA__SERVER__LISTEN", "0.0.0.0:0", 78, "only a loopback address")]
#[case::proxy("VIVA__SERVER__BEHIND_PROXY", "true", 78, "others than this machine get in")]
#[case::mode("VIVA__AUTH__MODE", "password", 78, "auth.mode")]
#[case::number("VIVA__SESSIONS__PER_USER", "many", 78, "sessions.per_user")]
#[case::scheme("VIVA__DATABASE__URL", "mysql://localhost/viva", 78, "database.url")]
#[case::database("VIVA__DATABASE__URL", "postgres://viva@127.0.0.1:1/viva", 69, "database")]
#[case::metrics("VIVA__METRICS__LISTEN", "9464", 78, "metrics.listen")]
#[case::filter("VIVA__LOG__FILTER", "viva=nonsense", 78, "log.filter")]
#[tokio::test]
async fn a_setting_that_cannot_work_is_named(
    #[case] name: &str,
    #[case] value: &str,
    #[case] code: i32,
    #[case] says: &str,
) {
    let folder = Folder::new();
    let output = output(folder.viva(&["serve"]).env(name, value)).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(message.contains(says), "{message}");
    assert!(!message.contains("panicked"), "{message}");
}

#[tokio::test]
async fn a_port_in_use_is_said_with_a_way_out() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = output(&mut folder.viva(&["serve", "--listen", &address])).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(71), "{message}");
    assert!(
        message.contains(&address) && message.contains("--listen"),
        "{message}"
    );
}

#[tokio::test]
async fn a_storage_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    // A file where the folder should be: not even root can write below it.
    fs::write(folder.storage(), "in the way").unwrap();
    let output = output(&mut folder.viva(&["serve"])).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(73), "{message}");
    assert!(message.contains("storage"), "{message}");
}

#[cfg(target_os = "linux")]
#[rstest]
#[case::new_folder("/sys/viva")]
#[case::folder_that_is_there("/sys/kernel")]
#[tokio::test]
async fn a_storage_that_may_only_be_read_is_named(#[case] storage: &str) {
    let folder = Folder::new();
    // What the kernel shows of itself: not even root makes a file there.
    let output = output(folder.viva(&["serve"]).env("VIVA__STORAGE__URL", storage)).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(73), "{message}");
    assert!(message.contains(storage), "{message}");
    assert!(!message.contains("panicked"), "{message}");
}

#[tokio::test]
async fn a_storage_that_another_server_uses_is_left_alone() {
    let folder = Folder::new();
    let first = folder.serve().await;
    let output = output(&mut folder.viva(&["serve"])).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(73), "{message}");
    assert!(message.contains("another server"), "{message}");
    first.client().providers().await.unwrap();
}

#[tokio::test]
async fn recordings_that_another_server_uses_are_left_alone() {
    let folder = Folder::new();
    let local = |name: &str| folder.path().join(name).display().to_string();
    let _first = folder
        .serve_with(&[("VIVA__STORAGE__FOLDER", local("first"))])
        .await;
    let mut second = folder.viva(&["serve"]);
    let second = second
        .env("VIVA__STORAGE__FOLDER", local("second"))
        .env("VIVA__DATABASE__URL", format!("sqlite://{}", local("second.db")));
    let output = output(second).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(73), "{message}");
    let shared = folder.storage().display().to_string();
    assert!(
        message.contains("another server uses") && message.contains(&shared),
        "{message}"
    );
}

#[tokio::test]
async fn the_schema_does_not_change_under_a_server() {
    let folder = Folder::new();
    fs::create_dir_all(folder.storage()).unwrap();
    let lock = fs::File::create(folder.storage().join(".lock")).unwrap();
    lock.try_lock().unwrap();
    for command in [&["migrate"][..], &["token", "list"], &["retention", "run"]] {
        let output = output(&mut folder.viva(command)).await;
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{command:?}");
        assert!(
            message.contains("the database is of an older version"),
            "{message}"
        );
    }
    drop(lock);
    assert!(output(&mut folder.viva(&["migrate"])).await.status.success());
    // Nothing is left to change, so a server is no matter.
    let lock = fs::File::create(folder.storage().join(".lock")).unwrap();
    lock.try_lock().unwrap();
    assert!(
        output(&mut folder.viva(&["token", "list"]))
            .await
            .status
            .success()
    );
}

#[rstest]
#[case::check(&["config", "check"])]
#[case::serve(&["serve"])]
#[tokio::test]
async fn a_broken_file_is_said_with_its_place(#[case] command: &[&str]) {
    let folder = Folder::new();
    fs::write(folder.path().join("viva.toml"), "[server]\nlisten = 127.0.0.1\n").unwrap();
    let output = output(&mut folder.viva(command)).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{message}");
    assert!(
        message.contains("viva.toml") && message.contains("line 2"),
        "{message}"
    );
    assert!(!message.contains("panicked"), "{message}");
}

#[tokio::test]
async fn a_password_is_not_shown() {
    let folder = Folder::new();
    let url = "postgres://viva:hunter2@localhost/viva";
    let output = output(folder.viva(&["config", "show"]).env("VIVA__DATABASE__URL", url)).await;
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && shown.contains("postgres://[redacted]@localhost/viva"),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"));
}

#[tokio::test]
async fn talking_to_nobody_is_said() {
    let folder = Folder::new();
    let wav = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../audio/tests/fixtures/question-en.wav"
    );
    let output = output(&mut folder.viva(&["talk", "--url", "http://127.0.0.1:1", "--wav", wav])).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("127.0.0.1:1"), "{message}");
}
