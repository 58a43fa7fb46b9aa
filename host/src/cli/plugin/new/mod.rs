//! `roomwire plugin new`: a connector to begin from, in the author's own name.

mod name;
mod place;
mod template;

use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;

use self::name::Name;
use self::place::{Place, Sdk};
use super::print;

/// What the new connector speaks to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum NewKind {
    /// A channel manager or an OTA.
    Channel,
    /// A provider that sends email.
    Email,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct New {
    /// The plugin's id and the crate's name: lower-case letters, digits and hyphens, such as sea-view.
    name: Name,
    #[arg(long, value_enum)]
    kind: NewKind,
    /// Where the crate goes: a folder that is empty or not there yet [default: its name].
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// The folder of roomwire-plugin-sdk [default: that of the Roomwire checkout around the current folder].
    #[arg(long, value_name = "DIR")]
    sdk_path: Option<PathBuf>,
}

impl New {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let here = std::env::current_dir().context("the current folder cannot be told")?;
        let sdk = match &self.sdk_path {
            Some(path) => Sdk::at(path)?,
            None => Sdk::around(&here)?,
        };
        let directory = self
            .directory
            .unwrap_or_else(|| PathBuf::from(self.name.as_str()));
        let place = Place::new(&directory)?;
        let cargo = template::Cargo {
            sdk: sdk.seen_from(place.path())?,
            own_workspace: !sdk.has_member(place.path()),
        };
        place.fill(&template::rendered(self.kind, &self.name, &cargo))?;
        print(&format!(
            "{} is there: `cargo test` tries it, `roomwire plugin build` makes the plugin, its README.md says the rest",
            directory.display()
        ))
    }
}
