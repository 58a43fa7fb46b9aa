//! A booking notification as a revision of ours: always the whole booking, except that a cancellation only names it.

use roomwire_plugin_sdk::channel::{Guest, NightPrice, ProductCode, ReservationRoom, Revision};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Date, Failure, Money, ToSpan};

use crate::Settings;
use crate::map::revision::{rank, status, version};
use crate::wire::booking::{amount, day, instant, number, only, text, within};
use crate::wire::envelope::Notification;

/// Expedia's code for a property that is not the one that was asked.
const OTHER_PROPERTY: &str = "3202";

const ADULT: &str = "10";

pub(crate) fn revision(
    context: &Context<Settings>,
    told: &Notification,
) -> Result<Revision, Failure> {
    let id = told.booking()?;
    check_property(context, told.property())?;
    let entry = told.entry()?;
    let made_at = match entry {
        Some(entry) => instant(entry, "CreateDateTime")?,
        None => instant(&told.message, "TimeStamp")?,
    };
    let kind = told.kind.name();
    let made = made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (rooms, total) = match entry {
        Some(entry) => stayed(context, entry)?,
        None => (Vec::new(), nothing(context)),
    };
    Ok(Revision {
        reservation: id.to_owned(),
        // As BR's: what it tells of the same transaction is no news then.
        revision: version((kind, made.as_str()), &rooms, &total),
        order: made_at.as_millisecond() + rank(kind),
        status: status(kind),
        source: source(&told.message),
        booker: guest(entry),
        rooms,
        total,
        notes: entry.and_then(notes),
        booked_at: Some(made_at).filter(|_| kind == "Book"),
        // The answer is the confirmation.
        acknowledgement: None,
        extensions: vec![("channel-reference".to_owned(), id.to_owned())],
    })
}

fn check_property(context: &Context<Settings>, told: Option<&str>) -> Result<(), Failure> {
    if told.is_none_or(|told| told == context.settings.property) {
        return Ok(());
    }
    let message = "the booking is of another property";
    Err(Failure::invalid("", OTHER_PROPERTY, message))
}

fn nothing(context: &Context<Settings>) -> Money {
    Money {
        minor: 0,
        currency: context.currency.code.clone(),
    }
}

/// The point of sale: `Hotels.com`, or `A-…` where the hotel collects.
fn source(message: &Element) -> Option<String> {
    let mut sources = message.at(&["POS"])?.all("Source");
    let seller = sources.find_map(|source| {
        let requestor = source.at(&["RequestorID"])?;
        requestor
            .get("ID")
            .filter(|_| requestor.get("Type") == Some("18"))
    });
    seller.map(str::to_owned)
}

fn stayed(
    context: &Context<Settings>,
    entry: &Element,
) -> Result<(Vec<ReservationRoom>, Money), Failure> {
    // Expedia sells one room at a time: of several, all but one would be confirmed and not held.
    let stay = only(only(entry, "RoomStays")?, "RoomStay")?;
    let hotel = stay.at(&["BasicPropertyInfo"]);
    check_property(context, hotel.and_then(|hotel| hotel.get("HotelCode")))?;
    let room = room(context, stay)?;
    let total = total(context, stay, &room)?;
    Ok((vec![room], total))
}

fn room(context: &Context<Settings>, stay: &Element) -> Result<ReservationRoom, Failure> {
    let dates = within(stay, &["TimeSpan"])?;
    let (check_in, check_out) = (day(dates, "Start")?, day(dates, "End")?);
    if check_out <= check_in {
        return Err(Failure::Permanent(
            "a stay ends before it begins".to_owned(),
        ));
    }
    let rates = within(stay, &["RoomRates"])?;
    let sold = within(rates, &["RoomRate"])?;
    if rates.all("RoomRate").any(is_several) {
        return Err(Failure::Permanent("a stay is of several rooms".to_owned()));
    }
    let nights = nights(context, rates)?;
    let told = nights.iter().map(|night| night.night);
    // Where the prices by night do not fit the stay, only the total is kept.
    let fit = told.eq(dates_of(check_in, check_out));
    let adults: u16 = guests(stay)
        .filter(|(code, _, _)| *code == ADULT)
        .map(|(_, count, _)| count)
        .fold(0, u16::saturating_add);
    Ok(ReservationRoom {
        id: None,
        product: ProductCode::rate(text(sold, "RoomTypeCode")?, text(sold, "RatePlanCode")?),
        check_in,
        check_out,
        adults: adults.max(1),
        children_ages: children(stay)
            .filter_map(|(count, age)| Some(std::iter::repeat_n(age?, count.into())))
            .flatten()
            .collect(),
        nights: if fit { nights } else { Vec::new() },
        guests: Vec::new(),
        extensions: Vec::new(),
    })
}

