//! The addresses that a download may connect to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

/// Whether downloads must not connect to an address.
pub type IsRefused = fn(IpAddr) -> bool;

/// Resolves names and leaves out addresses that are not public. The connection uses the resolved
/// address, so a name cannot lead elsewhere in between.
#[derive(Debug)]
pub struct Resolver {
    /// Which addresses are left out.
    pub is_refused: IsRefused,
}

/// The name has only refused addresses.
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

/// Whether an address belongs to this machine, its networks or the cloud's metadata service.
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped().or_else(|| within(ip)) {
            Some(ip) => is_private_v4(ip),
            // Only 2000::/3 is public.
            None => ip.segments()[0] & 0xe000 != 0x2000,
        },
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || match ip.octets() {
            // This network, multicast and reserved addresses.
            [0 | 224.., ..] => true,
            // Addresses that a provider's customers share, and network tests.
            [100, 64..128, ..] | [198, 18 | 19, ..] => true,
            // Protocol assignments, among them Oracle's metadata service. Azure's has a public
            // address.
            [192, 0, 0, _] | [168, 63, 129, 16] => true,
            _ => false,
        }
}

/// The IPv4 address inside an address of `64:ff9b::/96` or 6to4 (`2002::/16`).
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
    fn private_addresses_are_distinguished() {
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
