//! Vectors of signed texts, and everything near them that must not pass.

mod sent;
mod styles;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

const SIGNATURE: &str = "x-signature-v2";
const TIME: &str = "x-time";

const SENT: &str = "1674149042995";
const BODY: &[u8] = br#"{"kind":"test"}"#;
const PRESENT: &str = "channel-test-secret-1";
const COMING: &str = "channel-test-secret-2";
/// Base64 of HMAC-SHA256 over `1674149042995.{"kind":"test"}`, by the present and by the coming secret.
const BY_PRESENT: &str = "46lxcGc4dzzn+wR2eNzMBbADQcZY1+AXVYR7kjNClOo=";
const BY_COMING: &str = "00ntdzR4ZXpU/75A7KPNAaO+qTcsS4kbnj1DcHsOYYw=";

fn rules() -> SignedText {
    SignedText {
        secret: "webhook_secret".to_owned(),
        text: "{timestamp}.{body}".to_owned(),
        key: KeyEncoding::Text,
        signature_header: Some(SIGNATURE.to_owned()),
        signature_pointer: None,
        signature_prefix: "sha256=".to_owned(),
        separator: Some(",".to_owned()),
        encoding: SignatureEncoding::Base64,
        timestamp_header: Some(TIME.to_owned()),
        timestamp_prefix: None,
        timestamp_pointer: None,
        timestamp_unit: TimestampUnit::Milliseconds,
    }
}

fn headers(signature: &str, time: &str) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_str(text).expect("a header's value");
    HeaderMap::from_iter([
        (HeaderName::from_static(SIGNATURE), value(signature)),
        (HeaderName::from_static(TIME), value(time)),
    ])
}

fn judged(
    rules: &SignedText,
    secrets: &[&str],
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), WebhookRefusal> {
    let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
    let secrets: Vec<&SecretString> = secrets.iter().collect();
    let arrived = Arrived {
        endpoint_token: "token",
        headers,
        body,
    };
    let now = Timestamp::from_millisecond(1_674_149_042_995).expect("an instant");
    let check = Check {
        algorithm: Algorithm::HmacSha256,
        rules,
        event_id: None,
    };
    check.verify(&secrets, arrived, now)
}

fn signed(signature: &str) -> Result<(), WebhookRefusal> {
    judged(&rules(), &[PRESENT], &headers(signature, SENT), BODY)
}

#[test]
fn the_vector_passes_alone_and_in_a_list() {
    let right = format!("sha256={BY_PRESENT}");
    for signature in [
        right.clone(),
        format!("{right},"),
        format!("sha256={BY_COMING},{BY_PRESENT}"),
        format!("sha256={BY_COMING},{right}"),
        format!("{right}, sha256={BY_COMING}"),
    ] {
        assert_eq!(signed(&signature), Ok(()), "{signature}");
    }
}

#[test]
fn while_a_secret_rotates_both_are_good() {
    let headers = headers(&format!("sha256={BY_COMING}"), SENT);
    let both = judged(&rules(), &[PRESENT, COMING], &headers, BODY);
    assert_eq!(both, Ok(()));
    let present = judged(&rules(), &[PRESENT], &headers, BODY);
    assert_eq!(present, Err(WebhookRefusal::WrongSignature));
    let none = judged(&rules(), &[""], &headers, BODY);
    assert_eq!(none, Err(WebhookRefusal::NoSecret));
}

