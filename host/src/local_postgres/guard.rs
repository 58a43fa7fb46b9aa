//! The step between the host and the server: drops privileges and ties the server's life to the host's.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The arguments of the hidden `__postgres-guard` subcommand, which becomes Postgres.
///
/// On Linux the kernel is told to send a fast shutdown to Postgres when the thread that started it
/// ends, which a killed host can't forget. The request is lost when a process changes its user and
/// kept when it runs another program, hence a program of ours between the two.
/// Elsewhere Postgres outlives a killed host until the next start stops it.
#[derive(Debug, clap::Args)]
pub struct PostgresGuard {
    /// The process id of the host.
    #[arg(long)]
    pub(super) host: u32,
    /// The user to become.
    #[arg(long, requires = "gid")]
    pub(super) uid: Option<u32>,
    /// The group to become.
    #[arg(long, requires = "uid")]
    pub(super) gid: Option<u32>,
    /// The server program and its arguments.
    #[arg(last = true, required = true)]
    pub(super) command: Vec<OsString>,
}

impl PostgresGuard {
    /// The name of the subcommand.
    pub const NAME: &str = "__postgres-guard";

    /// Becomes Postgres; returns only where that failed, with the reason.
    #[must_use]
    pub fn run(&self) -> io::Error {
        let Some((program, arguments)) = self.command.split_first() else {
            return io::Error::other("no program to run");
        };
        let mut command = Command::new(program);
        command.args(arguments);
        match self.end_with_the_host(&mut command) {
            Ok(()) => command.exec(),
            Err(cause) => cause,
        }
    }

    #[cfg(target_os = "linux")]
    fn end_with_the_host(&self, _: &mut Command) -> io::Result<()> {
        use nix::unistd::{Gid, Uid, getppid, setgid, setgroups, setuid};

        if let (Some(uid), Some(gid)) = (self.uid, self.gid) {
            setgroups(&[])?;
            setgid(Gid::from_raw(gid))?;
            setuid(Uid::from_raw(uid))?;
        }
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGINT)?;
        // A host that died before the request was made will not be noticed by it any more.
        if u32::try_from(getppid().as_raw()) != Ok(self.host) {
            return Err(io::Error::other("the host ended before Postgres started"));
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn end_with_the_host(&self, command: &mut Command) -> io::Result<()> {
        if let (Some(uid), Some(gid)) = (self.uid, self.gid) {
            command.uid(uid).gid(gid);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_guard_whose_host_is_gone_starts_nothing() {
        let guard = PostgresGuard {
            host: u32::MAX,
            uid: None,
            gid: None,
            command: vec!["/nowhere/postgres".into()],
        };
        let error = guard.run().to_string();
        nix::sys::prctl::set_pdeathsig(None).unwrap();
        assert_eq!(error, "the host ended before Postgres started");
    }

    #[test]
    fn an_empty_command_is_refused() {
        let guard = PostgresGuard {
            host: 1,
            uid: None,
            gid: None,
            command: Vec::new(),
        };
        assert_eq!(guard.run().to_string(), "no program to run");
    }
}
