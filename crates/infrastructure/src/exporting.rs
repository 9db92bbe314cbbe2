//! What it costs to make a file of a conversation whose recordings are in a bucket.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use viva_application::history::History;
use viva_audio::{Clip, SampleRate};
use viva_contract::samples::{OWNER, session, session_id, turn};
use viva_domain::latency::SessionTime;
use viva_domain::ports::{BlobKey, BlobStore, SessionStore};
use viva_domain::turns::{Basis, Piece, Placement, Recording, Turn};
use viva_fakes::MemorySessionStore;

use crate::blobs::testing::S3Server;

/// Of each side of a turn.
const SECONDS: u16 = 5;
const TURNS: u16 = 6;
/// So often an answer pauses.
const PAUSES: u64 = 20;

/// A recording of noise that begins here and pauses so often for 10 ms.
async fn keep(
    blob_store: &dyn BlobStore,
    recording: Recording,
    rate: SampleRate,
    begins: u64,
    pauses: u64,
) -> Recording {
    let samples: Vec<i16> = (0..rate.samples_in_ms(u32::from(SECONDS) * 1_000))
        .map(|n| i16::try_from(n * 7_919 % 20_011).unwrap())
        .collect();
    let len = samples.len() as u64;
    let file = Bytes::from(Clip { rate, samples }.to_wav_bytes());
    blob_store.put(&recording.key, file).await.unwrap();
    let piece = |n: u64| Piece {
        offset: Duration::from_millis(n * 200),
        at: SessionTime::from_millis(begins + n * 210),
    };
    Recording {
        samples: len,
        sample_rate: rate.hz(),
        placement: Some(Placement::new((0..=pauses).map(piece).collect(), Basis::Measured).unwrap()),
        peaks: None,
        ..recording
    }
}

#[tokio::test]
async fn a_minute_in_a_bucket_is_exported_with_one_request_for_each_recording() {
    let server = S3Server::start().await;
    let blob_store = server.open("viva").await;
    let session_store = MemorySessionStore::default();
    session_store.insert(&session(1)).await.unwrap();
    for number in 1..=TURNS {
        let sample = turn(1, number);
        let (user, ai) = (sample.user_audio.unwrap(), sample.ai_audio.unwrap());
        let begins = u64::from(number - 1) * 10_300;
        let user = keep(&blob_store, user, SampleRate::HZ_16K, begins, 0).await;
        let ai = keep(&blob_store, ai, SampleRate::HZ_24K, begins + 5_000, PAUSES).await;
        let turn = Turn {
            user_audio: Some(user),
            ai_audio: Some(ai),
            interruption: None,
            played: Some(Duration::from_secs(u64::from(SECONDS))),
            ..turn(1, number)
        };
        session_store.save_turn(OWNER, &turn).await.unwrap();
    }
    let history = History::new(Arc::new(session_store), Arc::new(blob_store));
    let before = server.requests();
    let export = history.export(OWNER, session_id(1)).await.unwrap();
    let stereo = history.stereo(&export).unwrap();
    let len = stereo.file_len();
    let pieces: Vec<Bytes> = stereo.into_stream().try_collect().await.unwrap();
    let file = pieces.concat();
    assert_eq!(file.len() as u64, len);
    let is_sound = |from: usize| {
        file[44 + from..]
            .chunks(4)
            .filter(|frame| frame[..2] != [0, 0])
            .count()
    };
    let spoken = SampleRate::HZ_24K.samples_in_ms(u32::from(TURNS * SECONDS) * 990);
    assert!(
        is_sound(0) as u64 > spoken && is_sound(2) as u64 > spoken,
        "both sides speak"
    );
    // One says what is stored.
    assert_eq!(server.requests() - before, 1 + 2 * usize::from(TURNS));
}

#[tokio::test]
async fn a_recording_that_goes_from_a_bucket_breaks_the_file_off() {
    let server = S3Server::start().await;
    let blob_store = Arc::new(server.open("viva").await);
    let session_store = MemorySessionStore::default();
    session_store.insert(&session(1)).await.unwrap();
    let sample = turn(1, 1);
    let (user, ai) = (sample.user_audio.unwrap(), sample.ai_audio.unwrap());
    let ai_key = ai.key.clone();
    let turn = Turn {
        user_audio: Some(keep(&*blob_store, user, SampleRate::HZ_16K, 0, 0).await),
        ai_audio: Some(keep(&*blob_store, ai, SampleRate::HZ_24K, 5_000, 0).await),
        interruption: None,
        played: Some(Duration::from_secs(u64::from(SECONDS))),
        ..turn(1, 1)
    };
    session_store.save_turn(OWNER, &turn).await.unwrap();
    let history = History::new(Arc::new(session_store), blob_store.clone());
    let made = async |key: &BlobKey| {
        let export = history.export(OWNER, session_id(1)).await.unwrap();
        blob_store.delete(key).await.unwrap();
        let made = history
            .stereo(&export)
            .unwrap()
            .into_stream()
            .try_collect::<Vec<Bytes>>();
        made.await.map(|_| ()).map_err(|err| err.to_string())
    };
    let unknown = BlobKey::parse("no/such.wav").unwrap();
    assert_eq!(made(&unknown).await, Ok(()));
    assert_eq!(
        made(&ai_key).await,
        Err(format!("{ai_key} was deleted while it was read"))
    );
    // Whoever begins now knows that it is not there.
    assert_eq!(made(&unknown).await, Ok(()));
}
