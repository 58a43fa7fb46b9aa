//! What each connection is granted: its hotel's settings and secrets, checked against the manifest.

mod problems;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

pub(super) use self::problems::problems;

use super::egress::exchange::SendFailure;
use super::egress::inject::{SlotValue, basic};
use super::egress::scrub::Scrubber;
use super::egress::{Clients, Egress, EgressError};
use super::endpoint::{self, WebhookEndpoint};
use super::gate::{BREAKER, SharedCircuit};
use super::manifest::secrets::{Injection, SecretSlot, rotation};
use super::manifest::webhook::WebhookRules;
use super::manifest::{Manifest, SettingsSchema};
use super::oauth::{Secrets, TokenCache, TokenContext, TokenPool, UsedTokens};
use super::webhook::is_xml;
use crate::domain::clock::Clock;
use crate::domain::connection::Record;
use crate::domain::ids::HotelId;
use crate::domain::webhook::SubscriptionDigest;

/// How many tokens a connection remembers only to keep them out of answers.
const REMEMBERED_TOKENS: usize = 8;

/// What the operator's configuration gives one connection.
#[derive(Clone, Debug)]
pub struct ConnectionGrant {
    pub hotel: HotelId,
    /// The plugin's id.
    pub plugin: String,
    pub settings: Value,
    pub secrets: HashMap<String, SecretString>,
    /// Where its webhooks come in; its token is a secret where the world is told no address of the gateway, too.
    pub endpoint: Option<WebhookEndpoint>,
    pub record: Record,
}

/// Why a connection's configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error("no plugin `{plugin}` is loaded: {known}")]
    UnknownPlugin { plugin: String, known: String },
    #[error("settings of plugin `{plugin}`: {problem}")]
    Settings { plugin: String, problem: String },
    #[error("plugin `{plugin}` needs the secret `{secret}`: add it to the connection's `secrets`")]
    MissingSecret { plugin: String, secret: String },
    #[error("plugin `{plugin}` has no secret `{secret}`: it knows {known}")]
    UnknownSecret {
        plugin: String,
        secret: String,
        known: String,
    },
    #[error("the secret `{secret}` of plugin `{plugin}` {problem}")]
    BadSecret {
        plugin: String,
        secret: String,
        problem: String,
    },
    #[error("plugin `{plugin}` cannot reach its channel")]
    Egress {
        plugin: String,
        #[source]
        cause: EgressError,
    },
}

impl GrantError {
    /// A connection of a plugin that is not among these.
    pub(super) fn unknown<'a>(
        given: &ConnectionGrant,
        known: impl Iterator<Item = &'a String>,
    ) -> Self {
        Self::UnknownPlugin {
            plugin: given.plugin.clone(),
            known: known.map(String::as_str).collect::<Vec<_>>().join(", "),
        }
    }
}

/// A checked grant, with what a connection keeps between calls.
pub(super) struct ActiveGrant {
    pub(super) hotel: HotelId,
    pub(super) plugin: String,
    given_settings: Value,
    /// The settings as the guest reads them.
    pub(super) settings: String,
    pub(super) endpoint: Option<WebhookEndpoint>,
    pub(super) record: Record,
    pub(super) clients: Clients,
    /// Open while the channel does not answer.
    pub(super) circuit: SharedCircuit,
    manifest: Arc<Manifest>,
    secrets: Secrets,
    tokens: TokenCache,
    seen_tokens: Mutex<VecDeque<SecretString>>,
    scrubber: ArcSwap<Scrubber>,
}

impl ActiveGrant {
    /// Checks what a connection was given.
    pub(super) fn check(
        manifest: &Arc<Manifest>,
        schema: &SettingsSchema,
        (egress, pool): (&Egress, &TokenPool),
        given: &ConnectionGrant,
    ) -> Result<Self, Vec<GrantError>> {
        let problems = problems(manifest, schema, given);
        let clients = egress.clients().map_err(|cause| {
            vec![GrantError::Egress {
                plugin: given.plugin.clone(),
                cause,
            }]
        })?;
        if !problems.is_empty() {
            return Err(problems);
        }
        let grant = Self {
            hotel: given.hotel,
            plugin: given.plugin.clone(),
            given_settings: given.settings.clone(),
            settings: given.settings.to_string(),
            endpoint: given.endpoint.clone(),
            record: given.record,
            clients,
            circuit: SharedCircuit::new(BREAKER),
            manifest: Arc::clone(manifest),
            secrets: given.secrets.clone(),
            tokens: TokenCache::new(manifest, &given.secrets, pool),
            seen_tokens: Mutex::default(),
            scrubber: ArcSwap::from_pointee(Scrubber::new([])),
        };
        grant.learn_secrets();
        Ok(grant)
    }

    /// Whether a new configuration gives the same, so that open connections and tokens can be kept.
    pub(super) fn is_same_as(&self, manifest: &Arc<Manifest>, given: &ConnectionGrant) -> bool {
        let same_secret = |(name, secret): (&String, &SecretString)| {
            self.secrets
                .get(name)
                .is_some_and(|held| held.expose_secret() == secret.expose_secret())
        };
        Arc::ptr_eq(&self.manifest, manifest)
            && self.hotel == given.hotel
            && self.given_settings == given.settings
            && self.has_endpoint(given.endpoint.as_ref())
            && self.record == given.record
            && self.secrets.len() == given.secrets.len()
            && given.secrets.iter().all(same_secret)
    }

