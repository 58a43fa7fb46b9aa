//! A login in the header, and everything near it that must not pass.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::domain::webhook::{Arrived, AuthenticWebhook, WebhookRefusal};
use crate::plugin::manifest::webhook::{Verification, WebhookRules};
use crate::plugin::webhook::{is_login, verify};

const LOGIN: &str = "courier:Kd7-p4ss:word-9f2c";
const BODY: &[u8] = br#"{"RecordType":"Delivery"}"#;

fn verify_by(logins: &[&str], header: Option<&[u8]>) -> Result<AuthenticWebhook, WebhookRefusal> {
    let mut headers = HeaderMap::new();
    if let Some(header) = header {
        let value = HeaderValue::from_bytes(header).expect("a header's value");
        headers.insert(AUTHORIZATION, value);
    }
    verify_headers(logins, &headers)
}

fn verify_headers(
    logins: &[&str],
    headers: &HeaderMap,
) -> Result<AuthenticWebhook, WebhookRefusal> {
    let rules = WebhookRules {
        verification: Verification::Basic {
            secret: "login".to_owned(),
        },
        event_id: None,
        hint: false,
        pull_unless_json: false,
        pull: false,
        answer_within_seconds: None,
        withheld: Vec::new(),
        xml: None,
    };
    let logins: Vec<SecretString> = logins.iter().map(|login| (*login).into()).collect();
    let logins: Vec<&SecretString> = logins.iter().collect();
    let arrived = Arrived {
        endpoint_token: "whk_4f1c",
        headers,
        body: BODY,
    };
    verify(&rules, &logins, arrived, Timestamp::UNIX_EPOCH)
}

fn header_of(login: &str) -> String {
    format!("Basic {}", STANDARD.encode(login))
}

#[test]
fn the_login_passes_and_its_reader_never_sees_it() {
    let taken = verify_by(&[LOGIN], Some(header_of(LOGIN).as_bytes())).expect("authentic");
    assert!(taken.webhook.headers.is_empty());
    assert_eq!(taken.webhook.body, BODY);
    assert_eq!(taken.event_id, hex::encode(Sha256::digest(BODY)));
    let shouted = header_of(LOGIN).replace("Basic", "BASIC");
    verify_by(&[LOGIN], Some(shouted.as_bytes())).expect("a scheme has no case");
}

#[test]
fn while_a_login_rotates_both_are_good() {
    let other = "courier:another-0123456789";
    for login in [LOGIN, other] {
        verify_by(&[other, LOGIN], Some(header_of(login).as_bytes())).expect("one of both");
    }
}

#[test]
fn no_single_flipped_bit_passes_but_for_the_case_of_the_schemes_name() {
    let header = header_of(LOGIN);
    let mut cases = 0;
    for bit in 0..header.len() * 8 {
        let mut changed = header.clone().into_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        // What is no header value cannot arrive.
        if HeaderValue::from_bytes(&changed).is_err() {
            continue;
        }
        let judged = verify_by(&[LOGIN], Some(&changed));
        // RFC 9110, section 11.1: the name of a scheme has no case. The credentials do.
        if bit / 8 < "Basic".len() && changed.eq_ignore_ascii_case(header.as_bytes()) {
            assert!(judged.is_ok(), "bit {bit}");
            cases += 1;
        } else {
            assert_eq!(judged, Err(WebhookRefusal::WrongLogin), "bit {bit}");
        }
    }
    assert_eq!(cases, "Basic".len());
}

#[test]
fn what_is_not_this_login_is_refused() {
    let unpadded = header_of(LOGIN).trim_end_matches('=').to_owned();
    let credentials = STANDARD.encode(LOGIN);
    for header in [
        header_of("courier:"),
        header_of("courier:Kd7-p4ss:word-9f2"),
        header_of("courier:Kd7-p4ss:word-9f2cc"),
        header_of("Courier:Kd7-p4ss:word-9f2c"),
        format!("Bearer {credentials}"),
        format!("Basic  {credentials}"),
        format!("Basic {LOGIN}"),
        credentials.clone(),
        format!("{unpadded}===="),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        String::new(),
    ] {
        let refused = verify_by(&[LOGIN], Some(header.as_bytes()));
        assert_eq!(refused, Err(WebhookRefusal::WrongLogin), "{header}");
    }
    assert_eq!(verify_by(&[LOGIN], None), Err(WebhookRefusal::WrongLogin));
}

#[test]
fn a_login_that_comes_twice_is_refused() {
    let mut headers = HeaderMap::new();
    for _ in 0..2 {
        let value = header_of(LOGIN).parse().expect("a header's value");
        headers.append(AUTHORIZATION, value);
    }
    let refused = verify_headers(&[LOGIN], &headers);
    assert_eq!(refused, Err(WebhookRefusal::WrongLogin));
}

#[test]
fn without_a_login_nothing_passes() {
    let unfit: [&[&str]; 5] = [&[], &[""], &[":"], &["courier:short"], &["no-colon"]];
    for logins in unfit {
        let empty = header_of(logins.first().copied().unwrap_or_default());
        let refused = verify_by(logins, Some(empty.as_bytes()));
        assert_eq!(refused, Err(WebhookRefusal::NoSecret), "{logins:?}");
    }
}

#[test]
fn a_login_has_a_user_and_a_password_that_is_not_guessed() {
    for login in [LOGIN, "c:0123456789abcdef", "c::::::::::::::::::"] {
        assert!(is_login(&login.into()), "{login}");
    }
    for unfit in [
        "",
        ":0123456789abcdef",
        "courier:0123456789abcde",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "courier:0123456789 abcdef",
        "courier:0123456789abcdéf",
    ] {
        assert!(!is_login(&unfit.into()), "{unfit}");
    }
}
