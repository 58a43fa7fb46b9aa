//! The plugins of this repository, as they are handed out.

use std::collections::HashMap;
use std::sync::Arc;

use roomwire::config::Approvals;
use roomwire::domain::connection::Record;
use roomwire::domain::webhook::{NotIssued, WebhookVerifier as _};
use roomwire::plugin::inspect::inspect;
use roomwire::plugin::{ConnectionGrant, Limits, Plugins};
use serde_json::json;

use super::remote::Remote;
use super::world::{caller, options};
use crate::harness::programs;

const OURS: [&str; 6] = [
    "booking-com",
    "channex",
    "email-postmark",
    "email-resend",
    "expedia",
    "octorate",
];

#[test]
fn our_plugins_import_nothing_but_the_contract() {
    let files = std::fs::read_dir(programs::plugins()).expect("the plugins were built");
    let files = files.map(|entry| entry.expect("a readable folder").path());
    let mut files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|kind| kind == "wasm"))
        .collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).expect("a readable file");
        let certificate = inspect(&bytes).unwrap_or_else(|error| panic!("{error}: {file:?}"));
        let (id, imports) = (certificate.manifest.id, certificate.interfaces.imports);
        assert!(!imports.is_empty(), "{id} asks the host for nothing");
        for import in imports {
            assert!(import.starts_with("roomwire:"), "{id} imports {import}");
        }
        found.push(id);
    }
    assert_eq!(found, OURS);
}

#[tokio::test]
async fn for_a_plugin_that_is_withdrawn_no_token_is_issued_and_no_webhook_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = "booking-com.wasm";
    std::fs::copy(programs::plugins().join(file), folder.path().join(file))
        .expect("the plugin was built");
    let remote = Remote::start().await;
    let options = options(Limits::default(), &remote, &Arc::default());
    let plugins = Plugins::load_directory(folder.path(), options).await;
    let plugins = plugins.expect("the plugin loads");
    let secrets = [
        ("client_id", "a-machine"),
        ("client_secret", "a-secret-of-the-machine"),
        ("notifications", "booking-com:a-secret-of-notifications"),
    ];
    let given = ConnectionGrant {
        hotel: caller().hotel,
        plugin: "booking-com".to_owned(),
        settings: json!({ "property": "8011855" }),
        secrets: secrets
            .iter()
            .map(|(name, secret)| ((*name).to_owned(), (*secret).into()))
            .collect(),
        endpoint: None,
        record: Record::default(),
    };
    let login = [given.secrets["notifications"].clone()];
    let connection = caller().connection;
    plugins
        .set_grants(&HashMap::from([(connection, given)]))
        .expect("the grant is sound");
    let issued = || {
        let issued = plugins.issue_token(connection, &login, caller().now);
        issued.map(drop)
    };
    assert_eq!(issued(), Ok(()));
    assert!(plugins.is_kept(connection, b"{}"));

    let required = Approvals {
        required: true,
        ..Approvals::default()
    };
    plugins.approve(&required).await;
    assert_eq!(issued(), Err(NotIssued::NotOffered));
    assert!(!plugins.is_kept(connection, b"{}"));
}
