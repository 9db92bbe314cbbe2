use std::net::SocketAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricsSettings {
    /// `None`: nobody watches.
    #[serde(deserialize_with = "address")]
    pub(crate) listen: Option<SocketAddr>,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let address = text.parse().map_err(|_| {
        D::Error::custom("it must be an address with a port, such as 127.0.0.1:9464, or empty for no metrics")
    });
    address.map(Some)
}

#[cfg(test)]
mod tests {
    use crate::config::defaults;

    #[test]
    fn nobody_watches_unless_an_address_is_named() {
        assert_eq!(defaults(&[]).unwrap().metrics.listen, None);
        let listening = defaults(&[("metrics.listen", "127.0.0.1:9464".to_owned())]).unwrap();
        assert_eq!(listening.metrics.listen, "127.0.0.1:9464".parse().ok());
    }

    #[test]
    fn what_is_no_address_is_refused_with_one_that_is() {
        for wrong in ["9464", "localhost:9464", "127.0.0.1", " "] {
            let err = defaults(&[("metrics.listen", wrong.to_owned())]).unwrap_err();
            let message = format!("{err:#}");
            assert!(
                message.contains("metrics.listen") && message.contains("127.0.0.1:9464"),
                "{message}"
            );
        }
    }
}
