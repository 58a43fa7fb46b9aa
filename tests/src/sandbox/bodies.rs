//! Secrets that stand in bodies, logins of token requests and keys that sign: used at the remote, and seen nowhere else.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roomwire::domain::connection::Record;
use roomwire::domain::connector::{Called, Connectors};
use roomwire::plugin::{ConnectionGrant, Limits, Plugins};
use serde_json::{Value, json};

use super::build::{hostile_manifest, hostile_with};
use super::remote::{Remote, TOKEN};
use super::secrets::{assert_none_in, everything};
use super::world::{caller, options};

const BODY_KEY: &str = "body key \"quoted\" 7b1e";
const PASSWORD: &str = "pass<word>&more 93aa";
const CLIENT_SECRET: &str = "client=secret/41d0";

/// RFC 8032, section 7.1, test 2: its private key, and the signature of `r`.
const SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

const SLOTS: &str = r#"
[[secrets]]
name = "body_key"
hosts = ["reflect.example.com"]
methods = ["PUT"]
inject = { kind = "json-pointer", pointer = "/auth/key" }

[[secrets]]
name = "password"
hosts = ["reflect.example.com"]
methods = ["PATCH"]
inject = { kind = "ws-security", username = "user", password = "PASSWORD" }

[[secrets]]
name = "account"
hosts = ["reflect.example.com"]
methods = ["POST"]
[secrets.inject]
kind = "oauth2"
credentials = ["client_id", "client_secret"]
[[secrets.inject.token_requests]]
host = "reflect.example.com"
path = "/token"
form = [{ name = "grant_type", value = "client_credentials" }]
login = { username = "client_id", password = "client_secret" }
access_token = "/access_token"
expires_in = "/expires_in"

[[secrets]]
name = "signing_key"
inject = { kind = "signer", algorithm = "ed25519" }
"#;

/// A key of Ed25519 as a hotel gives it.
fn signing_key() -> String {
    let head = "302e020100300506032b657004220420";
    STANDARD.encode(hex::decode(format!("{head}{SEED}")).expect("hexadecimal digits"))
}

/// The hostile guest with these slots, and what it makes of a behaviour.
struct Thieving {
    plugins: Plugins,
    remote: Remote,
}

impl Thieving {
    /// A host in which passwords go in this form.
    async fn new(form: &str) -> Self {
        let manifest = hostile_manifest();
        let (before, _) = manifest.split_once("[[secrets]]").expect("its slots");
        let manifest = format!("{before}{}", SLOTS.replace("PASSWORD", form));
        let remote = Remote::start().await;
        let options = options(Limits::default(), &remote, &Arc::default());
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hostile.wasm");
        std::fs::write(path, hostile_with(&manifest)).expect("written");
        let plugins = Plugins::load_directory(folder.path(), options)
            .await
            .expect("the guest loads");
        Self { plugins, remote }
    }

    async fn check(&self, behaviour: &str) -> Called<String> {
        let key = signing_key();
        let secrets = [
            ("body_key", BODY_KEY),
            ("user", "hotel-17"),
            ("password", PASSWORD),
            ("client_id", "client-17"),
            ("client_secret", CLIENT_SECRET),
            ("signing_key", &key),
        ];
        let grant = ConnectionGrant {
            hotel: caller().hotel,
            plugin: "hostile".to_owned(),
            settings: json!({ "behaviour": behaviour }),
            secrets: secrets
                .into_iter()
                .map(|(name, secret)| (name.to_owned(), secret.into()))
                .collect(),
            endpoint: None,
            record: Record::default(),
        };
        let grants = HashMap::from([(caller().connection, grant)]);
        self.plugins
            .set_grants(&grants)
            .expect("the grant is sound");
        let connector = self.plugins.channel("hostile").expect("the connector");
        connector.check(&caller()).await
    }

