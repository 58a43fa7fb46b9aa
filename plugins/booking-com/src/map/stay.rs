//! The rooms of a reservation: days, people and prices.

use roomwire_plugin_sdk::channel::{Guest, NightPrice, ProductCode, ReservationRoom};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Date, Decimal, Failure, Money, ToSpan};

use crate::Settings;

/// The code of a room that is not named: no mapping of ours has it, so that the booking is flagged.
const UNMAPPED: &str = "unmapped";

/// What may stand behind a rate's id: the channel pays by a card of its own.
const VIRTUAL_CARD: &str = "VCC";

const ADULT: &str = "10";

pub(crate) fn stays(message: &Element) -> impl Iterator<Item = &Element> {
    let lists = message.all("RoomStays");
    lists.flat_map(|stays| stays.all("RoomStay"))
}

pub(crate) fn rooms(
    context: &Context<Settings>,
    message: &Element,
) -> Result<Vec<ReservationRoom>, Failure> {
    stays(message)
        .map(|stay| room(context, message, stay))
        .collect()
}

fn room(
    context: &Context<Settings>,
    message: &Element,
    stay: &Element,
) -> Result<ReservationRoom, Failure> {
    let rates = rates(stay)?;
    let (check_in, check_out) = dates(stay, &rates)?;
    let code = rates.first().and_then(|(_, rate)| rate_code(rate));
    let named = stay.at(&["RatePlans", "RatePlan"]).and_then(rate_code);
    let room_type = stay.at(&["RoomTypes", "RoomType"]);
    let room_type = room_type.and_then(|room| room.get("RoomTypeCode"));
    Ok(ReservationRoom {
        id: stay.get("IndexNumber").map(str::to_owned),
        product: ProductCode {
            room: room_type.unwrap_or(UNMAPPED).to_owned(),
            rate: code.or(named).map(str::to_owned),
        },
        check_in,
        check_out,
        adults: adults(stay),
        children_ages: children(stay).filter_map(|(age, _)| age).collect(),
        nights: nights(context, (check_in, check_out), &rates)?,
        guests: guests(message, stay),
        extensions: Vec::new(),
    })
}

/// The rates of a stay by night, in order.
fn rates(stay: &Element) -> Result<Vec<(Date, &Element)>, Failure> {
    let lists = stay.all("RoomRates");
    let rates = lists.flat_map(|rates| rates.all("RoomRate"));
    let mut rates = rates
        .map(|rate| Ok((date(rate, "EffectiveDate")?, rate)))
        .collect::<Result<Vec<_>, Failure>>()?;
    rates.sort_by_key(|(night, _)| *night);
    Ok(rates)
}

/// From the first night to the day after the last, unless the stay says it itself.
fn dates(stay: &Element, rates: &[(Date, &Element)]) -> Result<(Date, Date), Failure> {
    let told = stay.at(&["TimeSpan"]);
    let (check_in, check_out) = match (told, rates.first().zip(rates.last())) {
        (Some(told), _) => (date(told, "Start")?, date(told, "End")?),
        (None, Some(((first, _), (last, _)))) => (*first, last.saturating_add(1.day())),
        (None, None) => return Err(problem("a room has no dates")),
    };
    if check_out <= check_in {
        return Err(problem("a room's stay ends before it begins"));
    }
    Ok((check_in, check_out))
}

/// Where the prices by night do not fit the stay, only the total is kept.
fn nights(
    context: &Context<Settings>,
    (check_in, check_out): (Date, Date),
    rates: &[(Date, &Element)],
) -> Result<Vec<NightPrice>, Failure> {
    let expected = check_in
        .series(1.day())
        .take_while(|night| *night < check_out);
    if !rates.iter().map(|(night, _)| *night).eq(expected) {
        return Ok(Vec::new());
    }
    let totals = rates
        .iter()
        .map(|(night, rate)| Some((*night, rate.at(&["Rates", "Rate", "Total"])?)));
    let Some(totals) = totals.collect::<Option<Vec<_>>>() else {
        return Ok(Vec::new());
    };
    totals
        .into_iter()
        .map(|(night, total)| {
            Ok(NightPrice {
                night,
                price: amount(context, total)?,
            })
        })
        .collect()
}

/// An amount: in units of the last decimal where `DecimalPlaces` says how many there are, or with its point.
pub(crate) fn amount(context: &Context<Settings>, total: &Element) -> Result<Money, Failure> {
    let text = total
        .get("AmountAfterTax")
        .ok_or_else(|| problem("an amount is missing"))?;
    let places = total.get("DecimalPlaces").filter(|_| !text.contains('.'));
    let unreadable = || problem("an amount is no number");
    let amount = match places {
        Some(places) => Decimal::from_minor(
            text.parse().map_err(|_| unreadable())?,
            places.parse().map_err(|_| unreadable())?,
        ),
        None => text.parse().map_err(|_| unreadable())?,
    };
    let currency = total.get("CurrencyCode");
    context.money(amount, currency.unwrap_or(&context.currency.code))
}

