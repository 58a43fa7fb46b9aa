//! The queues of reservations: what waits can be read again and again until its last version is acknowledged.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use roomwire_plugin_sdk::xml::Element;
use serde::Deserialize;

use super::Channel;
use super::model::{Queue, Reservation, Status};
use super::wire::{
    Fault, NAMESPACE, Parameters, answer, document, framed, holds_only, only, required,
};
use super::world::World;

/// A trap: whoever keeps it has read what nobody needs.
pub const CARD_NUMBER: &str = "4111111111111111";

const NEW: &str = "/hotels/ota/OTA_HotelResNotif";
const CHANGED: &str = "/hotels/ota/OTA_HotelResModifyNotif";

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route(NEW, get(new).post(acknowledge_new))
        .route(CHANGED, get(changed).post(acknowledge_changed))
}

async fn new(State(channel): State<Channel>, Parameters(filter): Parameters<Filter>) -> Response {
    list(Queue::New, &channel, &filter)
}

async fn changed(
    State(channel): State<Channel>,
    Parameters(filter): Parameters<Filter>,
) -> Response {
    list(Queue::Changed, &channel, &filter)
}

async fn acknowledge_new(
    State(channel): State<Channel>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Fault> {
    acknowledge(Queue::New, &channel, &document(&headers, &body)?)
}

async fn acknowledge_changed(
    State(channel): State<Channel>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Fault> {
    acknowledge(Queue::Changed, &channel, &document(&headers, &body)?)
}

/// The endpoint's name, and the list and the entry of its messages.
fn names(queue: Queue) -> (&'static str, &'static str, &'static str) {
    match queue {
        Queue::New => ("OTA_HotelResNotif", "HotelReservations", "HotelReservation"),
        Queue::Changed => (
            "OTA_HotelResModifyNotif",
            "HotelResModifies",
            "HotelResModify",
        ),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Separated by commas.
    hotel_ids: Option<String>,
    id: Option<u64>,
}

impl Filter {
    fn takes(&self, reservation: &Reservation) -> bool {
        let of_hotel = self
            .hotel_ids
            .as_deref()
            .is_none_or(|ids| ids.split(',').any(|id| id == reservation.property));
        of_hotel && self.id.is_none_or(|id| id == reservation.id)
    }
}

fn list(queue: Queue, channel: &Channel, filter: &Filter) -> Response {
    let world = channel.world();
    let (name, list, entry) = names(queue);
    let waiting = world
        .reservations
        .values()
        .filter(|one| one.queue == Some(queue) && filter.takes(one))
        .map(|one| message(&world, entry, one));
    let root = Element::new(format!("{name}RQ"))
        .attribute("xmlns", NAMESPACE)
        .attribute("TimeStamp", channel.now().to_string())
        .attribute("Target", "Production")
        .attribute("Version", "2.001")
        .child(Element::new(list).children(waiting));
    answer(StatusCode::OK, &root)
}

fn message(world: &World, entry: &str, reservation: &Reservation) -> Element {
    let request = &reservation.request;
    let status = match reservation.status {
        Status::Cancelled => Some("Cancel"),
        Status::Modified if reservation.queue == Some(Queue::Changed) => Some("Modify"),
        Status::New | Status::Modified => None,
    };
    let stays = (1..=request.rooms).map(|index| stay(world, reservation, index));
    let guest = Element::new("ResGuest")
        .attribute("ResGuestRPH", "1")
        .child(profiles(person(reservation)));
    Element::new(entry)
        .optional("ResStatus", status)
        .child(Element::new("RoomStays").children(stays))
        .child(Element::new("ResGuests").child(guest))
        .child(global(world, reservation))
}

fn stay(world: &World, reservation: &Reservation, index: u32) -> Element {
    let request = &reservation.request;
    let rates = reservation.prices.iter().map(|(night, price)| {
        let total = amount(world, reservation, *price);
        let rate = Element::new("Rate").child(total);
        Element::new("RoomRate")
            .attribute("EffectiveDate", night.to_string())
            .attribute("RatePlanCode", request.rate.as_str())
            .child(Element::new("Rates").child(rate))
    });
    let kind = Element::new("RoomType").attribute("RoomTypeCode", request.room.as_str());
    let adults = Element::new("GuestCount")
        .attribute("AgeQualifyingCode", "10")
        .attribute("Count", request.adults.to_string());
    let property =
        Element::new("BasicPropertyInfo").attribute("HotelCode", reservation.property.as_str());
    let guest = Element::new("ResGuestRPH").attribute("RPH", "1");
    Element::new("RoomStay")
        .attribute("IndexNumber", index.to_string())
        .child(Element::new("RoomTypes").child(kind))
        .child(Element::new("RoomRates").children(rates))
        .child(Element::new("GuestCounts").child(adults))
        .child(property)
        .child(Element::new("ResGuestRPHs").child(guest))
}

fn global(world: &World, reservation: &Reservation) -> Element {
    let request = &reservation.request;
    let card = Element::new("PaymentCard")
        .attribute("CardCode", "VI")
        .attribute("CardNumber", CARD_NUMBER);
    let accepted = Element::new("GuaranteeAccepted").child(card);
    let accepted = Element::new("GuaranteesAccepted").child(accepted);
    let of_room: i64 = reservation.prices.values().sum();
    let all = of_room.saturating_mul(i64::from(request.rooms));
    let made = reservation.made_at.strftime("%Y-%m-%dT%H:%M:%S");
    let id = Element::new("HotelReservationID")
        .attribute("ResID_Value", reservation.id.to_string())
        .attribute("ResID_Date", made.to_string());
    let token = Element::new("HotelReservationID")
        .attribute("ResID_Source", "RT")
        .attribute("ResID_Value", reservation.token());
    let comments = request.comment.iter().map(|text| {
        let text = Element::new("Text").text(text.as_str());
        Element::new("Comments").child(Element::new("Comment").child(text))
    });
    Element::new("ResGlobalInfo")
        .children(comments)
        .child(Element::new("Guarantee").child(accepted))
        .child(amount(world, reservation, all))
        .child(Element::new("HotelReservationIDs").child(id).child(token))
        .child(profiles(booker(reservation)))
}

fn amount(world: &World, reservation: &Reservation, minor: i64) -> Element {
    let place = world.places.get(&reservation.property);
    let (currency, decimals) = place.map_or(("", 2), |place| {
        (place.property.currency.as_str(), place.decimals)
    });
    Element::new("Total")
        .attribute("AmountAfterTax", minor.to_string())
        .attribute("CurrencyCode", currency)
        .attribute("DecimalPlaces", decimals.to_string())
}

fn profiles(customer: Element) -> Element {
    let profile = Element::new("Profile").child(customer);
    Element::new("Profiles").child(Element::new("ProfileInfo").child(profile))
}

fn person(reservation: &Reservation) -> Element {
    let guest = &reservation.request.guest;
    let name = Element::new("PersonName")
        .child(Element::new("GivenName").text(guest.first_name.as_str()))
        .child(Element::new("Surname").text(guest.last_name.as_str()));
    Element::new("Customer").child(name)
}

fn booker(reservation: &Reservation) -> Element {
    let guest = &reservation.request.guest;
    let country = Element::new("CountryName").attribute("Code", guest.country.as_str());
    person(reservation)
        .child(Element::new("Telephone").attribute("PhoneNumber", guest.phone.as_str()))
        .child(Element::new("Email").text(guest.email.as_str()))
        .child(Element::new("Address").child(country))
}

/// All of a message, or nothing of it.
fn acknowledge(queue: Queue, channel: &Channel, root: &Element) -> Result<Response, Fault> {
    let (name, list, entry) = names(queue);
    framed(root, &format!("{name}RS"), &["Success", list])?;
    only(root, "Success")?;
    let list = only(root, list)?;
    holds_only(list, list.name(), (&[], &[entry]))?;
    let mut world = channel.world();
    let mut heard = Vec::new();
    for entry in list.all(entry) {
        let info = only(entry, "ResGlobalInfo")?;
        heard.push(acknowledged(
            &world,
            queue,
            only(info, "HotelReservationIDs")?,
        )?);
    }
    for id in heard {
        if let Some(reservation) = world.reservations.get_mut(&id) {
            reservation.queue = None;
        }
    }
    let root = Element::new(format!("{name}RS"))
        .attribute("xmlns", NAMESPACE)
        .child(Element::new("Success"));
    Ok(answer(StatusCode::OK, &root))
}

fn acknowledged(world: &World, queue: Queue, ids: &Element) -> Result<u64, Fault> {
    let is_token = |id: &&Element| id.get("ResID_Source") == Some("RT");
    let mut all = ids.all("HotelReservationID");
    let own = all.find(|id| !is_token(id));
    let own = own.ok_or_else(|| Fault::schema("no reservation is named"))?;
    let id: u64 = required(own, "ResID_Value")?
        .parse()
        .map_err(|_| Fault::schema("a reservation's id is a number"))?;
    let reservation = world
        .reservations
        .get(&id)
        .ok_or_else(|| Fault::not_found("the reservation was not found"))?;
    if reservation.queue != Some(queue) {
        return Err(Fault::bad_request(
            "the reservation has a transaction message of the wrong type",
        ));
    }
    let token = ids.all("HotelReservationID").find(is_token);
    let token = token.and_then(|token| token.get("ResID_Value"));
    if token != Some(reservation.token().as_str()) {
        return Err(Fault::conflict("the response token does not match"));
    }
    Ok(id)
}
