//! Published and derived vectors of Standard Webhooks, and everything near them that must not pass.

use super::*;

/// One message and the signature that it should have.
#[derive(Clone)]
struct Vector {
    secrets: Vec<String>,
    id: String,
    timestamp: String,
    body: Vec<u8>,
    signature: String,
    now: i64,
}

const ENDPOINT_TOKEN: &str = "whk_4f1c-c0ffee_77aa";
const SECRET_1: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECRET_2: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const SIGNATURE_1: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// The message that the specification's libraries share.
fn p1() -> Vector {
    Vector {
        secrets: vec![SECRET_1.to_owned()],
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
        timestamp: "1614265330".to_owned(),
        body: br#"{"test": 2432232314}"#.to_vec(),
        signature: SIGNATURE_1.to_owned(),
        now: 1_614_265_330,
    }
}

fn p1_with(change: impl FnOnce(&mut Vector)) -> Result<AuthenticWebhook, WebhookRefusal> {
    let mut vector = p1();
    change(&mut vector);
    verify_vector(&vector)
}

fn rules() -> WebhookRules {
    let verification = Verification::StandardWebhooks {
        secret: "s".to_owned(),
        header_prefix: "svix".to_owned(),
    };
    WebhookRules {
        verification,
        event_id: Some(EventIdSource::Header("svix-id".to_owned())),
        hint: true,
        pull_unless_json: false,
        pull: false,
        answer_within_seconds: None,
        withheld: Vec::new(),
        xml: None,
    }
}

fn arrived<'a>(headers: &'a HeaderMap, body: &'a [u8]) -> Arrived<'a> {
    Arrived {
        endpoint_token: ENDPOINT_TOKEN,
        headers,
        body,
    }
}

fn headers_of(vector: &Vector) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("svix-id", &vector.id),
        ("svix-timestamp", &vector.timestamp),
        ("svix-signature", &vector.signature),
    ] {
        headers.insert(name, value.parse().expect("a header value"));
    }
    headers
}

fn verify_vector(vector: &Vector) -> Result<AuthenticWebhook, WebhookRefusal> {
    let secrets: Vec<SecretString> = vector
        .secrets
        .iter()
        .map(|secret| secret.as_str().into())
        .collect();
    let secrets: Vec<&SecretString> = secrets.iter().collect();
    let now = Timestamp::from_second(vector.now).expect("an instant");
    verify(
        &rules(),
        &secrets,
        arrived(&headers_of(vector), &vector.body),
        now,
    )
}

#[test]
fn the_published_vectors_pass() {
    let verified = verify_vector(&p1()).expect("authentic");
    assert_eq!(verified.event_id, "msg_p5jXN8AQM9LWM0D4loKWxJek");
    assert_eq!(verified.webhook.body, p1().body);
    assert!(
        verified
            .webhook
            .headers
            .iter()
            .all(|(name, _)| name != "svix-signature")
    );
    let p2 = Vector {
        secrets: vec![SECRET_2.to_owned()],
        id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk".to_owned(),
        timestamp: "1649367553".to_owned(),
        body: br#"{"email":"test@example.com","username":"test_user"}"#.to_vec(),
        signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=".to_owned(),
        now: 1_649_367_553,
    };
    verify_vector(&p2).expect("authentic");
}

#[test]
fn the_derived_vectors_pass() {
    let d1 = "v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44=";
    p1_with(|vector| {
        vector.secrets = vec![SECRET_2.to_owned()];
        vector.signature = d1.to_owned();
    })
    .expect("signed with the other secret");
    p1_with(|vector| {
        vector.body = Vec::new();
        vector.signature = "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=".to_owned();
    })
    .expect("an empty body");
    p1_with(|vector| {
        vector.body = vec![0xff, 0xfe];
        vector.signature = "v1,dnDi5GZ3Te6lvRJ+A/l7mt41DfmU9c0vC3pjxJYxUg8=".to_owned();
    })
    .expect("a body that is no text");
}

