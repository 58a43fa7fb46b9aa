//! Tokens by the RFCs' own vectors and by our own keys, and everything near them that must not pass.

use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;

const KEY: &str = "a-shared-secret-of-the-channel-01";
const NOW: i64 = 1_700_000_000;

fn rules(algorithm: TokenAlgorithm) -> TokenRules {
    TokenRules {
        secret: "key".to_owned(),
        algorithm,
        issuer: "https://channel.example".to_owned(),
        audience: "roomwire".to_owned(),
    }
}

fn claims() -> Value {
    json!({ "iss": "https://channel.example", "aud": "roomwire", "exp": NOW + 600, "iat": NOW - 5 })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn mac(key: &str, signed: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key");
    mac.chain_update(signed).finalize().into_bytes().to_vec()
}

/// A token of HS256 with this head and these claims.
fn token(head: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", part(head), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(mac(KEY, &signed));
    format!("{signed}.{signature}")
}

fn hs256() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

fn judged_by(
    algorithm: TokenAlgorithm,
    secrets: &[&str],
    authorization: &[u8],
) -> Result<(), WebhookRefusal> {
    let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
    let secrets: Vec<&SecretString> = secrets.iter().collect();
    let mut headers = HeaderMap::new();
    // What is no header's value cannot arrive.
    let value = HeaderValue::from_bytes(authorization).map_err(|_| WebhookRefusal::WrongToken)?;
    headers.insert(AUTHORIZATION, value);
    let now = Timestamp::from_second(NOW).expect("an instant");
    verify(&secrets, &rules(algorithm), &headers, now)
}

fn judged(token: &str) -> Result<(), WebhookRefusal> {
    let authorization = format!("Bearer {token}");
    judged_by(TokenAlgorithm::Hs256, &[KEY], authorization.as_bytes())
}

#[test]
fn the_rfcs_own_signatures_are_right() {
    let joe = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    // RFC 7515, appendices A.1 and A.3; RFC 8037, appendix A.4.
    let point = [
        vec![4],
        bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    ];
    for (algorithm, key, signed, signature) in [
        (
            TokenAlgorithm::Hs256,
            bytes(
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
            ),
            format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{joe}"),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        (
            TokenAlgorithm::Es256,
            point.concat(),
            format!("eyJhbGciOiJFUzI1NiJ9.{joe}"),
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            TokenAlgorithm::EdDsa,
            bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".to_owned(),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ] {
        let right = |signed: &str| is_signed(algorithm, &key, signed.as_bytes(), &bytes(signature));
        assert!(right(&signed), "{algorithm:?}");
        assert!(!right(&format!("{signed}x")), "{algorithm:?}");
    }
}

#[test]
fn a_good_token_passes_and_so_does_one_of_a_rotating_secret() {
    let good = format!("Bearer {}", token(&hs256(), &claims()));
    let by = |secrets: &[&str]| judged_by(TokenAlgorithm::Hs256, secrets, good.as_bytes());
    assert_eq!(by(&[KEY]), Ok(()));
    assert_eq!(by(&["another-secret-of-the-channel-02x", KEY]), Ok(()));
    assert_eq!(
        by(&["another-secret-of-the-channel-02x"]),
        Err(WebhookRefusal::WrongToken)
    );
    assert_eq!(by(&["short"]), Err(WebhookRefusal::NoSecret));
    assert_eq!(by(&[]), Err(WebhookRefusal::NoSecret));
}

/// A public key, and what stands in the header of whoever holds the private one.
fn of_edwards() -> (String, String) {
    let edwards = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
    let signed = format!("{}.{}", part(&json!({ "alg": "EdDSA" })), part(&claims()));
    let signature = URL_SAFE_NO_PAD.encode(edwards.sign(signed.as_bytes()));
    let key = STANDARD.encode(edwards.public_key());
    (key, format!("Bearer {signed}.{signature}"))
}

/// The same on P-256.
fn of_p256() -> (String, String) {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
    let document = STANDARD.encode(document.expect("a key"));
    let p256 = keys::p256_private(&document).expect("the same key");
    let head = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").expect("bytes");
    let key = STANDARD.encode([head.as_slice(), p256.public_key().as_ref()].concat());
    let signed = format!("{}.{}", part(&json!({ "alg": "ES256" })), part(&claims()));
    let signature = p256.sign(&random, signed.as_bytes()).expect("a signature");
    (
        key,
        format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature)),
    )
}

#[test]
fn tokens_of_public_keys_pass_by_their_own_algorithm_only() {
    let (edwards_key, of_edwards) = of_edwards();
    let (p256_key, of_p256) = of_p256();

    let by = |algorithm, key: &str, token: &str| judged_by(algorithm, &[key], token.as_bytes());
    assert_eq!(by(TokenAlgorithm::EdDsa, &edwards_key, &of_edwards), Ok(()));
    assert_eq!(by(TokenAlgorithm::Es256, &p256_key, &of_p256), Ok(()));
    for (algorithm, key, token) in [
        (TokenAlgorithm::EdDsa, &edwards_key, &of_p256),
        (TokenAlgorithm::Es256, &p256_key, &of_edwards),
        // A public key is no shared secret, whatever a token says.
        (TokenAlgorithm::Hs256, &edwards_key, &of_edwards),
    ] {
        assert_eq!(by(algorithm, key, token), Err(WebhookRefusal::WrongToken));
    }
    let confused = format!("{}.{}", part(&hs256()), part(&claims()));
    let signature = URL_SAFE_NO_PAD.encode(mac(&edwards_key, &confused));
    let confused = format!("Bearer {confused}.{signature}");
    let refused = by(TokenAlgorithm::EdDsa, &edwards_key, &confused);
    assert_eq!(refused, Err(WebhookRefusal::WrongToken));
}

