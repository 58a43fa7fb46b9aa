//! Mappings that suggest themselves. The same products give the same suggestions, in whatever order they are listed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::connection::Mapping;
use crate::domain::connector::{AvailabilityOn, ChannelProduct, ProductCode};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::mapping::Sides;
use crate::domain::mapping::score::{Ours, Theirs, reason, score};
use crate::domain::offer::Product;

/// From this confidence on a suggestion can be taken as it is.
pub const CERTAIN: u8 = 70;
/// The confidence of one of several that fit as well as each other.
const TIED: u8 = 50;

/// A mapping that nobody has made yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Suggestion {
    pub mapping: Mapping,
    /// 50 to 100.
    pub confidence: u8,
    pub reason: String,
}

/// A product of the channel's that stands without one of ours, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Left {
    pub code: ProductCode,
    pub why: &'static str,
}

/// What suggests itself, and what is left on both sides.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Suggestions {
    /// In the order of our codes.
    pub rows: Vec<Suggestion>,
    pub ours: Vec<(RoomTypeId, RatePlanId)>,
    pub theirs: Vec<Left>,
}

/// A pair that fits.
struct Candidate {
    ours: usize,
    theirs: usize,
    score: u8,
}

/// Mappings for what is not mapped yet: the best pair first, each product once.
pub fn suggest(sides: Sides<'_>, mapped: &[Mapping]) -> Suggestions {
    let ours = unmapped(sides, mapped);
    let (theirs, mut left) = takers(sides, mapped);
    let rooms = Rooms::new(sides.availability_on, mapped);
    let candidates = candidates(&ours, &theirs, &rooms);
    let ties = Ties::of(&candidates);
    let chosen = choose(&ours, &theirs, &candidates, rooms);
    let given: BTreeSet<usize> = chosen.values().map(|one| one.theirs).collect();
    for (place, their) in theirs.iter().enumerate() {
        if !given.contains(&place) {
            left.push(Left {
                code: their.product.code.clone(),
                why: "nothing of ours fits",
            });
        }
    }
    left.sort_by(|one, other| one.code.cmp(&other.code));
    let alone = ours
        .iter()
        .enumerate()
        .filter(|(place, _)| !chosen.contains_key(place));
    Suggestions {
        ours: alone
            .map(|(_, our)| (our.product.room_type.id, our.product.rate_plan.id))
            .collect(),
        rows: chosen
            .values()
            .map(|one| {
                told(
                    &ours[one.ours],
                    &theirs[one.theirs],
                    one.score,
                    ties.has(one),
                )
            })
            .collect(),
        theirs: left,
    }
}

/// The candidates that are taken, by our product.
fn choose<'a>(
    ours: &[Ours<'_>],
    theirs: &[Theirs<'_>],
    candidates: &'a [Candidate],
    mut rooms: Rooms,
) -> BTreeMap<usize, &'a Candidate> {
    let mut given = BTreeSet::new();
    let mut chosen = BTreeMap::new();
    for candidate in candidates {
        let room_type = ours[candidate.ours].product.room_type.id;
        let room = &theirs[candidate.theirs].product.code.room;
        let free = !chosen.contains_key(&candidate.ours) && !given.contains(&candidate.theirs);
        if free && rooms.allows(room_type, room) {
            rooms.take(room_type, room);
            given.insert(candidate.theirs);
            chosen.insert(candidate.ours, candidate);
        }
    }
    chosen
}

fn told(ours: &Ours<'_>, theirs: &Theirs<'_>, score: u8, tied: bool) -> Suggestion {
    let mut reason = reason(ours, theirs);
    if tied {
        reason.push_str("; another fits as well");
    }
    Suggestion {
        mapping: Mapping {
            room_type: ours.product.room_type.id,
            rate_plan: ours.product.rate_plan.id,
            code: theirs.product.code.clone(),
        },
        confidence: if tied { score.min(TIED) } else { score },
        reason,
    }
}

/// Our products without a mapping, by code.
fn unmapped<'a>(sides: Sides<'a>, mapped: &[Mapping]) -> Vec<Ours<'a>> {
    let known: BTreeSet<(RoomTypeId, RatePlanId)> = mapped
        .iter()
        .map(|mapping| (mapping.room_type, mapping.rate_plan))
        .collect();
    let mut ours: Vec<Ours<'a>> = sides
        .ours
        .iter()
        .filter(|product| !known.contains(&(product.room_type.id, product.rate_plan.id)))
        .map(Ours::of)
        .collect();
    ours.sort_by(|one, other| codes(one.product).cmp(&codes(other.product)));
    ours
}

