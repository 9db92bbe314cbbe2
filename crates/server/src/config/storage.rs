use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use secrecy::SecretString;
use serde::Deserialize;
use viva_domain::ports::BlobKey;
use viva_infrastructure::blobs::S3Config;

use super::providers::from_file;

const S3: &str = "s3://";
/// What the usual variables of S3 begin with.
const VARIABLES: &str = "AWS_";
/// Those that may be in a file that a variable with this ending names.
const SECRETS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
const IN_A_FILE: &str = "_FILE";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageSettings {
    url: String,
    folder: PathBuf,
    /// Where the bucket is, and who may use it.
    #[serde(skip)]
    variables: Vec<(String, SecretString)>,
}

/// Where recordings are.
#[derive(Debug, Clone)]
pub(crate) enum Recordings {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In a bucket.
    Bucket(S3Config),
}

impl StorageSettings {
    /// Takes what the environment says about S3, where that is used.
    pub(super) fn read_variables(&mut self, environment: &[(String, String)]) -> Result<()> {
        self.variables.clear();
        if !self.is_bucket() {
            return Ok(());
        }
        let variables = environment.iter().filter(|(name, _)| name.starts_with(VARIABLES));
        let variables = variables.map(|(name, value)| (name.clone(), SecretString::from(value.as_str())));
        self.variables.extend(variables);
        for name in SECRETS {
            let is_set = self.variables.iter().any(|(set, _)| set == name);
            let file = format!("{name}{IN_A_FILE}");
            let named = environment.iter().find(|(set, _)| *set == file);
            if let Some((_, path)) = named.filter(|(_, path)| !is_set && !path.is_empty()) {
                let secret = from_file(&file, Path::new(path))?;
                self.variables.push((name.to_owned(), secret));
            }
        }
        Ok(())
    }

    pub(super) fn validate(&self) -> Result<()> {
        if let Some(place) = self.url.strip_prefix(S3) {
            let (bucket, prefix) = parts(place);
            // The rest of what may be wrong with a name knows the store.
            let is_name = |name: &str| !name.contains('/') && BlobKey::parse(name).is_ok();
            ensure!(
                is_name(bucket) && (prefix.is_empty() || BlobKey::parse(prefix).is_ok()),
                "storage.url must be s3://BUCKET or s3://BUCKET/PREFIX, of letters, digits, \"-\", \"_\" and \".\"; keys \
                 belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            );
            ensure!(
                !self.folder.as_os_str().is_empty(),
                "storage.folder must be set where recordings are in a bucket: it holds what stays on this machine, such as the \
                 master key. It is the folder that storage.url was, where that was one before"
            );
            return Ok(());
        }
        let is_folder =
            !self.url.is_empty() && (!self.url.contains("://") || self.url.starts_with("file://"));
        ensure!(
            is_folder,
            "storage.url is \"{}\"; it must be a folder, or a bucket as s3://BUCKET/PREFIX",
            self.url
        );
        Ok(())
    }

    /// The folder that holds what stays on this machine: the spool, the journal and what else the server keeps for itself.
    pub(crate) fn folder(&self) -> PathBuf {
        if self.folder.as_os_str().is_empty() {
            self.url_as_folder()
        } else {
            self.folder.clone()
        }
    }

    pub(crate) fn recordings(&self) -> Recordings {
        let Some(place) = self.url.strip_prefix(S3) else {
            return Recordings::Folder(self.url_as_folder());
        };
        let (bucket, prefix) = parts(place);
        Recordings::Bucket(S3Config {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            variables: self.variables.clone(),
        })
    }

    fn is_bucket(&self) -> bool {
        self.url.starts_with(S3)
    }

    fn url_as_folder(&self) -> PathBuf {
        PathBuf::from(self.url.strip_prefix("file://").unwrap_or(&self.url))
    }
}

/// Bucket and prefix.
fn parts(place: &str) -> (&str, &str) {
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    (bucket, prefix.trim_matches('/'))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn settings(url: &str, folder: &str) -> StorageSettings {
        StorageSettings {
            url: url.to_owned(),
            folder: folder.into(),
            variables: Vec::new(),
        }
    }

    fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        variables.iter().map(owned).collect()
    }

