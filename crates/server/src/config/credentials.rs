use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use viva_infrastructure::vault::{MasterKey, MasterKeyPlace};

/// The file in the storage that holds the master key, where no setting names another place.
const IN_STORAGE: &str = "master.key";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsSettings {
    master_key: SecretString,
    master_key_file: PathBuf,
    new_master_key: SecretString,
}

impl CredentialsSettings {
    pub(super) fn validate(&self) -> Result<()> {
        let key = parse("master_key", &self.master_key)?;
        let new = parse("new_master_key", &self.new_master_key)?;
        let has_file = !self.master_key_file.as_os_str().is_empty();
        ensure!(
            key.is_none() || !has_file,
            "credentials.master_key and credentials.master_key_file are both set; unset one"
        );
        ensure!(
            new.is_none() || key.is_some(),
            "credentials.new_master_key is set, but the present key is no setting: `viva keys rotate` makes a new key \
             for a file itself; unset it"
        );
        Ok(())
    }

    /// Where the master key is, for a server with this storage.
    pub(crate) fn place(&self, storage: &Path) -> Result<MasterKeyPlace> {
        if let Some(key) = parse("master_key", &self.master_key)? {
            let new = parse("new_master_key", &self.new_master_key)?;
            return Ok(MasterKeyPlace::Setting { key, new });
        }
        if !self.master_key_file.as_os_str().is_empty() {
            return Ok(MasterKeyPlace::File(self.master_key_file.clone()));
        }
        Ok(MasterKeyPlace::Storage(storage.join(IN_STORAGE)))
    }
}

fn parse(setting: &str, text: &SecretString) -> Result<Option<MasterKey>> {
    let text = text.expose_secret();
    if text.trim().is_empty() {
        return Ok(None);
    }
    let key = MasterKey::parse(text).with_context(|| format!("credentials.{setting}"))?;
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(key: &str, file: &str, new: &str) -> CredentialsSettings {
        CredentialsSettings {
            master_key: key.into(),
            master_key_file: file.into(),
            new_master_key: new.into(),
        }
    }

    fn said(settings: &CredentialsSettings) -> String {
        format!("{:#}", settings.validate().unwrap_err())
    }

    #[test]
    fn the_key_is_where_the_settings_say() {
        let place = |settings: CredentialsSettings| {
            settings.validate().unwrap();
            settings.place(Path::new("data")).unwrap().to_string()
        };
        assert_eq!(place(settings("", "", "")), "data/master.key");
        assert_eq!(place(settings("", "mine.key", "")), "mine.key");
        let digits = "0".repeat(64);
        assert_eq!(
            place(settings(&digits, "", "")),
            "the setting credentials.master_key"
        );
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        let digits = "0".repeat(64);
        assert!(said(&settings(&digits, "mine.key", "")).contains("unset one"));
        assert!(said(&settings("", "", &digits)).contains("`viva keys rotate` makes a new key"));
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for (settings, says) in [
            (
                settings("hidden", "", ""),
                "credentials.master_key: a master key has 64",
            ),
            (
                settings(&"0".repeat(64), "", "hidden"),
                "credentials.new_master_key: a master key has 64",
            ),
        ] {
            let said = said(&settings);
            assert!(said.starts_with(says) && !said.contains("hidden"), "{said}");
        }
    }
}
