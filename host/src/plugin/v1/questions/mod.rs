//! The contract's functions as questions to a guest: values that can be written down and put again, bit for bit.

mod channel;
mod email;
mod messages;
mod subscription;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(in crate::plugin) use self::channel::{
    Acknowledge, AnswerWebhook, Check, Fetch, ListProducts, ParseWebhook, Pull, PushAri, ReadAri,
    Webhook,
};
pub(in crate::plugin) use self::email::{ParseEvents, Send, SendBatch};
pub(in crate::plugin) use self::messages::{PullMessages, SendReply};
pub(in crate::plugin) use self::subscription::{Subscribe, Unsubscribe};
use super::bindings::channel::roomwire::types::common::{CallContext, Failure};
use super::operations::{CallError, Guest, Operation};

/// One function of the contract with its arguments.
#[async_trait]
pub(in crate::plugin) trait Question:
    Serialize + DeserializeOwned + core::marker::Send + Sync
{
    /// The operation's name in the sync log.
    const NAME: &'static str;
    type Answer: Serialize + core::marker::Send;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError>;
}

impl Guest<'_> {
    /// Puts a question to the guest: the one place where a recording learns what went in and what came out.
    pub(in crate::plugin) async fn ask<Q: Question>(
        &mut self,
        context: &CallContext,
        question: &Q,
    ) -> Result<Q::Answer, CallError> {
        let state = self.store.data_mut();
        // To write it down is not the guest's work.
        let rest = state.meter.rest();
        state.world.put(question);
        drop(rest);
        let given = question.put(self, context).await?;
        let state = self.store.data_mut();
        let _rest = state.meter.rest();
        state.world.returned(&given);
        Ok(given?)
    }
}