    #[test]
    fn a_folder_holds_everything_unless_another_one_is_named() {
        for (url, folder, recordings, local) in [
            ("data", "", "data", "data"),
            ("file:///var/viva", "", "/var/viva", "/var/viva"),
            ("data", "here", "data", "here"),
        ] {
            let settings = settings(url, folder);
            settings.validate().unwrap();
            assert_eq!(settings.folder(), PathBuf::from(local));
            let Recordings::Folder(found) = settings.recordings() else {
                panic!("{url} is a folder");
            };
            assert_eq!(found, PathBuf::from(recordings));
        }
    }

    #[test]
    fn a_bucket_holds_recordings_and_a_folder_the_rest() {
        for (url, bucket, prefix) in [
            ("s3://viva", "viva", ""),
            ("s3://my.viva-1/", "my.viva-1", ""),
            ("s3://viva/a/b/", "viva", "a/b"),
        ] {
            let mut settings = settings(url, "here");
            settings.validate().unwrap();
            settings
                .read_variables(&environment(&[
                    ("AWS_SECRET_ACCESS_KEY", "hunter2"),
                    ("HOME", "x"),
                ]))
                .unwrap();
            assert_eq!(settings.folder(), PathBuf::from("here"));
            assert!(!format!("{settings:?}").contains("hunter2"));
            let Recordings::Bucket(found) = settings.recordings() else {
                panic!("{url} is a bucket");
            };
            assert_eq!((&*found.bucket, &*found.prefix), (bucket, prefix));
            let [(name, value)] = &found.variables[..] else {
                panic!("{:?}", found.variables);
            };
            assert_eq!(
                (&**name, value.expose_secret()),
                ("AWS_SECRET_ACCESS_KEY", "hunter2")
            );
        }
    }

    #[test]
    fn keys_are_not_looked_at_where_nobody_needs_them() {
        let mut settings = settings("data", "");
        let variables = [
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AWS_SESSION_TOKEN_FILE", "nowhere"),
        ];
        settings.read_variables(&environment(&variables)).unwrap();
        assert!(settings.variables.is_empty());
    }

    #[test]
    fn keys_may_be_in_files() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("secret");
        std::fs::write(&file, "hunter2\n").unwrap();
        let file = file.to_str().unwrap();
        let read = |variables: &[(&str, &str)]| {
            let mut settings = settings("s3://viva", "here");
            settings.read_variables(&environment(variables)).map(|()| {
                let found = settings
                    .variables
                    .iter()
                    .find(|(name, _)| name == "AWS_SECRET_ACCESS_KEY");
                found.map(|(_, value)| value.expose_secret().to_owned())
            })
        };
        let in_file = ("AWS_SECRET_ACCESS_KEY_FILE", file);
        assert_eq!(read(&[in_file]).unwrap().unwrap(), "hunter2");
        let both = [in_file, ("AWS_SECRET_ACCESS_KEY", "hunter3")];
        assert_eq!(read(&both).unwrap().unwrap(), "hunter3");
        let err = read(&[("AWS_SECRET_ACCESS_KEY_FILE", "nowhere")]).unwrap_err();
        assert!(
            err.to_string()
                .starts_with("AWS_SECRET_ACCESS_KEY_FILE names nowhere"),
            "{err}"
        );
    }

    #[test]
    fn a_bucket_needs_a_folder_for_the_rest() {
        let err = settings("s3://viva", "").validate().unwrap_err().to_string();
        assert!(err.contains("storage.folder must be set"), "{err}");
    }

    #[test]
    fn other_places_are_refused_without_repeating_a_key() {
        for url in [
            "",
            "gs://viva",
            "s3://",
            "s3:///a",
            "s3://viva/../b",
            "s3://id:hunter2@viva",
        ] {
            let err = settings(url, "").validate().unwrap_err().to_string();
            assert!(err.contains("storage.url") && !err.contains("hunter2"), "{err}");
        }
    }
}
