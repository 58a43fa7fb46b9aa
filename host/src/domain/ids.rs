//! Identifiers: a type for each noun, so that a room's id cannot stand where a hotel's is meant.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

/// A new UUIDv7 of this instant: ids sort by creation, and a row's month can be read from its id.
pub fn new_uuid(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}

/// The least UUID of a UUIDv7's millisecond, for ranges.
pub fn least_of_instant(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128() >> 80 << 80)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id of this instant.
            pub fn new(now: Timestamp) -> Self {
                Self(new_uuid(now))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// A hotel, the tenant.
    HotelId
);
id!(
    /// What is sold (Double).
    RoomTypeId
);
id!(
    /// A physical unit (204).
    RoomId
);
id!(
    /// A price list with conditions.
    RatePlanId
);
id!(
    /// What is sold with a room (dinner).
    ExtraId
);
id!(
    /// One room for some nights of one unit.
    AssignmentId
);
id!(HoldId);
id!(
    /// Somebody who waits for nights that are sold out.
    WaitlistEntryId
);
id!(ReservationId);
id!(EventId);
id!(
    /// One hotel's use of one connector.
    ConnectionId
);
id!(ApiKeyId);
id!(
    /// One webhook, as it was stored.
    DeliveryId
);
id!(
    /// One call of a connector, in the sync log.
    CallId
);
id!(
    /// What a guest and the hotel write to each other about one thing.
    ThreadId
);
id!(
    /// One message of a thread.
    MessageId
);
id!(
    /// One entry in the audit of the calendar.
    AriChangeId
);
