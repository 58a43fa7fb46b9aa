//! Operations of a connector that carries what guests and hotels write.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{CallError, Guest, Operation};
use crate::domain::guest_message::{MessagePage, Reply};
use crate::plugin::v1::bindings::channel::roomwire::types::common::CallContext;
use crate::plugin::v1::{messages, questions};

pub(in crate::plugin) struct PullMessages<'a> {
    pub(in crate::plugin) since: Timestamp,
    pub(in crate::plugin) page: Option<&'a str>,
}

pub(in crate::plugin) struct SendReply<'a> {
    pub(in crate::plugin) reply: &'a Reply,
}

#[async_trait]
impl Operation for PullMessages<'_> {
    type Output = MessagePage;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let question = questions::PullMessages {
            since: self.since.as_millisecond(),
            page: self.page.map(str::to_owned),
        };
        let given = guest.ask(context, &question).await?;
        let state = guest.store.data_mut();
        let page = messages::page(given, state.now)?;
        for reason in &page.refused {
            let remark = format!("a message is refused: {reason}");
            state.note(&state.scrub(&remark));
        }
        Ok(page)
    }

    fn fell_short(&self, page: &Self::Output) -> bool {
        !page.refused.is_empty()
    }
}

#[async_trait]
impl Operation for SendReply<'_> {
    type Output = String;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let reply = messages::reply(self.reply);
        let given = guest.ask(context, &questions::SendReply { reply }).await?;
        Ok(messages::receipt(given)?)
    }
}