#[test]
fn while_a_secret_rotates_both_are_good() {
    let d1 = "v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44=";
    let both = || vec![SECRET_2.to_owned(), SECRET_1.to_owned()];
    p1_with(|vector| vector.secrets = both()).expect("the old secret");
    p1_with(|vector| {
        vector.secrets = both();
        vector.signature = d1.to_owned();
    })
    .expect("the new secret");
    p1_with(|vector| vector.signature = format!("{d1} v2,x {SIGNATURE_1}"))
        .expect("one good signature among others");
    let none = p1_with(|vector| vector.signature = format!("{d1} {d1}"));
    assert_eq!(none, Err(WebhookRefusal::WrongSignature));
}

#[test]
fn the_body_is_verified_as_it_came_and_not_as_it_could_be_written() {
    let reserialised = || br#"{"test":2432232314}"#.to_vec();
    assert_eq!(
        p1_with(|vector| vector.body = reserialised()),
        Err(WebhookRefusal::WrongSignature)
    );
    p1_with(|vector| {
        vector.body = reserialised();
        vector.signature = "v1,Vif40peJBP7Iyl0XGmu61n4MwdrcHov5CFREBpE0svs=".to_owned();
    })
    .expect("its own signature");
}

#[test]
fn no_single_flipped_bit_passes() {
    let flip = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    let mut tried = 0;
    for bit in 0..p1().body.len() * 8 {
        assert!(
            p1_with(|vector| vector.body = flip(&p1().body, bit)).is_err(),
            "body, bit {bit}"
        );
        tried += 1;
    }
    for (name, text) in [
        ("svix-id", p1().id),
        ("svix-timestamp", p1().timestamp),
        ("svix-signature", p1().signature),
    ] {
        for bit in 0..text.len() * 8 {
            // What is no header value cannot arrive.
            let Ok(value) = http::HeaderValue::from_bytes(&flip(text.as_bytes(), bit)) else {
                continue;
            };
            let mut headers = headers_of(&p1());
            headers.insert(name, value);
            let secret = SecretString::from(SECRET_1);
            let now = Timestamp::from_second(p1().now).expect("an instant");
            assert!(
                verify(&rules(), &[&secret], arrived(&headers, &p1().body), now).is_err(),
                "{name}, bit {bit}"
            );
            tried += 1;
        }
    }
    assert!(tried > 600, "{tried}");
}

#[test]
fn the_published_forgeries_fail() {
    for signature in [
        "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
        "v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
        "v1,dawfeoifkpqwoekfpqoekf",
        "v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU=",
        "v1,tFtCZ5RDCPxzWQRWXWPgrCgE2frDBe9gjpbWQxnVfsQ=",
        "v1,Mm7xgUVICxZfQ3bgf0h0Dof65L/IFx+PnZvnDWPCX6Q=",
        "v1,9DfC1c3eeOrXB6w/5dIDydLNQaEyww5KalE5jLBZucE=",
        "v1,",
        "v1",
        "",
        ",",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE",
        "v1=g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v0,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=,",
    ] {
        let refused = p1_with(|vector| vector.signature = signature.to_owned());
        assert_eq!(refused, Err(WebhookRefusal::WrongSignature), "{signature}");
    }
}

#[test]
fn an_id_with_a_dot_is_refused_because_two_messages_share_its_signature() {
    let n7 = "v1,lLtchnh5lAVY7JqoXXwKOR8SSTQDpfj4rp84gYOwLZ8=";
    let dotted = |id: &str, body: &str| {
        p1_with(|vector| {
            vector.id = id.to_owned();
            vector.body = body.as_bytes().to_vec();
            vector.signature = n7.to_owned();
        })
    };
    assert_eq!(
        dotted("msg_a.1614265330", "x"),
        Err(WebhookRefusal::MalformedHeaders)
    );
    dotted("msg_a", "1614265330.x").expect("the message without a dot in its id");
}

