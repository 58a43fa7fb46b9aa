//! The constructions of well-known senders, by their own or by derived vectors: each as it is, and with every single bit
//! of what it covers turned over.

use http::{HeaderMap, HeaderName, HeaderValue};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;

use super::super::*;
use crate::plugin::manifest::webhook::{Verification, WebhookRules};

/// A message, and the rules by which it is authentic.
#[derive(Clone)]
struct Sent {
    rules: WebhookRules,
    secret: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    now: i64,
}

impl Sent {
    fn judged(&self) -> Result<String, WebhookRefusal> {
        let value = |text: &[u8]| HeaderValue::from_bytes(text).ok();
        let headers = self.headers.iter().map(|&(name, ref text)| {
            let value = value(text).ok_or(WebhookRefusal::MalformedHeaders)?;
            Ok((HeaderName::from_static(name), value))
        });
        // What is no header's value cannot arrive.
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

    /// Fails where one turned bit of the body passes.
    fn assert_body_is_covered(&self) {
        assert!(self.judged().is_ok());
        for bit in 0..self.body.len() * 8 {
            let mut altered = self.clone();
            altered.body[bit / 8] ^= 1 << (bit % 8);
            assert!(altered.judged().is_err(), "body, bit {bit}");
        }
    }

    /// Fails where one turned bit of a header passes, unless it only writes hexadecimal digits in another case.
    fn assert_headers_are_covered(&self) {
        assert!(self.judged().is_ok());
        let in_any_case = matches!(
            &self.rules.verification,
            Verification::HmacSha256(text) if text.encoding == SignatureEncoding::Hex
        );
        for (index, (name, text)) in self.headers.iter().enumerate() {
            for bit in 0..text.len() * 8 {
                let mut turned = text.clone();
                turned[bit / 8] ^= 1 << (bit % 8);
                if in_any_case && turned.eq_ignore_ascii_case(text) {
                    continue;
                }
                let mut altered = self.clone();
                altered.headers[index].1 = turned;
                assert!(altered.judged().is_err(), "{name}, bit {bit}");
            }
        }
    }
}

fn rules(toml: &str) -> WebhookRules {
    toml::from_str(toml).expect("rules")
}

fn header(name: &'static str, text: &str) -> (&'static str, Vec<u8>) {
    (name, text.as_bytes().to_vec())
}

/// `id.timestamp.body` with a key in base64, as Svix and Standard Webhooks sign.
fn svix() -> Sent {
    Sent {
        rules: rules(
            r#"
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
            "#,
        ),
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
        headers: vec![
            header("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            header("svix-timestamp", "1614265330"),
            header(
                "svix-signature",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ],
        body: br#"{"test": 2432232314}"#.to_vec(),
        now: 1_614_265_330,
    }
}

/// Time and signatures in one header, as Stripe writes them.
fn stripe() -> Sent {
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
fn github() -> Sent {
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
fn mailgun(timestamp: &str, token: &str, signature: &str) -> Sent {
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

/// ECDSA over time and body, as SendGrid signs: the vector of its own libraries.
fn sendgrid() -> Sent {
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
fn edwards() -> Sent {
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

#[test]
fn id_time_and_body_are_covered_where_a_text_names_them() {
    assert_eq!(
        svix().judged().as_deref(),
        Ok("msg_p5jXN8AQM9LWM0D4loKWxJek")
    );
    assert_eq!(edwards().judged().as_deref(), Ok("msg_1"));
    for sent in [svix(), edwards()] {
        sent.assert_body_is_covered();
        sent.assert_headers_are_covered();
    }
}

#[test]
fn a_time_may_stand_among_the_signatures() {
    assert_eq!(stripe().judged().as_deref(), Ok("evt_1"));
    stripe().assert_body_is_covered();
    stripe().assert_headers_are_covered();
    let right = "v1=4b84b790795620969b08a42ba000110ae8bf58a5784f16c215b248752ce65404";
    let with = |text: &str| {
        let mut sent = stripe();
        sent.headers = vec![header("stripe-signature", text)];
        sent.judged()
    };
    let other = format!("v1={}", "0".repeat(64));
    for text in [
        format!("t=1614556800,{other},{right}"),
        format!("{right},v0=6c6f6c,t=1614556800"),
    ] {
        assert!(with(&text).is_ok(), "{text}");
    }
    for text in [
        right.to_owned(),
        format!("t=1614556800,t=1614556800,{right}"),
        format!("t=1614556800,{}", right.replace("v1=", "")),
        format!("t=1614556800,{}", right.replace("v1=", "v0=")),
        format!("t=1614556800,{other}"),
        format!("t=1614556800,{}", [right; 9].join(",")),
    ] {
        assert!(with(&text).is_err(), "{text}");
    }
    let mut late = stripe();
    late.now += 301;
    assert_eq!(late.judged(), Err(WebhookRefusal::Stale));
}

#[test]
fn a_body_may_be_all_that_is_signed_and_is_then_its_own_id() {
    github().assert_body_is_covered();
    github().assert_headers_are_covered();
    let id = github().judged().expect("authentic");
    assert_eq!(
        id.len(),
        64,
        "a digest of the body, which no header can change"
    );
}

#[test]
fn a_proof_in_the_body_covers_its_time_and_its_token() {
    let (time, token) = ("1700000000", "a".repeat(50));
    let right = "7ea3fe842f0ec14ead8ec7c8e568407fbbad69ba8e5bc1cb350f7a82f5f284a0";
    assert_eq!(mailgun(time, &token, right).judged(), Ok(token.clone()));
    let turned = |text: &str, bit: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8(bytes).ok()
    };
    let mut tried = 0;
    for bit in 0..8 * 64 {
        // In another case, hexadecimal digits are the same.
        let signature = turned(right, bit).filter(|text| !text.eq_ignore_ascii_case(right));
        let altered = [
            signature.map(|signature| mailgun(time, &token, &signature)),
            (bit < 8 * time.len())
                .then(|| turned(time, bit))
                .flatten()
                .map(|time| mailgun(&time, &token, right)),
            (bit < 8 * token.len())
                .then(|| turned(&token, bit))
                .flatten()
                .map(|token| mailgun(time, &token, right)),
        ];
        for sent in altered.into_iter().flatten() {
            assert!(sent.judged().is_err(), "bit {bit}");
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
    let mut late = mailgun(time, &token, right);
    late.now += 301;
    assert_eq!(late.judged(), Err(WebhookRefusal::Stale));
    for body in ["", "{}", r#"{"signature":{"token":"a","timestamp":1}}"#] {
        let mut other = mailgun(time, &token, right);
        other.body = body.as_bytes().to_vec();
        assert_eq!(
            other.judged(),
            Err(WebhookRefusal::MalformedHeaders),
            "{body}"
        );
    }
}

#[test]
fn a_public_key_verifies_to_the_last_byte_of_the_body() {
    sendgrid().assert_body_is_covered();
    sendgrid().assert_headers_are_covered();
    let mut trimmed = sendgrid();
    trimmed.body.truncate(trimmed.body.len() - 2);
    assert_eq!(trimmed.judged(), Err(WebhookRefusal::WrongSignature));
    let mut other = sendgrid();
    other.secret = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==".to_owned();
    assert_eq!(other.judged(), Err(WebhookRefusal::WrongSignature));
    other.secret = "no key".to_owned();
    assert_eq!(other.judged(), Err(WebhookRefusal::NoSecret));
}

#[test]
fn an_id_that_could_be_part_of_what_stands_beside_it_is_refused() {
    for id in ["msg.1", "", "msg 1", "{body}"] {
        let mut sent = svix();
        sent.headers[0] = header("svix-id", id);
        assert!(sent.judged().is_err(), "{id}");
        assert_ne!(sent.judged(), Err(WebhookRefusal::WrongSignature), "{id}");
    }
}

#[test]
fn the_signature_is_withheld_from_the_guest() {
    let sent = Verification::Ed25519(SignedText {
        signature_header: Some("x-proof".to_owned()),
        ..match edwards().rules.verification {
            Verification::Ed25519(text) => text,
            other => panic!("{other:?}"),
        }
    });
    let mut message = edwards();
    message.rules.verification = sent;
    message.headers[2].0 = "x-proof";
    assert!(message.judged().is_ok());
    let headers = message.headers.iter().map(|&(name, ref text)| {
        let value = HeaderValue::from_bytes(text).expect("a value");
        (HeaderName::from_static(name), value)
    });
    let headers: HeaderMap = headers.collect();
    let arrived = Arrived {
        endpoint_token: "token",
        headers: &headers,
        body: &message.body,
    };
    let secret = SecretString::from(message.secret.as_str());
    let now = Timestamp::from_second(message.now).expect("an instant");
    let verified = crate::plugin::webhook::verify(&message.rules, &[&secret], arrived, now);
    let read = verified.expect("authentic").webhook.headers;
    let mut names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["webhook-id", "webhook-timestamp"]);
}
