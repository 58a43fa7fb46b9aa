//! A connector that uses everything of the contract once: each version's is kept, and every later host must run it.
//!
//! What it answers is expected, word for word, in `tests/src/sandbox/frozen`: whoever changes it changes what the
//! next version's witness says, and the tests still read the earlier ones.

mod bindings;
mod calendar;
mod imports;
mod messages;
mod outcomes;
mod reservations;
mod subscriptions;

use bindings::exports::roomwire::channel::{
    ari_reader, channel_manager_provider, guest_messages, reservation_source, webhook_answer,
    webhook_registrar, webhook_source,
};
use bindings::roomwire::channel::types::{
    AriNight, AriUpdate, ChannelEvent, ItemResult, Product, ProductCode, Revision, RevisionPage,
};
use bindings::roomwire::types::common::{CallContext, Failure, Webhook};

struct Frozen;

#[expect(
    unsafe_code,
    reason = "the exported functions take raw pointers from the host"
)]
mod boundary {
    use super::Frozen;

    crate::bindings::export!(Frozen with_types_in crate::bindings);
}

impl channel_manager_provider::Guest for Frozen {
    fn check(context: CallContext) -> Result<String, Failure> {
        imports::use_all(&context)
    }

    fn list_products(context: CallContext) -> Result<Vec<Product>, Failure> {
        Ok(calendar::products(&context))
    }

    fn push_ari(_: CallContext, updates: Vec<AriUpdate>) -> Result<Vec<ItemResult>, Failure> {
        Ok(outcomes::results(&updates))
    }
}

impl ari_reader::Guest for Frozen {
    fn read_ari(
        context: CallContext,
        products: Vec<ProductCode>,
        first_night: String,
        last_night: String,
    ) -> Result<Vec<AriNight>, Failure> {
        let nights = [first_night, last_night];
        Ok(calendar::nights(&context, &products, &nights))
    }
}

impl reservation_source::Guest for Frozen {
    fn pull(
        context: CallContext,
        since: i64,
        page: Option<String>,
    ) -> Result<RevisionPage, Failure> {
        Ok(reservations::page(&context, since, page.as_deref()))
    }

    fn fetch(context: CallContext, reservation: String) -> Result<Revision, Failure> {
        reservations::fetch(&context, &reservation)
    }

    fn acknowledge(_: CallContext, acknowledgements: Vec<String>) -> Result<(), Failure> {
        reservations::acknowledge(&acknowledgements)
    }
}

impl webhook_source::Guest for Frozen {
    fn parse(context: CallContext, webhook: Webhook) -> Result<Vec<ChannelEvent>, Failure> {
        Ok(reservations::events(&context, &webhook))
    }
}

impl webhook_registrar::Guest for Frozen {
    fn subscribe(
        context: CallContext,
        endpoint: webhook_registrar::Endpoint,
    ) -> Result<webhook_registrar::Subscription, Failure> {
        subscriptions::subscribe(&context, &endpoint)
    }

    fn unsubscribe(_: CallContext, endpoint: webhook_registrar::Endpoint) -> Result<(), Failure> {
        subscriptions::unsubscribe(&endpoint)
    }
}

impl guest_messages::Guest for Frozen {
    fn pull(
        _: CallContext,
        since: i64,
        page: Option<String>,
    ) -> Result<guest_messages::MessagePage, Failure> {
        Ok(messages::page(since, page.as_deref()))
    }

    fn send(
        _: CallContext,
        reply: guest_messages::Reply,
    ) -> Result<guest_messages::Receipt, Failure> {
        messages::send(&reply)
    }
}

impl webhook_answer::Guest for Frozen {
    fn answer(
        context: CallContext,
        webhook: Webhook,
        outcome: webhook_answer::WebhookOutcome,
    ) -> Result<webhook_answer::WebhookResponse, Failure> {
        reservations::answer(&context, &webhook, outcome)
    }
}
