//! Where clients connect to, on real sockets, with names that mean what a test says.

use std::collections::VecDeque;
use std::future::{pending, ready};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use viva_domain::ports::ProviderErrorKind;

use super::super::AddressPolicy::{PrivateAllowed, PublicOnly, Trusted};
use super::super::socket::connect;
use super::super::{Account, AddressPolicy, ForbiddenAddress, HttpClient};
use super::http::LIMITS;

/// How a vendor is spoken to.
#[derive(Debug, Clone, Copy)]
enum Way {
    Http,
    Socket,
}

/// Answers every lookup with the next list of addresses.
#[derive(Default)]
struct MadeUpNames {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    lookups: Mutex<Vec<String>>,
}

impl Resolve for MadeUpNames {
    fn resolve(&self, name: Name) -> Resolving {
        self.lookups.lock().unwrap().push(name.as_str().to_owned());
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_default();
        let answer = answer.into_iter().map(|address| SocketAddr::new(address, 0));
        Box::pin(ready(Ok(Box::new(answer) as Addrs)))
    }
}

/// A server on this machine and a client that is to find it, or not.
struct Rig {
    listener: TcpListener,
    names: Arc<MadeUpNames>,
    http: HttpClient,
    way: Way,
}

impl Rig {
    fn new(way: Way, policy: AddressPolicy, answers: &[&[&str]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let names = Arc::new(MadeUpNames::default());
        for answer in answers {
            let answer = answer.iter().map(|address| address.parse().unwrap());
            names.answers.lock().unwrap().push_back(answer.collect());
        }
        let resolver: Arc<dyn Resolve> = names.clone();
        let http = HttpClient::with_names(policy, resolver).unwrap();
        Self {
            listener,
            names,
            http: http.with_limits(LIMITS),
            way,
        }
    }

    /// Asks for something at a host, on the port of the server.
    async fn ask(&self, host: &str) -> Result<(), ProviderErrorKind> {
        let port = self.listener.local_addr().unwrap().port();
        let account = Account {
            provider: "acme".to_owned(),
            base_url: format!("http://{host}:{port}/v1").parse().unwrap(),
            api_key: None,
            organization: None,
        };
        let url = account.url("x");
        let asked = match self.way {
            Way::Http => {
                let sent = self.http.send(&account, |client| client.get(url.clone())).await;
                sent.map(drop)
            }
            Way::Socket => {
                let opened = connect(&self.http, &account, LIMITS.answer, |client| client.get(url)).await;
                opened.map(drop)
            }
        };
        asked.map_err(|err| err.kind)
    }

    /// As [`Self::ask`], while the server answers one connection.
    async fn ask_and_serve(&self, host: &str) -> Result<(), ProviderErrorKind> {
        let listener = tokio::net::TcpListener::from_std(self.listener.try_clone().unwrap()).unwrap();
        let serving = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            match self.way {
                Way::Http => {
                    let mut request = Vec::new();
                    while !request.ends_with(b"\r\n\r\n") {
                        request.push(stream.read_u8().await.unwrap());
                    }
                    let response = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    stream.write_all(response).await.unwrap();
                }
                Way::Socket => drop(tokio_tungstenite::accept_async(stream).await.unwrap()),
            }
            pending::<()>().await;
        };
        tokio::select! {
            asked = self.ask(host) => asked,
            () = serving => unreachable!("it waits"),
        }
    }

    /// Whether somebody has connected whom nobody served.
    fn is_called(&self) -> bool {
        let called = self.listener.accept().map(drop).map_err(|err| err.kind());
        assert!(
            matches!(called, Ok(()) | Err(ErrorKind::WouldBlock)),
            "{called:?}"
        );
        called.is_ok()
    }

    fn lookups(&self) -> usize {
        self.names.lookups.lock().unwrap().len()
    }
}

fn refused(why: ForbiddenAddress) -> Result<(), ProviderErrorKind> {
    Err(ProviderErrorKind::InvalidConfig(format!("its base_url {why}")))
}

#[rstest]
#[tokio::test]
async fn a_host_that_is_an_address_is_checked(
    #[values(Way::Http, Way::Socket)] way: Way,
    #[values(
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7F000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
        "[::FFFF:7f00:1]"
    )]
    host: &str,
) {
    let rig = Rig::new(way, PublicOnly, &[]);
    assert_eq!(rig.ask(host).await, refused(ForbiddenAddress::Private));
    assert!(!rig.is_called());
    assert_eq!(rig.lookups(), 0);
}

