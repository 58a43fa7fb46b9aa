//! From a stranger's bytes to machine code: in a process apart and under limits, never in the one that serves.

mod apart;
#[cfg(test)]
mod tests;
mod verb;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use self::verb::CompilePlugin;
use super::engine;

/// Who compiles plugins.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// A process of its own for each file: `program` is the host's own binary, with the hidden [`CompilePlugin`].
    Apart {
        program: PathBuf,
        limits: CompileLimits,
    },
    /// This process, without limits: for tests and measurements of guests that were built for them.
    InThisProcess,
}

/// What compiling one file may use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CompileLimits {
    /// Address space, of which the program itself is a part. Only Linux holds a process to it.
    pub memory_mib: u64,
    /// Computing time.
    pub cpu_seconds: u64,
    /// From the process's start to its end.
    pub wall: Duration,
}

impl Default for CompileLimits {
    /// Far above what a large connector needs, which is a second or two and some hundred MiB.
    fn default() -> Self {
        Self {
            memory_mib: 2048,
            cpu_seconds: 60,
            wall: Duration::from_secs(180),
        }
    }
}

/// Why a file was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error("it takes too long to compile: {0} s of computing are allowed")]
    Cpu(u64),
    #[error("it takes too long to compile: it was given up after {} s", .0.as_secs_f32())]
    Wall(Duration),
    #[error("it needs too much memory to be compiled: {0} MiB are allowed")]
    Memory(u64),
    #[error("the compiler refuses it: {0}")]
    Refused(String),
    #[error("the compiler ended without a result ({how}): {words}")]
    Ended { how: String, words: String },
    #[error("the compiler could not be started")]
    Start(#[source] std::io::Error),
    #[error("the compiler could not be spoken to")]
    Talk(#[source] std::io::Error),
}

/// Machine code that this host may run: our compiler made it, in this moment or at an earlier start.
pub(super) struct Artifact(Vec<u8>);

impl Artifact {
    /// Believes bytes. Only for what comes from our compiler, or is proven to.
    pub(super) fn of_our_compiler(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Compiler {
    /// The running program itself, where that is the host.
    pub fn of_this_program() -> std::io::Result<Self> {
        Ok(Self::Apart {
            program: std::env::current_exe()?,
            limits: CompileLimits::default(),
        })
    }

    /// Compiles a component.
    pub(super) async fn compile(&self, component: Arc<Vec<u8>>) -> Result<Artifact, CompileError> {
        match self {
            Self::Apart { program, limits } => apart::compile(program, *limits, &component).await,
            Self::InThisProcess => {
                // Compiling takes hundreds of milliseconds of one core, which the asynchronous threads do not have.
                let compiled = tokio::task::spawn_blocking(move || artifact(&component)).await;
                let ended = |cause: tokio::task::JoinError| CompileError::Ended {
                    how: "a panic".to_owned(),
                    words: cause.to_string(),
                };
                compiled
                    .map_err(ended)?
                    .map_err(|error| CompileError::Refused(format!("{error:#}")))
            }
        }
    }
}

/// The compiler itself.
fn artifact(component: &[u8]) -> wasmtime::Result<Artifact> {
    let code = engine::for_compiling()?.precompile_component(component)?;
    Ok(Artifact::of_our_compiler(code))
}
