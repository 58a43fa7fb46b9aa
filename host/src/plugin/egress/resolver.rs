//! Name resolution: once, and refused as a whole where any answer is not public. What was checked is what is dialled.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::require_public;

type LookUp = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync;

/// Resolves names to public addresses.
#[derive(Clone)]
pub struct PublicResolver(Arc<LookUp>);

impl PublicResolver {
    /// Asks the operating system.
    pub fn system() -> Self {
        Self::with(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
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
        for address in &found {
            require_public(*address)?;
        }
        Ok(Box::new(
            found.into_iter().map(|address| SocketAddr::new(address, 0)),
        ))
    }
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
            "169.254.169.254 is not a public address"
        );
        resolve(&["::ffff:10.0.0.1", "1.1.1.1"])
            .await
            .expect_err("a mapped private address");
    }

    #[tokio::test]
    async fn names_of_this_machine_are_refused_by_their_addresses() {
        let refused = PublicResolver::system()
            .public_addresses("localhost".to_owned())
            .await;
        assert!(refused.is_err());
    }
}
