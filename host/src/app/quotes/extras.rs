//! Extras and packages of lines: found by code, priced for the stay, and compared with what was quoted.

use crate::app::quotes::{OnSale, WantedLine, beyond_every_price};
use crate::app::{AppError, Refusal};
use crate::domain::catalogue::{ExtraEntry, PackageEntry, Reference};
use crate::domain::extra::{BookedExtra, Use, UsedOn, WantedExtra};
use crate::domain::ids::ExtraId;
use crate::domain::pricing::Basis;
use crate::domain::quote::QuotedLine;
use crate::store::catalogue::{extras, packages};
use crate::store::{HotelTx, StoreError, extra_days};

/// What a hotel sells with its rooms.
#[derive(Debug, Default)]
pub(in crate::app) struct OnOffer {
    extras: Vec<ExtraEntry>,
    packages: Vec<PackageEntry>,
}

/// What is asked of one line.
struct Asked<'a> {
    number: usize,
    package: Option<&'a str>,
    extras: &'a [WantedExtra],
    /// Codes of the room type and the rate plan.
    product: (&'a str, &'a str),
    with: Use<'a>,
}

/// Adds to priced lines what is wanted with them, or refuses with the first that is not for sale.
pub(in crate::app) async fn add(
    tx: &mut HotelTx,
    wanted: &[&WantedLine],
    lines: &mut [QuotedLine],
) -> Result<(), AppError> {
    let none = |line: &&WantedLine| line.package.is_none() && line.extras.is_empty();
    if wanted.iter().all(none) {
        return Ok(());
    }
    let on_offer = OnOffer::read(tx).await?;
    for (number, (wanted, line)) in wanted.iter().zip(lines.iter_mut()).enumerate() {
        line.extras = on_offer.resolve(&Asked {
            number,
            package: wanted.package.as_deref(),
            extras: &wanted.extras,
            product: (&wanted.room_type, &wanted.rate_plan),
            with: Use {
                stay: line.stay,
                party: &line.party,
                rooms: line.units,
            },
        })?;
    }
    let extras: Vec<&BookedExtra> = lines.iter().flat_map(|line| &line.extras).collect();
    match extra_days::first_short(tx, &extras).await? {
        Some((extra, day)) => Err(Refusal::ExtraSoldOut { extra, day }.into()),
        None => Ok(()),
    }
}

/// Refuses quoted lines whose extras are no longer sold as they were quoted. Whether units are left is decided under
/// lock, by the hold.
pub(super) async fn check(
    tx: &mut HotelTx,
    on_sale: &OnSale,
    lines: &[QuotedLine],
) -> Result<(), AppError> {
    if lines.iter().all(|line| line.extras.is_empty()) {
        return Ok(());
    }
    let on_offer = OnOffer::read(tx).await?;
    for (number, line) in lines.iter().enumerate() {
        let shelf = on_sale.market.find(line.room_type, line.rate_plan);
        let product = shelf.map_or(("", ""), |shelf| {
            let product = &shelf.product;
            (
                product.room_type.code.as_str(),
                product.rate_plan.code.as_str(),
            )
        });
        let own = line.extras.iter().filter(|extra| extra.package.is_none());
        let own: Vec<WantedExtra> = own
            .map(|extra| WantedExtra {
                code: extra.code.clone(),
                quantity: extra.quantity,
            })
            .collect();
        let package = line
            .extras
            .iter()
            .find_map(|extra| extra.package.as_deref());
        let now = on_offer.resolve(&Asked {
            number,
            package,
            extras: &own,
            product,
            with: Use {
                stay: line.stay,
                party: &line.party,
                rooms: line.units,
            },
        });
        let now = now.unwrap_or_default();
        let changed = line.extras.iter().find(|quoted| !now.contains(quoted));
        let changed = changed.or_else(|| line.extras.first().filter(|_| now != line.extras));
        if let Some(extra) = changed {
            let extra = extra.code.clone();
            return Err(Refusal::ExtraChanged { extra }.into());
        }
    }
    Ok(())
}

impl OnOffer {
    pub(in crate::app) async fn read(tx: &mut HotelTx) -> Result<Self, StoreError> {
        Ok(Self {
            extras: extras::list(tx, &Reference::default()).await?,
            packages: packages::list(tx, &Reference::default()).await?,
        })
    }

    /// A booked extra with another line. It keeps its price, unless it is to have today's; what is no longer sold
    /// neither comes in addition nor gets a new price.
    pub(in crate::app) fn moved(
        &self,
        booked: &BookedExtra,
        with: Use<'_>,
        reprice: bool,
    ) -> Result<BookedExtra, Refusal> {
        let moved = booked.clone().with(with);
        let moved = moved.ok_or_else(|| beyond_every_price("/rooms"))?;
        if moved == *booked && !reprice {
            return Ok(moved);
        }
        let price = self.price(booked).ok_or_else(|| Refusal::NotModifiable {
            reason: format!(
                "the extra `{}` is no longer sold: it can neither move nor get a new price",
                booked.code
            ),
        })?;
        if !reprice {
            return Ok(moved);
        }
        let priced = BookedExtra { price, ..moved };
        priced
            .with(with)
            .ok_or_else(|| beyond_every_price("/rooms"))
    }

