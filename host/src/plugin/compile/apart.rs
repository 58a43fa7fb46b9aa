//! Asking the compiler in its process, and understanding how that ended.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use nix::libc::{SIGABRT, SIGXCPU};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::verb::{CompilePlugin, OUT_OF_MEMORY, REFUSED};
use super::{Artifact, CompileError, CompileLimits};

/// The most machine code that is taken: some times what the largest file makes.
const MAX_ARTIFACT_BYTES: u64 = 512 * 1024 * 1024;
/// The most that is listened to where the compiler complains.
const MAX_SAID_BYTES: u64 = 16 * 1024;
/// The most of it that is repeated, in characters.
const MAX_WORDS: usize = 500;

/// Compiles a component in a process of its own. Dropped while it waits, it ends that process.
pub(super) async fn compile(
    program: &Path,
    limits: CompileLimits,
    component: &[u8],
) -> Result<Artifact, CompileError> {
    // It gets three pipes and nothing else: whatever this process has open is closed when another program is run.
    let mut child = Command::new(program)
        .arg(CompilePlugin::NAME)
        .args(["--memory-mib", &limits.memory_mib.to_string()])
        .args(["--cpu-seconds", &limits.cpu_seconds.to_string()])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(CompileError::Start)?;
    match timeout(limits.wall, talk(&mut child, component)).await {
        Ok(Ok(answer)) => answer.judge(limits),
        Ok(Err(cause)) => Err(CompileError::Talk(cause)),
        Err(_) => {
            child.kill().await.map_err(CompileError::Talk)?;
            Err(CompileError::Wall(limits.wall))
        }
    }
}

/// How the compiler ended, and what it wrote.
pub(super) struct Answer {
    pub(super) status: ExitStatus,
    pub(super) code: Vec<u8>,
    pub(super) said: Vec<u8>,
}

/// Sends and listens at once: a pipe holds little, and neither side may wait for the other for ever.
async fn talk(child: &mut Child, component: &[u8]) -> io::Result<Answer> {
    let missing = || io::Error::other("a pipe is missing");
    let mut input = child.stdin.take().ok_or_else(missing)?;
    let output = child.stdout.take().ok_or_else(missing)?;
    let complaints = child.stderr.take().ok_or_else(missing)?;
    let send = async move {
        let sent = input.write_all(component).await;
        let sent = match sent {
            Ok(()) => input.shutdown().await,
            Err(cause) => Err(cause),
        };
        // Whoever ends before it has heard everything says more by how it ended.
        match sent {
            Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            sent => sent,
        }
    };
    let (sent, code, said) = tokio::join!(
        send,
        listen(output, MAX_ARTIFACT_BYTES),
        listen(complaints, MAX_SAID_BYTES)
    );
    sent?;
    let status = child.wait().await?;
    Ok(Answer {
        status,
        code: code?,
        said: said?,
    })
}

/// Reads so much at most, and closes the pipe.
async fn listen(pipe: impl AsyncRead + Unpin, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(most).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

impl Answer {
    pub(super) fn judge(self, limits: CompileLimits) -> Result<Artifact, CompileError> {
        if self.status.success() {
            return Ok(Artifact::of_our_compiler(self.code));
        }
        let words = printable(&self.said);
        // An allocation that fails in the middle of the compiler aborts it.
        let aborted_for_memory =
            self.status.signal() == Some(SIGABRT) && words.contains("memory allocation of");
        Err(if self.status.code() == Some(REFUSED.into()) {
            CompileError::Refused(words)
        } else if self.status.code() == Some(OUT_OF_MEMORY.into()) || aborted_for_memory {
            CompileError::Memory(limits.memory_mib)
        } else if self.status.signal() == Some(SIGXCPU) {
            CompileError::Cpu(limits.cpu_seconds)
        } else {
            CompileError::Ended {
                how: self.status.to_string(),
                words,
            }
        })
    }
}

/// On one line and short: it may repeat names that a stranger chose.
fn printable(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    line.chars().take(MAX_WORDS).collect()
}
