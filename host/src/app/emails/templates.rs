//! What the mails say: MiniJinja templates, rendered from a reservation as it is now.

use jiff::civil::Date;
use minijinja::{AutoEscape, Environment, Error, Value, context};

use crate::domain::hotel::Hotel;
use crate::domain::ids::RoomTypeId;
use crate::domain::night::Stay;
use crate::domain::reservation::{Guest, Reservation, ReservedRoom, Transition};

/// What happened that the guest is told of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Template {
    Received,
    Confirmed,
    Declined,
    Cancelled,
    Changed,
    /// It waited too long, and its units were given back.
    Expired,
    /// What somebody waited for came free, and is kept for them.
    WaitlistOffered,
    /// To the hotel: it waits for staff.
    Overdue,
    /// To the hotel: it still does.
    Escalated,
}

impl Template {
    const ALL: [Self; 9] = [
        Self::Received,
        Self::Confirmed,
        Self::Declined,
        Self::Cancelled,
        Self::Changed,
        Self::Expired,
        Self::WaitlistOffered,
        Self::Overdue,
        Self::Escalated,
    ];

    /// The stable name, as the ledger keeps it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Changed => "changed",
            Self::Expired => "expired",
            Self::WaitlistOffered => "waitlist_offered",
            Self::Overdue => "overdue",
            Self::Escalated => "escalated",
        }
    }

    /// Whether it goes to the hotel's own address, and not to the guest's.
    pub fn is_for_the_hotel(self) -> bool {
        matches!(self, Self::Overdue | Self::Escalated)
    }

    /// What a guest is written when a reservation moves; nobody is written to who stands at the desk.
    pub fn of(transition: Transition) -> Option<Self> {
        match transition {
            Transition::Confirm => Some(Self::Confirmed),
            Transition::Decline => Some(Self::Declined),
            Transition::Cancel => Some(Self::Cancelled),
            Transition::Expire => Some(Self::Expired),
            Transition::NoShow | Transition::CheckIn | Transition::CheckOut => None,
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|template| template.as_str() == name)
    }
}

/// A mail's text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

const SOURCES: [(&str, &str); 29] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("details.txt", include_str!("templates/details.txt")),
    (
        "received.subject",
        include_str!("templates/received.subject"),
    ),
    ("received.txt", include_str!("templates/received.txt")),
    ("received.html", include_str!("templates/received.html")),
    (
        "confirmed.subject",
        include_str!("templates/confirmed.subject"),
    ),
    ("confirmed.txt", include_str!("templates/confirmed.txt")),
    ("confirmed.html", include_str!("templates/confirmed.html")),
    (
        "declined.subject",
        include_str!("templates/declined.subject"),
    ),
    ("declined.txt", include_str!("templates/declined.txt")),
    ("declined.html", include_str!("templates/declined.html")),
    (
        "cancelled.subject",
        include_str!("templates/cancelled.subject"),
    ),
    ("cancelled.txt", include_str!("templates/cancelled.txt")),
    ("cancelled.html", include_str!("templates/cancelled.html")),
    ("changed.subject", include_str!("templates/changed.subject")),
    ("changed.txt", include_str!("templates/changed.txt")),
    ("changed.html", include_str!("templates/changed.html")),
    ("expired.subject", include_str!("templates/expired.subject")),
    ("expired.txt", include_str!("templates/expired.txt")),
    ("expired.html", include_str!("templates/expired.html")),
    (
        "waitlist_offered.subject",
        include_str!("templates/waitlist_offered.subject"),
    ),
    (
        "waitlist_offered.txt",
        include_str!("templates/waitlist_offered.txt"),
    ),
    (
        "waitlist_offered.html",
        include_str!("templates/waitlist_offered.html"),
    ),
    ("overdue.subject", include_str!("templates/overdue.subject")),
    ("overdue.txt", include_str!("templates/overdue.txt")),
    ("overdue.html", include_str!("templates/overdue.html")),
    (
        "escalated.subject",
        include_str!("templates/escalated.subject"),
    ),
    ("escalated.txt", include_str!("templates/escalated.txt")),
    ("escalated.html", include_str!("templates/escalated.html")),
];

/// What a mail tells.
pub(super) struct Letter<'a> {
    pub guest: &'a Guest,
    /// What `number` is the number of.
    pub noun: &'static str,
    pub number: String,
    pub rooms: Vec<RoomLine>,
    pub total: String,
    /// Until when an offer stands, at the hotel.
    pub until: Option<String>,
}

/// A line of rooms in a mail.
pub(super) struct RoomLine {
    pub units: u32,
    pub name: String,
    pub stay: Stay,
}

impl<'a> Letter<'a> {
    /// About a reservation. `name_of` gives a room type's name.
    pub(super) fn of(reservation: &'a Reservation, name_of: impl Fn(RoomTypeId) -> String) -> Self {
        let line = |room: &ReservedRoom| RoomLine {
            units: room.units,
            name: (room.product)
                .map_or_else(|| "Room".to_owned(), |(room_type, _)| name_of(room_type)),
            stay: room.stay,
        };
        Self {
            guest: &reservation.booker,
            noun: "Reservation",
            number: reservation.number.clone(),
            rooms: reservation.rooms.iter().map(line).collect(),
            total: reservation.total.to_string(),
            until: None,
        }
    }
}

