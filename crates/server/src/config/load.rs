use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use config::builder::DefaultState;
use config::{Config, ConfigBuilder, ConfigError, File, FileFormat, Value, ValueKind};
use viva_infrastructure::catalogue::Catalogue;

use super::{Settings, providers};
use crate::failure::Failure;

/// The defaults and the reference manual.
const DEFAULTS: &str = include_str!("default.toml");
/// Read when no file is named and it is there.
const USUAL_FILE: &str = "viva.toml";
/// What the names of environment variables begin with; `__` separates the parts of a key.
pub(super) const PREFIX: &str = "VIVA__";
/// Keys that end so are never printed; those of the second list without what a URL may hide.
const SECRETS: [&str; 3] = [".api_key", "master_key", "traces.headers"];
const URLS: [&str; 3] = ["database.url", ".base_url", "traces.endpoint"];

/// The configuration and where it is odd.
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    /// Variables that look like settings and are none.
    pub(crate) unknown_variables: Vec<String>,
    values: Vec<(String, String)>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.shown()).finish()
    }
}

impl Loaded {
    /// Every setting with its value, secrets hidden.
    pub(crate) fn shown(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|(key, value)| {
            let is_one_of = |ends: &[&str]| ends.iter().any(|end| key.ends_with(end));
            let value = if is_one_of(&SECRETS) && !value.is_empty() {
                "[redacted]".to_owned()
            } else if is_one_of(&URLS) {
                redacted(value)
            } else {
                value.clone()
            };
            format!("{key} = {value:?}")
        })
    }
}

/// Reads defaults, file, environment and overrides (from flags), in this order.
pub(crate) fn load(file: Option<&Path>, overrides: &[(&str, String)]) -> Result<Loaded> {
    // Other programs' variables need not be Unicode.
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
        .collect();
    load_from(file, &environment, overrides).context(Failure::Config)
}

/// The defaults with these overrides, whatever files and the environment say, and no provider but the offline one.
pub(crate) fn defaults(overrides: &[(&str, String)]) -> Result<Settings> {
    let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    for (key, value) in overrides {
        builder = builder.set_override(*key, value.as_str())?;
    }
    let settings: Settings = read(builder.build())?
        .try_deserialize()
        .map_err(|err| anyhow!("{err}"))?;
    settings.validate()?;
    Ok(settings)
}

pub(super) fn load_from(
    file: Option<&Path>,
    environment: &[(String, String)],
    overrides: &[(&str, String)],
) -> Result<Loaded> {
    let defaults = Config::builder()
        .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
        .build()?;
    let known = leaves(&defaults);
    let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    builder = add_file(builder, file);
    let mut others = Vec::new();
    for (name, value) in environment {
        let Some(key) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let key = key.to_lowercase().replace("__", ".");
        if known.iter().any(|(known, _)| *known == key) {
            builder = builder.set_override(key, value.as_str())?;
        } else {
            others.push((name, key, value));
        }
    }
    for (key, value) in overrides {
        builder = builder.set_override(*key, value.as_str())?;
    }
    // Which providers there are is a setting itself.
    let settings: Settings = read(builder.build_cloned())?
        .try_deserialize()
        .map_err(|err| told(&err))?;
    let catalogue = Catalogue::load(settings.catalogue.file()).context("catalogue.file")?;
    let mut unknown_variables = Vec::new();
    for (name, key, value) in others {
        if is_about_providers(&key, &catalogue) {
            builder = builder.set_override(key, value.as_str())?;
        } else {
            unknown_variables.push(name.clone());
        }
    }
    let config = read(builder.build())?;
    let values = leaves(&config);
    let mut settings: Settings = config.try_deserialize().map_err(|err| told(&err))?;
    settings.read_files()?;
    settings.storage.read_variables(environment)?;
    settings.validate()?;
    let about_providers = std::mem::take(&mut settings.providers.by_id);
    settings.provider_setups = providers::set_up(catalogue.into_providers(), about_providers, environment)?;
    Ok(Loaded {
        settings,
        unknown_variables,
        values,
    })
}

fn read(config: Result<Config, ConfigError>) -> Result<Config> {
    config.map_err(|err| told(&err))
}

/// What the library says, without the values that it repeats: any of them may be a key in the wrong place.
fn told(err: &ConfigError) -> anyhow::Error {
    const VALUE: (&str, &str) = ("string \"", "\", expected");
    let message = err.to_string();
    let is_excerpt = |line: &&str| {
        let line = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        line.starts_with('|')
    };
    let lines: Vec<&str> = message.lines().filter(|line| !is_excerpt(line)).collect();
    let message = lines.join("; ");
    match (message.find(VALUE.0), message.rfind(VALUE.1)) {
        (Some(from), Some(to)) if from < to => {
            anyhow!("{}a text{}", &message[..from], &message[to + 1..])
        }
        _ => anyhow!("{message}"),
    }
}

