//! The name of a new connector: an id in configuration, a package of cargo's and a label of a host name at once.

use std::str::FromStr;

/// Words that a crate cannot be called: Rust's own, and the crates that every connector uses.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "roomwire-plugin-sdk",
    "self",
    "serde",
    "serde-json",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "union",
];

/// `sea-view`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Name(String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut strange: Vec<char> = text
            .chars()
            .filter(|character| !is_allowed(*character))
            .collect();
        strange.sort_unstable();
        strange.dedup();
        if !strange.is_empty() {
            let strange: Vec<String> = strange.iter().map(|one| format!("{one:?}")).collect();
            return Err(format!(
                "it has {}, and a name is lower-case letters, digits and hyphens",
                strange.join(", ")
            ));
        }
        if !(2..=63).contains(&text.len()) {
            return Err("it must have 2 to 63 characters".to_owned());
        }
        if !text.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Err("it must begin with a letter".to_owned());
        }
        if text.ends_with('-') || text.contains("--") {
            return Err("a hyphen stands alone, between letters and digits".to_owned());
        }
        if TAKEN.contains(&text) {
            return Err("it is a word of Rust, or a crate that the connector uses".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl Name {
    /// As an id and a package.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// As Rust spells the crate: `sea_view`.
    pub(super) fn in_rust(&self) -> String {
        self.0.replace('-', "_")
    }

    /// For people: `Sea View`.
    pub(super) fn in_words(&self) -> String {
        let word = |word: &str| {
            let mut characters = word.chars();
            let first = characters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(characters).collect::<String>()
        };
        self.0.split('-').map(word).collect::<Vec<_>>().join(" ")
    }
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelt_for_machines_for_rust_and_for_people() {
        let name: Name = "sea-view-2".parse().expect("a name");
        assert_eq!(name.as_str(), "sea-view-2");
        assert_eq!(name.in_rust(), "sea_view_2");
        assert_eq!(name.in_words(), "Sea View 2");
    }

    #[test]
    fn a_bad_name_is_refused_with_the_characters_that_are_in_the_way() {
        for (text, expected) in [
            ("Sea_View", "it has 'S', 'V', '_', and a name is"),
            ("sea view", "it has ' '"),
            ("seä", "it has 'ä'"),
            ("../up", "it has '.', '/'"),
            ("", "2 to 63"),
            ("x", "2 to 63"),
            ("2sea", "begin with a letter"),
            ("-sea", "begin with a letter"),
            ("sea-", "a hyphen stands alone"),
            ("sea--view", "a hyphen stands alone"),
            ("match", "a word of Rust"),
            ("gen", "a word of Rust"),
            ("serde-json", "a crate that the connector uses"),
        ] {
            let refusal = text.parse::<Name>().expect_err(text);
            assert!(refusal.contains(expected), "{text}: {refusal}");
        }
        assert!("a".repeat(64).parse::<Name>().is_err());
        assert!("a".repeat(63).parse::<Name>().is_ok());
    }
}
