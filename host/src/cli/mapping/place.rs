//! Where a mappings file is put: a new one, or the one that the configuration names.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

/// To a new file, or to standard output: what somebody has written by hand is never overwritten.
pub(super) fn deliver(text: &str, out: Option<&Path>) -> anyhow::Result<ExitCode> {
    let Some(path) = out else {
        print!("{text}");
        return Ok(ExitCode::SUCCESS);
    };
    File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", path.display()))?;
    println!("written to {}", path.display());
    Ok(ExitCode::SUCCESS)
}

/// In one step: a running host that looks meanwhile sees the old file or the new one, and never a part.
pub(super) fn replace(place: &Path, text: &str) -> anyhow::Result<()> {
    // A symbolic link stays, and leads to the new text.
    let place = match place.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound && !place.is_symlink() => {
            return begin(place, text);
        }
        found => found?,
    };
    let folder = place.parent().context("it stands in no folder")?;
    let known = place.metadata()?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    // Whoever could read the old one, such as the host's own user, can read this.
    fchown(new.as_file(), Some(known.uid()), Some(known.gid()))?;
    new.as_file().set_permissions(known.permissions())?;
    new.as_file().sync_all()?;
    new.persist(&place)?;
    Ok(())
}

/// Where there was no file: one that everybody may read whom the process lets.
fn begin(place: &Path, text: &str) -> anyhow::Result<()> {
    let folder = place.parent().context("it stands in no folder")?;
    let mut new = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist_noclobber(place)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_behind_its_link_and_stays_as_readable_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::write(&real, "old").expect("written");
        std::fs::set_permissions(&real, Permissions::from_mode(0o640)).expect("set");
        std::os::unix::fs::symlink(&real, &link).expect("a link");
        replace(&link, "new").expect("replaced");
        assert_eq!(std::fs::read_to_string(&real).expect("text"), "new");
        assert!(link.is_symlink());
        let mode = real.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(folder.path().read_dir().expect("a folder").count(), 2);
    }

    #[test]
    fn a_file_that_is_missing_is_made_whole_and_a_link_to_nothing_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let (place, link) = (folder.path().join("rows"), folder.path().join("link"));
        replace(&place, "new").expect("made");
        assert_eq!(std::fs::read_to_string(&place).expect("text"), "new");
        std::os::unix::fs::symlink(folder.path().join("gone"), &link).expect("a link");
        replace(&link, "new").expect_err("it leads to nothing");
        assert!(link.is_symlink());
        assert_eq!(folder.path().read_dir().expect("a folder").count(), 2);
    }

    #[test]
    fn a_file_that_is_there_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("draft.toml");
        deliver("one", Some(&path)).expect("written");
        deliver("two", Some(&path)).expect_err("it is there");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "one");
    }
}
