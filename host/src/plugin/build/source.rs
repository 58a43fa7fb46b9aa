//! A crate's `plugin.toml`, and the settings' schema that it may keep in a file of its own.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::BuildError;
use super::place::Place;
use crate::plugin::manifest::{Manifest, ManifestError};

/// What an author wrote.
#[derive(Debug)]
pub(in crate::plugin) struct Source {
    directory: PathBuf,
    text: String,
}

impl Source {
    /// Reads the `plugin.toml` of a crate's folder.
    pub(in crate::plugin) fn read(directory: &Path) -> Result<Self, BuildError> {
        let path = directory.join("plugin.toml");
        let text = fs::read_to_string(&path).map_err(|source| BuildError::File {
            path,
            action: "read: a plugin's folder holds its manifest",
            source,
        })?;
        Ok(Self {
            directory: directory.to_path_buf(),
            text,
        })
    }

    /// The checked manifest, with the schema in it.
    pub(super) fn manifest(&self) -> Result<Manifest, BuildError> {
        self.tree()
            .and_then(Manifest::from_value)
            .map_err(|source| BuildError::Manifest {
                path: self.directory.join("plugin.toml"),
                place: Place::of(&source, &self.text),
                source: Box::new(source),
            })
    }

    /// Everything that is wrong with the manifest, each with its line where it has one.
    pub(in crate::plugin) fn problems(&self) -> Vec<(ManifestError, Option<usize>)> {
        let found = match toml::from_str::<Value>(&self.text) {
            Ok(tree) => self.problems_of(tree),
            Err(error) => vec![error.into()],
        };
        found
            .into_iter()
            .map(|problem| {
                let line = Place::of(&problem, &self.text).line();
                (problem, line)
            })
            .collect()
    }

    /// A schema that cannot be taken in hides nothing else: any other stands in for it.
    fn problems_of(&self, mut tree: Value) -> Vec<ManifestError> {
        let missing = self.take_in_schema(&mut tree).err();
        if missing.is_some() {
            tree["settings"] = serde_json::json!({"type": "object"});
        }
        let mut found = Manifest::problems(&tree);
        found.extend(missing);
        found
    }

    /// What was written, where it is TOML at all.
    pub(in crate::plugin) fn written(&self) -> Option<Value> {
        toml::from_str(&self.text).ok()
    }

    /// The manifest as it goes into the file.
    fn tree(&self) -> Result<Value, ManifestError> {
        let mut tree = toml::from_str(&self.text)?;
        self.take_in_schema(&mut tree)?;
        Ok(tree)
    }

    /// Puts a schema that is named by its file in the name's place.
    fn take_in_schema(&self, tree: &mut Value) -> Result<(), ManifestError> {
        let Some(Value::String(name)) = tree.get("settings") else {
            return Ok(());
        };
        let schema = self.schema(name).map_err(|problem| ManifestError::Field {
            field: "settings".to_owned(),
            problem,
        })?;
        tree["settings"] = schema;
        Ok(())
    }

    /// A file beside `plugin.toml` and nowhere else, so that a build takes nothing in from outside of the crate.
    fn schema(&self, name: &str) -> Result<Value, String> {
        let plain = Path::new(name).file_name().is_some_and(|file| file == name);
        if !plain {
            return Err(format!(
                "`{name}` is not the name of a file beside plugin.toml, such as settings.schema.json"
            ));
        }
        let text = fs::read_to_string(self.directory.join(name)).map_err(|error| {
            format!("`{name}` cannot be read: {error}; `ROOMWIRE_UPDATE=1 cargo test` writes it")
        })?;
        serde_json::from_str(&text).map_err(|error| format!("`{name}` is not JSON: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIGEON: &str = include_str!("example.toml");
    const SCHEMA: &str = r#"{"type": "object", "required": ["stream"]}"#;

    /// A folder with a manifest that names a schema, and with that schema.
    fn folder(settings: &str, schema: &str) -> (tempfile::TempDir, Source) {
        let folder = tempfile::tempdir().expect("a folder");
        let inline = "[settings]\ntype = \"object\"\n";
        assert!(PIGEON.contains(inline));
        let text = format!("settings = {settings}\n{}", PIGEON.replace(inline, ""));
        fs::write(folder.path().join("plugin.toml"), text).expect("written");
        fs::write(folder.path().join("settings.schema.json"), schema).expect("written");
        let source = Source::read(folder.path()).expect("a file");
        (folder, source)
    }

    #[test]
    fn a_schema_in_a_file_becomes_part_of_the_manifest() {
        let (_folder, source) = folder("\"settings.schema.json\"", SCHEMA);
        let manifest = source.manifest().expect("a manifest");
        assert_eq!(manifest.settings["required"], serde_json::json!(["stream"]));
        assert!(source.problems().is_empty());
    }

    #[test]
    fn a_schema_that_is_elsewhere_missing_or_broken_is_told_with_the_line() {
        for (settings, schema, expected) in [
            (
                "\"../settings.schema.json\"",
                SCHEMA,
                "is not the name of a file",
            ),
            ("\"/etc/passwd\"", SCHEMA, "is not the name of a file"),
            ("\"..\"", SCHEMA, "is not the name of a file"),
            ("\"other.json\"", SCHEMA, "ROOMWIRE_UPDATE=1 cargo test"),
            ("\"settings.schema.json\"", "{", "is not JSON"),
            (
                "\"settings.schema.json\"",
                r#"{"type": "hotel"}"#,
                "is not a JSON Schema 2020-12",
            ),
        ] {
            let (_folder, source) = folder(settings, schema);
            source.manifest().expect_err(expected);
            let problems = source.problems();
            let (problem, line) = problems.last().expect("a problem");
            assert!(problem.to_string().contains(expected), "{problem}");
            assert_eq!(*line, Some(1), "{settings}");
        }
    }

    #[test]
    fn every_problem_has_the_line_of_its_field() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = PIGEON
            .replace("id = \"pigeon-post\"", "id = \"Pigeon\"")
            .replace("contract = \"1.0.0\"", "contract = \"3.0.0\"");
        fs::write(folder.path().join("plugin.toml"), text).expect("written");
        let problems = Source::read(folder.path()).expect("a file").problems();
        let lines: Vec<Option<usize>> = problems.iter().map(|(_, line)| *line).collect();
        assert_eq!(lines, [Some(1), Some(4)]);
    }
}
