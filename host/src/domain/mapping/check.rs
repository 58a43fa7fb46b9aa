//! What is wrong with mappings, seen from what both sides sell.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::connection::Mapping;
use crate::domain::connector::{AvailabilityOn, ChannelProduct, ProductCode};
use crate::domain::hotel::RoomType;
use crate::domain::ids::RoomTypeId;
use crate::domain::mapping::Sides;
use crate::domain::money::Currency;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// What is pushed is refused, or sold as something else.
    Error,
    /// It works, and a person should know.
    Warning,
}

impl Severity {
    /// The stable name, as callers see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// What is wrong with one mapping: a sentence, and a stable code for programs.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    #[error("the channel has no room `{0}`")]
    UnknownRoom(String),
    #[error("the channel does not sell its room `{room}` so: {}", told(.known))]
    UnknownRate { room: String, known: Vec<String> },
    #[error("the channel sells it in {theirs}, and the hotel's prices are in {ours}")]
    Currency { theirs: String, ours: Currency },
    #[error(
        "the channel counts units once a room, and `{room}` is mapped by other room types too: {}", .others.join(", ")
    )]
    SharedRoom { room: String, others: Vec<String> },
    #[error("the channel derives it from its rate `{0}` and takes no prices for it: map that one")]
    ChildRate(String),
    #[error("it is inactive at the channel, which takes no updates of it")]
    Inactive,
    #[error("the channel sells it to {theirs} guests, and the room takes {ours} at most")]
    TooManyGuests { theirs: u16, ours: u16 },
    #[error("the channel sells it to {theirs} guests at most, and the price is for {ours}")]
    TooFewGuests { theirs: u16, ours: u16 },
}

impl Problem {
    /// The stable name, as callers see it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownRoom(_) => "unknown_room",
            Self::UnknownRate { .. } => "unknown_rate",
            Self::Currency { .. } => "currency",
            Self::SharedRoom { .. } => "shared_room",
            Self::ChildRate(_) => "child_rate",
            Self::Inactive => "inactive",
            Self::TooManyGuests { .. } => "too_many_guests",
            Self::TooFewGuests { .. } => "too_few_guests",
        }
    }

    pub fn severity(&self) -> Severity {
        match self {
            Self::UnknownRoom(_)
            | Self::UnknownRate { .. }
            | Self::Currency { .. }
            | Self::SharedRoom { .. }
            | Self::ChildRate(_) => Severity::Error,
            Self::Inactive | Self::TooManyGuests { .. } | Self::TooFewGuests { .. } => {
                Severity::Warning
            }
        }
    }
}

/// How the channel sells a room instead.
fn told(known: &[String]) -> String {
    if known.is_empty() {
        "it has no rates there".to_owned()
    } else {
        format!("its rates are {}", known.join(", "))
    }
}

/// The problems of each mapping, in the mappings' order.
pub fn problems(sides: Sides<'_>, mappings: &[Mapping]) -> Vec<Vec<Problem>> {
    let room_types: HashMap<RoomTypeId, &RoomType> = sides
        .ours
        .iter()
        .map(|product| (product.room_type.id, &product.room_type))
        .collect();
    let known: BTreeMap<&ProductCode, &ChannelProduct> = sides
        .theirs
        .iter()
        .map(|product| (&product.code, product))
        .collect();
    let sharers = match sides.availability_on {
        AvailabilityOn::Room => sharers(&room_types, mappings),
        AvailabilityOn::Rate => BTreeMap::new(),
    };
    mappings
        .iter()
        .map(|mapping| {
            let ours = room_types.get(&mapping.room_type).copied();
            let mut found = match known.get(&mapping.code) {
                Some(theirs) => of_product(theirs, ours, sides.currency),
                None => vec![unknown(&mapping.code, sides.theirs)],
            };
            found.extend(shared(mapping, ours, &sharers));
            found
        })
        .collect()
}

/// The codes of all room types that a room of the channel stands for.
type Sharers<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn sharers<'a>(
    room_types: &HashMap<RoomTypeId, &'a RoomType>,
    mappings: &'a [Mapping],
) -> Sharers<'a> {
    let mut sharers = Sharers::new();
    for mapping in mappings {
        if let Some(room_type) = room_types.get(&mapping.room_type) {
            let of_room = sharers.entry(&mapping.code.room).or_default();
            of_room.insert(&room_type.code);
        }
    }
    sharers
}

fn shared(mapping: &Mapping, ours: Option<&RoomType>, sharers: &Sharers<'_>) -> Option<Problem> {
    let ours = ours?;
    let all = sharers.get(mapping.code.room.as_str())?;
    let others: Vec<String> = all
        .iter()
        .filter(|code| **code != ours.code)
        .map(|code| (*code).to_owned())
        .collect();
    (!others.is_empty()).then(|| Problem::SharedRoom {
        room: mapping.code.room.clone(),
        others,
    })
}

fn unknown(code: &ProductCode, theirs: &[ChannelProduct]) -> Problem {
    let mut of_room = theirs
        .iter()
        .filter(|product| product.code.room == code.room)
        .peekable();
    if of_room.peek().is_none() {
        return Problem::UnknownRoom(code.room.clone());
    }
    let mut known: Vec<String> = of_room
        .filter_map(|product| product.code.rate.clone())
        .collect();
    known.sort();
    Problem::UnknownRate {
        room: code.room.clone(),
        known,
    }
}

fn of_product(
    theirs: &ChannelProduct,
    ours: Option<&RoomType>,
    currency: Currency,
) -> Vec<Problem> {
    let mut found = Vec::new();
    let other = |code: &&String| code.as_str() != currency.code();
    if let Some(other) = theirs.currency.as_ref().filter(other) {
        found.push(Problem::Currency {
            theirs: other.clone(),
            ours: currency,
        });
    }
    found.extend(theirs.parent_rate.clone().map(Problem::ChildRate));
    if !theirs.active {
        found.push(Problem::Inactive);
    }
    if let (Some(most), Some(ours)) = (theirs.max_occupancy, ours) {
        if most > ours.max_occupancy {
            found.push(Problem::TooManyGuests {
                theirs: most,
                ours: ours.max_occupancy,
            });
        } else if most < ours.standard_occupancy {
            found.push(Problem::TooFewGuests {
                theirs: most,
                ours: ours.standard_occupancy,
            });
        }
    }
    found
}