#[rstest]
#[case::private(PublicOnly, &["127.0.0.1"], ForbiddenAddress::Private)]
#[case::mapped(PublicOnly, &["::ffff:127.0.0.1"], ForbiddenAddress::Private)]
#[case::metadata(PrivateAllowed, &["169.254.169.254"], ForbiddenAddress::Metadata)]
#[case::two(PrivateAllowed, &["169.254.169.254", "fe80::1"], ForbiddenAddress::Metadata)]
#[case::translated(PrivateAllowed, &["64:ff9b::a9fe:a9fe"], ForbiddenAddress::Metadata)]
#[case::unspecified(PrivateAllowed, &["0.0.0.0"], ForbiddenAddress::Special)]
#[case::of_the_operator(Trusted, &["fe80::1"], ForbiddenAddress::LinkLocal)]
#[tokio::test]
async fn a_name_is_checked_by_what_it_means(
    #[values(Way::Http, Way::Socket)] way: Way,
    #[case] policy: AddressPolicy,
    #[case] means: &[&str],
    #[case] why: ForbiddenAddress,
) {
    let rig = Rig::new(way, policy, &[means]);
    assert_eq!(rig.ask("vendor.example").await, refused(why));
    assert!(!rig.is_called());
    // And that it is refused is no reason to ask again.
    assert_eq!(rig.lookups(), 1);
}

#[rstest]
#[case::metadata_first(PrivateAllowed, &["169.254.169.254", "127.0.0.1"])]
#[case::metadata_last(PrivateAllowed, &["127.0.0.1", "64:ff9b::a9fe:a9fe"])]
#[case::in_the_same_house(Trusted, &["fe80::1", "127.0.0.1"])]
#[tokio::test]
async fn of_a_names_addresses_those_are_used_that_may_be(
    #[values(Way::Http, Way::Socket)] way: Way,
    #[case] policy: AddressPolicy,
    #[case] means: &[&str],
) {
    let rig = Rig::new(way, policy, &[means]);
    assert_eq!(rig.ask_and_serve("vendor.example").await, Ok(()));
    assert_eq!(rig.lookups(), 1);
}

#[rstest]
#[case::first_allowed(PrivateAllowed, "169.254.169.254", ForbiddenAddress::Metadata)]
#[case::also_for_the_operator(Trusted, "169.254.169.254", ForbiddenAddress::Metadata)]
#[case::within_the_machine(PrivateAllowed, "0.0.0.0", ForbiddenAddress::Special)]
#[tokio::test]
async fn a_name_that_means_another_address_later_leads_nowhere(
    #[values(Way::Http, Way::Socket)] way: Way,
    #[case] policy: AddressPolicy,
    #[case] later: &str,
    #[case] why: ForbiddenAddress,
) {
    let rig = Rig::new(way, policy, &[&["127.0.0.1"], &[later]]);
    assert_eq!(rig.ask_and_serve("vendor.example").await, Ok(()));
    // It went where the one lookup said, and nobody looked again in between.
    assert_eq!(rig.lookups(), 1);
    assert_eq!(rig.ask("vendor.example").await, refused(why));
    assert_eq!((rig.lookups(), rig.is_called()), (2, false));
}

#[rstest]
#[tokio::test]
async fn the_systems_names_are_checked_too(#[values(Way::Http, Way::Socket)] way: Way) {
    for host in ["localhost", "LOCALHOST"] {
        let mut rig = Rig::new(way, PublicOnly, &[]);
        rig.http = HttpClient::guarded(PublicOnly).unwrap().with_limits(LIMITS);
        assert_eq!(rig.ask(host).await, refused(ForbiddenAddress::Private), "{host}");
        assert!(!rig.is_called());
        rig.http = HttpClient::guarded(PrivateAllowed).unwrap().with_limits(LIMITS);
        assert_eq!(rig.ask_and_serve(host).await, Ok(()), "{host}");
    }
}

#[test]
fn a_guarded_client_has_no_proxy_that_looks_up_names_itself() {
    let shown = |http: HttpClient| format!("{http:?}");
    assert!(shown(HttpClient::new().unwrap()).contains("proxies"));
    assert!(!shown(HttpClient::guarded(PrivateAllowed).unwrap()).contains("proxies"));
}
