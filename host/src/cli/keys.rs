//! `roomwire key`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use jiff::{SignedDuration, Timestamp};

use crate::app::access::{self, Wanted};
use crate::boot::{LocalPrograms, open};
use crate::cli::Context;
use crate::config::Config;
use crate::domain::access::Scope;
use crate::domain::clock::Clock;
use crate::domain::random::Random;
use crate::store::{Store, hotels, keys};

#[derive(Debug, clap::Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key and print it, once.
    Create {
        /// What it is for; the audit trail shows it.
        #[arg(long)]
        name: String,
        /// The hotel's slug. Without it the key is the operator's, for every hotel.
        #[arg(long)]
        hotel: Option<String>,
        /// For web pages, where anyone can read it: offers and bookings only.
        #[arg(long)]
        publishable: bool,
        /// What it may do; all that its sort of key can, where none is named.
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
        scopes: Vec<Scope>,
        /// How long it lives, such as `90d`; for ever without it.
        #[arg(long, value_name = "DURATION", value_parser = lifetime)]
        expires_in: Option<SignedDuration>,
    },
    /// List keys; secrets are not stored, so they are not shown.
    List {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// End a key, named by its prefix.
    Revoke { prefix: String },
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

/// A time to live such as `90d` or `12h`: a day has 24 hours, and what has no fixed length is refused.
fn lifetime(text: &str) -> Result<SignedDuration, String> {
    let span: jiff::Span = text
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|_| "expected weeks, days, hours or less, such as 90d or 12h".to_owned())
}

impl KeyCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let config = Config::load(context.config.as_deref(), &context.environment)?;
        let programs = LocalPrograms::installed(&context.environment)?;
        let opened = open(&config.database, &programs, &Random::system()).await?;
        let outcome = self.perform(&opened.store).await;
        opened.store.close().await;
        if let Some(local) = opened.local {
            local.stop().await?;
        }
        outcome
    }

    async fn perform(self, store: &Store) -> anyhow::Result<ExitCode> {
        match self {
            Self::Create {
                name,
                hotel,
                publishable,
                scopes,
                expires_in,
            } => {
                let hotel = match hotel {
                    Some(slug) => {
                        let found = hotels::find_by_slug(store, &slug).await?;
                        Some(
                            found
                                .with_context(|| format!("there is no hotel `{slug}`"))?
                                .id,
                        )
                    }
                    None => None,
                };
                let now = Clock::system().now();
                let wanted = Wanted {
                    name,
                    hotel,
                    publishable,
                    scopes: granted(publishable, scopes),
                    expires_at: expiry(now, expires_in)?,
                };
                println!(
                    "{}",
                    access::create(store, now, &Random::system(), wanted).await?
                );
            }
            Self::List { json } => list(store, json).await?,
            Self::Revoke { prefix } => {
                if !keys::revoke(store, &prefix).await? {
                    bail!("there is no live key with the prefix `{prefix}`");
                }
                println!("revoked {prefix}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn granted(publishable: bool, scopes: Vec<Scope>) -> Vec<Scope> {
    match (scopes.is_empty(), publishable) {
        (false, _) => scopes,
        (true, true) => Scope::PUBLISHABLE.to_vec(),
        (true, false) => Scope::ALL.to_vec(),
    }
}

fn expiry(now: Timestamp, after: Option<SignedDuration>) -> anyhow::Result<Option<Timestamp>> {
    after
        .map(|after| {
            now.checked_add(after)
                .context("the expiry is beyond every calendar")
        })
        .transpose()
}

async fn list(store: &Store, json: bool) -> anyhow::Result<()> {
    let keys = keys::list(store).await?;
    if json {
        let rows: Vec<_> = keys
            .iter()
            .map(|key| {
                serde_json::json!({"prefix": key.prefix, "name": key.name, "hotel": key.hotel,
                    "publishable": key.publishable, "scopes": key.scopes, "created_at": key.created_at,
                    "expires_at": key.expires_at, "revoked_at": key.revoked_at, "last_used_at": key.last_used_at})
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let now = Clock::system().now();
    for key in keys {
        let hotel = key.hotel.as_deref().unwrap_or("every hotel");
        let state = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(end)) if end <= now => "expired",
            (None, _) => "live",
        };
        println!(
            "{}  {:<24} {:<16} {state:<8} {}",
            key.prefix,
            key.name,
            hotel,
            key.scopes.join(" ")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_lives_for_days_or_hours_and_not_for_months() {
        assert_eq!(lifetime("90d"), Ok(SignedDuration::from_hours(90 * 24)));
        assert_eq!(lifetime("12h"), Ok(SignedDuration::from_hours(12)));
        assert!(lifetime("1mo").is_err());
        assert!(lifetime("soon").is_err());
    }
}
