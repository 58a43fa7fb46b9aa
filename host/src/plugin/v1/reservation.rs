//! Reservations of a channel, and the webhooks that hint at them.

use jiff::Timestamp;
use jiff::civil::Date;

use super::bindings::channel::roomwire::channel::types as wit;
use super::products::product_code;
use super::text::{Breach, at_most, code, date, instant, line, money, optional_code, paragraph};
use crate::domain::connector::{
    ChannelEvent, ChannelGuest, RefusedRevision, Revision, RevisionPage, RevisionRoom,
    RevisionStatus,
};
use crate::domain::money::Money;
use crate::domain::night::nights_between;

const MAX_REVISIONS: usize = 1_000;
const MAX_EVENTS: usize = 200;
const MAX_ROOMS: usize = 100;
const MAX_GUESTS: usize = 50;
const MAX_CHILDREN: usize = 30;
const MAX_NIGHTS: i32 = 366;
const MAX_ADULTS: u16 = 100;
const MAX_NOTES: usize = 10_000;

/// Extensions of a revision that staff should read.
const REFERENCES: [(&str, &str); 2] = [
    ("reference", "Reference"),
    ("channel-reference", "Channel's reference"),
];

/// What a webhook about a message is called.
const MESSAGE: &str = "message";

/// How far ahead of us a channel's clock may be.
const MAX_AHEAD_MILLISECONDS: i64 = 5 * 60 * 1_000;

/// A page of revisions. One that breaks the contract is refused by itself, and not the others with it.
pub(in crate::plugin) fn page(
    given: wit::RevisionPage,
    now: Timestamp,
) -> Result<RevisionPage, Breach> {
    let (mut revisions, mut refused) = (Vec::new(), Vec::new());
    for given in at_most("revisions", given.revisions, MAX_REVISIONS)? {
        let reservation = given.reservation.clone();
        match revision(given, now) {
            Ok(revision) => revisions.push(revision),
            Err(Breach(reason)) => refused.push(RefusedRevision {
                reservation: code("reservation", reservation).ok(),
                reason,
            }),
        }
    }
    let next = match given.next {
        Some(next) if next.len() > 4_096 => {
            return Err(Breach("`next` is longer than 4096 bytes".to_owned()));
        }
        next => next,
    };
    Ok(RevisionPage {
        revisions,
        refused,
        next,
    })
}

pub(in crate::plugin) fn revision(
    given: wit::Revision,
    now: Timestamp,
) -> Result<Revision, Breach> {
    Ok(Revision {
        reservation: code("reservation", given.reservation)?,
        revision: code("revision", given.revision)?,
        // From a far future it would stand above every later revision, for ever.
        order: given
            .order
            .min(now.as_millisecond() + MAX_AHEAD_MILLISECONDS),
        status: status(given.status),
        source: given.source.map(|source| line(&source, 255)),
        booker: guest(given.booker),
        rooms: at_most("rooms", given.rooms, MAX_ROOMS)?
            .into_iter()
            .map(room)
            .collect::<Result<_, _>>()?,
        total: money("total", &given.total)?,
        notes: notes(given.notes, &given.extensions),
        booked_at: given
            .booked_at
            .map(|at| instant("booked-at", at))
            .transpose()?,
        acknowledgement: optional_code("acknowledgement", given.acknowledgement)?,
    })
}

/// The notes, below the numbers under which the hotel and the guest know the booking.
fn notes(given: Option<String>, extensions: &[(String, String)]) -> Option<String> {
    let numbers = REFERENCES.iter().filter_map(|(name, title)| {
        let (_, number) = extensions.iter().find(|(given, _)| given == name)?;
        Some(format!("{title}: {}", line(number, 255)))
    });
    let lines: Vec<String> = numbers.chain(given).collect();
    (!lines.is_empty()).then(|| paragraph(&lines.join("\n"), MAX_NOTES))
}

fn status(given: wit::ReservationStatus) -> RevisionStatus {
    match given {
        wit::ReservationStatus::Pending => RevisionStatus::Pending,
        wit::ReservationStatus::Confirmed => RevisionStatus::Confirmed,
        wit::ReservationStatus::Cancelled => RevisionStatus::Cancelled,
        wit::ReservationStatus::NoShow => RevisionStatus::NoShow,
        wit::ReservationStatus::Other(word) => RevisionStatus::Unknown(line(&word, 100)),
    }
}

fn guest(given: wit::Guest) -> ChannelGuest {
    ChannelGuest {
        first_name: line(&given.first_name, 200),
        last_name: line(&given.last_name, 200),
        email: given.email.map(|email| line(&email, 320)),
        phone: given.phone.map(|phone| line(&phone, 50)),
        country: given.country.map(|country| line(&country, 50)),
        language: given.language.map(|language| line(&language, 35)),
    }
}