#[test]
fn a_token_does_not_choose_how_it_is_verified() {
    for head in [
        json!({ "alg": "none" }),
        json!({ "alg": "hs256" }),
        json!({ "alg": "HS512" }),
        json!({ "alg": "EdDSA" }),
        json!({}),
        json!({ "alg": "HS256", "crit": ["exp"] }),
        json!(["HS256"]),
    ] {
        let refused = judged(&token(&head, &claims()));
        assert_eq!(refused, Err(WebhookRefusal::WrongToken), "{head}");
    }
    let unsigned = format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims()));
    assert_eq!(judged(&unsigned), Err(WebhookRefusal::WrongToken));
}

#[test]
fn no_single_flipped_bit_passes_but_for_the_case_of_the_schemes_name() {
    let (edwards_key, of_edwards) = of_edwards();
    let (p256_key, of_p256) = of_p256();
    let shared = format!("Bearer {}", token(&hs256(), &claims()));
    for (algorithm, key, right) in [
        (TokenAlgorithm::Hs256, KEY, shared),
        (TokenAlgorithm::Es256, p256_key.as_str(), of_p256),
        (TokenAlgorithm::EdDsa, edwards_key.as_str(), of_edwards),
    ] {
        let right = right.into_bytes();
        assert_eq!(
            judged_by(algorithm, &[key], &right),
            Ok(()),
            "{algorithm:?}"
        );
        for bit in 0..right.len() * 8 {
            let mut altered = right.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            // RFC 9110, section 11.1: the name of a scheme has no case. The token does.
            let case = bit / 8 < "Bearer".len() && altered.eq_ignore_ascii_case(&right);
            let passed = judged_by(algorithm, &[key], &altered).is_ok();
            assert_eq!(passed, case, "{algorithm:?}, bit {bit}");
        }
    }
}

#[test]
fn a_token_is_for_us_by_its_issuer_and_good_now() {
    let with = |changes: Value| {
        let mut changed = claims();
        for (name, value) in changes.as_object().expect("an object") {
            changed[name] = value.clone();
        }
        judged(&token(&hs256(), &changed))
    };
    for good in [
        json!({}),
        json!({ "aud": ["else", "roomwire"] }),
        json!({ "exp": NOW - 59 }),
        json!({ "exp": NOW as f64 + 0.5 }),
        json!({ "nbf": NOW + 60, "iat": NOW + 60 }),
    ] {
        assert_eq!(with(good.clone()), Ok(()), "{good}");
    }
    for foreign in [
        json!({ "aud": "else" }),
        json!({ "aud": [] }),
        json!({ "aud": ["Roomwire"] }),
        json!({ "iss": "https://channel.example/" }),
        json!({ "exp": NOW - 60 }),
        json!({ "nbf": NOW + 61 }),
        json!({ "iat": NOW + 61 }),
    ] {
        let refused = with(foreign.clone());
        assert_eq!(refused, Err(WebhookRefusal::ForeignToken), "{foreign}");
    }
    for malformed in [
        json!({ "aud": null }),
        json!({ "iss": 7 }),
        json!({ "exp": null }),
        json!({ "exp": "1700000600" }),
        json!({ "nbf": "now" }),
    ] {
        let refused = with(malformed.clone());
        assert_eq!(refused, Err(WebhookRefusal::WrongToken), "{malformed}");
    }
}

#[test]
fn the_header_is_there_once_and_holds_a_bearer() {
    let good = token(&hs256(), &claims());
    for authorization in [
        good.clone(),
        format!("Basic {good}"),
        format!("Bearer  {good}"),
        format!("Bearer {good}."),
        format!("Bearer {good}="),
        "Bearer ".to_owned(),
        format!("Bearer {}", "x".repeat(MAX_TOKEN + 1)),
    ] {
        let refused = judged_by(TokenAlgorithm::Hs256, &[KEY], authorization.as_bytes());
        assert_eq!(refused, Err(WebhookRefusal::WrongToken), "{authorization}");
    }
    let secret = SecretString::from(KEY);
    let now = Timestamp::from_second(NOW).expect("an instant");
    let value: HeaderValue = format!("bearer {good}").parse().expect("a value");
    let mut headers = HeaderMap::new();
    let by = |headers: &HeaderMap| verify(&[&secret], &rules(TokenAlgorithm::Hs256), headers, now);
    assert_eq!(by(&headers), Err(WebhookRefusal::WrongToken));
    headers.append(AUTHORIZATION, value.clone());
    assert_eq!(by(&headers), Ok(()));
    headers.append(AUTHORIZATION, value);
    assert_eq!(by(&headers), Err(WebhookRefusal::WrongToken));
}
