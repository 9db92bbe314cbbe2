//! What an earlier process left in the spool.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tracing::warn;
use viva_audio::WavHeader;
use viva_audio::wav::HEADER_LEN;
use viva_domain::ports::{BlobKey, LeftOverAudio, SpooledAudio};

use super::Folder;
use crate::disk::at_path;

const RECORDINGS: &str = "wav";
/// Appended to the name of a file that cannot be repaired.
const DAMAGED: &str = ".damaged";

/// What became of a file.
enum Found {
    Audio(LeftOverAudio),
    Empty,
    Damaged,
}

/// Repairs every recording below the folder. A file that cannot be dealt with is logged and stays.
pub(super) fn left_over(folder: &Folder) -> io::Result<Vec<LeftOverAudio>> {
    let mut left_over = Vec::new();
    for path in recordings(&folder.root)? {
        match recover(folder, &path) {
            Ok(Found::Audio(audio)) => left_over.push(audio),
            Ok(Found::Empty) => {}
            Ok(Found::Damaged) => warn!(
                event = "spool.set_aside",
                spool.path = %path.display(),
                "Set aside {}, which is no recording", path.display()
            ),
            Err(err) => warn!(
                event = "spool.unreadable",
                spool.path = %path.display(), error = &err as &dyn std::error::Error,
                "Left {} where it is, since it cannot be repaired", path.display()
            ),
        }
    }
    Ok(left_over)
}

/// Every WAV file below the folder, without following links.
fn recordings(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(at_path(&folder))? {
            let entry = entry.map_err(at_path(&folder))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(at_path(&folder))?);
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|extension| extension == RECORDINGS) {
                files.push(path);
            }
        }
    }
    Ok(files)
}

fn recover(folder: &Folder, path: &Path) -> io::Result<Found> {
    let Some(key) = key_of(&folder.root, path) else {
        return set_aside(path);
    };
    let found = fs::metadata(path)?;
    // Repairing the file changes it.
    let (len, written_at) = (found.len(), found.modified()?);
    if len <= HEADER_LEN as u64 + 1 {
        folder.remove(path)?;
        return Ok(Found::Empty);
    }
    let Some(header) = repair(path, len)? else {
        return set_aside(path);
    };
    let audio = SpooledAudio {
        key,
        path: path.to_owned(),
        samples: u64::from(header.data_len()) / 2,
        sample_rate: header.rate().hz(),
    };
    Ok(Found::Audio(LeftOverAudio {
        audio,
        written_at: written_at.into(),
    }))
}

/// Makes the header agree with the length of the file, cutting off half a sample; `None` when it is not one of ours.
fn repair(path: &Path, len: u64) -> io::Result<Option<WavHeader>> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let mut bytes = [0; HEADER_LEN];
    file.read_exact(&mut bytes)?;
    let header = match WavHeader::decode(&bytes) {
        Ok(header) if header.channels() == 1 => header.repaired(len),
        _ => return Ok(None),
    };
    if header.encode() != bytes {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header.encode())?;
    }
    if header.file_len() != len {
        file.set_len(header.file_len())?;
    }
    Ok(Some(header))
}

fn set_aside(path: &Path) -> io::Result<Found> {
    let mut name = OsString::from(path);
    name.push(DAMAGED);
    fs::rename(path, name)?;
    Ok(Found::Damaged)
}

fn key_of(root: &Path, path: &Path) -> Option<BlobKey> {
    BlobKey::parse(path.strip_prefix(root).ok()?.to_str()?).ok()
}
