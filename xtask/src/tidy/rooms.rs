//! Which room of the host may see which.
//!
//! ```text
//! http ─┐
//!       ├─► app ─► store ─► domain ◄─ plugin ◄─ certify        boot sees all; nobody sees boot
//! jobs ─┘
//! ```

use super::Finding;
use super::source::RustFile;

/// A room and the rooms below it.
const ROOMS: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("store", &["domain"]),
    ("plugin", &["domain"]),
    // Plays scenarios with a plugin in its sandbox, and needs neither a store nor a use case.
    ("certify", &["plugin", "domain"]),
    ("app", &["store", "domain"]),
    ("jobs", &["app", "store", "domain"]),
    ("http", &["app", "store", "domain"]),
    ("config", &["domain"]),
    ("lifecycle", &[]),
    ("telemetry", &["config", "domain"]),
    ("local_postgres", &[]),
];

/// What every room but the pure one may see.
const SHARED: [&str; 3] = ["config", "lifecycle", "telemetry"];

/// What joins the rooms: sees all of them and is seen only by its like.
const ABOVE: [&str; 3] = ["boot", "cli", "main"];

/// Files that see one room more, each with its reason.
const EXCEPTIONS: [(&str, &str); 1] = [
    // The store is tested on a real server, which a test process starts for itself.
    ("host/src/store/test_database.rs", "local_postgres"),
];

pub(super) fn check(file: &RustFile<'_>) -> Vec<Finding> {
    let Some(module) = module_of(file.path) else {
        return Vec::new();
    };
    let Some(own) = module.first() else {
        return Vec::new();
    };
    let own = own.clone();
    seen(file, module)
        .into_iter()
        .filter(|(_, room)| !may_see(&own, room))
        .filter(|(_, room)| !EXCEPTIONS.contains(&(file.path, room.as_str())))
        .map(|(line, room)| {
            let reason = format!("`{own}` may not see `{room}`");
            Finding::new(file.path, line, reason)
        })
        .collect()
}

fn may_see(from: &str, to: &str) -> bool {
    let below = |room: &str| ROOMS.iter().find(|(name, _)| *name == room);
    if from == to || ABOVE.contains(&from) {
        return true;
    }
    if ABOVE.contains(&to) {
        return false;
    }
    let Some((_, lower)) = below(from) else {
        return true;
    };
    // What is shared is seen from the rooms, and not from its like.
    let from_a_room = from != "domain" && from != "local_postgres" && !SHARED.contains(&from);
    lower.contains(&to)
        || (SHARED.contains(&to) && from_a_room)
        || (below(to).is_none() && to != "*")
}

/// The module path of a file in the host: `host/src/http/holds.rs` is `http`, `holds`.
fn module_of(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix("host/src/")?.strip_suffix(".rs")?;
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        parts.pop();
    }
    Some(parts)
}

