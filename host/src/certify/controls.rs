//! Requests to a simulator's controls, written by the partner with places to fill in.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Values by name, for the places of a template.
pub(super) type Values = BTreeMap<String, Value>;

/// One request below `/_control/`. A `{name}` in its path or body is filled in; a text that is nothing but `{name}`
/// becomes the value itself, so that a number stays one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// POST where nothing is said.
    #[serde(default)]
    pub method: Option<String>,
    /// Below `/_control/`.
    pub path: String,
    #[serde(default)]
    pub body: Option<Value>,
    /// What to remember of the answer: a name, and a JSON pointer.
    #[serde(default)]
    pub takes: BTreeMap<String, String>,
}

impl Control {
    /// Whether its body has a place for this.
    pub(super) fn has_place_for(&self, name: &str) -> bool {
        let body = self.body.as_ref().map(Value::to_string);
        body.is_some_and(|body| body.contains(&format!("{{{name}}}")))
    }

    /// The path with everything filled in.
    pub(super) fn path(&self, values: &Values) -> String {
        fill_text(&self.path, values)
    }

    /// The body with everything filled in.
    pub(super) fn body(&self, values: &Values) -> Option<Value> {
        self.body.as_ref().map(|body| fill(body, values))
    }

    /// What the answer tells, or the name of what it does not.
    pub(super) fn taken(&self, answer: &Value) -> Result<Values, String> {
        let take = |(name, pointer): (&String, &String)| {
            let found = answer.pointer(pointer).filter(|found| !found.is_null());
            found.map_or_else(
                || Err(format!("`{name}` at `{pointer}`")),
                |found| Ok((name.clone(), found.clone())),
            )
        };
        self.takes.iter().map(take).collect()
    }
}

fn fill(template: &Value, values: &Values) -> Value {
    match template {
        Value::String(text) => whole(text, values)
            .cloned()
            .unwrap_or_else(|| Value::String(fill_text(text, values))),
        Value::Array(entries) => entries.iter().map(|entry| fill(entry, values)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), fill(field, values)))
            .collect(),
        other => other.clone(),
    }
}

/// The value that a text is nothing but the name of.
fn whole<'a>(text: &str, values: &'a Values) -> Option<&'a Value> {
    values.get(text.strip_prefix('{')?.strip_suffix('}')?)
}

fn fill_text(template: &str, values: &Values) -> String {
    let mut text = template.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), &plain(value));
    }
    text
}

/// A value as text: a string without its quotes.
pub(super) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
