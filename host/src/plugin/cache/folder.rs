//! The folder of the cache, which is its owner's alone, and the key in it.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::domain::random::Random;

/// The file of the key.
pub(super) const KEY: &str = "key";

/// Makes a folder of ours. One that is there is not changed: it must be ours already, and nobody else's.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let found = fs::metadata(folder)?;
    let ours = found.uid() == nix::unistd::geteuid().as_raw();
    if !ours || found.mode() & 0o077 != 0 {
        return Err(io::Error::other(
            "others may enter the folder or own it: give one of its own (chmod 700)",
        ));
    }
    Ok(())
}

/// The folder's key, made at the first start.
pub(super) fn key(folder: &Path, random: &Random) -> io::Result<Zeroizing<[u8; 32]>> {
    let path = folder.join(KEY);
    match fs::read(&path) {
        Ok(bytes) => whole(&bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = Zeroizing::new(random.bytes::<32>());
            // Readable by its owner only, and in its place whole or not at all.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(key.as_slice())?;
            file.as_file().sync_all()?;
            match file.persist_noclobber(&path) {
                Ok(_) => Ok(key),
                // Another process that starts now was faster: there is one key.
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                    whole(&fs::read(&path)?)
                }
                Err(error) => Err(error.error),
            }
        }
        Err(error) => Err(error),
    }
}

fn whole(bytes: &[u8]) -> io::Result<Zeroizing<[u8; 32]>> {
    let key = <[u8; 32]>::try_from(bytes)
        .map_err(|_| io::Error::other("its key is not whole: remove the folder"))?;
    Ok(Zeroizing::new(key))
}
