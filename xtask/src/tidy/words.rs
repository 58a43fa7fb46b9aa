//! Words that only some files may say.

use super::Finding;
use super::source::RustFile;

/// A word of `host/src`, where it may be said, and why nowhere else.
struct Reserved {
    word: &'static str,
    /// Starts of paths.
    places: &'static [&'static str],
    reason: &'static str,
}

const STORE: &[&str] = &[
    "host/src/store/",
    // A server is ready once it takes a connection, and that is before there is a store.
    "host/src/local_postgres",
    // Migrations are run by the library that the store is written with.
    "host/src/cli/migrate",
];
const PLUGIN: &[&str] = &["host/src/plugin/"];

const RESERVED: [Reserved; 8] = [
    reserved("sqlx", STORE, "only the store knows the database's library"),
    reserved(
        "jiff_sqlx",
        STORE,
        "only the store knows the database's library",
    ),
    reserved("wasmtime", PLUGIN, "only the plugin room knows the sandbox"),
    reserved(
        "wasmtime_wasi",
        PLUGIN,
        "only the plugin room knows the sandbox",
    ),
    reserved(
        "wit_component",
        PLUGIN,
        "only the plugin room knows how plugins are packed",
    ),
    reserved(
        "reqwest",
        PLUGIN,
        "only the guarded client of the plugin room leaves this machine",
    ),
    reserved(
        "axum",
        &["host/src/http/"],
        "only the http room knows the web framework",
    ),
    reserved(
        "StatusCode",
        &["host/src/http/problem"],
        "one file knows how failures look in HTTP",
    ),
];

const fn reserved(
    word: &'static str,
    places: &'static [&'static str],
    reason: &'static str,
) -> Reserved {
    Reserved {
        word,
        places,
        reason,
    }
}

/// Words that nobody may say, as rows of tokens.
const BANNED: [(&[&str], &str); 4] = [
    (&["todo", "!"], "what is not done does not compile"),
    (&["unimplemented", "!"], "what is not done does not compile"),
    (
        &["[", "allow", "("],
        "use `#[expect(lint, reason = \"…\")]`, which ends when its reason does",
    ),
    (
        &[",", "allow", "("],
        "use `#[expect(lint, reason = \"…\")]`, which ends when its reason does",
    ),
];

pub(super) fn check(file: &RustFile<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, token) in file.tokens.iter().enumerate() {
        let mut find = |reason: String| findings.push(Finding::new(file.path, token.line, reason));
        for (words, reason) in BANNED {
            if file.says(at, words) {
                find(format!("`{}`: {reason}", words.concat()));
            }
        }
        if !file.path.starts_with("host/src/") {
            continue;
        }
        for rule in &RESERVED {
            let at_home = rule.places.iter().any(|place| file.path.starts_with(place));
            if token.text == rule.word && !at_home {
                find(format!("`{}`: {}", rule.word, rule.reason));
            }
        }
        if starts_transaction(&token.text) && file.path.starts_with("host/src/http/") {
            find("no transaction starts in http; call a verb of the app room".to_owned());
        }
    }
    findings
}

/// Whether a word begins or ends a transaction, or names one.
fn starts_transaction(word: &str) -> bool {
    word.starts_with("begin") || ["commit", "HotelTx", "SharedTx"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::super::source::pretend;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = pretend(path, text);
        check(&RustFile::parse(&file).unwrap())
            .into_iter()
            .map(|finding| finding.reason)
            .collect()
    }

    #[test]
    fn the_database_is_named_in_the_store_and_nowhere_else() {
        let text = "use sqlx::PgPool;";
        assert!(found("host/src/store/rooms.rs", text).is_empty());
        assert!(found("host/src/local_postgres/mod.rs", text).is_empty());
        assert_eq!(found("host/src/app/rooms.rs", text).len(), 1);
        assert!(found("tests/src/harness.rs", text).is_empty());
    }

    #[test]
    fn the_sandbox_and_the_web_framework_have_one_room_each() {
        assert_eq!(
            found("host/src/jobs/push.rs", "fn a(_: wasmtime::Engine) {}").len(),
            1
        );
        assert_eq!(found("host/src/app/push.rs", "use axum::Json;").len(), 1);
        assert!(found("host/src/http/push.rs", "use axum::Json;").is_empty());
    }

    #[test]
    fn one_file_knows_status_codes() {
        let text = "use axum::http::StatusCode;";
        assert!(found("host/src/http/problem.rs", text).is_empty());
        assert_eq!(found("host/src/http/holds.rs", text).len(), 1);
    }

    #[test]
    fn no_transaction_starts_in_http() {
        let text = "fn a(tx: &mut SharedTx) { pool.begin(); store.begin_shared(); tx.commit(); }";
        assert_eq!(found("host/src/http/holds.rs", text).len(), 4);
        assert!(found("host/src/app/holds.rs", text).is_empty());
    }

    #[test]
    fn unfinished_code_and_silenced_lints_are_found_everywhere() {
        assert_eq!(found("tests/src/lib.rs", "fn a() { todo!() }").len(), 1);
        assert_eq!(found("xtask/src/a.rs", "#![allow(dead_code)]").len(), 1);
        let conditional = "#[cfg_attr(test, allow(dead_code))] fn a() {}";
        assert_eq!(found("plugin-sdk/src/lib.rs", conditional).len(), 1);
    }

    #[test]
    fn expectations_and_words_in_text_are_tidy() {
        let text = "#[expect(dead_code, reason = \"todo! allow(\")] fn allow() { b(1, c(2)); }";
        assert_eq!(found("host/src/app/a.rs", text), Vec::<String>::new());
    }
}
