//! What a reservation is asked to be made of.

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::desk::{StaffBooking, StaffLine};
use crate::app::quotes::{self, MAX_LINES, WantedLine};
use crate::app::reservations::Source;
use crate::domain::hotel::Hotel;
use crate::domain::ids::HoldId;
use crate::domain::reservation::Guest;
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::http::wire::{self, GuestBody, LineExtra, LocalDate};

/// The most guests that may be named for one line.
const MAX_GUESTS: usize = 100;
/// The most that a night may cost, so that no sum of them passes what an amount can say.
const MAX_PRICE: i64 = 1_000_000_000_000;

/// Of `hold`, `quote` and `lines` there is exactly one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"hold": "0193c0f4-6d2f-7c3a-9a51-0d6f5b1c2e3f",
    "booker": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@guest.example"}}))]
pub(super) struct ReservationRequest {
    /// A live hold.
    pub hold: Option<Uuid>,
    /// A quote's token: held and taken at once.
    pub quote: Option<String>,
    /// What is for sale now, held and taken at once.
    pub lines: Option<Vec<BookedLine>>,
    /// With `lines` only, and without `staff`. In capitals or not; it counts for every line that it is for.
    #[schema(max_length = 32, examples("SPRING"))]
    pub promo_code: Option<String>,
    /// The hotel's own booking, from `lines`; it needs the scope `reservations:manage`.
    pub staff: Option<StaffRequest>,
    pub booker: GuestBody,
    /// The guests of each line, in its order.
    #[serde(default)]
    pub rooms: Vec<RoomGuests>,
    pub notes: Option<String>,
}

/// A line to be booked, by codes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BookedLine {
    #[schema(examples("DBL"))]
    pub room_type: String,
    #[schema(examples("BAR"))]
    pub rate_plan: String,
    pub check_in: LocalDate,
    /// The day of departure.
    pub check_out: LocalDate,
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1, maximum = 100)]
    pub units: u32,
    #[schema(minimum = 1)]
    pub adults: u16,
    #[serde(default)]
    pub children_ages: Vec<u8>,
    /// An accessible room is needed, so none is held back; the hotel's own bookings never are.
    #[serde(default)]
    pub accessible: bool,
    /// The code of a package that comes with it.
    pub package: Option<String>,
    /// What else comes with it.
    #[serde(default)]
    pub extras: Vec<LineExtra>,
    /// With `staff` only: one price a night and unit, minor units, instead of the hotel's.
    pub prices: Option<Vec<i64>>,
}

fn one() -> u32 {
    1
}

/// How the hotel books for itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StaffRequest {
    /// Why it is booked like this; the audit trail keeps it.
    #[schema(examples("called from the airport"))]
    pub reason: String,
    /// The guest stands at the desk, and is checked in at once.
    #[serde(default)]
    pub walk_in: bool,
    /// It waits for a confirmation, as a guest's booking does.
    #[serde(default)]
    pub tentative: bool,
    /// Restrictions of the nights, such as a least stay, do not count.
    #[serde(default)]
    pub skip_restrictions: bool,
    /// Whether the guest is written to; the hotel's rule decides where nothing is said.
    pub notify_guest: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomGuests {
    pub guests: Vec<GuestBody>,
}

/// The one thing that a reservation is made of.
pub(super) fn source(
    state: &HttpState,
    hotel: &Hotel,
    request: &ReservationRequest,
) -> Result<Source, Problem> {
    let code = wire::promo_code("/promo_code", request.promo_code.as_deref())?;
    if code.is_some() && (request.lines.is_none() || request.staff.is_some()) {
        let message = "is for `lines` alone: a hold and a quote have theirs, and staff set prices";
        return Err(Problem::invalid("/promo_code", message));
    }
    match (
        &request.hold,
        &request.quote,
        &request.lines,
        &request.staff,
    ) {
        (Some(hold), None, None, None) => Ok(Source::Hold(HoldId(*hold))),
        (None, Some(quote), None, None) => Ok(Source::Quote(quotes::verify(
            &state.app.gateway,
            hotel,
            quote,
        )?)),
        (None, None, Some(lines), None) => {
            if let Some(number) = lines.iter().position(|line| line.prices.is_some()) {
                let message = "only staff set prices: send `staff` with its reason";
                return Err(Problem::invalid(format!("/lines/{number}/prices"), message));
            }
            let lines = booked_lines(lines)?.into_iter();
            Ok(Source::Lines {
                wanted: lines.map(|line| line.wanted).collect(),
                promo_code: code.map(str::to_owned),
            })
        }
        (None, None, Some(_), Some(staff)) if staff.walk_in && staff.tentative => {
            let message = "who stands at the desk is not tentative";
            Err(Problem::invalid("/staff/tentative", message))
        }
        (None, None, Some(lines), Some(staff)) => Ok(Source::Staff(StaffBooking {
            lines: booked_lines(lines)?,
            reason: wire::reason("/staff/reason", Some(&staff.reason))?
                .ok_or_else(|| Problem::invalid("/staff/reason", "must not be empty"))?,
            walk_in: staff.walk_in,
            tentative: staff.tentative,
            skip_restrictions: staff.skip_restrictions,
            notify_guest: staff.notify_guest,
        })),
        (_, _, _, Some(_)) => Err(Problem::invalid("/staff", "the hotel books from `lines`")),
        _ => {
            let message = "a reservation is made of exactly one of `hold`, `quote` and `lines`";
            Err(Problem::invalid("", message))
        }
    }
}

fn booked_lines(lines: &[BookedLine]) -> Result<Vec<StaffLine>, Problem> {
    if !(1..=MAX_LINES).contains(&lines.len()) {
        let message = format!("a reservation has 1 to {MAX_LINES} lines");
        return Err(Problem::invalid("/lines", message));
    }
    lines
        .iter()
        .enumerate()
        .map(|(number, line)| {
            let at = format!("/lines/{number}/");
            wire::units(&at, line.units)?;
            if let Some(prices) = &line.prices
                && !prices.iter().all(|price| (0..=MAX_PRICE).contains(price))
            {
                let message = format!("a price is 0 to {MAX_PRICE} minor units");
                return Err(Problem::invalid(format!("{at}prices"), message));
            }
            Ok(StaffLine {
                wanted: WantedLine {
                    room_type: wire::bounded(&format!("{at}room_type"), &line.room_type, 64)?,
                    rate_plan: wire::bounded(&format!("{at}rate_plan"), &line.rate_plan, 64)?,
                    stay: wire::stay(&at, line.check_in, line.check_out)?,
                    units: line.units,
                    party: wire::party(&at, line.adults, line.children_ages.clone())?,
                    accessible: line.accessible,
                    package: line.package.clone(),
                    extras: wire::extras(&at, line.extras.clone())?,
                },
                prices: line.prices.clone(),
            })
        })
        .collect()
}

pub(super) fn guests(rooms: &[RoomGuests]) -> Result<Vec<Vec<Guest>>, Problem> {
    let rooms = rooms.iter().enumerate();
    rooms
        .map(|(number, room)| guests_of(number, &room.guests))
        .collect()
}

/// The guests of the request's room at this place.
pub(super) fn guests_of(number: usize, named: &[GuestBody]) -> Result<Vec<Guest>, Problem> {
    if named.len() > MAX_GUESTS {
        let message = format!("at most {MAX_GUESTS} guests are named for a line");
        return Err(Problem::invalid(format!("/rooms/{number}/guests"), message));
    }
    let guest = |(place, guest): (usize, &GuestBody)| {
        guest.parse(&format!("/rooms/{number}/guests/{place}"))
    };
    named.iter().enumerate().map(guest).collect()
}