fn adults(stay: &Element) -> u16 {
    let counts = guest_counts(stay).filter(|count| count.get("AgeQualifyingCode") == Some(ADULT));
    let adults = counts.filter_map(|count| count.get("Count")?.parse::<u16>().ok());
    adults.fold(0_u16, u16::saturating_add).max(1)
}

/// Children one by one, with their age where it is told; the count is bounded by what a room may hold.
fn children(stay: &Element) -> impl Iterator<Item = (Option<u8>, &Element)> {
    let children = guest_counts(stay).filter(|count| count.get("AgeQualifyingCode") != Some(ADULT));
    children.flat_map(|child| {
        let count = child
            .get("Count")
            .and_then(|count| count.parse::<u8>().ok());
        let age = child.get("Age").and_then(|age| age.parse().ok());
        std::iter::repeat_n((age, child), usize::from(count.unwrap_or(1).min(30)))
    })
}

fn guest_counts(stay: &Element) -> impl Iterator<Item = &Element> {
    let lists = stay.all("GuestCounts");
    lists.flat_map(|counts| counts.all("GuestCount"))
}

/// Who stays in a room: the room names guests of the reservation by their numbers.
fn guests(message: &Element, stay: &Element) -> Vec<Guest> {
    let lists = stay.all("ResGuestRPHs");
    let numbers = lists.flat_map(|numbers| numbers.all("ResGuestRPH"));
    let numbers = numbers.filter_map(|number| number.get("RPH"));
    let all = |number| {
        let lists = message.all("ResGuests");
        let guests = lists.flat_map(|guests| guests.all("ResGuest"));
        guests.filter(move |guest| guest.get("ResGuestRPH") == Some(number))
    };
    numbers
        .flat_map(all)
        .filter_map(|guest| guest.at(&["Profiles", "ProfileInfo", "Profile", "Customer"]))
        .map(customer)
        .collect()
}

pub(crate) fn customer(customer: &Element) -> Guest {
    let text = |path: &[&str]| {
        let found = customer.at(path).map(Element::content);
        found.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let country = customer.at(&["Address", "CountryName"]);
    let country = country.and_then(|country| country.get("Code").or(Some(country.content())));
    let phone = customer.at(&["Telephone"]);
    Guest {
        first_name: text(&["PersonName", "GivenName"]).unwrap_or_default(),
        last_name: text(&["PersonName", "Surname"]).unwrap_or_default(),
        email: text(&["Email"]),
        phone: phone
            .and_then(|phone| phone.get("PhoneNumber"))
            .map(str::to_owned),
        country: country
            .filter(|country| !country.is_empty())
            .map(str::to_owned),
        language: None,
    }
}

/// What has no place of its own: words of the booker's, children whose ages are not told, and who pays how.
pub(crate) fn notes(message: &Element) -> Option<String> {
    let info = message.all("ResGlobalInfo");
    let mut lines: Vec<String> = info
        .flat_map(|info| texts(info, "Comments", "Comment"))
        .collect();
    for stay in stays(message) {
        lines.extend(texts(stay, "Comments", "Comment"));
        lines.extend(texts(stay, "SpecialRequests", "SpecialRequest"));
    }
    let untold = stays(message)
        .flat_map(children)
        .filter(|(age, _)| age.is_none())
        .count();
    if untold > 0 {
        lines.push(format!("Children: {untold} (ages not told)."));
    }
    let virtual_card = stays(message)
        .flat_map(|stay| stay.all("RoomRates"))
        .flat_map(|rates| rates.all("RoomRate"))
        .filter_map(|rate| rate.get("RatePlanCode"))
        .any(|code| code.ends_with(VIRTUAL_CARD));
    if virtual_card {
        lines.push("The channel pays by a virtual card.".to_owned());
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn texts(of: &Element, list: &'static str, item: &'static str) -> impl Iterator<Item = String> {
    let items = of.all(list).flat_map(move |list| list.all(item));
    items
        .map(|item| item.at(&["Text"]).unwrap_or(item).content().to_owned())
        .filter(|text| !text.is_empty())
}

fn rate_code(rate: &Element) -> Option<&str> {
    let code = rate.get("RatePlanCode")?;
    let code = code.strip_suffix(VIRTUAL_CARD).unwrap_or(code);
    (!code.is_empty()).then_some(code)
}

fn date(element: &Element, name: &str) -> Result<Date, Failure> {
    let text = element
        .get(name)
        .ok_or_else(|| problem("a room has no dates"))?;
    text.parse()
        .map_err(|_| problem("a room has something else than a date"))
}

fn problem(what: &str) -> Failure {
    Failure::Permanent(what.to_owned())
}
