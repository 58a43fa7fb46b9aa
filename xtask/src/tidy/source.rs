//! The files that are looked at, as text and as tokens.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use walkdir::{DirEntry, WalkDir};

use super::Finding;

/// Files with these endings are read; the lock file and test data are not ours to word.
const ENDINGS: [&str; 7] = [".rs", ".toml", ".md", ".wit", ".sql", ".yml", ".sh"];

/// A file of the workspace.
#[derive(Debug)]
pub(super) struct TextFile {
    /// Relative to the root, with `/` between its parts.
    pub(super) path: String,
    pub(super) text: String,
}

impl TextFile {
    /// The lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }
}

/// All files of the workspace that are read, sorted by path.
pub(super) fn texts(root: &Path) -> Result<Vec<TextFile>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(is_ours)
    {
        let entry = entry?;
        let path = entry
            .path()
            .strip_prefix(root)?
            .to_string_lossy()
            .replace('\\', "/");
        let read = ENDINGS.iter().any(|ending| path.ends_with(ending)) || path == ".ci/run";
        if entry.file_type().is_file() && read {
            let text =
                fs::read_to_string(entry.path()).with_context(|| format!("can't read {path}"))?;
            files.push(TextFile { path, text });
        }
    }
    Ok(files)
}

fn is_ours(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let hidden = name.starts_with('.') && ![".ci", ".cargo"].contains(&name.as_ref());
    entry.depth() == 0 || !(hidden || ["target", "data"].contains(&name.as_ref()))
}

/// A Rust file with its syntax and its tokens in a row.
pub(super) struct RustFile<'text> {
    pub(super) path: &'text str,
    pub(super) syntax: syn::File,
    pub(super) tokens: Vec<Token>,
}

/// One word, sign or literal; a bracket is a sign of its own.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

impl<'text> RustFile<'text> {
    /// Parses the file; what is no Rust is a finding.
    pub(super) fn parse(file: &'text TextFile) -> Result<Self, Finding> {
        let refuse = |line, cause: &dyn std::fmt::Display| {
            Finding::new(&file.path, line, format!("is not Rust: {cause}"))
        };
        let stream: TokenStream = file
            .text
            .parse()
            .map_err(|cause: proc_macro2::LexError| refuse(cause.span().start().line, &cause))?;
        let syntax = syn::parse_file(&file.text)
            .map_err(|cause| refuse(cause.span().start().line, &cause))?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        Ok(Self {
            path: &file.path,
            syntax,
            tokens,
        })
    }

    /// Whether the tokens from `at` on are these.
    pub(super) fn says(&self, at: usize, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(offset, word)| self.text_at(at + offset) == *word)
    }

    /// The token at a place; empty behind the end.
    pub(super) fn text_at(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |text: String, line| tokens.push(Token { text, line });
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned(), line);
                flatten(group.stream(), tokens);
                tokens.push(Token {
                    text: close.to_owned(),
                    line: group.span_close().start().line,
                });
            }
            TokenTree::Ident(word) => push(word.to_string(), line),
            TokenTree::Punct(sign) => push(sign.as_char().to_string(), line),
            // Comments of items come as literals, too: what they say is prose.
            TokenTree::Literal(_) => push("\"\"".to_owned(), line),
        }
    }
}

#[cfg(test)]
pub(super) fn pretend(path: &str, text: &str) -> TextFile {
    TextFile {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_lines_and_prose_is_no_token() {
        let text = pretend("a.rs", "//! sqlx\n// sqlx\nfn a() {\n    b(\"sqlx\");\n}\n");
        let file = RustFile::parse(&text).unwrap();
        assert!(file.tokens.iter().all(|token| token.text != "sqlx"));
        let b = file.tokens.iter().find(|token| token.text == "b").unwrap();
        assert_eq!(b.line, 4);
    }

    #[test]
    fn what_is_no_rust_is_a_finding_with_its_line() {
        let finding = RustFile::parse(&pretend("a.rs", "fn a() {}\nfn fn\n"))
            .err()
            .unwrap();
        assert_eq!((finding.file.as_str(), finding.line), ("a.rs", 2));
    }

    #[test]
    fn the_target_folder_and_hidden_folders_are_not_ours() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["target", ".git", ".ci", "src"] {
            fs::create_dir(root.path().join(folder)).unwrap();
            fs::write(root.path().join(folder).join("a.md"), "").unwrap();
        }
        let paths: Vec<String> = texts(root.path())
            .unwrap()
            .into_iter()
            .map(|file| file.path)
            .collect();
        assert_eq!(paths, [".ci/a.md", "src/a.md"]);
    }
}
