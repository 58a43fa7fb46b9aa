//! Hosts that share one database share the tokens of accounts, and nobody who reads it learns one.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::join_all;
use roomwire::config::TokenKey;
use roomwire::domain::connector::{Called, ConnectorFailure, Connectors as _};
use roomwire::domain::random::Random;
use roomwire::plugin::{Limits, Plugins, SharedTokens};
use roomwire::store::account_tokens::PostgresAccountTokens;
use sqlx::ConnectOptions;

use super::build;
use super::remote::{Remote, TOKEN};
use super::world::{SECRETS, caller, grant, options};
use crate::harness::TestDatabase;

/// What the hosts have in common.
struct Installation {
    database: TestDatabase,
    remote: Remote,
    folder: tempfile::TempDir,
}

impl Installation {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("hostile.wasm"), build::hostile()).expect("written");
        Self {
            database: TestDatabase::seeded().await,
            remote: Remote::start().await,
            folder,
        }
    }

    /// A host with these keys, as after a start: it remembers nothing.
    async fn host(&self, keys: &[(&str, u8)]) -> Plugins {
        let mut options = options(Limits::default(), &self.remote, &Arc::default());
        let keys = keys.iter();
        options.random = Random::system();
        options.shared_tokens = Some(SharedTokens {
            store: Arc::new(PostgresAccountTokens::new(self.database.store(4).await)),
            keys: keys
                .map(|(id, byte)| TokenKey::new(*id, [*byte; 32]))
                .collect(),
        });
        let plugins = Plugins::load_directory(self.folder.path(), options).await;
        plugins.expect("the guest loads")
    }

    /// The only row of an account that has a token: which key sealed it, and the whole of it as text.
    async fn kept(&self) -> (String, String) {
        let mut owner = self.database.owner().connect().await.expect("the owner");
        sqlx::query_as("SELECT key_id, t::text FROM account_tokens t WHERE sealed IS NOT NULL")
            .fetch_one(&mut owner)
            .await
            .expect("one token is kept")
    }
}

async fn check(host: &Plugins, behaviour: &str) -> Called<String> {
    let grants = HashMap::from([(caller().connection, grant(behaviour))]);
    host.set_grants(&grants).expect("the grant is sound");
    let connector = host.channel("hostile").expect("the connector");
    connector.check(&caller()).await
}

async fn uses_its_token(host: &Plugins) {
    assert_eq!(check(host, "token").await.result.expect("an answer"), "200");
}

#[tokio::test]
async fn hosts_on_one_database_ask_once_and_again_when_a_token_was_refused() {
    let installation = Installation::new().await;
    let tokens = || installation.remote.tokens();
    let keys = [("a", 1)];
    let (one, other) = (
        installation.host(&keys).await,
        installation.host(&keys).await,
    );
    let callers = (0..10).flat_map(|_| [&one, &other]);
    join_all(callers.map(uses_its_token)).await;
    assert_eq!(tokens(), 1, "two hosts, twenty callers, one token");

    uses_its_token(&installation.host(&keys).await).await;
    assert_eq!(tokens(), 1, "a start needs none of its own");

    let refused = check(&one, "auth-expired").await.result;
    assert!(matches!(refused, Err(ConnectorFailure::AuthExpired(_))));
    assert_eq!(tokens(), 2, "called once more, with another token");
    uses_its_token(&installation.host(&keys).await).await;
    assert_eq!(tokens(), 2);
    let sent = installation.remote.last();
    assert!(sent.contains(&format!("Bearer {TOKEN}-1")), "{sent}");
}

#[tokio::test]
async fn what_is_kept_is_sealed_and_moves_to_the_present_key_when_it_is_used() {
    let installation = Installation::new().await;
    uses_its_token(&installation.host(&[("a", 1)]).await).await;
    let (key, row) = installation.kept().await;
    assert_eq!(key, "a");
    for secret in [TOKEN].into_iter().chain(SECRETS.map(|(_, secret)| secret)) {
        let shown = row.contains(secret) || row.contains(&hex::encode(secret));
        assert!(!shown, "{row}");
    }

    uses_its_token(&installation.host(&[("b", 2), ("a", 1)]).await).await;
    assert_eq!(installation.kept().await.0, "b");
    uses_its_token(&installation.host(&[("b", 2)]).await).await;
    assert_eq!(installation.remote.tokens(), 1, "every step knew its token");
    uses_its_token(&installation.host(&[("c", 3)]).await).await;
    assert_eq!(
        installation.remote.tokens(),
        2,
        "no key of its own opens it"
    );
}

#[tokio::test]
async fn without_a_key_each_host_has_a_token_of_its_own_and_keeps_none() {
    let installation = Installation::new().await;
    for tokens in 1..3 {
        let host = installation.host(&[]).await;
        uses_its_token(&host).await;
        uses_its_token(&host).await;
        assert_eq!(installation.remote.tokens(), tokens);
    }
    let mut owner = installation
        .database
        .owner()
        .connect()
        .await
        .expect("the owner");
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM account_tokens")
        .fetch_one(&mut owner)
        .await
        .expect("a number");
    assert_eq!(accounts, 0);
}