#[test]
fn no_single_flipped_bit_passes() {
    let flip = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    let right = headers(&format!("sha256={BY_PRESENT}"), SENT);
    assert_eq!(judged(&rules(), &[PRESENT], &right, BODY), Ok(()));
    for bit in 0..BODY.len() * 8 {
        let altered = flip(BODY, bit);
        assert!(
            judged(&rules(), &[PRESENT], &right, &altered).is_err(),
            "body, bit {bit}"
        );
    }
    let mut tried = 0;
    for name in [SIGNATURE, TIME] {
        let text = right[name].as_bytes().to_vec();
        for bit in 0..text.len() * 8 {
            // What is no header's value cannot arrive.
            let Ok(value) = HeaderValue::from_bytes(&flip(&text, bit)) else {
                continue;
            };
            let mut altered = right.clone();
            altered.insert(name, value);
            assert!(
                judged(&rules(), &[PRESENT], &altered, BODY).is_err(),
                "{name}, bit {bit}"
            );
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn what_is_no_signature_is_refused() {
    for signature in [
        "",
        "sha256=",
        BY_PRESENT,
        "sha1=46lxcGc4dzzn+wR2eNzMBbADQcZY1+AXVYR7kjNClOo=",
        "sha256=46lxcGc4",
        "sha256=,,",
    ] {
        let refused = signed(signature);
        assert_eq!(refused, Err(WebhookRefusal::WrongSignature), "{signature}");
    }
    let flood = format!("sha256={}", [BY_PRESENT; MAX_SIGNATURES + 1].join(","));
    assert_eq!(signed(&flood), Err(WebhookRefusal::MalformedHeaders));
    let single = SignedText {
        separator: None,
        ..rules()
    };
    let listed = headers(&format!("sha256={BY_COMING},{BY_PRESENT}"), SENT);
    assert!(judged(&single, &[PRESENT], &listed, BODY).is_err());
}

#[test]
fn a_time_is_digits_and_near_now_in_its_own_unit() {
    let milliseconds = TimestampUnit::Milliseconds;
    let at = |text: &str, unit, now| {
        check_timestamp(
            text,
            unit,
            Timestamp::from_millisecond(now).expect("an instant"),
        )
    };
    for near in [-300_000, 0, 300_000] {
        assert_eq!(at(SENT, milliseconds, 1_674_149_042_995 + near), Ok(()));
        assert_eq!(
            at(
                "1674149042",
                TimestampUnit::Seconds,
                1_674_149_042_000 + near
            ),
            Ok(())
        );
    }
    for far in [-300_001, 300_001, 86_400_000] {
        let stale = at(SENT, milliseconds, 1_674_149_042_995 + far);
        assert_eq!(stale, Err(WebhookRefusal::Stale));
    }
    assert_eq!(
        at(SENT, TimestampUnit::Seconds, 1_674_149_042_995),
        Err(WebhookRefusal::Stale)
    );
    for text in [
        "",
        "-1",
        "+1674149042995",
        "1674149042995.0",
        "now",
        "16741490429950000",
    ] {
        let malformed = at(text, milliseconds, 1_674_149_042_995);
        assert_eq!(malformed, Err(WebhookRefusal::MalformedHeaders), "{text}");
    }
}

#[test]
fn a_header_is_there_once() {
    let right = headers(&format!("sha256={BY_PRESENT}"), SENT);
    for name in [SIGNATURE, TIME] {
        let mut without = right.clone();
        let value = without.remove(name).expect("it was there");
        let mut twice = right.clone();
        twice.append(name, value);
        for headers in [without, twice] {
            let refused = judged(&rules(), &[PRESENT], &headers, BODY);
            assert_eq!(refused, Err(WebhookRefusal::MalformedHeaders));
        }
    }
}

#[test]
fn the_body_alone_may_be_signed_in_hexadecimal() {
    let rules = SignedText {
        text: "{body}".to_owned(),
        encoding: SignatureEncoding::Hex,
        timestamp_header: None,
        ..rules()
    };
    let signature = "sha256=161fbe5c54c5c9ca49154c2c14d0dfa6d87737d55c1f063d91866bf7c6003bf0";
    let mut headers = headers(signature, SENT);
    headers.remove(TIME);
    assert_eq!(judged(&rules, &[PRESENT], &headers, BODY), Ok(()));
    assert!(judged(&rules, &[PRESENT], &headers, b"{}").is_err());
}
