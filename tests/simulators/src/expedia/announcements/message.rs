//! What a booking notification says: the names are those of Expedia's public reference and its examples.

use jiff::Timestamp;

use super::{EXPEDIAS, OURS};
use crate::expedia::model::{Kind, Transaction};
use crate::expedia::world::World;
use crate::expedia::xml::Node;
use crate::money;

const OTA: &str = "http://www.opentravel.org/OTA/2003/05";

/// By whose name the hotel goes.
pub(super) const RESPONDER: &str = "SimulatedPartner";

/// The names of the message that tells of a transaction, and of its answer.
pub(super) fn names(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Book => ("OTA_HotelResNotifRQ", "OTA_HotelResNotifRS"),
        Kind::Modify => ("OTA_HotelResModifyNotifRQ", "OTA_HotelResModifyNotifRS"),
        Kind::Cancel => ("OTA_CancelRQ", "OTA_CancelRS"),
    }
}

/// Names the request alike in the header and in the message.
pub(super) fn token(one: &Transaction) -> String {
    format!("{}-{}", one.booking, one.kind.as_str())
}

/// The whole booking as it is from this transaction on; a cancellation names it alone.
pub(super) fn message(world: &World, one: &Transaction) -> Node {
    let (name, _) = names(one.kind);
    let seller = Node::new("RequestorID")
        .with("Type", "18")
        .with("ID", "Expedia");
    let source = Node::new("Source").containing([seller]);
    let message = Node::new(name)
        .with("xmlns", OTA)
        .with("EchoToken", token(one))
        .with("TimeStamp", instant(one.created))
        .with("Target", "Production")
        .with("Version", "1.000")
        .with("PrimaryLangID", "en-us")
        .containing([Node::new("POS").containing([source])]);
    let (list, entry) = match one.kind {
        Kind::Book => ("HotelReservations", "HotelReservation"),
        Kind::Modify => ("HotelResModifies", "HotelResModify"),
        Kind::Cancel => return cancelling(world, one, message.with("CancelType", "Commit")),
    };
    let id = |kind: &str, value: &str| {
        Node::new("HotelReservationID")
            .with("ResID_Type", kind)
            .with("ResID_Value", value)
    };
    // A change also tells the number under which the hotel knows the booking.
    let known = known(world, one).filter(|_| one.kind == Kind::Modify);
    let ids = known.map(|number| id(OURS, &number)).into_iter();
    let ids = Node::new("HotelReservationIDs").containing(ids.chain([id(EXPEDIAS, &one.booking)]));
    let global = Node::new("ResGlobalInfo").containing([ids]);
    let stays = Node::new("RoomStays").containing([stay(world, one)]);
    let unique = Node::new("UniqueID")
        .with("Type", "14")
        .with("ID", one.booking.as_str());
    let entry = Node::new(entry)
        .with("RoomStayReservation", "true")
        .with("CreateDateTime", instant(one.created))
        .with("CreatorID", "Expedia")
        .containing([unique, stays, guests(one), global]);
    message
        .with("ResStatus", "Commit")
        .containing([Node::new(list).containing([entry])])
}

fn cancelling(world: &World, one: &Transaction, message: Node) -> Node {
    let id = |kind: &str, value: &str, company: &str| {
        Node::new("UniqueID")
            .with("Type", kind)
            .with("ID", value)
            .containing([Node::new("CompanyName").saying(company)])
    };
    let ours = known(world, one).map(|number| id("10", &number, RESPONDER));
    let dates = Node::new("ReservationTimeSpan")
        .with("Start", one.request.check_in.to_string())
        .with("End", one.request.check_out.to_string());
    let verified = Node::new("Verification").containing([name(one), dates]);
    message
        .containing(ours)
        .containing([id("14", &one.booking, "Expedia"), verified])
}

/// The newest number that the hotel told of the booking.
fn known(world: &World, one: &Transaction) -> Option<String> {
    let mut numbers = world.of(&one.booking).filter_map(|other| {
        let number = other.confirm_number.as_ref()?;
        Some(number.clone())
    });
    numbers.next_back()
}

