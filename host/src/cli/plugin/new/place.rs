//! Where a new connector goes, and where its SDK is.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

const SDK: &str = "roomwire-plugin-sdk";

/// A folder that is empty or not there yet, in one that is there.
#[derive(Debug)]
pub(super) struct Place {
    parent: PathBuf,
    path: PathBuf,
}

impl Place {
    pub(super) fn new(directory: &Path) -> anyhow::Result<Self> {
        let shown = directory.display();
        let Some(name) = directory.file_name() else {
            bail!("{shown} is no name of a folder: say which one the crate shall have");
        };
        let parent = match directory.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let parent = parent
            .canonicalize()
            .with_context(|| format!("{} is not there", parent.display()))?;
        let path = parent.join(name);
        match fs::read_dir(&path) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    bail!("{shown} already holds something: choose another folder");
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).context(format!("{shown} is no empty folder")),
        }
        Ok(Self { parent, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all files or none: they are put together beside the place, and moved there at once.
    pub(super) fn fill(&self, files: &[(&str, String)]) -> anyhow::Result<()> {
        let shown = self.path.display();
        let staged = tempfile::Builder::new()
            .prefix(".roomwire-new-")
            .tempdir_in(&self.parent)
            .with_context(|| format!("{} cannot be written to", self.parent.display()))?;
        let put = || {
            for (path, text) in files {
                let file = staged.path().join(path);
                fs::create_dir_all(file.parent().unwrap_or(staged.path()))?;
                fs::write(file, text)?;
            }
            // Temporary folders are their owner's alone, and this one stays.
            fs::set_permissions(staged.path(), fs::Permissions::from_mode(0o755))?;
            // An empty folder is replaced; one that got something meanwhile is left as it is.
            fs::rename(staged.path(), &self.path)
        };
        put().with_context(|| format!("{shown} cannot be made"))?;
        let _moved = staged.keep();
        Ok(())
    }
}

/// The folder of the SDK, as it really is.
#[derive(Debug)]
pub(super) struct Sdk(PathBuf);

impl Sdk {
    /// The SDK that somebody names.
    pub(super) fn at(path: &Path) -> anyhow::Result<Self> {
        if !is_sdk(path) {
            bail!("{} is not the folder of {SDK}", path.display());
        }
        let real = path.canonicalize();
        Ok(Self(real.with_context(|| {
            format!("{} cannot be followed", path.display())
        })?))
    }

    /// The SDK of the checkout that this folder is in.
    pub(super) fn around(here: &Path) -> anyhow::Result<Self> {
        let found = here
            .ancestors()
            .map(|folder| folder.join("plugin-sdk"))
            .find(|folder| is_sdk(folder));
        let Some(found) = found else {
            bail!(
                "there is no Roomwire checkout around this folder: say with --sdk-path where {SDK} is"
            );
        };
        Self::at(&found)
    }

    /// How a crate names it: relative where both are in one checkout, so that the checkout may move.
    pub(super) fn seen_from(&self, place: &Path) -> anyhow::Result<String> {
        let relative = self.checkout().and_then(|checkout| {
            let depth = place.strip_prefix(checkout).ok()?.components().count();
            let name = self.0.file_name()?;
            Some(Path::new(&"../".repeat(depth)).join(name))
        });
        let path = relative.unwrap_or_else(|| self.0.clone());
        path.to_str()
            .map(ToOwned::to_owned)
            .with_context(|| format!("{} is not UTF-8, and Cargo.toml is", path.display()))
    }

    /// Whether the checkout's workspace takes in a crate at this place by itself.
    pub(super) fn has_member(&self, place: &Path) -> bool {
        let members = self.checkout().map(|checkout| checkout.join("plugins"));
        members.is_some() && place.parent() == members.as_deref()
    }

    fn checkout(&self) -> Option<&Path> {
        self.0.parent()
    }
}

fn is_sdk(folder: &Path) -> bool {
    let Ok(text) = fs::read_to_string(folder.join("Cargo.toml")) else {
        return false;
    };
    let Ok(cargo) = text.parse::<toml::Table>() else {
        return false;
    };
    let name = cargo.get("package").and_then(|package| package.get("name"));
    name.and_then(toml::Value::as_str) == Some(SDK)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout, as far as a new connector knows it.
    fn checkout() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a real folder");
        fs::create_dir_all(root.join("plugins/deep")).expect("made");
        fs::create_dir_all(root.join("plugin-sdk")).expect("made");
        let cargo = format!("[package]\nname = \"{SDK}\"\n");
        fs::write(root.join("plugin-sdk/Cargo.toml"), cargo).expect("written");
        (folder, root)
    }

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).expect("a folder").count()
    }

    #[test]
    fn the_sdk_is_that_of_the_checkout_or_must_be_named() {
        let (_folder, root) = checkout();
        let sdk = Sdk::around(&root.join("plugins/deep")).expect("the SDK");
        let seen = |place: &str| sdk.seen_from(&root.join(place)).expect("UTF-8");
        assert_eq!(seen("plugins/sea"), "../../plugin-sdk");
        assert_eq!(seen("sea"), "../plugin-sdk");
        let outside = tempfile::tempdir().expect("a folder");
        let absolute = root.join("plugin-sdk").display().to_string();
        assert_eq!(
            sdk.seen_from(&outside.path().join("sea")).expect("UTF-8"),
            absolute
        );
        assert!(sdk.has_member(&root.join("plugins/sea")));
        assert!(!sdk.has_member(&root.join("sea")));
        let nowhere = Sdk::around(outside.path()).expect_err("no checkout");
        assert!(nowhere.to_string().contains("--sdk-path"), "{nowhere}");
        let wrong = Sdk::at(outside.path()).expect_err("no SDK");
        assert!(
            wrong.to_string().contains("is not the folder of"),
            "{wrong}"
        );
    }

    #[test]
    fn a_place_is_filled_as_a_whole_and_is_readable_by_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sea");
        fs::create_dir(&path).expect("an empty folder");
        let files = [("a", "1".to_owned()), ("deep/b", "2".to_owned())];
        Place::new(&path)
            .and_then(|place| place.fill(&files))
            .expect("filled");
        assert_eq!(fs::read_to_string(path.join("deep/b")).expect("b"), "2");
        let mode = fs::metadata(&path).expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(entries(folder.path()), 1);
    }

    #[test]
    fn a_place_that_cannot_be_filled_is_left_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sea");
        let place = Place::new(&path).expect("a place");
        // A file that is a folder of another cannot be written.
        let files = [("a", "1".to_owned()), ("a/b", "2".to_owned())];
        place.fill(&files).expect_err("no such folder");
        assert_eq!(entries(folder.path()), 0);
        // Somebody was quicker.
        fs::create_dir(&path).expect("made");
        fs::write(path.join("mine"), "").expect("written");
        place.fill(&files[..1]).expect_err("not empty");
        assert_eq!((entries(folder.path()), entries(&path)), (1, 1));
        let refusal = Place::new(&path).expect_err("not empty").to_string();
        assert!(refusal.contains("already holds something"), "{refusal}");
        let file = Place::new(&path.join("mine")).expect_err("a file");
        assert!(file.to_string().contains("is no empty folder"), "{file}");
        for nowhere in [".", "/", "..", "nowhere/sea"] {
            assert!(Place::new(Path::new(nowhere)).is_err(), "{nowhere}");
        }
    }
}
