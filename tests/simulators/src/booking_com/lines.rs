//! The lines of a notification: what each is about, and what it changes.

use std::collections::BTreeSet;

use jiff::civil::Date;
use roomwire_plugin_sdk::xml::Element;

use super::wire::{Fault, day, holds_only, only, required};

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) locator: String,
    pub(super) start: Date,
    /// The last night.
    pub(super) end: Date,
    pub(super) room: String,
    pub(super) rate: Option<String>,
    pub(super) change: Change,
}

/// What a line changes: one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Units(u32),
    /// Of a room, or of a rate on it.
    Closed(bool),
    ClosedToArrival(bool),
    ClosedToDeparture(bool),
    MinStayThrough(u32),
    MinStayArrival(u32),
    MaxStay(u32),
    Prices(Vec<Amount>),
}

/// A price as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) amount: String,
    pub(super) currency: String,
    /// For so many guests; absent: for the room.
    pub(super) guests: Option<u16>,
}

impl Line {
    /// Whether two lines change the same thing on the same night.
    pub(super) fn repeats(&self, earlier: &Self) -> bool {
        let same_kind =
            std::mem::discriminant(&self.change) == std::mem::discriminant(&earlier.change);
        same_kind
            && (&self.room, &self.rate) == (&earlier.room, &earlier.rate)
            && self.start <= earlier.end
            && earlier.start <= self.end
    }

    /// A line about rooms to sell or restrictions.
    pub(super) fn of_availability(line: &Element) -> Result<Self, Fault> {
        let children = [
            "StatusApplicationControl",
            "LengthsOfStay",
            "RestrictionStatus",
        ];
        let name = "AvailStatusMessage";
        holds_only(line, name, (&["BookingLimit", "LocatorID"], &children))?;
        if line.elements().len() > 2 {
            return Err(Fault::schema("a message about availability says one thing"));
        }
        let limit = line.get("BookingLimit");
        let length = line.at(&["LengthsOfStay"]);
        let status = line.at(&["RestrictionStatus"]);
        let change = match (limit, length, status) {
            (Some(limit), None, None) => Change::Units(number(limit)?),
            (None, Some(length), None) => length_of_stay(length)?,
            (None, None, Some(status)) => closing(status)?,
            _ => return Err(Fault::schema("a message about availability says one thing")),
        };
        let line = Self::about(line, change)?;
        let of_room = matches!(line.change, Change::Units(_));
        let of_rate = !matches!(line.change, Change::Units(_) | Change::Closed(_));
        if (of_room && line.rate.is_some()) || (of_rate && line.rate.is_none()) {
            return Err(Fault::schema(
                "rooms to sell are a room's, restrictions a rate's",
            ));
        }
        Ok(line)
    }

    /// A line about prices.
    pub(super) fn of_price(line: &Element) -> Result<Self, Fault> {
        let children = ["StatusApplicationControl", "Rates"];
        holds_only(line, "RateAmountMessage", (&["LocatorID"], &children))?;
        let rates = only(line, "Rates")?;
        holds_only(rates, "Rates", (&[], &["Rate"]))?;
        let rate = only(rates, "Rate")?;
        holds_only(rate, "Rate", (&[], &["BaseByGuestAmts"]))?;
        let amounts = only(rate, "BaseByGuestAmts")?;
        holds_only(amounts, "BaseByGuestAmts", (&[], &["BaseByGuestAmt"]))?;
        let amounts: Vec<Amount> = amounts
            .all("BaseByGuestAmt")
            .map(amount)
            .collect::<Result<_, _>>()?;
        if amounts.is_empty() {
            return Err(Fault::schema("`BaseByGuestAmts` needs a `BaseByGuestAmt`"));
        }
        let told: BTreeSet<Option<u16>> = amounts.iter().map(|one| one.guests).collect();
        if told.len() < amounts.len() {
            return Err(Fault::schema("a price is told twice"));
        }
        let line = Self::about(line, Change::Prices(amounts))?;
        if line.rate.is_none() {
            return Err(Fault::schema("a price is a rate's"));
        }
        Ok(line)
    }

    fn about(line: &Element, change: Change) -> Result<Self, Fault> {
        let control = only(line, "StatusApplicationControl")?;
        let attributes = ["Start", "End", "InvTypeCode", "RatePlanCode"];
        holds_only(control, control.name(), (&attributes, &[]))?;
        let (start, end) = (
            day(required(control, "Start")?)?,
            day(required(control, "End")?)?,
        );
        if end < start {
            return Err(Fault::schema("a message ends before it begins"));
        }
        Ok(Self {
            locator: required(line, "LocatorID")?.to_owned(),
            start,
            end,
            room: required(control, "InvTypeCode")?.to_owned(),
            rate: control.get("RatePlanCode").map(str::to_owned),
            change,
        })
    }
}

fn amount(amount: &Element) -> Result<Amount, Fault> {
    let attributes = ["AmountAfterTax", "CurrencyCode", "NumberOfGuests"];
    holds_only(amount, "BaseByGuestAmt", (&attributes, &[]))?;
    let guests = amount.get("NumberOfGuests").map(|text| {
        let guests = u16::try_from(number(text)?).ok();
        let guests = guests.filter(|guests| *guests > 0);
        guests.ok_or_else(|| Fault::schema(format!("`{text}` is no number of guests")))
    });
    Ok(Amount {
        amount: required(amount, "AmountAfterTax")?.to_owned(),
        currency: required(amount, "CurrencyCode")?.to_owned(),
        guests: guests.transpose()?,
    })
}

fn length_of_stay(lengths: &Element) -> Result<Change, Fault> {
    holds_only(lengths, "LengthsOfStay", (&[], &["LengthOfStay"]))?;
    let length = only(lengths, "LengthOfStay")?;
    holds_only(
        length,
        "LengthOfStay",
        (&["MinMaxMessageType", "Time"], &[]),
    )?;
    let nights = number(required(length, "Time")?)?;
    match required(length, "MinMaxMessageType")? {
        "SetMinLOS" => Ok(Change::MinStayThrough(nights)),
        "SetForwardMinStay" => Ok(Change::MinStayArrival(nights)),
        "SetMaxLOS" => Ok(Change::MaxStay(nights)),
        other => Err(Fault::schema(format!("`{other}` is no length of stay"))),
    }
}

fn closing(status: &Element) -> Result<Change, Fault> {
    holds_only(
        status,
        "RestrictionStatus",
        (&["Restriction", "Status"], &[]),
    )?;
    let closed = match required(status, "Status")? {
        "Close" => true,
        "Open" => false,
        other => return Err(Fault::schema(format!("`{other}` is no status"))),
    };
    match status.get("Restriction") {
        None => Ok(Change::Closed(closed)),
        Some("Arrival") => Ok(Change::ClosedToArrival(closed)),
        Some("Departure") => Ok(Change::ClosedToDeparture(closed)),
        Some(other) => Err(Fault::schema(format!("`{other}` is no restriction"))),
    }
}

/// Digits and nothing else.
fn number(text: &str) -> Result<u32, Fault> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| Fault::schema(format!("`{text}` is no number")))
}
