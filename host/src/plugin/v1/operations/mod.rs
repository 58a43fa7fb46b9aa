//! The contract's functions as operations of one call: what goes in, which export is called, what may come out.

mod channel;
mod email;
mod messages;
mod subscription;

use async_trait::async_trait;
use wasmtime::Store;
use wasmtime::component::Instance;

pub(in crate::plugin) use self::channel::{
    Acknowledge, AnswerWebhook, Check, Fetch, ListProducts, ParseWebhook, Pull, PushAri, ReadAri,
};
pub(in crate::plugin) use self::email::{ParseEvents, Send, SendBatch};
pub(in crate::plugin) use self::messages::{PullMessages, SendReply};
pub(in crate::plugin) use self::subscription::{Subscribe, Unsubscribe};
use super::bindings::channel::roomwire::types::common::{self, CallContext};
use super::exports::Exports;
use super::failure::failure;
use super::text::Breach;
use crate::domain::connector::ConnectorFailure;
use crate::plugin::state::CallState;

/// Something that a guest is asked to do. It runs again where a token had expired, so it changes nothing in itself.
#[async_trait]
pub(in crate::plugin) trait Operation: Sync {
    type Output: core::marker::Send;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError>;

    /// Whether it is done with what has come already: then it matters nothing that a channel does not answer, and how it
    /// ends says nothing of that.
    fn asks_nothing(&self) -> bool {
        false
    }

    /// Whether it succeeded only in part.
    fn fell_short(&self, _output: &Self::Output) -> bool {
        false
    }
}

/// A guest during its one call.
pub(in crate::plugin) struct Guest<'a> {
    pub(in crate::plugin) store: &'a mut Store<CallState>,
    pub(in crate::plugin) instance: Instance,
    pub(in crate::plugin) exports: &'a Exports,
}

/// Why a call brought no value.
pub(in crate::plugin) enum CallError {
    /// The engine stopped the guest.
    Engine(wasmtime::Error),
    /// The guest says so.
    Failed(ConnectorFailure),
    /// What the guest returned breaks the contract.
    Breach(Breach),
    /// The plugin has no such interface.
    NoAbility(&'static str),
}

impl From<wasmtime::Error> for CallError {
    fn from(error: wasmtime::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<common::Failure> for CallError {
    fn from(given: common::Failure) -> Self {
        Self::Failed(failure(given))
    }
}

impl From<Breach> for CallError {
    fn from(breach: Breach) -> Self {
        Self::Breach(breach)
    }
}
