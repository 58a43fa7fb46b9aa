//! Fetches the `rust-src` package of a Debian machine with an apt of our own.
//!
//! The release that a compiler of rustup needs is rarely in the machine's own suite, so the
//! machine's Debian entry is taken with another suite. Lists, cache and settings of that apt live
//! in our folder; nothing of the system's apt changes, and no right to change it is needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Compiler;
use crate::process;

/// Where Debian carries recent compilers, in the order in which they are tried.
const SUITES: [&str; 3] = ["trixie-backports", "testing", "unstable"];

/// Where one Debian machine gets its packages.
#[derive(Debug, PartialEq, Eq)]
struct Mirror {
    address: String,
    signed_by: Option<String>,
}

/// Unpacks `rust-src` of exactly the compiler's release into `private` and gives that folder.
pub(super) fn unpack_rust_src(compiler: &Compiler, private: &Path) -> Result<PathBuf> {
    let release = &compiler.release;
    let nowhere = || {
        format!(
            "no sources of Rust {release} were found; install its `rust-src` or name its folder in ROOMWIRE_RUST_SRC"
        )
    };
    for program in ["apt-get", "apt-cache", "dpkg-deb"] {
        process::on_path(program).with_context(nowhere)?;
    }
    let mirror = find_mirror(Path::new("/etc/apt")).with_context(nowhere)?;
    let apt = PrivateApt::create(&private.join("apt"))?;
    for suite in SUITES {
        apt.use_suite(&mirror, suite)?;
        if let Some(version) = apt.version_of_release(release)? {
            eprintln!("    fetching rust-src {version} from {suite}");
            let unpacked = private.join("rust-src");
            process::run(
                Command::new("dpkg-deb")
                    .arg("-x")
                    .arg(apt.download(&version)?)
                    .arg(&unpacked),
            )?;
            return Ok(unpacked);
        }
    }
    bail!(
        "{}; Debian's {} don't have it",
        nowhere(),
        SUITES.join(", ")
    )
}

/// An apt whose every folder is below one of ours.
struct PrivateApt {
    folder: PathBuf,
}

impl PrivateApt {
    fn create(folder: &Path) -> Result<Self> {
        for part in ["state/lists/partial", "cache/archives/partial", "download"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).with_context(|| format!("can't make {}", part.display()))?;
        }
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let folder = self.folder.display();
        let settings = [
            format!("Dir::Etc::SourceList={folder}/debian.sources"),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            format!("Dir::State={folder}/state"),
            format!("Dir::Cache={folder}/cache"),
            // Our folder may be closed to apt's own user.
            "APT::Sandbox::User=root".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::Retries=2".to_owned(),
        ];
        for setting in settings {
            command.args(["-o", &setting]);
        }
        command.current_dir(self.folder.join("download"));
        command
    }

    fn use_suite(&self, mirror: &Mirror, suite: &str) -> Result<()> {
        let path = self.folder.join("debian.sources");
        fs::write(&path, source_entry(mirror, suite))
            .with_context(|| format!("can't write {}", path.display()))?;
        process::run(self.command("apt-get").args(["--quiet", "update"]))
    }

    fn version_of_release(&self, release: &str) -> Result<Option<String>> {
        let table = process::output(self.command("apt-cache").args(["madison", "rust-src"]))?;
        Ok(version_in(&table, release))
    }

    fn download(&self, version: &str) -> Result<PathBuf> {
        let package = format!("rust-src={version}");
        process::run(
            self.command("apt-get")
                .args(["--quiet", "download", &package]),
        )?;
        fs::read_dir(self.folder.join("download"))?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
            .context("apt-get downloaded no package")
    }
}

/// One source in the format of `sources(5)`.
fn source_entry(mirror: &Mirror, suite: &str) -> String {
    let signed_by = mirror
        .signed_by
        .as_ref()
        .map(|keys| format!("Signed-By: {keys}\n"))
        .unwrap_or_default();
    format!(
        "Types: deb\nURIs: {}\nSuites: {suite}\nComponents: main\n{signed_by}",
        mirror.address
    )
}

