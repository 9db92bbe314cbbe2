//! Which addresses a connection may go to. Knows no network: names are resolved, and their addresses checked, in `names.rs`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;
use thiserror::Error;

use self::ForbiddenAddress::{LinkLocal, Metadata, Private, Special};

/// Where connections may go, by who chose the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Whoever runs the server: anywhere but to link-local addresses and metadata services.
    Trusted,
    /// A user, who may use the server's private networks: not to special addresses either.
    PrivateAllowed,
    /// A user, who may not: public addresses only.
    PublicOnly,
}

/// Why a connection does not go to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ForbiddenAddress {
    /// Of machines beside this one, and of services of the machine itself.
    #[error("must not lead to a link-local address")]
    LinkLocal,
    /// Where a cloud gives a machine its credentials.
    #[error("must not lead to the metadata service of a cloud")]
    Metadata,
    /// Of this machine, or of a network that only some can reach.
    #[error(
        "must not lead to a private network; whoever runs the server can allow that with \
         providers.allow_private_addresses"
    )]
    Private,
    /// Unspecified, multicast, broadcast, reserved, or for examples.
    #[error("must lead to a host, not to an unspecified, multicast or reserved address")]
    Special,
}

/// What is not public, the first that holds an address counts: network, length of its prefix.
const V4: [(Ipv4Addr, u32, ForbiddenAddress); 21] = [
    // Amazon, Google, Azure, Oracle and most others; the containers of Amazon.
    (Ipv4Addr::new(169, 254, 169, 254), 32, Metadata),
    (Ipv4Addr::new(169, 254, 170, 0), 24, Metadata),
    // Alibaba, Azure, Oracle.
    (Ipv4Addr::new(100, 100, 100, 200), 32, Metadata),
    (Ipv4Addr::new(168, 63, 129, 16), 32, Metadata),
    (Ipv4Addr::new(192, 0, 0, 192), 32, Metadata),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LinkLocal),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Private),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Private),
    // For measurements; some proxies on people's machines answer every name with it.
    (Ipv4Addr::new(198, 18, 0, 0), 15, Private),
    (Ipv4Addr::UNSPECIFIED, 8, Special),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Special),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Special),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Special),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Special),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Special),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Special),
    (Ipv4Addr::BROADCAST, 32, Special),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Special),
];

/// As [`V4`]. What holds an IPv4 address is not here, see [`embedded`].
const V6: [(Ipv6Addr, u32, ForbiddenAddress); 15] = [
    // Amazon, Google, Scaleway.
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32, Metadata),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128, Metadata),
    (Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42), 128, Metadata),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LinkLocal),
    (Ipv6Addr::LOCALHOST, 128, Private),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Private),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Private),
    (Ipv6Addr::UNSPECIFIED, 128, Special),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Special),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, Special),
    // A network's own translation to IPv4; where in it the address stands is not known.
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, Special),
    // Teredo and other protocols' own.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Special),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Special),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Special),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, Special),
];

impl AddressPolicy {
    /// Whether a connection may go to an address.
    ///
    /// # Errors
    /// [`ForbiddenAddress`] says why not.
    pub fn check(self, address: IpAddr) -> Result<(), ForbiddenAddress> {
        match reason(address) {
            Some(reason) if self.forbids(reason) => Err(reason),
            _ => Ok(()),
        }
    }

    /// As [`Self::check`] where the host of a URL is an address, in whatever form. A name can only be checked when it is
    /// resolved, and is by the client that connects.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_host(self, url: &Url) -> Result<(), ForbiddenAddress> {
        // The one form of it that is left once a URL is read; the client connects to what this is.
        let host = url.host_str().unwrap_or_default();
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match inner.unwrap_or(host).parse() {
            Ok(address) => self.check(address),
            Err(_) => Ok(()),
        }
    }

    const fn forbids(self, reason: ForbiddenAddress) -> bool {
        match reason {
            LinkLocal | Metadata => true,
            Special => !matches!(self, Self::Trusted),
            Private => matches!(self, Self::PublicOnly),
        }
    }
}

/// Why an address is not public; `None` when it is.
fn reason(address: IpAddr) -> Option<ForbiddenAddress> {
    match address {
        IpAddr::V4(address) => reason_v4(address),
        IpAddr::V6(address) => {
            let known = V6.iter().find(|(network, length, _)| {
                let bits = network.to_bits() ^ address.to_bits();
                bits.leading_zeros() >= *length
            });
            let known = known.map(|(_, _, reason)| *reason);
            known.or_else(|| embedded(address).and_then(reason_v4))
        }
    }
}

fn reason_v4(address: Ipv4Addr) -> Option<ForbiddenAddress> {
    let known = V4.iter().find(|(network, length, _)| {
        let bits = network.to_bits() ^ address.to_bits();
        bits.leading_zeros() >= *length
    });
    known.map(|(_, _, reason)| *reason)
}

