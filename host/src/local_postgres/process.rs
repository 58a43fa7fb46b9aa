//! The server's process, owned by a thread that lives as long as it does.

use std::io;
use std::process::Command;
use std::sync::mpsc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::watch;

/// A running server.
///
/// The kernel ties the server to the *thread* that started it, so that thread is ours alone and
/// waits for the server; threads of the runtime may end whenever the runtime likes.
#[derive(Debug)]
pub(super) struct ServerProcess {
    id: u32,
    /// How the process ended, once it did.
    end: watch::Receiver<Option<String>>,
}

impl ServerProcess {
    pub(super) fn spawn(mut command: Command) -> io::Result<Self> {
        let (report_end, end) = watch::channel(None);
        let (report_start, started) = mpsc::channel();
        std::thread::Builder::new()
            .name("private-postgres".to_owned())
            .spawn(move || {
                let mut child = match command.spawn() {
                    Ok(child) => child,
                    Err(cause) => {
                        report_start
                            .send(Err(cause))
                            .expect("whoever starts the server waits for the answer");
                        return;
                    }
                };
                report_start
                    .send(Ok(child.id()))
                    .expect("whoever starts the server waits for the answer");
                let how = child.wait().map_or_else(
                    |cause| format!("unknown end: {cause}"),
                    |status| status.to_string(),
                );
                report_end.send_replace(Some(how));
            })?;
        let id = started
            .recv()
            .map_err(|_| io::Error::other("the thread of the server ended"))??;
        Ok(Self { id, end })
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Waits for the end and says how it came.
    pub(super) async fn exited(&mut self) -> String {
        match self.end.wait_for(Option::is_some).await {
            Ok(how) => how.clone().unwrap_or_default(),
            Err(_) => "its thread ended".to_owned(),
        }
    }

    /// Ends the sessions, writes a checkpoint and stops.
    pub(super) fn shut_down_fast(&self) {
        self.signal(Signal::SIGINT);
    }

    /// Stops at once; the next start recovers.
    pub(super) fn shut_down_immediately(&self) {
        self.signal(Signal::SIGQUIT);
    }

    fn signal(&self, signal: Signal) {
        // After its end the id may be another process's.
        if self.end.borrow().is_some() {
            return;
        }
        let Ok(id) = i32::try_from(self.id) else {
            return;
        };
        if let Err(cause) = kill(Pid::from_raw(id), signal) {
            tracing::debug!(server.process_id = id, %signal, %cause, "the private Postgres took no signal");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_a_process_is_told() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]);
        let mut process = ServerProcess::spawn(command).unwrap();
        assert_eq!(process.exited().await, "exit status: 3");
    }

    /// A program that an interrupt ends, as it does a server, although shells let what they start in the background
    /// ignore it, and programs inherit that.
    fn sleeper() -> Command {
        let mut command = Command::new(if cfg!(target_os = "linux") {
            "env"
        } else {
            "sleep"
        });
        if cfg!(target_os = "linux") {
            command.args(["--default-signal=INT", "sleep"]);
        }
        command.arg("60");
        command
    }

    #[tokio::test]
    async fn a_fast_shutdown_reaches_the_process() {
        let mut process = ServerProcess::spawn(sleeper()).unwrap();
        // Asked again, because the first may come before the sleeper stopped ignoring it.
        let how = loop {
            process.shut_down_fast();
            let soon = std::time::Duration::from_millis(50);
            if let Ok(how) = tokio::time::timeout(soon, process.exited()).await {
                break how;
            }
        };
        assert!(how.starts_with("signal: 2"), "{how}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let error = ServerProcess::spawn(Command::new("/nowhere/postgres")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