fn room(given: wit::ReservationRoom) -> Result<RevisionRoom, Breach> {
    let check_in = date("check-in", &given.check_in)?;
    let check_out = date("check-out", &given.check_out)?;
    if !(1..=MAX_NIGHTS).contains(&nights_between(check_in, check_out)) {
        return Err(Breach(format!(
            "`check-out` {check_out} is not 1 to {MAX_NIGHTS} nights after {check_in}"
        )));
    }
    if given.adults > MAX_ADULTS {
        return Err(Breach(format!("`adults` is too large: {}", given.adults)));
    }
    Ok(RevisionRoom {
        id: optional_code("room id", given.id)?,
        product: product_code(given.product)?,
        check_in,
        check_out,
        adults: given.adults,
        children_ages: at_most("children-ages", given.children_ages, MAX_CHILDREN)?,
        nights: night_prices(&given.nights, check_in, check_out)?,
        guests: at_most("guests", given.guests, MAX_GUESTS)?
            .into_iter()
            .map(guest)
            .collect(),
    })
}

/// Prices of nights of the stay, each once and in order.
fn night_prices(
    given: &[wit::NightPrice],
    check_in: Date,
    check_out: Date,
) -> Result<Vec<(Date, Money)>, Breach> {
    let mut prices: Vec<(Date, Money)> =
        Vec::with_capacity(given.len().min(MAX_NIGHTS.unsigned_abs() as usize));
    for night in given {
        let date = date("night", &night.night)?;
        let follows = prices.last().is_none_or(|(before, _)| *before < date);
        if !follows || !(check_in..check_out).contains(&date) {
            return Err(Breach(format!(
                "`nights` has {date} twice, out of order or outside the stay"
            )));
        }
        prices.push((date, money("night price", &night.price)?));
    }
    Ok(prices)
}

pub(in crate::plugin) fn events(
    given: Vec<wit::ChannelEvent>,
    now: Timestamp,
) -> Result<Vec<ChannelEvent>, Breach> {
    at_most("events", given, MAX_EVENTS)?
        .into_iter()
        .map(|given| event(given, now))
        .collect()
}

