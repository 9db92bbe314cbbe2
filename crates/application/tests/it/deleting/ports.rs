#![expect(
    clippy::unwrap_used,
    reason = "what tests are made of fails as they do, by panicking"
)]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_util::task::TaskTracker;
use viva_application::deletion::{Deletions, DeletionsPorts};
use viva_application::meters::Meters;
use viva_application::sessions::{SessionSettings, Sessions, SessionsPorts};
use viva_application::traces::Traces;
use viva_contract::samples::{self, OWNER, at, session_id, turn};
use viva_domain::ids::SessionId;
use viva_domain::ports::{AudioSpool, BlobKey, BlobStore, RetentionStore, SessionStore, TurnJournal};
use viva_domain::providers::ProviderCatalogue;
use viva_domain::sessions::{EndStatus, Session, SessionState};
use viva_domain::turns::{Recording, Turn};
use viva_fakes::{
    CrashPoint, Crashing, FixedProviderDirectory, ManualClock, MemoryAudioSpool, MemoryBlobStore,
    MemoryCredentialStore, MemorySessionStore, MemoryTurnJournal, SequentialIds,
};

use super::sessions_of;

/// Sessions that ended, with everything that can be left of one: rows, recordings, something that is stored beside them, and
/// a third turn that waits in the journal, with a recording in the spool.
pub(crate) struct Kept {
    pub(crate) session_store: Arc<MemorySessionStore>,
    pub(crate) blob_store: Arc<MemoryBlobStore>,
    pub(crate) audio_spool: MemoryAudioSpool,
    pub(crate) turn_journal: Arc<MemoryTurnJournal>,
    pub(crate) tasks: TaskTracker,
}

