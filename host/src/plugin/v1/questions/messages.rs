//! Questions to a connector that carries what guests and hotels write.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Question;
use crate::plugin::v1::bindings::channel::roomwire::types::common::{CallContext, Failure};
use crate::plugin::v1::bindings::guest_messages;
use crate::plugin::v1::bindings::guest_messages::exports::roomwire::channel::guest_messages as wit;
use crate::plugin::v1::operations::{CallError, Guest};

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct PullMessages {
    /// Milliseconds since 1970.
    pub(in crate::plugin) since: i64,
    pub(in crate::plugin) page: Option<String>,
}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct SendReply {
    pub(in crate::plugin) reply: wit::Reply,
}

#[async_trait]
impl Question for PullMessages {
    const NAME: &'static str = "pull_messages";
    type Answer = wit::MessagePage;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let source = guest.guest_messages()?;
        let source = source.roomwire_channel_guest_messages();
        Ok(source
            .call_pull(&mut *guest.store, context, self.since, self.page.as_deref())
            .await?)
    }
}

#[async_trait]
impl Question for SendReply {
    const NAME: &'static str = "send_reply";
    type Answer = wit::Receipt;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let source = guest.guest_messages()?;
        let source = source.roomwire_channel_guest_messages();
        Ok(source
            .call_send(&mut *guest.store, context, &self.reply)
            .await?)
    }
}

impl Guest<'_> {
    fn guest_messages(&mut self) -> Result<guest_messages::WithGuestMessages, CallError> {
        let indices = self
            .channel()?
            .guest_messages
            .as_ref()
            .ok_or(CallError::NoAbility("guest-messages"))?;
        Ok(indices.load(&mut *self.store, &self.instance)?)
    }
}
