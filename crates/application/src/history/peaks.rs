//! Waveforms in small. Turns are saved with the peaks of their recordings; those of older ones are measured once.

use std::time::Duration;

use bytes::Bytes;
use tracing::warn;
use viva_audio::{PEAK_WINDOW_MS, PeakMeter, SampleRate};
use viva_domain::ids::{SessionId, UserId};
use viva_domain::ports::MeasuredPeaks;
use viva_domain::turns::{Recording, Turn};

use super::samples::Samples;
use super::{History, HistoryError, SessionRecord, has_recordings};

/// How long a stretch of a recording each of its peaks is of.
pub const PEAK_WINDOW: Duration = Duration::from_millis(PEAK_WINDOW_MS as u64);

impl History {
    /// As [`Self::record`], with the peaks of every recording that is stored. Those that are purged have the peaks that were
    /// measured before.
    ///
    /// # Errors
    /// As of [`Self::record`], and [`HistoryError::Blob`] when a recording cannot be read.
    pub async fn record_with_peaks(
        &self,
        owner: UserId,
        id: SessionId,
    ) -> Result<SessionRecord, HistoryError> {
        let mut record = self.record(owner, id).await?;
        let are_kept = has_recordings(&record.session).is_ok();
        let mut known = self.session_store.peaks(owner, id).await?;
        for turn in &mut record.turns {
            let MeasuredPeaks { user, ai } = known.remove(&turn.id).unwrap_or_default();
            for (recording, peaks) in [(&mut turn.user_audio, user), (&mut turn.ai_audio, ai)] {
                if let Some(recording) = recording {
                    recording.peaks = peaks;
                }
            }
            if are_kept {
                self.complete_peaks(owner, turn).await?;
            }
        }
        Ok(record)
    }

    /// Measures what nobody has measured yet, and keeps it.
    async fn complete_peaks(&self, owner: UserId, turn: &mut Turn) -> Result<(), HistoryError> {
        let measured = MeasuredPeaks {
            user: self.measure(turn.user_audio.as_mut()).await?,
            ai: self.measure(turn.ai_audio.as_mut()).await?,
        };
        if measured == MeasuredPeaks::default() {
            return Ok(());
        }
        let kept = self
            .session_store
            .keep_peaks(owner, turn.session_id, turn.id, &measured);
        if let Err(err) = kept.await {
            warn!(event = "recording.peaks_not_kept", session.id = %turn.session_id, turn.number = turn.number.get(), error = &err as &dyn std::error::Error,
                "Cannot keep the peaks of turn {}; they are measured again next time", turn.number);
        }
        Ok(())
    }

    /// The peaks of a recording that has none, if it is stored.
    async fn measure(&self, recording: Option<&mut Recording>) -> Result<Option<Bytes>, HistoryError> {
        let Some(recording) = recording.filter(|recording| recording.peaks.is_none()) else {
            return Ok(None);
        };
        let Ok(rate) = SampleRate::new(recording.sample_rate) else {
            return Ok(None);
        };
        let all = 0..recording.samples;
        let opened = self.blob_store.open(&recording.key, Samples::bytes(all.clone()));
        let Some(opened) = opened.await? else {
            return Ok(None);
        };
        let mut samples = Samples::of(opened, all);
        let mut meter = PeakMeter::new(rate);
        loop {
            let next = samples.next().await?;
            if next.is_empty() {
                break;
            }
            meter.push(&next);
        }
        let peaks = Bytes::from(meter.finish());
        recording.peaks = Some(peaks.clone());
        Ok(Some(peaks))
    }
}
