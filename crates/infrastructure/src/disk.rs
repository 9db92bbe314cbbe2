//! What the adapters that write local files have in common: where the work runs and how its errors are read.

use std::error::Error;
use std::fs;
use std::io;
use std::iter;
use std::path::Path;

use tracing::Span;
use viva_domain::ports::{SpoolError, SpoolErrorKind};

/// Runs file work on a thread that may wait.
pub(crate) async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, SpoolError> {
    let span = Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
    done.unwrap_or_else(|err| Err(io::Error::other(err)))
        .map_err(|err| spool_error(operation, err))
}

pub(crate) fn spool_error(operation: &'static str, err: io::Error) -> SpoolError {
    let kind = if is_full(&err) {
        SpoolErrorKind::Full
    } else {
        SpoolErrorKind::Unavailable
    };
    SpoolError {
        kind,
        operation,
        source: Some(err.into()),
    }
}

/// Whether an error, or what caused it, says that no space is left.
pub(crate) fn is_full(err: &(dyn Error + 'static)) -> bool {
    iter::successors(Some(err), |err: &&(dyn Error + 'static)| (*err).source()).any(|err| {
        err.downcast_ref::<io::Error>().is_some_and(|err| {
            matches!(
                err.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
            )
        })
    })
}

/// Adds the path, which the standard library's errors leave out.
pub(crate) fn at_path(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |err| io::Error::new(err.kind(), format!("{}: {err}", path.display()))
}

/// Makes the folder and writes to it, so that a folder that cannot be used is noticed at start-up.
pub(crate) fn prepare_folder(folder: &Path) -> io::Result<()> {
    let probe = folder.join(".writable");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&probe, b"viva"))
        .and_then(|()| fs::remove_file(&probe))
        .map_err(at_path(folder))
}

/// Writes to a folder that has to be there, also where others do so at the same time.
pub(crate) fn check_folder(folder: &Path) -> io::Result<()> {
    let probe = folder.join(".ready");
    fs::write(&probe, b"viva").map_err(at_path(folder))?;
    remove_file(&probe)
}

/// Removes a file; nothing happens when it is gone.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(at_path(path)(err)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_device_is_full_however_deep_the_cause_lies() {
        let mut full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let err = full.write_all(b"sound").unwrap_err();
        assert!(is_full(&err));
        let wrapped = object_store::Error::Generic {
            store: "test",
            source: Box::new(at_path(Path::new("a.wav"))(err)),
        };
        assert!(is_full(&wrapped));
        assert_eq!(
            spool_error("append audio", io::Error::other(wrapped)).kind,
            SpoolErrorKind::Full
        );
    }

    #[test]
    fn other_failures_are_not_full() {
        for kind in [
            io::ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied,
            io::ErrorKind::ReadOnlyFilesystem,
        ] {
            let err = spool_error("append audio", kind.into());
            assert_eq!(err.kind, SpoolErrorKind::Unavailable);
        }
    }

    #[tokio::test]
    async fn work_that_panics_fails() {
        let res: Result<(), SpoolError> = blocking("test", || panic!("on purpose")).await;
        assert_eq!(res.unwrap_err().kind, SpoolErrorKind::Unavailable);
    }

    #[test]
    fn a_folder_below_a_file_is_refused_by_name() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let folder = file.join("storage");
        let err = prepare_folder(&folder).unwrap_err();
        assert!(err.to_string().contains(&*folder.to_string_lossy()), "{err}");
    }
}
