//! `POST /eqc/br` and `POST /eqc/bc`: bookings are retrieved, and confirmed with the hotel's number. A booking's
//! transactions come one by one, each after the confirmation of the one before.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

use super::Channel;
use super::model::{Kind, Status, Transaction};
use super::wire::{BC, BR, Problem};
use super::world::World;
use super::xml::Node;
use crate::money;

/// An answer holds no more; of what is confirmed or of past days, the newest.
const FULL: usize = 125;

/// The longest confirmation number that is taken.
const LONGEST_NUMBER: usize = 35;

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/eqc/br", post(retrieve))
        .route("/eqc/bc", post(confirm))
}

async fn retrieve(State(channel): State<Channel>, headers: HeaderMap, body: Bytes) -> Response {
    BR.answered(find(&channel, (&headers, &body)))
}

async fn confirm(State(channel): State<Channel>, headers: HeaderMap, body: Bytes) -> Response {
    BC.answered(take(&channel, (&headers, &body)))
}

/// What is asked for.
#[derive(Debug, Default)]
struct Wanted {
    booking: Option<String>,
    statuses: Vec<Status>,
    days: Option<i64>,
}

fn find(channel: &Channel, message: (&HeaderMap, &Bytes)) -> Result<Vec<Node>, Problem> {
    let now = channel.now();
    let mut world = channel.world();
    let (message, property) = BR.read(channel, message, &mut world)?;
    message.holds_only(&["xmlns"], &["Authentication", "Hotel", "ParamSet"])?;
    let wanted = wanted(&message)?;
    let places = wanted.places(&world, &property, now);
    let views = places
        .iter()
        .map(|place| view(&world, &world.transactions[*place]));
    let views: Vec<Node> = views.collect();
    for place in places {
        let transaction = &mut world.transactions[place];
        if transaction.status == Status::Pending {
            transaction.status = Status::Retrieved;
        }
    }
    Ok(vec![Node::new("Bookings").containing(views)])
}

fn wanted(message: &Node) -> Result<Wanted, Problem> {
    let Some(parameters) = message.first("ParamSet") else {
        return Ok(Wanted {
            statuses: vec![Status::Pending],
            ..Wanted::default()
        });
    };
    parameters.holds_only(&[], &["Booking", "Status", "NbDaysInPast"])?;
    let statuses = parameters
        .all("Status")
        .map(|status| {
            let value = status.required("value")?;
            let mut all = Status::ALL.into_iter();
            all.find(|one| one.as_str() == value)
                .ok_or_else(|| format!("{value} is no status"))
        })
        .collect::<Result<Vec<_>, String>>()?;
    let days = parameters.first("NbDaysInPast").map(|days| {
        let days = days
            .text()
            .parse::<i64>()
            .ok()
            .filter(|days| (1..=30).contains(days));
        days.ok_or_else(|| "NbDaysInPast is 1 to 30".to_owned())
    });
    let booking = parameters.first("Booking");
    let booking = booking.map(|booking| booking.required("id").map(str::to_owned));
    let wanted = Wanted {
        booking: booking.transpose()?,
        statuses,
        days: days.transpose()?,
    };
    match &wanted {
        Wanted {
            booking: Some(_),
            days: Some(_),
            ..
        } => Err(Problem::schema(
            "a booking and a number of days exclude each other",
        )),
        Wanted {
            booking: None,
            days: None,
            statuses,
        } if statuses.is_empty() => Err(Problem::schema("ParamSet holds one parameter")),
        _ => Ok(wanted),
    }
}

impl Wanted {
    /// Where the transactions stand that answer the question, the newest first.
    fn places(&self, world: &World, property: &str, now: Timestamp) -> Vec<usize> {
        let latest = self.booking.is_some() || self.days.is_some();
        let mut seen = BTreeSet::new();
        let all = world.transactions.iter().enumerate();
        let mine: Vec<(usize, &Transaction)> = all
            .filter(|(_, one)| one.property == property && !by_mail(world, &one.booking, now))
            .collect();
        let mut places = Vec::new();
        for (place, one) in mine.iter().rev() {
            // The newest transaction of a booking, or the oldest that is not confirmed.
            let told = if latest {
                seen.insert(&one.booking)
            } else {
                is_next(world, one)
            };
            if told && self.fits(one, now) {
                places.push(*place);
            }
        }
        if self.statuses == [Status::Pending] && !latest {
            // What waits longest comes first, so that nothing waits for ever.
            places.reverse();
        }
        places.truncate(FULL);
        places
    }

    fn fits(&self, one: &Transaction, now: Timestamp) -> bool {
        let since = |days: i64| now - SignedDuration::from_hours(days * 24);
        self.booking
            .as_ref()
            .is_none_or(|booking| *booking == one.booking)
            && (self.statuses.is_empty() || self.statuses.contains(&one.status))
            && self.days.is_none_or(|days| one.created >= since(days))
    }
}

/// Whether it is the oldest of its booking that waits, or confirmed.
fn is_next(world: &World, one: &Transaction) -> bool {
    let mut all = world.of(&one.booking);
    let next = all.find(|other| other.status != Status::Confirmed);
    one.status == Status::Confirmed || next == Some(one)
}

/// Whether a booking was told by mail, since a transaction of it was not confirmed in time.
pub(super) fn by_mail(world: &World, booking: &str, now: Timestamp) -> bool {
    let late = |one: &Transaction| one.status != Status::Confirmed && one.expires <= now;
    world.of(booking).any(late)
}