/// Whether a key is one of `providers.<id>.<field>`, or about all of them.
fn is_about_providers(key: &str, catalogue: &Catalogue) -> bool {
    let parts: Vec<&str> = key.split('.').collect();
    match parts[..] {
        ["providers", name] => name == providers::ALLOW_PRIVATE_ADDRESSES,
        ["providers", section, field] => {
            let mut known = catalogue.providers().iter();
            providers::FIELDS.contains(&field)
                && known.any(|provider| providers::section(&provider.id) == section)
        }
        _ => false,
    }
}

fn add_file(builder: ConfigBuilder<DefaultState>, file: Option<&Path>) -> ConfigBuilder<DefaultState> {
    let (path, is_required) = file.map_or((Path::new(USUAL_FILE), false), |file| (file, true));
    builder.add_source(File::from(path).format(FileFormat::Toml).required(is_required))
}

/// All keys with their values, sorted.
fn leaves(config: &Config) -> Vec<(String, String)> {
    fn walk(prefix: &str, value: &Value, leaves: &mut Vec<(String, String)>) {
        match &value.kind {
            ValueKind::Table(table) => {
                for (key, value) in table {
                    let key = if prefix.is_empty() {
                        key.clone()
                    } else {
                        format!("{prefix}.{key}")
                    };
                    walk(&key, value, leaves);
                }
            }
            other => leaves.push((prefix.to_owned(), other.to_string())),
        }
    }
    let mut found = Vec::new();
    walk("", &config.cache, &mut found);
    found.sort();
    found
}

