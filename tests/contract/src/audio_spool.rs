//! What every [`AudioSpool`] must do.

use viva_domain::ports::{AudioSpool, BlobKey, SpooledAudio};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn AudioSpool))`.
#[macro_export]
macro_rules! audio_spool_contract {
    ($factory:ident) => {
        $crate::contract_cases!(audio_spool, $factory:
            finished_recordings_say_what_they_hold,
            recordings_are_read_while_they_grow,
            every_rate_is_recorded,
            abandoned_recordings_are_left_over,
            finished_recordings_are_left_over_until_removed,
            empty_recordings_are_not_left_over,
            recording_again_starts_over,
            recordings_at_once_do_not_mix,
            removing_twice_does_nothing,
            recordings_that_are_given_up_are_not_left_over,
            what_was_begun_is_there_until_removed,
            a_folder_is_forgotten_with_all_that_is_below,
            a_new_spool_is_empty,
        );
    };
}

pub async fn finished_recordings_say_what_they_hold(spool: &dyn AudioSpool) {
    let audio = record(spool, "interactions/one/turn_001_user.wav", &[480, 0, 960, 1]).await;
    assert_eq!(
        about(&audio),
        ("interactions/one/turn_001_user.wav", 1_441, 24_000)
    );
}

pub async fn recordings_are_read_while_they_grow(spool: &dyn AudioSpool) {
    let mut file = spool.create(&key("a/growing.wav"), 16_000).await.unwrap();
    assert_eq!(file.read_last(9).await.unwrap(), [0_i16; 0]);
    file.append(&[1, -2]).await.unwrap();
    assert_eq!(file.read_last(9).await.unwrap(), [1, -2]);
    file.append(&[i16::MIN, i16::MAX]).await.unwrap();
    assert_eq!(file.read_last(9).await.unwrap(), [1, -2, i16::MIN, i16::MAX]);
    assert_eq!(file.read_last(4).await.unwrap(), [1, -2, i16::MIN, i16::MAX]);
    assert_eq!(file.read_last(3).await.unwrap(), [-2, i16::MIN, i16::MAX]);
    assert_eq!(file.read_last(0).await.unwrap(), [0_i16; 0]);
    file.append(&[5]).await.unwrap();
    assert_eq!(file.read_last(2).await.unwrap(), [i16::MAX, 5]);
    assert_eq!(about(&file.finish().await.unwrap()), ("a/growing.wav", 5, 16_000));
}

pub async fn every_rate_is_recorded(spool: &dyn AudioSpool) {
    for rate in [8_000, 16_000, 24_000, 44_100, 48_000] {
        let name = format!("rate/{rate}.wav");
        let mut file = spool.create(&key(&name), rate).await.unwrap();
        file.append(&[1; 441]).await.unwrap();
        assert_eq!(about(&file.finish().await.unwrap()), (&*name, 441, rate));
    }
    let left = left_over(spool).await;
    let rates: Vec<u32> = left.iter().map(|audio| audio.sample_rate).collect();
    assert_eq!(
        rates,
        [16_000, 24_000, 44_100, 48_000, 8_000],
        "in order of the names"
    );
}

pub async fn abandoned_recordings_are_left_over(spool: &dyn AudioSpool) {
    let mut file = spool.create(&key("a/b.wav"), 16_000).await.unwrap();
    for _ in 0..3 {
        file.append(&[7; 320]).await.unwrap();
    }
    drop(file);
    let left = left_over(spool).await;
    assert_eq!(
        left.iter().map(about).collect::<Vec<_>>(),
        [("a/b.wav", 960, 16_000)]
    );
}

pub async fn finished_recordings_are_left_over_until_removed(spool: &dyn AudioSpool) {
    let first = record(spool, "a/one.wav", &[10]).await;
    let second = record(spool, "a/two.wav", &[20]).await;
    assert_eq!(left_over(spool).await, [first.clone(), second.clone()]);
    spool.remove(&first.key).await.unwrap();
    assert_eq!(left_over(spool).await, std::slice::from_ref(&second));
    spool.remove(&second.key).await.unwrap();
    assert_eq!(left_over(spool).await, []);
    // The folder can be recorded into again.
    assert_eq!(record(spool, "a/one.wav", &[10]).await, first);
}

pub async fn empty_recordings_are_not_left_over(spool: &dyn AudioSpool) {
    let mut file = spool.create(&key("a/b.wav"), 24_000).await.unwrap();
    file.append(&[]).await.unwrap();
    drop(file);
    assert_eq!(about(&record(spool, "c.wav", &[]).await), ("c.wav", 0, 24_000));
    assert_eq!(left_over(spool).await, []);
}

pub async fn recording_again_starts_over(spool: &dyn AudioSpool) {
    record(spool, "a.wav", &[1_000]).await;
    let again = record(spool, "a.wav", &[10]).await;
    assert_eq!(again.samples, 10);
    assert_eq!(left_over(spool).await, [again]);
}

pub async fn recordings_at_once_do_not_mix(spool: &dyn AudioSpool) {
    let mut user = spool.create(&key("s/turn_001_user.wav"), 16_000).await.unwrap();
    let mut ai = spool.create(&key("s/turn_001_ai.wav"), 24_000).await.unwrap();
    for _ in 0..5 {
        let (one, two) = tokio::join!(user.append(&[1; 10]), ai.append(&[2; 7]));
        one.unwrap();
        two.unwrap();
    }
    let finished = [ai.finish().await.unwrap(), user.finish().await.unwrap()];
    assert_eq!(finished.each_ref().map(|audio| audio.samples), [35, 50]);
    assert_eq!(left_over(spool).await, finished);
}

pub async fn removing_twice_does_nothing(spool: &dyn AudioSpool) {
    let kept = record(spool, "a/kept.wav", &[5]).await;
    let audio = record(spool, "a/b.wav", &[10]).await;
    spool.remove(&audio.key).await.unwrap();
    spool.remove(&audio.key).await.unwrap();
    assert_eq!(left_over(spool).await, [kept]);
}

pub async fn recordings_that_are_given_up_are_not_left_over(spool: &dyn AudioSpool) {
    let given_up = key("a/given_up.wav");
    let mut file = spool.create(&given_up, 24_000).await.unwrap();
    file.append(&[7; 480]).await.unwrap();
    drop(file);
    spool.remove(&given_up).await.unwrap();
    spool.remove(&key("a/never_begun.wav")).await.unwrap();
    assert_eq!(left_over(spool).await, []);
}

pub async fn what_was_begun_is_there_until_removed(spool: &dyn AudioSpool) {
    let begun = key("a/b.wav");
    assert!(!spool.contains(&begun).await.unwrap());
    let file = spool.create(&begun, 24_000).await.unwrap();
    assert!(spool.contains(&begun).await.unwrap());
    drop(file);
    assert!(!spool.contains(&key("a/c.wav")).await.unwrap());
    spool.remove(&begun).await.unwrap();
    assert!(!spool.contains(&begun).await.unwrap());
}

pub async fn a_folder_is_forgotten_with_all_that_is_below(spool: &dyn AudioSpool) {
    for name in ["a/one/1.wav", "a/one/2.wav", "a/one/deep/3.wav"] {
        record(spool, name, &[10]).await;
    }
    let kept = [
        record(spool, "a/one.wav", &[5]).await,
        record(spool, "a/oneself/1.wav", &[5]).await,
    ];
    for _ in 0..2 {
        spool.remove_below(&key("a/one")).await.unwrap();
        assert_eq!(left_over(spool).await, kept);
    }
    spool.remove_below(&key("nowhere")).await.unwrap();
    // The folder can be recorded into again.
    record(spool, "a/one/1.wav", &[10]).await;
    assert_eq!(left_over(spool).await.len(), 3);
}

pub async fn a_new_spool_is_empty(spool: &dyn AudioSpool) {
    assert_eq!(left_over(spool).await, []);
}

/// Records portions of these lengths at 24 kHz.
async fn record(spool: &dyn AudioSpool, name: &str, portions: &[usize]) -> SpooledAudio {
    let mut file = spool.create(&key(name), 24_000).await.unwrap();
    for len in portions {
        file.append(&vec![1; *len]).await.unwrap();
    }
    file.finish().await.unwrap()
}

async fn left_over(spool: &dyn AudioSpool) -> Vec<SpooledAudio> {
    let left = spool.left_over().await.unwrap();
    let mut left: Vec<SpooledAudio> = left.into_iter().map(|left| left.audio).collect();
    left.sort_by(|a, b| a.key.cmp(&b.key));
    left
}

fn about(audio: &SpooledAudio) -> (&str, u64, u32) {
    (audio.key.as_str(), audio.samples, audio.sample_rate)
}

fn key(raw: &str) -> BlobKey {
    BlobKey::parse(raw).unwrap()
}