    /// Sends a body to every place that reflects it, and answers what the guest could tell of it.
    async fn reflected(&self, method: &str, body: &str) -> String {
        let to = |path: &str| json!({ "method": method, "host": "reflect.example.com", "path": path, "body": body });
        let requests: Vec<Value> = [
            "/reflect",
            "/reflect/base64",
            "/reflect/hex",
            "/reflect/percent",
            "/reflect/json",
            "/broken",
        ]
        .map(to)
        .into();
        let called = self
            .check(&format!("show-all {}", Value::from(requests)))
            .await;
        let told = everything(&called);
        assert!(told.contains("[secret]"), "nothing was reflected:\n{told}");
        told
    }
}

#[tokio::test]
async fn a_secret_in_a_body_of_json_stays_there() {
    let thieving = Thieving::new("text").await;
    let told = thieving
        .reflected("PUT", r#"{"auth": {"hotel": 17}, "price": 1.10}"#)
        .await;
    assert_none_in(&told, [BODY_KEY]);
    let seen = thieving.remote.seen();
    let sent = r#"{"auth": {"key":"body key \"quoted\" 7b1e","hotel": 17}, "price": 1.10}"#;
    assert!(seen.contains(sent), "{seen}");
    let before = thieving.remote.requests();
    let body = r#"{"auth": {"key": "mine"}}"#;
    let request =
        json!([{ "method": "PUT", "host": "reflect.example.com", "path": "/", "body": body }]);
    let called = thieving.check(&format!("show-all {request}")).await;
    let told = called.result.expect("a sentence");
    assert_eq!(
        told,
        "invalid: /auth/key carries a secret, which the host adds"
    );
    assert_eq!(thieving.remote.requests(), before);
}

#[tokio::test]
async fn a_password_in_an_envelope_stays_there_and_so_does_its_digest() {
    let envelope =
        "<e:Envelope xmlns:e=\"urn:e\"><e:Header></e:Header><e:Body></e:Body></e:Envelope>";
    let plain = Thieving::new("text").await;
    let told = plain.reflected("PATCH", envelope).await;
    assert_none_in(&told, [PASSWORD]);
    let seen = plain.remote.seen();
    let sent = "#PasswordText\">pass&lt;word&gt;&amp;more 93aa</wsse:Password>";
    assert!(seen.contains(sent), "{seen}");

    let digesting = Thieving::new("digest").await;
    let told = digesting.reflected("PATCH", envelope).await;
    let seen = digesting.remote.seen();
    let digests: Vec<&str> = seen
        .split("#PasswordDigest\">")
        .skip(1)
        .filter_map(|rest| rest.split_once("</wsse:Password>"))
        .map(|(digest, _)| digest)
        .collect();
    assert_eq!(digests.len(), 6, "{seen}");
    assert!(
        digests.iter().all(|digest| digest.len() == 28),
        "{digests:?}"
    );
    assert_none_in(&seen, [PASSWORD]);
    assert_none_in(&told, digests.into_iter().chain([PASSWORD]));
}

#[tokio::test]
async fn a_login_goes_to_the_token_endpoint_alone() {
    let thieving = Thieving::new("text").await;
    let told = thieving.reflected("POST", "").await;
    assert_none_in(&told, [CLIENT_SECRET, TOKEN]);
    let seen = thieving.remote.seen();
    let login = STANDARD.encode("client-17:client%3Dsecret%2F41d0");
    assert_eq!(seen.matches(&format!("Basic {login}")).count(), 1, "{seen}");
    assert!(seen.contains("grant_type=client_credentials"), "{seen}");
    assert!(seen.contains(&format!("Bearer {TOKEN}-0")), "{seen}");
}

#[tokio::test]
async fn a_private_key_signs_and_is_not_seen() {
    let thieving = Thieving::new("text").await;
    let called = thieving.check("sign signing_key").await;
    let signature = hex::decode(SIGNATURE).expect("hexadecimal digits");
    assert_eq!(called.result.as_deref(), Ok(&*format!("Ok({signature:?})")));
    assert_none_in(&everything(&called), [signing_key().as_str()]);
    let called = thieving.check("sign body_key").await;
    let told = called.result.expect("a sentence");
    assert!(told.starts_with("Err("), "{told}");
}
