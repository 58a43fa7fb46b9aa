//! A guest gets the use of secrets and never the secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use roomwire::domain::connector::{Called, ConnectorFailure};

use super::remote::TOKEN;
use super::world::{SECRETS, World};

/// The shortest part of a secret whose appearance counts as a leak.
const PART: usize = 8;

/// Fails where any part of a secret is in the text, however it is encoded.
pub(super) fn assert_no_secret_in(text: &str) {
    let once = readings(text);
    let twice: Vec<_> = once.iter().flat_map(|reading| readings(reading)).collect();
    for secret in SECRETS.iter().map(|(_, secret)| *secret).chain([TOKEN]) {
        for part in secret.as_bytes().windows(PART) {
            let part = std::str::from_utf8(part).expect("ASCII");
            let leak = once
                .iter()
                .chain(&twice)
                .find(|reading| reading.contains(part));
            assert!(leak.is_none(), "`{part}` of `{secret}` in:\n{text}");
        }
    }
}

/// The text, and what is in it for someone who decodes percent signs, hexadecimal and base64 at every alignment.
fn readings(text: &str) -> Vec<String> {
    let mut readings = vec![text.to_owned(), percent_decoded(text)];
    let is_encoded =
        |character: char| character.is_ascii_alphanumeric() || "+/-_".contains(character);
    for word in text
        .split(|character| !is_encoded(character))
        .filter(|word| word.len() >= PART)
    {
        for start in 0..4 {
            let whole = &word[start..];
            let standard = whole.replace('-', "+").replace('_', "/");
            readings.extend(
                STANDARD_NO_PAD
                    .decode(&standard[..standard.len() / 4 * 4])
                    .ok()
                    .map(|bytes| lossy(&bytes)),
            );
            readings.extend(
                hex::decode(&whole[..whole.len() / 2 * 2])
                    .ok()
                    .map(|bytes| lossy(&bytes)),
            );
        }
    }
    readings
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| hex::decode(digits).ok()) {
            Some(byte) => {
                decoded.extend(byte);
                at += 3;
            }
            None => {
                decoded.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    lossy(&decoded)
}

#[test]
fn the_detector_itself_sees_through_encodings() {
    for (_, secret) in SECRETS {
        let percent: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for hidden in [
            secret.to_owned(),
            percent.clone(),
            hex::encode(secret),
            format!("abc{}", hex::encode(&percent)),
            STANDARD_NO_PAD.encode(format!("x{secret}y")),
            STANDARD_NO_PAD.encode(format!("xy{percent}")),
        ] {
            let caught = std::panic::catch_unwind(|| assert_no_secret_in(&format!("({hidden})")));
            assert!(caught.is_err(), "{hidden} was overlooked");
        }
    }
}

/// All texts of a call that an operator or a program could read.
fn everything(called: &Called<String>) -> String {
    format!("{:?}\n{}", called.result, called.cost.log.join("\n"))
}

#[tokio::test]
async fn no_guest_can_print_a_secret() {
    let world = World::new().await;
    let called = world.check("print-secret").await;
    let told = everything(&called);
    assert!(
        told.contains("[secret]"),
        "the remote reflected nothing:\n{told}"
    );
    assert_no_secret_in(&told);
    // The secrets were in use all the while.
    let seen = world.remote.seen();
    assert!(seen.contains("Bearer api-key/with+signs&8c1d"), "{seen}");
    assert!(
        seen.contains("key=query%20key%20%22quoted%22%2052e0"),
        "{seen}"
    );
    assert!(
        seen.contains("client_secret=shared%3Dphrase%2Fa97b"),
        "{seen}"
    );
    assert!(seen.contains(&format!("Bearer {TOKEN}-0")), "{seen}");
}

#[tokio::test]
async fn a_failure_tells_no_secret_either() {
    let world = World::new().await;
    let called = world.check("print-secret-in-failure").await;
    assert!(matches!(called.result, Err(ConnectorFailure::Permanent(_))));
    assert_no_secret_in(&everything(&called));
}

#[tokio::test]
async fn a_token_is_fetched_once_and_fetched_again_when_it_was_refused() {
    let world = World::new().await;
    for _ in 0..3 {
        assert_eq!(world.check("token").await.result.expect("an answer"), "200");
    }
    assert_eq!(world.remote.tokens(), 1);
    let called = world.check("auth-expired").await;
    // Called once more, with another token, and then believed.
    assert_eq!(
        called.result,
        Err(ConnectorFailure::AuthExpired("call 2".to_owned()))
    );
    // Other settings are another grant, which shares the token of its account.
    assert_eq!(world.remote.tokens(), 2);
    assert_eq!(world.check("token").await.result.expect("an answer"), "200");
    assert_eq!(world.remote.tokens(), 2);
}
