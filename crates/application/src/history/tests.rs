use viva_audio::{Clip, PeakMeter, SampleRate};
use viva_contract::samples::{OWNER, STRANGER, at, session, session_id, turn, turn_id};
use viva_domain::ports::{BlobErrorKind, RetentionStore as _, StoreErrorKind};
use viva_domain::sessions::{EndStatus, SessionState};
use viva_fakes::{MemoryBlobStore, MemorySessionStore};

use super::*;

/// A session that ended, with one turn; nothing of its sound is stored yet.
struct Bench {
    session_store: Arc<MemorySessionStore>,
    blob_store: Arc<MemoryBlobStore>,
    history: History,
}

impl Bench {
    async fn new() -> Self {
        let session_store = Arc::new(MemorySessionStore::default());
        let blob_store = Arc::new(MemoryBlobStore::default());
        let state = SessionState::Ended {
            at: at(0),
            status: EndStatus::Completed,
        };
        let session = Session { state, ..session(1) };
        session_store.insert(&session).await.unwrap();
        session_store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
        Self {
            history: History::new(session_store.clone(), blob_store.clone()),
            session_store,
            blob_store,
        }
    }

    async fn with_recordings() -> Self {
        let bench = Self::new().await;
        for recording in sides() {
            let file = clip(&recording).to_wav_bytes().into();
            bench.blob_store.put(&recording.key, file).await.unwrap();
        }
        bench
    }

    async fn purge(&self) {
        let purged = self.session_store.mark_purged(OWNER, session_id(1), at(1));
        purged.await.unwrap();
        for recording in sides() {
            self.blob_store.delete(&recording.key).await.unwrap();
        }
    }

    async fn recording(&self, side: Side) -> Result<StoredRecording, HistoryError> {
        let (session, turn) = (session_id(1), turn_id(1, 1));
        self.history.recording(OWNER, session, turn, side).await
    }

    /// The peaks of both sides, as they are shown.
    async fn peaks(&self) -> [Option<Vec<u8>>; 2] {
        let record = self.history.record_with_peaks(OWNER, session_id(1)).await;
        let turn = record.unwrap().turns.remove(0);
        [turn.user_audio, turn.ai_audio].map(|side| side.unwrap().peaks.map(Vec::from))
    }
}

fn sides() -> [Recording; 2] {
    let turn = turn(1, 1);
    [turn.user_audio, turn.ai_audio].map(Option::unwrap)
}

/// What is heard in a recording: louder and louder, another loudness at each rate.
fn clip(recording: &Recording) -> Clip {
    let rate = SampleRate::new(recording.sample_rate).unwrap();
    let of = rate.hz() / 4_000;
    let samples = (0..recording.samples).map(|n| i16::try_from(n / u64::from(of)).unwrap());
    Clip {
        rate,
        samples: samples.collect(),
    }
}

/// The peaks of both sides, measured at once.
fn measured() -> [Option<Vec<u8>>; 2] {
    sides().map(|recording| {
        let clip = clip(&recording);
        let mut meter = PeakMeter::new(clip.rate);
        meter.push(&clip.samples);
        Some(meter.finish())
    })
}

#[tokio::test]
async fn peaks_are_measured_once() {
    let bench = Bench::with_recordings().await;
    assert_eq!(bench.peaks().await, measured());
    let read = bench.blob_store.bytes_read();
    assert!(read >= 2 * 2 * 48_001, "{read}");
    assert_eq!(bench.peaks().await, measured());
    assert_eq!(bench.blob_store.bytes_read(), read, "they were kept");
}

#[tokio::test]
async fn peaks_that_cannot_be_kept_are_shown_and_measured_again() {
    let bench = Bench::with_recordings().await;
    // Turns, the session and known peaks can be read.
    bench
        .session_store
        .faults()
        .fail_after(3, StoreErrorKind::Unavailable);
    assert_eq!(bench.peaks().await, measured());
    assert_eq!(bench.session_store.faults().failures(), 1);
    bench.session_store.faults().recover();
    let read = bench.blob_store.bytes_read();
    assert_eq!(bench.peaks().await, measured());
    assert_eq!(bench.blob_store.bytes_read(), 2 * read);
}

#[tokio::test]
async fn what_is_not_stored_yet_is_measured_when_it_is() {
    let bench = Bench::new().await;
    assert_eq!(bench.peaks().await, [None, None]);
    let [user, _] = sides();
    let file = clip(&user).to_wav_bytes().into();
    bench.blob_store.put(&user.key, file).await.unwrap();
    let [measured, _] = measured();
    assert_eq!(bench.peaks().await, [measured, None]);
}