fn codes(product: &Product) -> (&str, &str) {
    (&product.room_type.code, &product.rate_plan.code)
}

/// The channel's products without a mapping, by code: those that can take one, and those that cannot.
fn takers<'a>(sides: Sides<'a>, mapped: &[Mapping]) -> (Vec<Theirs<'a>>, Vec<Left>) {
    let known: BTreeSet<&ProductCode> = mapped.iter().map(|mapping| &mapping.code).collect();
    let with_rates: BTreeSet<&str> = sides
        .theirs
        .iter()
        .filter(|product| product.code.rate.is_some())
        .map(|product| product.code.room.as_str())
        .collect();
    let (mut takers, mut left) = (Vec::new(), Vec::new());
    for product in sides.theirs {
        if known.contains(&product.code) {
            continue;
        }
        match unfit(sides, &with_rates, product) {
            Some(why) => left.push(Left {
                code: product.code.clone(),
                why,
            }),
            None => takers.push(Theirs::of(product)),
        }
    }
    takers.sort_by(|one, other| one.product.code.cmp(&other.product.code));
    (takers, left)
}

fn unfit(
    sides: Sides<'_>,
    with_rates: &BTreeSet<&str>,
    product: &ChannelProduct,
) -> Option<&'static str> {
    let currency = product.currency.as_deref();
    if !product.active {
        Some("inactive at the channel")
    } else if product.parent_rate.is_some() {
        Some("derived from another rate by the channel")
    } else if currency.is_some_and(|code| code != sides.currency.code()) {
        Some("sold in another currency")
    } else if product.code.rate.is_none() && with_rates.contains(product.code.room.as_str()) {
        Some("the room itself, whose rates are mapped")
    } else {
        None
    }
}

/// Every pair that fits and is allowed, the best first.
fn candidates(ours: &[Ours<'_>], theirs: &[Theirs<'_>], rooms: &Rooms) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (our_place, our) in ours.iter().enumerate() {
        for (their_place, their) in theirs.iter().enumerate() {
            if !rooms.allows(our.product.room_type.id, &their.product.code.room) {
                continue;
            }
            candidates.extend(score(our, their).map(|score| Candidate {
                ours: our_place,
                theirs: their_place,
                score,
            }));
        }
    }
    candidates.sort_by_key(|one| (Reverse(one.score), one.ours, one.theirs));
    candidates
}

/// How many pairs with the same score each product is in.
struct Ties {
    ours: BTreeMap<(usize, u8), usize>,
    theirs: BTreeMap<(usize, u8), usize>,
}

impl Ties {
    fn of(candidates: &[Candidate]) -> Self {
        let mut ties = Self {
            ours: BTreeMap::new(),
            theirs: BTreeMap::new(),
        };
        for one in candidates {
            *ties.ours.entry((one.ours, one.score)).or_default() += 1;
            *ties.theirs.entry((one.theirs, one.score)).or_default() += 1;
        }
        ties
    }

    fn has(&self, one: &Candidate) -> bool {
        let several = |pairs: Option<&usize>| pairs.is_some_and(|pairs| *pairs > 1);
        several(self.ours.get(&(one.ours, one.score)))
            || several(self.theirs.get(&(one.theirs, one.score)))
    }
}

/// Which of our room types a room of the channel's stands for, where it counts units once a room: two of ours would
/// overwrite each other's.
struct Rooms {
    counts_rooms: bool,
    owners: BTreeMap<String, RoomTypeId>,
    placed: BTreeSet<RoomTypeId>,
}

impl Rooms {
    fn new(availability_on: AvailabilityOn, mapped: &[Mapping]) -> Self {
        let mut rooms = Self {
            counts_rooms: availability_on == AvailabilityOn::Room,
            owners: BTreeMap::new(),
            placed: BTreeSet::new(),
        };
        for mapping in mapped {
            rooms.take(mapping.room_type, &mapping.code.room);
        }
        rooms
    }

    fn take(&mut self, room_type: RoomTypeId, room: &str) {
        self.owners.entry(room.to_owned()).or_insert(room_type);
        self.placed.insert(room_type);
    }

    /// A room of theirs is one room type's, and a new one goes to a room type that has none.
    fn allows(&self, room_type: RoomTypeId, room: &str) -> bool {
        if !self.counts_rooms {
            return true;
        }
        match self.owners.get(room) {
            Some(owner) => *owner == room_type,
            None => !self.placed.contains(&room_type),
        }
    }
}
