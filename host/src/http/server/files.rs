//! How many connections the machine lets this process have open: each is an open file.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit to what is allowed, and answers how many connections fit under it.
pub(super) fn for_connections() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return usize::MAX;
    };
    let raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    share(if raised { hard } else { soft })
}

/// A quarter is left to the database's connections, to channels and to files: callers must not use up theirs.
fn share(files: u64) -> usize {
    usize::try_from(files - files / 4).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_leave_files_for_everything_else() {
        assert_eq!(share(1_024), 768);
        assert!(share(u64::MAX) > 1 << 60);
    }

    #[test]
    fn as_many_fit_as_the_raised_limit_has_room_for() {
        let connections = for_connections();
        let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).expect("there is a limit");
        assert_eq!(connections, share(soft));
    }
}
