//! Where the master key is, and how another one takes its place such that whoever starts at any moment in between finds a
//! key that opens what is stored.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use thiserror::Error;
use tracing::{info, warn};
use viva_domain::credentials::KeyId;

use super::master_key::{InvalidMasterKey, MasterKey};
use crate::disk::at_path;

/// Where the master key is.
#[derive(Debug)]
pub enum MasterKeyPlace {
    /// In a file of the server's own, which is made when nothing is encrypted yet.
    Storage(PathBuf),
    /// In a file that the operator made.
    File(PathBuf),
    /// In a setting.
    Setting {
        /// The key.
        key: MasterKey,
        /// The one that shall take its place.
        new: Option<MasterKey>,
    },
}

/// Why there is no master key.
#[derive(Debug, Error)]
pub enum MasterKeyError {
    /// What is stored was encrypted with another one.
    #[error(
        "the stored provider keys were encrypted with the master key {}, but {place} holds {present}; put the right \
         one back. Whoever has lost it has lost the provider keys: delete the rows of the table provider_credentials",
        listed(stored)
    )]
    Other {
        /// What is stored needs these.
        stored: Vec<KeyId>,
        /// Where the key is.
        place: String,
        /// Which one that is.
        present: KeyId,
    },
    /// There is none, and something is stored.
    #[error(
        "the stored provider keys were encrypted with the master key {}, which should be in {place}, where nothing is; \
         put it back. Whoever has lost it has lost the provider keys: delete the rows of the table provider_credentials",
        listed(stored)
    )]
    Gone {
        /// What is stored needs these.
        stored: Vec<KeyId>,
        /// Where the key should be.
        place: String,
    },
    /// The file holds something else.
    #[error("{} holds no master key: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: InvalidMasterKey,
    },
    /// There is no new one.
    #[error(
        "the master key comes from a setting, so the new one does too: set it as credentials.new_master_key; \
        `openssl rand -hex 32` makes one"
    )]
    NoNewKey,
    /// No other file can take the place of the one that holds it.
    #[error(
        "{} cannot be replaced, so the master key stays as it is. A file that is mounted by itself never can be: mount its \
         folder, or give the key as the setting credentials.master_key",
        path.display()
    )]
    Fixed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be read or written.
    #[error("the master key cannot be read or written")]
    Io(#[from] io::Error),
}

impl MasterKeyPlace {
    /// The key that opens what is stored. The change of a key that was cut short is brought to its end, and a key is made
    /// where none is needed yet.
    ///
    /// # Errors
    /// [`MasterKeyError`] says what is wrong with the key, and what to do.
    pub fn settle(&self, stored: &[KeyId]) -> Result<MasterKey, MasterKeyError> {
        self.settle_by(stored, || self.take_place())
    }

    pub(super) fn settle_by(
        &self,
        stored: &[KeyId],
        take_place: impl FnOnce() -> io::Result<()>,
    ) -> Result<MasterKey, MasterKeyError> {
        let opens = |key: &MasterKey| stored.iter().all(|id| *id == key.id());
        let present = self.present()?;
        if let Some(key) = present.as_ref().filter(|key| opens(key)) {
            // Whoever has no new key yet goes on with this one, also after a change that was cut short before it changed
            // anything.
            return Ok(key.clone());
        }
        if !stored.is_empty()
            && let Some(new) = self.next()?.filter(opens)
        {
            match (self, take_place()) {
                // It opens everything all the same, and the next start finds it where it is.
                (_, Err(err)) => warn!(
                    event = "master_key.not_replaced",
                    error = &err as &dyn std::error::Error, key.id = %new.id(),
                    "The new master key cannot take the place of the old one; put what {self}.new holds into {self}"
                ),
                (Self::Storage(_) | Self::File(_), Ok(())) => {
                    info!(event = "master_key.replaced", key.id = %new.id(), "Brought the change of the master key to its end");
                }
                (Self::Setting { .. }, Ok(())) => warn!(
                    event = "master_key.setting_is_old",
                    "The master key has changed: set credentials.master_key to what \
                    credentials.new_master_key is now, and unset that"
                ),
            }
            return Ok(new);
        }
        let (stored, place) = (stored.to_vec(), self.to_string());
        match present {
            Some(key) => Err(MasterKeyError::Other {
                stored,
                place,
                present: key.id(),
            }),
            None if stored.is_empty() => self.create(),
            None => Err(MasterKeyError::Gone { stored, place }),
        }
    }

    /// Makes the key ready that shall take the place of the present one. Nothing uses it before something is encrypted
    /// with it. Whether it can take the place is found out first, with the present one, which stays there.
    ///
    /// # Errors
    /// [`MasterKeyError::NoNewKey`], [`MasterKeyError::Fixed`] or [`MasterKeyError::Io`].
    pub fn prepare(&self, present: &MasterKey) -> Result<MasterKey, MasterKeyError> {
        if let Self::Storage(path) | Self::File(path) = self {
            write(path, present, path).map_err(|source| MasterKeyError::Fixed {
                path: path.clone(),
                source,
            })?;
        }
        self.make_ready()
    }

