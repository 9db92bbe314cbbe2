use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;
use tracing::{info, warn};
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::latency::{LatencyMetrics, SessionTime, TurnMarks};
use viva_domain::ports::{LeftOverAudio, SpoolError, SpooledAudio, StoreError, StoreErrorKind};
use viva_domain::sessions::Session;
use viva_domain::turns::{HeardText, Placement, Recording, Turn, TurnNumber};

use super::archive::recording_key;
use super::service::{Sessions, SessionsPorts};
use crate::history::Side;

/// Why there is no answer in a turn during which the server was killed.
const BROKEN_OFF: &str = "the server stopped during this turn";

/// What was found at start-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Sessions that were still active and are over now.
    pub sessions: u64,
    /// Finished turns, or their last words, that were not in the database and are now.
    pub turns: usize,
    /// Turns that were not over, of which there are recordings.
    pub broken_off: usize,
    /// Recordings that were moved from the spool to the storage.
    pub recordings: usize,
}

/// Why recovery stopped. Nothing is lost: it is tried again at the next start.
#[derive(Debug, Error)]
pub enum RecoverError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The spool or the journal.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

impl Sessions {
    /// Brings in order what an earlier process left behind. Call it at start-up, before the first session.
    ///
    /// # Errors
    /// [`RecoverError`] when the database, the journal or the spool cannot be read.
    pub async fn recover(&self) -> Result<Recovered, RecoverError> {
        let mut recovered = Recovered {
            turns: self.recover_turns().await?,
            ..Recovered::default()
        };
        let left_over = self.ports.audio_spool.left_over().await?;
        recovered.broken_off = self.recover_broken_off(&left_over).await?;
        recovered.sessions = self.recover_ends().await?;
        let mut takes_more = true;
        for LeftOverAudio { audio, .. } in &left_over {
            // A storage that refuses one may take minutes for each.
            if takes_more {
                takes_more = self.late.store(audio).await;
                recovered.recordings += usize::from(takes_more);
            } else {
                self.late.add(audio.clone());
            }
        }
        recovered.sessions += self
            .ports
            .session_store
            .end_left_over(self.ports.clock.now())
            .await?;
        if recovered != Recovered::default() {
            let Recovered {
                sessions,
                turns,
                broken_off,
                recordings,
            } = recovered;
            info!(
                event = "recovery.finished",
                recovery.sessions = sessions,
                recovery.turns = turns,
                recovery.broken_off = broken_off,
                recovery.recordings = recordings,
                "Recovered {sessions} sessions, {turns} turns, {broken_off} that were broken off, and {recordings} recordings \
                 of an earlier run"
            );
        }
        Ok(recovered)
    }

    /// Ends sessions as their clients were told, after their turns are stored.
    async fn recover_ends(&self) -> Result<u64, RecoverError> {
        let (mut stored, mut after) = (0, None);
        let SessionsPorts {
            turn_journal,
            session_store,
            ..
        } = &self.ports;
        loop {
            let ends = turn_journal.ends_after(after).await?;
            let Some(last) = ends.last() else {
                return Ok(stored);
            };
            after = Some(last.session);
            for end in ends {
                let ended = session_store.end(end.owner, end.session, end.at, end.status);
                match ended.await {
                    Ok(()) => {
                        turn_journal.remove_end(end.session).await?;
                        stored += 1;
                    }
                    Err(err) if err.kind == StoreErrorKind::Unavailable => return Err(err.into()),
                    Err(err) => {
                        warn!(event = "recovery.end_refused", session.id = %end.session, error = &err as &dyn std::error::Error,
                            "The end of a session in the journal cannot be stored; it stays there");
                    }
                }
            }
        }
    }

    /// The journal gives out so many at a time; what cannot be stored stays in it, and keeps nothing after it from its place.
    async fn recover_turns(&self) -> Result<usize, RecoverError> {
        let (mut stored, mut after) = (0, None);
        loop {
            let kept = self.ports.turn_journal.kept_after(after).await?;
            let Some((_, last)) = kept.last() else {
                return Ok(stored);
            };
            after = Some(last.id);
            for (owner, turn) in kept {
                match self.store_kept(owner, &turn).await {
                    Ok(()) => {
                        self.ports.turn_journal.remove(&turn).await?;
                        stored += 1;
                    }
                    Err(err) if err.kind == StoreErrorKind::Unavailable => return Err(err.into()),
                    Err(err) => {
                        warn!(event = "recovery.turn_refused", session.id = %turn.session_id, turn.number = turn.number.get(), error = &err as &dyn std::error::Error,
                            "A turn in the journal cannot be stored; it stays there");
                    }
                }
            }
        }
    }

