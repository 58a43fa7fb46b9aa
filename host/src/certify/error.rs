//! Why a connector cannot be certified at all: nothing of it was judged.

use std::io;
use std::path::PathBuf;

use super::simulator::Unanswered;
use crate::plugin::manifest::section::SectionError;
use crate::plugin::{GrantErrors, PluginsError, ReplayError};

#[derive(Debug, thiserror::Error)]
pub enum CertifyError {
    #[error("{} cannot be read", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{} is no plugin", .path.display())]
    NoPlugin {
        path: PathBuf,
        #[source]
        cause: SectionError,
    },
    #[error("`{0}` cannot be called as what its manifest says that it is")]
    NotOfItsKind(String),
    #[error(transparent)]
    Plugin(#[from] PluginsError),
    #[error(
        "the settings or secrets do not fit: look at `settings` and `secrets` of certification.toml, which --declaration names"
    )]
    Grant(#[from] GrantErrors),
    #[error("the kit's proxy cannot listen on the loopback interface")]
    Proxy(#[source] io::Error),
    #[error("the plugin cannot be led to the simulator")]
    Egress(#[from] crate::plugin::egress::NotLoopback),
    #[error(transparent)]
    Simulator(#[from] Unanswered),
    #[error("the simulator cannot be prepared: {0}")]
    Prepare(String),
    #[error("the declaration (certification.toml) cannot be used: {0}")]
    Declaration(String),
    #[error("the cassette {} {problem}: {remedy}", .path.display())]
    Cassette {
        path: PathBuf,
        /// What is wrong, as the rest of a sentence.
        problem: String,
        /// What to do about it.
        remedy: &'static str,
    },
    #[error(
        "{} has no cassette (`*.json`): record calls into it with `roomwire plugin record`",
        .0.display()
    )]
    NoCassettes(PathBuf),
    #[error(transparent)]
    Replay(#[from] ReplayError),
}
