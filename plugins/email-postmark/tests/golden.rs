//! Golden pairs: our message and Postmark's JSON, Postmark's answers and webhooks and our words.

use roomwire_email_postmark::{Postmark, Settings};
use roomwire_plugin_sdk::Context;
use roomwire_plugin_sdk::email::{Batch, EmailBatch, EmailEvents, EmailProvider, Message};
use roomwire_plugin_sdk::testing::{context, goldens, webhook};
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[test]
fn every_golden_pair_holds() {
    for golden in goldens(FOLDER) {
        let context = settings(&golden.input);
        match golden.operation.as_str() {
            "send" => golden.check(|| Postmark::send(&context, &message(&golden.input))),
            "send-batch" => {
                golden.check(|| Postmark::send_batch(&context, &batch(&golden.input)));
            }
            "parse" => golden.check(|| {
                let webhook = webhook(golden.input["body"].to_string());
                Postmark::parse(&context, &webhook)
            }),
            other => panic!("no operation is called {other}"),
        }
    }
}

#[test]
fn more_recipients_than_postmark_takes_are_refused_before_anything_is_sent() {
    let mut message = message(&json!({}));
    message.to = vec![message.to[0].clone(); 51];
    let refused = Postmark::send(&settings(&json!({})), &message);
    assert!(refused.is_err(), "{refused:?}");
}

/// The stream that a pair names, or the usual one.
fn settings(input: &Value) -> Context<Settings> {
    let named = input.get("message_stream");
    context(&named.map_or(json!({}), |stream| json!({ "message_stream": stream })))
}

/// A batch of the messages that a pair names, under the key of the first.
fn batch(input: &Value) -> Batch {
    let messages = input["messages"].as_array().into_iter().flatten();
    let messages: Vec<Message> = messages.map(message).collect();
    Batch {
        idempotency_key: format!("batch/{}", messages[0].idempotency_key),
        messages,
        extensions: Vec::new(),
    }
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
        // That one is a setting.
        if name != "message_stream" {
            message[name] = value.clone();
        }
    }
    serde_json::from_value(message).expect("the input is a message")
}
