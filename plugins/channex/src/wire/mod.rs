//! Channex's JSON: only the fields that we use.

pub(crate) mod ari;
pub(crate) mod booking;
pub(crate) mod content;
pub(crate) mod message;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `null` stands for what is not there, where its absence would do.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// One thing in its envelope.
#[derive(Debug, Deserialize)]
pub(crate) struct One<T> {
    pub(crate) data: T,
}

/// One page of a list.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct List<T> {
    #[serde(deserialize_with = "or_default")]
    pub(crate) data: Vec<T>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) meta: Meta,
}

/// What a page says of its list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Meta {
    pub(crate) total: Option<u64>,
    pub(crate) limit: Option<u32>,
}

/// A thing with its id.
#[derive(Debug, Deserialize)]
pub(crate) struct Item<A> {
    pub(crate) id: String,
    pub(crate) attributes: A,
    #[serde(default = "nothing")]
    pub(crate) relationships: Value,
}

fn nothing() -> Value {
    Value::Null
}

impl<A> Item<A> {
    /// The id of a related thing.
    pub(crate) fn related(&self, name: &str) -> Option<String> {
        let id = self.relationships.get(name)?.pointer("/data/id")?;
        id.as_str().map(str::to_owned)
    }
}

/// The body of an error.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Problem {
    pub(crate) errors: Errors,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Errors {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) code: String,
    #[serde(default, deserialize_with = "or_default")]
    title: String,
    /// A list of sentences, or sentences by field; absent from errors of authentication.
    #[serde(default = "nothing")]
    details: Value,
}

impl Errors {
    /// The title and the details, in one line.
    pub(crate) fn sentence(&self) -> String {
        match &self.details {
            Value::Null => self.title.clone(),
            details => format!("{} {}", self.title, texts(details)),
        }
    }
}

/// The sentences within a value, by field where they have one. Numbers and other values stay out: they may be a guest's.
pub(crate) fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(texts)
                .filter(|text| !text.is_empty())
                .collect();
            items.join(", ")
        }
        Value::Object(fields) => {
            let named = |(name, value): (&String, &Value)| format!("{name} {}", texts(value));
            let fields: Vec<String> = fields.iter().map(named).collect();
            fields.join("; ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sentence(errors: &Value) -> String {
        let problem: Problem =
            serde_json::from_value(json!({ "errors": errors })).expect("a problem");
        problem.errors.sentence()
    }

    #[test]
    fn details_are_told_in_whatever_form_they_come() {
        let title = "Validation Error";
        assert_eq!(sentence(&json!({"title": title})), title);
        assert_eq!(
            sentence(&json!({"title": title, "details": ["restrictions is required"]})),
            "Validation Error restrictions is required"
        );
        assert_eq!(
            sentence(&json!({"title": title, "details": {"rate": ["is invalid", 7]}})),
            "Validation Error rate is invalid"
        );
    }

    #[test]
    fn null_is_as_good_as_nothing() {
        let list: List<String> =
            serde_json::from_value(json!({"data": null, "meta": null})).expect("a list");
        assert!(list.data.is_empty() && list.meta.total.is_none());
        assert_eq!(
            sentence(&json!({"code": null, "title": null, "details": null})),
            ""
        );
    }
}
