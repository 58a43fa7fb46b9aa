//! Machine code that was compiled before: a file for each plugin, engine and processor, believed only where its HMAC
//! proves that this installation wrote it.

mod folder;
mod sweep;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tracing::warn;
use wasmtime::Engine;
use zeroize::Zeroizing;

use super::compile::Artifact;
use crate::domain::clock::Clock;
use crate::domain::random::Random;

/// The bytes of a seal, which a file begins with.
const SEAL_BYTES: usize = 32;

/// A folder of machine code, and the key that seals it.
pub(super) struct Cache {
    folder: PathBuf,
    key: Zeroizing<[u8; 32]>,
    /// What the engine and the processor are.
    environment: [u8; 32],
}

/// What the machine code of one file is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Name([u8; 32]);

impl Cache {
    /// Takes a folder that nobody else may enter, and makes it where it is missing; so with its key.
    pub(super) fn open(folder: &Path, engine: &Engine, random: &Random) -> io::Result<Self> {
        folder::make_private(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            key: folder::key(folder, random)?,
            environment: environment(engine),
        })
    }

    /// The name for a file of this SHA-256.
    pub(super) fn name(&self, sha256: &[u8; 32]) -> Name {
        let name = Sha256::new()
            .chain_update(sha256)
            .chain_update(self.environment);
        Name(name.finalize().into())
    }

    /// What was kept under a name. A file that was altered is told of and removed.
    pub(super) fn get(&self, name: &Name) -> Option<Artifact> {
        let path = self.path(name);
        let mut seal = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                warn!(%error, file = %path.display(), "Machine code of a plugin could not be read: it is compiled anew");
                return None;
            }
        };
        let code = seal.split_off(SEAL_BYTES.min(seal.len()));
        if self.sealing(name, &code).verify_slice(&seal).is_err() {
            warn!(
                security = true,
                file = %path.display(),
                "Machine code of a plugin was altered, or sealed with another key: it is removed and compiled anew"
            );
            if let Err(error) = fs::remove_file(&path) {
                warn!(%error, file = %path.display(), "It could not be removed");
            }
            return None;
        }
        if let Err(error) = mark_used(&path) {
            warn!(%error, file = %path.display(), "Machine code of a plugin could not be marked as used");
        }
        Some(Artifact::of_our_compiler(code))
    }

    /// Keeps machine code, whole or not at all.
    pub(super) fn put(&self, name: &Name, artifact: &Artifact) -> io::Result<()> {
        let seal = self.sealing(name, artifact.bytes()).finalize().into_bytes();
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&seal)?;
        file.write_all(artifact.bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.path(name)).map_err(|error| error.error)?;
        File::open(&self.folder)?.sync_all()
    }

    /// Removes what nobody has used for long, and the oldest where there is too much. Another process may have been first.
    pub(super) fn sweep(&self) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name() == folder::KEY {
                continue;
            }
            let found = match entry.metadata() {
                Ok(found) if found.is_file() => found,
                Ok(_) => continue,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            entries.push(sweep::Entry {
                path: entry.path(),
                bytes: found.len(),
                used: found.modified()?,
            });
        }
        for path in sweep::superfluous(entries, present()) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.folder.join(format!("{}.cwasm", hex::encode(name.0)))
    }

    /// Over the name too, so that no file can be put in another's place.
    fn sealing(&self, name: &Name, code: &[u8]) -> Hmac<Sha256> {
        let mut sealing = Hmac::<Sha256>::new_from_slice(self.key.as_slice())
            .expect("HMAC takes a key of any length");
        sealing.update(&name.0);
        sealing.update(code);
        sealing
    }
}

/// Everything that machine code depends on besides its file: this program's version, wasmtime's with its last number,
/// the settings of the compiler, and the processor's abilities. The last three are in the engine's own fingerprint.
fn environment(engine: &Engine) -> [u8; 32] {
    let mut print = Print(Sha256::new().chain_update(env!("CARGO_PKG_VERSION")));
    engine.precompile_compatibility_hash().hash(&mut print);
    print.0.finalize().into()
}

/// Collects what is hashed into a digest that no two engines share.
struct Print(Sha256);

impl Hasher for Print {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        let first = digest.iter().take(8);
        first.fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }
}

fn mark_used(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_modified(present())
}

/// Files carry the machine's time, so they are compared with it.
fn present() -> SystemTime {
    Clock::system().now().into()
}
