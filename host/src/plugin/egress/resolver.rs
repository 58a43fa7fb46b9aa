//! Name resolution: once, and refused as a whole where any answer is not public. What was checked is what is dialled.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::address::{own_addresses, require_foreign};

/// Names that are looked up at once: each takes a thread.
const LOOK_UPS: usize = 16;

/// How long one name may take, its turn included.
const LOOK_UP_TIME: Duration = Duration::from_secs(5);

type LookUp = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync;

/// Resolves names to public addresses.
#[derive(Clone)]
pub struct PublicResolver(Arc<LookUp>);

impl PublicResolver {
    /// Asks the operating system, a few names at once.
    pub fn system() -> Self {
        let places = Arc::new(Semaphore::new(LOOK_UPS));
        Self::with(move |name| {
            let blocking = move || {
                let found = (name.as_str(), 0).to_socket_addrs()?;
                Ok(found.map(|address| address.ip()).collect())
            };
            Box::pin(in_turn(Arc::clone(&places), LOOK_UP_TIME, blocking))
        })
    }

    /// Asks this function: for tests that decide what a name means.
    pub fn with(
        look_up: impl Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(look_up))
    }

    async fn public_addresses(
        self,
        name: String,
    ) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
        let found = (self.0)(name).await?;
        // They change while the program runs, and are asked for only where a connection is opened.
        let own = own_addresses()?;
        for address in &found {
            require_foreign(*address, &own)?;
        }
        Ok(Box::new(
            found.into_iter().map(|address| SocketAddr::new(address, 0)),
        ))
    }
}

/// Looks up where a place is free, within the time. The place is held for as long as the thread is: the operating system
/// may think for half a minute about a name whose asker has gone.
async fn in_turn(
    places: Arc<Semaphore>,
    time: Duration,
    look_up: impl FnOnce() -> io::Result<Vec<IpAddr>> + Send + 'static,
) -> io::Result<Vec<IpAddr>> {
    let whole = async {
        let place = places.acquire_owned().await.map_err(io::Error::other)?;
        let held = move || {
            let found = look_up();
            drop(place);
            found
        };
        tokio::task::spawn_blocking(held).await?
    };
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the name was not resolved in time");
    timeout(time, whole).await.map_err(late)?
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(self.clone().public_addresses(name.as_str().to_owned()))
    }
}

impl fmt::Debug for PublicResolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PublicResolver")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::egress::address::NotPublic;

    async fn resolve(answers: &'static [&'static str]) -> Result<Vec<IpAddr>, NotPublic> {
        let resolver = PublicResolver::with(move |_| {
            Box::pin(async move {
                Ok(answers
                    .iter()
                    .map(|text| text.parse().expect("an address"))
                    .collect())
            })
        });
        match resolver
            .public_addresses("api.example.com".to_owned())
            .await
        {
            Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
            Err(cause) => Err(*cause.downcast::<NotPublic>().expect("a refused address")),
        }
    }

    #[tokio::test]
    async fn public_answers_are_dialled_in_their_order() {
        let addresses = resolve(&["1.1.1.1", "2606:4700:4700::1111"])
            .await
            .expect("public");
        assert_eq!(addresses.len(), 2);
    }

    #[tokio::test]
    async fn one_bad_answer_spoils_them_all() {
        let refused = resolve(&["1.1.1.1", "169.254.169.254"])
            .await
            .expect_err("one is not public");
        assert_eq!(
            refused.to_string(),
            "169.254.169.254 is not a public address of another machine"
        );
        resolve(&["::ffff:10.0.0.1", "1.1.1.1"])
            .await
            .expect_err("a mapped private address");
    }

    #[tokio::test]
    async fn a_look_up_that_hangs_keeps_its_place_and_its_asker_goes_on() {
        let (places, short) = (Arc::new(Semaphore::new(1)), Duration::from_millis(20));
        let (answer, waiting) = std::sync::mpsc::channel::<()>();
        let hangs = move || {
            waiting.recv().map_err(io::Error::other)?;
            Ok(Vec::new())
        };
        let late = in_turn(Arc::clone(&places), short, hangs).await;
        assert_eq!(late.expect_err("late").kind(), io::ErrorKind::TimedOut);
        let next = in_turn(Arc::clone(&places), short, || Ok(Vec::new())).await;
        assert_eq!(next.expect_err("no place").kind(), io::ErrorKind::TimedOut);
        answer.send(()).expect("it waits");
        let free = in_turn(places, LOOK_UP_TIME, || Ok(Vec::new())).await;
        free.expect("its place is free again");
    }

    #[tokio::test]
    async fn names_of_this_machine_are_refused_by_their_addresses() {
        let refused = PublicResolver::system()
            .public_addresses("localhost".to_owned())
            .await;
        assert!(refused.is_err());
    }
}
