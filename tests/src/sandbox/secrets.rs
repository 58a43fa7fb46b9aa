//! A guest gets the use of secrets and never the secrets.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use roomwire::domain::connector::{Called, ConnectorFailure};
use roomwire::plugin::Limits;

use super::reflect;
use super::remote::TOKEN;
use super::world::{SECRETS, World};

/// The shortest part of a secret whose appearance counts as a leak.
const PART: usize = 8;

/// Fails where any part of a secret is in the text, however it is encoded.
pub(super) fn assert_no_secret_in(text: &str) {
    assert_none_in(
        text,
        SECRETS.iter().map(|(_, secret)| *secret).chain([TOKEN]),
    );
}

/// Fails where any part of one of these is in the text.
pub(super) fn assert_none_in<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) {
    let once = readings(text);
    let twice: Vec<_> = once.iter().flat_map(|reading| readings(reading)).collect();
    for secret in secrets {
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

/// The text, and what is in it for someone who joins its lines, undoes escapes and decodes percent signs, hexadecimal and
/// base64 at every alignment.
fn readings(text: &str) -> Vec<String> {
    let joined: String = text.chars().filter(|found| !found.is_control()).collect();
    let mut readings = vec![
        text.to_owned(),
        percent_decoded(text),
        unescaped(text, "\\u", ""),
        unescaped(text, "&#", ";"),
        text.replace("&amp;", "&")
            .replace("&quot;", "\"")
            .replace("&sol;", "/")
            .replace("&equals;", "=")
            .replace("&plus;", "+"),
        text.replace('\\', ""),
        joined,
    ];
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

/// The text with the characters whose numbers stand between these: four hexadecimal digits, or as XML writes them.
fn unescaped(text: &str, before: &str, after: &str) -> String {
    let mut parts = text.split(before);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = if after.is_empty() {
            part.split_at_checked(4)
        } else {
            part.split_once(after)
        };
        let character = digits.and_then(|(digits, rest)| {
            let number = match digits.strip_prefix('x') {
                _ if after.is_empty() => u32::from_str_radix(digits, 16),
                Some(digits) => u32::from_str_radix(digits, 16),
                None => digits.parse(),
            };
            Some((char::from_u32(number.ok()?)?, rest))
        });
        match character {
            Some((character, rest)) => {
                plain.push(character);
                plain.push_str(rest);
            }
            None => plain.push_str(part),
        }
    }
    plain
}

#[test]
fn the_detector_itself_sees_through_encodings() {
    for (_, secret) in SECRETS {
        let percent: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let reflected = |path: &str| {
            let bytes = reflect::encoded(path, &format!("before {secret} after"));
            lossy(&bytes.expect("an encoding"))
        };
        for hidden in [
            reflected("/reflect/base64-url"),
            reflected("/reflect/base64-lines"),
            reflected("/reflect/hex-upper"),
            reflected("/reflect/percent-twice"),
            reflected("/reflect/json-units"),
            reflected("/reflect/json-in-json"),
            reflected("/reflect/xml"),
            reflected("/reflect/xml-numbers"),
            reflected("/reflect/wide"),
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

/// A world in which a thief has the time and the requests to try everything.
pub(super) async fn of_a_thief() -> World {
    let limits = Limits {
        cpu: Duration::from_secs(20),
        requests: 64,
        ..Limits::default()
    };
    World::with_limits(limits).await
}

/// All texts of a call that an operator or a program could read.
pub(super) fn everything(called: &Called<String>) -> String {
    format!("{:?}\n{}", called.result, called.cost.log.join("\n"))
}

#[tokio::test]
async fn no_guest_can_print_a_secret() {
    let world = of_a_thief().await;
    let called = world.check("print-secret").await;
    let told = everything(&called);
    assert!(
        told.contains("[secret]"),
        "the remote reflected nothing:\n{told}"
    );
    assert_no_secret_in(&told);
    // Every answer came back without its secret, or not at all: with the key that is sent with GET, and with the token.
    for (path, expected) in [
        ("/reflect/wide", "[secret]"),
        ("/reflect/pieces", "[secret]"),
        ("/reflect/header", "[secret]"),
        ("/reflect/broken-off", "OutcomeUnknown"),
        ("/compressed", "OutcomeUnknown"),
    ] {
        let beginning = format!("[error] {path}: ");
        let answers = called.cost.log.iter();
        let answers: Vec<_> = answers
            .filter(|line| line.starts_with(&beginning))
            .collect();
        assert_eq!(answers.len(), 2, "{path}");
        let as_expected = answers.iter().all(|line| line.contains(expected));
        assert!(as_expected, "{answers:?}");
    }
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
    let world = of_a_thief().await;
    let called = world.check("print-secret-in-failure").await;
    assert!(matches!(called.result, Err(ConnectorFailure::Permanent(_))));
    assert_no_secret_in(&everything(&called));
}

#[tokio::test]
async fn no_secret_is_anywhere_in_a_guests_memory() {
    let backwards = |text: &str| text.chars().rev().collect::<String>();
    // The last one is there, which shows that whatever is there is found.
    let needles = SECRETS.iter().map(|(_, secret)| *secret);
    let needles = needles.chain([TOKEN, "reflect.example.com"]).map(backwards);
    let needles: Vec<_> = needles.collect();
    let world = of_a_thief().await;
    let told = world
        .check(&format!("search-memory {}", needles.join("\n")))
        .await
        .result
        .expect("how often each of them was found");
    let (secrets, host) = told.rsplit_once(' ').expect("six numbers");
    assert_eq!(secrets, "0 0 0 0 0");
    assert_ne!(host, "0");
    assert_eq!(world.remote.tokens(), 1, "the token was in use");
}

#[tokio::test]
async fn no_time_passes_for_a_guest_while_secrets_are_added() {
    let world = World::new().await;
    let told = world.check("time-injection").await.result;
    assert_eq!(told.as_deref(), Ok("true 0, true 0"));
    assert_eq!(world.remote.requests(), 2);
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
    // Other settings are another grant of the same account, and so begin with its token.
    assert_eq!(world.remote.tokens(), 2);
    assert_eq!(world.check("token").await.result.expect("an answer"), "200");
    assert_eq!(world.remote.tokens(), 2);
}
