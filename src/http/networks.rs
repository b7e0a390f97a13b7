//! A limit for each network, so that no network uses up the whole limit.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

/// The most networks that are counted separately. Further networks share one count.
const MAX_NETWORKS: usize = 10_000;
/// The address that stands for the further networks.
const CROWD: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The use of each network's quota.
pub struct Networks<C: Clock = DefaultClock> {
    used: RateLimiter<IpAddr, HashMapStateStore<IpAddr>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl<C: Clock + Clone> Networks<C> {
    /// Gives each network this quota.
    pub fn new(quota: Quota, clock: C) -> Self {
        let used = RateLimiter::new(quota, HashMapStateStore::default(), clock.clone());
        Self { used, clock }
    }

    /// Counts a request of an address. Returns how long its network must wait when the quota is
    /// used up.
    pub fn count(&self, address: IpAddr) -> Result<(), Duration> {
        let crowded = self.used.len() >= MAX_NETWORKS;
        let counted = if crowded { CROWD } else { network(address) };
        let checked = self.used.check_key(&counted);
        if crowded && checked.is_ok() {
            // Rarely, because it reads every network.
            self.used.retain_recent();
        }
        checked.map_err(|refused| refused.wait_time_from(self.clock.now()))
    }
}

/// The network of one party: an IPv4 address, or an IPv6 prefix.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn networks() -> (Networks<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let quota = Quota::per_minute(NonZeroU32::new(60).unwrap());
        (Networks::new(quota, clock.clone()), clock)
    }

    fn address(number: usize) -> IpAddr {
        Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(number).unwrap()).into()
    }

    #[test]
    fn an_address_may_ask_so_often_and_others_as_often() {
        let (networks, clock) = networks();

        for _ in 0..60 {
            assert_eq!(networks.count(address(1)), Ok(()));
        }
        assert!(networks.count(address(1)).is_err());
        assert_eq!(networks.count(address(2)), Ok(()));
        clock.advance(Duration::from_secs(1));
        assert_eq!(networks.count(address(1)), Ok(()));
    }

    #[test]
    fn a_million_addresses_do_not_take_more_memory() {
        let (networks, clock) = networks();

        for number in 0..1_000_000 {
            networks.count(address(number)).ok();
        }
        assert!(networks.used.len() <= MAX_NETWORKS + 1);

        clock.advance(Duration::from_secs(3600));
        networks.count(address(0)).unwrap();
        assert!(networks.used.len() <= 1, "they are forgotten when they are gone");
    }

    #[test]
    fn the_addresses_of_one_network_count_together() {
        let near = network("2001:db8::1".parse().unwrap());

        assert_eq!(near, network("2001:db8::ffff:1".parse().unwrap()));
        assert_ne!(near, network("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(network("::ffff:10.0.0.1".parse().unwrap()), address(1));
    }
}