/// A URL without what may hold a password: the part before the host, and the parameters.
fn redacted(url: &str) -> String {
    let (url, parameters) = url
        .split_once('?')
        .map_or((url, None), |(url, rest)| (url, Some(rest)));
    let shown = match url.split_once("://") {
        // Whatever stands before an `@` may be a password with a question mark in it.
        Some((scheme, _)) if parameters.is_some_and(|rest| rest.contains('@')) => {
            return format!("{scheme}://[redacted]");
        }
        Some((scheme, rest)) => rest.rsplit_once('@').map_or_else(
            || url.to_owned(),
            |(_, place)| format!("{scheme}://[redacted]@{place}"),
        ),
        None => url.to_owned(),
    };
    match parameters {
        Some(_) => format!("{shown}?[redacted]"),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::ExposeSecret as _;
    use viva_infrastructure::providers::transport::AddressPolicy;

    use super::*;

    fn with(environment: &[(&str, &str)]) -> Result<Loaded> {
        let environment: Vec<(String, String)> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let folder = tempfile::tempdir()?;
        let empty = folder.path().join("empty.toml");
        fs::write(&empty, "")?;
        load_from(Some(&empty), &environment, &[])
    }

    fn from_file(text: &str) -> Result<Loaded> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("viva.toml");
        fs::write(&file, text)?;
        load_from(Some(&file), &[], &[])
    }

    fn message(loaded: Result<Loaded>) -> String {
        format!("{:#}", loaded.unwrap_err())
    }

    #[test]
    fn the_defaults_are_valid() {
        let loaded = with(&[]).unwrap();
        assert_eq!(loaded.settings.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(
            loaded.settings.sessions.to_application(),
            viva_application::sessions::SessionSettings::default()
        );
        assert_eq!(
            loaded.settings.limits.to_presentation(),
            viva_presentation::RateLimits::default()
        );
        assert_eq!(loaded.settings.auth.mode, crate::config::AuthMode::None);
        let exposure = loaded.settings.server.exposure();
        assert_eq!(exposure, viva_presentation::Exposure::Direct);
    }

    #[test]
    fn the_environment_wins_over_the_file_and_flags_over_both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("viva.toml");
        fs::write(
            &file,
            "[sessions]\nper_user = 2\nresume_s = 7\n[web]\nsite = \"a\"",
        )
        .unwrap();
        let environment = vec![
            ("VIVA__SESSIONS__PER_USER".into(), "3".into()),
            ("VIVA__WEB__SITE".into(), "b".into()),
        ];
        let loaded = load_from(Some(&file), &environment, &[("web.site", "c".into())]).unwrap();
        let sessions = loaded.settings.sessions.to_application();
        assert_eq!((sessions.per_user, sessions.limits.resume.as_secs()), (3, 7));
        assert_eq!(loaded.settings.web.site(), Some(Path::new("c")));
    }

    #[test]
    fn a_variable_that_is_no_setting_is_named() {
        let loaded = with(&[("VIVA__SERVER__LISTN", "x")]).unwrap();
        assert_eq!(loaded.unknown_variables, ["VIVA__SERVER__LISTN"]);
    }

    #[test]
    fn an_unknown_key_in_a_file_is_refused_by_name() {
        assert!(message(from_file("[server]\nlistn = \"x\"")).contains("listn"));
    }

    #[test]
    fn a_broken_file_is_refused_with_its_place() {
        let message = message(from_file("[server\nlisten = 1"));
        assert!(
            message.contains("viva.toml") && message.contains("line 1"),
            "{message}"
        );
    }

    #[test]
    fn a_missing_file_is_refused() {
        assert!(message(load_from(Some(Path::new("not/there.toml")), &[], &[])).contains("not/there.toml"));
    }

    #[test]
    fn values_out_of_range_are_refused() {
        assert!(message(with(&[("VIVA__SESSIONS__PER_USER", "0")])).contains("per_user"));
        assert!(message(with(&[("VIVA__DATABASE__URL", "mysql://x")])).contains("database.url"));
        assert!(message(with(&[("VIVA__SERVER__LISTEN", "8080")])).contains("socket address"));
    }

    #[test]
    fn without_sign_in_only_loopback_is_served() {
        let everywhere = ("VIVA__SERVER__LISTEN", "0.0.0.0:8080");
        let message = message(with(&[everywhere]));
        assert!(
            message.contains("loopback") && message.contains("auth.mode"),
            "{message}"
        );
        let settings = with(&[everywhere, ("VIVA__AUTH__MODE", "token")])
            .unwrap()
            .settings;
        assert!(settings.server.listen.ip().is_unspecified());
        assert_eq!(settings.auth.mode, crate::config::AuthMode::Token);
    }

    #[test]
    fn a_mode_that_is_none_is_refused_by_name() {
        let message = message(with(&[("VIVA__AUTH__MODE", "password")]));
        assert!(
            message.contains("password") || message.contains("auth.mode"),
            "{message}"
        );
    }

    #[test]
    fn passwords_are_not_shown() {
        let loaded = with(&[("VIVA__DATABASE__URL", "postgres://viva:hunter2@db:5432/viva")]).unwrap();
        let shown: Vec<String> = loaded.shown().collect();
        assert!(
            shown.contains(&"database.url = \"postgres://[redacted]@db:5432/viva\"".to_owned()),
            "{shown:?}"
        );
        assert!(!format!("{loaded:?} {:?}", loaded.settings).contains("hunter2"));
    }

    #[test]
    fn passwords_are_hidden_wherever_a_url_holds_them() {
        for (url, shown) in [
            ("sqlite://storage/viva.db", "sqlite://storage/viva.db"),
            ("sqlite:viva.db?mode=rwc", "sqlite:viva.db?[redacted]"),
            ("postgres://viva:hunter2@db/viva", "postgres://[redacted]@db/viva"),
            (
                "postgres://db/viva?user=viva&password=hunter2",
                "postgres://db/viva?[redacted]",
            ),
            ("postgres://viva:hun?ter2@db/viva", "postgres://[redacted]"),
            (
                "postgres://viva:hunter@2@db/viva?sslmode=require",
                "postgres://[redacted]@db/viva?[redacted]",
            ),
        ] {
            assert_eq!(redacted(url), shown);
        }
    }

    #[test]
    fn the_database_url_can_come_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        fs::write(&file, "postgres://viva:secret@db/viva\n").unwrap();
        let loaded = with(&[("VIVA__DATABASE__URL_FILE", file.to_str().unwrap())]).unwrap();
        assert_eq!(
            loaded.settings.database.url().expose_secret(),
            "postgres://viva:secret@db/viva"
        );
    }

    #[test]
    fn keys_of_providers_are_not_shown() {
        let loaded = with(&[
            ("VIVA__PROVIDERS__AZURE_OPENAI__API_KEY", "hunter2"),
            (
                "VIVA__PROVIDERS__AZURE_OPENAI__BASE_URL",
                "https://a.example?key=hunter2",
            ),
            ("OPENAI_API_KEY", "hunter2"),
        ])
        .unwrap();
        let shown: Vec<String> = loaded.shown().collect();
        assert!(
            shown.contains(&"providers.azure_openai.api_key = \"[redacted]\"".to_owned()),
            "{shown:?}"
        );
        let said = format!("{shown:?} {loaded:?} {:?}", loaded.settings);
        assert!(!said.contains("hunter2"), "{said}");
    }

    #[test]
    fn a_variable_about_a_provider_that_is_not_there_is_named() {
        let names = ["VIVA__PROVIDERS__OPENIA__API_KEY", "VIVA__PROVIDERS__OPENAI__KEY"];
        let loaded = with(&names.map(|name| (name, "x"))).unwrap();
        assert_eq!(loaded.unknown_variables, names);
        let message = message(from_file("[providers.openia]\napi_key = \"x\""));
        assert!(
            message.contains("providers.openia is no provider") && message.contains("azure_openai"),
            "{message}"
        );
    }

    #[test]
    fn users_may_name_private_addresses_unless_the_operator_says_no() {
        let allowed = |loaded: Loaded| loaded.settings.user_addresses() == AddressPolicy::PrivateAllowed;
        let name = "VIVA__PROVIDERS__ALLOW_PRIVATE_ADDRESSES";
        assert!(allowed(with(&[]).unwrap()));
        // Whoever is behind it may be anywhere.
        let behind_proxy = [
            ("VIVA__SERVER__BEHIND_PROXY", "true"),
            ("VIVA__AUTH__MODE", "token"),
        ];
        assert!(!allowed(with(&behind_proxy).unwrap()));
        assert!(!allowed(with(&[(name, "false")]).unwrap()));
        assert!(allowed(with(&[(name, "true")]).unwrap()));
        assert!(!allowed(
            from_file("[providers]\nallow_private_addresses = false").unwrap()
        ));
        let loaded = with(&[(name, "true")]).unwrap();
        assert!(loaded.unknown_variables.is_empty());
        let shown: Vec<String> = loaded.shown().collect();
        assert!(
            shown.contains(&"providers.allow_private_addresses = \"true\"".to_owned()),
            "{shown:?}"
        );
        let message = message(with(&[(name, "hunter2")]));
        assert!(
            message.contains("providers.allow_private_addresses") && !message.contains("hunter2"),
            "{message}"
        );
    }

    #[test]
    fn a_key_in_the_wrong_place_is_not_repeated() {
        for file in [
            "[providers]\nallow_private_addresses = \"hunter2\"",
            "[providers]\nopenai = \"hunter2\"",
            "[providers.openai]\napi_key = [\"hunter2\"]",
            "[providers.openai]\nkey = \"hunter2\"",
            "providers = \"hunter2\"",
            "[database]\nurl = [\"postgres://viva:hunter2@db/viva\"]",
            "[sessions]\nretention = \"hunter2\"",
            "api_key = \"hunter2\"",
            "[providers.openai]\napi_key = \"hunter2",
        ] {
            let message = message(from_file(file));
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn a_provider_may_begin_with_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        let text = "[[providers]]\nid = \"3m\"\nname = \"Mine\"\nbase_url = \"http://127.0.0.1:1\"\n[providers.llm]\n\
                    adapter = \"openai\"";
        fs::write(&file, text).unwrap();
        let loaded = with(&[
            ("VIVA__CATALOGUE__FILE", file.to_str().unwrap()),
            ("VIVA__PROVIDERS__3M__API_KEY", "hunter2"),
        ])
        .unwrap();
        let setup = loaded.settings.provider_setups.last().unwrap();
        assert!(setup.account.api_key.is_some());
    }

    #[test]
    fn a_file_of_providers_adds_settings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        let text = "[[providers]]\nid = \"my-own\"\nname = \"Mine\"\nbase_url = \"http://127.0.0.1:1\"\n[providers.llm]\n\
                    adapter = \"openai\"";
        fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let loaded = with(&[
            ("VIVA__CATALOGUE__FILE", file),
            ("VIVA__PROVIDERS__MY_OWN__BASE_URL", "http://127.0.0.1:2"),
        ])
        .unwrap();
        let setup = loaded.settings.provider_setups.last().unwrap();
        assert_eq!(setup.account.base_url.as_str(), "http://127.0.0.1:2/");
        assert!(loaded.unknown_variables.is_empty());
        fs::write(file, "[[providers]]\nid = \"openai\"\nbase = 1").unwrap();
        let message = message(with(&[("VIVA__CATALOGUE__FILE", file)]));
        assert!(
            message.contains("mine.toml, line 3: unknown field `base`"),
            "{message}"
        );
    }
}
