use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, ensure};
use axum::http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use viva_application::traces::TracedShare;
use viva_infrastructure::catalogue::BaseUrl;

/// What every signal adds to an endpoint itself.
const PATH: &str = "/v1/traces";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TracesSettings {
    /// May hold a key in its query.
    endpoint: SecretString,
    /// May hold a key.
    headers: SecretString,
    headers_file: PathBuf,
    percent: u8,
}

impl TracesSettings {
    /// Takes the headers from `headers_file`, when one is named.
    pub(super) fn read_files(&mut self) -> Result<()> {
        if self.headers_file.as_os_str().is_empty() {
            return Ok(());
        }
        ensure!(
            self.headers.expose_secret().is_empty(),
            "traces.headers and traces.headers_file are both set; unset one"
        );
        let read = std::fs::read_to_string(&self.headers_file);
        let headers =
            read.with_context(|| format!("cannot read traces.headers_file {}", self.headers_file.display()))?;
        self.headers = SecretString::from(headers.trim());
        Ok(())
    }

    pub(super) fn validate(&self) -> Result<()> {
        self.endpoint()?;
        self.headers()?;
        TracedShare::percent(self.percent).context("traces.percent")?;
        Ok(())
    }

    /// Where traces go; `None` when nobody collects them.
    pub(crate) fn endpoint(&self) -> Result<Option<BaseUrl>> {
        let text = self.endpoint.expose_secret().trim();
        if text.is_empty() {
            return Ok(None);
        }
        let endpoint = text
            .parse::<BaseUrl>()
            .map_err(|err| anyhow!("traces.endpoint {err}, such as http://127.0.0.1:4318"))?;
        let path = text.split('?').next().unwrap_or_default();
        ensure!(
            !path.trim_end_matches('/').ends_with(PATH),
            "traces.endpoint must do without {PATH}, which is added to it"
        );
        Ok(Some(endpoint))
    }

    /// What is sent with every request.
    pub(crate) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>> {
        let pairs = self.headers.expose_secret().split(',').map(str::trim);
        pairs.filter(|pair| !pair.is_empty()).map(header).collect()
    }

    /// How many of all turns are traced.
    pub(crate) fn share(&self) -> TracedShare {
        TracedShare::percent(self.percent).unwrap_or(TracedShare::ALL)
    }
}

/// What is wrong with one is not shown.
fn header(pair: &str) -> Result<(HeaderName, HeaderValue)> {
    const WRONG: &str =
        "traces.headers must be NAME=VALUE, several of them with a comma between, %2C for one within a value";
    let (name, value) = pair.split_once('=').context(WRONG)?;
    let name: HeaderName = name.trim().parse().ok().context(WRONG)?;
    let value = percent_decode_str(value.trim())
        .decode_utf8()
        .ok()
        .context(WRONG)?;
    let mut value: HeaderValue = value.parse().ok().context(WRONG)?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str, headers: &str) -> TracesSettings {
        TracesSettings {
            endpoint: endpoint.into(),
            headers: headers.into(),
            headers_file: PathBuf::new(),
            percent: 100,
        }
    }

    fn refused(settings: &TracesSettings) -> String {
        format!("{:#}", settings.validate().unwrap_err())
    }

    #[test]
    fn nothing_is_traced_unless_somebody_collects_it() {
        let traces = crate::config::defaults(&[]).unwrap().traces;
        assert_eq!(traces.endpoint().unwrap(), None);
        assert_eq!(
            (traces.headers().unwrap().len(), traces.share()),
            (0, TracedShare::ALL)
        );
    }

    #[test]
    fn an_endpoint_is_the_place_above_the_path() {
        let endpoint = |text| settings(text, "").endpoint();
        assert!(endpoint("http://127.0.0.1:4318").unwrap().is_some());
        assert!(endpoint("https://collector.example/otlp/").unwrap().is_some());
        let added = refused(&settings("https://collector.example/v1/traces/", ""));
        assert!(added.contains("which is added"), "{added}");
        for wrong in ["127.0.0.1:4318", "grpc://a:4317", "https://me:hunter2@a.example"] {
            let said = refused(&settings(wrong, ""));
            assert!(
                said.contains("traces.endpoint must") && !said.contains("hunter2"),
                "{said}"
            );
        }
    }

    #[test]
    fn headers_are_names_and_values() {
        let headers = settings("", "authorization=Basic%20aHVudGVyMg==, x-scope = a%2Cb,")
            .headers()
            .unwrap();
        let read: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(
            read,
            [("authorization", "Basic aHVudGVyMg=="), ("x-scope", "a,b")]
        );
        assert!(headers.iter().all(|(_, value)| value.is_sensitive()));
    }

    #[test]
    fn what_is_no_header_is_refused_without_being_shown() {
        for wrong in [
            "hunter2",
            "=hunter2",
            "a b=hunter2",
            "a=hunter2%0A",
            "a=hunter2%FF",
        ] {
            let said = refused(&settings("", wrong));
            assert!(
                said.contains("traces.headers must be") && !said.contains("hunter2"),
                "{said}"
            );
        }
        let shown = format!("{:?}", settings("http://a?key=hunter2", "a=hunter2"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn headers_may_be_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("headers");
        std::fs::write(&file, "authorization=Bearer%20hunter2\n").unwrap();
        let mut traces = settings("http://127.0.0.1:4318", "");
        traces.headers_file.clone_from(&file);
        traces.read_files().unwrap();
        assert_eq!(traces.headers().unwrap()[0].1, "Bearer hunter2");
        let mut both = settings("http://127.0.0.1:4318", "a=b");
        both.headers_file = file;
        assert!(both.read_files().unwrap_err().to_string().contains("unset one"));
        traces.headers_file = "nowhere".into();
        traces.headers = SecretString::default();
        assert!(traces.read_files().unwrap_err().to_string().contains("nowhere"));
    }

    #[test]
    fn more_than_every_turn_is_refused() {
        let mut traces = settings("", "");
        traces.percent = 101;
        assert!(refused(&traces).starts_with("traces.percent: a share"));
    }
}
