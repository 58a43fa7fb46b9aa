//! A plugin's settings schema, and the check of a hotel's settings against it.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

/// A compiled JSON Schema 2020-12.
#[derive(Debug)]
pub struct SettingsSchema(Validator);

impl SettingsSchema {
    /// Compiles a schema, or tells why it is none. Nothing is fetched: references must be local.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            // The linear engine: a pattern of a plugin cannot make the host backtrack without end.
            .with_pattern_options(PatternOptions::regex())
            .build(schema)
            .map(Self)
            .map_err(|error| format!("is not a JSON Schema 2020-12: {error}"))
    }

    /// The problems of these settings, each as `pointer: sentence`; at most ten.
    pub fn problems(&self, settings: &Value) -> Vec<String> {
        let describe = |error: jsonschema::ValidationError<'_>| {
            let pointer = error.instance_path().to_string();
            format!(
                "{}: {error}",
                if pointer.is_empty() { "/" } else { &pointer }
            )
        };
        self.0
            .iter_errors(settings)
            .take(10)
            .map(describe)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_checked_and_the_place_is_named() {
        let schema = json!({"type": "object", "required": ["accommodation"], "additionalProperties": false,
            "properties": {"accommodation": {"type": "string"}}});
        let schema = SettingsSchema::compile(&schema).expect("a schema");
        assert!(schema.problems(&json!({"accommodation": "1"})).is_empty());
        let problems = schema.problems(&json!({"accommodation": 7}));
        assert!(problems[0].starts_with("/accommodation: "), "{problems:?}");
        assert_eq!(
            schema
                .problems(&json!({"accommodation": "1", "else": 2}))
                .len(),
            1
        );
    }

    #[test]
    fn a_schema_that_is_none_or_refers_outside_is_refused() {
        assert!(SettingsSchema::compile(&json!({"type": "hotel"})).is_err());
        assert!(
            SettingsSchema::compile(&json!({"$ref": "https://schemas.example.com/x.json"}))
                .is_err()
        );
    }
}
