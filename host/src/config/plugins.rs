//! `[plugins]`: where connectors are loaded from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::database::{Database, DatabaseSource};
use crate::config::key::Key;
use crate::config::reading::Reading;
use crate::config::token_key::{TokenKey, TokenKeyReference, check_all};

/// Where connectors are loaded from.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Section")]
pub struct Plugins {
    /// A folder of `<id>.wasm` files.
    pub directory: PathBuf,
    /// Whether the file names the folder. One that is only the default need not be there.
    pub named: bool,
    /// Where their machine code is kept for the next start: in our own data folder, or in the one that is named here.
    pub cache: Option<PathBuf>,
    pub approvals: Approvals,
    /// Under which tokens of channels' accounts are kept for all processes: the first one seals, each of them opens.
    /// Without any, each process keeps its own in memory. Tokens that channels bring with webhooks are signed under the
    /// first, too.
    pub token_keys: Vec<TokenKey>,
    key_references: Vec<TokenKeyReference>,
}

/// What the operator has looked at and approved.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Approvals {
    /// By the plugin's id. Of one that is not named, everything is approved unless `required`.
    pub approved: BTreeMap<String, Approval>,
    /// Whether a plugin that is not named is refused.
    pub required: bool,
    /// Public keys, ed25519 in small hexadecimal digits. Where there are any, one of them must have signed every file.
    pub signers: Vec<String>,
}

/// What is approved of one plugin. What is absent is not restricted.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Approval {
    /// Of its file, in small hexadecimal digits: no other file is loaded.
    pub sha256: Option<String>,
    /// Every host that it may ask for, as its manifest spells them.
    pub hosts: Option<BTreeSet<String>>,
    /// Every secret slot that it may ask for.
    pub secrets: Option<BTreeSet<String>>,
    /// Everything that may be done with its secrets, as `roomwire plugin inspect --approval` spells it.
    pub uses: Option<BTreeSet<String>>,
    /// How its webhooks are verified and what of them is believed, spelled likewise; `none` where it takes none.
    pub webhook: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Section {
    directory: Option<PathBuf>,
    cache: Option<PathBuf>,
    approved: BTreeMap<String, Approval>,
    approval_required: bool,
    signers: Vec<String>,
    token_keys: Vec<TokenKeyReference>,
}

impl From<Section> for Plugins {
    fn from(section: Section) -> Self {
        Self {
            named: section.directory.is_some(),
            directory: section
                .directory
                .unwrap_or_else(|| PathBuf::from("plugins")),
            cache: section.cache,
            approvals: Approvals {
                approved: section.approved,
                required: section.approval_required,
                signers: section.signers,
            },
            token_keys: Vec::new(),
            key_references: section.token_keys,
        }
    }
}

impl Default for Plugins {
    fn default() -> Self {
        Section::default().into()
    }
}

impl Plugins {
    pub(super) fn placed(self, folder: &Path, database: &Database) -> Self {
        let own = match &database.source {
            DatabaseSource::Embedded { data_dir } => Some(data_dir.join("plugins-cache")),
            DatabaseSource::Given { .. } => None,
        };
        Self {
            directory: folder.join(self.directory),
            cache: self.cache.map(|cache| folder.join(cache)).or(own),
            ..self
        }
    }

    /// Checks the section, and reads the keys that it refers to.
    pub(super) fn check(self, reading: &mut Reading<'_>) -> Self {
        self.check_approvals(reading);
        Self {
            token_keys: check_all(&self.key_references, reading),
            ..self
        }
    }

    fn check_approvals(&self, reading: &mut Reading<'_>) {
        let signers = Key::root("plugins").child("signers");
        for (place, signer) in self.approvals.signers.iter().enumerate() {
            if !is_32_bytes(signer) {
                reading.refuse(
                    &signers.index(place),
                    "no public key of ed25519: 64 digits of 0-9 and a-f",
                );
            }
        }
        let approved = Key::root("plugins").child("approved");
        for (id, approval) in &self.approvals.approved {
            if let Some(sha256) = &approval.sha256
                && !is_32_bytes(sha256)
            {
                reading.refuse(
                    &approved.child(id).child("sha256"),
                    "not 64 digits of 0-9 and a-f, as `roomwire plugin inspect` prints them",
                );
            }
        }
    }
}

fn is_32_bytes(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
