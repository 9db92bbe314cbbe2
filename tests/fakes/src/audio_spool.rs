use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use viva_audio::{Clip, SampleRate};
use viva_domain::ports::{
    AudioSpool, BlobKey, LeftOverAudio, SpoolError, SpoolErrorKind, SpoolFile, SpooledAudio,
};

use crate::{FaultSwitch, lock};

/// Keeps growing recordings in memory. Clones share them, as processes share a folder.
#[derive(Debug, Clone, Default)]
pub struct MemoryAudioSpool {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    clips: Mutex<BTreeMap<BlobKey, Clip>>,
    faults: FaultSwitch<SpoolErrorKind>,
}

impl MemoryAudioSpool {
    /// Makes every call fail, those of open recordings too. A full disk can still be read and emptied.
    pub fn faults(&self) -> &FaultSwitch<SpoolErrorKind> {
        &self.shared.faults
    }

    /// What was recorded under this key so far; `None` when nothing was, or it was removed.
    pub fn samples(&self, key: &BlobKey) -> Option<Vec<i16>> {
        lock(&self.shared.clips).get(key).map(|clip| clip.samples.clone())
    }

    /// The keys of everything in the spool.
    pub fn keys(&self) -> Vec<BlobKey> {
        lock(&self.shared.clips).keys().cloned().collect()
    }

    /// The WAV file at a path that this spool gave out.
    pub(crate) fn wav(&self, path: &Path) -> Option<Bytes> {
        lock(&self.shared.clips)
            .iter()
            .find(|(key, _)| path_of(key) == path)
            .map(|(_, clip)| clip.to_wav_bytes().into())
    }
}

impl Shared {
    fn check(&self, operation: &'static str) -> Result<(), SpoolError> {
        self.faults.check().map_err(|kind| error(kind, operation))
    }

    /// For what needs no space.
    fn check_on_a_full_disk(&self, operation: &'static str) -> Result<(), SpoolError> {
        let checked = self.faults.check_unless(|kind| *kind == SpoolErrorKind::Full);
        checked.map_err(|kind| error(kind, operation))
    }
}

#[async_trait]
impl AudioSpool for MemoryAudioSpool {
    async fn create(&self, key: &BlobKey, sample_rate: u32) -> Result<Box<dyn SpoolFile>, SpoolError> {
        const OPERATION: &str = "create recording";
        self.shared.check(OPERATION)?;
        let rate = SampleRate::new(sample_rate).map_err(|_| error(SpoolErrorKind::Unavailable, OPERATION))?;
        let empty = Clip {
            rate,
            samples: Vec::new(),
        };
        lock(&self.shared.clips).insert(key.clone(), empty);
        Ok(Box::new(MemorySpoolFile {
            shared: Arc::clone(&self.shared),
            key: key.clone(),
            rate,
            samples: 0,
        }))
    }

    async fn left_over(&self) -> Result<Vec<LeftOverAudio>, SpoolError> {
        self.shared.check_on_a_full_disk("read the spool")?;
        let mut clips = lock(&self.shared.clips);
        clips.retain(|_, clip| !clip.samples.is_empty());
        Ok(clips
            .iter()
            .map(|(key, clip)| LeftOverAudio {
                audio: spooled(key, clip.rate, clip.samples.len() as u64),
                // Memory has no clock.
                written_at: DateTime::UNIX_EPOCH,
            })
            .collect())
    }

    async fn remove(&self, key: &BlobKey) -> Result<(), SpoolError> {
        self.shared.check_on_a_full_disk("remove recording")?;
        lock(&self.shared.clips).remove(key);
        Ok(())
    }

    async fn contains(&self, key: &BlobKey) -> Result<bool, SpoolError> {
        self.shared.check_on_a_full_disk("look into the spool")?;
        Ok(lock(&self.shared.clips).contains_key(key))
    }

    async fn remove_below(&self, folder: &BlobKey) -> Result<(), SpoolError> {
        self.shared.check_on_a_full_disk("remove recordings")?;
        lock(&self.shared.clips).retain(|key, _| !key.is_below(folder));
        Ok(())
    }
}

#[derive(Debug)]
struct MemorySpoolFile {
    shared: Arc<Shared>,
    key: BlobKey,
    rate: SampleRate,
    samples: u64,
}

#[async_trait]
impl SpoolFile for MemorySpoolFile {
    async fn append(&mut self, samples: &[i16]) -> Result<(), SpoolError> {
        self.shared.check("append audio")?;
        if let Some(clip) = lock(&self.shared.clips).get_mut(&self.key) {
            clip.samples.extend_from_slice(samples);
        }
        self.samples += samples.len() as u64;
        Ok(())
    }

    async fn read_last(&mut self, most: u64) -> Result<Vec<i16>, SpoolError> {
        self.shared.check_on_a_full_disk("read recording")?;
        let clips = lock(&self.shared.clips);
        let skipped = usize::try_from(self.samples.saturating_sub(most)).unwrap_or(usize::MAX);
        Ok(clips
            .get(&self.key)
            .and_then(|clip| clip.samples.get(skipped..))
            .map(<[i16]>::to_vec)
            .unwrap_or_default())
    }

    async fn finish(self: Box<Self>) -> Result<SpooledAudio, SpoolError> {
        self.shared.check("finish recording")?;
        Ok(spooled(&self.key, self.rate, self.samples))
    }
}

fn spooled(key: &BlobKey, rate: SampleRate, samples: u64) -> SpooledAudio {
    SpooledAudio {
        key: key.clone(),
        path: path_of(key),
        samples,
        sample_rate: rate.hz(),
    }
}

fn path_of(key: &BlobKey) -> PathBuf {
    Path::new("memory").join(key.as_str())
}

fn error(kind: SpoolErrorKind, operation: &'static str) -> SpoolError {
    SpoolError {
        kind,
        operation,
        source: None,
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::audio_spool_contract;

    use super::*;

    async fn memory(case: impl AsyncFnOnce(&dyn AudioSpool)) {
        case(&MemoryAudioSpool::default()).await;
    }

    audio_spool_contract!(memory);

    #[tokio::test]
    async fn an_open_recording_fails_when_told() {
        let spool = MemoryAudioSpool::default();
        let key = BlobKey::parse("a.wav").unwrap();
        let mut file = spool.create(&key, 24_000).await.unwrap();
        spool.faults().fail_next(1, SpoolErrorKind::Full);
        assert_eq!(
            file.append(&[1, 2]).await.map_err(|err| err.kind),
            Err(SpoolErrorKind::Full)
        );
        file.append(&[3]).await.unwrap();
        assert_eq!(spool.samples(&key), Some(vec![3]));
    }

    #[tokio::test]
    async fn a_full_disk_can_be_read_and_emptied() {
        let spool = MemoryAudioSpool::default();
        let key = BlobKey::parse("a.wav").unwrap();
        let mut file = spool.create(&key, 24_000).await.unwrap();
        file.append(&[1, 2]).await.unwrap();
        spool.faults().fail(SpoolErrorKind::Full);
        assert_eq!(file.read_last(9).await.unwrap(), [1, 2]);
        assert_eq!(spool.left_over().await.unwrap().len(), 1);
        spool.remove(&key).await.unwrap();
        assert_eq!(spool.keys(), []);
    }
}
