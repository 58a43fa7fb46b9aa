//! A guest gets the use of secrets and never the secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roomwire::domain::connector::{Called, ConnectorFailure};

use super::remote::TOKEN;
use super::world::{SECRETS, World};

/// The shortest part of a secret whose appearance counts as a leak.
const PART: usize = 8;

/// Fails where any part of a secret, plain or in base64 or hexadecimal, is in the text.
fn assert_no_secret_in(text: &str) {
    let secrets = SECRETS.map(|(_, secret)| secret);
    for secret in secrets.iter().copied().chain([TOKEN]) {
        let encoded = [
            secret.to_owned(),
            STANDARD.encode(secret),
            hex::encode(secret),
            percent(secret),
        ];
        for form in &encoded {
            for part in form.as_bytes().windows(PART) {
                let part = std::str::from_utf8(part).expect("ASCII");
                assert!(!text.contains(part), "`{part}` of `{secret}` in:\n{text}");
            }
        }
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
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
        seen.contains("client_secret=client-secret%3Da97b"),
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
    assert_eq!(world.check("token").await.result.expect("an answer"), "200");
    assert_eq!(world.remote.tokens(), 2);
}
