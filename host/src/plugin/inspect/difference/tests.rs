//! An update is told as what it may do more, less, and otherwise.

use super::*;
use crate::config::Approval;
use crate::plugin::inspect::inspect;
use crate::plugin::manifest::section;

const PIGEON: &str = include_str!("../../build/example.toml");

fn certificate(toml: &str) -> Certificate {
    let manifest = Manifest::from_toml(toml).expect("a manifest");
    let component = wasm_encoder::Component::new().finish();
    inspect(&section::embed(&component, &manifest).expect("a component")).expect("a plugin")
}

fn difference(toml: &str) -> Difference {
    Difference::between(&certificate(PIGEON), &certificate(toml))
}

#[test]
fn the_same_file_differs_in_nothing() {
    let text = difference(PIGEON).to_string();
    assert_eq!(
        text,
        "pigeon-post 0.1.0 against pigeon-post 0.1.0:\n  - the same file\n"
    );
}

#[test]
fn what_an_update_may_do_more_and_less_is_told_apart() {
    let toml = PIGEON
        .replace("version = \"0.1.0\"", "version = \"0.2.0\"")
        .replace(
            "hosts = [\"api.pigeon.example\"]\n\n[settings]\ntype = \"object\"\n",
            "hosts = [\"api.pigeon.example\", \"files.pigeon.example\"]\n\n[settings]\ntype = \"object\"\nrequired = [\"loft\"]\nproperties.loft = { type = \"string\" }\n",
        )
        .replace("requests = 2", "requests = 1")
        .replace("methods = [\"POST\"]", "methods = [\"GET\", \"POST\"]");
    let found = difference(&toml);
    let text = found.to_string();
    for line in [
        "pigeon-post 0.2.0 against pigeon-post 0.1.0:\nMore:\n",
        "  - it may call files.pigeon.example\n",
        "  - a hotel may set loft\n",
        "  - a hotel must set loft\n",
        "Less:\n  - one call may use 1 requests, and might use 2\n",
        "Otherwise:\n  - version: 0.2.0, and was 0.1.0\n",
        "  - it is given api_key: a bearer token, for GET/POST api.pigeon.example; before, api_key: a bearer token, for POST",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    assert_eq!(found.changes.len(), 6, "{text}");
}

#[test]
fn an_ability_that_is_lost_takes_its_webhooks_and_its_secret_along() {
    let before_webhook = PIGEON.split("[[secrets]]\nname = \"webhook").next();
    let toml = before_webhook
        .expect("what stands before")
        .replace("abilities = [\"email-events\"]", "abilities = []");
    let found = difference(&toml);
    let lost: Vec<&str> = found
        .of(Direction::Less)
        .map(|change| change.topic)
        .collect();
    assert_eq!(lost, ["abilities", "secrets", "webhook"]);
    assert_eq!(found.changes.len(), 3, "{found}");
}

#[test]
fn the_difference_is_data_as_well() {
    let toml = PIGEON.replace("[limits]", "[email]\nrecognises_repeats = true\n\n[limits]");
    let json = serde_json::to_value(difference(&toml)).expect("JSON");
    assert_eq!(json["from"]["id"], "pigeon-post");
    let last = json["changes"].as_array().and_then(|all| all.last());
    let last = last.expect("a change");
    assert_eq!(last["direction"], "other");
    assert_eq!(
        last["what"],
        "email.recognises_repeats: true, and was absent"
    );
}

#[test]
fn what_the_words_leave_out_is_told_as_an_approval_spells_it() {
    let element = |attribute: &str| {
        let inject = format!(
            "inject = {{ kind = \"xml-element\", element = \"login\", attribute = \"{attribute}\" }}"
        );
        PIGEON.replace("inject = { kind = \"bearer\" }", &inject)
    };
    let found = Difference::between(
        &certificate(&element("password")),
        &certificate(&element("shown")),
    );
    let told: Vec<&str> = found.changes.iter().map(|change| &*change.what).collect();
    assert_eq!(
        told,
        [
            "it is given api_key: xml-element attribute=shown element=login; before, api_key: xml-element \
             attribute=password element=login"
        ]
    );
}

#[test]
fn the_approval_of_a_file_is_what_the_configuration_reads() {
    let text = certificate(PIGEON).approval().expect("TOML");
    assert!(
        text.starts_with("[plugins.approved.pigeon-post]\nsha256 = \""),
        "{text}"
    );
    let read: toml::Table = text.parse().expect("TOML");
    let approval = &read["plugins"]["approved"]["pigeon-post"];
    let approval: Approval = approval.clone().try_into().expect("an approval");
    let uses = approval.uses.expect("uses");
    assert!(
        uses.contains("api_key: POST api.pigeon.example"),
        "{uses:?}"
    );
    assert_eq!(
        approval.webhook.as_deref(),
        Some(
            "event_id={header=pigeon-id} hint=true verification={standard-webhooks header_prefix=pigeon \
             secret=webhook_secret}"
        )
    );
}
