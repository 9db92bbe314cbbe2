//! Recordings while they grow, as files in a local folder. The key of a recording is its path below the folder.
//!
//! Every append writes the samples and then the header, so a file plays up to the last append at any moment; killing the
//! process loses nothing that was appended. Nothing is flushed to the disk here (that takes milliseconds and an append
//! comes every 20 ms): when the *machine* dies, recordings of the turn that was running may be cut or lost. Finished
//! recordings are flushed by the store they are moved to, before they are removed here.

mod recording;
mod recovery;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tracing::instrument;
use viva_audio::{SampleRate, UnsupportedSampleRate, pcm};
use viva_domain::ports::{AudioSpool, BlobKey, LeftOverAudio, SpoolError, SpoolFile, SpooledAudio};

use self::recording::Recording;
use crate::disk::{self, at_path, blocking};

/// Keeps growing recordings in a local folder.
#[derive(Debug, Clone)]
pub struct LocalAudioSpool {
    folder: Arc<Folder>,
}

#[derive(Debug)]
struct Folder {
    root: PathBuf,
    /// Held while folders are made or removed, so that none disappears before its first file is in it.
    layout: Mutex<()>,
}

impl LocalAudioSpool {
    /// A spool in this folder, which is created when it is missing.
    ///
    /// # Errors
    /// [`SpoolError`] when the folder cannot be created or written; its source names the folder.
    pub async fn open(folder: impl Into<PathBuf>) -> Result<Self, SpoolError> {
        let root = folder.into();
        blocking("open the spool", move || {
            disk::prepare_folder(&root)?;
            let layout = Mutex::new(());
            Ok(Self {
                folder: Arc::new(Folder { root, layout }),
            })
        })
        .await
    }
}

#[async_trait]
impl AudioSpool for LocalAudioSpool {
    #[instrument(name = "spool.create", skip_all)]
    async fn create(&self, key: &BlobKey, sample_rate: u32) -> Result<Box<dyn SpoolFile>, SpoolError> {
        const OPERATION: &str = "create recording";
        let rate =
            supported(sample_rate).map_err(|err| disk::spool_error(OPERATION, io::Error::other(err)))?;
        let (folder, path) = (Arc::clone(&self.folder), self.folder.path_of(key));
        let created = {
            let path = path.clone();
            blocking(OPERATION, move || folder.create(&path, rate)).await?
        };
        Ok(Box::new(LocalSpoolFile {
            recording: Arc::new(Mutex::new(created)),
            key: key.clone(),
            path,
            sample_rate,
        }))
    }

    #[instrument(name = "spool.left_over", skip_all)]
    async fn left_over(&self) -> Result<Vec<LeftOverAudio>, SpoolError> {
        let folder = Arc::clone(&self.folder);
        blocking("read the spool", move || recovery::left_over(&folder)).await
    }

    #[instrument(name = "spool.remove", skip_all)]
    async fn remove(&self, key: &BlobKey) -> Result<(), SpoolError> {
        let (folder, path) = (Arc::clone(&self.folder), self.folder.path_of(key));
        blocking("remove recording", move || folder.remove(&path)).await
    }

    #[instrument(level = "debug", name = "spool.contains", skip_all)]
    async fn contains(&self, key: &BlobKey) -> Result<bool, SpoolError> {
        let path = self.folder.path_of(key);
        blocking("look into the spool", move || {
            path.try_exists().map_err(at_path(&path))
        })
        .await
    }

    #[instrument(name = "spool.remove_below", skip_all)]
    async fn remove_below(&self, folder: &BlobKey) -> Result<(), SpoolError> {
        let (spool, path) = (Arc::clone(&self.folder), self.folder.path_of(folder));
        blocking("remove recordings", move || spool.remove_below(&path)).await
    }
}

impl Folder {
    fn path_of(&self, key: &BlobKey) -> PathBuf {
        self.root.join(key.as_str())
    }

    /// Begins a recording; one that was left under this name is replaced.
    fn create(&self, path: &Path, rate: SampleRate) -> io::Result<Recording> {
        let _layout = self.layout.lock().unwrap_or_else(PoisonError::into_inner);
        disk::remove_file(path)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(at_path(parent))?;
        }
        Recording::create(path, rate).map_err(at_path(path))
    }

    /// Removes a file and the folders that are empty without it.
    fn remove(&self, path: &Path) -> io::Result<()> {
        let _layout = self.layout.lock().unwrap_or_else(PoisonError::into_inner);
        disk::remove_file(path)?;
        self.remove_empty_above(path);
        Ok(())
    }

    /// Removes a folder with everything in it, and the folders that are empty without it.
    fn remove_below(&self, path: &Path) -> io::Result<()> {
        let _layout = self.layout.lock().unwrap_or_else(PoisonError::into_inner);
        match fs::remove_dir_all(path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(at_path(path)(err)),
            _ => {}
        }
        self.remove_empty_above(path);
        Ok(())
    }

    fn remove_empty_above(&self, path: &Path) {
        let folders = path.ancestors().skip(1);
        for folder in folders.take_while(|folder| *folder != self.root) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

#[derive(Debug)]
struct LocalSpoolFile {
    /// Behind a lock because an append goes on where it runs when its caller is cancelled.
    recording: Arc<Mutex<Recording>>,
    key: BlobKey,
    path: PathBuf,
    sample_rate: u32,
}

impl LocalSpoolFile {
    async fn with_recording<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Recording) -> io::Result<T> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let (recording, path) = (Arc::clone(&self.recording), self.path.clone());
        blocking(operation, move || {
            let mut recording = recording.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut recording).map_err(at_path(&path))
        })
        .await
    }
}

#[async_trait]
impl SpoolFile for LocalSpoolFile {
    #[instrument(level = "trace", name = "spool.append", skip_all)]
    async fn append(&mut self, samples: &[i16]) -> Result<(), SpoolError> {
        let bytes = pcm::to_le_bytes(samples);
        self.with_recording("append audio", move |recording| recording.append(&bytes))
            .await
    }

    #[instrument(name = "spool.read", skip_all)]
    async fn read_last(&mut self, most: u64) -> Result<Vec<i16>, SpoolError> {
        self.with_recording("read recording", move |recording| recording.read_last(most))
            .await
    }

    #[instrument(name = "spool.finish", skip_all)]
    async fn finish(self: Box<Self>) -> Result<SpooledAudio, SpoolError> {
        let samples = self.with_recording("finish recording", Recording::finish).await?;
        Ok(SpooledAudio {
            key: self.key,
            path: self.path,
            samples,
            sample_rate: self.sample_rate,
        })
    }
}

/// What a stream may have, and what speech synthesizers write.
fn supported(hz: u32) -> Result<SampleRate, UnsupportedSampleRate> {
    if hz == SampleRate::HZ_22K05.hz() {
        Ok(SampleRate::HZ_22K05)
    } else {
        SampleRate::new(hz)
    }
}

#[cfg(test)]
mod tests;
