//! Shapes that several routes share: what the API's JSON looks like, apart from our own types.

use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::quotes::MAX_UNITS;
use crate::domain::extra::{BookedExtra, WantedExtra};
use crate::domain::money::{Currency, Money};
use crate::domain::night::Stay;
use crate::domain::offer::Party;
use crate::domain::pricing::{self, Bill, Charged};
use crate::domain::quote::{self, QuotedLine};
use crate::domain::reservation::Guest;
use crate::http::problem::Problem;

/// A calendar date in the hotel's time zone, written `YYYY-MM-DD` and in no other way.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[schema(value_type = String, format = Date, examples("2026-12-24"))]
pub(super) struct LocalDate(pub Date);

impl<'de> Deserialize<'de> for LocalDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = text.len() == 10
            && text.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let date = if plain { text.parse().ok() } else { None };
        date.map(Self)
            .ok_or_else(|| D::Error::custom("expected a calendar date, such as 2026-12-24"))
    }
}

/// An exact amount in minor units: 12.50 EUR is 1250.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct MoneyBody {
    #[schema(examples(24000))]
    pub minor: i64,
    #[schema(examples("EUR"))]
    pub currency: &'static str,
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self {
            minor: money.minor,
            currency: money.currency.code(),
        }
    }
}

/// One night's price for one unit, minor units.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct NightPrice {
    pub night: LocalDate,
    pub minor: i64,
}

/// Pairs the nights of a stay with their prices.
pub(super) fn night_prices(stay: Stay, prices: &[i64]) -> Vec<NightPrice> {
    stay.nights()
        .zip(prices)
        .map(|(night, minor)| NightPrice {
            night: LocalDate(night),
            minor: *minor,
        })
        .collect()
}

/// A tax or fee.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ChargeBody {
    #[schema(examples("CITY"))]
    pub code: String,
    #[schema(examples("City tax"))]
    pub name: String,
    /// Already in `room_total`, or on top of it.
    pub included: bool,
    pub amount: MoneyBody,
}

/// The body of each charge.
pub(super) fn charge_bodies(charges: &[Charged], currency: Currency) -> Vec<ChargeBody> {
    charges
        .iter()
        .map(|charge| ChargeBody {
            code: charge.code.clone(),
            name: charge.name.clone(),
            included: charge.included,
            amount: Money::new(charge.amount, currency).into(),
        })
        .collect()
}

/// An extra that comes with a line.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ExtraBody {
    #[schema(examples("DINNER"))]
    pub code: String,
    #[schema(examples("Dinner"))]
    pub name: String,
    /// The code of the package that it came with. A package with a price of its own stands first, under its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// As it was asked for: for each unit of its basis, in each room.
    pub quantity: u32,
    /// How many are used on each of its days, by all units of the line.
    pub units: u32,
    pub days: Vec<LocalDate>,
    /// Of one.
    pub price: MoneyBody,
    /// Of all of them.
    pub amount: MoneyBody,
}

/// The body of each extra.
pub(super) fn extra_bodies(extras: &[BookedExtra], currency: Currency) -> Vec<ExtraBody> {
    extras
        .iter()
        .map(|extra| ExtraBody {
            code: extra.code.clone(),
            name: extra.name.clone(),
            package: extra.package.clone(),
            quantity: extra.quantity,
            units: extra.units,
            days: extra.days.iter().copied().map(LocalDate).collect(),
            price: Money::new(extra.price, currency).into(),
            amount: Money::new(extra.amount, currency).into(),
        })
        .collect()
}

/// An extra that a line asks for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineExtra {
    /// The extra's code.
    #[schema(examples("DINNER"))]
    pub code: String,
    /// For each unit of its basis, in each room.
    #[serde(default = "once")]
    #[schema(default = 1, minimum = 1, maximum = 20)]
    pub quantity: u32,
}

fn once() -> u32 {
    1
}

/// The most extras that a line names.
const MAX_EXTRAS: usize = 20;
/// The most of one for each unit of its basis.
const MAX_QUANTITY: u32 = 20;

