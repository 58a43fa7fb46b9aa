//! The step between the demo and the host: ties the host's life to the demo's.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// The first argument by which the demo asks itself to become the host.
const NAME: &str = "__host-guard";

/// The command that runs `program` and asks it to end when the thread that started it does.
///
/// On Linux the kernel keeps that promise, even where the demo is killed and can't.
/// Elsewhere a host outlives a killed demo.
pub(crate) fn command(program: &Path) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(NAME)
        .arg(std::process::id().to_string())
        .arg(program);
    Ok(command)
}

/// Becomes the host where that is what we were started for; returns with the reason where it fails.
pub(crate) fn become_host(mut arguments: impl Iterator<Item = OsString>) -> Option<io::Error> {
    if arguments.next().as_deref() != Some(OsStr::new(NAME)) {
        return None;
    }
    let demo = arguments.next();
    let Some(program) = arguments.next() else {
        return Some(io::Error::other("no program to run"));
    };
    let end = end_with_the_demo(demo.as_deref());
    Some(
        end.err()
            .unwrap_or_else(|| Command::new(program).args(arguments).exec()),
    )
}

#[cfg(target_os = "linux")]
fn end_with_the_demo(demo: Option<&OsStr>) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM)?;
    // A demo that died before the request was made will not be noticed by it any more.
    if demo == Some(OsStr::new(&nix::unistd::getppid().to_string())) {
        Ok(())
    } else {
        Err(io::Error::other("the demo ended before the host started"))
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with_the_demo(_: Option<&OsStr>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn become_with(arguments: &[&str]) -> Option<String> {
        become_host(arguments.iter().map(OsString::from)).map(|error| error.to_string())
    }

    #[test]
    fn other_arguments_are_not_the_guards() {
        assert_eq!(become_with(&[]), None);
        assert_eq!(become_with(&["--exit", NAME]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_guard_whose_demo_is_gone_starts_nothing() {
        let refused = become_with(&[NAME, "0", "/nowhere/roomwire"]);
        nix::sys::prctl::set_pdeathsig(None).expect("a request that can be taken back");
        assert_eq!(
            refused.as_deref(),
            Some("the demo ended before the host started")
        );
    }

    #[test]
    fn a_guard_without_a_program_is_refused() {
        assert_eq!(
            become_with(&[NAME, "1"]).as_deref(),
            Some("no program to run")
        );
    }
}
