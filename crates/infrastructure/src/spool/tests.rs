use std::fs::{self, File};
use std::io::Write;

use chrono::{DateTime, Utc};
use tempfile::TempDir;
use viva_contract::audio_spool_contract;
use viva_domain::ports::SpoolErrorKind;

use super::*;

async fn local(case: impl AsyncFnOnce(&dyn AudioSpool)) {
    let place = tempfile::tempdir().unwrap();
    case(&opened(&place).await).await;
}

audio_spool_contract!(local);

async fn opened(place: &TempDir) -> LocalAudioSpool {
    LocalAudioSpool::open(place.path().join("spool")).await.unwrap()
}

fn key(raw: &str) -> BlobKey {
    BlobKey::parse(raw).unwrap()
}

/// What another program hears.
fn played(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!((reader.spec().channels, reader.spec().bits_per_sample), (1, 16));
    reader.samples().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_recording_plays_at_any_moment() {
    let place = tempfile::tempdir().unwrap();
    let spool = opened(&place).await;
    let mut file = spool.create(&key("s/turn_001_user.wav"), 16_000).await.unwrap();
    let path = place.path().join("spool/s/turn_001_user.wav");
    let mut expected = Vec::new();
    for value in 0..10_i16 {
        assert_eq!(played(&path), expected);
        file.append(&[value; 320]).await.unwrap();
        expected.extend([value; 320]);
    }
    // Nobody finishes it, as after a kill.
    drop(file);
    assert_eq!(played(&path), expected);
    assert_eq!(hound::WavReader::open(&path).unwrap().spec().sample_rate, 16_000);
}

#[tokio::test]
async fn a_finished_recording_plays() {
    let place = tempfile::tempdir().unwrap();
    let mut file = opened(&place).await.create(&key("a.wav"), 44_100).await.unwrap();
    file.append(&[i16::MIN, 0, i16::MAX]).await.unwrap();
    let audio = file.finish().await.unwrap();
    assert_eq!(played(&audio.path), [i16::MIN, 0, i16::MAX]);
}

#[tokio::test]
async fn a_header_that_fell_behind_is_repaired() {
    let place = tempfile::tempdir().unwrap();
    let spool = opened(&place).await;
    let mut file = spool.create(&key("s/a.wav"), 24_000).await.unwrap();
    file.append(&[1, 2]).await.unwrap();
    drop(file);
    // Killed between the samples and the header, in the middle of a sample.
    let path = place.path().join("spool/s/a.wav");
    let mut file = File::options().append(true).open(&path).unwrap();
    file.write_all(&[3, 0, 4]).unwrap();

    // A new process finds it.
    let written: DateTime<Utc> = fs::metadata(&path).unwrap().modified().unwrap().into();
    let left = opened(&place).await.left_over().await.unwrap();
    let [left] = left.try_into().unwrap();
    assert_eq!(left.written_at, written, "and not when it was repaired");
    assert_eq!(
        left.audio,
        SpooledAudio {
            key: key("s/a.wav"),
            path: path.clone(),
            samples: 3,
            sample_rate: 24_000,
        }
    );
    assert_eq!(played(&path), [1, 2, 3]);
    assert_eq!(fs::metadata(&path).unwrap().len(), 44 + 6);
}

#[tokio::test]
async fn a_file_that_is_shorter_than_its_header_says_is_repaired() {
    let place = tempfile::tempdir().unwrap();
    let spool = opened(&place).await;
    let mut file = spool.create(&key("a.wav"), 8_000).await.unwrap();
    file.append(&[5; 100]).await.unwrap();
    let audio = file.finish().await.unwrap();
    // As a file system may do when the machine dies.
    let file = File::options().write(true).open(&audio.path).unwrap();
    file.set_len(44 + 21).unwrap();
    assert_eq!(spool.left_over().await.unwrap()[0].audio.samples, 10);
    assert_eq!(played(&audio.path), [5; 10]);
}

#[tokio::test]
async fn garbage_is_set_aside() {
    let place = tempfile::tempdir().unwrap();
    let spool = opened(&place).await;
    let mut file = spool.create(&key("s/good.wav"), 8_000).await.unwrap();
    file.append(&[1]).await.unwrap();
    let good = file.finish().await.unwrap();
    let folder = place.path().join("spool/s");
    fs::write(folder.join("garbage.wav"), [0x55; 4_000]).unwrap();
    fs::write(folder.join("not a key.wav"), [0x55; 4_000]).unwrap();
    fs::write(folder.join("notes.txt"), "not a recording").unwrap();
    fs::write(folder.join("header.wav"), &fs::read(&good.path).unwrap()[..30]).unwrap();
    fs::create_dir(folder.join("folder.wav")).unwrap();

    for _ in 0..2 {
        let left = spool.left_over().await.unwrap();
        let [left] = left.as_slice() else {
            panic!("{left:?}")
        };
        assert_eq!(left.audio, good);
    }
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "folder.wav",
            "garbage.wav.damaged",
            "good.wav",
            "not a key.wav.damaged",
            "notes.txt",
        ]
    );
}

