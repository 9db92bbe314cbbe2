//! Who asks, as far as the network tells.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use viva_domain::ids::UserId;

use crate::state::Exposure;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who is counted as one when requests are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// Somebody who signed in, wherever they are.
    User(UserId),
    /// Whoever asks from there.
    Address(IpAddr),
}

/// Where a request comes from. A whole IPv6 network of 64 bits is one client: anybody has as many addresses in theirs as
/// they like.
pub(crate) fn address(parts: &Parts, exposure: Exposure) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let address = match exposure {
        Exposure::Direct => peer,
        Exposure::BehindProxy => forwarded_for(&parts.headers).unwrap_or(peer),
    };
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// The last address is the one that the proxy saw; whoever is behind it may have written the others.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED_FOR).iter().next_back()?;
    let address = last.to_str().ok()?.rsplit(',').next()?;
    address.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(peer: &str, forwarded_for: &[&str]) -> Parts {
        let mut request = Request::new(());
        for value in forwarded_for {
            request
                .headers_mut()
                .append(FORWARDED_FOR, value.parse().unwrap());
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 1_234);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.into_parts().0
    }

    #[test]
    fn what_a_client_says_of_itself_counts_for_nothing() {
        let parts = parts("192.0.2.1", &["198.51.100.7"]);
        let seen = address(&parts, Exposure::Direct).to_string();
        assert_eq!(seen, "192.0.2.1");
    }

    #[test]
    fn what_the_proxy_says_counts() {
        for (forwarded_for, expected) in [
            (&["198.51.100.7"][..], "198.51.100.7"),
            (&["10.0.0.1, 198.51.100.7"], "198.51.100.7"),
            (&["10.0.0.1", "198.51.100.7"], "198.51.100.7"),
            (&["198.51.100.7, nonsense"], "192.0.2.1"),
            (&[], "192.0.2.1"),
        ] {
            let parts = parts("192.0.2.1", forwarded_for);
            let seen = address(&parts, Exposure::BehindProxy).to_string();
            assert_eq!(seen, expected, "{forwarded_for:?}");
        }
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        for (peer, expected) in [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::7", "2001:db8:1:2::"),
            ("2001:db8:1:3::7", "2001:db8:1:3::"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            let seen = address(&parts(peer, &[]), Exposure::Direct).to_string();
            assert_eq!(seen, expected, "{peer}");
        }
    }
}