/// The rooms that a file names, each with its line, in `use` and in every other path.
fn seen(file: &RustFile<'_>, module: Vec<String>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut here = module;
    // The brackets that are open, and whether each is an inline module's.
    let mut open: Vec<bool> = Vec::new();
    let mut at = 0;
    while at < file.tokens.len() {
        match file.text_at(at) {
            "mod" if file.text_at(at + 2) == "{" => {
                here.push(file.text_at(at + 1).to_owned());
                open.push(true);
                at += 3;
                continue;
            }
            "{" => open.push(false),
            "}" if open.pop() == Some(true) => {
                here.pop();
            }
            "crate" if file.says(at + 1, &[":", ":"]) => found.extend(roots(file, at + 3)),
            "super" if file.text_at(at.wrapping_sub(1)) != ":" => {
                let climbs = (0..)
                    .take_while(|step| file.says(at + step * 3, &["super", ":", ":"]))
                    .count();
                if climbs > 0 && climbs == here.len() {
                    found.extend(roots(file, at + climbs * 3));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The first names of a path or of each branch of a `{…}` tree.
fn roots(file: &RustFile<'_>, at: usize) -> Vec<(usize, String)> {
    let name = |at: usize| (file.tokens[at].line, file.text_at(at).to_owned());
    if at >= file.tokens.len() {
        return Vec::new();
    }
    if file.text_at(at) != "{" {
        return vec![name(at)];
    }
    let mut names = Vec::new();
    let mut depth = 0;
    for place in at..file.tokens.len() {
        match file.text_at(place) {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ if depth == 1 && ["{", ","].contains(&file.text_at(place - 1)) => {
                names.push(name(place));
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::source::pretend;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = pretend(path, text);
        check(&RustFile::parse(&file).unwrap())
            .into_iter()
            .map(|finding| format!("{}: {}", finding.line, finding.reason))
            .collect()
    }

    #[test]
    fn rooms_see_what_is_below_them() {
        let text = "use crate::{app::holds, domain::{night::Night, money}, store};";
        assert_eq!(found("host/src/http/holds.rs", text), Vec::<String>::new());
        assert_eq!(found("host/src/jobs/push.rs", text), Vec::<String>::new());
    }

    #[test]
    fn a_room_above_is_found_in_each_branch_of_a_tree() {
        let text = "use crate::{\n    domain::night,\n    http::{a, b},\n    jobs,\n};";
        let expected = [
            "3: `store` may not see `http`",
            "4: `store` may not see `jobs`",
        ];
        assert_eq!(found("host/src/store/holds.rs", text), expected);
    }

    #[test]
    fn a_path_in_code_or_in_a_macro_counts_like_a_use() {
        let text = "fn a() { info!(x = crate::plugin::b()); }";
        assert_eq!(
            found("host/src/app/a.rs", text),
            ["1: `app` may not see `plugin`"]
        );
    }

    #[test]
    fn climbing_to_the_root_counts_and_climbing_inside_the_room_does_not() {
        let out = "use super::super::store;";
        assert_eq!(
            found("host/src/domain/a.rs", out),
            ["1: `domain` may not see `store`"]
        );
        assert_eq!(
            found("host/src/domain/a.rs", "use super::store;"),
            Vec::<String>::new()
        );
        let inline = "mod tests { use super::super::super::store; use super::super::night; }";
        assert_eq!(
            found("host/src/domain/a.rs", inline),
            ["1: `domain` may not see `store`"]
        );
    }

    #[test]
    fn nobody_sees_boot_but_the_command_line() {
        let text = "use crate::boot::Host;";
        assert_eq!(found("host/src/jobs/a.rs", text).len(), 1);
        assert_eq!(found("host/src/config.rs", text).len(), 1);
        assert_eq!(found("host/src/cli/serve.rs", text), Vec::<String>::new());
    }

    #[test]
    fn what_is_shared_looks_up_to_nobody_and_nobody_takes_everything() {
        let up = "use crate::{app::App, jobs::Job};";
        assert_eq!(found("host/src/config/a.rs", up).len(), 2);
        assert_eq!(
            found("host/src/lifecycle.rs", "use crate::domain::clock;").len(),
            1
        );
        assert_eq!(
            found("host/src/local_postgres/a.rs", "use crate::boot::open;").len(),
            1
        );
        let settings = "use crate::config::Telemetry;";
        assert_eq!(
            found("host/src/telemetry.rs", settings),
            Vec::<String>::new()
        );
        assert_eq!(found("host/src/app/a.rs", "use crate::*;").len(), 1);
    }

    #[test]
    fn the_certification_kit_sees_plugins_and_no_store() {
        let plugin = "use crate::plugin::Plugins;";
        let path = "host/src/certify/rig.rs";
        assert_eq!(found(path, plugin), Vec::<String>::new());
        assert_eq!(found(path, "use crate::app::App;").len(), 1);
        assert_eq!(
            found("host/src/plugin/a.rs", "use crate::certify::Kit;").len(),
            1
        );
    }

    #[test]
    fn an_exception_is_one_file_and_one_room() {
        let text = "use crate::local_postgres::LocalPostgres;";
        assert_eq!(
            found("host/src/store/test_database.rs", text),
            Vec::<String>::new()
        );
        assert_eq!(found("host/src/store/holds.rs", text).len(), 1);
    }

    #[test]
    fn the_pure_room_reads_no_configuration() {
        let text = "use crate::config::Config;";
        assert_eq!(found("host/src/domain/a.rs", text).len(), 1);
        assert_eq!(found("host/src/plugin/a.rs", text), Vec::<String>::new());
    }
}
