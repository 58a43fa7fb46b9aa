//! `roomwire audit`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};

use crate::app::audit::{self, Verified};
use crate::cli::{Context, verdict, with_store};
use crate::domain::audit::Hash;
use crate::domain::hotel::Hotel;
use crate::store::{Store, hotels};

#[derive(Debug, clap::Subcommand)]
pub(super) enum AuditCommand {
    /// Read the audit trails from their first event, and name the first that was changed, removed or slipped in.
    ///
    /// Exit status: 0 every trail is whole, 1 it could not look, 4 a trail is broken.
    Verify {
        /// The hotel's slug; every hotel without it.
        #[arg(long)]
        hotel: Option<String>,
        /// A link that was noted before, so that a chain that was written anew is found.
        #[arg(long, value_name = "NUMBER:HASH", value_parser = noted, requires = "hotel")]
        expect: Option<(i64, Hash)>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

fn noted(text: &str) -> Result<(i64, Hash), String> {
    let parsed = text.split_once(':').and_then(|(number, hash)| {
        let hash = hex::decode(hash).ok()?;
        Some((number.parse().ok()?, hash.try_into().ok()?))
    });
    let parsed = parsed.filter(|(number, _): &(i64, Hash)| *number > 0);
    parsed.ok_or_else(|| "expected a number from 1, a colon and 64 hexadecimal digits".to_owned())
}

impl AuditCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        with_store(context, async move |store: &Store| {
            self.perform(store).await
        })
        .await
    }

    async fn perform(self, store: &Store) -> anyhow::Result<ExitCode> {
        let Self::Verify {
            hotel,
            expect,
            json,
        } = self;
        let hotels = match hotel {
            Some(slug) => {
                let found = hotels::find_by_slug(store, &slug).await?;
                vec![found.with_context(|| format!("there is no hotel `{slug}`"))?]
            }
            None => hotels::list(store).await?,
        };
        if hotels.is_empty() {
            bail!("there is no hotel");
        }
        let mut whole = true;
        let mut rows = Vec::with_capacity(hotels.len());
        for hotel in &hotels {
            let verified = audit::verify(store, hotel, expect).await?;
            whole &= verified.broken.is_none();
            if json {
                rows.push(row(hotel, &verified));
            } else {
                println!("{}", line(hotel, &verified));
            }
        }
        if json {
            println!("{}", serde_json::to_string_pretty(&rows)?);
        }
        Ok(verdict(whole))
    }
}

fn head(verified: &Verified) -> Option<String> {
    let link = verified.head?;
    Some(format!("{}:{}", link.number, hex::encode(link.hash)))
}

fn row(hotel: &Hotel, verified: &Verified) -> serde_json::Value {
    serde_json::json!({"hotel": hotel.slug, "links": verified.links, "waiting": verified.waiting,
        "head": head(verified), "broken": verified.broken.as_ref().map(ToString::to_string)})
}

fn line(hotel: &Hotel, verified: &Verified) -> String {
    let state = match &verified.broken {
        Some(broken) => format!("BROKEN  {broken}"),
        None => "whole".to_owned(),
    };
    let head = head(verified).unwrap_or_else(|| "none".to_owned());
    format!(
        "{:<24} {state}  {} links, {} waiting, head {head}",
        hotel.slug, verified.links, verified.waiting
    )
}
