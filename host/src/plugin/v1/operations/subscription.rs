//! Operations of a connector that has its channel send webhooks here.

use std::sync::Arc;

use async_trait::async_trait;

use super::{CallError, Guest, Operation};
use crate::domain::connector::ConnectorFailure;
use crate::domain::webhook::SubscriptionDigest;
use crate::plugin::endpoint::WebhookEndpoint;
use crate::plugin::grants::ActiveGrant;
use crate::plugin::v1::bindings::channel::roomwire::types::common::CallContext;
use crate::plugin::v1::{questions, text};

/// The most names of events that are shown, and letters of each.
const MOST_EVENTS: usize = 64;
const LONGEST_EVENT: usize = 100;

pub(in crate::plugin) struct Subscribe {
    pub(in crate::plugin) wanted: SubscriptionDigest,
}

pub(in crate::plugin) struct Unsubscribe;

#[async_trait]
impl Operation for Subscribe {
    type Output = Vec<String>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let grant = grant(guest)?;
        if grant.subscription() != Some(self.wanted) {
            // Another process wrote down what this one has not read yet.
            return Err(failed(ConnectorFailure::Retry(
                "this process has not taken over the connection's present configuration yet"
                    .to_owned(),
            )));
        }
        let url = told(guest, &grant)?;
        let given = guest.ask(context, &questions::Subscribe { url }).await?;
        let state = guest.store.data();
        let shown = |event: &String| text::line(&state.scrub(event), LONGEST_EVENT);
        Ok(given.events.iter().take(MOST_EVENTS).map(shown).collect())
    }
}

#[async_trait]
impl Operation for Unsubscribe {
    type Output = ();

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let grant = grant(guest)?;
        let url = told(guest, &grant)?;
        guest.ask(context, &questions::Unsubscribe { url }).await
    }
}

fn grant(guest: &Guest<'_>) -> Result<Arc<ActiveGrant>, CallError> {
    let identity = guest.store.data().identity.as_ref();
    identity
        .map(|identity| Arc::clone(&identity.grant))
        .ok_or_else(|| failed(ConnectorFailure::Permanent("it is for nobody".to_owned())))
}

/// The address as the guest may see it. From now on its requests of this call carry the real one.
fn told(guest: &mut Guest<'_>, grant: &ActiveGrant) -> Result<String, CallError> {
    let Some(url) = grant.endpoint.as_ref().and_then(WebhookEndpoint::told) else {
        return Err(failed(ConnectorFailure::Permanent(
            "the connection has no address that a channel could call: it takes `server.public_url` and the \
             connection's `webhook_token`"
                .to_owned(),
        )));
    };
    guest.store.data_mut().tells_endpoint = true;
    Ok(url)
}

fn failed(failure: ConnectorFailure) -> CallError {
    CallError::Failed(failure)
}
