use std::time::Duration;

use tokio::sync::mpsc;
use tracing::warn;
use viva_audio::{PeakMeter, SampleRate};
use viva_domain::ids::SessionId;
use viva_domain::ports::{SpoolError, SpoolErrorKind, SpoolFile, SpooledAudio};
use viva_domain::turns::{NoticeCode, Recording, Turn, TurnNumber};

use super::{ArchiveSettings, Job, Keep, Placements, SpooledTurn, recording_key, write_down_end};
use crate::history::Side;
use crate::meters::{Counted, Queue};
use crate::sessions::service::SessionsPorts;

/// Audio that is collected before it is written: what a kill −9 may cost.
const BATCH: Duration = Duration::from_millis(500);

/// How much of a turn is read back: as long as two utterances may be. What was said last counts.
pub(in crate::sessions) const LONGEST_READ_BACK: Duration = Duration::from_mins(2);

/// Writes the audio of a session's turns to the spool.
pub(super) struct Recorder {
    ports: SessionsPorts,
    settings: ArchiveSettings,
    notices: mpsc::Sender<NoticeCode>,
    /// The turns that run: the current one, and one that was cut a moment ago.
    tracks: Vec<Track>,
}

struct Track {
    turn: TurnNumber,
    side: Side,
    rate: SampleRate,
    batch: Vec<i16>,
    file: TrackFile,
    /// Of all that was appended.
    peaks: PeakMeter,
}

enum TrackFile {
    NotBegun,
    Open(Box<dyn SpoolFile>),
    Finished(SpooledAudio),
    /// Could not be written; the turn goes on without this recording.
    Broken,
}

impl Recorder {
    pub(super) fn new(
        ports: SessionsPorts,
        settings: ArchiveSettings,
        notices: mpsc::Sender<NoticeCode>,
    ) -> Self {
        Self {
            ports,
            settings,
            notices,
            tracks: Vec::new(),
        }
    }

    pub(super) async fn run(
        mut self,
        mut jobs: mpsc::Receiver<(Counted, Job)>,
        keep: mpsc::Sender<(Counted, Keep)>,
    ) {
        let waiting = self.ports.meters.queue(Queue::Keeper).clone();
        while let Some((waited, job)) = jobs.recv().await {
            drop(waited);
            let finished = match job {
                Job::Append { turn, side, samples } => {
                    self.append(turn, side, &samples).await;
                    None
                }
                Job::Complete { turn, side } => {
                    self.complete(turn, side).await;
                    None
                }
                Job::ReadBack { turn, reply } => {
                    // Who asked may be gone.
                    let _ = reply.send(self.read_back(turn).await);
                    None
                }
                Job::Amend(amended) => Some(Keep::Amend(amended)),
                Job::Switch(interaction) => Some(Keep::Switch(interaction)),
                Job::Save(turn, placements, written) => {
                    let turn = self.finish(turn, placements).await;
                    // Nobody waits who was told already.
                    let _ = written.send(());
                    Some(Keep::Turn(turn))
                }
                Job::End(end) => {
                    let is_in_journal = write_down_end(&self.ports, self.settings, end).await;
                    Some(Keep::End { end, is_in_journal })
                }
            };
            if let Some(finished) = finished
                && keep.send((Counted::new(&waiting), finished)).await.is_err()
            {
                return; // The keeper broke off; the spool is recovered at the next start.
            }
        }
        // Only a session that broke off leaves tracks: what they hold is recovered at the next start.
        for index in 0..self.tracks.len() {
            self.close(index).await;
        }
    }

    async fn read_back(&mut self, turn: TurnNumber) -> Vec<i16> {
        let Some(index) = self.position(turn, Side::User) else {
            return Vec::new();
        };
        self.flush(index).await;
        let track = &mut self.tracks[index];
        let TrackFile::Open(file) = &mut track.file else {
            return Vec::new();
        };
        file.read_last(track.rate.samples_in(LONGEST_READ_BACK)).await.unwrap_or_else(|err| {
            warn!(event = "recording.unreadable", session.id = %self.settings.session, turn.number = turn.get(), error = &err as &dyn std::error::Error,
                "What was said of turn {turn} cannot be read back");
            Vec::new()
        })
    }

    fn position(&self, turn: TurnNumber, side: Side) -> Option<usize> {
        self.tracks
            .iter()
            .position(|track| track.turn == turn && track.side == side)
    }

    async fn append(&mut self, turn: TurnNumber, side: Side, samples: &[i16]) {
        let rate = match side {
            Side::User => self.settings.input_rate,
            Side::Ai => self.settings.output_rate,
        };
        let index = self.track(turn, side, rate);
        let track = &mut self.tracks[index];
        track.batch.extend_from_slice(samples);
        if matches!(track.file, TrackFile::NotBegun | TrackFile::Open(_)) {
            track.peaks.push(samples);
        }
        if track.batch.len() as u64 >= rate.samples_in(BATCH) {
            self.flush(index).await;
        }
    }

    fn track(&mut self, turn: TurnNumber, side: Side, rate: SampleRate) -> usize {
        self.position(turn, side).unwrap_or_else(|| {
            self.tracks.push(Track {
                turn,
                side,
                rate,
                batch: Vec::new(),
                file: TrackFile::NotBegun,
                peaks: PeakMeter::new(rate),
            });
            self.tracks.len() - 1
        })
    }

