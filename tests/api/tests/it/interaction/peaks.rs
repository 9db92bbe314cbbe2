//! `/sessions/{id}/peaks`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use viva_audio::SampleRate;
use viva_domain::ids::UserId;
use viva_domain::ports::BlobErrorKind;
use viva_domain::sessions::Session;
use viva_domain::turns::Turn;
use viva_protocol::rest::SessionPeaks;

use crate::bench::{Server, Sound, measured, recording, silent_turn};

/// 40 ms of silence, 40 ms of sound, 30 ms of silence.
const SOUND: Sound = Sound {
    silence: 40,
    loud: 40,
    tail: 30,
};
/// The root of one half.
const LOUD_PEAK: u8 = 180;

fn path(session: &Session) -> String {
    format!("/api/v1/interaction/sessions/{}/peaks", session.id)
}

/// One that is older than peaks and placements, and one of which a file is missing.
async fn keep(server: &Server) -> Session {
    let (user, ai) = (SOUND.clip(SampleRate::HZ_16K), SOUND.clip(SampleRate::HZ_24K));
    let older = Turn {
        user_audio: server.keep_clip("turn_001_user.wav", &user, None).await,
        ai_audio: server
            .keep_clip("turn_001_ai.wav", &ai, Some(measured(&[(0, 4_000), (50, 4_100)])))
            .await,
        ..silent_turn(1)
    };
    let incomplete = Turn {
        user_audio: Some(recording(
            "turn_002_user.wav",
            &user,
            Some(measured(&[(0, 9_000)])),
        )),
        ..silent_turn(2)
    };
    server.keep_conversation(&[older, incomplete]).await
}

#[tokio::test]
async fn the_waveforms_of_a_session_come_with_their_places() {
    let server = Server::start().await;
    let session = keep(&server).await;
    let body = server.get(&path(&session)).await.json();
    insta::assert_json_snapshot!(body);
    let peaks: SessionPeaks = serde_json::from_value(body).unwrap();
    let of = |n: usize| {
        STANDARD
            .decode(peaks.recordings[n].peaks.as_ref().unwrap())
            .unwrap()
    };
    let expected = [0, 0, LOUD_PEAK, LOUD_PEAK, 0, 0];
    assert_eq!((of(0), of(1)), (expected.into(), expected.into()));
}

#[tokio::test]
async fn peaks_are_measured_once() {
    let server = Server::start().await;
    let session = keep(&server).await;
    let first = server.get(&path(&session)).await;
    let read = server.blob_store.bytes_read();
    assert!(read > 0);
    let second = server.get(&path(&session)).await;
    assert_eq!(server.blob_store.bytes_read(), read, "nothing is read again");
    assert_eq!(first.json(), second.json());
    let kept = server.session_store.peaks(UserId::LOCAL, session.id);
    let kept: Vec<_> = kept.await.unwrap().into_values().collect();
    let user = kept[0].user.as_ref().unwrap();
    assert_eq!(user[..], [0, 0, LOUD_PEAK, LOUD_PEAK, 0, 0]);
}

#[tokio::test]
async fn a_storage_that_goes_away_is_a_problem_that_passes() {
    let server = Server::start().await;
    let session = keep(&server).await;
    server
        .blob_store
        .faults()
        .fail_next(1, BlobErrorKind::Unavailable);
    assert_eq!(
        server.get(&path(&session)).await.problem(),
        (503, "storage-unavailable".to_owned())
    );
    assert_eq!(server.get(&path(&session)).await.status, 200);
}

#[tokio::test]
async fn a_session_without_recordings_has_no_peaks() {
    let server = Server::start().await;
    let session = server.keep_conversation(&[silent_turn(1)]).await;
    let peaks: SessionPeaks = serde_json::from_value(server.get(&path(&session)).await.json()).unwrap();
    assert_eq!((peaks.window_ms, peaks.recordings.len()), (20, 0));
}