fn is_several(rate: &Element) -> bool {
    rate.get("NumberOfUnits").is_some_and(|units| units != "1")
}

fn dates_of(first: Date, end: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |night| *night < end)
}

/// The base price of each night that the rates cover. A rate that is longer than any stay is told by the total alone.
fn nights(context: &Context<Settings>, rates: &Element) -> Result<Vec<NightPrice>, Failure> {
    let mut nights = Vec::new();
    let each = rates.all("RoomRate").filter_map(|rate| rate.at(&["Rates"]));
    for rate in each.flat_map(Element::elements) {
        let base = within(rate, &["Base"])?;
        let price = context.money(
            amount(base, "AmountBeforeTax")?,
            text(base, "CurrencyCode")?,
        )?;
        let (first, end) = (day(rate, "EffectiveDate")?, day(rate, "ExpireDate")?);
        let covered = dates_of(first, end).take(LONGEST_STAY);
        nights.extend(covered.map(|night| NightPrice {
            night,
            price: price.clone(),
        }));
    }
    Ok(nights)
}

/// In nights; Expedia sells 28 at most.
const LONGEST_STAY: usize = 100;

/// Of each sort of guests the code, their number, and their age where it is told.
fn guests(stay: &Element) -> impl Iterator<Item = (&str, u16, Option<u8>)> {
    let counts = stay.all("GuestCounts").flat_map(Element::elements);
    counts.filter_map(|count| {
        let code = count.get("AgeQualifyingCode")?;
        let how_many: u16 = number(count, "Count").unwrap_or(1);
        // More than any room holds is a number that cannot be meant.
        Some((code, how_many.min(30), number::<u8>(count, "Age").ok()))
    })
}

fn children(stay: &Element) -> impl Iterator<Item = (u16, Option<u8>)> {
    guests(stay)
        .filter(|(code, _, _)| *code != ADULT)
        .map(|(_, count, age)| (count, age))
}

/// The total with taxes, or the nights together where it has none.
fn total(
    context: &Context<Settings>,
    stay: &Element,
    room: &ReservationRoom,
) -> Result<Money, Failure> {
    let total = stay.at(&["Total"]);
    if let Some(total) = total.filter(|total| total.get("AmountAfterTax").is_some()) {
        return context.money(
            amount(total, "AmountAfterTax")?,
            text(total, "CurrencyCode")?,
        );
    }
    let first = room.nights.first().ok_or_else(|| {
        Failure::Permanent("a stay has neither a total nor prices by night".to_owned())
    })?;
    Ok(Money {
        minor: room
            .nights
            .iter()
            .fold(0, |sum, night| night.price.minor.saturating_add(sum)),
        currency: first.price.currency.clone(),
    })
}

/// The guest's name and how to reach them. A cancellation's guest is the one who is known.
fn guest(entry: Option<&Element>) -> Guest {
    let path = [
        "ResGuests",
        "ResGuest",
        "Profiles",
        "ProfileInfo",
        "Profile",
        "Customer",
    ];
    let customer = entry.and_then(|entry| entry.at(&path));
    let content = |path: &[&str]| {
        let found = customer.and_then(|customer| customer.at(path));
        found.map(|found| found.content().to_owned())
    };
    let name = |part: &str| content(&["PersonName", part]).unwrap_or_default();
    let phone = customer
        .and_then(|customer| customer.at(&["Telephone"]))
        .map(|phone| {
            let parts = [
                "CountryAccessCode",
                "AreaCityCode",
                "PhoneNumber",
                "Extension",
            ];
            let parts: Vec<&str> = parts.iter().filter_map(|part| phone.get(part)).collect();
            parts.join(" ")
        });
    Guest {
        first_name: name("GivenName"),
        last_name: name("Surname"),
        email: content(&["Email"]).filter(|email| !email.is_empty()),
        phone: phone.filter(|phone| !phone.is_empty()),
        country: None,
        language: None,
    }
}

/// What the guest wishes, and children whose ages are not told.
fn notes(entry: &Element) -> Option<String> {
    let stay = entry.at(&["RoomStays", "RoomStay"])?;
    let requests = stay.all("SpecialRequests").flat_map(Element::elements);
    let mut lines: Vec<String> = requests
        .filter_map(|request| request.at(&["Text"]))
        .map(|text| text.content().to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    let untold: u32 = children(stay)
        .filter(|(_, age)| age.is_none())
        .map(|(count, _)| u32::from(count))
        .sum();
    if untold > 0 {
        lines.push(format!("Children: {untold} (ages not told)."));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}
