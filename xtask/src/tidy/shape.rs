//! Files open with a line about themselves and stay short, and so do functions.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Signature};

use super::Finding;
use super::source::{RustFile, TextFile};

const LONGEST_FILE: usize = 500;
const LONGEST_FUNCTION: usize = 60;

/// Words that put off what should be done or filed.
const PUT_OFF: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

pub(super) fn check_text(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let opening = file.lines().find(|(_, line)| !line.trim().is_empty());
    if !opening.is_some_and(|(_, line)| line.starts_with("//! ")) {
        findings.push(Finding::new(
            &file.path,
            1,
            "a file opens with a `//!` line that says what it is for",
        ));
    }
    let length = file.text.lines().count();
    if length > LONGEST_FILE {
        let reason = format!("{length} lines; split a file of more than {LONGEST_FILE}");
        findings.push(Finding::new(&file.path, LONGEST_FILE + 1, reason));
    }
    for (number, line) in file.lines() {
        for word in PUT_OFF.iter().filter(|word| line.contains(**word)) {
            let reason = format!("{word}: do it, or file it");
            findings.push(Finding::new(&file.path, number, reason));
        }
    }
    findings
}

/// Functions of production code. A test may be as long as its table of cases.
pub(super) fn check_functions(file: &RustFile<'_>) -> Vec<Finding> {
    if is_test_file(file.path) {
        return Vec::new();
    }
    let mut visitor = Functions {
        path: file.path,
        findings: Vec::new(),
    };
    visitor.visit_file(&file.syntax);
    visitor.findings
}

/// Files that hold nothing but tests.
pub(super) fn is_test_file(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// Whether a function is marked as a test, by whatever runs it.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|segment| segment.ident == "test")
    })
}

struct Functions<'file> {
    path: &'file str,
    findings: Vec<Finding>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &Signature, body: &Block) {
        let first = signature.span().start().line;
        let length = body.span().end().line - first + 1;
        if length > LONGEST_FUNCTION {
            let reason = format!(
                "`{}` has {length} lines; a function has at most {LONGEST_FUNCTION}",
                signature.ident
            );
            self.findings.push(Finding::new(self.path, first, reason));
        }
    }
}

impl<'syntax> Visit<'syntax> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'syntax syn::ItemFn) {
        if is_test(&item.attrs) {
            return;
        }
        self.measure(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'syntax syn::ImplItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'syntax syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.measure(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::pretend;
    use super::*;

    fn reasons(text: &str) -> Vec<(usize, String)> {
        let file = pretend("a.rs", text);
        let mut findings = check_text(&file);
        findings.extend(check_functions(&RustFile::parse(&file).unwrap()));
        findings
            .into_iter()
            .map(|finding| (finding.line, finding.reason))
            .collect()
    }

    #[test]
    fn a_short_file_that_says_what_it_is_for_is_tidy() {
        assert_eq!(reasons("\n//! What it is for.\n\nfn a() {}\n"), []);
    }

    #[test]
    fn a_file_without_its_line_is_found() {
        assert!(reasons("fn a() {}\n")[0].1.contains("opens with"));
    }

    #[test]
    fn a_file_that_is_too_long_is_found() {
        let text = format!("//! Long.\n{}", "\n".repeat(LONGEST_FILE));
        assert_eq!(reasons(&text)[0].0, LONGEST_FILE + 1);
    }

    #[test]
    fn what_is_put_off_is_found_in_its_line() {
        let text = format!("//! Put off.\n// {}: later\n", PUT_OFF[0]);
        assert_eq!(reasons(&text)[0].0, 2);
    }

    #[test]
    fn functions_and_methods_of_sixty_lines_are_tidy_and_longer_ones_are_not() {
        let body = |lines: usize| format!("{{\n{}}}", "\n".repeat(lines - 2));
        let text = format!(
            "//! Functions.\nfn short() {}\nimpl A {{\nfn long() {}\n}}\n",
            body(60),
            body(61)
        );
        let found = reasons(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].1.contains("`long` has 61 lines"), "{found:?}");
    }
}
