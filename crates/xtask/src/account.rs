//! The user that a server of the system runs as.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

/// Who runs the server, since PostgreSQL refuses root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    Ourselves,
    Other { user: u32, group: u32 },
}

impl Account {
    /// Gives the folder, which we just made and hence own, to an account that may run the server.
    pub(crate) fn that_may_run_it(folder: &Path) -> Result<Self> {
        if folder.metadata()?.uid() != 0 {
            return Ok(Self::Ourselves);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
        let account = Self::unprivileged(&accounts)
            .context("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")?;
        if let Self::Other { user, group } = account {
            chown(folder, Some(user), Some(group)).context("handing the data folder over")?;
        }
        Ok(account)
    }

    fn unprivileged(accounts: &str) -> Option<Self> {
        ["postgres", "nobody"].iter().find_map(|name| {
            let fields: Vec<&str> = accounts
                .lines()
                .map(|line| line.split(':').collect::<Vec<_>>())
                .find(|fields| fields.first() == Some(name))?;
            Some(Self::Other {
                user: fields.get(2)?.parse().ok()?,
                group: fields.get(3)?.parse().ok()?,
            })
        })
    }

    pub(crate) fn apply(self, command: &mut Command, folder: &Path) {
        // The folder we were called in may be closed to the other account.
        command.current_dir(folder);
        if let Self::Other { user, group } = self {
            command.uid(user).gid(group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_runs_it_where_there_is_no_user_for_it() {
        let nobody = "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65533:nobody:/:/usr/sbin/nologin\n";
        let both = format!("{nobody}postgres:x:112:118::/var/lib/postgresql:/bin/bash\n");
        let account = |user, group| Some(Account::Other { user, group });
        assert_eq!(Account::unprivileged(nobody), account(65534, 65533));
        assert_eq!(Account::unprivileged(&both), account(112, 118));
        assert_eq!(Account::unprivileged("root:x:0:0:root:/:/bin/sh\n"), None);
    }
}
