//! One look at each part of an installation; what cannot be reached leaves the parts behind it unexamined.

use jiff::tz::TimeZone;

use crate::boot::{self, LocalPrograms, chain};
use crate::cli::Context;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::night;
use crate::domain::random::Random;
use crate::store::{Store, StoreError, health, hotels, migrate};

/// Fewer months of partitions ahead than this are an alarm.
const LEAST_MONTHS: i32 = 3;
/// Clocks further apart than this make logs and audit trails hard to read; nothing is decided by ours.
const CLOCKS_APART: i64 = 2;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Health {
    Well,
    Warning,
    Wrong,
}

impl Health {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

/// What one look found.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) health: Health,
    pub(super) detail: String,
}

impl Finding {
    fn new(check: &'static str, health: Health, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            check,
            health,
            detail,
        }
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.health == Health::Wrong
    }
}

/// Every look, in the order in which a start would fail.
pub(super) async fn all(context: &Context) -> Vec<Finding> {
    let config = match Config::load(context.config.as_deref(), &context.environment) {
        Ok(config) => config,
        Err(error) => return vec![Finding::new("configuration", Health::Wrong, chain(&error))],
    };
    let detail = format!("{} hotels are configured", config.hotels.len());
    let mut findings = vec![Finding::new("configuration", Health::Well, detail)];
    let opened = match LocalPrograms::installed(&context.environment) {
        Ok(programs) => boot::open_beside(&config.database, &programs, &Random::system()).await,
        Err(error) => Err(error),
    };
    match opened {
        Err(error) => findings.push(Finding::new("database", Health::Wrong, chain(&error))),
        Ok(opened) => {
            let role = "the role can be trusted: it owns nothing and bypasses no wall";
            findings.push(Finding::new("database", Health::Well, "it answers"));
            findings.push(Finding::new("role", Health::Well, role));
            findings.extend(of_store(&opened.store).await);
            findings.push(plugins(&config, context, &opened).await);
            findings.push(tokens(&config));
            opened.store.close().await;
            if let Some(local) = opened.local
                && let Err(error) = local.stop().await
            {
                findings.push(Finding::new("database", Health::Warning, chain(&error)));
            }
        }
    }
    findings
}

async fn of_store(store: &Store) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (check, found) in [
        ("schema", schema(store).await),
        ("partitions", partitions(store).await),
        ("clock", clock(store).await),
    ] {
        let (health, detail) = found.unwrap_or_else(|error| (Health::Wrong, chain(&error)));
        findings.push(Finding::new(check, health, detail));
    }
    findings
}

async fn schema(store: &Store) -> Result<(Health, String), StoreError> {
    let newest = migrate::newest();
    Ok(match health::schema_version(store).await? {
        Some(applied) if applied == newest => (Health::Well, format!("version {applied}")),
        Some(applied) if applied > newest => (
            Health::Warning,
            format!(
                "version {applied}, and this program knows {newest}: it is the older one of a deployment"
            ),
        ),
        applied => {
            let applied = applied.map_or("an old version".to_owned(), |applied| {
                format!("version {applied}")
            });
            (
                Health::Wrong,
                format!("{applied} instead of {newest}: run `roomwire migrate up`"),
            )
        }
    })
}

async fn partitions(store: &Store) -> Result<(Health, String), StoreError> {
    let today = night::today(Clock::system().now(), &TimeZone::UTC);
    let months = hotels::partition_horizon(store, today).await?;
    Ok(if months >= LEAST_MONTHS {
        (
            Health::Well,
            format!("they reach {months} whole months ahead"),
        )
    } else {
        let why = "bookings beyond them are refused; does `roomwire work` run?";
        (
            Health::Wrong,
            format!("they reach only {months} whole months ahead: {why}"),
        )
    })
}

async fn clock(store: &Store) -> Result<(Health, String), StoreError> {
    let apart = (health::clock(store).await? - Clock::system().now())
        .get_seconds()
        .abs();
    Ok(if apart <= CLOCKS_APART {
        (
            Health::Well,
            "this machine and the database agree".to_owned(),
        )
    } else {
        let why = "expiry goes by the database's; logs and quotes will look odd";
        (
            Health::Warning,
            format!("this machine and the database are {apart} s apart: {why}"),
        )
    })
}

async fn plugins(config: &Config, context: &Context, opened: &boot::Opened) -> Finding {
    match boot::try_plugins(config, &context.environment, opened).await {
        Ok(count) => Finding::new(
            "plugins",
            Health::Well,
            format!("{count} were loaded and tried"),
        ),
        Err(error) => Finding::new("plugins", Health::Wrong, chain(&error)),
    }
}

/// Whether processes share the tokens of channels' accounts.
fn tokens(config: &Config) -> Finding {
    let keys = &config.plugins.token_keys;
    let (health, detail) = match keys.split_first() {
        Some((present, [])) => (Health::Well, format!("kept with the key `{}`", present.id)),
        Some((present, others)) => {
            let others: Vec<&str> = others.iter().map(|key| key.id.as_str()).collect();
            let others = others.join("`, `");
            let detail = format!("kept with the key `{}`; older ones open with `{others}`", present.id);
            (Health::Well, detail)
        }
        None if config.has_connections() => (
            Health::Warning,
            "they stay in memory: each process and each start asks for its own, and budgets are counted in each process \
             by itself; see plugins.token_keys"
                .to_owned(),
        ),
        None => (
            Health::Well,
            "there is no connection that could need one".to_owned(),
        ),
    };
    Finding::new("tokens", health, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    const CONNECTION: &str = "[[hotels]]\nslug = \"seaside\"\n[[hotels.connections]]\nname = \"acme\"\nconnector = \"acme\"\n";
    const KEYS: &str =
        "[plugins]\ntoken_keys = [{ id = \"b\", env = \"B\" }, { id = \"a\", env = \"A\" }]\n";

    fn told_of(text: &str) -> (Health, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("roomwire.toml");
        std::fs::write(&file, text).expect("a written file");
        let (a, b) = ("1".repeat(64), "2".repeat(64));
        let environment = Environment::from([("A", a.as_str()), ("B", b.as_str())]);
        let config = Config::load(Some(&file), &environment).expect("a configuration");
        let finding = tokens(&config);
        (finding.health, finding.detail)
    }

    #[test]
    fn tokens_that_stay_in_memory_are_a_warning_where_something_is_connected() {
        let (health, detail) = told_of(CONNECTION);
        assert_eq!(health, Health::Warning);
        assert!(detail.contains("plugins.token_keys"), "{detail}");
        assert_eq!(told_of("").0, Health::Well);
        let (health, detail) = told_of(&format!("{KEYS}{CONNECTION}"));
        assert_eq!(health, Health::Well);
        assert_eq!(detail, "kept with the key `b`; older ones open with `a`");
    }
}
