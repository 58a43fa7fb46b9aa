//! The settings' schema: a file beside `plugin.toml`, held to the type that it describes.

use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// Set to 1, it has the file written instead of compared.
const UPDATE: &str = "ROOMWIRE_UPDATE";

/// Compares a file with the JSON Schema of `Settings`; `ROOMWIRE_UPDATE=1 cargo test` writes it.
///
/// `plugin.toml` names the file, `settings = "settings.schema.json"`, and `roomwire plugin build` puts it into the
/// manifest. So a build runs nothing of the connector, and the type is still the only place that says what a setting is.
///
/// # Panics
/// The file differs from the type, or cannot be read or written.
pub fn settings_schema<Settings: JsonSchema>(path: impl AsRef<Path>) {
    let update = std::env::var_os(UPDATE).is_some_and(|value| value == "1");
    hold::<Settings>(path.as_ref(), update);
}

fn hold<Settings: JsonSchema>(path: &Path, update: bool) {
    let schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Settings>()
        .to_value();
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
    let name = path.display();
    if update {
        fs::write(path, text).unwrap_or_else(|error| panic!("{name}: {error}"));
        return;
    }
    let found = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{name}: {error}; `{UPDATE}=1 cargo test` writes it"));
    let found = serde_json::from_str::<Value>(&found).ok();
    assert!(
        found.as_ref() == Some(&schema),
        "{name} is not the schema of the settings' type; `{UPDATE}=1 cargo test` writes this one:\n{text}"
    );
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde::Deserialize;

    use super::*;

    /// A hotel's settings.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Settings {
        /// The property's id.
        #[schemars(length(min = 1))]
        property: String,
        environment: Option<String>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Others {
        property: u32,
    }

    /// A file of this test's own, which is removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(test: &str) -> Self {
            let name = format!("roomwire-schema-{test}-{}.json", std::process::id());
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _gone = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn what_was_written_is_what_a_hotel_is_asked_for_and_is_held_from_then_on() {
        let file = Scratch::new("written");
        hold::<Settings>(&file.0, true);
        hold::<Settings>(&file.0, false);
        let text = fs::read_to_string(&file.0).expect("the file");
        let schema: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["required"], serde_json::json!(["property"]));
        let property = &schema["properties"]["property"];
        assert_eq!(property["description"], "The property's id.");
        assert_eq!(property["minLength"], 1);
    }

    #[test]
    #[should_panic(expected = "is not the schema of the settings' type")]
    fn a_file_of_another_type_is_found() {
        let file = Scratch::new("other");
        hold::<Others>(&file.0, true);
        hold::<Settings>(&file.0, false);
    }

    #[test]
    #[should_panic(expected = "ROOMWIRE_UPDATE=1 cargo test")]
    fn a_missing_file_is_named_with_what_writes_it() {
        hold::<Settings>(&Scratch::new("missing").0, false);
    }
}