/// The version of a release in the table of `apt-cache madison`: `rust-src | 1.95.0+dfsg1-1 | …`.
fn version_in(table: &str, release: &str) -> Option<String> {
    table
        .lines()
        .filter_map(|line| line.split('|').nth(1))
        .map(str::trim)
        .find(|version| {
            version
                .strip_prefix(release)
                .is_some_and(|rest| rest.starts_with(['+', '-', '~']))
        })
        .map(str::to_owned)
}

/// The machine's entry for Debian's main archive, told from other archives by its debug and
/// security siblings not being it: the one whose address ends in `/debian`.
fn find_mirror(apt: &Path) -> Option<Mirror> {
    let mut files = vec![apt.join("sources.list")];
    if let Ok(entries) = fs::read_dir(apt.join("sources.list.d")) {
        files.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
    }
    files.sort();
    files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .find_map(|text| mirror_in_stanzas(&text).or_else(|| mirror_in_lines(&text)))
}

/// The newer format: stanzas of `Field: value`.
fn mirror_in_stanzas(text: &str) -> Option<Mirror> {
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| {
            stanza
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        let address = field("URIs")?
            .split_whitespace()
            .find(|address| is_main_archive(address))?;
        let signed_by = field("Signed-By").filter(|keys| !keys.is_empty());
        Some(Mirror {
            address: address.to_owned(),
            signed_by: signed_by.map(str::to_owned),
        })
    })
}

/// The older format: `deb [options] address suite components`.
fn mirror_in_lines(text: &str) -> Option<Mirror> {
    text.lines().find_map(|line| {
        let mut words = line.trim().strip_prefix("deb ")?.trim();
        let mut signed_by = None;
        if let Some(options) = words.strip_prefix('[') {
            let (options, rest) = options.split_once(']')?;
            signed_by = options
                .split_whitespace()
                .find_map(|option| option.strip_prefix("signed-by="));
            words = rest.trim();
        }
        let address = words.split_whitespace().next()?;
        is_main_archive(address).then(|| Mirror {
            address: address.to_owned(),
            signed_by: signed_by.map(str::to_owned),
        })
    })
}

fn is_main_archive(address: &str) -> bool {
    address.trim_end_matches('/').ends_with("/debian")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_archive_is_found_in_stanzas_with_its_keys() {
        let text = "Types: deb\nURIs: http://mirror.example/debian-security\nSuites: s\n\n\
            Types: deb\n# a comment\nURIs: http://mirror.example/debian\nSigned-By: /keys.gpg\n";
        let mirror = mirror_in_stanzas(text).unwrap();
        assert_eq!(mirror.address, "http://mirror.example/debian");
        assert_eq!(mirror.signed_by.as_deref(), Some("/keys.gpg"));
    }

    #[test]
    fn the_main_archive_is_found_in_lines_with_its_keys() {
        let text = "# deb http://old.example/debian x main\n\
            deb [arch=amd64 signed-by=/keys.gpg] http://mirror.example/debian/ bookworm main\n";
        let mirror = mirror_in_lines(text).unwrap();
        assert_eq!(mirror.address, "http://mirror.example/debian/");
        assert_eq!(mirror.signed_by.as_deref(), Some("/keys.gpg"));
    }

    #[test]
    fn other_archives_are_not_debian() {
        assert_eq!(
            mirror_in_lines("deb https://packages.example/apt stable main"),
            None
        );
    }

    #[test]
    fn an_entry_names_the_suite_and_keeps_the_keys() {
        let mirror = Mirror {
            address: "http://mirror.example/debian".to_owned(),
            signed_by: Some("/keys.gpg".to_owned()),
        };
        let entry = source_entry(&mirror, "testing");
        assert!(entry.contains("Suites: testing\n") && entry.contains("Signed-By: /keys.gpg\n"));
    }

    #[test]
    fn only_exactly_this_release_is_taken() {
        let table = " rust-src | 1.95.0+dfsg1-1~bpo13+1 | http://m trixie-backports/main\n \
            rust-src | 1.85.0+dfsg3-1 | http://m trixie/main\n";
        let found = version_in(table, "1.95.0");
        assert_eq!(found.as_deref(), Some("1.95.0+dfsg1-1~bpo13+1"));
        assert_eq!(version_in(table, "1.9"), None);
    }
}
