//! Whoever asks for what is not there is a stranger: told so a number of times, and then sent away.
//! The address alone is counted, for deliveries may come through the same proxy.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

/// Most addresses that are counted one by one. Beyond them all are counted as one.
const MOST_ADDRESSES: usize = 10_000;
/// Who is counted when there are too many.
const CROWD: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// How often addresses asked for what is not there.
pub struct Strangers<C: Clock = DefaultClock> {
    addresses: RateLimiter<IpAddr, HashMapStateStore<IpAddr>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl<C: Clock + Clone> Strangers<C> {
    /// Lets each of them ask so often a minute.
    pub fn new(per_minute: NonZeroU32, clock: C) -> Self {
        let quota = Quota::per_minute(per_minute);
        let addresses = RateLimiter::new(quota, HashMapStateStore::default(), clock.clone());
        Self { addresses, clock }
    }

    /// Counts a stranger, or tells how long it has to wait.
    fn count(&self, address: IpAddr) -> Result<(), Duration> {
        let crowded = self.addresses.len() >= MOST_ADDRESSES;
        let counted = if crowded { CROWD } else { network(address) };
        let checked = self.addresses.check_key(&counted);
        if crowded && checked.is_ok() {
            // Rarely, for every address is looked at.
            self.addresses.retain_recent();
        }
        checked.map_err(|refused| refused.wait_time_from(self.clock.now()))
    }
}

/// Answers 429 to strangers who have asked too often. The request has cost nothing by then: what
/// there is not is found out before anything of it is read.
pub async fn refuse(
    State(strangers): State<Arc<Strangers>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    if !matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
        return response;
    }
    match strangers.count(peer.ip()) {
        Ok(()) => response,
        Err(wait) => {
            let close = [(header::CONNECTION, "close")];
            (close, later(StatusCode::TOO_MANY_REQUESTS, wait)).into_response()
        }
    }
}

/// Asks to come back after a while.
pub fn later(status: StatusCode, wait: Duration) -> Response {
    let seconds = (wait.as_secs() + 1).to_string();
    (status, [(header::RETRY_AFTER, seconds)]).into_response()
}

/// What one party can be expected to have: an IPv4 address, or the IPv6 addresses of one network.
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
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn strangers() -> (Strangers<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Strangers::new(NonZeroU32::new(60).unwrap(), clock.clone()), clock)
    }

    fn address(number: usize) -> IpAddr {
        Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(number).unwrap()).into()
    }

    #[test]
    fn an_address_may_ask_so_often_and_others_as_often() {
        let (strangers, clock) = strangers();

        for _ in 0..60 {
            assert_eq!(strangers.count(address(1)), Ok(()));
        }
        assert!(strangers.count(address(1)).is_err());
        assert_eq!(strangers.count(address(2)), Ok(()));
        clock.advance(Duration::from_secs(1));
        assert_eq!(strangers.count(address(1)), Ok(()));
    }

    #[test]
    fn a_million_addresses_do_not_take_more_memory() {
        let (strangers, clock) = strangers();

        for number in 0..1_000_000 {
            strangers.count(address(number)).ok();
        }
        assert!(strangers.addresses.len() <= MOST_ADDRESSES + 1);

        clock.advance(Duration::from_secs(3600));
        strangers.count(address(0)).unwrap();
        assert!(strangers.addresses.len() <= 1, "they are forgotten when they are gone");
    }

    #[test]
    fn the_addresses_of_one_network_are_one_stranger() {
        let near = network("2001:db8::1".parse().unwrap());

        assert_eq!(near, network("2001:db8::ffff:1".parse().unwrap()));
        assert_ne!(near, network("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(network("::ffff:10.0.0.1".parse().unwrap()), address(1));
    }
}
