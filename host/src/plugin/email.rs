//! A loaded plugin as the domain's email provider.

use std::sync::Arc;

use async_trait::async_trait;

use super::call::Calls;
use super::loader::LoadedPlugin;
use super::manifest::Kind;
use super::v1::operations;
use crate::domain::connector::{Called, Caller, ConnectorFailure, VerifiedWebhook};
use crate::domain::email::{EmailBatch, EmailEvent, EmailMessage, EmailProvider};

/// A plugin of kind `email`, whichever version of it is in service when it is called.
pub(super) struct PluginEmailProvider {
    plugin: String,
    recognises_repeats: bool,
    most_in_batch: Option<usize>,
    calls: Arc<Calls>,
}

impl PluginEmailProvider {
    /// The provider, where the plugin is one.
    pub(super) fn new(plugin: &LoadedPlugin, calls: &Arc<Calls>) -> Option<Self> {
        let is_email = plugin.manifest.kind == Kind::Email;
        is_email.then(|| Self {
            plugin: plugin.manifest.id.clone(),
            recognises_repeats: plugin.manifest.recognises_repeats(),
            most_in_batch: plugin.manifest.most_in_batch(),
            calls: Arc::clone(calls),
        })
    }
}

#[async_trait]
impl EmailProvider for PluginEmailProvider {
    fn recognises_repeats(&self) -> bool {
        self.recognises_repeats
    }

    fn most_in_batch(&self) -> Option<usize> {
        self.most_in_batch
    }

    async fn send(&self, caller: &Caller, message: &EmailMessage) -> Called<String> {
        self.calls
            .call(&self.plugin, caller, &operations::Send { message })
            .await
    }

    async fn send_batch(
        &self,
        caller: &Caller,
        batch: &EmailBatch,
    ) -> Called<Vec<Result<String, ConnectorFailure>>> {
        self.calls
            .call(&self.plugin, caller, &operations::SendBatch { batch })
            .await
    }

    async fn parse_events(
        &self,
        caller: &Caller,
        webhook: &VerifiedWebhook,
    ) -> Called<Vec<EmailEvent>> {
        self.calls
            .call(&self.plugin, caller, &operations::ParseEvents { webhook })
            .await
    }
}
