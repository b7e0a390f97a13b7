//! Which addresses a download may lead to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

/// Whether no link may lead to an address.
pub type IsRefused = fn(IpAddr) -> bool;

/// Looks names up, and leaves out addresses that are not for everybody. The connection goes to what was looked
/// up here, so a name cannot lead elsewhere in between.
#[derive(Debug)]
pub struct Resolver {
    /// Which addresses are left out.
    pub is_refused: IsRefused,
}

/// A name leads to addresses that are refused, and to no other.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to a private address")]
pub struct IsPrivate;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_refused = self.is_refused;
        Box::pin(async move {
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            let addresses: Vec<SocketAddr> =
                found.iter().copied().filter(|address| !is_refused(address.ip())).collect();
            if addresses.is_empty() && !found.is_empty() {
                return Err(IsPrivate.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is of this machine, its networks or the cloud's metadata.
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped().or_else(|| within(ip)) {
            Some(ip) => is_private_v4(ip),
            // Only 2000::/3 is of the internet.
            None => ip.segments()[0] & 0xe000 != 0x2000,
        },
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || match ip.octets() {
            // This network, multicast and what is reserved.
            [0 | 224.., ..] => true,
            // Shared by a provider's customers, and tests of networks.
            [100, 64..128, ..] | [198, 18 | 19, ..] => true,
            // Protocols, among them the metadata of Oracle's cloud. That of Azure has a public address.
            [192, 0, 0, _] | [168, 63, 129, 16] => true,
            _ => false,
        }
}

/// The IPv4 address that an address of a translator leads to: `64:ff9b::/96`, and 6to4 (`2002::/16`).
fn within(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let ([0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..]) = ip.segments() else {
        return None;
    };
    Some(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_apart() {
        for near in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
            "::7f00:1",
            "fec0::1",
            "ff02::1",
            "192.0.0.192",
            "168.63.129.16",
            "198.18.0.1",
            "255.255.255.255",
        ] {
            assert!(is_private(near.parse().unwrap()), "{near}");
        }
        for far in [
            "93.184.216.34",
            "2606:2800:220:1::1",
            "64:ff9b::5db8:d822",
            "100.128.0.1",
            "192.0.1.1",
            "2002:5db8:d822::1",
        ] {
            assert!(!is_private(far.parse().unwrap()), "{far}");
        }
    }
}
