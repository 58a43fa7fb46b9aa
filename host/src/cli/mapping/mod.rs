//! `roomwire mapping`: the mappings file of a connection, from its first draft to a change of it.

mod file;
mod place;
mod verdict;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::app::mappings::{self, Discovery};
use crate::boot::{LocalPrograms, Opened, asking, grant, open_beside};
use crate::cli::Context;
use crate::cli::mapping::place::{deliver, replace};
use crate::cli::mapping::verdict::Verdict;
use crate::config::{self, Config, Environment, Mappings};
use crate::domain::connection::{Connection, ConnectionKind};
use crate::domain::hotel::Hotel;
use crate::domain::random::Random;
use crate::store::{connections, hotels};

#[derive(Debug, clap::Subcommand)]
pub(super) enum MappingCommand {
    /// Write the mappings that are in force, as a mappings file. The channel is not asked.
    Export {
        #[command(flatten)]
        of: Of,
        /// A new file, instead of standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Check a file as `check` does, and put it in the place of the one that the configuration names.
    ///
    /// That one may be broken or missing. A running host follows it.
    ///
    /// Exit status: 0 it is in its place, 1 it could not be looked at or put there, 4 it has errors and nothing was changed.
    Import {
        #[command(flatten)]
        of: Of,
        file: PathBuf,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Draft a mappings file: what is in force, and what suggests itself by what the channel sells.
    Suggest {
        #[command(flatten)]
        of: Of,
        /// A new file, instead of standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Tell every problem of a mappings file by its line: its form, our codes, and what the channel sells.
    ///
    /// Exit status: 0 there is no error (warnings included), 1 it could not look, 4 there is one.
    Check {
        #[command(flatten)]
        of: Of,
        /// The one that the configuration names, without it.
        file: Option<PathBuf>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Of {
    /// The hotel's slug.
    hotel: String,
    /// The connection's name in the configuration.
    connection: String,
}

/// What every verb works with.
struct Desk<'a> {
    config: &'a Config,
    environment: &'a Environment,
    opened: &'a Opened,
}

/// The connection that is meant: as it is configured, and as it was applied.
struct Subject<'a> {
    hotel: Hotel,
    configured: &'a config::Connection,
    applied: Connection,
}

impl MappingCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        // What is to be mended must not stand in the way.
        let config = Config::load_beside_mappings(context.config.as_deref(), &context.environment)?;
        let programs = LocalPrograms::installed(&context.environment)?;
        let opened = open_beside(&config.database, &programs, &Random::system()).await?;
        let desk = Desk {
            config: &config,
            environment: &context.environment,
            opened: &opened,
        };
        let outcome = self.perform(&desk).await;
        opened.store.close().await;
        if let Some(local) = opened.local {
            local.stop().await?;
        }
        outcome
    }

    async fn perform(self, desk: &Desk<'_>) -> anyhow::Result<ExitCode> {
        match self {
            Self::Export { of, out, json } => {
                let subject = desk.subject(&of).await?;
                let (hotel, connection) = (subject.hotel.id, subject.applied.id);
                let rows = mappings::in_force(&desk.opened.store, hotel, connection).await?;
                let text = if json {
                    file::exported_json(&rows)?
                } else {
                    file::exported(&of, &rows)
                };
                deliver(&text, out.as_deref())
            }
            Self::Suggest { of, out, json } => {
                let subject = desk.subject(&of).await?;
                let found = desk.discover(&subject).await?;
                let text = if json {
                    file::suggested_json(&found)?
                } else {
                    file::suggested(&of, &found)
                };
                deliver(&text, out.as_deref())
            }
            Self::Check { of, file, json } => {
                let subject = desk.subject(&of).await?;
                let found = desk.discover(&subject).await?;
                let known = PathBuf::from(&subject.configured.mappings.file);
                let path = file.unwrap_or(known);
                let verdict = judge(&found, &path, read(&path, &of)?);
                verdict.print(json)?;
                Ok(crate::cli::verdict(verdict.is_sound()))
            }
            Self::Import { of, file, json } => desk.import(&of, &file, json).await,
        }
    }
}

impl<'a> Desk<'a> {
    async fn subject(&self, of: &Of) -> anyhow::Result<Subject<'a>> {
        let Of { hotel, connection } = of;
        let sections = self.config.hotels.iter();
        let configured = sections
            .filter(|section| section.slug == *hotel)
            .flat_map(|section| &section.connections)
            .find(|one| one.name == *connection)
            .with_context(|| {
                format!("the configuration has no connection `{connection}` of a hotel `{hotel}`")
            })?;
        let store = &self.opened.store;
        let hotel = hotels::find_by_slug(store, hotel)
            .await?
            .with_context(|| format!("there is no hotel `{hotel}`"))?;
        let mut tx = store.begin(hotel.id).await?;
        let known = connections::list(&mut tx).await?;
        let applied = known.into_iter().find(|one| one.name == *connection);
        let applied = applied.with_context(|| {
            format!("the connection `{connection}` was never applied: start the host with it once")
        })?;
        anyhow::ensure!(
            applied.kind == ConnectionKind::Channel,
            "the connection `{connection}` sends mail and has no mappings"
        );
        Ok(Subject {
            hotel,
            configured,
            applied,
        })
    }

    /// Asks the channel.
    async fn discover(&self, subject: &Subject<'_>) -> anyhow::Result<Discovery> {
        let (hotel, connection) = (subject.hotel.id, subject.applied.id);
        let given = (connection, grant(hotel, subject.configured, None));
        let app = asking(self.config, self.environment, self.opened, given).await?;
        Ok(mappings::discover(&app, hotel, connection).await?)
    }

    async fn import(&self, of: &Of, file: &Path, json: bool) -> anyhow::Result<ExitCode> {
        let subject = self.subject(of).await?;
        let place = PathBuf::from(&subject.configured.mappings.file);
        anyhow::ensure!(
            !place.as_os_str().is_empty(),
            "the connection `{}` names no mappings file: write `mappings = \"…\"` into the configuration first",
            of.connection
        );
        let text = read(file, of)?;
        let found = self.discover(&subject).await?;
        let verdict = judge(&found, file, text.clone());
        verdict.print(json)?;
        if verdict.is_sound() {
            replace(&place, &text)
                .with_context(|| format!("{} cannot be replaced", place.display()))?;
            if !json {
                println!("they are in {} now", place.display());
            }
        }
        Ok(crate::cli::verdict(verdict.is_sound()))
    }
}

fn read(path: &Path, of: &Of) -> anyhow::Result<String> {
    anyhow::ensure!(
        !path.as_os_str().is_empty(),
        "the connection `{}` names no mappings file: name the one to look at",
        of.connection
    );
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn judge(found: &Discovery, path: &Path, text: String) -> Verdict {
    let (mappings, problems) = Mappings::of_text(path, text);
    Verdict::of(found, &mappings, &problems)
}
