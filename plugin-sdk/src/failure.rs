//! Why a call failed and what the host should do next.

pub use crate::bindings::channel::roomwire::types::common::{
    Failure, InvalidField, OtherFailure, RateLimit,
};

use crate::{http, kv, signer};

impl Failure {
    /// The remote refuses one field of one item; an empty item means the whole call.
    pub fn invalid(
        item: impl Into<String>,
        field: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::Invalid(InvalidField {
            item: item.into(),
            field: field.into(),
            message: message.into(),
        })
    }

    /// An email provider does not send to this address any more: it bounced, complained or was suppressed by hand.
    pub fn suppressed(message: impl Into<String>) -> Self {
        Self::Other(OtherFailure {
            class: "suppressed".to_owned(),
            message: message.into(),
        })
    }

    /// Too many requests; the scope is `account`, `property` or the name of an endpoint.
    pub fn rate_limited(after_seconds: Option<u32>, scope: impl Into<String>) -> Self {
        Self::RateLimited(RateLimit {
            after_seconds,
            scope: scope.into(),
        })
    }
}

/// What the remote sent cannot be understood, and will not be when it is sent again.
impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Permanent(describe(&error))
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        let message = error.to_string();
        match error {
            http::Error::Unreachable { .. } => Self::Retry(message),
            // Reading again cannot harm; writing again might.
            http::Error::OutcomeUnknown { method, .. } | http::Error::Body { method, .. }
                if method.changes_state() =>
            {
                Self::OutcomeUnknown(message)
            }
            http::Error::OutcomeUnknown { .. } => Self::Retry(message),
            http::Error::Body { .. } | http::Error::Refused { .. } => Self::Permanent(message),
        }
    }
}

impl From<kv::Error> for Failure {
    fn from(error: kv::Error) -> Self {
        match error {
            kv::Error::Unavailable(message) => Self::Retry(message),
            kv::Error::Limit(message) | kv::Error::Invalid(message) | kv::Error::Other(message) => {
                Self::Permanent(message)
            }
        }
    }
}

impl From<signer::Error> for Failure {
    fn from(error: signer::Error) -> Self {
        match error {
            signer::Error::UnknownSlot(message)
            | signer::Error::Limit(message)
            | signer::Error::Other(message) => Self::Permanent(message),
        }
    }
}

/// What is wrong with a document, without the values in it: those may be a guest's name.
pub(crate) fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!("line {} column {}", error.line(), error.column());
    if text.starts_with("missing field") {
        return text;
    }
    match text.rfind("expected ") {
        Some(start) => text[start..].to_owned(),
        None => format!("the JSON cannot be read at {place}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Person {
        #[expect(dead_code, reason = "only its shape is of interest")]
        age: u8,
    }

    fn failure_of(json: &str) -> String {
        describe(&serde_json::from_str::<Person>(json).expect_err("the document is wrong"))
    }

    #[test]
    fn a_value_never_appears_in_the_description_of_a_document() {
        assert_eq!(
            failure_of(r#"{"age":"Ada Lovelace"}"#),
            "expected u8 at line 1 column 21"
        );
        assert_eq!(failure_of("{}"), "missing field `age` at line 1 column 2");
        assert_eq!(
            failure_of("{\"age\":"),
            "the JSON cannot be read at line 1 column 7"
        );
    }
}
