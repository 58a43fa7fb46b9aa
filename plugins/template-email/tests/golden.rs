//! Golden pairs: our message and Swift Letter's JSON, its answers and our words; and the settings' schema.

use swift_letter::{Provider, Settings};

use roomwire_plugin_sdk::email::{EmailProvider, Message};
use roomwire_plugin_sdk::testing::{context, goldens, settings_schema};
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn every_golden_pair_holds() {
    let context = context::<Settings>(&json!({ "stream": "guests" }));
    for golden in goldens(format!("{ROOT}/tests/golden")) {
        assert_eq!(golden.operation, "send", "no other operation is known");
        golden.check(|| Provider::send(&context, &message(&golden.input)));
    }
}

#[test]
fn the_schema_is_that_of_the_settings() {
    settings_schema::<Settings>(format!("{ROOT}/settings.schema.json"));
}

/// The golden pairs name only what they are about.
fn message(changes: &Value) -> Message {
    let mut message = json!({
        "sender": { "email": "desk@seaview.example" },
        "to": [{ "email": "guest@example.com" }],
        "subject": "Your booking",
        "text": "See you soon.",
        "idempotency_key": "confirmed/r1/1",
        "tags": [],
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        message[name] = value.clone();
    }
    serde_json::from_value(message).expect("the input is a message")
}
