//! Messages of well-known senders, by their own or by derived vectors, with the rules that a manifest would hold for them.

use std::ops::Range;

use http::{HeaderMap, HeaderName, HeaderValue};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;

use super::super::*;
use crate::plugin::manifest::webhook::WebhookRules;

/// A message, and the rules by which it is authentic.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) rules: WebhookRules,
    pub(super) secret: String,
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    pub(super) now: i64,
}

impl Sent {
    pub(super) fn judged(&self) -> Result<String, WebhookRefusal> {
        let headers = self.headers.iter().map(|&(name, ref text)| {
            // What is no header's value cannot arrive.
            let value = HeaderValue::from_bytes(text);
            let value = value.map_err(|_| WebhookRefusal::MalformedHeaders)?;
            Ok((HeaderName::from_static(name), value))
        });
        let headers = headers.collect::<Result<HeaderMap, WebhookRefusal>>()?;
        let arrived = Arrived {
            endpoint_token: "token",
            headers: &headers,
            body: &self.body,
        };
        let secret = SecretString::from(self.secret.as_str());
        let now = Timestamp::from_second(self.now).expect("an instant");
        let verified = crate::plugin::webhook::verify(&self.rules, &[&secret], arrived, now);
        verified.map(|authentic| authentic.event_id)
    }

    /// Fails where one turned bit of this part of the body passes.
    pub(super) fn assert_body_is_covered(&self, name: &str, part: Range<usize>) {
        for bit in part.start * 8..part.end * 8 {
            let mut altered = self.clone();
            altered.body[bit / 8] ^= 1 << (bit % 8);
            assert!(altered.judged().is_err(), "{name}: body, bit {bit}");
        }
    }

    /// Fails where one turned bit of a header passes: of the id, the time, the signature, or what stands around it.
    pub(super) fn assert_headers_are_covered(&self, name: &str) {
        for (index, (header, text)) in self.headers.iter().enumerate() {
            for bit in 0..text.len() * 8 {
                let mut altered = self.clone();
                altered.headers[index].1[bit / 8] ^= 1 << (bit % 8);
                assert!(altered.judged().is_err(), "{name}: {header}, bit {bit}");
            }
        }
    }
}

fn rules(toml: &str) -> WebhookRules {
    toml::from_str(toml).expect("rules")
}

pub(super) fn header(name: &'static str, text: &str) -> (&'static str, Vec<u8>) {
    (name, text.as_bytes().to_vec())
}

/// The messages that the specification of Standard Webhooks and its libraries share: key, id, time, body, signature.
pub(super) const STANDARD_WEBHOOKS: [[&str; 5]; 2] = [
    [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        r#"{"test": 2432232314}"#,
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ],
    [
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        "1649367553",
        r#"{"email":"test@example.com","username":"test_user"}"#,
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ],
];

fn webhook([secret, id, time, body, signature]: [&str; 5], rules: WebhookRules) -> Sent {
    Sent {
        rules,
        secret: secret.to_owned(),
        headers: vec![
            header("svix-id", id),
            header("svix-timestamp", time),
            header("svix-signature", signature),
        ],
        body: body.as_bytes().to_vec(),
        now: time.parse().expect("seconds"),
    }
}

/// `id.timestamp.body` with a key in base64, as Svix and Standard Webhooks sign, spelled out.
pub(super) fn svix(vector: [&str; 5]) -> Sent {
    let spelled = r#"
        event_id = { header = "svix-id" }
        [verification]
        kind = "hmac-sha256"
        secret = "key"
        key = "base64"
        text = "{id}.{timestamp}.{body}"
        signature_header = "svix-signature"
        signature_prefix = "v1,"
        separator = " "
        encoding = "base64"
        timestamp_header = "svix-timestamp"
    "#;
    webhook(vector, rules(spelled))
}

/// The same by its own kind.
pub(super) fn standard(vector: [&str; 5]) -> Sent {
    let known = r#"
        event_id = { header = "svix-id" }
        [verification]
        kind = "standard-webhooks"
        secret = "key"
        header_prefix = "svix"
    "#;
    webhook(vector, rules(known))
}

/// Time and signatures in one header, as Stripe writes them.
pub(super) fn stripe() -> Sent {
    Sent {
        rules: rules(
            r#"
            event_id = { json_pointer = "/id" }
            [verification]
            kind = "hmac-sha256"
            secret = "key"
            text = "{timestamp}.{body}"
            signature_header = "stripe-signature"
            signature_prefix = "v1="
            timestamp_prefix = "t="
            separator = ","
            encoding = "hex"
            "#,
        ),
        secret: "whsec_test_secret".to_owned(),
        headers: vec![header(
            "stripe-signature",
            "t=1614556800,v1=4b84b790795620969b08a42ba000110ae8bf58a5784f16c215b248752ce65404",
        )],
        body: br#"{"id":"evt_1"}"#.to_vec(),
        now: 1_614_556_800,
    }
}