#[test]
fn a_timestamp_is_digits_and_near_now_in_both_directions() {
    let at = |distance: i64| p1_with(|vector| vector.now += distance);
    for near in [-300, -1, 0, 1, 300] {
        assert!(at(near).is_ok(), "{near}");
    }
    for far in [-301, 301, 86_400, -86_400] {
        assert_eq!(at(far), Err(WebhookRefusal::Stale), "{far}");
    }
    for timestamp in [
        "hello",
        "",
        "-1",
        "+1614265330",
        " 1614265330",
        "1614265330 ",
        "1614265330.0",
        "0x60375a32",
        "1e9",
        "-9223372036854775808",
        "9223372036854775807",
        "1614265330000",
    ] {
        let refused = p1_with(|vector| vector.timestamp = timestamp.to_owned());
        assert_eq!(
            refused,
            Err(WebhookRefusal::MalformedHeaders),
            "{timestamp}"
        );
    }
    assert_eq!(
        p1_with(|vector| vector.timestamp = "999999999999".to_owned()),
        Err(WebhookRefusal::Stale)
    );
}

#[test]
fn a_header_is_there_once() {
    let secret = SecretString::from(SECRET_1);
    let now = Timestamp::from_second(p1().now).expect("an instant");
    for name in ["svix-id", "svix-timestamp", "svix-signature"] {
        let mut without = headers_of(&p1());
        let value = without.remove(name).expect("it was there");
        let refused = verify(&rules(), &[&secret], arrived(&without, &p1().body), now);
        assert_eq!(
            refused,
            Err(WebhookRefusal::MalformedHeaders),
            "without {name}"
        );
        let mut twice = headers_of(&p1());
        twice.append(name, value);
        let refused = verify(&rules(), &[&secret], arrived(&twice, &p1().body), now);
        assert_eq!(
            refused,
            Err(WebhookRefusal::MalformedHeaders),
            "two of {name}"
        );
    }
}

#[test]
fn a_flood_of_signatures_is_refused() {
    let flood = [SIGNATURE_1; MAX_SIGNATURES_TRIED + 1].join(" ");
    assert_eq!(
        p1_with(|vector| vector.signature = flood),
        Err(WebhookRefusal::MalformedHeaders)
    );
    let few = [SIGNATURE_1; MAX_SIGNATURES_TRIED].join(" ");
    p1_with(|vector| vector.signature = few).expect("eight are tried");
}

const MAX_SIGNATURES_TRIED: usize = 8;

#[test]
fn a_secret_is_taken_with_and_without_its_prefix_and_padding_and_never_empty() {
    p1_with(|vector| vector.secrets = vec![SECRET_1.replace("whsec_", "")])
        .expect("without the prefix");
    for empty in ["", "whsec_", "whsec_!!!"] {
        let refused = p1_with(|vector| vector.secrets = vec![empty.to_owned()]);
        assert_eq!(refused, Err(WebhookRefusal::NoSecret), "{empty:?}");
    }
    assert_eq!(
        p1_with(|vector| vector.secrets.clear()),
        Err(WebhookRefusal::NoSecret)
    );
    for (unpadded, padded) in [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "="),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr", "=="),
    ] {
        let key = signing_key(&SecretString::from(unpadded)).map(|key| key.to_vec());
        assert!(key.is_some(), "{unpadded}");
        assert_eq!(
            key,
            signing_key(&SecretString::from(format!("{unpadded}{padded}"))).map(|key| key.to_vec())
        );
    }
}