    /// What it holds that a new configuration gives otherwise, or no more: the names of secrets, and `settings`.
    pub(super) fn outdated(&self, given: &ConnectionGrant) -> Vec<&str> {
        let is_other = |(name, held): &(&String, &SecretString)| {
            let now = given.secrets.get(*name);
            now.is_none_or(|now| now.expose_secret() != held.expose_secret())
        };
        let other = self.secrets.iter().filter(is_other);
        let mut outdated: Vec<&str> = other.map(|(name, _)| name.as_str()).collect();
        outdated.sort_unstable();
        outdated.extend((self.given_settings != given.settings).then_some("settings"));
        outdated
    }

    /// The same for another version of the plugin, checked anew.
    pub(super) fn renewed(
        &self,
        manifest: &Arc<Manifest>,
        schema: &SettingsSchema,
        ways_out: (&Egress, &TokenPool),
    ) -> Result<Self, Vec<GrantError>> {
        let given = ConnectionGrant {
            hotel: self.hotel,
            plugin: self.plugin.clone(),
            settings: self.given_settings.clone(),
            secrets: self.secrets.clone(),
            endpoint: self.endpoint.clone(),
            record: self.record,
        };
        Self::check(manifest, schema, ways_out, &given)
    }

    fn has_endpoint(&self, given: Option<&WebhookEndpoint>) -> bool {
        match (&self.endpoint, given) {
            (Some(own), Some(given)) => own.is_same_as(given),
            (own, given) => own.is_none() && given.is_none(),
        }
    }

    /// What is subscribed for this connection, where its plugin can have it subscribed.
    pub(super) fn subscription(&self) -> Option<SubscriptionDigest> {
        let endpoint = self.endpoint.as_ref();
        endpoint::digest(
            &self.manifest,
            &self.given_settings,
            &self.secrets,
            endpoint,
        )
    }

    pub(super) fn secret(&self, name: &str) -> Option<&SecretString> {
        self.secrets.get(name)
    }

    /// A webhook slot's present, past and coming secrets.
    pub(super) fn rotating(&self, name: &str) -> Vec<&SecretString> {
        rotation(name)
            .iter()
            .filter_map(|name| self.secrets.get(name))
            .collect()
    }

    /// The rules for a webhook with this body.
    pub(super) fn webhook_rules<'a>(&self, all: &'a WebhookRules, body: &[u8]) -> &'a WebhookRules {
        let own = all.xml.as_deref().filter(|_| is_xml(body));
        let is_given = |own: &&WebhookRules| {
            let secret = own.verification.secret();
            secret.is_some_and(|secret| !self.rotating(secret).is_empty())
        };
        own.filter(is_given).unwrap_or(all)
    }

    /// What a slot injects, after fetching a token where it needs one.
    pub(super) async fn slot_value<'a>(
        &self,
        slot: &'a SecretSlot,
        clock: &Clock,
        used: &UsedTokens,
    ) -> Result<SlotValue<'a>, SendFailure> {
        let given = |name: &str| self.secrets.get(name).cloned();
        let missing = || {
            SendFailure::Invalid(format!(
                "the connection has no secret for the slot `{}`",
                slot.name
            ))
        };
        match &slot.inject {
            Injection::Oauth2(source) => {
                let context = TokenContext {
                    manifest: &self.manifest,
                    secrets: &self.secrets,
                    clients: &self.clients,
                    clock,
                };
                let obtained = self.tokens.token(&slot.name, source, context).await?;
                used.add(&slot.name, obtained.generation);
                if obtained.is_new {
                    self.learn_token(obtained.token.clone());
                }
                Ok(SlotValue {
                    slot,
                    secret: obtained.token,
                    username: None,
                })
            }
            inject => Ok(SlotValue {
                slot,
                secret: given(&slot.name).ok_or_else(missing)?,
                username: inject
                    .username()
                    .map(|name| given(name).ok_or_else(missing))
                    .transpose()?,
            }),
        }
    }

    /// Drops tokens that a call has used and found refused; false where it has used none.
    pub(super) async fn forget_tokens(&self, used: &UsedTokens) -> bool {
        self.tokens.forget(used).await
    }

    pub(super) fn scrubber(&self) -> Arc<Scrubber> {
        self.scrubber.load_full()
    }

    fn learn_token(&self, token: SecretString) {
        let mut seen = self
            .seen_tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        seen.push_back(token);
        if seen.len() > REMEMBERED_TOKENS {
            seen.pop_front();
        }
        drop(seen);
        self.learn_secrets();
    }

    /// Builds the scrubber anew from everything that must not come back.
    fn learn_secrets(&self) {
        let seen = self
            .seen_tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let composed = composed_headers(&self.manifest, &self.secrets);
        // Who asks is no secret, and often a short number that answers are full of.
        let given = self
            .secrets
            .iter()
            .filter(|(name, _)| !self.manifest.is_identifier(name))
            .map(|(_, secret)| secret.expose_secret());
        let endpoint = self.endpoint.as_ref().map(WebhookEndpoint::token);
        let tokens = seen.iter().chain(endpoint).map(ExposeSecret::expose_secret);
        self.scrubber.store(Arc::new(Scrubber::new(
            given
                .chain(tokens)
                .chain(composed.iter().map(String::as_str)),
        )));
    }
}

/// The credentials of basic slots as they are sent.
fn composed_headers(manifest: &Manifest, secrets: &Secrets) -> Vec<String> {
    let credentials = manifest.secrets.iter().filter_map(|slot| {
        let Injection::Basic { username } = &slot.inject else {
            return None;
        };
        let header = basic(
            secrets.get(&slot.name)?.expose_secret(),
            username.as_ref().and_then(|name| secrets.get(name)),
        );
        header.strip_prefix("Basic ").map(str::to_owned)
    });
    credentials.collect()
}

impl fmt::Debug for ActiveGrant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ActiveGrant")
            .field("hotel", &self.hotel)
            .field("plugin", &self.plugin)
            .finish_non_exhaustive()
    }
}