#[tokio::test]
async fn purged_recordings_have_the_peaks_that_were_measured_before() {
    let bench = Bench::with_recordings().await;
    bench.peaks().await;
    bench.purge().await;
    bench.blob_store.faults().fail(BlobErrorKind::Unavailable);
    assert_eq!(bench.peaks().await, measured());
    let never = Bench::with_recordings().await;
    never.purge().await;
    assert_eq!(never.peaks().await, [None, None]);
}

#[tokio::test]
async fn a_storage_that_is_away_is_no_recording_without_peaks() {
    let bench = Bench::with_recordings().await;
    bench.blob_store.faults().fail(BlobErrorKind::Unavailable);
    let read = bench.history.record_with_peaks(OWNER, session_id(1)).await;
    assert!(matches!(read, Err(HistoryError::Blob(_))), "{read:?}");
    bench.blob_store.faults().recover();
    assert_eq!(bench.peaks().await, measured());
}

#[tokio::test]
async fn a_recording_is_told_with_its_turn_and_opened() {
    let bench = Bench::with_recordings().await;
    for (side, recording) in [Side::User, Side::Ai].into_iter().zip(sides()) {
        let stored = bench.recording(side).await.unwrap();
        assert_eq!(stored.recording, recording);
        assert_eq!(stored.len, clip(&recording).to_wav_bytes().len() as u64);
        assert_eq!(
            (stored.turn, stored.turn_started_at),
            (TurnNumber::FIRST, turn(1, 1).started_at)
        );
        let opened = bench.history.open(&stored, 0..4).await.unwrap();
        assert_eq!(opened.len, stored.len);
    }
}

#[tokio::test]
async fn why_there_is_no_recording_is_told() {
    let bench = Bench::new().await;
    let not_yet = bench.recording(Side::User).await;
    assert!(matches!(not_yet, Err(HistoryError::NoRecording)), "{not_yet:?}");
    let [_, ai] = sides();
    let forgotten = bench
        .session_store
        .forget_recording(OWNER, turn_id(1, 1), &ai.key);
    forgotten.await.unwrap();
    let none = bench.recording(Side::Ai).await;
    assert!(matches!(none, Err(HistoryError::NoRecording)), "{none:?}");
    for (owner, session, turn) in [
        (STRANGER, session_id(1), turn_id(1, 1)),
        (OWNER, session_id(2), turn_id(1, 1)),
        (OWNER, session_id(1), turn_id(1, 2)),
    ] {
        let unknown = bench.history.recording(owner, session, turn, Side::User).await;
        assert!(
            matches!(unknown, Err(HistoryError::UnknownTurn(id)) if id == turn),
            "{unknown:?}"
        );
    }
    bench.purge().await;
    let purged = bench.recording(Side::User).await.unwrap_err().to_string();
    assert_eq!(
        purged,
        "the recordings of this session were purged at 2026-03-01T12:00:00Z; all else of it is kept"
    );
}

#[tokio::test]
async fn a_recording_that_goes_before_it_is_opened_was_deleted() {
    let bench = Bench::with_recordings().await;
    let stored = bench.recording(Side::User).await.unwrap();
    bench.purge().await;
    let opened = bench.history.open(&stored, 0..stored.len).await;
    let Err(HistoryError::Deleted(key)) = opened else {
        panic!("it is gone")
    };
    assert_eq!(key, stored.recording.key);
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let Bench { history, .. } = Bench::with_recordings().await;
    let (filter, page) = (SessionFilter::default(), PageRequest::new(1, 10));
    for (owner, count) in [(OWNER, 1), (STRANGER, 0)] {
        let list = history.list(owner, &filter, page).await.unwrap();
        assert_eq!(list.page.items.len(), count);
    }
    let id = session_id(1);
    assert_eq!(history.turns(OWNER, id).await.unwrap(), [turn(1, 1)]);
    assert_eq!(
        history.latency_stats(OWNER, id).await.unwrap().interrupted_count,
        1
    );
    for err in [
        history.session(STRANGER, id).await.err(),
        history.turns(STRANGER, id).await.err(),
        history.record(STRANGER, id).await.err(),
        history.record_with_peaks(STRANGER, id).await.err(),
        history.latency_stats(STRANGER, id).await.err(),
        history.export(STRANGER, id).await.err(),
    ] {
        assert!(
            matches!(err, Some(HistoryError::UnknownSession(unknown)) if unknown == id),
            "{err:?}"
        );
    }
}

#[tokio::test]
async fn the_history_can_be_read_when_both_answer() {
    let bench = Bench::new().await;
    bench.history.check().await.unwrap();
    bench.session_store.faults().fail(StoreErrorKind::Unavailable);
    let away = bench.history.check().await;
    assert!(matches!(away, Err(HistoryError::Store(_))), "{away:?}");
    bench.session_store.faults().recover();
    bench.blob_store.faults().fail(BlobErrorKind::Unavailable);
    let away = bench.history.check().await;
    assert!(matches!(away, Err(HistoryError::Blob(_))), "{away:?}");
}