/// A question whose kind is only known from its name.
#[async_trait]
pub(in crate::plugin) trait AnyQuestion: core::marker::Send + Sync {
    async fn ask_again(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<(), CallError>;
}

#[async_trait]
impl<Q: Question> AnyQuestion for Q {
    async fn ask_again(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<(), CallError> {
        guest.ask(context, self).await.map(drop)
    }
}

/// A question as an operation of its own, which takes the guest's word as it is.
pub(in crate::plugin) struct Again(Box<dyn AnyQuestion>);

impl Again {
    /// The question of this name with these arguments, or what is wrong with them.
    pub(in crate::plugin) fn read(operation: &str, input: &Value) -> Result<Self, String> {
        let read = match operation {
            Check::NAME => boxed::<Check>(input),
            ListProducts::NAME => boxed::<ListProducts>(input),
            PushAri::NAME => boxed::<PushAri>(input),
            ReadAri::NAME => boxed::<ReadAri>(input),
            Pull::NAME => boxed::<Pull>(input),
            Fetch::NAME => boxed::<Fetch>(input),
            Acknowledge::NAME => boxed::<Acknowledge>(input),
            ParseWebhook::NAME => boxed::<ParseWebhook>(input),
            Subscribe::NAME => boxed::<Subscribe>(input),
            Unsubscribe::NAME => boxed::<Unsubscribe>(input),
            PullMessages::NAME => boxed::<PullMessages>(input),
            SendReply::NAME => boxed::<SendReply>(input),
            AnswerWebhook::NAME => boxed::<AnswerWebhook>(input),
            Send::NAME => boxed::<Send>(input),
            SendBatch::NAME => boxed::<SendBatch>(input),
            ParseEvents::NAME => boxed::<ParseEvents>(input),
            unknown => return Err(format!("no operation `{unknown}` is known")),
        };
        read.map(Self)
            .map_err(|error| format!("the input of `{operation}`: {error}"))
    }
}

fn boxed<Q: Question + 'static>(input: &Value) -> serde_json::Result<Box<dyn AnyQuestion>> {
    let question: Q = serde_json::from_value(input.clone())?;
    Ok(Box::new(question))
}

#[async_trait]
impl Operation for Again {
    type Output = ();

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        self.0.ask_again(guest, context).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_asked_is_read_as_it_was_written() {
        let inputs = [
            ("check", json!({})),
            ("list_products", json!({})),
            (
                "push_ari",
                json!({"updates": [{
                "id": "1", "target": {"room": "DBL", "rate": "BAR"}, "first_night": "2026-12-01",
                "last_night": "2026-12-24", "availability": 2, "price": {"minor": 12_050, "currency": "EUR"},
                "occupancy_prices": [], "min_stay_arrival": {"Set": 2}, "min_stay_through": "Unchanged",
                "max_stay": "Clear", "cut_off_days": "Unchanged", "closed_to_arrival": null,
                "closed_to_departure": false, "stop_sell": true, "extensions": []}]}),
            ),
            (
                "read_ari",
                json!({"products": [{"room": "DBL", "rate": null}], "first_night": "2026-12-01",
                "last_night": "2026-12-02"}),
            ),
            ("pull", json!({"since": 1_795_000_000_000_i64, "page": "2"})),
            ("fetch", json!({"reservation": "R1"})),
            ("acknowledge", json!({"acknowledgements": ["a", "b"]})),
            (
                "parse_webhook",
                json!({"webhook": {"headers": [["x", "y"]], "body": {"base64": "/w=="},
                "received_at": 1_795_000_000_000_i64}}),
            ),
            (
                "subscribe",
                json!({"url": "https://gateway.example/v1/webhooks/[secret]"}),
            ),
            (
                "unsubscribe",
                json!({"url": "https://gateway.example/v1/webhooks/[secret]"}),
            ),
            (
                "pull_messages",
                json!({"since": 1_795_000_000_000_i64, "page": null}),
            ),
            (
                "send_reply",
                json!({"reply": {"thread": "t", "text": "Welcome", "idempotency_key": "k",
                "tried_since": 1_795_000_000_000_i64, "extensions": []}}),
            ),
            (
                "answer_webhook",
                json!({"webhook": {"headers": [], "body": "<a/>", "received_at": 0}, "outcome": {"WorkedOff": [
                {"reservation": "R1", "revision": "1", "verdict": {"Accepted": "RW-1"}, "extensions": []},
                {"reservation": "R2", "revision": "1", "verdict": {"Refused": {"Retry": "busy"}}, "extensions": []}]}}),
            ),
            (
                "send",
                json!({"message": {
                "sender": {"email": "desk@a.example", "name": null}, "to": [], "reply_to": null, "subject": "s",
                "text": "t", "html": null, "idempotency_key": "k", "tags": [], "extensions": []}}),
            ),
            (
                "send_batch",
                json!({"batch": {"idempotency_key": "batch/k", "messages": [{
                "sender": {"email": "desk@a.example", "name": null}, "to": [], "reply_to": null, "subject": "s",
                "text": "t", "html": null, "idempotency_key": "k", "tags": [], "extensions": []}], "extensions": []}}),
            ),
            (
                "parse_events",
                json!({"webhook": {"headers": [], "body": "{}", "received_at": 0}}),
            ),
        ];
        for (operation, input) in inputs {
            assert_eq!(Again::read(operation, &input).err(), None, "{operation}");
            assert_eq!(written_again(operation, &input), input, "{operation}");
        }
        assert!(Again::read("sleep", &json!({})).is_err());
        assert!(Again::read("pull", &json!({"since": "yesterday"})).is_err());
    }

    fn written_again(operation: &str, input: &Value) -> Value {
        fn again<Q: Question>(input: &Value) -> Value {
            let question: Q = serde_json::from_value(input.clone()).expect("a question");
            serde_json::to_value(question).expect("JSON")
        }
        match operation {
            PushAri::NAME => again::<PushAri>(input),
            ReadAri::NAME => again::<ReadAri>(input),
            Pull::NAME => again::<Pull>(input),
            Fetch::NAME => again::<Fetch>(input),
            Acknowledge::NAME => again::<Acknowledge>(input),
            ParseWebhook::NAME => again::<ParseWebhook>(input),
            Subscribe::NAME => again::<Subscribe>(input),
            Unsubscribe::NAME => again::<Unsubscribe>(input),
            PullMessages::NAME => again::<PullMessages>(input),
            SendReply::NAME => again::<SendReply>(input),
            AnswerWebhook::NAME => again::<AnswerWebhook>(input),
            Send::NAME => again::<Send>(input),
            SendBatch::NAME => again::<SendBatch>(input),
            ParseEvents::NAME => again::<ParseEvents>(input),
            _ => again::<Check>(input),
        }
    }
}
