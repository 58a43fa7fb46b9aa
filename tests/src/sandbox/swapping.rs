//! Plugins are exchanged while the host runs: no call is dropped, and what is no good does not get in.

use std::collections::HashMap;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};
use roomwire::config::{Approval, Approvals};
use roomwire::domain::connector::{Connectors, SandboxFailure};
use roomwire::plugin::Limits;
use serde_json::json;

use super::build::{hostile, hostile_manifest, hostile_with};
use super::world::{World, caller, grant, stopped};

/// The hostile guest as version 0.2.0, with a change of its manifest besides.
fn successor(from: &str, to: &str) -> Vec<u8> {
    let manifest = hostile_manifest().replace("version = \"0.1.0\"", "version = \"0.2.0\"");
    assert!(manifest.contains(from), "{from}");
    hostile_with(&manifest.replacen(from, to, 1))
}

/// The version that answers now, by what it says when it traps.
async fn version(world: &World) -> String {
    let called = world.check("trap").await;
    let (kind, message) = stopped(&called);
    assert_eq!(kind, SandboxFailure::Trap);
    let words: Vec<_> = message.split([' ', ':']).collect();
    words[2].to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_calls_take_the_new_version_and_those_under_way_end_with_the_old() {
    let limits = Limits {
        cpu: Duration::from_secs(60),
        wall: Duration::from_millis(700),
        ..Limits::default()
    };
    let world = World::with_limits(limits).await;
    let connector = world.connector("loop");
    let file = successor("[settings]", "[settings]");
    let caller = caller();
    let (under_way, ()) = tokio::join!(
        connector.check(&caller),
        world.install("hostile.wasm", &file)
    );
    let (kind, message) = stopped(&under_way);
    assert_eq!(kind, SandboxFailure::Deadline);
    assert!(message.starts_with("plugin `hostile` 0.1.0"), "{message}");
    // Whoever holds a connector need not ask for another one.
    let next = connector.check(&caller).await;
    let (_, message) = stopped(&next);
    assert!(message.starts_with("plugin `hostile` 0.2.0"), "{message}");
}

#[tokio::test]
async fn what_cannot_take_the_place_is_refused_and_the_old_version_serves_on() {
    let world = World::new().await;
    assert_eq!(version(&world).await, "0.1.0");
    let needs_more = "[[secrets]]\nname = \"new_key\"\nhosts = [\"reflect.example.com\"]\nmethods = [\"GET\"]\n\
                      inject = { kind = \"header\", name = \"x-new\" }\n\n[[secrets]]";
    let files = [
        (b"half a file".to_vec(), "not a WebAssembly component"),
        (
            successor("[[secrets]]", needs_more),
            "needs the secret `new_key`",
        ),
    ];
    for (file, reason) in files {
        world.install("hostile.wasm", &file).await;
        let sentence = world.refusal("hostile.wasm").await.expect("a refusal");
        assert!(sentence.contains(reason), "{sentence}");
        assert_eq!(version(&world).await, "0.1.0");
    }
    let good = successor("[settings]", "[settings]");
    world.install("hostile.wasm", &good).await;
    assert_eq!(world.refusal("hostile.wasm").await, None);
    assert_eq!(version(&world).await, "0.2.0");
}

/// The hosts that the hostile guest asks for.
const HOSTS: [&str; 2] = ["reflect.example.com", "private.example.com"];

/// The approval of these hosts, and of nothing else.
fn approval(hosts: &[&str]) -> Approvals {
    let hosts = hosts.iter().map(|host| (*host).to_owned());
    let approval = Approval {
        hosts: Some(hosts.collect()),
        ..Approval::default()
    };
    Approvals {
        approved: [("hostile".to_owned(), approval)].into(),
        required: true,
        ..Approvals::default()
    }
}

/// A version that asks for another host.
fn curious() -> Vec<u8> {
    successor(
        "\"private.example.com\"]",
        "\"private.example.com\", \"new.example.com\"]",
    )
}

#[tokio::test]
async fn a_version_that_asks_for_more_waits_for_the_operator() {
    let world = World::set_up(Limits::default(), |options| {
        options.approvals = approval(&HOSTS);
    })
    .await;
    world.install("hostile.wasm", &curious()).await;
    let sentence = world.refusal("hostile.wasm").await.expect("a refusal");
    assert!(sentence.contains("host `new.example.com`"), "{sentence}");
    assert_eq!(version(&world).await, "0.1.0");

    let [reflect, private] = HOSTS;
    let more = approval(&[reflect, private, "new.example.com"]);
    world.plugins.approve(&more).await;
    world.plugins.look().await;
    assert_eq!(version(&world).await, "0.2.0");
}

#[tokio::test]
async fn a_version_that_needs_a_new_secret_or_setting_takes_it_from_a_changed_configuration() {
    let manifest = hostile_manifest().replace("version = \"0.1.0\"", "version = \"0.2.0\"");
    let needs_more = "[[secrets]]\nname = \"new_key\"\nhosts = [\"reflect.example.com\"]\nmethods = [\"GET\"]\n\
                      inject = { kind = \"header\", name = \"x-new\" }\n\n[[secrets]]";
    let manifest = manifest
        .replacen("[[secrets]]", needs_more, 1)
        .replace(
            "required = [\"behaviour\"]",
            "required = [\"behaviour\", \"depth\"]",
        )
        .replace(
            "{ behaviour = {",
            "{ depth = { type = \"integer\" }, behaviour = {",
        );
    let approvals = Approvals::default();
    let world = World::new().await;
    world.still_works().await;
    let mut given = grant("quiet");
    given
        .secrets
        .insert("new_key".to_owned(), "a new secret".into());
    given.settings = json!({ "behaviour": "quiet", "depth": 7 });
    let ahead = HashMap::from([(caller().connection, given.clone())]);
    assert!(world.plugins.set_grants(&ahead).is_err());

    world
        .install("hostile.wasm", &hostile_with(&manifest))
        .await;
    let sentence = world.refusal("hostile.wasm").await.expect("a refusal");
    assert!(
        sentence.contains("needs the secret `new_key`") && sentence.contains("depth"),
        "{sentence}"
    );
    let mut wrong = given.clone();
    wrong
        .secrets
        .insert("nobody_knows".to_owned(), "a secret".into());
    let wrong = HashMap::from([(caller().connection, wrong)]);
    assert!(world.plugins.set_grants(&wrong).is_err());

    let present = || world.plugins.manifest("hostile").expect("a plugin");
    let connector = world.plugins.channel("hostile").expect("the connector");
    world.give([(caller(), given)]);
    assert_eq!(present().version, "0.1.0");
    connector
        .check(&caller())
        .await
        .result
        .expect("it serves on");
    world.plugins.approve(&approvals).await;
    world.plugins.look().await;
    assert_eq!(world.refusal("hostile.wasm").await, None);
    assert_eq!(present().version, "0.2.0");
    connector.check(&caller()).await.result.expect("it serves");
}

#[tokio::test]
async fn an_older_signed_version_is_taken_only_where_its_digest_is_named() {
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
    let signers = vec![hex::encode(key.public_key())];
    let world = World::new().await;
    let signed = Approvals {
        signers: signers.clone(),
        ..Approvals::default()
    };
    world.plugins.approve(&signed).await;
    let newer = successor("[settings]", "[settings]");
    for file in [&newer[..], hostile()] {
        let signature = key.sign(file);
        world.install("hostile.wasm.sig", signature.as_ref()).await;
        world.install("hostile.wasm", file).await;
    }
    let sentence = world.refusal("hostile.wasm").await.expect("a refusal");
    let sha256 = hex::encode(digest(&SHA256, hostile()));
    assert!(
        sentence.contains("its version is 0.1.0, and 0.2.0 is in service")
            && sentence.ends_with(&sha256),
        "{sentence}"
    );
    assert_eq!(version(&world).await, "0.2.0");

    let named = Approval {
        sha256: Some(sha256),
        ..Approval::default()
    };
    let named = Approvals {
        approved: [("hostile".to_owned(), named)].into(),
        signers,
        ..Approvals::default()
    };
    world.plugins.approve(&named).await;
    world.plugins.look().await;
    assert_eq!(world.refusal("hostile.wasm").await, None);
    assert_eq!(version(&world).await, "0.1.0");
}

#[tokio::test]
async fn what_is_granted_no_more_stops_serving_and_serves_again_once_it_is_granted() {
    let approvals = |required| Approvals {
        required,
        ..Approvals::default()
    };
    let world = World::new().await;
    world.still_works().await;
    world.plugins.approve(&approvals(true)).await;
    let called = world.check("quiet").await;
    let (kind, message) = stopped(&called);
    assert_eq!(kind, SandboxFailure::Quarantined);
    assert!(message.contains("[plugins.approved.hostile]"), "{message}");
    // Looking at the folder brings back nothing.
    world.plugins.look().await;
    let called = world.check("quiet").await;
    assert_eq!(stopped(&called).0, SandboxFailure::Quarantined);

    world.plugins.approve(&approvals(false)).await;
    world.still_works().await;

    let uses = Approval {
        uses: Some(["api_key: nowhere".to_owned()].into()),
        ..Approval::default()
    };
    let narrower = Approvals {
        approved: [("hostile".to_owned(), uses)].into(),
        ..Approvals::default()
    };
    world.plugins.approve(&narrower).await;
    let called = world.check("quiet").await;
    let (_, message) = stopped(&called);
    assert!(message.contains("use `api_key: "), "{message}");
    world.plugins.approve(&approvals(false)).await;
    world.still_works().await;
}

/// Only what one of these keys signed may serve.
fn signed_by(keys: &[&Ed25519KeyPair]) -> Approvals {
    let keys = keys.iter();
    Approvals {
        signers: keys.map(|key| hex::encode(key.public_key())).collect(),
        ..Approvals::default()
    }
}

async fn assert_untrusted(world: &World) {
    let called = world.check("quiet").await;
    let (kind, message) = stopped(&called);
    assert_eq!(kind, SandboxFailure::Quarantined);
    assert!(message.contains("`plugins.signers`"), "{message}");
}

#[tokio::test]
async fn what_a_signer_signed_who_is_trusted_no_more_stops_serving() {
    let key = |seed: u8| Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a key");
    let (old, new) = (key(7), key(8));
    let world = World::new().await;
    world.still_works().await;
    // It was loaded when nobody asked for a signature, and has none.
    world.plugins.approve(&signed_by(&[&old])).await;
    assert_untrusted(&world).await;
    world.plugins.look().await;
    assert_untrusted(&world).await;

    let signature = old.sign(hostile());
    world.install("hostile.wasm.sig", signature.as_ref()).await;
    world.still_works().await;
    world.plugins.approve(&signed_by(&[&old, &new])).await;
    world.still_works().await;
    world.plugins.approve(&signed_by(&[&new])).await;
    assert_untrusted(&world).await;

    let signature = new.sign(hostile());
    world.install("hostile.wasm.sig", signature.as_ref()).await;
    world.still_works().await;
    world.plugins.approve(&Approvals::default()).await;
    world.still_works().await;
}

#[tokio::test]
async fn what_is_signed_serves_on_where_signatures_are_asked_for_later() {
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
    let world = World::new().await;
    let signature = key.sign(hostile());
    world.install("hostile.wasm.sig", signature.as_ref()).await;
    world.plugins.approve(&signed_by(&[&key])).await;
    world.plugins.look().await;
    world.still_works().await;
}

#[tokio::test]
async fn a_withdrawal_waits_for_no_file_that_is_being_loaded() {
    let world = World::new().await;
    let connector = world.connector("quiet");
    let withdrawn = Approvals {
        required: true,
        ..Approvals::default()
    };
    let caller = caller();
    let ((), (), called) = tokio::join!(
        world.plugins.look(),
        world.plugins.approve(&withdrawn),
        connector.check(&caller)
    );
    assert_eq!(stopped(&called).0, SandboxFailure::Quarantined);
}

#[tokio::test]
async fn a_version_whose_approval_ends_while_it_is_loaded_is_not_taken_into_service() {
    let world = World::new().await;
    world.put("hostile.wasm", &curious());
    world.plugins.look().await;
    let narrower = approval(&HOSTS);
    tokio::join!(world.plugins.look(), world.plugins.approve(&narrower));
    assert_eq!(version(&world).await, "0.1.0");
    // It is tried again, and refused for good.
    world.plugins.look().await;
    let sentence = world.refusal("hostile.wasm").await.expect("a refusal");
    assert!(sentence.contains("host `new.example.com`"), "{sentence}");
    assert_eq!(version(&world).await, "0.1.0");
}

#[tokio::test]
async fn a_new_version_that_fails_again_and_again_gives_its_place_back() {
    let world = World::new().await;
    world.still_works().await;
    let file = successor("[settings]", "[settings]");
    world.install("hostile.wasm", &file).await;
    for _ in 0..10 {
        assert_eq!(version(&world).await, "0.2.0");
    }
    world.plugins.look().await;
    assert_eq!(version(&world).await, "0.1.0");
    world.still_works().await;
    // It is not taken again before it changes.
    world.plugins.look().await;
    world.plugins.look().await;
    assert_eq!(version(&world).await, "0.1.0");
}
