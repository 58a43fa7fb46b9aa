//! `roomwire key`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::{SignedDuration, Timestamp};

use crate::app::access::{self, Wanted};
use crate::cli::{Context, with_store};
use crate::domain::access::Scope;
use crate::domain::clock::Clock;
use crate::domain::ids::HotelId;
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
        /// A web page that may use the publishable key, such as `https://book.aurora.example`; all that the
        /// configuration allows, where none is named.
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Make a key in the place of another, named by its prefix, and print it, once. The other lives on for a while.
    Rotate {
        prefix: String,
        /// How long the old key lives on, such as `24h`.
        #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = overlap)]
        overlap: SignedDuration,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// List keys; secrets are not stored, so they are not shown.
    List {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// End a key, named by its prefix.
    Revoke {
        prefix: String,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

/// A day has 24 hours here: a key's life is no matter of a calendar.
fn overlap(text: &str) -> Result<SignedDuration, String> {
    let expected = || format!("`{text}` is not a time such as 24h or 90d");
    let span: jiff::Span = text.parse().map_err(|_| expected())?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .ok()
        .filter(|duration| !duration.is_negative())
        .ok_or_else(expected)
}

fn lifetime(text: &str) -> Result<SignedDuration, String> {
    let lifetime = overlap(text)?;
    if lifetime.is_zero() {
        return Err("a key that lives for no time opens nothing".to_owned());
    }
    Ok(lifetime)
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

impl KeyCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        with_store(context, async move |store: &Store| {
            self.perform(store).await
        })
        .await
    }

    async fn perform(self, store: &Store) -> anyhow::Result<ExitCode> {
        match self {
            Self::Create {
                name,
                hotel,
                publishable,
                scopes,
                expires_in,
                origins,
                json,
            } => {
                let now = Clock::system().now();
                let wanted = Wanted {
                    name,
                    hotel: hotel_of(store, hotel).await?,
                    publishable,
                    scopes: granted(publishable, scopes),
                    origins,
                    expires_at: expiry(now, expires_in)?,
                };
                let expires_at = wanted.expires_at;
                let key = access::create(store, now, &Random::system(), wanted).await?;
                if json {
                    let prefix = prefix_of(&key);
                    return print(
                        &serde_json::json!({"key": key, "prefix": prefix, "expires_at": expires_at}),
                    );
                }
                tell_once(&key);
            }
            Self::Rotate {
                prefix,
                overlap,
                json,
            } => rotate(store, &prefix, overlap, json).await?,
            Self::List { json } => list(store, json).await?,
            Self::Revoke { prefix, json } => {
                if !keys::revoke(store, &prefix).await? {
                    bail!(
                        "there is no live key with the prefix `{prefix}`: `roomwire key list` shows those that are"
                    );
                }
                if json {
                    return print(&serde_json::json!({"revoked": prefix}));
                }
                println!("revoked {prefix}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn hotel_of(store: &Store, slug: Option<String>) -> anyhow::Result<Option<HotelId>> {
    let Some(slug) = slug else {
        return Ok(None);
    };
    let found = hotels::find_by_slug(store, &slug).await?;
    let hotel = found.with_context(|| format!("there is no hotel `{slug}`"))?;
    Ok(Some(hotel.id))
}

async fn rotate(
    store: &Store,
    prefix: &str,
    overlap: SignedDuration,
    json: bool,
) -> anyhow::Result<()> {
    let overlap = Duration::try_from(overlap).context("the overlap is no time")?;
    let now = Clock::system().now();
    let rotated = access::rotate(store, now, &Random::system(), prefix, overlap).await?;
    if json {
        let new = prefix_of(&rotated.text);
        print(
            &serde_json::json!({"key": rotated.text, "prefix": new, "expires_at": rotated.expires_at,
            "replaces": prefix, "old_expires_at": rotated.old_expires_at}),
        )?;
        return Ok(());
    }
    tell_once(&rotated.text);
    eprintln!("{prefix} lives on until {}", rotated.old_expires_at);
    Ok(())
}

/// The key alone on the standard output, so that it can be piped to where it is kept.
fn tell_once(key: &str) {
    println!("{key}");
    eprintln!("keep it now: it is shown once, and only its hash is stored");
}

fn prefix_of(key: &str) -> &str {
    key.split('_').nth(2).unwrap_or_default()
}

fn print(value: &serde_json::Value) -> anyhow::Result<ExitCode> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(ExitCode::SUCCESS)
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
                    "publishable": key.publishable, "scopes": key.scopes, "origins": key.origins, "created_at": key.created_at,
                    "expires_at": key.expires_at, "revoked_at": key.revoked_at, "last_used_at": key.last_used_at})
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for key in keys {
        let hotel = key.hotel.as_deref().unwrap_or("every hotel");
        let state = match (key.revoked_at, key.expired) {
            (Some(_), _) => "revoked",
            (None, true) => "expired",
            (None, false) => "live",
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
