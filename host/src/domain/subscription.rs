//! What a channel is to send to a connection's address, and what it was last heard to.

use jiff::Timestamp;

use crate::domain::webhook::SubscriptionDigest;

/// A channel that sends, or is to stop.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subscription {
    /// None: it is to send nothing any more.
    pub wanted: Option<SubscriptionDigest>,
    /// What it acknowledged; none: nobody knows.
    pub held: Option<SubscriptionDigest>,
    /// What it tells of, as it names it.
    pub events: Vec<String>,
    pub held_since: Option<Timestamp>,
    /// Why the last attempt failed, and when.
    pub failure: Option<(String, Timestamp)>,
}

/// How it stands with a subscription, for people.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SubscriptionState {
    /// The channel sends what is wanted.
    Subscribed,
    /// It is about to be asked.
    Pending,
    /// It is about to be told to stop.
    Ending,
    /// Either did not succeed yet.
    Failing,
}

impl Subscription {
    /// Whether nothing is left to ask the channel.
    pub fn is_settled(&self) -> bool {
        self.wanted.is_some() && self.wanted == self.held
    }

    pub fn state(&self) -> SubscriptionState {
        if self.is_settled() {
            SubscriptionState::Subscribed
        } else if self.failure.is_some() {
            SubscriptionState::Failing
        } else if self.wanted.is_some() {
            SubscriptionState::Pending
        } else {
            SubscriptionState::Ending
        }
    }
}

impl SubscriptionState {
    /// The stable name, as the gateway shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Pending => "pending",
            Self::Ending => "ending",
            Self::Failing => "failing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> Option<SubscriptionDigest> {
        Some(SubscriptionDigest([byte; 32]))
    }

    fn subscription(
        wanted: Option<SubscriptionDigest>,
        held: Option<SubscriptionDigest>,
        failure: Option<&str>,
    ) -> Subscription {
        Subscription {
            wanted,
            held,
            events: Vec::new(),
            held_since: None,
            failure: failure.map(|failure| (failure.to_owned(), Timestamp::UNIX_EPOCH)),
        }
    }

    #[test]
    fn only_what_the_channel_acknowledged_counts_as_subscribed() {
        let state = |wanted, held, failure| subscription(wanted, held, failure).state().as_str();
        assert_eq!(state(digest(1), digest(1), None), "subscribed");
        assert_eq!(state(digest(1), None, None), "pending");
        assert_eq!(state(digest(2), digest(1), None), "pending");
        assert_eq!(state(digest(2), digest(1), Some("down")), "failing");
        assert_eq!(state(None, digest(1), None), "ending");
        assert_eq!(state(None, None, None), "ending");
        assert_eq!(state(None, digest(1), Some("down")), "failing");
    }
}
