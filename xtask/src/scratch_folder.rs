//! A folder for the time of one task: what runs in it may write until the end, and nothing of it stays.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};

/// Waits until our end of its standard input is closed, then takes the folder away.
///
/// Closing is what the system does for us however we end. A server ends a moment after the program that started it, and
/// writes until then.
const REAPER: &str = "\
    cat >/dev/null\n\
    for turn in $(seq 150); do\n\
        rm -rf \"$1\" 2>/dev/null && exit 0\n\
        sleep 0.2\n\
    done\n\
    echo \"error: can't remove $1\" >&2\n\
    exit 1\n";

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";
/// What the databases of the tests take there at most, with as much again to spare.
const ROOM: u64 = 4 << 30;

/// Goes with this value or process.
pub(crate) struct ScratchFolder {
    path: PathBuf,
    reaper: Child,
}

impl ScratchFolder {
    pub(crate) fn new_in(parent: &Path) -> Result<Self> {
        let path = tempfile::Builder::new()
            .prefix("roomwire-scratch-")
            // A server that root starts runs as another user, who must be able to enter the folder.
            .permissions(Permissions::from_mode(0o755))
            .disable_cleanup(true)
            .tempdir_in(parent)
            .with_context(|| format!("can't make a folder in {}", parent.display()))?
            .keep();
        let reaper = Command::new("sh")
            .args(["-c", REAPER, "sh"])
            .arg(&path)
            .stdin(Stdio::piped())
            // An interrupt of the terminal is not for it.
            .process_group(0)
            .spawn()
            .context("can't start what removes the folder")?;
        Ok(Self { path, reaper })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        drop(self.reaper.stdin.take());
        // What it could not do, it has told.
        let _ = self.reaper.wait();
    }
}

/// Where files are made and removed fastest: in memory, where there is plenty of it, and else among temporary files.
pub(crate) fn fastest_parent() -> PathBuf {
    let memory = Path::new(MEMORY);
    if has_room(memory) {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    }
}

fn has_room(memory: &Path) -> bool {
    let Ok(found) = statfs(memory) else {
        return false;
    };
    let free = found.blocks_available() * u64::try_from(found.block_size()).unwrap_or(0);
    let available = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    found.filesystem_type() == TMPFS_MAGIC && free >= ROOM && available_memory(&available) >= ROOM
}

/// In bytes, of the kernel's own table.
fn available_memory(table: &str) -> u64 {
    let line = table
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_what_is_in_it() {
        let folder = ScratchFolder::new_in(&std::env::temp_dir()).unwrap();
        let path = folder.path().to_owned();
        std::fs::create_dir(path.join("data")).unwrap();
        std::fs::write(path.join("data/file"), "something").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn memory_is_read_from_the_kernels_table_and_none_where_it_says_nothing() {
        let table = "MemTotal:       24591976 kB\nMemAvailable:   22456780 kB\n";
        assert_eq!(available_memory(table), 22_456_780 << 10);
        assert_eq!(available_memory("MemTotal: 5 kB"), 0);
        assert_eq!(available_memory(""), 0);
    }
}
