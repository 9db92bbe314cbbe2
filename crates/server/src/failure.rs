//! How a command that fails says so: one clear message, and an exit code that scripts can tell apart (`sysexits.h`).

use std::fmt;
use std::process::ExitCode;

/// For `viva --help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 failed · 2 wrong arguments · 69 database unavailable · 71 address cannot be listened on · \
73 storage cannot be used · 77 wrong master key · 78 wrong configuration";

/// What a failure is about. It is attached to an error as context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The configuration is wrong.
    Config,
    /// The database cannot be reached or migrated.
    Database,
    /// The storage cannot be written, or another server uses it.
    Storage,
    /// The address is in use or not ours.
    Listen,
    /// The key that encrypts provider keys.
    MasterKey,
}

impl Failure {
    const fn exit_code(self) -> u8 {
        match self {
            Self::Config => 78,
            Self::Database => 69,
            Self::Storage => 73,
            Self::Listen => 71,
            Self::MasterKey => 77,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "the configuration is wrong",
            Self::Database => "the database cannot be used",
            Self::Storage => "the storage cannot be used",
            Self::Listen => "the address cannot be listened on",
            Self::MasterKey => "the master key cannot be used",
        })
    }
}

/// Prints an error with its causes on one line.
#[expect(
    clippy::print_stderr,
    reason = "a command's last word, also when logging is off"
)]
pub(crate) fn report(err: &anyhow::Error) -> ExitCode {
    eprintln!("viva: {err:#}");
    err.downcast_ref::<Failure>()
        .map_or(ExitCode::FAILURE, |failure| ExitCode::from(failure.exit_code()))
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn the_exit_code_survives_further_context() {
        let err = anyhow!("unknown key")
            .context(Failure::Config)
            .context("cannot start");
        assert_eq!(err.downcast_ref::<Failure>(), Some(&Failure::Config));
        assert_eq!(
            format!("{err:#}"),
            "cannot start: the configuration is wrong: unknown key"
        );
    }
}