#[tokio::test]
async fn empty_folders_go_with_their_last_recording() {
    let place = tempfile::tempdir().unwrap();
    let spool = opened(&place).await;
    let mut left = Vec::new();
    for name in [
        "interactions/one/a.wav",
        "interactions/one/b.wav",
        "interactions/two/a.wav",
    ] {
        let mut file = spool.create(&key(name), 8_000).await.unwrap();
        file.append(&[1]).await.unwrap();
        left.push(file.finish().await.unwrap());
    }
    let exists = |name: &str| place.path().join("spool").join(name).exists();
    spool.remove(&left[0].key).await.unwrap();
    assert!(exists("interactions/one"));
    spool.remove(&left[1].key).await.unwrap();
    assert!(!exists("interactions/one") && exists("interactions/two"));
    spool.remove(&left[2].key).await.unwrap();
    assert!(!exists("interactions") && exists(""));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_unavailable_and_named() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    let folder = place.path().join("file/spool");
    let err = LocalAudioSpool::open(&folder).await.unwrap_err();
    assert_eq!(err.kind, SpoolErrorKind::Unavailable);
    let source = err.source.unwrap().to_string();
    assert!(source.contains(&*folder.to_string_lossy()), "{source}");
}

#[tokio::test]
async fn a_folder_that_disappears_is_unavailable_until_it_is_back() {
    let place = tempfile::tempdir().unwrap();
    let spool = opened(&place).await;
    let root = place.path().join("spool");
    fs::remove_dir(&root).unwrap();
    fs::write(&root, "in the way").unwrap();
    for res in [
        spool.create(&key("s/a.wav"), 8_000).await.map(|_| ()),
        spool.left_over().await.map(|_| ()),
    ] {
        assert_eq!(res.unwrap_err().kind, SpoolErrorKind::Unavailable);
    }
    fs::remove_file(&root).unwrap();
    let mut file = spool.create(&key("s/a.wav"), 8_000).await.unwrap();
    file.append(&[1]).await.unwrap();
    assert_eq!(file.finish().await.unwrap().samples, 1);
}

#[tokio::test]
async fn an_unknown_rate_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let spool = opened(&place).await;
    assert!(spool.create(&key("a.wav"), 12_345).await.is_err());
    assert_eq!(spool.left_over().await.unwrap(), []);
    spool.create(&key("a.wav"), 22_050).await.unwrap();
}

#[tokio::test]
async fn what_was_set_aside_goes_with_its_folder() {
    let place = tempfile::tempdir().unwrap();
    let spool = opened(&place).await;
    let file = spool.create(&key("a/s/turn_001_user.wav"), 16_000).await.unwrap();
    drop(file);
    let aside = place.path().join("spool/a/s/turn_002_user.wav.damaged");
    fs::write(&aside, "no recording").unwrap();
    spool.remove_below(&key("a/s")).await.unwrap();
    assert!(!place.path().join("spool/a").exists());
    assert!(place.path().join("spool").exists());
}
