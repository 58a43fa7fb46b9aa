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
    #[error(
        "none of the keys in `plugins.signers` signed what is in service: its signer is trusted no more, or it was loaded when no signature was asked for. Sign its file anew with a trusted key, or put a version in its place that is signed"
    )]
    Untrusted,
}

/// Where a file's signature is: beside it, `name.wasm.sig`.
pub(super) fn path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}

/// Verifies the signature beside a file, over the bytes that were read of it, and tells the key that made it. Without
/// trusted keys everything passes, and nobody is known to have signed it.
pub(super) fn examine(
    file: &Path,
    bytes: &[u8],
    signers: &[String],
) -> Result<Option<String>, Unsigned> {
    if signers.is_empty() {
        return Ok(None);
    }
    let path = path(file);
    let signature = match read(&path) {
        Ok(signature) => signature,
        Err(cause) => return Err(Unsigned::Unreadable { file: path, cause }),
    };
    let signed = |signer: &&String| {
        hex::decode(signer).is_ok_and(|key| {
            UnparsedPublicKey::new(&ED25519, key)
                .verify(bytes, &signature)
                .is_ok()
        })
    };
    match signers.iter().find(signed) {
        Some(signer) => Ok(Some(signer.clone())),
        None => Err(Unsigned::Foreign(path)),
    }
}

/// Whether what was signed by this key, or by nobody who was asked for, may serve where these are trusted.
pub(super) fn still_trusted(signers: &[String], signer: Option<&str>) -> Result<(), Unsigned> {
    let is_trusted = signer.is_some_and(|signer| signers.iter().any(|trusted| trusted == signer));
    if signers.is_empty() || is_trusted {
        Ok(())
    } else {
        Err(Unsigned::Untrusted)
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
        let signer = examine(&file, b"a plugin", &signers).expect("a signature");
        assert_eq!(signer, Some(public(&key(1))));
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
    fn what_a_key_signed_is_trusted_as_long_as_the_key_is() {
        let [one, two] = [1, 2].map(|seed| public(&key(seed)));
        let is_trusted = |signers: &[&String], signer: Option<&String>| {
            let signers: Vec<String> = signers.iter().map(|signer| (*signer).clone()).collect();
            still_trusted(&signers, signer.map(String::as_str)).is_ok()
        };
        assert!(is_trusted(&[&two, &one], Some(&one)));
        assert!(is_trusted(&[], Some(&one)) && is_trusted(&[], None));
        assert!(!is_trusted(&[&two], Some(&one)));
        assert!(!is_trusted(&[&two], None));
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
