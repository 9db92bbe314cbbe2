//! What a server tells Prometheus.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long it may take to tell.
const LIMIT: Duration = Duration::from_secs(10);

/// All figures, by their names with labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Asks on a connection of its own, which is closed afterwards.
    pub(super) async fn ask(address: SocketAddr) -> Result<Self> {
        let asking = async {
            let mut connection = TcpStream::connect(address).await?;
            let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            connection.write_all(request.as_bytes()).await?;
            let mut text = String::new();
            connection.read_to_string(&mut text).await?;
            Ok::<_, std::io::Error>(text)
        };
        let text = timeout(LIMIT, asking).await.context("no figures in time")??;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let figure = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(figure).collect())
    }

    /// The sum over all labels; `None` when there is none.
    pub(super) fn sum(&self, name: &str) -> Option<f64> {
        let mut values = self.of(name).map(|(_, value)| value).peekable();
        values.peek()?;
        Some(values.sum())
    }

    /// Each with its labels.
    pub(super) fn of(&self, name: &str) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().filter_map(move |(key, value)| {
            let labels = key.strip_prefix(name)?;
            (labels.is_empty() || labels.starts_with('{')).then_some((labels, *value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n# HELP a b 3\na{x=\"1\"} 2\na{x=\"2\"} 3.5\na_b 7\nc 1e3\n";

    #[test]
    fn figures_are_summed_over_their_labels() {
        let metrics = Metrics::parse(TEXT);
        assert_eq!(metrics.sum("a"), Some(5.5));
        assert_eq!(metrics.sum("c"), Some(1_000.0));
        assert_eq!(metrics.sum("b"), None);
        assert_eq!(
            metrics.of("a").collect::<Vec<_>>(),
            [("{x=\"1\"}", 2.0), ("{x=\"2\"}", 3.5)]
        );
    }
}
