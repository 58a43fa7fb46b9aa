//! Tokens of channels' accounts: thin faces of the stored procedures, which say why no budget is exceeded.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::account_token::{
    AccountName, AccountNames, AccountTokens, Decision, KeptToken, Sealed, TokensUnavailable, Wish,
};
use crate::store::jobs::interval;
use crate::store::{Store, StoreError};

/// The port's implementation over the store.
#[derive(Clone, Debug)]
pub struct PostgresAccountTokens {
    store: Store,
}

impl PostgresAccountTokens {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

fn unavailable(error: impl Into<StoreError>) -> TokensUnavailable {
    TokensUnavailable(Box::new(error.into()))
}

fn inconsistent(column: &'static str, name: &[u8]) -> StoreError {
    StoreError::Inconsistent {
        table: "account_tokens",
        column,
        row: hex::encode(name),
    }
}

/// The present key's name first.
fn all(names: &AccountNames) -> Vec<Vec<u8>> {
    let all = std::iter::once(&names.own).chain(&names.others);
    all.map(|name| name.to_vec()).collect()
}

/// A ticket as the database counts it.
fn number(ticket: u64) -> i64 {
    i64::try_from(ticket).unwrap_or(i64::MAX)
}

fn whole_seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[async_trait]
impl AccountTokens for PostgresAccountTokens {
    async fn find(&self, names: &AccountNames) -> Result<Option<KeptToken>, TokensUnavailable> {
        let all = all(names);
        let row = sqlx::query!(
            r#"
            SELECT account, token_version AS "version!", key_id AS "key_id!", sealed AS "sealed!",
                floor(extract(epoch FROM fresh_until - clock_timestamp()) * 1000)::bigint AS fresh_ms
            FROM account_tokens
            WHERE account = ANY ($1) AND token_version IS NOT NULL
                AND (fresh_until IS NULL OR fresh_until > clock_timestamp())
            ORDER BY token_version DESC LIMIT 1
            "#,
            &all
        )
        .fetch_optional(self.store.pool())
        .await
        .map_err(unavailable)?;
        let Some(row) = row else { return Ok(None) };
        let wrong = |column| unavailable(inconsistent(column, &row.account));
        let name: AccountName = row
            .account
            .as_slice()
            .try_into()
            .map_err(|_| wrong("account"))?;
        let version = u64::try_from(row.version).map_err(|_| wrong("token_version"))?;
        let fresh_for = row
            .fresh_ms
            .map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        Ok(Some(KeptToken {
            name,
            version,
            sealed: Sealed {
                key_id: row.key_id,
                bytes: row.sealed,
            },
            fresh_for,
        }))
    }

    async fn decide(
        &self,
        names: &AccountNames,
        wish: Wish,
    ) -> Result<Decision, TokensUnavailable> {
        let count = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let all = all(names);
        let row = sqlx::query!(
            r#"
            SELECT outcome AS "outcome!", taken, wait_seconds
            FROM ask_for_account_token($1, $2, $3, $4, $5, $6)
            "#,
            &all,
            wish.budget.map(|budget| count(budget.tokens)),
            wish.budget.map(|budget| count(budget.seconds)),
            whole_seconds(wish.lease),
            wish.unusable.map(number),
            wish.abandoned.map(number),
        )
        .fetch_one(self.store.pool())
        .await
        .map_err(unavailable)?;
        let ticket = row.taken.and_then(|taken| u64::try_from(taken).ok());
        let seconds = row.wait_seconds.and_then(|wait| u32::try_from(wait).ok());
        match (row.outcome.as_str(), ticket, seconds) {
            ("kept", ..) => Ok(Decision::Kept),
            ("busy", ..) => Ok(Decision::Busy),
            ("ask", Some(ticket), _) => Ok(Decision::Ask(ticket)),
            ("spent", _, Some(seconds)) => Ok(Decision::Spent { seconds }),
            _ => Err(unavailable(inconsistent("outcome", &names.own))),
        }
    }

    async fn end(
        &self,
        names: &AccountNames,
        ticket: u64,
        sent: bool,
    ) -> Result<(), TokensUnavailable> {
        sqlx::query!(
            "SELECT end_token_request($1, $2, $3)",
            &names.own[..],
            number(ticket),
            sent,
        )
        .execute(self.store.pool())
        .await
        .map_err(unavailable)?;
        Ok(())
    }

    async fn keep(
        &self,
        names: &AccountNames,
        ticket: u64,
        sealed: &Sealed,
        fresh_for: Option<Duration>,
    ) -> Result<(), TokensUnavailable> {
        sqlx::query!(
            "SELECT keep_account_token($1, $2, $3, $4, $5)",
            &names.own[..],
            number(ticket),
            sealed.key_id,
            &sealed.bytes[..],
            fresh_for.map(milliseconds),
        )
        .execute(self.store.pool())
        .await
        .map_err(unavailable)?;
        Ok(())
    }

    async fn reseal(
        &self,
        names: &AccountNames,
        version: u64,
        sealed: &Sealed,
    ) -> Result<(), TokensUnavailable> {
        let all = all(names);
        sqlx::query!(
            "SELECT reseal_account_token($1, $2, $3, $4)",
            &all,
            number(version),
            sealed.key_id,
            &sealed.bytes[..],
        )
        .execute(self.store.pool())
        .await
        .map_err(unavailable)?;
        Ok(())
    }

    async fn forget(&self, names: &AccountNames, version: u64) -> Result<(), TokensUnavailable> {
        let all = all(names);
        sqlx::query!("SELECT forget_account_token($1, $2)", &all, number(version),)
            .execute(self.store.pool())
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

/// Forgets accounts that have not asked for so long.
pub async fn prune(store: &Store, unused_for: Duration) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM account_tokens WHERE used_at < clock_timestamp() - $1::interval",
        interval(unused_for),
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