/// The IPv4 address that an IPv6 address stands for: the system, or somebody on the way, connects to that.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    // In this order: mapped or compatible, translated, NAT64, 6to4, ISATAP.
    let ([0, 0, 0, 0, 0, 0xffff | 0, high, low]
    | [0, 0, 0, 0, 0xffff, 0, high, low]
    | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
    | [0x2002, high, low, ..]
    | [_, _, _, _, 0 | 0x200, 0x5efe, high, low]) = address.segments()
    else {
        return None;
    };
    Some(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::AddressPolicy::{PrivateAllowed, PublicOnly, Trusted};
    use super::*;

    /// What each policy says, the most trusting first.
    fn verdicts(address: &str) -> [Result<(), ForbiddenAddress>; 3] {
        let address: IpAddr = address.parse().unwrap();
        [Trusted, PrivateAllowed, PublicOnly].map(|policy| policy.check(address))
    }

    #[rstest]
    #[case("1.1.1.1")]
    #[case("9.255.255.255")]
    #[case("11.0.0.0")]
    #[case("100.63.255.255")]
    #[case("100.128.0.0")]
    #[case("126.255.255.255")]
    #[case("128.0.0.0")]
    #[case("168.63.129.15")]
    #[case("169.253.255.255")]
    #[case("169.255.0.0")]
    #[case("172.15.255.255")]
    #[case("172.32.0.0")]
    #[case("192.167.255.255")]
    #[case("192.169.0.0")]
    #[case("198.17.255.255")]
    #[case("198.20.0.0")]
    #[case("223.255.255.255")]
    #[case("2606:4700:4700::1111")]
    #[case("2001:200::1")]
    #[case("2a00:1450::1")]
    #[case("::ffff:1.1.1.1")]
    #[case("64:ff9b::101:101")]
    #[case("2002:101:101::1")]
    fn public_addresses_are_for_everybody(#[case] address: &str) {
        assert_eq!(verdicts(address), [Ok(()), Ok(()), Ok(())]);
    }

    #[rstest]
    #[case("169.254.0.0", LinkLocal)]
    #[case("169.254.1.1", LinkLocal)]
    #[case("169.254.169.253", LinkLocal)]
    #[case("169.254.255.255", LinkLocal)]
    #[case("fe80::1", LinkLocal)]
    #[case("fe80::a9fe:a9fe", LinkLocal)]
    #[case("febf:ffff::1", LinkLocal)]
    #[case("fe80::5efe:10.0.0.1", LinkLocal)]
    #[case("169.254.169.254", Metadata)]
    #[case("169.254.170.2", Metadata)]
    #[case("100.100.100.200", Metadata)]
    #[case("168.63.129.16", Metadata)]
    #[case("192.0.0.192", Metadata)]
    #[case("fd00:ec2::254", Metadata)]
    #[case("fd00:ec2::23", Metadata)]
    #[case("fd20:ce::254", Metadata)]
    #[case("fd00:42::42", Metadata)]
    #[case("::ffff:169.254.169.254", Metadata)]
    #[case("::ffff:100.100.100.200", Metadata)]
    #[case("::ffff:0:169.254.169.254", Metadata)]
    #[case("::169.254.169.254", Metadata)]
    #[case("64:ff9b::169.254.169.254", Metadata)]
    #[case("64:ff9b::a9fe:a9fe", Metadata)]
    #[case("2002:a9fe:a9fe::1", Metadata)]
    #[case("2600::5efe:169.254.169.254", Metadata)]
    #[case("2600::200:5efe:169.254.1.1", LinkLocal)]
    #[case("2002:a9fe:101::", LinkLocal)]
    fn what_is_beside_the_machine_is_for_nobody(#[case] address: &str, #[case] why: ForbiddenAddress) {
        assert_eq!(verdicts(address), [Err(why); 3]);
    }

    #[rstest]
    #[case("0.0.0.0")]
    #[case("0.1.2.3")]
    #[case("192.0.0.1")]
    #[case("192.0.2.1")]
    #[case("192.88.99.1")]
    #[case("198.51.100.1")]
    #[case("203.0.113.1")]
    #[case("224.0.0.1")]
    #[case("239.255.255.255")]
    #[case("240.0.0.1")]
    #[case("255.255.255.255")]
    #[case("::")]
    #[case("ff02::1")]
    #[case("100::1")]
    #[case("64:ff9b:1::1")]
    #[case("2001::1")]
    #[case("2001:db8::1")]
    #[case("3fff::1")]
    #[case("5f00::1")]
    #[case("::ffff:0.0.0.0")]
    #[case("::ffff:255.255.255.255")]
    #[case("64:ff9b::e000:1")]
    #[case("2002:e000:1::")]
    fn users_connect_to_hosts(#[case] address: &str) {
        assert_eq!(verdicts(address), [Ok(()), Err(Special), Err(Special)]);
    }

    #[rstest]
    #[case("127.0.0.1")]
    #[case("127.255.255.254")]
    #[case("10.0.0.1")]
    #[case("172.16.0.1")]
    #[case("172.31.255.255")]
    #[case("192.168.1.1")]
    #[case("100.64.0.1")]
    #[case("100.127.255.255")]
    #[case("198.18.0.1")]
    #[case("198.19.255.255")]
    #[case("::1")]
    #[case("fc00::1")]
    #[case("fd12:3456::1")]
    #[case("fec0::1")]
    #[case("::ffff:127.0.0.1")]
    #[case("::ffff:10.0.0.1")]
    #[case("::127.0.0.1")]
    #[case("64:ff9b::192.168.1.1")]
    #[case("2002:7f00:1::")]
    #[case("2600::5efe:10.0.0.1")]
    fn private_networks_are_for_whom_the_configuration_says(#[case] address: &str) {
        assert_eq!(verdicts(address), [Ok(()), Ok(()), Err(Private)]);
    }

    /// Hosts as people, and others, write them; what is left of all of them is an address.
    #[rstest]
    #[case::plain("169.254.169.254")]
    #[case::trailing_dot("169.254.169.254.")]
    #[case::decimal("2852039166")]
    #[case::octal("0251.0376.0251.0376")]
    #[case::octal_in_one("025177524776")]
    #[case::hex("0xa9fea9fe")]
    #[case::hex_in_upper_case("0XA9FEA9FE")]
    #[case::hex_parts("0xa9.0xfe.0xa9.0xfe")]
    #[case::mixed("0xa9.254.0251.254")]
    #[case::two_parts("169.16689662")]
    #[case::three_parts("169.254.43518")]
    #[case::zeros("0000251.0376.0251.0376")]
    #[case::percent("%31%36%39.254.169.254")]
    #[case::wide_digits("１６９.２５４.１６９.２５４")]
    #[case::circled_digits("①⑥⑨.②⑤④.①⑥⑨.②⑤④")]
    #[case::wide_dots("169。254。169。254")]
    #[case::mapped("[::ffff:169.254.169.254]")]
    #[case::mapped_in_hex("[::ffff:a9fe:a9fe]")]
    #[case::mapped_in_upper_case("[::FFFF:A9FE:A9FE]")]
    #[case::mapped_in_full("[0:0:0:0:0:ffff:a9fe:a9fe]")]
    #[case::compatible("[::169.254.169.254]")]
    #[case::nat64("[64:ff9b::169.254.169.254]")]
    #[case::six_to_four("[2002:a9fe:a9fe::]")]
    #[case::amazon("[fd00:ec2::254]")]
    #[case::amazon_in_upper_case("[FD00:0EC2:0:0:0:0:0:0254]")]
    fn an_address_is_found_in_any_form(#[case] host: &str) {
        for url in [format!("http://{host}/v1"), format!("HTTPS://{host}:8443")] {
            let url: Url = url.parse().unwrap();
            let checked = [Trusted, PrivateAllowed, PublicOnly].map(|policy| policy.check_host(&url));
            assert_eq!(checked, [Err(Metadata); 3], "{url}");
        }
    }

    #[rstest]
    #[case("http://2130706433", Some(Private))]
    #[case("http://0x7f.1", Some(Private))]
    #[case("http://127.1", Some(Private))]
    #[case("http://0", Some(Special))]
    #[case("http://169.254.169.0x", Some(LinkLocal))]
    #[case("http://[::]", Some(Special))]
    #[case("http://[::1]:11434/v1", Some(Private))]
    #[case("https://1.1.1.1", None)]
    #[case("https://[2606:4700:4700::1111]", None)]
    #[case("https://localhost", None)]
    #[case("https://169.254.169.254.example", None)]
    #[case("https://xn--mnchen-3ya.example", None)]
    fn an_address_that_is_short_is_found_and_a_name_is_left(
        #[case] url: &str,
        #[case] why: Option<ForbiddenAddress>,
    ) {
        let checked = PublicOnly.check_host(&url.parse().unwrap());
        assert_eq!(checked.err(), why);
    }

    #[rstest]
    #[case("http://[fe80::1%25eth0]")]
    #[case("http://169.254.169.256")]
    #[case("http://4294967296")]
    #[case("http://1.2.3.4.5")]
    #[case("http://[::ffff:169.254.169.254")]
    fn what_is_nearly_an_address_is_no_url(#[case] url: &str) {
        url.parse::<Url>().unwrap_err();
    }

    proptest! {
        #[test]
        fn an_address_within_another_is_treated_as_itself(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = v4.octets().map(u16::from);
            let (high, low) = ((a << 8) | b, (c << 8) | d);
            for holder in [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
                Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 1, 2, 3, 4, 5),
                Ipv6Addr::new(0x2600, 1, 2, 3, 0, 0x5efe, high, low),
            ] {
                prop_assert_eq!(reason(holder.into()), reason(v4.into()), "{}", holder);
            }
        }

        #[test]
        fn who_is_trusted_less_gets_no_further(bits: u128, v4: u32) {
            for address in [IpAddr::from(Ipv6Addr::from_bits(bits)), Ipv4Addr::from_bits(v4).into()] {
                let [trusted, private, public] = [Trusted, PrivateAllowed, PublicOnly]
                    .map(|policy| policy.check(address).is_ok());
                prop_assert!(trusted >= private && private >= public, "{}", address);
            }
        }
    }
}
