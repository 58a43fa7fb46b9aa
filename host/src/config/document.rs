//! One TOML file: parsed strictly, and able to say where a value stands.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, Deserializer};

use crate::config::error::Problem;
use crate::config::key::Key;

/// A file's text and the name under which problems are told.
pub(super) struct Document {
    name: String,
    text: String,
}

impl Document {
    pub(super) fn new(path: &Path, text: String) -> Self {
        let name = path.display().to_string();
        Self { name, text }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The file's content, or the first thing in it that does not belong.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let deserializer = Deserializer::parse(&self.text)
            .map_err(|error| self.syntax_problem(&Key::default(), &error))?;
        serde_path_to_error::deserialize(deserializer)
            .map_err(|error| self.syntax_problem(&Key::from(error.path()), error.inner()))
    }

    /// A problem with the value at this key.
    pub(super) fn problem(&self, key: &Key, message: impl Into<String>) -> Problem {
        let offset = DeTable::parse(&self.text).map_or(0, |document| key.offset(&document));
        self.problem_at(offset, key, message.into())
    }

    /// The line, from 1, of a byte of the text.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.before(offset).matches('\n').count() + 1
    }

    fn syntax_problem(&self, key: &Key, error: &toml::de::Error) -> Problem {
        let message = with_suggestion(error.message());
        match error.span() {
            Some(span) => self.problem_at(span.start, key, message),
            None => self.problem(key, message),
        }
    }

    fn problem_at(&self, offset: usize, key: &Key, message: String) -> Problem {
        let line_start = self.before(offset).rfind('\n').map_or(0, |end| end + 1);
        Problem {
            file: self.name.clone(),
            line: self.line(offset),
            column: self.before(offset)[line_start..].chars().count() + 1,
            key: key.to_string(),
            message,
        }
    }

    fn before(&self, offset: usize) -> &str {
        self.text.get(..offset).unwrap_or(&self.text)
    }
}

/// Adds the known name that was probably meant to serde's "unknown field `x`, expected one of `y`, `z`".
fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(unknown) = quoted.next().filter(|_| message.starts_with("unknown ")) else {
        return message.to_owned();
    };
    let nearest = quoted
        .map(|known| (distance(unknown, known), known))
        .min()
        .filter(|(distance, known)| *distance <= 2.min(known.len() / 2));
    match nearest {
        Some((_, known)) => format!("{message}; did you mean `{known}`?"),
        None => message.to_owned(),
    }
}

/// How many letters must be added, removed or replaced to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, left) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, right) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
