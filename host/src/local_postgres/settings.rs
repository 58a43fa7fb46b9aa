//! What the server is told on its command line: for a small machine, on a socket only.

use std::ffi::OsString;
use std::path::Path;

/// Marks our servers, so that one that was left behind is told from one started by hand.
pub(super) const CLUSTER_NAME: &str = "cluster_name=roomwire-private";
/// Only part of the socket's file name: the server listens on no network.
pub(super) const PORT: u16 = 5432;

/// Statement errors are told by whoever sent the statement, and their details hold guests' data,
/// so the log has neither.
const ALWAYS: [&str; 12] = [
    CLUSTER_NAME,
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "shared_buffers=128MB",
    "random_page_cost=1.1",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_min_messages=log",
    "log_error_verbosity=terse",
    "log_checkpoints=off",
];

const THROWAWAY: [&str; 6] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    // In its own folder: where the system keeps such memory, a server that is killed leaves it behind for ever.
    "dynamic_shared_memory_type=mmap",
];

/// Whether a crash of the machine may lose data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What is committed is on the disk.
    Durable,
    /// For tests: nothing is flushed, a crash of the machine ruins the cluster.
    Throwaway,
}

/// The server's arguments for a cluster with its socket in `socket`.
pub(super) fn arguments(cluster: &Path, socket: &Path, durability: Durability) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["-D".into(), cluster.into()];
    let mut set = |setting: OsString| arguments.extend(["-c".into(), setting]);
    for setting in ALWAYS {
        set(setting.into());
    }
    set(format!("port={PORT}").into());
    set(quoted_socket_folder(socket));
    if durability == Durability::Throwaway {
        for setting in THROWAWAY {
            set(setting.into());
        }
    }
    arguments
}

/// The setting is a list, where commas separate and quotes keep a name whole.
fn quoted_socket_folder(socket: &Path) -> OsString {
    let name = socket.to_string_lossy().replace('"', "\"\"");
    format!("unix_socket_directories=\"{name}\"").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throwaway_cluster_flushes_nothing_and_a_durable_one_does() {
        let of = |durability| arguments(Path::new("/c"), Path::new("/s"), durability);
        let flag = OsString::from("fsync=off");
        assert!(of(Durability::Throwaway).contains(&flag));
        assert!(!of(Durability::Durable).contains(&flag));
    }

    #[test]
    fn a_comma_in_the_socket_folder_stays_in_its_name() {
        let setting = quoted_socket_folder(Path::new("/a,b \"c\""));
        assert_eq!(setting, r#"unix_socket_directories="/a,b ""c""""#);
    }
}
