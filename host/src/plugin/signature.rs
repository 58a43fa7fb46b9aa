//! Whether a trusted key signed a file. Decided before a byte of it is parsed.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ring::signature::{ED25519, UnparsedPublicKey};

/// The bytes of an ed25519 signature; one more shows that a file is longer.
const MOST_BYTES: u64 = 65;

/// Why a file's signature is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    #[error("`plugins.signers` asks for a signature, and {} cannot be read", .file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("none of the keys in `plugins.signers` signed it: {} is no signature of theirs", .0.display())]
    Foreign(PathBuf),
}

/// Where a file's signature is: beside it, `name.wasm.sig`.
pub(super) fn path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}

/// Verifies the signature beside a file, over the bytes that were read of it. Without trusted keys everything passes.
pub(super) fn examine(file: &Path, bytes: &[u8], signers: &[String]) -> Result<(), Unsigned> {
    if signers.is_empty() {
        return Ok(());
    }
    let path = path(file);
    let signature = match read(&path) {
        Ok(signature) => signature,
        Err(cause) => return Err(Unsigned::Unreadable { file: path, cause }),
    };
    let signed = |signer: &String| {
        hex::decode(signer).is_ok_and(|key| {
            UnparsedPublicKey::new(&ED25519, key)
                .verify(bytes, &signature)
                .is_ok()
        })
    };
    if signers.iter().any(signed) {
        Ok(())
    } else {
        Err(Unsigned::Foreign(path))
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut signature = Vec::new();
    // Opening a pipe would wait for somebody to write into it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    File::open(path)?
        .take(MOST_BYTES)
        .read_to_end(&mut signature)?;
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

    fn key(seed: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a key")
    }

    fn public(key: &Ed25519KeyPair) -> String {
        hex::encode(key.public_key())
    }

    /// A folder whose `a.wasm` has this signature beside it.
    fn signed(signature: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.wasm");
        std::fs::write(path(&file), signature).expect("written");
        (folder, file)
    }

    #[test]
    fn a_file_that_any_trusted_key_signed_passes() {
        let (_folder, file) = signed(key(1).sign(b"a plugin").as_ref());
        assert!(file.with_extension("wasm.sig").exists());
        let signers = [public(&key(2)), public(&key(1))];
        assert!(examine(&file, b"a plugin", &signers).is_ok());
    }

    #[test]
    fn an_altered_file_a_strange_key_and_a_cut_signature_do_not() {
        let (_folder, file) = signed(key(1).sign(b"a plugin").as_ref());
        let foreign = |bytes: &[u8], signer: u8| {
            let examined = examine(&file, bytes, &[public(&key(signer))]);
            matches!(examined, Err(Unsigned::Foreign(_)))
        };
        assert!(foreign(b"another plugin", 1));
        assert!(foreign(b"a plugin", 2));
        let whole = key(1).sign(b"a plugin");
        for signature in [&whole.as_ref()[..63], b""] {
            std::fs::write(path(&file), signature).expect("written");
            assert!(foreign(b"a plugin", 1));
        }
    }

    #[test]
    fn a_missing_signature_counts_only_where_one_is_asked_for() {
        let file = Path::new("/nowhere/a.wasm");
        assert!(examine(file, b"a plugin", &[]).is_ok());
        let missing = examine(file, b"a plugin", &[public(&key(1))]);
        let sentence = missing.expect_err("no signature").to_string();
        assert!(
            sentence.ends_with("/nowhere/a.wasm.sig cannot be read"),
            "{sentence}"
        );
    }
}
