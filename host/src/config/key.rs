//! Where in a file a value stands: `hotels[0].connections[1].schedules.pull`.

use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The way from a file's root to one of its values.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Key(Vec<Step>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Step {
    Name(String),
    Index(usize),
}

impl Key {
    pub(super) fn root(name: &str) -> Self {
        Self::default().child(name)
    }

    pub(super) fn child(&self, name: &str) -> Self {
        self.with(Step::Name(name.to_owned()))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The byte at which this key's value begins, or that of the nearest one above it that is written.
    pub(super) fn offset(&self, document: &Spanned<DeTable<'_>>) -> usize {
        let mut offset = 0;
        let mut steps = self.0.iter();
        let Some(Step::Name(first)) = steps.next() else {
            return offset;
        };
        let Some(mut value) = document.get_ref().get(first.as_str()) else {
            return offset;
        };
        offset = value.span().start;
        for step in steps {
            let next = match (step, value.get_ref()) {
                (Step::Name(name), DeValue::Table(table)) => table.get(name.as_str()),
                (Step::Index(index), DeValue::Array(array)) => array.get(*index),
                _ => None,
            };
            let Some(next) = next else { break };
            value = next;
            offset = value.span().start;
        }
        offset
    }
}

impl From<&serde_path_to_error::Path> for Key {
    fn from(path: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment;

        path.iter()
            .fold(Self::default(), |key, segment| match segment {
                Segment::Seq { index } => key.index(*index),
                // `toml::Spanned` passes its value under a name of its own, which nobody wrote.
                Segment::Map { key: name } if name.starts_with("$__serde_spanned") => key,
                Segment::Map { key: name } | Segment::Enum { variant: name } => key.child(name),
                Segment::Unknown => key,
            })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(formatter, "[{index}]")?,
                Step::Name(name) => {
                    if place > 0 {
                        formatter.write_str(".")?;
                    }
                    let bare =
                        |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
                    if name.chars().all(bare) {
                        formatter.write_str(name)?;
                    } else {
                        write!(formatter, "{name:?}")?;
                    }
                }
            }
        }
        Ok(())
    }
}