fn event(given: wit::ChannelEvent, now: Timestamp) -> Result<ChannelEvent, Breach> {
    Ok(match given {
        wit::ChannelEvent::Reservation(reference) => {
            ChannelEvent::Reservation(code("reservation", reference)?)
        }
        wit::ChannelEvent::Revision(given) => {
            ChannelEvent::Revision(Box::new(revision(given, now)?))
        }
        wit::ChannelEvent::Calendar => ChannelEvent::Calendar,
        wit::ChannelEvent::Ignored(why) => ChannelEvent::Ignored(line(&why, 500)),
        wit::ChannelEvent::Other(word) if word == MESSAGE => ChannelEvent::Message,
        wit::ChannelEvent::Other(word) => {
            ChannelEvent::Ignored(format!("unknown event `{}`", line(&word, 100)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::v1::bindings::channel::roomwire::types::common;

    fn price(minor: i64) -> common::Money {
        common::Money {
            minor,
            currency: "EUR".to_owned(),
        }
    }

    fn nameless() -> wit::Guest {
        let name = String::new();
        wit::Guest {
            first_name: name.clone(),
            last_name: name,
            email: None,
            phone: None,
            country: None,
            language: None,
        }
    }

    fn given() -> wit::Revision {
        let night = |night: &str| wit::NightPrice {
            night: night.to_owned(),
            price: price(10_000),
        };
        let room = wit::ReservationRoom {
            id: None,
            product: wit::ProductCode {
                room: "DBL".to_owned(),
                rate: Some("BAR".to_owned()),
            },
            check_in: "2026-12-01".to_owned(),
            check_out: "2026-12-03".to_owned(),
            adults: 2,
            children_ages: vec![4],
            nights: vec![night("2026-12-01"), night("2026-12-02")],
            guests: vec![nameless()],
            extensions: Vec::new(),
        };
        wit::Revision {
            reservation: "R1".to_owned(),
            revision: "1".to_owned(),
            order: 1,
            status: wit::ReservationStatus::Confirmed,
            source: None,
            booker: nameless(),
            rooms: vec![room],
            total: price(20_000),
            notes: Some("late\narrival".to_owned()),
            booked_at: None,
            acknowledgement: None,
            extensions: Vec::new(),
        }
    }

    fn now() -> Timestamp {
        "2026-11-23T06:00:00Z".parse().expect("an instant")
    }

    fn changed(change: impl FnOnce(&mut wit::Revision)) -> Result<Revision, Breach> {
        let mut revision_given = given();
        change(&mut revision_given);
        revision(revision_given, now())
    }

    #[test]
    fn a_sound_revision_is_taken_whole() {
        let taken = changed(|_| {}).expect("sound");
        assert_eq!(taken.rooms[0].nights.len(), 2);
        assert_eq!(taken.notes.as_deref(), Some("late\narrival"));
    }

    #[test]
    fn what_cannot_be_true_is_refused() {
        type Change = fn(&mut wit::Revision);
        let changes: [(&str, Change); 12] = [
            ("no id", |given| given.reservation.clear()),
            ("a reversed stay", |given| {
                given.rooms[0].check_out = "2026-11-30".to_owned();
            }),
            ("a stay of no night", |given| {
                given.rooms[0].check_out = "2026-12-01".to_owned();
            }),
            ("an endless stay", |given| {
                given.rooms[0].check_out = "2099-12-01".to_owned();
            }),
            ("a date that is none", |given| {
                given.rooms[0].check_in = "2026-02-30".to_owned();
            }),
            ("a crowd", |given| given.rooms[0].adults = u16::MAX),
            ("a night outside", |given| {
                given.rooms[0].nights[1].night = "2026-12-03".to_owned();
            }),
            ("a night twice", |given| {
                given.rooms[0].nights[1].night = "2026-12-01".to_owned();
            }),
            ("a negative price", |given| {
                given.rooms[0].nights[0].price = price(-1);
            }),
            ("an unknown currency", |given| {
                given.total.currency = "XYZ1".to_owned();
            }),
            ("an instant before our time", |given| {
                given.booked_at = Some(i64::MIN);
            }),
            ("a room without a code", |given| {
                given.rooms[0].product.room.clear();
            }),
        ];
        for (what, change) in changes {
            assert!(changed(change).is_err(), "{what} passed");
        }
        assert!(
            changed(|given| given.rooms = vec![given.rooms[0].clone(); MAX_ROOMS + 1]).is_err()
        );
    }

    #[test]
    fn one_revision_that_cannot_be_true_does_not_spoil_its_page() {
        let reversed = {
            let mut reversed = given();
            reversed.reservation = "R2".to_owned();
            reversed.rooms[0].check_out = "2026-11-30".to_owned();
            reversed
        };
        let nameless = wit::Revision {
            reservation: String::new(),
            ..given()
        };
        let whole = wit::RevisionPage {
            revisions: vec![reversed, given(), nameless],
            next: None,
        };
        let taken = page(whole, now()).expect("a page");
        assert_eq!(taken.revisions.len(), 1);
        let ids: Vec<_> = taken
            .refused
            .iter()
            .map(|refused| refused.reservation.as_deref())
            .collect();
        assert_eq!(ids, [Some("R2"), None]);
        assert!(taken.refused[0].reason.contains("check-out"));
    }

    #[test]
    fn a_revision_from_the_far_future_does_not_outrank_those_that_come_later() {
        let far = changed(|given| given.order = i64::MAX).expect("taken");
        let later = now().as_millisecond() + MAX_AHEAD_MILLISECONDS;
        assert_eq!(far.order, later);
        let near = changed(|given| given.order = later - 1).expect("taken");
        assert_eq!(near.order, later - 1);
    }

    #[test]
    fn the_numbers_that_staff_know_a_booking_by_are_kept_in_its_notes() {
        let numbered = |notes: Option<&str>| {
            changed(|given| {
                given.notes = notes.map(str::to_owned);
                given.extensions = vec![
                    ("channel-reference".to_owned(), "BK-1".to_owned()),
                    ("reference".to_owned(), "OCT-5\n5".to_owned()),
                    ("else".to_owned(), "unknown".to_owned()),
                ];
            })
        };
        assert_eq!(
            numbered(Some("late")).expect("taken").notes.as_deref(),
            Some("Reference: OCT-5 5\nChannel's reference: BK-1\nlate")
        );
        assert_eq!(
            numbered(None).expect("taken").notes.as_deref(),
            Some("Reference: OCT-5 5\nChannel's reference: BK-1")
        );
    }

    #[test]
    fn an_unknown_status_stays_unknown() {
        let taken =
            changed(|given| given.status = wit::ReservationStatus::Other("modified\n".to_owned()))
                .expect("taken");
        assert_eq!(
            taken.status,
            RevisionStatus::Unknown("modified ".to_owned())
        );
    }

    #[test]
    fn pages_and_events_are_bounded() {
        let many = wit::RevisionPage {
            revisions: vec![given(); MAX_REVISIONS + 1],
            next: None,
        };
        assert!(page(many, now()).is_err());
        let endless = wit::RevisionPage {
            revisions: Vec::new(),
            next: Some("n".repeat(4_097)),
        };
        assert!(page(endless, now()).is_err());
        assert!(events(vec![wit::ChannelEvent::Calendar; MAX_EVENTS + 1], now()).is_err());
        let other =
            events(vec![wit::ChannelEvent::Other("ping".to_owned())], now()).expect("one event");
        assert_eq!(
            other,
            [ChannelEvent::Ignored("unknown event `ping`".to_owned())]
        );
        let message = wit::ChannelEvent::Other("message".to_owned());
        assert_eq!(
            events(vec![message], now()),
            Ok(vec![ChannelEvent::Message])
        );
    }
}