    fn make_ready(&self) -> Result<MasterKey, MasterKeyError> {
        match self {
            Self::Storage(path) | Self::File(path) => {
                let key = MasterKey::generate();
                write(&beside(path), &key, path)?;
                Ok(key)
            }
            Self::Setting { new, .. } => new.clone().ok_or(MasterKeyError::NoNewKey),
        }
    }

    /// The key that was made ready takes its place, now that everything is encrypted with it.
    ///
    /// # Errors
    /// [`MasterKeyError::Io`]; the next start does it then.
    pub fn finish(&self) -> Result<(), MasterKeyError> {
        Ok(self.take_place()?)
    }

    fn take_place(&self) -> io::Result<()> {
        match self {
            Self::Storage(path) | Self::File(path) => {
                fs::rename(beside(path), path).map_err(at_path(path))?;
                sync_folder(path)
            }
            // Settings are the operator's.
            Self::Setting { .. } => Ok(()),
        }
    }

    fn present(&self) -> Result<Option<MasterKey>, MasterKeyError> {
        match self {
            Self::Storage(path) => {
                let key = read(path)?;
                if key.is_some() {
                    warn_of_readers(path);
                }
                Ok(key)
            }
            Self::File(path) => match read(path)? {
                Some(key) => Ok(Some(key)),
                None => Err(at_path(path)(io::ErrorKind::NotFound.into()).into()),
            },
            Self::Setting { key, .. } => Ok(Some(key.clone())),
        }
    }

    /// The key that was made ready, when there is one.
    fn next(&self) -> Result<Option<MasterKey>, MasterKeyError> {
        match self {
            Self::Storage(path) | Self::File(path) => read(&beside(path)),
            Self::Setting { new, .. } => Ok(new.clone()),
        }
    }

    fn create(&self) -> Result<MasterKey, MasterKeyError> {
        let key = self.make_ready()?;
        self.finish()?;
        info!(event = "master_key.made", key.id = %key.id(), "Made a master key for provider keys in {self}; keep a copy of it, apart from those of \
            the database");
        Ok(key)
    }
}

impl std::fmt::Display for MasterKeyPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Storage(path) | Self::File(path) => path.display().fmt(f),
            Self::Setting { .. } => f.write_str("the setting credentials.master_key"),
        }
    }
}

/// Where a key waits that shall take the place of the one in a file.
fn beside(path: &Path) -> PathBuf {
    with_ending(path, ".new")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn read(path: &Path) -> Result<Option<MasterKey>, MasterKeyError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => secrecy::SecretString::from(text),
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(at_path(path)(err).into()),
    };
    let key = MasterKey::parse(text.expose_secret()).map_err(|problem| MasterKeyError::Invalid {
        path: path.to_owned(),
        problem,
    })?;
    Ok(Some(key))
}

/// Writes a file in the place of one that may be there. Those can read it who can read this other one; where that is not
/// there, this user only.
fn write(path: &Path, key: &MasterKey, other: &Path) -> io::Result<()> {
    let unfinished = with_ending(path, ".unfinished");
    crate::disk::remove_file(&unfinished)?;
    let replaced = write_new(&unfinished, key, other)
        .map_err(at_path(&unfinished))
        .and_then(|()| fs::rename(&unfinished, path).map_err(at_path(path)));
    if replaced.is_err() {
        // It holds a key, and is of no use.
        crate::disk::remove_file(&unfinished)?;
    }
    replaced?;
    sync_folder(path)
}

fn write_new(path: &Path, key: &MasterKey, other: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(key.digits().expose_secret().as_bytes())?;
    file.write_all(b"\n")?;
    #[cfg(unix)]
    resemble(&file, other)?;
    file.sync_all()
}

/// Gives a file the owner, the group and the mode of another one, where that is there: whoever runs this may not be who runs
/// the server.
#[cfg(unix)]
fn resemble(file: &File, other: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let wanted = match fs::metadata(other) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
        wanted => wanted?,
    };
    let present = file.metadata()?;
    if (present.uid(), present.gid()) != (wanted.uid(), wanted.gid()) {
        fchown(file, Some(wanted.uid()), Some(wanted.gid())).map_err(|err| {
            let said = format!(
                "it has to belong to whom {} belongs to; run this as they ({err})",
                other.display()
            );
            io::Error::new(err.kind(), said)
        })?;
    }
    file.set_permissions(wanted.permissions())
}

/// A name is on the disk when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(at_path(folder))
}

/// Others may be meant to read a file of the operator, but not that of the server.
fn warn_of_readers(path: &Path) {
    #[cfg(unix)]
    if let Ok(file) = fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077 != 0
    {
        warn!(
            event = "master_key.exposed",
            "Other users can read the master key {}; run `chmod 600` on it",
            path.display()
        );
    }
}

fn listed(ids: &[KeyId]) -> String {
    let ids: Vec<&str> = ids.iter().map(KeyId::as_str).collect();
    ids.join(" and ")
}
