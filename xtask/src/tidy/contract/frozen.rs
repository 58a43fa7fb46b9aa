//! The published versions of the contract: what `tests/frozen` keeps of each, byte for byte.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use semver::Version;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// Where each published version has a folder.
pub(crate) const FOLDER: &str = "tests/frozen";

/// The sums of all other files of a version's folder, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";

/// A published version and its folder.
#[derive(Debug)]
pub(super) struct Frozen {
    pub(super) version: Version,
    pub(super) folder: PathBuf,
}

/// Every published version, the oldest first. A folder that is hidden is somebody's unfinished work.
pub(super) fn all(root: &Path) -> Result<Vec<Frozen>> {
    let parent = root.join(FOLDER);
    if !parent.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(&parent).with_context(|| format!("can't list {FOLDER}"))? {
        let folder = entry?.path();
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') {
            continue;
        }
        let Ok(version) = name.parse::<Version>() else {
            bail!("{FOLDER}/{name}: only folders named as a version of the contract belong here");
        };
        found.push(Frozen { version, folder });
    }
    found.sort_by_key(|frozen| frozen.version.clone());
    Ok(found)
}

/// The sums of a folder's files, sorted by path.
fn sums(folder: &Path) -> Result<String> {
    let mut sums = String::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let path = entry.path().strip_prefix(folder)?.to_string_lossy();
        if !entry.file_type().is_file() || path == SUMS {
            continue;
        }
        let bytes = fs::read(entry.path()).with_context(|| format!("can't read {path}"))?;
        let digest = Sha256::digest(bytes);
        writeln!(sums, "{}  {path}", hex::encode(digest))?;
    }
    Ok(sums)
}

/// Writes the sums into the folder.
pub(crate) fn seal(folder: &Path) -> Result<()> {
    let sums = sums(folder)?;
    fs::write(folder.join(SUMS), sums).with_context(|| format!("can't write {SUMS}"))
}

/// What is not as it was when the version was published: each file as a sentence.
pub(super) fn damage(frozen: &Frozen) -> Result<Vec<String>> {
    let path = frozen.folder.join(SUMS);
    let sealed =
        fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let present = sums(&frozen.folder)?;
    let (sealed, present): (BTreeSet<_>, BTreeSet<_>) =
        (sealed.lines().collect(), present.lines().collect());
    let files: BTreeSet<&str> = sealed
        .symmetric_difference(&present)
        .filter_map(|line| line.split_once("  "))
        .map(|(_, file)| file)
        .collect();
    let sentence = |file: &str| {
        format!("`{file}` is not what {SUMS} says: restore it, what is published is not edited")
    };
    Ok(files.into_iter().map(sentence).collect())
}
