//! `viva ready`.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use anyhow::{Result, ensure};
use clap::Args;
use viva_client::Client;

use crate::config::load;

#[derive(Debug, Clone, Args)]
pub(crate) struct ReadyArgs {
    /// Where the server is; unless it is named, at server.listen on this machine.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Asks a server whether it can take sessions.
///
/// # Errors
/// When it cannot, with what it says, or nobody answers.
pub(crate) async fn run(file: Option<&Path>, args: ReadyArgs) -> Result<()> {
    let url = match args.url {
        Some(url) => url,
        None => address(load(file, &[])?.settings.server.listen)?,
    };
    Client::new(&url)?.ready().await?;
    writeln!(std::io::stdout(), "ready")?;
    Ok(())
}

/// Where a server of this machine is reached that listens there.
fn address(listen: SocketAddr) -> Result<String> {
    ensure!(
        listen.port() != 0,
        "server.listen is {listen}, a port that is chosen at each start; name the server with --url"
    );
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(format!("http://{}", SocketAddr::new(ip, listen.port())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_here_too() {
        for (listen, expected) in [
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            ("[::]:8080", "http://[::1]:8080"),
            ("192.0.2.1:80", "http://192.0.2.1:80"),
        ] {
            assert_eq!(address(listen.parse().unwrap()).unwrap(), expected);
        }
        let err = address("127.0.0.1:0".parse().unwrap()).unwrap_err();
        assert!(err.to_string().contains("--url"), "{err}");
    }
}