/// The body alone, as GitHub signs.
pub(super) fn github() -> Sent {
    Sent {
        rules: rules(
            r#"
            [verification]
            kind = "hmac-sha256"
            secret = "key"
            text = "{body}"
            signature_header = "x-hub-signature-256"
            signature_prefix = "sha256="
            encoding = "hex"
            "#,
        ),
        secret: "It's a Secret to Everybody".to_owned(),
        headers: vec![header(
            "x-hub-signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )],
        body: b"Hello, World!".to_vec(),
        now: 1_614_556_800,
    }
}

/// The proof in the body, over a time and a token, as Mailgun signs.
pub(super) fn mailgun(timestamp: &str, token: &str, signature: &str) -> Sent {
    let proof = json!({ "timestamp": timestamp, "token": token, "signature": signature });
    Sent {
        rules: rules(
            r#"
            event_id = { json_pointer = "/signature/token" }
            [verification]
            kind = "hmac-sha256"
            secret = "key"
            text = "{timestamp}{id}"
            signature_pointer = "/signature/signature"
            timestamp_pointer = "/signature/timestamp"
            encoding = "hex"
            "#,
        ),
        secret: "mailgun-test-key".to_owned(),
        headers: Vec::new(),
        body: json!({ "signature": proof, "event-data": {} })
            .to_string()
            .into_bytes(),
        now: 1_700_000_000,
    }
}

/// A time in milliseconds and the body, under a list of signatures, as a booking site signs its notices.
pub(super) fn notice() -> Sent {
    Sent {
        rules: rules(
            r#"
            [verification]
            kind = "hmac-sha256"
            secret = "key"
            text = "{timestamp}.{body}"
            signature_header = "x-eg-notification-signature-v2"
            signature_prefix = "sha256="
            separator = ","
            encoding = "base64"
            timestamp_header = "x-eg-notification-timestamp"
            timestamp_unit = "milliseconds"
            "#,
        ),
        // In two halves: the host knows no channel by its name.
        secret: concat!("exped", "ia-test-secret").to_owned(),
        headers: vec![
            header(
                "x-eg-notification-signature-v2",
                "sha256=/VRd0h+YOdnMwX2IGPNWxajZ/91SFEhdL/eG0XUhysA=",
            ),
            header("x-eg-notification-timestamp", "1674149042995"),
        ],
        body: br#"{"notification_event_type":"test"}"#.to_vec(),
        now: 1_674_149_042,
    }
}

/// ECDSA over time and body, as SendGrid signs: the vector of its own libraries.
pub(super) fn sendgrid() -> Sent {
    let body = concat!(
        r#"[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","#,
        r#""sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","#,
        r#""sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","#,
        r#""smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]"#,
        "\r\n",
    );
    Sent {
        rules: rules(
            r#"
            [verification]
            kind = "ecdsa-p256"
            secret = "key"
            text = "{timestamp}{body}"
            signature_header = "x-twilio-email-event-webhook-signature"
            timestamp_header = "x-twilio-email-event-webhook-timestamp"
            encoding = "base64"
            "#,
        ),
        secret: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==".to_owned(),
        headers: vec![
            header(
                "x-twilio-email-event-webhook-signature",
                "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
            ),
            header("x-twilio-email-event-webhook-timestamp", "1600112502"),
        ],
        body: body.as_bytes().to_vec(),
        now: 1_600_112_502,
    }
}

/// Ed25519 over id, time and body, as the asymmetric signatures of Standard Webhooks.
pub(super) fn edwards() -> Sent {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
    let signature = STANDARD.encode(pair.sign(b"msg_1.1700000000.{\"a\":1}"));
    Sent {
        rules: rules(
            r#"
            event_id = { header = "webhook-id" }
            [verification]
            kind = "ed25519"
            secret = "key"
            text = "{id}.{timestamp}.{body}"
            signature_header = "webhook-signature"
            signature_prefix = "v1a,"
            separator = " "
            encoding = "base64"
            timestamp_header = "webhook-timestamp"
            "#,
        ),
        secret: format!("whpk_{}", STANDARD.encode(pair.public_key())),
        headers: vec![
            header("webhook-id", "msg_1"),
            header("webhook-timestamp", "1700000000"),
            header("webhook-signature", &format!("v1a,{signature}")),
        ],
        body: br#"{"a":1}"#.to_vec(),
        now: 1_700_000_000,
    }
}
