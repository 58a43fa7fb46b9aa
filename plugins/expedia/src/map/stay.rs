//! A booking's stay: always one room. Several rooms of one guest are several bookings.

use roomwire_plugin_sdk::channel::{NightPrice, ProductCode, ReservationRoom};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure, ToSpan};

use crate::Settings;
use crate::wire::booking::{amount, day, number, text, within};

pub(crate) fn room(
    context: &Context<Settings>,
    stay: &Element,
) -> Result<ReservationRoom, Failure> {
    let dates = within(stay, &["StayDate"])?;
    let (check_in, check_out) = (day(dates, "arrival")?, day(dates, "departure")?);
    if check_out <= check_in {
        return Err(Failure::Permanent(
            "a stay ends before it begins".to_owned(),
        ));
    }
    let nights = nights(context, stay)?;
    let told = nights.iter().map(|night| night.night);
    let expected = check_in
        .series(1.day())
        .take_while(|night| *night < check_out);
    // Where the prices by night do not fit the stay, only the total is kept.
    let fit = told.eq(expected);
    let adults: Option<u16> = stay
        .at(&["GuestCount"])
        .map(|count| number(count, "adult"))
        .transpose()?;
    Ok(ReservationRoom {
        id: None,
        product: ProductCode::rate(text(stay, "roomTypeID")?, text(stay, "ratePlanID")?),
        check_in,
        check_out,
        adults: adults.unwrap_or(1).max(1),
        children_ages: children(stay).filter_map(age).collect(),
        nights: if fit { nights } else { Vec::new() },
        guests: Vec::new(),
        extensions: Vec::new(),
    })
}

fn nights(context: &Context<Settings>, stay: &Element) -> Result<Vec<NightPrice>, Failure> {
    let Some(rates) = stay.at(&["PerDayRates"]) else {
        return Ok(Vec::new());
    };
    let currency = text(rates, "currency")?;
    let night = |rate: &Element| {
        Ok(NightPrice {
            night: day(rate, "stayDate")?,
            price: context.money(amount(rate, "baseRate")?, currency)?,
        })
    };
    rates.all("PerDayRate").map(night).collect()
}

fn children(stay: &Element) -> impl Iterator<Item = &Element> {
    let counts = stay.all("GuestCount");
    counts.flat_map(|count| count.all("Child"))
}

/// A child of whom no age can be read must not hide the booking.
fn age(child: &Element) -> Option<u8> {
    number(child, "age").ok()
}

fn ages_not_told(stay: &Element) -> usize {
    let counted = stay
        .at(&["GuestCount"])
        .and_then(|count| number::<usize>(count, "child").ok());
    let all = counted.unwrap_or(0).max(children(stay).count());
    all.saturating_sub(children(stay).filter_map(age).count())
}

/// What the guest wishes, and children whose ages are not told.
pub(crate) fn notes(booking: &Element) -> Option<String> {
    let requests = booking.all("SpecialRequest").map(Element::content);
    let mut lines: Vec<String> = requests
        .filter(|request| !request.is_empty())
        .map(str::to_owned)
        .collect();
    let untold = booking.at(&["RoomStay"]).map_or(0, ages_not_told);
    if untold > 0 {
        lines.push(format!("Children: {untold} (ages not told)."));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}
