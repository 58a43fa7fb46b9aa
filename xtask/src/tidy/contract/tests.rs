//! Each change of a published contract is judged as `wit/README.md` says.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A contract with everything that can change.
const PUBLISHED: &str = "package roomwire:octopus@1.0.0;

interface types {
    type key = string;
    record product { code: key, name: option<string> }
    variant outcome { applied, rejected(string) }
    enum level { low, high }
}

/// What the host gives.
interface memory {
    get: func(key: string) -> option<list<u8>>;
}

/// What a plugin gives.
interface provider {
    use types.{product, outcome};
    check: func(products: list<product>) -> result<outcome, string>;
}

world plugin {
    import memory;
    export provider;
}
";

fn workspace(present: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("wit"), present);
    root
}

fn write(wit: &Path, text: &str) {
    let folder = wit.join("octopus");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("octopus.wit"), text).unwrap();
}

fn publish(root: &TempDir, version: &str, text: &str) {
    let folder = root.path().join(FOLDER).join(version);
    write(&folder.join("wit"), text);
    frozen::seal(&folder).unwrap();
}

/// What is said of the published contract with these texts replaced by others.
fn said(changes: &[(&str, &str)]) -> Vec<String> {
    let mut present = PUBLISHED.to_owned();
    for (from, to) in changes {
        assert!(present.contains(from), "`{from}` is not in the contract");
        present = present.replacen(from, to, 1);
    }
    let root = workspace(&present);
    publish(&root, "1.0.0", PUBLISHED);
    let findings = against(&root);
    findings.into_iter().map(|finding| finding.reason).collect()
}

fn against(root: &TempDir) -> Vec<Finding> {
    let present = surface::read(&root.path().join("wit")).unwrap();
    against_published(&present, &frozen::all(root.path()).unwrap()).unwrap()
}

const MINOR: (&str, &str) = ("@1.0.0", "@1.1.0");

#[test]
fn what_is_identical_but_for_comments_passes_under_its_version_and_a_later_one() {
    let comment = ("/// What the host gives.", "/// What the host offers.");
    assert_eq!(said(&[comment]), [""; 0]);
    assert_eq!(said(&[MINOR]), [""; 0]);
    assert_eq!(said(&[("@1.0.0", "@1.0.1")]), [""; 0]);
}

#[test]
fn what_is_added_needs_a_minor_version() {
    for (from, to, item) in [
        (
            "interface provider",
            "interface clock { now: func() -> s64; }\ninterface provider",
            "the interface `clock` is new",
        ),
        (
            "get: func",
            "delete: func(key: string);\n    get: func",
            "the function `memory.delete` is new",
        ),
        (
            "enum level",
            "record extra { word: string }\n    enum level",
            "the type `types.extra` is new",
        ),
        (
            "world plugin",
            "world other { export provider; }\nworld plugin",
            "the world `other` is new",
        ),
    ] {
        let sentences = said(&[(from, to)]);
        let expected = format!(
            "since `roomwire:octopus@1.0.0` {item}: \
             this adds to what is published, so raise the packages to 1.1.0"
        );
        assert!(sentences.contains(&expected), "{sentences:?}");
        assert_eq!(said(&[(from, to), MINOR]), [""; 0], "{item}");
        assert_ne!(said(&[(from, to), ("@1.0.0", "@1.0.1")]), [""; 0], "{item}");
    }
}

/// What is changed in the published text, to what, and what is said of it.
const BREAKING: &[(&str, &str, &str)] = &[
    (
        "name: option<string>",
        "name: string",
        "the field `types.product.name` was `option<string>` and is `string`",
    ),
    (
        ", name: option<string>",
        "",
        "the field `types.product.name` is gone",
    ),
    (
        "code: key,",
        "code: key, rate: string,",
        "the field `types.product.rate` is new",
    ),
    (
        "code: key, name: option<string>",
        "name: option<string>, code: key",
        "the fields of `types.product` stand in another order",
    ),
    (
        "rejected(string)",
        "rejected(string), accepted",
        "the case `types.outcome.accepted` is new",
    ),
    (
        "applied, rejected(string)",
        "applied(u32), rejected(string)",
        "the case `types.outcome.applied` was `nothing` and is `u32`",
    ),
    (
        "low, high",
        "low, middle, high",
        "the case `types.level.middle` is new",
    ),
    (
        "enum level { low, high }",
        "",
        "the type `types.level` is gone",
    ),
    (
        "enum level",
        "flags level",
        "the type `types.level` was `enum` and is `flags`",
    ),
    (
        "type key = string",
        "type key = u64",
        "the type `types.key` was `string` and is `u64`",
    ),
    (
        "get: func(key: string)",
        "get: func(name: string)",
        "the function `memory.get` was `func(key: string) -> option<list<u8>>` \
             and is `func(name: string) -> option<list<u8>>`",
    ),
    (
        "get: func",
        "read: func",
        "the function `memory.get` is gone",
    ),
    (
        "check: func",
        "ping: func();\n    check: func",
        "the function `provider.ping` is new, and plugins that exist export `provider` without it",
    ),
    (
        "    import memory;\n",
        "",
        "the import of `roomwire:octopus/memory@1` in the world `plugin` is gone",
    ),
    (
        "export provider;",
        "export provider;\n    export memory;",
        "the export of `roomwire:octopus/memory@1` in the world `plugin` is new",
    ),
];

