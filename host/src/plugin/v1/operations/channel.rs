//! Operations of a connector.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{CallError, Guest, Operation};
use crate::domain::connector::{
    AriNight, AriUpdate, ChannelEvent, ChannelProduct, ItemOutcome, ItemResult, ProductCode,
    Revision, RevisionPage, VerifiedWebhook, WebhookAnswer, WebhookOutcome,
};
use crate::plugin::v1::bindings::channel::roomwire::types::common::CallContext;
use crate::plugin::v1::context::webhook as written;
use crate::plugin::v1::{answer, ari, products, questions, reservation, text};

pub(in crate::plugin) struct Check;

pub(in crate::plugin) struct ListProducts;

pub(in crate::plugin) struct PushAri<'a> {
    pub(in crate::plugin) updates: &'a [AriUpdate],
}

/// Both nights are included.
pub(in crate::plugin) struct ReadAri<'a> {
    pub(in crate::plugin) products: &'a [ProductCode],
    pub(in crate::plugin) first_night: Date,
    pub(in crate::plugin) last_night: Date,
}

pub(in crate::plugin) struct Pull<'a> {
    pub(in crate::plugin) since: Timestamp,
    pub(in crate::plugin) page: Option<&'a str>,
}

pub(in crate::plugin) struct Fetch<'a> {
    pub(in crate::plugin) reservation: &'a str,
}

pub(in crate::plugin) struct Acknowledge<'a> {
    pub(in crate::plugin) acknowledgements: &'a [String],
}

pub(in crate::plugin) struct ParseWebhook<'a> {
    pub(in crate::plugin) webhook: &'a VerifiedWebhook,
}

pub(in crate::plugin) struct AnswerWebhook<'a> {
    pub(in crate::plugin) webhook: &'a VerifiedWebhook,
    pub(in crate::plugin) outcome: &'a WebhookOutcome,
}

#[async_trait]
impl Operation for Check {
    type Output = String;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let sentence = guest.ask(context, &questions::Check {}).await?;
        // The one sentence that a person reads as it is.
        Ok(text::line(&guest.store.data().scrub(&sentence), 2_000))
    }
}

#[async_trait]
impl Operation for ListProducts {
    type Output = Vec<ChannelProduct>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let given = guest.ask(context, &questions::ListProducts {}).await?;
        Ok(products::products(given)?)
    }
}

#[async_trait]
impl Operation for PushAri<'_> {
    type Output = Vec<ItemResult>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let updates = self.updates.iter().map(ari::update).collect();
        let given = guest.ask(context, &questions::PushAri { updates }).await?;
        let state = guest.store.data_mut();
        let (results, strangers) = ari::results(self.updates, given, |text| state.scrub(text));
        if strangers > 0 {
            state.note(&format!(
                "{strangers} results were for no update of this call"
            ));
        }
        Ok(results)
    }

    fn fell_short(&self, results: &Self::Output) -> bool {
        let rejected = |result: &ItemResult| matches!(result.outcome, ItemOutcome::Rejected(_));
        results.iter().any(rejected)
    }
}

#[async_trait]
impl Operation for ReadAri<'_> {
    type Output = Vec<AriNight>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let question = questions::ReadAri {
            products: self.products.iter().map(products::wit_code).collect(),
            first_night: self.first_night.to_string(),
            last_night: self.last_night.to_string(),
        };
        let given = guest.ask(context, &question).await?;
        Ok(ari::nights(
            given,
            self.products,
            self.first_night,
            self.last_night,
        )?)
    }
}

#[async_trait]
impl Operation for Pull<'_> {
    type Output = RevisionPage;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let question = questions::Pull {
            since: self.since.as_millisecond(),
            page: self.page.map(str::to_owned),
        };
        let given = guest.ask(context, &question).await?;
        let state = guest.store.data_mut();
        let page = reservation::page(given, state.now)?;
        for refused in &page.refused {
            let reservation = refused.reservation.as_deref().unwrap_or("unknown");
            let remark = format!(
                "the revision of reservation {reservation} is refused: {}",
                refused.reason
            );
            state.note(&state.scrub(&remark));
        }
        Ok(page)
    }

    fn fell_short(&self, page: &Self::Output) -> bool {
        !page.refused.is_empty()
    }
}

#[async_trait]
impl Operation for Fetch<'_> {
    type Output = Revision;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let question = questions::Fetch {
            reservation: self.reservation.to_owned(),
        };
        let given = guest.ask(context, &question).await?;
        let now = guest.store.data().now;
        Ok(reservation::revision(given, now)?)
    }
}

#[async_trait]
impl Operation for Acknowledge<'_> {
    type Output = ();

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let question = questions::Acknowledge {
            acknowledgements: self.acknowledgements.to_vec(),
        };
        guest.ask(context, &question).await
    }
}

#[async_trait]
impl Operation for ParseWebhook<'_> {
    type Output = Vec<ChannelEvent>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let webhook = written(self.webhook).into();
        let given = guest
            .ask(context, &questions::ParseWebhook { webhook })
            .await?;
        let now = guest.store.data().now;
        Ok(reservation::events(given, now)?)
    }

    fn asks_nothing(&self) -> bool {
        true
    }
}

#[async_trait]
impl Operation for AnswerWebhook<'_> {
    type Output = WebhookAnswer;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let question = questions::AnswerWebhook {
            webhook: written(self.webhook).into(),
            outcome: answer::outcome(self.outcome),
        };
        let given = guest.ask(context, &question).await?;
        Ok(answer::response(given)?)
    }

    fn asks_nothing(&self) -> bool {
        true
    }
}
