//! The program that compiles one plugin: hidden in the host's own binary, and started by it.

use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use wasmtime::OutOfMemory;

use super::artifact;
use crate::plugin::loader::MAX_FILE_BYTES;

/// The file is refused, and standard error says why.
pub(super) const REFUSED: u8 = 10;
/// The file needs more memory than there is.
pub(super) const OUT_OF_MEMORY: u8 = 11;

/// The most that is said of a refusal, in characters: it may repeat names of the file.
const MAX_WORDS: usize = 2_000;

/// The arguments of the hidden `__compile-plugin` subcommand.
///
/// It reads a component from standard input and writes its machine code to standard output. Before it reads a byte it
/// lowers its own limits, which it cannot raise again.
#[derive(Debug, clap::Args)]
pub struct CompilePlugin {
    /// The most address space, in MiB.
    #[arg(long)]
    pub(super) memory_mib: u64,
    /// The most computing time, in seconds.
    #[arg(long)]
    pub(super) cpu_seconds: u64,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("its limits could not be set: {0}")]
    Limits(#[from] nix::Error),
    #[error("it could not read or write: {0}")]
    Talk(#[from] io::Error),
    #[error("{0:#}")]
    Compiler(wasmtime::Error),
}

impl CompilePlugin {
    /// The name of the subcommand.
    pub const NAME: &str = "__compile-plugin";

    /// Compiles one file. The caller must not have started threads, which would count against the memory.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        match self.compile() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                let words: String = failure.to_string().chars().take(MAX_WORDS).collect();
                eprintln!("{words}");
                failure.exit_code()
            }
        }
    }

    fn compile(&self) -> Result<(), Failure> {
        self.lower_limits()?;
        let mut component = Vec::new();
        let mut input = io::stdin().lock().take(MAX_FILE_BYTES);
        input.read_to_end(&mut component)?;
        let artifact = artifact(&component).map_err(Failure::Compiler)?;
        let mut output = io::stdout().lock();
        output.write_all(artifact.bytes())?;
        output.flush()?;
        Ok(())
    }

    fn lower_limits(&self) -> nix::Result<()> {
        if cfg!(target_os = "linux") {
            let memory = self.memory_mib.saturating_mul(1024 * 1024);
            lower(Resource::RLIMIT_AS, memory, memory)?;
        }
        // The signal that tells of used up time comes at the first figure, and the kill at the second.
        let cpu = self.cpu_seconds;
        lower(Resource::RLIMIT_CPU, cpu, cpu.saturating_add(1))?;
        lower(Resource::RLIMIT_CORE, 0, 0)?;
        // It speaks through pipes only: it writes no file, and needs none but those that are open.
        lower(Resource::RLIMIT_FSIZE, 0, 0)?;
        lower(Resource::RLIMIT_NOFILE, 16, 16)
    }
}

/// Never above what the system's administrator allows.
fn lower(resource: Resource, soft: rlim_t, hard: rlim_t) -> nix::Result<()> {
    let (_, most) = getrlimit(resource)?;
    setrlimit(resource, soft.min(most), hard.min(most))
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Talk(error) if error.kind() == ErrorKind::OutOfMemory => OUT_OF_MEMORY.into(),
            Self::Compiler(error) if error.is::<OutOfMemory>() => OUT_OF_MEMORY.into(),
            Self::Compiler(_) => REFUSED.into(),
            Self::Limits(_) | Self::Talk(_) => ExitCode::FAILURE,
        }
    }
}
