//! What the operator grants no more is not done any more: a plugin in service that asks for more than is granted now, or
//! whose signer is not trusted any more, stops serving, and serves again once it is granted and trusted.

use std::path::PathBuf;
use std::sync::PoisonError;

use super::approval::still_given;
use super::generation::Entry;
use super::loader::{LoadError, LoadedPlugin};
use super::registry::Plugins;
use super::signature::still_trusted;
use crate::config::Approvals;

/// Whether a version that was loaded may serve today: a key that is trusted today signed it, and it asks for no more than
/// is approved today.
pub(super) fn may_serve(approvals: &Approvals, plugin: &LoadedPlugin) -> Result<(), LoadError> {
    still_trusted(&approvals.signers, plugin.signer.as_deref())?;
    still_given(approvals, &plugin.manifest)?;
    Ok(())
}

impl Plugins {
    /// Takes out of service what may not serve by this, and back what was withdrawn and may. Calls under way end with the
    /// generation that they began with. It waits for no file that is being loaded.
    pub(super) fn hold_to(&self, approvals: &Approvals) {
        let mut approved = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        approved.clone_from(approvals);
        let mut next = (*self.calls.current.load()).clone();
        for entry in next.plugins.values_mut() {
            let refused = may_serve(approvals, &entry.plugin).err();
            let withdrawn = refused.map(|reason| reason.to_string());
            tell(entry, withdrawn.as_deref());
            entry.withdrawn = withdrawn;
        }
        self.calls.current.replace(next);
        self.count_withdrawn();
    }

    /// The files of what is out of service for nobody having asked for their signatures when they were loaded: these may
    /// be signed all the same.
    pub(super) fn never_verified(&self) -> Vec<PathBuf> {
        let present = self.calls.current.load();
        let entries = present.plugins.values();
        let unverified =
            entries.filter(|entry| entry.withdrawn.is_some() && entry.plugin.signer.is_none());
        unverified.map(|entry| entry.path.clone()).collect()
    }

    /// Another version may have taken the place of one that was withdrawn.
    pub(super) fn count_withdrawn(&self) {
        let present = self.calls.current.load();
        let withdrawn = present
            .plugins
            .values()
            .filter(|entry| entry.withdrawn.is_some());
        let count = u32::try_from(withdrawn.count()).unwrap_or(u32::MAX);
        metrics::gauge!("roomwire_plugins_withdrawn").set(f64::from(count));
    }
}

fn tell(entry: &Entry, withdrawn: Option<&str>) {
    let manifest = &entry.plugin.manifest;
    match (&entry.withdrawn, withdrawn) {
        (Some(before), Some(reason)) if before == reason => {}
        (_, Some(reason)) => tracing::error!(
            alert = "plugin_withdrawn",
            plugin.id = %manifest.id,
            plugin.version = %manifest.version,
            reason,
            "A plugin may not serve by what is granted now and is out of service: its calls wait, and its webhooks are refused"
        ),
        (Some(_), None) => tracing::info!(
            plugin.id = %manifest.id,
            plugin.version = %manifest.version,
            "A plugin may serve again by what is granted now, and is back in service"
        ),
        (None, None) => {}
    }
}
