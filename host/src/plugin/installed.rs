//! What the plugin files of a folder say of themselves, for checks that run nothing of them.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::approval;
use super::folder::wasm_files;
use super::grants::{ConnectionGrant, GrantError, problems};
use super::loader::LoadError;
use super::manifest::{Manifest, SettingsSchema, section};
use super::registry::PluginsError;
use super::signature;
use crate::config::Approvals;

/// The manifests of a folder of plugins, by id.
pub struct Installed(BTreeMap<String, (Manifest, SettingsSchema)>);

impl Installed {
    /// Reads every `*.wasm` of a directory. One refused file refuses them all, as a start would.
    pub fn read(directory: &Path, approvals: &Approvals) -> Result<Self, PluginsError> {
        let files = wasm_files(directory).map_err(|cause| PluginsError::Directory {
            path: directory.to_owned(),
            cause,
        })?;
        let mut installed = BTreeMap::new();
        for path in files {
            let (manifest, schema) =
                read(&path, approvals).map_err(|cause| PluginsError::Plugin {
                    path: path.clone(),
                    cause: Box::new(cause),
                })?;
            installed.insert(manifest.id.clone(), (manifest, schema));
        }
        Ok(Self(installed))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Checks what a connection would be given, and answers its plugin's manifest.
    pub fn check(&self, given: &ConnectionGrant) -> Result<&Manifest, Vec<GrantError>> {
        let Some((manifest, schema)) = self.0.get(&given.plugin) else {
            return Err(vec![GrantError::unknown(given, self.0.keys())]);
        };
        let problems = problems(manifest, schema, given);
        if problems.is_empty() {
            Ok(manifest)
        } else {
            Err(problems)
        }
    }
}

fn read(path: &Path, approvals: &Approvals) -> Result<(Manifest, SettingsSchema), LoadError> {
    let bytes = std::fs::read(path)?;
    signature::examine(path, &bytes, &approvals.signers)?;
    let manifest = section::read(&bytes)?;
    approval::examine(approvals, &manifest, &Sha256::digest(&bytes).into())?;
    let schema = SettingsSchema::compile(&manifest.settings).map_err(LoadError::Schema)?;
    Ok((manifest, schema))
}

impl std::fmt::Debug for Installed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}
