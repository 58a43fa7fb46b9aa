//! A problem is told with its place, and none hides another.

use super::*;

const PIGEON: &str = include_str!("../build/example.toml");
const CARGO: &str = "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n";

fn report_of(cargo: &str, plugin: &str) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("Cargo.toml"), cargo).expect("written");
    fs::write(folder.path().join("plugin.toml"), plugin).expect("written");
    check_crate(folder.path()).expect("a crate")
}

fn file(manifest: &str) -> Vec<u8> {
    let manifest = Manifest::from_toml(manifest).expect("a manifest");
    let component = wasm_encoder::Component::new().finish();
    section::embed(&component, &manifest).expect("a component")
}

#[test]
fn a_crate_that_is_in_order_says_what_remains_to_be_looked_at() {
    let report = report_of(CARGO, PIGEON);
    assert!(report.problems.is_empty(), "{report}");
    let text = report.to_string();
    assert!(
        text.starts_with("pigeon-post is in order: contract 1.0.0\nExports, imports"),
        "{text}"
    );
}

#[test]
fn every_problem_of_a_crate_is_told_with_its_place() {
    let plugin = PIGEON
        .replace("name = \"Pigeon Post\"", "name = \"\"")
        .replace("contract = \"1.0.0\"", "contract = \"2.0.0\"");
    let report = report_of("[lib]\ncrate-type = [\"cdylib\"]\n", &plugin);
    let text = report.to_string();
    for line in [
        "plugin.toml:2: name: must be 1 to 100 printable characters",
        "plugin.toml:4: contract: is 2.0.0, and this host speaks 1.0.0 to 1.1.0: update the host",
        "Cargo.toml: needs [lib] crate-type",
        "3 problems of pigeon-post: contract 2.0.0",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    let json = serde_json::to_value(&report).expect("JSON");
    assert_eq!(json["subject"], "crate");
    assert_eq!(json["problems"][1]["line"], 4);
    assert_eq!(json["problems"][1]["field"], "contract");
}

#[test]
fn a_folder_without_a_manifest_cannot_be_looked_at() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = check_crate(folder.path()).expect_err("no manifest");
    assert!(error.to_string().contains("plugin.toml cannot be read"));
}

#[test]
fn a_file_must_export_what_it_promises() {
    let report = check_file(&file(PIGEON));
    let text = report.to_string();
    for line in [
        "component: the manifest promises `roomwire:email/email-events`",
        "component: the manifest promises `roomwire:email/email-provider`",
        "2 problems of pigeon-post: contract 1.0.0, made without the SDK, ",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn what_is_no_plugin_has_one_problem() {
    let empty = wasm_encoder::Component::new().finish();
    for bytes in [b"MZ".as_slice(), empty.as_slice()] {
        let report = check_file(bytes);
        assert_eq!(report.problems.len(), 1, "{report}");
        assert!(report.to_string().contains("1 problem of what has no id"));
    }
}