/// What a line asks for beside its room.
pub(super) fn extras(pointer: &str, extras: Vec<LineExtra>) -> Result<Vec<WantedExtra>, Problem> {
    if extras.len() > MAX_EXTRAS {
        let message = format!("a line has at most {MAX_EXTRAS} extras");
        return Err(Problem::invalid(format!("{pointer}extras"), message));
    }
    let extras = extras.into_iter().enumerate();
    extras
        .map(|(place, extra)| {
            if !(1..=MAX_QUANTITY).contains(&extra.quantity) {
                let message = format!("is not between 1 and {MAX_QUANTITY}");
                let pointer = format!("{pointer}extras/{place}/quantity");
                return Err(Problem::invalid(pointer, message));
            }
            Ok(WantedExtra {
                code: extra.code,
                quantity: extra.quantity,
            })
        })
        .collect()
}

/// What something costs: its nights, taxes and fees, and extras.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BillBody {
    /// All nights of all units.
    pub room_total: MoneyBody,
    pub charges: Vec<ChargeBody>,
    /// All extras; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extras_total: Option<MoneyBody>,
    /// `room_total`, the charges on top of it, and the extras.
    pub total: MoneyBody,
}

impl BillBody {
    pub(super) fn new(bill: &Bill, currency: Currency) -> Self {
        Self {
            room_total: Money::new(bill.rooms, currency).into(),
            charges: charge_bodies(&bill.charges, currency),
            extras_total: extras_total(bill, currency),
            total: Money::new(bill.total, currency).into(),
        }
    }
}

/// What extras cost together, where there are any.
pub(super) fn extras_total(bill: &Bill, currency: Currency) -> Option<MoneyBody> {
    (bill.extras != 0).then(|| Money::new(bill.extras, currency).into())
}

/// What a promo code took off, where it took something off.
pub(super) fn discount(minor: i64, currency: Currency) -> Option<MoneyBody> {
    (minor > 0).then(|| Money::new(minor, currency).into())
}

/// What a promo code took off these lines together. They were refused before that went beyond every price.
pub(super) fn discount_of(lines: &[QuotedLine], currency: Currency) -> Option<MoneyBody> {
    discount(quote::discount(lines).unwrap_or_default(), currency)
}

/// The most characters of a promo code.
const MAX_PROMO_CODE: usize = 32;

/// A promo code as somebody wrote it, or what is wrong with it. Whether the hotel has it is not known here.
pub(super) fn promo_code<'a>(
    pointer: &str,
    code: Option<&'a str>,
) -> Result<Option<&'a str>, Problem> {
    if let Some(code) = code {
        bounded(pointer, code, MAX_PROMO_CODE)?;
    }
    Ok(code)
}

/// A line of a quote or hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LineBody {
    pub room_type_id: Uuid,
    pub rate_plan_id: Uuid,
    pub check_in: LocalDate,
    /// The day of departure.
    pub check_out: LocalDate,
    pub units: u32,
    pub adults: u16,
    pub children_ages: Vec<u8>,
    /// Each night's price of one unit.
    pub nights: Vec<NightPrice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<ExtraBody>,
    /// What a promo code took off the nights of all its units: they are what is left to pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<MoneyBody>,
    /// What all its units cost.
    #[serde(flatten)]
    pub bill: BillBody,
}

impl LineBody {
    /// Lines were refused before their sums went beyond every price.
    pub(super) fn new(line: &QuotedLine, currency: Currency) -> Self {
        let bill = pricing::bill([line.billed()]).unwrap_or_default();
        Self {
            room_type_id: line.room_type.0,
            rate_plan_id: line.rate_plan.0,
            check_in: LocalDate(line.stay.check_in()),
            check_out: LocalDate(line.stay.check_out()),
            units: line.units,
            adults: line.party.adults,
            children_ages: line.party.children_ages.clone(),
            nights: night_prices(line.stay, &line.prices),
            extras: extra_bodies(&line.extras, currency),
            discount: discount(line.discount, currency),
            bill: BillBody::new(&bill, currency),
        }
    }
}

/// A booker or guest.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GuestBody {
    #[schema(examples("Ada"))]
    pub first_name: String,
    #[schema(examples("Lovelace"))]
    pub last_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl From<&Guest> for GuestBody {
    fn from(guest: &Guest) -> Self {
        let Guest {
            first_name,
            last_name,
            email,
            phone,
        } = guest.clone();
        Self {
            first_name,
            last_name,
            email,
            phone,
        }
    }
}