    async fn complete(&mut self, turn: TurnNumber, side: Side) {
        if let Some(index) = self.position(turn, side) {
            self.close(index).await;
        }
    }

    /// Closes what the turn still has open, writes it down, and hands it over with its recordings.
    async fn finish(&mut self, mut turn: Box<Turn>, placements: Placements) -> SpooledTurn {
        for side in [Side::User, Side::Ai] {
            self.complete(turn.number, side).await;
        }
        let mut recordings = Vec::new();
        for (side, placement, recording) in [
            (Side::User, placements.user, &mut turn.user_audio),
            (Side::Ai, placements.ai, &mut turn.ai_audio),
        ] {
            let Some(index) = self.position(turn.number, side) else {
                continue;
            };
            let Track { file, peaks, .. } = self.tracks.swap_remove(index);
            if let TrackFile::Finished(audio) = file {
                *recording = Some(Recording {
                    key: audio.key.clone(),
                    samples: audio.samples,
                    sample_rate: audio.sample_rate,
                    placement,
                    peaks: Some(peaks.finish().into()),
                });
                recordings.push(audio);
            }
        }
        let is_in_journal = Self::write_down(&self.ports, self.settings, &turn).await;
        SpooledTurn {
            turn,
            recordings,
            is_in_journal,
        }
    }

    /// Writes the turn into the journal, where it is until it is stored: that may take long, and the process be killed meanwhile.
    async fn write_down(ports: &SessionsPorts, settings: ArchiveSettings, turn: &Turn) -> bool {
        let ArchiveSettings { owner, session, .. } = settings;
        let kept = ports.turn_journal.keep(owner, turn).await;
        if let Err(err) = &kept {
            warn!(event = "archive.only_in_memory", session.id = %session, turn.number = turn.number.get(), error = err as &dyn std::error::Error,
                "Turn {} cannot be written into the journal; it is in memory only until it is stored", turn.number);
        }
        kept.is_ok()
    }

    async fn close(&mut self, index: usize) {
        self.flush(index).await;
        let track = &mut self.tracks[index];
        let file = match std::mem::replace(&mut track.file, TrackFile::NotBegun) {
            TrackFile::Open(file) => file,
            other => return track.file = other,
        };
        match file.finish().await {
            Ok(audio) => track.file = TrackFile::Finished(audio),
            Err(err) => self.broken(index, &err).await,
        }
    }

    /// Writes what was collected.
    async fn flush(&mut self, index: usize) {
        let track = &mut self.tracks[index];
        if track.batch.is_empty() {
            return;
        }
        if matches!(track.file, TrackFile::NotBegun) {
            match Self::begin(
                &self.ports,
                self.settings.session,
                track.turn,
                track.side,
                track.rate,
            )
            .await
            {
                Ok(file) => track.file = TrackFile::Open(file),
                Err(err) => return self.broken(index, &err).await,
            }
        }
        let TrackFile::Open(file) = &mut track.file else {
            return track.batch.clear();
        };
        let appended = file.append(&track.batch).await;
        track.batch.clear();
        if let Err(err) = appended {
            self.broken(index, &err).await;
        }
    }

    async fn begin(
        ports: &SessionsPorts,
        session: SessionId,
        turn: TurnNumber,
        side: Side,
        rate: SampleRate,
    ) -> Result<Box<dyn SpoolFile>, SpoolError> {
        let key = recording_key(session, turn, side).map_err(|err| SpoolError {
            kind: SpoolErrorKind::Unavailable,
            operation: "name the recording",
            source: Some(Box::new(err)),
        })?;
        ports.audio_spool.create(&key, rate.hz()).await
    }

    async fn broken(&mut self, index: usize, err: &SpoolError) {
        let (session, turn, side) = (
            self.settings.session,
            self.tracks[index].turn,
            self.tracks[index].side,
        );
        let is_told = self
            .tracks
            .iter()
            .any(|track| track.turn == turn && matches!(track.file, TrackFile::Broken));
        let track = &mut self.tracks[index];
        track.batch = Vec::new();
        track.file = TrackFile::Broken;
        warn!(event = "recording.failed", session.id = %session, turn.number = turn.get(), error = err as &dyn std::error::Error,
            "Recording of turn {turn} failed; the conversation goes on without it");
        if !is_told {
            let _ = self.notices.try_send(NoticeCode::RecordingFailed);
        }
        Self::give_up(&self.ports, session, turn, side).await;
    }

    /// What was written before the recording failed takes space, and the next start would store it for no turn.
    async fn give_up(ports: &SessionsPorts, session: SessionId, turn: TurnNumber, side: Side) {
        let Ok(key) = recording_key(session, turn, side) else {
            return; // Nothing was written under no name.
        };
        if let Err(err) = ports.audio_spool.remove(&key).await {
            warn!(event = "recording.left_in_spool", session.id = %session, turn.number = turn.get(), blob.key = %key, error = &err as &dyn std::error::Error,
                "What was recorded of {key} stays in the spool");
        }
    }
}