    /// Today's price of what was booked, if it is sold still. What came in a package with a price of its own is free.
    fn price(&self, booked: &BookedExtra) -> Option<i64> {
        let package = self
            .packages
            .iter()
            .find(|package| package.active && Some(&package.code) == booked.package.as_ref());
        if booked.package.is_some() {
            let package = package?;
            if package.id == booked.id.0 {
                return package.price_minor;
            }
            if package.price_minor.is_some() {
                return Some(0);
            }
        }
        let extra = self.extras.iter().find(|extra| extra.id == booked.id.0);
        extra
            .filter(|extra| extra.active)
            .map(|extra| extra.price_minor)
    }

    fn resolve(&self, asked: &Asked<'_>) -> Result<Vec<BookedExtra>, Refusal> {
        let mut booked = Vec::new();
        if let Some(code) = asked.package {
            let package = self.package(asked, code)?;
            booked.extend(package_price(package));
            for packed in &package.extras {
                let quantity = u32::try_from(packed.quantity).unwrap_or(0);
                let extra = BookedExtra {
                    package: Some(package.code.clone()),
                    ..self.extra(&packed.extra, quantity, "/package", asked)?
                };
                let price = match package.price_minor {
                    Some(_) => 0,
                    None => extra.price,
                };
                booked.push(BookedExtra { price, ..extra });
            }
        }
        for (place, wanted) in asked.extras.iter().enumerate() {
            let pointer = format!("/extras/{place}/code");
            booked.push(self.extra(&wanted.code, wanted.quantity, &pointer, asked)?);
        }
        let beyond = || beyond_every_price(&format!("/lines/{}/extras", asked.number));
        booked
            .into_iter()
            .map(|extra| extra.with(asked.with).ok_or_else(beyond))
            .collect()
    }

    fn package(&self, asked: &Asked<'_>, code: &str) -> Result<&PackageEntry, Refusal> {
        let found = self.packages.iter().find(|package| package.code == code);
        let package = found.ok_or_else(|| Refusal::Invalid {
            pointer: format!("/lines/{}/package", asked.number),
            message: format!("the hotel has no package `{code}`"),
        })?;
        let refuse = |why: String| {
            let reason = format!("the package `{code}` {why}");
            Err(Refusal::NotSellable { reason, cell: None })
        };
        if !package.active {
            return refuse("is no longer sold".to_owned());
        }
        let takes =
            |codes: &[String], code: &str| codes.is_empty() || codes.iter().any(|one| one == code);
        let (room_type, rate_plan) = asked.product;
        if !takes(&package.room_types, room_type) || !takes(&package.rate_plans, rate_plan) {
            return refuse(format!("is not booked with {room_type} under {rate_plan}"));
        }
        if i32::from(asked.with.stay.length()) < i32::from(package.min_nights) {
            return refuse(format!("needs {} nights or more", package.min_nights));
        }
        Ok(package)
    }

    /// An extra by its code, before it is counted.
    fn extra(
        &self,
        code: &str,
        quantity: u32,
        pointer: &str,
        asked: &Asked<'_>,
    ) -> Result<BookedExtra, Refusal> {
        let found = self.extras.iter().find(|extra| extra.code == code);
        let extra = found.ok_or_else(|| Refusal::Invalid {
            pointer: format!("/lines/{}{pointer}", asked.number),
            message: format!("the hotel has no extra `{code}`"),
        })?;
        if !extra.active {
            return Err(Refusal::NotSellable {
                reason: format!("the extra `{code}` is no longer sold"),
                cell: None,
            });
        }
        Ok(BookedExtra {
            id: ExtraId(extra.id),
            code: extra.code.clone(),
            name: extra.name.clone(),
            package: None,
            basis: Basis::parse(&extra.basis).unwrap_or(Basis::Stay),
            used_on: UsedOn::parse(&extra.used_on).unwrap_or(UsedOn::Arrival),
            quantity,
            price: extra.price_minor,
            counted: extra.daily_capacity.is_some(),
            units: 0,
            days: Vec::new(),
            amount: 0,
        })
    }
}

/// The line that a package with a price of its own adds to its extras.
fn package_price(package: &PackageEntry) -> Option<BookedExtra> {
    Some(BookedExtra {
        id: ExtraId(package.id),
        code: package.code.clone(),
        name: package.name.clone(),
        package: Some(package.code.clone()),
        basis: Basis::parse(&package.basis).unwrap_or(Basis::Stay),
        used_on: UsedOn::Arrival,
        quantity: 1,
        price: package.price_minor?,
        counted: false,
        units: 0,
        days: Vec::new(),
        amount: 0,
    })
}
