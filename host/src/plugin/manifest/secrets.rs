//! Secret slots: what a hotel must give, and where the host puts it. The guest never sees it.

mod tokens;

use serde::{Deserialize, Serialize};

pub use self::tokens::{
    ClientLogin, Encoding, FormField, FormValue, TokenBudget, TokenRequest, TokenSource,
};

use self::tokens::is_identifier;
use super::host_pattern::HostPattern;

/// A secret by name, and its one use.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SecretSlot {
    /// `^[a-z][a-z0-9_]*$`, at most 64.
    pub name: String,
    /// The hosts whose requests carry it: some of the manifest's.
    #[serde(default)]
    pub hosts: Vec<HostPattern>,
    /// The methods whose requests carry it.
    #[serde(default)]
    pub methods: Vec<Method>,
    pub inject: Injection,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Where the host puts a secret. The guest chooses neither the place nor the form.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Injection {
    /// `Authorization: Bearer <secret>`.
    Bearer {},
    /// `Authorization: Basic …` of the secret `username`, and of this one as the password.
    /// Without `username` this one holds `user:password`.
    Basic {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username: Option<String>,
    },
    /// The header `name`.
    Header { name: String },
    /// The query parameter `name`.
    Query { name: String },
    /// An element of an XML body, the first one in its root: `<element attribute="secret"></element>`.
    XmlElement {
        element: String,
        /// Holds this secret.
        attribute: String,
        /// Another secret in the same element, which only says who asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username: Option<NamedAttribute>,
    },
    /// A member of an object in a JSON body, which the guest gives without it: `/auth/token`.
    JsonPointer { pointer: String },
    /// A username token of WS-Security, in the header of a SOAP envelope.
    WsSecurity {
        /// The secret that says who asks.
        username: String,
        password: PasswordForm,
    },
    /// A bearer token that the host fetches, caches and refreshes.
    Oauth2(TokenSource),
    /// Verifies webhooks, and is never sent anywhere.
    Webhook {},
    /// Signs what the guest gives, and is never sent anywhere.
    Signer { algorithm: SignatureAlgorithm },
}

/// How a username token proves the password (Web Services Security, Username Token Profile 1.1).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordForm {
    /// As it is.
    Text,
    /// As the SHA-1 of a nonce, the time and the password, of which the host makes the first two for each request.
    Digest,
}

/// A secret, and the attribute that holds it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NamedAttribute {
    pub secret: String,
    pub attribute: String,
}

impl Injection {
    /// The name of the secret that says who asks, where the slot sends one beside its own.
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Basic { username } => username.as_deref(),
            Self::WsSecurity { username, .. } => Some(username),
            Self::XmlElement { username, .. } => {
                username.as_ref().map(|named| named.secret.as_str())
            }
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum SignatureAlgorithm {
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    #[serde(rename = "hmac-sha512")]
    HmacSha512,
    /// RFC 8032; 64 bytes, as a JSON web token's EdDSA has them.
    #[serde(rename = "ed25519")]
    Ed25519,
    /// On P-256 with SHA-256; 64 bytes, as a JSON web token's ES256 has them.
    #[serde(rename = "ecdsa-p256")]
    EcdsaP256,
}

impl SecretSlot {
    /// Whether this slot's secret goes out with requests.
    pub fn is_sent(&self) -> bool {
        !matches!(
            self.inject,
            Injection::Webhook {} | Injection::Signer { .. }
        )
    }

    /// Whether a request to this host by this method carries it.
    pub fn applies_to(&self, host: &str, port: u16, method: Method) -> bool {
        self.is_sent()
            && self.methods.contains(&method)
            && self
                .hosts
                .iter()
                .any(|pattern| pattern.port() == port && pattern.matches(host))
    }

    /// Names of what it sends to say who asks, and which proves nothing: the user beside a password, and
    /// the client's id and the user's name of OAuth (RFC 6749, sections 2.2 and 4.3.2).
    pub fn identifiers(&self) -> Vec<&str> {
        match &self.inject {
            Injection::Oauth2(source) => source.credentials_sent_as(is_identifier),
            inject => inject.username().into_iter().collect(),
        }
    }

    /// Names of what proves something, and must not come back to a guest.
    pub fn proofs(&self) -> Vec<&str> {
        match &self.inject {
            Injection::Oauth2(source) => source.credentials_sent_as(|field| !is_identifier(field)),
            _ => vec![&self.name],
        }
    }

    /// Names of the secrets that a hotel must give for it.
    pub(super) fn required(&self) -> Vec<&str> {
        match &self.inject {
            Injection::Bearer {}
            | Injection::Header { .. }
            | Injection::Query { .. }
            | Injection::JsonPointer { .. }
            | Injection::Signer { .. } => {
                vec![&self.name]
            }
            Injection::Basic { .. }
            | Injection::XmlElement { .. }
            | Injection::WsSecurity { .. } => self
                .inject
                .username()
                .into_iter()
                .chain([self.name.as_str()])
                .collect(),
            Injection::Oauth2(source) => source.credentials.iter().map(String::as_str).collect(),
            // A hotel may use a plugin without its webhooks: they are refused until the secret is given.
            Injection::Webhook {} => Vec::new(),
        }
    }

    /// Names of the secrets that a hotel may give for it. A webhook's secret may have a past and a coming one beside it.
    pub(super) fn optional(&self) -> Vec<String> {
        match &self.inject {
            Injection::Oauth2(source) => source.optional_credentials.clone(),
            Injection::Webhook {} => rotation(&self.name).to_vec(),
            Injection::Bearer {}
            | Injection::Basic { .. }
            | Injection::Header { .. }
            | Injection::Query { .. }
            | Injection::XmlElement { .. }
            | Injection::JsonPointer { .. }
            | Injection::WsSecurity { .. }
            | Injection::Signer { .. } => Vec::new(),
        }
    }
}

/// The names under which a hotel gives a webhook's present secret, and its past and coming ones while it rotates.
pub fn rotation(name: &str) -> [String; 3] {
    [
        name.to_owned(),
        format!("{name}_previous"),
        format!("{name}_next"),
    ]
}
