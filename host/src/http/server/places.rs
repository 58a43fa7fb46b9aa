//! How many connections there are: in all, and of one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config;

/// How many connections each address has.
type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Places for connections.
#[derive(Clone)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    of_addresses: Counts,
    of_one_address: usize,
}

/// A connection's place, free again when it is dropped.
pub(super) struct Place {
    _one_of_all: OwnedSemaphorePermit,
    counted: Option<(IpAddr, Counts)>,
}

impl Places {
    pub(super) fn new(all: usize, of_one_address: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))),
            of_addresses: Arc::default(),
            of_one_address,
        }
    }

    /// Waits until another connection has room.
    pub(super) async fn free(&self) -> OwnedSemaphorePermit {
        self.all
            .clone()
            .acquire_owned()
            .await
            .expect("the places are never closed")
    }

    /// A place for this peer, or `None` where its address has the most already. A trusted proxy stands for many.
    pub(super) fn take(
        &self,
        free: OwnedSemaphorePermit,
        peer: IpAddr,
        settings: &config::Server,
    ) -> Option<Place> {
        metrics::gauge!("http_connections").increment(1.0);
        let mut place = Place {
            _one_of_all: free,
            counted: None,
        };
        if settings.trusts(peer) {
            return Some(place);
        }
        let address = network_of(peer);
        let mut counts = lock(&self.of_addresses);
        let count = counts.entry(address).or_default();
        if *count >= self.of_one_address {
            return None;
        }
        *count += 1;
        place.counted = Some((address, self.of_addresses.clone()));
        Some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("http_connections").decrement(1.0);
        let Some((address, counts)) = self.counted.take() else {
            return;
        };
        let mut counts = lock(&counts);
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who has one IPv6 address has the whole /64 of it.
pub(in crate::http) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
        }
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[tokio::test]
    async fn an_address_has_so_many_places_and_no_more_until_one_is_free() {
        let places = Places::new(10, 2);
        let settings = config::Server::default();
        let six = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(address);
        let first = places.take(places.free().await, six[0], &settings);
        let second = places.take(places.free().await, six[1], &settings);
        assert!(first.is_some() && second.is_some());
        assert!(
            places
                .take(places.free().await, six[2], &settings)
                .is_none()
        );
        let other = places.take(places.free().await, address("2001:db8:0:1::1"), &settings);
        assert!(other.is_some(), "another network has places of its own");
        drop(first);
        assert!(
            places
                .take(places.free().await, six[2], &settings)
                .is_some()
        );
    }

    #[tokio::test]
    async fn a_trusted_proxy_stands_for_many() {
        let settings = config::Server {
            trusted_proxies: vec!["10.0.0.0/8".parse().expect("a network")],
            ..config::Server::default()
        };
        let places = Places::new(10, 1);
        let mut taken = Vec::new();
        for _ in 0..5 {
            taken.push(places.take(places.free().await, address("10.0.0.1"), &settings));
        }
        assert!(taken.iter().all(Option::is_some));
    }

    #[tokio::test]
    async fn what_is_gone_is_forgotten() {
        let places = Places::new(10, 2);
        let settings = config::Server::default();
        drop(places.take(places.free().await, address("192.0.2.1"), &settings));
        assert!(lock(&places.of_addresses).is_empty());
        assert_eq!(places.all.available_permits(), 10);
    }
}