#[test]
fn what_breaks_plugins_is_refused_under_any_minor_version_and_names_the_item() {
    for &(from, to, item) in BREAKING {
        for version in ["@1.0.0", "@1.1.0"] {
            let sentences = said(&[(from, to), ("@1.0.0", version)]);
            let told = sentences.iter().any(|sentence| {
                sentence.starts_with(&format!("since `roomwire:octopus@1.0.0` {item}"))
                    && sentence.ends_with(
                        "this breaks plugins, so undo it, or write a package 2.0.0 beside this one",
                    )
            });
            assert!(told, "{item}: {sentences:?}");
        }
    }
}

#[test]
fn a_new_major_lives_beside_the_old_one_and_does_not_replace_it() {
    let second = PUBLISHED
        .replace("@1.0.0", "@2.0.0")
        .replace("name: option<string>", "name: string");
    let replaced = workspace(&second);
    publish(&replaced, "1.0.0", PUBLISHED);
    let findings = against(&replaced);
    assert!(
        findings[0]
            .reason
            .starts_with("the package `roomwire:octopus@1.0.0` is gone"),
        "{findings:?}"
    );
    let beside = replaced.path().join("wit/octopus-1");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("octopus.wit"), PUBLISHED).unwrap();
    assert!(against(&replaced).is_empty(), "{:?}", against(&replaced));
    assert_eq!(publishable(replaced.path()).unwrap(), Version::new(2, 0, 0));
}

#[test]
fn a_version_never_falls_and_all_packages_carry_one() {
    let root = workspace(PUBLISHED);
    publish(&root, "1.1.0", &PUBLISHED.replace("@1.0.0", "@1.1.0"));
    assert_eq!(
        against(&root)[0].reason,
        "`roomwire:octopus` is 1.0.0, and 1.1.0 is published: a version only rises"
    );
    let uneven = workspace(PUBLISHED);
    let squid = uneven.path().join("wit/squid");
    fs::create_dir(&squid).unwrap();
    fs::write(squid.join("squid.wit"), "package roomwire:squid@1.2.0;\n").unwrap();
    assert_eq!(
        against(&uneven)[0].reason,
        "`roomwire:octopus` is 1.0.0, and another package is 1.2.0: they are published together, under one version"
    );
}

#[test]
fn a_version_that_is_not_frozen_is_told_of_and_frozen_once() {
    let root = workspace(PUBLISHED);
    let findings = check(root.path()).unwrap();
    assert_eq!(
        findings[0].to_string(),
        "tests/frozen:0: the contract 1.0.0 is not frozen: run `cargo xtask freeze` and commit tests/frozen/1.0.0"
    );
    assert_eq!(publishable(root.path()).unwrap(), Version::new(1, 0, 0));
    publish(&root, "1.0.0", PUBLISHED);
    assert!(check(root.path()).unwrap().is_empty());
    let again = publishable(root.path()).unwrap_err().to_string();
    assert!(again.contains("is there already"), "{again}");
}

#[test]
fn what_was_published_is_not_edited_added_to_or_taken_away() {
    let root = workspace(PUBLISHED);
    publish(&root, "1.0.0", PUBLISHED);
    let folder = root.path().join(FOLDER).join("1.0.0");
    let wit = folder.join("wit/octopus/octopus.wit");
    let reasons = || -> Vec<String> {
        let findings = against(&root);
        findings.iter().map(Finding::to_string).collect()
    };
    fs::write(&wit, PUBLISHED.replace("the host gives", "it gives")).unwrap();
    assert_eq!(
        reasons(),
        [
            "tests/frozen/1.0.0:0: `wit/octopus/octopus.wit` is not what SHA256SUMS says: \
             restore it, what is published is not edited"
        ]
    );
    fs::write(&wit, PUBLISHED).unwrap();
    fs::write(folder.join("more.wasm"), "").unwrap();
    assert!(reasons()[0].contains("`more.wasm`"), "{:?}", reasons());
}