/// In the offset of Expedia's own clocks.
fn instant(at: Timestamp) -> String {
    let there = at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(-7)));
    there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn stay(world: &World, one: &Transaction) -> Node {
    let request = &one.request;
    let place = world.places.get(&one.property);
    let (currency, decimals) = place.map_or(("", 2), |place| {
        (place.property.currency.as_str(), place.decimals)
    });
    let printed = |minor: i64| money::print(minor, decimals).get().to_owned();
    let room = world.room_of(&request.rate_plan).unwrap_or_default();
    let rate = |(night, price): (&jiff::civil::Date, &i64)| {
        let end = night.tomorrow().unwrap_or(*night).to_string();
        let base = Node::new("Base")
            .with("AmountBeforeTax", printed(*price))
            .with("CurrencyCode", currency);
        let rate = Node::new("Rate")
            .with("EffectiveDate", night.to_string())
            .with("ExpireDate", end.as_str())
            .containing([base]);
        Node::new("RoomRate")
            .with("EffectiveDate", night.to_string())
            .with("ExpireDate", end)
            .with("RoomTypeCode", room)
            .with("RatePlanCode", request.rate_plan.as_str())
            .containing([Node::new("Rates").containing([rate])])
    };
    let total = one.prices.values().copied().fold(0, i64::saturating_add);
    let dates = Node::new("TimeSpan")
        .with("Start", request.check_in.to_string())
        .with("End", request.check_out.to_string());
    let total = Node::new("Total")
        .with("AmountAfterTax", printed(total))
        .with("CurrencyCode", currency);
    let hotel = Node::new("BasicPropertyInfo").with("HotelCode", one.property.as_str());
    let wish = request.special_request.as_deref().map(|wish| {
        let text = Node::new("Text").saying(wish);
        let wish = Node::new("SpecialRequest").with("RequestCode", "4");
        Node::new("SpecialRequests").containing([wish.containing([text])])
    });
    Node::new("RoomStay")
        .containing([
            Node::new("RoomRates").containing(one.prices.iter().map(rate)),
            counts(one),
            dates,
            guarantee(),
            total,
            hotel,
        ])
        .containing(wish)
}

fn counts(one: &Transaction) -> Node {
    let adults = Node::new("GuestCount")
        .with("AgeQualifyingCode", "10")
        .with("Count", one.request.adults.to_string());
    let child = |age: &u8| {
        Node::new("GuestCount")
            .with("AgeQualifyingCode", "8")
            .with("Count", "1")
            .with("Age", age.to_string())
    };
    let children = one.request.children_ages.iter().map(child);
    Node::new("GuestCounts")
        .containing([adults])
        .containing(children)
}

/// A test card: no hotel's system may keep it.
fn guarantee() -> Node {
    let holder = Node::new("CardHolderName").saying("Expedia VirtualCard");
    let card = Node::new("PaymentCard")
        .with("CardCode", "VI")
        .with("CardNumber", "4111111111111111")
        .with("ExpireDate", "1230")
        .containing([holder]);
    let accepted = Node::new("GuaranteeAccepted").containing([card]);
    let all = Node::new("GuaranteesAccepted").containing([accepted]);
    Node::new("Guarantee").containing([all])
}

fn guests(one: &Transaction) -> Node {
    let email = one.request.guest.email.as_deref();
    let email = email.map(|email| Node::new("Email").saying(email));
    let customer = Node::new("Customer")
        .containing([name(one)])
        .containing(email);
    let within = |name: &str, inner: Node| Node::new(name).containing([inner]);
    let profiles = within(
        "Profiles",
        within("ProfileInfo", within("Profile", customer)),
    );
    within("ResGuests", within("ResGuest", profiles))
}

fn name(one: &Transaction) -> Node {
    let guest = &one.request.guest;
    let given = Node::new("GivenName").saying(guest.given_name.as_str());
    let surname = Node::new("Surname").saying(guest.surname.as_str());
    Node::new("PersonName").containing([given, surname])
}