/// Writes a mail. HTML is escaped.
pub(super) fn render(
    template: Template,
    hotel: &Hotel,
    letter: &Letter<'_>,
) -> Result<Rendered, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    for (name, source) in SOURCES {
        environment.add_template(name, source)?;
    }
    let rooms: Vec<Value> = letter
        .rooms
        .iter()
        .map(|room| {
            context! {
                units => room.units,
                name => &room.name,
                check_in => day(room.stay.check_in()),
                check_out => day(room.stay.check_out()),
                nights => room.stay.length(),
            }
        })
        .collect();
    let values = context! {
        hotel => &hotel.name, place => &hotel.place, guest => &letter.guest.first_name,
        surname => &letter.guest.last_name, noun => letter.noun,
        number => &letter.number, total => &letter.total, until => &letter.until,
        rooms,
    };
    let name = template.as_str();
    let subject = environment
        .get_template(&format!("{name}.subject"))?
        .render(&values)?;
    // A subject is one line, whatever a guest's name brings along.
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let values = context! { subject => &subject, ..values };
    Ok(Rendered {
        text: environment
            .get_template(&format!("{name}.txt"))?
            .render(&values)?,
        html: environment
            .get_template(&format!("{name}.html"))?
            .render(&values)?,
        subject,
    })
}

/// A date that nobody reads the wrong way round.
fn day(date: Date) -> String {
    date.strftime("%A %-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{HoldId, HotelId, RatePlanId, ReservationId};
    use crate::domain::money::Money;
    use crate::domain::reservation::{Origin, Status};

    fn hotel() -> Hotel {
        Hotel {
            id: HotelId(Uuid::from_u128(1)),
            slug: "aurora".to_owned(),
            name: "Hotel Aurora & Sons".to_owned(),
            time_zone: TimeZone::UTC,
            currency: "EUR".parse().expect("a known currency"),
            place: "Rome".to_owned(),
            contact_email: None,
            language: "en".to_owned(),
            channel_status: Status::Confirmed,
        }
    }

    fn reservation(first_name: &str) -> Reservation {
        Reservation {
            id: ReservationId(Uuid::from_u128(2)),
            number: "7G2KQ0XW4Z".to_owned(),
            status: Status::Tentative,
            version: 1,
            origin: Origin::Gateway {
                hold: HoldId(Uuid::from_u128(3)),
            },
            booker: Guest {
                first_name: first_name.to_owned(),
                last_name: "Lovelace".to_owned(),
                ..Guest::default()
            },
            assigned: Vec::new(),
            rooms: vec![ReservedRoom {
                product: Some((
                    RoomTypeId(Uuid::from_u128(4)),
                    RatePlanId(Uuid::from_u128(5)),
                )),
                prices: vec![12_000, 14_000],
                ..ReservedRoom::of_stay(
                    Stay::new(date(2026, 12, 24), date(2026, 12, 26)).expect("two nights"),
                )
            }],
            total: Money::new(26_000, "EUR".parse().expect("a known currency")),
            notes: None,
            overbooked: false,
            unmapped: false,
            promo: None,
            discount: None,
            tentative_since: None,
            owed: None,
            checklist: None,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn rendered(template: Template, first_name: &str) -> Rendered {
        let reservation = reservation(first_name);
        let letter = Letter {
            until: Some("Friday 25 December 2026 at 18:00".to_owned()),
            ..Letter::of(&reservation, |_| "Double".to_owned())
        };
        render(template, &hotel(), &letter).expect("it renders")
    }

    #[test]
    fn every_template_says_number_room_dates_and_total() {
        for template in Template::ALL {
            let mail = rendered(template, "Ada");
            for part in [
                "7G2KQ0XW4Z",
                "Double",
                "Thursday 24 December 2026",
                "260.00 EUR",
                "2 nights",
                if template.is_for_the_hotel() {
                    "Ada Lovelace"
                } else {
                    "Dear Ada,"
                },
            ] {
                assert!(mail.text.contains(part), "{part} is not in {}", mail.text);
                assert!(mail.html.contains(part), "{part} is not in {}", mail.html);
            }
            assert!(mail.subject.contains("7G2KQ0XW4Z"));
        }
    }

    #[test]
    fn an_offer_says_until_when_it_stands() {
        let mail = rendered(Template::WaitlistOffered, "Ada");
        for text in [&mail.subject, &mail.text, &mail.html] {
            assert!(
                text.contains("until Friday 25 December 2026 at 18:00"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_name_cannot_bring_markup_into_the_html() {
        let mail = rendered(Template::Received, "<script>alert(1)</script>");
        assert!(!mail.html.contains("<script>"), "{}", mail.html);
        assert!(mail.html.contains("Aurora &amp; Sons"));
        assert!(mail.text.contains("Aurora & Sons"));
    }

    #[test]
    fn names_of_templates_lead_back() {
        for template in Template::ALL {
            assert_eq!(Template::parse(template.as_str()), Some(template));
        }
    }
}
