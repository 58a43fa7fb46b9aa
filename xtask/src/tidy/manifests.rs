//! Packages that must not know each other.

use super::Finding;
use super::source::TextFile;

/// A manifest, a package that it must not name, and why. A place that ends in `/` is a folder.
const APART: [(&str, &str, &str); 5] = [
    (
        "host/Cargo.toml",
        "roomwire-plugin-sdk",
        "the host and the SDK share only wit/",
    ),
    (
        "plugin-sdk/",
        "roomwire",
        "the host and the SDK share only wit/",
    ),
    (
        "plugins/",
        "roomwire",
        "a connector knows the SDK and not the host",
    ),
    (
        "tests/simulators/",
        "roomwire",
        "a simulator imitates a channel and not the host",
    ),
    (
        "xtask/",
        "roomwire",
        "a task must not wait for the host to be compiled",
    ),
];

pub(super) fn check(file: &TextFile) -> Vec<Finding> {
    if !file.path.ends_with("Cargo.toml") {
        return Vec::new();
    }
    let manifest: toml::Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(cause) => return vec![Finding::new(&file.path, 0, format!("is not TOML: {cause}"))],
    };
    APART
        .iter()
        .filter(|(place, _, _)| file.path.starts_with(place))
        .filter(|(_, package, _)| depends_on(&manifest, package))
        .map(|(_, package, reason)| {
            let line = file
                .lines()
                .find(|(_, line)| line.starts_with(package))
                .map_or(0, |(number, _)| number);
            Finding::new(&file.path, line, format!("`{package}`: {reason}"))
        })
        .collect()
}

/// Whether any table of dependencies, a target's too, names the package.
fn depends_on(table: &toml::Table, package: &str) -> bool {
    table.iter().any(|(name, value)| {
        let Some(inner) = value.as_table() else {
            return false;
        };
        let direct = name.ends_with("dependencies") && inner.contains_key(package);
        direct || depends_on(inner, package)
    })
}

#[cfg(test)]
mod tests {
    use super::super::source::pretend;
    use super::*;

    #[test]
    fn the_host_must_not_depend_on_the_sdk_not_even_in_tests() {
        let text = "[package]\nname = \"roomwire\"\n\n[dev-dependencies]\nroomwire-plugin-sdk.workspace = true\n";
        let findings = check(&pretend("host/Cargo.toml", text));
        assert_eq!(findings[0].line, 5);
    }

    #[test]
    fn a_dependency_of_one_target_counts() {
        let text = "[target.'cfg(unix)'.dependencies]\nroomwire = { path = \"../../host\" }\n";
        assert_eq!(check(&pretend("plugins/a/Cargo.toml", text)).len(), 1);
    }

    #[test]
    fn the_sdk_is_what_connectors_depend_on() {
        let text = "[dependencies]\nroomwire-plugin-sdk.workspace = true\n";
        assert_eq!(check(&pretend("plugins/a/Cargo.toml", text)), []);
    }

    #[test]
    fn tests_may_know_everybody() {
        let text = "[dependencies]\nroomwire.workspace = true\n";
        assert_eq!(check(&pretend("tests/Cargo.toml", text)), []);
    }
}
