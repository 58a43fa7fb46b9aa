//! `roomwire dead-letters`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;

use crate::app::dead_letters::{Decide, Decision};
use crate::cli::{Context, with_store};
use crate::domain::clock::Clock;
use crate::domain::ids::HotelId;
use crate::store::dead_letters::{self, DeadLetter, Wanted};
use crate::store::{Store, hotels};

/// Who the audit trail says it was.
const ACTOR: &str = "command:dead-letters";

#[derive(Debug, clap::Subcommand)]
pub(super) enum DeadLettersCommand {
    /// List them, the newest first.
    List {
        /// The hotel's slug; those of every hotel, and of none, without it.
        #[arg(long)]
        hotel: Option<String>,
        /// The most that are listed.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
        limit: u16,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Have them done again, from their first attempt.
    ///
    /// A mail that may have been sent is sent again: look at its provider first.
    Replay(Letters),
    /// Give them up: they are never done.
    Discard(Letters),
}

#[derive(Debug, clap::Args)]
pub(super) struct Letters {
    /// By the numbers that the list shows.
    #[arg(required = true, value_name = "NUMBER")]
    letters: Vec<i64>,
    /// Why; the audit trail shows it.
    #[arg(long)]
    reason: Option<String>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl DeadLettersCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        with_store(context, async move |store: &Store| {
            self.perform(store).await
        })
        .await?;
        Ok(ExitCode::SUCCESS)
    }

    async fn perform(self, store: &Store) -> anyhow::Result<()> {
        match self {
            Self::List { hotel, limit, json } => list(store, hotel.as_deref(), limit, json).await,
            Self::Replay(letters) => letters.decide(store, Decision::Replay).await,
            Self::Discard(letters) => letters.decide(store, Decision::Discard).await,
        }
    }
}

impl Letters {
    /// Each by itself: one that is not there keeps none of those before it.
    async fn decide(self, store: &Store, decision: Decision) -> anyhow::Result<()> {
        for letter in self.letters {
            let decide = Decide {
                letter,
                decision,
                actor: ACTOR.to_owned(),
                reason: self.reason.clone(),
            };
            let decided = decide.at_once(store, Clock::system().now()).await;
            let decided = decided.with_context(|| format!("dead letter {letter}"))?;
            if self.json {
                println!("{}", serde_json::json!({(decision.as_done()): decided.id}));
            } else {
                println!("{} {} {}", decision.as_done(), decided.id, decided.kind);
            }
        }
        Ok(())
    }
}

async fn list(store: &Store, slug: Option<&str>, limit: u16, json: bool) -> anyhow::Result<()> {
    let slugs: BTreeMap<HotelId, String> = hotels::list(store)
        .await?
        .into_iter()
        .map(|hotel| (hotel.id, hotel.slug))
        .collect();
    let hotel = match slug {
        None => None,
        Some(slug) => {
            let found = hotels::find_by_slug(store, slug).await?;
            let found = found.with_context(|| format!("there is no hotel `{slug}`"))?;
            Some(found.id)
        }
    };
    let wanted = Wanted {
        hotel,
        ..Wanted::default()
    };
    let mut tx = store.begin_shared().await?;
    let letters = dead_letters::list(&mut tx, wanted, limit.into()).await?;
    tx.commit().await?;
    let of = |letter: &DeadLetter| {
        let slug = letter.hotel.and_then(|hotel| slugs.get(&hotel));
        slug.map(String::as_str)
    };
    if json {
        let rows: Vec<_> = letters
            .iter()
            .map(|letter| row(letter, of(letter)))
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    for letter in &letters {
        let hotel = of(letter).unwrap_or("no hotel");
        let died = letter.died_at.as_ref().map(Timestamp::to_string);
        println!(
            "{:>8}  {:<20} {hotel:<24} {}  {}",
            letter.id,
            letter.kind,
            died.unwrap_or_default(),
            letter.reason.as_deref().unwrap_or_default()
        );
    }
    Ok(())
}

fn row(letter: &DeadLetter, hotel: Option<&str>) -> serde_json::Value {
    serde_json::json!({"id": letter.id, "kind": letter.kind, "hotel": hotel, "about": letter.payload,
        "attempts": letter.attempts, "reason": letter.reason, "created_at": letter.created_at,
        "died_at": letter.died_at})
}