/// The most characters of a name or address.
const MAX_TEXT: usize = 200;

impl GuestBody {
    /// A guest, or what is wrong at this pointer.
    pub(super) fn parse(&self, pointer: &str) -> Result<Guest, Problem> {
        let text = |name: &str, value: &str| {
            let value = value.trim();
            if value.is_empty() {
                return Err(Problem::invalid(
                    format!("{pointer}/{name}"),
                    "must not be empty",
                ));
            }
            bounded(&format!("{pointer}/{name}"), value, MAX_TEXT)
        };
        let email = self.email.as_deref().map(|email| {
            let email = text("email", email)?;
            let well_formed = email.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && domain.contains('.') && !domain.contains('@')
            }) && !email.contains(char::is_whitespace);
            if well_formed {
                Ok(email)
            } else {
                Err(Problem::invalid(
                    format!("{pointer}/email"),
                    "is no email address",
                ))
            }
        });
        Ok(Guest {
            first_name: text("first_name", &self.first_name)?,
            last_name: text("last_name", &self.last_name)?,
            email: email.transpose()?,
            phone: self
                .phone
                .as_deref()
                .map(|phone| text("phone", phone))
                .transpose()?,
        })
    }
}

/// A text within a limit and without control characters but the ends of lines, or what is wrong at this pointer.
pub(super) fn bounded(pointer: &str, value: &str, limit: usize) -> Result<String, Problem> {
    within(pointer, value, limit, &['\n'])
}

/// A text of several lines, which may be indented. Those that end as under Windows end like all others then.
pub(super) fn prose(pointer: &str, value: &str, limit: usize) -> Result<String, Problem> {
    within(pointer, &value.replace("\r\n", "\n"), limit, &['\n', '\t'])
}

fn within(pointer: &str, value: &str, limit: usize, taken: &[char]) -> Result<String, Problem> {
    if value.chars().count() > limit {
        return Err(Problem::invalid(
            pointer,
            format!("has more than {limit} characters"),
        ));
    }
    if value
        .chars()
        .any(|letter| letter.is_control() && !taken.contains(&letter))
    {
        return Err(Problem::invalid(pointer, "has a control character"));
    }
    Ok(value.to_owned())
}

const MAX_REASON: usize = 500;

/// A reason, where one is given, or what is wrong with it at this pointer.
pub(super) fn reason(pointer: &str, reason: Option<&str>) -> Result<Option<String>, Problem> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    reason
        .map(|reason| prose(pointer, reason, MAX_REASON))
        .transpose()
}

/// A number of units within the limit.
pub(super) fn units(pointer: &str, units: u32) -> Result<(), Problem> {
    if (1..=MAX_UNITS).contains(&units) {
        return Ok(());
    }
    let message = format!("a line has 1 to {MAX_UNITS} units");
    Err(Problem::invalid(format!("{pointer}units"), message))
}

/// A stay, or what is wrong with these dates.
pub(super) fn stay(
    pointer: &str,
    check_in: LocalDate,
    check_out: LocalDate,
) -> Result<Stay, Problem> {
    Stay::new(check_in.0, check_out.0)
        .map_err(|invalid| Problem::invalid(format!("{pointer}check_out"), invalid.to_string()))
}

/// The most people that may be asked for in one room.
const MAX_PARTY: usize = 20;
/// The age from which a guest counts as an adult everywhere.
const ADULT_AGE: u8 = 18;

/// A party, or what is wrong with it.
pub(super) fn party(pointer: &str, adults: u16, children_ages: Vec<u8>) -> Result<Party, Problem> {
    if adults == 0 {
        return Err(Problem::invalid(
            format!("{pointer}adults"),
            "at least one adult sleeps in a room",
        ));
    }
    if children_ages.iter().any(|age| *age >= ADULT_AGE) {
        let message = format!("a child is younger than {ADULT_AGE}: count older ones as adults");
        return Err(Problem::invalid(format!("{pointer}children_ages"), message));
    }
    let party = Party {
        adults,
        children_ages,
    };
    if party.size() > MAX_PARTY {
        return Err(Problem::invalid(
            format!("{pointer}adults"),
            format!("at most {MAX_PARTY} people share a room"),
        ));
    }
    Ok(party)
}
