//! Why a file is no plugin of this host.

use std::path::PathBuf;

use super::MAX_FILE_BYTES;
use crate::plugin::approval::Unapproved;
use crate::plugin::compile::CompileError;
use crate::plugin::manifest::section::SectionError;
use crate::plugin::manifest::{CONTRACT, LOWEST_CONTRACT};
use crate::plugin::signature::Unsigned;
use crate::plugin::v1::exports::ExportError;

/// Why a file is no plugin of this host.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    #[error("it has {0} bytes, and {MAX_FILE_BYTES} are allowed")]
    TooLarge(u64),
    #[error(transparent)]
    Section(#[from] SectionError),
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
    #[error(transparent)]
    Unapproved(#[from] Unapproved),
    #[error("its manifest's settings schema cannot be used: {0}")]
    Schema(String),
    #[error(
        "it imports `{0}`, which no plugin is given: only roomwire:host and an empty WASI 0.2 are"
    )]
    ForbiddenImport(String),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error("its machine code cannot be used")]
    Code(#[source] wasmtime::Error),
    #[error(
        "it asks the host for something that this version does not offer: build it again with an SDK for the contracts {LOWEST_CONTRACT} to {CONTRACT}, or update the host"
    )]
    Link(#[source] wasmtime::Error),
    #[error(transparent)]
    Exports(#[from] ExportError),
    #[error("it fails as soon as it is started")]
    Trial(#[source] wasmtime::Error),
    #[error("it cannot take the place of the version in service without a restart: {0}")]
    Successor(String),
    #[error(
        "it does not fit the configuration of connections, and takes the place of the version in service once it does: {0}"
    )]
    Waits(String),
    #[error("its id `{id}` is also that of {}", .other.display())]
    SameId { id: String, other: PathBuf },
}
