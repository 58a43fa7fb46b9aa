//! Reading a plugin file without running it: what it imports, exports and declares.

mod certificate;
mod difference;
mod interfaces;
mod words;

use sha2::{Digest, Sha256};

use super::limits::Limits;
use super::manifest::section::{self, SectionError};

pub use self::certificate::{Certificate, EffectiveLimits};
pub use self::difference::{Change, Difference, Direction, Identity};
pub use self::interfaces::Interfaces;

/// Reads a plugin file. It is validated as a whole before anything in it is believed.
pub fn inspect(file: &[u8]) -> Result<Certificate, SectionError> {
    let manifest = section::read(file)?;
    let interfaces = Interfaces::read(file)?;
    Ok(Certificate {
        bytes: file.len(),
        sha256: hex::encode(Sha256::digest(file)),
        limits: Limits::default().lowered(&manifest.limits).into(),
        interfaces,
        manifest,
    })
}
