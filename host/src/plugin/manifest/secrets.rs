//! Secret slots: what a hotel must give, and where the host puts it. The guest never sees it.

use serde::{Deserialize, Serialize};

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
    /// A bearer token that the host fetches, caches and refreshes.
    Oauth2(TokenSource),
    /// Verifies webhooks, and is never sent anywhere.
    Webhook {},
    /// Signs what the guest gives, and is never sent anywhere.
    Signer { algorithm: SignatureAlgorithm },
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
}

/// How a token is obtained.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSource {
    /// Secrets that a hotel must give.
    pub credentials: Vec<String>,
    /// Secrets that a hotel may give.
    #[serde(default)]
    pub optional_credentials: Vec<String>,
    /// Tried in order: the first whose credentials are all given is used.
    pub token_requests: Vec<TokenRequest>,
    /// How many tokens the remote gives to one account. The host asks for no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<TokenBudget>,
}

/// So many tokens in any span of so many seconds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TokenBudget {
    pub tokens: u32,
    pub seconds: u32,
}

/// Fields, posted to one of the manifest's hosts, that are answered with a token in JSON.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    pub host: String,
    pub path: String,
    /// How the fields are written.
    #[serde(default, skip_serializing_if = "Encoding::is_form")]
    pub encoding: Encoding,
    pub form: Vec<FormField>,
    /// JSON pointer to the token.
    pub access_token: String,
    /// JSON pointer to the instant of expiry: RFC 3339, also with a bracketed zone. Where an answer has none,
    /// `expires_in` is looked for; where it has neither, the token is used for `lives_seconds`, or for ten minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// JSON pointer to the seconds until expiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<String>,
    /// How long the remote's documents say that a token lives, where its answers do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lives_seconds: Option<u32>,
}

/// How the fields of a token request are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    #[default]
    Form,
    /// An object of texts.
    Json,
}

impl Encoding {
    /// What is meant where nothing is said.
    fn is_form(&self) -> bool {
        *self == Self::Form
    }
}

/// A form field: a secret's value, or a constant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "FormFieldText", into = "FormFieldText")]
pub struct FormField {
    pub name: String,
    pub value: FormValue,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FormValue {
    Credential(String),
    Constant(String),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FormFieldText {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl TryFrom<FormFieldText> for FormField {
    type Error = String;

    fn try_from(text: FormFieldText) -> Result<Self, Self::Error> {
        let value = match (text.credential, text.value) {
            (Some(credential), None) => FormValue::Credential(credential),
            (None, Some(constant)) => FormValue::Constant(constant),
            _ => {
                return Err(format!(
                    "the form field `{}` needs either `credential` or `value`",
                    text.name
                ));
            }
        };
        Ok(Self {
            name: text.name,
            value,
        })
    }
}

impl From<FormField> for FormFieldText {
    fn from(field: FormField) -> Self {
        let (credential, value) = match field.value {
            FormValue::Credential(credential) => (Some(credential), None),
            FormValue::Constant(constant) => (None, Some(constant)),
        };
        Self {
            name: field.name,
            credential,
            value,
        }
    }
}

impl TokenSource {
    fn credentials_sent_as(&self, is_meant: impl Fn(&str) -> bool) -> Vec<&str> {
        let fields = self.token_requests.iter().flat_map(|asked| &asked.form);
        fields
            .filter(|field| is_meant(&field.name))
            .filter_map(|field| match &field.value {
                FormValue::Credential(name) => Some(name.as_str()),
                FormValue::Constant(_) => None,
            })
            .collect()
    }
}

fn is_identifier(form_field: &str) -> bool {
    ["client_id", "username"].contains(&form_field)
}

impl TokenRequest {
    /// The secrets that its form carries.
    pub fn credentials(&self) -> impl Iterator<Item = &str> {
        self.form.iter().filter_map(|field| match &field.value {
            FormValue::Credential(name) => Some(name.as_str()),
            FormValue::Constant(_) => None,
        })
    }
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
            | Injection::Signer { .. } => {
                vec![&self.name]
            }
            Injection::Basic { .. } | Injection::XmlElement { .. } => self
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
