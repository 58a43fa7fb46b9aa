//! What the operator grants no more is not done any more: a plugin in service that asks for more than is granted now stops
//! serving, and serves again once it is granted.

use std::sync::PoisonError;

use super::approval::still_given;
use super::generation::Entry;
use super::registry::Plugins;
use crate::config::Approvals;

impl Plugins {
    /// Takes out of service what asks for more than this, and back what was withdrawn and asks for no more. Calls under
    /// way end with the generation that they began with. It waits for no file that is being loaded.
    pub(super) fn hold_to(&self, approvals: &Approvals) {
        let mut approved = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        approved.clone_from(approvals);
        let mut next = (*self.calls.current.load()).clone();
        for entry in next.plugins.values_mut() {
            let beyond = still_given(approvals, &entry.plugin.manifest).err();
            let withdrawn = beyond.map(|unapproved| unapproved.to_string());
            tell(entry, withdrawn.as_deref());
            entry.withdrawn = withdrawn;
        }
        self.calls.current.replace(next);
        self.count_withdrawn();
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
            "A plugin asks for more than is granted now and is out of service: its calls wait, and its webhooks are refused"
        ),
        (Some(_), None) => tracing::info!(
            plugin.id = %manifest.id,
            plugin.version = %manifest.version,
            "A plugin asks for no more than is granted again, and is back in service"
        ),
        (None, None) => {}
    }
}
