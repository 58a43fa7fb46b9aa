//! Why a use case did not do what it was asked: a refusal that the caller can read, or a failure that it cannot.

use jiff::civil::Date;

use crate::app::ari::AriRefusal;
use crate::app::catalogue::CatalogueRefusal;
use crate::domain::hold::CapReached;
use crate::domain::ids::RoomTypeId;
use crate::domain::promo::Unusable;
use crate::domain::reservation::{Status, Transition, WrongDay};
use crate::store::StoreError;

/// The end of a use case that did nothing.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The request cannot be granted as things stand; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A product and a night, by the codes that its caller knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProductCell {
    pub room_type: String,
    pub rate_plan: String,
    pub night: Date,
}

/// A sentence for the caller. No refusal carries a secret, a guest's name or a database message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such {noun}")]
    NotFound { noun: &'static str },
    /// A field of the request, as a JSON pointer, and what is wrong with it.
    #[error("{message}")]
    Invalid { pointer: String, message: String },
    #[error("not as many units of room type {room_type} are left for the night of {night}")]
    SoldOut {
        room_type: String,
        room_type_id: RoomTypeId,
        night: Date,
    },
    #[error("not as many units of the extra {extra} are left on {day}")]
    ExtraSoldOut { extra: String, day: Date },
    #[error("the extra {extra} is no longer sold as it was quoted: ask for a new quote")]
    ExtraChanged { extra: String },
    #[error(
        "the price of {} for the night of {} is no longer what was quoted: ask for a new quote", .0.room_type, .0.night
    )]
    QuoteChanged(ProductCell),
    /// With the first night of the line, which they are of as a whole.
    #[error("the taxes or fees of {} are no longer what was quoted: ask for a new quote", .0.room_type)]
    ChargesChanged(ProductCell),
    /// With the first night that stands in the way, where one does.
    #[error("this cannot be sold: {reason}")]
    NotSellable {
        reason: String,
        cell: Option<ProductCell>,
    },
    #[error("the quote has expired: ask for a new one")]
    QuoteExpired,
    #[error("the quote is not one of ours, or was altered")]
    QuoteInvalid,
    #[error("the promo code is not taken: {reason}")]
    PromoCodeInvalid { reason: Unusable },
    #[error("the promo code has no use left")]
    PromoCodeUsedUp,
    #[error("the hold is {state}: it can no longer be used")]
    HoldEnded { state: String },
    #[error("the hold has reached its longest duration")]
    HoldLimit,
    #[error(transparent)]
    TooManyHolds(CapReached),
    #[error("a reservation that is {status} cannot be changed by `{}`", .transition.as_str())]
    Transition {
        status: Status,
        transition: Transition,
    },
    #[error(transparent)]
    WrongDay(WrongDay),
    #[error("{reason}")]
    NotModifiable { reason: String },
    #[error("room {room} is somebody else's on the night of {night}")]
    RoomTaken { room: String, night: Date },
    #[error("room {room} is locked: unlock it first, or say that it may be given up")]
    AssignmentLocked { room: String },
    #[error("the stay is for sale now: book it instead of waiting for it")]
    ForSale,
    #[error("the guest has {most} open entries for these nights already, and no more are taken")]
    WaitlistLimit { most: i64 },
    #[error("the entry is {state}: nobody waits under it any more")]
    WaitlistEnded { state: &'static str },
    #[error("the connection is disabled: the configuration no longer names it")]
    ConnectionDisabled,
    #[error("the connection sends emails, and only a channel can be asked this")]
    NotAChannel,
    #[error("{what}")]
    NotSupported { what: &'static str },
    #[error("the reservation has changed since it was read: it is at version {version} now")]
    VersionChanged { version: i32 },
    /// The calendar was not changed.
    #[error(transparent)]
    Ari(#[from] AriRefusal),
    /// The catalogue was not changed.
    #[error(transparent)]
    Catalogue(#[from] CatalogueRefusal),
}

impl Refusal {
    /// Whether this is how things stand, and so is stored under an idempotency key, rather than a request that
    /// its caller should mend, or wait with, and send again under the same key.
    pub fn is_decision(&self) -> bool {
        !matches!(
            self,
            // Which version the caller has read is no part of what a key is bound to.
            Self::NotFound { .. }
                | Self::Invalid { .. }
                | Self::TooManyHolds(_)
                | Self::VersionChanged { .. }
        )
    }
}
