//! Golden pairs: our message and Resend's JSON, Resend's answers and webhooks and our words.

use roomwire_email_resend::Resend;
use roomwire_plugin_sdk::email::{Batch, EmailBatch, EmailEvents, EmailProvider, Message};
use roomwire_plugin_sdk::testing::{context, goldens, webhook};
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[test]
fn every_golden_pair_holds() {
    for golden in goldens(FOLDER) {
        let context = context(&json!({}));
        match golden.operation.as_str() {
            "send" => golden.check(|| Resend::send(&context, &message(&golden.input))),
            "send-batch" => golden.check(|| Resend::send_batch(&context, &batch(&golden.input))),
            "parse" => golden.check(|| {
                let mut webhook = webhook(golden.input["body"].to_string());
                if let Some(id) = golden.input["svix-id"].as_str() {
                    webhook.headers.push(("svix-id".to_owned(), id.to_owned()));
                }
                Resend::parse(&context, &webhook)
            }),
            other => panic!("no operation is called {other}"),
        }
    }
}

#[test]
fn a_key_that_resend_would_cut_is_refused_before_anything_is_sent() {
    let mut message = message(&json!({}));
    message.idempotency_key = "k".repeat(257);
    let refused = Resend::send(&context(&json!({})), &message);
    assert!(refused.is_err(), "{refused:?}");
    let batch = Batch {
        idempotency_key: "k".repeat(257),
        messages: vec![message],
        extensions: Vec::new(),
    };
    let refused = Resend::send_batch(&context(&json!({})), &batch);
    assert!(refused.is_err(), "{refused:?}");
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
        message[name] = value.clone();
    }
    serde_json::from_value(message).expect("the input is a message")
}
