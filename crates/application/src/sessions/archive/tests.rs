use viva_contract::samples;
use viva_domain::ports::{AudioSpool as _, BlobErrorKind, SpoolErrorKind, TurnJournal as _};
use viva_domain::providers::ProviderCatalogue;
use viva_domain::sessions::EndStatus;
use viva_fakes::{
    FixedProviderDirectory, ManualClock, MemoryAudioSpool, MemoryBlobStore, MemoryCredentialStore,
    MemoryFigures, MemorySessionStore, MemoryTurnJournal, SequentialIds,
};

use super::*;
use crate::meters::{Meters, Registry};
use crate::traces::Traces;

const FIRST: TurnNumber = TurnNumber::FIRST;
/// 20 ms.
const FRAME: usize = 480;

/// An archive at work. Its tasks run when the test waits for something, and not before.
struct Bench {
    archive: Archive,
    late: LateRecordings,
    audio_spool: MemoryAudioSpool,
    blob_store: Arc<MemoryBlobStore>,
    figures: MemoryFigures,
    tasks: TaskTracker,
}

pub(super) fn ports(audio_spool: &MemoryAudioSpool, turn_journal: Arc<MemoryTurnJournal>) -> SessionsPorts {
    SessionsPorts {
        session_store: Arc::new(MemorySessionStore::default()),
        blob_store: Arc::new(MemoryBlobStore::new(audio_spool.clone())),
        audio_spool: Arc::new(audio_spool.clone()),
        turn_journal,
        provider_directory: Arc::new(FixedProviderDirectory::new(ProviderCatalogue::default())),
        credential_store: Arc::new(MemoryCredentialStore::default()),
        clock: Arc::new(ManualClock::default()),
        ids: Arc::new(SequentialIds::default()),
        meters: Meters::default(),
        traces: Traces::default(),
    }
}

pub(super) fn settings() -> ArchiveSettings {
    ArchiveSettings {
        owner: samples::OWNER,
        session: samples::session_id(1),
        input_rate: SampleRate::HZ_24K,
        output_rate: SampleRate::HZ_24K,
    }
}

impl Bench {
    fn new() -> Self {
        let audio_spool = MemoryAudioSpool::default();
        let blob_store = Arc::new(MemoryBlobStore::new(audio_spool.clone()));
        let figures = MemoryFigures::default();
        let ports = SessionsPorts {
            blob_store: blob_store.clone(),
            meters: Meters::new(Registry::new(Arc::new(figures.clone())), []),
            ..ports(&audio_spool, Arc::default())
        };
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let late = LateRecordings::new(ports.clone(), tasks.clone(), shutdown.clone());
        Self {
            archive: Archive::start(&ports, settings(), late.clone(), &tasks, shutdown),
            late,
            audio_spool,
            blob_store,
            figures,
            tasks,
        }
    }

    /// Records so many frames of the user and answers how many were taken.
    fn record(&self, frames: usize) -> usize {
        let frame: Arc<[i16]> = [7; FRAME].into();
        let recorded = |_: &usize| self.archive.append(FIRST, Side::User, Arc::clone(&frame));
        (0..frames).filter(recorded).count()
    }
}

#[tokio::test]
async fn audio_that_finds_no_room_is_refused_and_leaves_some_to_orders() {
    let bench = Bench::new();
    let taken = bench.record(RECORDER_CAPACITY);
    assert_eq!(taken, RECORDER_CAPACITY - RESERVED_FOR_ORDERS);
    assert_eq!(
        bench.archive.read_back(FIRST).await,
        [7_i16].repeat(taken * FRAME)
    );
    assert_eq!(bench.record(1), 1, "there is room again");
}

#[tokio::test]
async fn what_cannot_be_read_back_stays_recorded() {
    let bench = Bench::new();
    bench.record(50);
    assert_eq!(bench.archive.read_back(FIRST).await.len(), 50 * FRAME);
    bench
        .audio_spool
        .faults()
        .fail_next(1, SpoolErrorKind::Unavailable);
    assert_eq!(bench.archive.read_back(FIRST).await, [0; 0]);
    assert_eq!(bench.audio_spool.faults().failures(), 1);
    bench.record(1);
    assert_eq!(bench.archive.read_back(FIRST).await.len(), 51 * FRAME);
}

#[tokio::test]
async fn a_turn_without_a_recording_has_nothing_to_read_back() {
    let mut bench = Bench::new();
    assert_eq!(bench.archive.read_back(FIRST).await, [0; 0], "nothing was said");
    bench.audio_spool.faults().fail(SpoolErrorKind::Full);
    bench.record(50);
    assert_eq!(bench.archive.read_back(FIRST).await, [0; 0]);
    assert_eq!(bench.archive.notices.try_recv(), Ok(NoticeCode::RecordingFailed));
}

#[tokio::test]
async fn what_a_session_that_broke_off_recorded_is_in_the_spool_to_its_end() {
    let bench = Bench::new();
    // Less than is written at once.
    bench.record(3);
    drop(bench.archive);
    bench.tasks.close();
    bench.tasks.wait().await;
    let [key] = bench.audio_spool.keys().try_into().unwrap();
    assert_eq!(bench.audio_spool.samples(&key), Some([7_i16].repeat(3 * FRAME)));
}

#[tokio::test]
async fn the_end_is_in_the_journal_before_anybody_waits_for_the_database() {
    let journal = Arc::new(MemoryTurnJournal::default());
    let ports = ports(&MemoryAudioSpool::default(), journal.clone());
    let (notices, _told) = mpsc::channel(1);
    let (jobs, jobs_rx) = mpsc::channel(1);
    let (keep, mut kept) = mpsc::channel(1);
    let recorder = recorder::Recorder::new(ports, settings(), notices);
    let tasks = TaskTracker::new();
    tasks.spawn(recorder.run(jobs_rx, keep));
    let end = SessionEnd {
        at: samples::at(0),
        status: EndStatus::Completed,
    };
    let waiting = Counted::new(Meters::default().queue(Queue::Recorder));
    assert!(jobs.send((waiting, Job::End(end))).await.is_ok());
    let (_, told) = kept.recv().await.unwrap();
    assert!(
        matches!(
            told,
            Keep::End {
                is_in_journal: true,
                ..
            }
        ),
        "{told:?}"
    );
    let ends = journal.ends().await.unwrap();
    let ends: Vec<_> = ends.iter().map(|end| (end.session, end.status)).collect();
    assert_eq!(ends, [(samples::session_id(1), EndStatus::Completed)]);
}

#[tokio::test(start_paused = true)]
async fn recordings_are_counted_while_they_wait_for_the_storage() {
    let bench = Bench::new();
    let waiting = || bench.figures.gauge("viva_queue_entries{queue=\"storage\"}");
    assert_eq!(waiting(), Some(0.0));
    bench.blob_store.faults().fail_next(3, BlobErrorKind::Unavailable);
    for (side, expected) in [(Side::User, 1.0), (Side::Ai, 2.0)] {
        let key = recording_key(samples::session_id(1), FIRST, side).unwrap();
        let mut file = bench.audio_spool.create(&key, 24_000).await.unwrap();
        file.append(&[7; FRAME]).await.unwrap();
        let recording = file.finish().await.unwrap();
        assert!(!bench.late.store(&recording).await, "the storage refuses");
        assert_eq!(waiting(), Some(expected));
    }
    drop(bench.archive);
    bench.tasks.close();
    bench.tasks.wait().await;
    assert_eq!(bench.blob_store.keys().len(), 2);
    assert_eq!(waiting(), Some(0.0));
}