    /// Makes turns of recordings that belong to none: the process was killed before they were over. The recordings stay in
    /// the spool until their turn is stored.
    async fn recover_broken_off(&self, left_over: &[LeftOverAudio]) -> Result<usize, RecoverError> {
        let mut recordings = BTreeMap::<(SessionId, TurnNumber), Vec<&LeftOverAudio>>::new();
        for left in left_over {
            let key = &left.audio.key;
            if let Some(of) = key.session().zip(key.turn()) {
                recordings.entry(of).or_default().push(left);
            }
        }
        let mut stored = 0;
        for ((id, number), recordings) in recordings {
            match self.store_broken_off(id, number, &recordings).await {
                Ok(is_new) => stored += usize::from(is_new),
                Err(err) if err.kind == StoreErrorKind::Unavailable => return Err(err.into()),
                Err(err) => {
                    warn!(event = "recovery.turn_refused", session.id = %id, turn.number = number.get(), error = &err as &dyn std::error::Error,
                        "Turn {number}, which was broken off, cannot be stored");
                }
            }
        }
        Ok(stored)
    }

    /// Answers whether there was no such turn.
    async fn store_broken_off(
        &self,
        id: SessionId,
        number: TurnNumber,
        recordings: &[&LeftOverAudio],
    ) -> Result<bool, StoreError> {
        let store = &self.ports.session_store;
        let Some(session) = store.left_over(id).await? else {
            return Ok(false);
        };
        let turns = store.turns(session.user_id, id).await?;
        if turns.iter().any(|turn| turn.number == number) {
            return Ok(false);
        }
        let before = turns.iter().rev().find(|turn| turn.number < number);
        let not_before = before.map_or(session.started_at, |turn| turn.ended_at);
        let turn_id = TurnId::from_uuid(self.ports.ids.uuid());
        let turn = broken_off(turn_id, &session, number, recordings, not_before);
        store.save_turn(session.user_id, &turn).await?;
        Ok(true)
    }

    /// It may be stored already, and only its words be missing.
    async fn store_kept(&self, owner: UserId, turn: &Turn) -> Result<(), StoreError> {
        let store = &self.ports.session_store;
        store.save_turn(owner, turn).await?;
        match &turn.user_transcript {
            Some(words) => {
                store
                    .amend_user_transcript(owner, turn.session_id, turn.number, words)
                    .await
            }
            None => Ok(()),
        }
    }
}

/// What is left of a turn that was not over: its recordings. When that was tell the files, as exactly as they are written.
fn broken_off(
    id: TurnId,
    session: &Session,
    number: TurnNumber,
    recordings: &[&LeftOverAudio],
    not_before: DateTime<Utc>,
) -> Turn {
    let of = |side| {
        let key = recording_key(session.id, number, side).ok()?;
        recordings.iter().find(|left| left.audio.key == key)
    };
    let (user, ai) = (of(Side::User), of(Side::Ai));
    let length = |left: &LeftOverAudio| recording(&left.audio, SessionTime::default()).duration();
    let spoken = user.map_or(Duration::ZERO, |user| length(user));
    let first = user.or(ai).map_or(not_before, |left| left.written_at);
    // The user is recorded as they speak, an answer as it comes, which is faster.
    let started_at = (first - delta(spoken)).max(not_before);
    let last = recordings.iter().map(|left| left.written_at).max();
    let ended_at = last.map_or(started_at, |last| last.max(started_at + delta(spoken)));
    let began = SessionTime::new((started_at - session.started_at).to_std().unwrap_or_default());
    Turn {
        id,
        session_id: session.id,
        number,
        started_at,
        ended_at,
        user_transcript: None,
        answer: HeardText::default(),
        user_audio: user.map(|user| recording(&user.audio, began)),
        ai_audio: ai.map(|ai| recording(&ai.audio, began.after(spoken))),
        played: None,
        interruption: None,
        false_interruptions: 0,
        failure: Some(BROKEN_OFF.to_owned()),
        usage: None,
        marks: TurnMarks::default(),
        latency: LatencyMetrics::default(),
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or_default()
}

fn recording(audio: &SpooledAudio, began: SessionTime) -> Recording {
    Recording {
        key: audio.key.clone(),
        samples: audio.samples,
        sample_rate: audio.sample_rate,
        placement: Some(Placement::estimated(began)),
        peaks: None,
    }
}
