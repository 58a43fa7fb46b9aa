//! The constructions of well-known senders: each as it is, and with every single bit of what it covers turned over.

use std::ops::Range;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::super::*;
use super::sent::{
    STANDARD_WEBHOOKS, Sent, edwards, github, header, mailgun, notice, sendgrid, standard, stripe,
    svix,
};
use crate::plugin::manifest::webhook::Verification;

const MAILGUN_TIME: &str = "1700000000";
const MAILGUN_TOKEN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const MAILGUN_SIGNATURE: &str = "7ea3fe842f0ec14ead8ec7c8e568407fbbad69ba8e5bc1cb350f7a82f5f284a0";

/// The digests of bodies that name no id.
const SENDGRID_BODY: &str = "ef3e4606385ea6adbc55fceb6117cf2784040cf145a010e5ef4afc2bc7c70452";
const NOTICE_BODY: &str = "7604b654eed913dab7cab31233c6e26fb839877816cb010a6cd12e919037c899";

/// A vector, what it is called, and the part of its body that its signature covers.
struct Row {
    name: &'static str,
    sent: Sent,
    covered: Range<usize>,
    event_id: &'static str,
}

/// The vectors of every construction that a manifest can spell.
///
/// Amazon SNS is not among them: RSA over chosen fields of the body, with a certificate that would have to be fetched
/// from an address in that body. No connector needs it, and a host that fetches what a stranger names is a risk of its
/// own. What proves who calls and signs nothing (a secret in a header, a login, a token) is tried beside its own code.
fn rows() -> Vec<Row> {
    let row = |name, sent: Sent, event_id| Row {
        name,
        covered: 0..sent.body.len(),
        sent,
        event_id,
    };
    let [first, second] = STANDARD_WEBHOOKS;
    let mailgun = mailgun(MAILGUN_TIME, MAILGUN_TOKEN, MAILGUN_SIGNATURE);
    vec![
        row("svix, first", svix(first), first[1]),
        row("svix, second", svix(second), second[1]),
        row("standard webhooks, first", standard(first), first[1]),
        row("standard webhooks, second", standard(second), second[1]),
        row("ed25519", edwards(), "msg_1"),
        // The id of a body that names none is the body's digest, which no header can change.
        row(
            "github",
            github(),
            "dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f",
        ),
        row("stripe", stripe(), "evt_1"),
        row("sendgrid", sendgrid(), SENDGRID_BODY),
        row("milliseconds", notice(), NOTICE_BODY),
        // Mailgun signs nothing of the event itself. So such a webhook is only a hint (the manifest's check demands it),
        // and its token, the event's id, is taken once.
        Row {
            covered: proof_in(&mailgun),
            ..row("mailgun", mailgun, MAILGUN_TOKEN)
        },
    ]
}

/// Where Mailgun's proof stands in a body.
fn proof_in(mailgun: &Sent) -> Range<usize> {
    let text = std::str::from_utf8(&mailgun.body).expect("text");
    let begin = text.find(r#""signature":{"#).expect("the proof");
    begin..begin + text[begin..].find('}').expect("its end") + 1
}

#[test]
fn every_vector_passes_and_no_single_turned_bit_of_it_does() {
    for Row {
        name,
        sent,
        covered,
        event_id,
    } in rows()
    {
        assert_eq!(sent.judged().as_deref(), Ok(event_id), "{name}");
        assert!(covered.len() > 5, "{name}");
        sent.assert_body_is_covered(name, covered);
        sent.assert_headers_are_covered(name);
    }
}

#[test]
fn hexadecimal_digits_are_of_one_case() {
    let digits = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let with = |digits: &str| {
        let mut sent = github();
        sent.headers = vec![header("x-hub-signature-256", &format!("sha256={digits}"))];
        sent.judged()
    };
    assert!(with(digits).is_ok());
    assert!(with(&digits.to_uppercase()).is_ok());
    let mixed = digits.replacen('e', "E", 1);
    assert_eq!(with(&mixed), Err(WebhookRefusal::WrongSignature));
}

#[test]
fn a_time_may_stand_among_the_signatures() {
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
fn a_proof_in_the_body_is_near_now_and_whole() {
    let (time, token, right) = (MAILGUN_TIME, MAILGUN_TOKEN, MAILGUN_SIGNATURE);
    let mut late = mailgun(time, token, right);
    late.now += 301;
    assert_eq!(late.judged(), Err(WebhookRefusal::Stale));
    for body in ["", "{}", r#"{"signature":{"token":"a","timestamp":1}}"#] {
        let mut other = mailgun(time, token, right);
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
        let mut sent = svix(STANDARD_WEBHOOKS[0]);
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