#[test]
fn an_event_without_id_is_refused_and_its_default_is_the_bodys_hash() {
    let by_pointer = |body: &str| {
        let source = EventIdSource::JsonPointer("/id".to_owned());
        event_id(Some(&source), &HeaderMap::new(), body.as_bytes())
    };
    assert_eq!(by_pointer(r#"{"id": "evt_1"}"#).as_deref(), Ok("evt_1"));
    assert_eq!(by_pointer(r#"{"id": 17}"#).as_deref(), Ok("17"));
    for body in [
        "{}",
        r#"{"id": ""}"#,
        r#"{"id": null}"#,
        r#"{"id": "a\nb"}"#,
        "not json",
    ] {
        assert_eq!(by_pointer(body), Err(WebhookRefusal::NoEventId), "{body}");
    }
    let hash = event_id(None, &HeaderMap::new(), b"").expect("a hash");
    assert_eq!(
        hash,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn a_guest_reads_no_credential_among_the_headers() {
    let mut headers = HeaderMap::new();
    for name in [
        "authorization",
        "cookie",
        "x-hub-signature-256",
        "content-type",
    ] {
        headers.insert(name, "value".parse().expect("a value"));
    }
    let rules = WebhookRules {
        verification: Verification::UrlSecret {},
        event_id: None,
        hint: true,
        pull_unless_json: false,
        pull: false,
        answer_within_seconds: None,
        withheld: Vec::new(),
        xml: None,
    };
    let verified = verify(&rules, &[], arrived(&headers, b"{}"), Timestamp::UNIX_EPOCH)
        .expect("the URL was the proof");
    assert_eq!(
        verified.webhook.headers,
        [("content-type".to_owned(), "value".to_owned())]
    );
}

#[test]
fn the_endpoints_token_is_masked_wherever_a_channel_repeats_its_address() {
    let mut headers = HeaderMap::new();
    let address = format!("https://gateway.example/v1/webhooks/{ENDPOINT_TOKEN}");
    headers.insert("x-original-url", address.parse().expect("a value"));
    let rules = WebhookRules {
        verification: Verification::UrlSecret {},
        event_id: Some(EventIdSource::JsonPointer("/id".to_owned())),
        hint: true,
        pull_unless_json: false,
        pull: false,
        answer_within_seconds: None,
        withheld: Vec::new(),
        xml: None,
    };
    let escaped = address.replace('/', "\\/").replace('_', "\\u005f");
    let body =
        format!(r#"{{"id":"e-1","subscription":{{"endpoint":"{escaped}"}},"url":"{address}"}}"#);
    let verified = verify(
        &rules,
        &[],
        arrived(&headers, body.as_bytes()),
        Timestamp::UNIX_EPOCH,
    )
    .expect("the URL was the proof");
    let stored = without_secrets(verified, &Scrubber::new([ENDPOINT_TOKEN]));
    let text = String::from_utf8(stored.webhook.body).expect("text");
    assert_eq!(
        text,
        r#"{"id":"e-1","subscription":{"endpoint":"https:\/\/gateway.example\/v1\/webhooks\/[secret]"},"url":"https://gateway.example/v1/webhooks/[secret]"}"#
    );
    assert_eq!(
        stored.webhook.headers[0].1,
        "https://gateway.example/v1/webhooks/[secret]"
    );
    assert_eq!(stored.event_id, "e-1");
}

#[test]
fn only_a_whole_document_is_json() {
    for body in [&b"{}"[..], b" [1] ", b"\"text\""] {
        assert!(is_json(body), "{body:?}");
    }
    for body in [
        &b"<a/>"[..],
        b"{} <card number=\"1\"/>",
        b"{",
        b"",
        b"\xef\xbb\xbf<a/>",
        b"\xfe\xff\x00<",
    ] {
        assert!(!is_json(body), "{body:?}");
    }
}

#[test]
fn what_is_not_read_is_never_authentic() {
    let rules = WebhookRules {
        verification: Verification::NoneButReRead {},
        ..rules()
    };
    let headers = HeaderMap::new();
    let refused = verify(&rules, &[], arrived(&headers, b"{}"), Timestamp::UNIX_EPOCH);
    assert_eq!(refused, Err(WebhookRefusal::NotTaken));
}
