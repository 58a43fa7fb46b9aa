//! OAuth tokens in the manifest: how they are asked for, and what is sent for them.

use serde::{Deserialize, Serialize};

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
    /// Credentials that go as basic authentication, and not as fields (RFC 6749, section 2.3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<ClientLogin>,
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

/// The secrets that are the user and the password of a token request.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClientLogin {
    pub username: String,
    pub password: String,
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
    /// The secrets that are sent in fields of which this holds.
    pub(super) fn credentials_sent_as(&self, is_meant: impl Fn(&str) -> bool) -> Vec<&str> {
        let sent = self.token_requests.iter().flat_map(TokenRequest::sent);
        sent.filter(|(field, _)| is_meant(field))
            .map(|(_, secret)| secret)
            .collect()
    }
}

/// Whether a field says who asks (RFC 6749, sections 2.2 and 4.3.2), and proves nothing.
pub(super) fn is_identifier(form_field: &str) -> bool {
    ["client_id", "username"].contains(&form_field)
}

impl TokenRequest {
    /// The secrets that it carries.
    pub fn credentials(&self) -> impl Iterator<Item = &str> {
        self.sent().map(|(_, secret)| secret)
    }

    /// The field in which each of its secrets is sent. A login has the fields that it stands for.
    fn sent(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.form.iter().filter_map(|field| match &field.value {
            FormValue::Credential(secret) => Some((field.name.as_str(), secret.as_str())),
            FormValue::Constant(_) => None,
        });
        let login = self.login.iter().flat_map(|login| {
            [
                ("client_id", login.username.as_str()),
                ("client_secret", login.password.as_str()),
            ]
        });
        fields.chain(login)
    }
}
