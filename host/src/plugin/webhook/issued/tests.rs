//! Tokens of ours pass where they were issued for, and nothing like them passes anywhere.

use ::hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderValue;
use http::header::AUTHORIZATION;

use super::*;

const LOGIN: &str = "channel:a-secret-of-sixteen";
const NOW: i64 = 1_700_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

fn issuer(bytes: &[u8]) -> TokenIssuer {
    let keys: Vec<TokenKey> = bytes
        .iter()
        .map(|byte| TokenKey::new(format!("key-{byte}"), [*byte; 32]))
        .collect();
    TokenIssuer::new(&keys, &Random::system())
}

fn connection(place: i64) -> ConnectionId {
    ConnectionId::new(at(NOW + place))
}

/// A token for a connection, issued to the usual login.
fn issued(issuer: &TokenIssuer, connection: ConnectionId) -> String {
    let login = SecretString::from(LOGIN);
    let issued = issuer.issue(connection, &[&login], std::slice::from_ref(&login), at(NOW));
    let issued = issued.expect("a token");
    assert_eq!(issued.lives_seconds, 900);
    issued.token.expose_secret().to_owned()
}

fn judged(
    issuer: &TokenIssuer,
    connection: ConnectionId,
    (login, token): (&str, &[u8]),
    now: i64,
) -> Result<(), WebhookRefusal> {
    let login = SecretString::from(login);
    let bearer = [b"Bearer ".as_slice(), token].concat();
    let bearer = HeaderValue::from_bytes(&bearer).map_err(|_| WebhookRefusal::WrongToken)?;
    let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
    issuer.verify(connection, &[&login], &headers, at(now))
}

#[test]
fn a_token_is_good_for_its_connection_and_for_no_other() {
    let issuer = issuer(&[1]);
    let (ours, other) = (connection(0), connection(1));
    let token = issued(&issuer, ours);
    let given = (LOGIN, token.as_bytes());
    assert_eq!(judged(&issuer, ours, given, NOW), Ok(()));
    let elsewhere = judged(&issuer, other, given, NOW);
    assert_eq!(elsewhere, Err(WebhookRefusal::WrongToken));
}

#[test]
fn a_token_ends_after_a_quarter_of_an_hour() {
    let (issuer, connection) = (issuer(&[1]), connection(0));
    let token = issued(&issuer, connection);
    let then = |seconds| {
        judged(
            &issuer,
            connection,
            (LOGIN, token.as_bytes()),
            NOW + seconds,
        )
    };
    assert_eq!(then(900), Ok(()));
    // A minute is what clocks may differ by.
    assert_eq!(then(960), Err(WebhookRefusal::ForeignToken));
    assert_eq!(then(-61), Err(WebhookRefusal::ForeignToken));
}

#[test]
fn keys_of_the_operator_and_logins_rotate_and_what_is_taken_away_ends() {
    let connection = connection(0);
    let token = issued(&issuer(&[1]), connection);
    let by = |keys: &[u8], login| judged(&issuer(keys), connection, (login, token.as_bytes()), NOW);
    assert_eq!(by(&[2, 1], LOGIN), Ok(()));
    assert_eq!(by(&[2], LOGIN), Err(WebhookRefusal::WrongToken));
    let another = "channel:another-of-sixteen";
    assert_eq!(by(&[1], another), Err(WebhookRefusal::WrongToken));
    assert_eq!(by(&[1], "channel:short"), Err(WebhookRefusal::NoSecret));
    // Without keys of the operator's each process has one of its own.
    assert_eq!(by(&[], LOGIN), Err(WebhookRefusal::WrongToken));
}

#[test]
fn no_single_flipped_bit_passes() {
    let (issuer, connection) = (issuer(&[1]), connection(0));
    let token = issued(&issuer, connection).into_bytes();
    for bit in 0..token.len() * 8 {
        let mut altered = token.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let refused = judged(&issuer, connection, (LOGIN, altered.as_slice()), NOW);
        assert!(refused.is_err(), "bit {bit}");
    }
}

#[test]
fn a_token_does_not_choose_its_algorithm_and_a_login_signs_none() {
    let (issuer, connection) = (issuer(&[1]), connection(0));
    let token = issued(&issuer, connection);
    let claims = token.split('.').nth(1).expect("claims");
    for algorithm in ["none", "HS512", "hs256", "EdDSA", "HS256"] {
        let head = URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm }).to_string());
        let signed = format!("{head}.{claims}");
        // Who knows the login may ask for tokens, and not make them.
        let mac = Hmac::<Sha256>::new_from_slice(LOGIN.as_bytes()).expect("a key");
        let mac = mac.chain_update(&signed).finalize().into_bytes();
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac));
        for token in [format!("{signed}."), forged] {
            let refused = judged(&issuer, connection, (LOGIN, token.as_bytes()), NOW);
            assert_eq!(refused, Err(WebhookRefusal::WrongToken), "{token}");
        }
    }
}

#[test]
fn only_a_whole_login_gets_a_token() {
    let (issuer, connection) = (issuer(&[1]), connection(0));
    let login = SecretString::from(LOGIN);
    let next = SecretString::from("channel:the-next-of-sixteen");
    let short = SecretString::from("channel:short");
    let ask = |logins: &[&SecretString], given: &str| {
        let issued = issuer.issue(connection, logins, &[SecretString::from(given)], at(NOW));
        issued.map(drop)
    };
    for right in [LOGIN, "channel:the-next-of-sixteen"] {
        assert_eq!(ask(&[&login, &next], right), Ok(()), "{right}");
    }
    for wrong in [
        "",
        "channel:",
        "channel:a-secret-of-sixtee",
        "Channel:a-secret-of-sixteen",
    ] {
        let refused = ask(&[&login, &next], wrong);
        assert_eq!(refused, Err(NotIssued::WrongLogin), "{wrong}");
    }
    assert_eq!(ask(&[], LOGIN), Err(NotIssued::NoSecret));
    assert_eq!(ask(&[&short], "channel:short"), Err(NotIssued::NoSecret));
}
