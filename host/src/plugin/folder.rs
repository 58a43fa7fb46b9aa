//! The folder of plugin files: which of them changed since they were loaded, and stand still.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::signature;

/// What is known of a plugin file, and of the signature beside it where there is one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Prints {
    file: Print,
    signature: Option<Print>,
}

/// What is known of a file without reading it: every write and every exchange changes one of these.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Print {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

type Files = BTreeMap<PathBuf, Prints>;

/// A folder that is looked at again and again.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// As they were when they were loaded or refused.
    taken: Files,
    /// As they were at the last look.
    seen: Files,
}

/// What a look found.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Look {
    pub(super) changed: Vec<PathBuf>,
    pub(super) gone: Vec<PathBuf>,
}

impl Folder {
    /// The folder as it is now, of which everything is about to be loaded.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let seen = files_of(path)?;
        Ok(Self {
            path: path.to_owned(),
            taken: seen.clone(),
            seen,
        })
    }

    /// What changed, and did not change any more since the look before: a file that is just being copied is left alone.
    pub(super) fn look(&mut self) -> io::Result<Look> {
        let found = files_of(&self.path)?;
        let mut look = Look::default();
        for (path, prints) in &found {
            let stands_still = self.seen.get(path) == Some(prints);
            if stands_still && self.taken.get(path) != Some(prints) {
                self.taken.insert(path.clone(), *prints);
                look.changed.push(path.clone());
            }
        }
        self.taken.retain(|path, _| {
            let is_there = found.contains_key(path);
            if !is_there {
                look.gone.push(path.clone());
            }
            is_there
        });
        self.seen = found;
        Ok(look)
    }

    /// Counts a file as changed, to be tried again.
    pub(super) fn try_again(&mut self, path: &Path) {
        self.taken.remove(path);
    }
}

fn files_of(folder: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    for path in wasm_files(folder)? {
        // Absent where it was removed just now.
        if let Some(file) = print(&path)? {
            let signature = print(&signature::path(&path))?;
            files.insert(path, Prints { file, signature });
        }
    }
    Ok(files)
}

fn print(path: &Path) -> io::Result<Option<Print>> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(Some(Print {
            inode: found.ino(),
            bytes: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The plugin files of a folder, in the order of their names.
pub(super) fn wasm_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("wasm")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with `a.wasm`, of which everything was loaded.
    fn folder() -> (tempfile::TempDir, Folder) {
        let parent = tempfile::tempdir().expect("a folder");
        std::fs::write(parent.path().join("a.wasm"), b"one").expect("written");
        let folder = Folder::open(parent.path()).expect("a folder");
        (parent, folder)
    }

    fn names(paths: &[PathBuf]) -> Vec<String> {
        let name = |path: &PathBuf| {
            path.file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        paths.iter().filter_map(name).collect()
    }

    fn changed(folder: &mut Folder) -> Vec<String> {
        names(&folder.look().expect("a look").changed)
    }

    #[test]
    fn what_was_loaded_and_other_files_are_not_changes() {
        let (parent, mut folder) = folder();
        std::fs::write(parent.path().join("README.md"), b"text").expect("written");
        for _ in 0..3 {
            assert_eq!(folder.look().expect("a look"), Look::default());
        }
    }

    #[test]
    fn a_change_counts_once_and_only_when_it_stands_still() {
        let (parent, mut folder) = folder();
        let path = parent.path().join("a.wasm");
        std::fs::write(&path, b"half of an").expect("written");
        assert!(changed(&mut folder).is_empty());
        std::fs::write(&path, b"half of another").expect("written");
        assert!(changed(&mut folder).is_empty());
        assert_eq!(changed(&mut folder), ["a.wasm"]);
        assert!(changed(&mut folder).is_empty());
        folder.try_again(&path);
        assert_eq!(changed(&mut folder), ["a.wasm"]);
    }

    #[test]
    fn a_file_that_another_was_renamed_to_is_a_change() {
        let (parent, mut folder) = folder();
        let path = parent.path().join("a.wasm");
        let other = parent.path().join("a.wasm.new");
        std::fs::write(&other, b"two").expect("written");
        std::fs::rename(&other, &path).expect("renamed");
        changed(&mut folder);
        assert_eq!(changed(&mut folder), ["a.wasm"]);
    }

    #[test]
    fn a_signature_that_comes_later_is_a_change_of_its_file() {
        let (parent, mut folder) = folder();
        std::fs::write(parent.path().join("a.wasm.sig"), b"signed").expect("written");
        changed(&mut folder);
        assert_eq!(changed(&mut folder), ["a.wasm"]);
    }

    #[test]
    fn new_and_gone_files_are_told() {
        let (parent, mut folder) = folder();
        std::fs::write(parent.path().join("b.wasm"), b"two").expect("written");
        std::fs::remove_file(parent.path().join("a.wasm")).expect("removed");
        let first = folder.look().expect("a look");
        assert_eq!(
            (first.changed.len(), names(&first.gone)),
            (0, vec!["a.wasm".to_owned()])
        );
        let second = folder.look().expect("a look");
        assert_eq!(
            (names(&second.changed), second.gone.len()),
            (vec!["b.wasm".to_owned()], 0)
        );
    }
}