impl Kept {
    pub(crate) fn nothing() -> Self {
        let audio_spool = MemoryAudioSpool::default();
        Self {
            session_store: Arc::default(),
            blob_store: Arc::new(MemoryBlobStore::new(audio_spool.clone())),
            audio_spool,
            turn_journal: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    pub(crate) async fn two_sessions() -> Self {
        let kept = Self::nothing();
        kept.fill_two_sessions().await;
        kept
    }

    pub(crate) async fn fill_two_sessions(&self) {
        for n in [1, 2] {
            self.end(n).await;
            self.leave_a_third_turn(n).await;
        }
    }

    /// A session that goes on.
    pub(crate) async fn begin(&self, n: u16) {
        self.session_store.insert(&samples::session(n)).await.unwrap();
    }

    /// A session that is over, with two turns.
    pub(crate) async fn end(&self, n: u16) {
        let state = SessionState::Ended {
            at: at(i64::from(n) * 1_000_000),
            status: EndStatus::Completed,
        };
        let session = Session {
            state,
            ..samples::session(n)
        };
        self.session_store.insert(&session).await.unwrap();
        for number in [1, 2] {
            let turn = turn(n, number);
            for recording in recordings(&turn) {
                self.store(&recording.key).await;
            }
            self.session_store.save_turn(OWNER, &turn).await.unwrap();
        }
        self.store(&peaks(n)).await;
    }

    async fn leave_a_third_turn(&self, n: u16) {
        let third = Turn {
            user_audio: None,
            ..turn(n, 3)
        };
        self.turn_journal.keep(OWNER, &third).await.unwrap();
        let key = &third.ai_audio.as_ref().unwrap().key;
        let mut file = self.audio_spool.create(key, 24_000).await.unwrap();
        file.append(&[1, 2, 3]).await.unwrap();
    }

    pub(crate) async fn store(&self, key: &BlobKey) {
        let content = key.to_string().into();
        self.blob_store.put(key, content).await.unwrap();
    }

    pub(crate) fn deletions(&self) -> Deletions {
        Deletions::new(self.ports(), self.tasks.clone())
    }

    pub(crate) fn ports(&self) -> DeletionsPorts {
        DeletionsPorts {
            session_store: self.session_store.clone(),
            retention_store: self.session_store.clone(),
            blob_store: self.blob_store.clone(),
            audio_spool: Arc::new(self.audio_spool.clone()),
            turn_journal: self.turn_journal.clone(),
        }
    }

    /// In a process that dies.
    pub(crate) fn deletions_until(&self, point: &Arc<CrashPoint>) -> Deletions {
        let ports = DeletionsPorts {
            session_store: self.session_store.clone(),
            retention_store: Crashing::<dyn RetentionStore>::new(self.session_store.clone(), point),
            blob_store: Crashing::<dyn BlobStore>::new(self.blob_store.clone(), point),
            audio_spool: Crashing::<dyn AudioSpool>::new(Arc::new(self.audio_spool.clone()), point),
            turn_journal: Crashing::<dyn TurnJournal>::new(self.turn_journal.clone(), point),
        };
        Deletions::new(ports, self.tasks.clone())
    }

    /// What a server does at its start, in its order.
    pub(crate) async fn restart(&self) {
        self.deletions().finish_begun().await.unwrap();
        let ports = SessionsPorts {
            session_store: self.session_store.clone(),
            blob_store: self.blob_store.clone(),
            audio_spool: Arc::new(self.audio_spool.clone()),
            turn_journal: self.turn_journal.clone(),
            provider_directory: Arc::new(FixedProviderDirectory::new(ProviderCatalogue::default())),
            credential_store: Arc::new(MemoryCredentialStore::default()),
            clock: Arc::new(ManualClock::default()),
            ids: Arc::new(SequentialIds::default()),
            meters: Meters::default(),
            traces: Traces::default(),
        };
        let sessions = Sessions::new(ports, SessionSettings::default(), TaskTracker::new());
        sessions.recover().await.unwrap();
    }

    pub(crate) fn tombstones(&self) -> Vec<SessionId> {
        let keys = self.blob_store.keys().into_iter();
        sessions_of(keys.filter(|key| key.is_below(&BlobKey::of_tombstones())))
    }

    /// The names of what is stored of a session, without their folder.
    pub(crate) fn files_of(&self, n: u16) -> Vec<String> {
        let folder = BlobKey::of_session(session_id(n));
        let keys = self.blob_store.keys().into_iter();
        let below = keys.filter(|key| key.is_below(&folder));
        below
            .map(|key| key.as_str()[folder.as_str().len() + 1..].to_owned())
            .collect()
    }

    async fn journalled(&self, n: u16) -> usize {
        let kept = self.turn_journal.kept().await.unwrap();
        kept.iter()
            .filter(|(_, turn)| turn.session_id == session_id(n))
            .count()
    }

    fn spooled(&self, n: u16) -> usize {
        sessions_of(self.audio_spool.keys())
            .iter()
            .filter(|id| **id == session_id(n))
            .count()
    }

    pub(crate) async fn turns_of(&self, n: u16) -> Vec<Turn> {
        self.session_store.turns(OWNER, session_id(n)).await.unwrap()
    }

    async fn is_there(&self, n: u16) -> bool {
        let found = self.session_store.find(OWNER, session_id(n)).await.unwrap();
        found.is_some()
    }

    /// Nothing of the session is anywhere.
    pub(crate) async fn assert_gone(&self, n: u16) {
        assert!(!self.is_there(n).await, "the session's row is there");
        assert_eq!(self.turns_of(n).await, []);
        assert_eq!(self.files_of(n), [""; 0]);
        assert_eq!((self.journalled(n).await, self.spooled(n)), (0, 0));
        assert!(!self.tombstones().contains(&session_id(n)));
    }

    /// All of the session is there, but for what sounds.
    pub(crate) async fn assert_purged(&self, n: u16) {
        assert!(self.purged_at(n).await.is_some(), "it does not say so");
        assert_eq!((self.files_of(n), self.spooled(n)), (Vec::new(), 0));
        let turns = self.turns_of(n).await;
        assert_eq!(turns[..2], [turn(n, 1), turn(n, 2)]);
        assert_eq!(turns.len() + self.journalled(n).await, 3, "the third is nowhere");
    }

    /// When the recordings of a session were purged.
    pub(crate) async fn purged_at(&self, n: u16) -> Option<DateTime<Utc>> {
        let found = self.session_store.find(OWNER, session_id(n)).await.unwrap();
        found.expect("the session is there").recordings_purged_at
    }

    /// Everything is as it was left.
    pub(crate) async fn assert_whole(&self, n: u16) {
        assert!(self.is_there(n).await);
        assert_eq!(self.turns_of(n).await, [turn(n, 1), turn(n, 2)]);
        assert_eq!(self.files_of(n), FILES_OF_TWO_TURNS);
        assert_eq!((self.journalled(n).await, self.spooled(n)), (1, 1));
        assert!(!self.tombstones().contains(&session_id(n)));
    }

    /// It has its third turn too.
    pub(crate) async fn assert_recovered(&self, n: u16) {
        assert!(self.is_there(n).await);
        let turns = self.turns_of(n).await;
        assert_eq!(turns.len(), 3);
        let files = self.files_of(n);
        let recorded = turns.iter().flat_map(recordings).count();
        assert_eq!((files.len(), recorded), (6, 5), "{files:?}");
        assert_eq!((self.journalled(n).await, self.spooled(n)), (0, 0));
    }
}

const FILES_OF_TWO_TURNS: [&str; 5] = [
    "peaks",
    "turn_001_ai.wav",
    "turn_001_user.wav",
    "turn_002_ai.wav",
    "turn_002_user.wav",
];

pub(crate) fn recordings(turn: &Turn) -> impl Iterator<Item = &Recording> {
    [&turn.user_audio, &turn.ai_audio].into_iter().flatten()
}

/// Something that is stored beside the recordings, and that no row names.
fn peaks(n: u16) -> BlobKey {
    BlobKey::parse(&format!("{}/peaks", BlobKey::of_session(session_id(n)))).unwrap()
}
