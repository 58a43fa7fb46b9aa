//! The HTTP clients of one connection: encrypted, to public addresses, without redirects, proxies or repetition.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;

use super::policy::{EgressPolicy, NotLoopback};
use super::request::{MAX_HEADER_BYTES, MAX_HEADERS};
use super::resolver::PublicResolver;

const CONNECT_TIME: Duration = Duration::from_secs(3);

/// What all connections share: the operator's policy, the resolver and the trusted authorities.
#[derive(Clone, Debug)]
pub struct Egress {
    policy: EgressPolicy,
    resolver: PublicResolver,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

/// Why no HTTP client could be made.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    #[error(transparent)]
    Policy(#[from] NotLoopback),
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    #[error("an HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

impl Egress {
    pub fn new(policy: EgressPolicy, resolver: PublicResolver) -> Self {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        Self {
            policy,
            resolver,
            roots: Arc::new(roots),
            provider: Arc::new(rustls::crypto::ring::default_provider()),
        }
    }

    /// Clients of one connection. Open sockets and TLS sessions are never shared with another.
    pub(in crate::plugin) fn clients(&self) -> Result<Clients, EgressError> {
        let tls = rustls::ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth();
        let public = guarded()
            .https_only(true)
            .tls_backend_preconfigured(tls.clone())
            .dns_resolver(Arc::new(self.resolver.clone()))
            .build()?;
        let simulators = if self.policy.has_simulators() {
            Some(
                guarded()
                    .tls_backend_preconfigured(tls)
                    .dns_resolver(Arc::new(self.resolver.clone()))
                    .build()?,
            )
        } else {
            None
        };
        Ok(Clients {
            public,
            simulators,
            policy: self.policy.clone(),
        })
    }
}

/// What both kinds of client have in common.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the guarded client's one home"
)]
fn guarded() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT_TIME)
        .pool_max_idle_per_host(4)
        .pool_idle_timeout(Duration::from_secs(60))
        .http1_max_headers(MAX_HEADERS)
        .http2_max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX))
}

/// The clients of one connection.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Clients {
    public: Client,
    simulators: Option<Client>,
    policy: EgressPolicy,
}

impl Clients {
    /// The client for a host, and its simulator's address where it has one.
    pub(super) fn of(&self, host: &str) -> (&Client, Option<SocketAddr>) {
        match (&self.simulators, self.policy.simulator_of(host)) {
            (Some(client), Some(address)) => (client, Some(address)),
            _ => (&self.public, None),
        }
    }
}