fn view(world: &World, one: &Transaction) -> Node {
    let known = world
        .of(&one.booking)
        .filter_map(|other| other.confirm_number.as_ref())
        .next_back();
    let created = one.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut booking = Node::new("Booking")
        .with("id", one.booking.as_str())
        .with("type", one.kind.as_str())
        .with("createDateTime", created)
        .with("source", "Expedia")
        .with("status", one.status.as_str());
    if let Some(number) = known {
        booking = booking.with("confirmNumber", number.as_str());
    }
    let guest = &one.request.guest;
    let name = Node::new("Name")
        .with("givenName", guest.given_name.as_str())
        .with("surname", guest.surname.as_str());
    let email = guest
        .email
        .as_ref()
        .map(|email| Node::new("Email").saying(email.as_str()));
    let wish = one
        .request
        .special_request
        .as_ref()
        .filter(|_| one.kind != Kind::Cancel);
    let wish = wish.map(|wish| {
        Node::new("SpecialRequest")
            .with("code", "4")
            .saying(wish.as_str())
    });
    booking
        .containing([Node::new("Hotel").with("id", one.property.as_str())])
        .containing([stay(world, one)])
        .containing([Node::new("PrimaryGuest")
            .containing([name])
            .containing(email)])
        .containing(wish)
}

/// A cancellation has no codes and no prices.
fn stay(world: &World, one: &Transaction) -> Node {
    let request = &one.request;
    let place = world.places.get(&one.property);
    let (currency, decimals) = place.map_or(("", 2), |place| {
        (place.property.currency.as_str(), place.decimals)
    });
    let amount = |minor: i64| money::print(minor, decimals).get().to_owned();
    let gone = one.kind == Kind::Cancel;
    let (room, rate) = match world.room_of(&request.rate_plan) {
        Some(room) if !gone => (room, request.rate_plan.as_str()),
        _ => ("0", "0"),
    };
    let dates = Node::new("StayDate")
        .with("arrival", request.check_in.to_string())
        .with("departure", request.check_out.to_string());
    let ages = request.children_ages.iter();
    let mut count = Node::new("GuestCount").with("adult", request.adults.to_string());
    if !request.children_ages.is_empty() {
        count = count
            .with("child", request.children_ages.len().to_string())
            .containing(ages.map(|age| Node::new("Child").with("age", age.to_string())));
    }
    let nights = one.prices.iter().map(|(night, minor)| {
        Node::new("PerDayRate")
            .with("stayDate", night.to_string())
            .with("baseRate", amount(*minor))
    });
    let total = one.prices.values().copied().fold(0, i64::saturating_add);
    let total = Node::new("Total")
        .with("amountAfterTaxes", amount(total))
        .with("amountOfTaxes", amount(0))
        .with("currency", currency);
    // A test card: no hotel's system may keep it.
    let card = Node::new("PaymentCard")
        .with("cardCode", "VI")
        .with("cardNumber", "4111111111111111")
        .with("seriesCode", "737")
        .with("expireDate", "1230");
    Node::new("RoomStay")
        .with("roomTypeID", room)
        .with("ratePlanID", rate)
        .containing([dates, count])
        .containing([Node::new("PerDayRates")
            .with("currency", currency)
            .containing(nights)])
        .containing([total])
        .containing((!gone).then_some(card))
}

fn take(channel: &Channel, message: (&HeaderMap, &Bytes)) -> Result<Vec<Node>, Problem> {
    let now = channel.now();
    let mut world = channel.world();
    let (message, property) = BC.read(channel, message, &mut world)?;
    message.holds_only(
        &["xmlns"],
        &["Authentication", "Hotel", "BookingConfirmNumbers"],
    )?;
    let numbers = message.only("BookingConfirmNumbers")?;
    numbers.holds_only(&[], &["BookingConfirmNumber"])?;
    let mut confirmed = Vec::new();
    for number in &numbers.children {
        confirmed.push(confirmation(&world, number, (property.as_str(), now))?);
    }
    if confirmed.is_empty() {
        return Err(Problem::schema("there is no BookingConfirmNumber"));
    }
    for (place, number) in confirmed {
        let transaction = &mut world.transactions[place];
        transaction.status = Status::Confirmed;
        transaction.confirm_number = Some(number);
    }
    Ok(vec![Node::new("Success")])
}

/// Which transaction a number confirms: the oldest of its kind that was retrieved, or one that is confirmed again.
fn confirmation(
    world: &World,
    number: &Node,
    (property, now): (&str, Timestamp),
) -> Result<(usize, String), Problem> {
    number.holds_only(
        &["bookingID", "bookingType", "confirmNumber", "confirmTime"],
        &[],
    )?;
    let booking = number.required("bookingID")?;
    let kind = number.required("bookingType")?;
    let told = number.required("confirmNumber")?;
    let time = number.required("confirmTime")?;
    if time.parse::<Timestamp>().is_err() || !(1..=LONGEST_NUMBER).contains(&told.len()) {
        return Err(Problem::schema("confirmTime or confirmNumber is malformed"));
    }
    let is_meant = |one: &Transaction| {
        one.booking == booking && one.property == property && one.kind.as_str() == kind
    };
    let position = |status: Status| {
        let mut all = world.transactions.iter();
        all.position(|one| is_meant(one) && one.status == status)
    };
    let place = position(Status::Retrieved).or(position(Status::Confirmed));
    match place {
        Some(place) if !by_mail(world, booking, now) => Ok((place, told.to_owned())),
        _ => Err(Problem::schema(format!(
            "booking {booking} waits for no such confirmation"
        ))),
    }
}
