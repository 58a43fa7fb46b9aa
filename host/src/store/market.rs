//! Markets: every product of a hotel on some nights, with what its price depends on, in one query.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::hotel::{RatePlan, RoomType};
use crate::domain::ids::{HotelId, RatePlanId, RoomTypeId};
use crate::domain::night;
use crate::domain::offer::{Market, Product, ProductNight, Shelf};
use crate::domain::pricing::{Adjustment, Basis, Charge, ChildPrice, PriceRules};
use crate::store::{HotelTx, Reads, StoreError};

/// A `shelf_row`.
struct Row {
    hotel_id: Uuid,
    room_type_id: Uuid,
    room_type_code: String,
    room_type_name: String,
    standard_occupancy: i16,
    max_occupancy: i16,
    accessible: bool,
    rate_plan_id: Uuid,
    rate_plan_code: String,
    rate_plan_name: String,
    meal_plan: String,
    active: bool,
    stock_nights: Option<Vec<jiff_sqlx::Date>>,
    stock: Option<Vec<i32>>,
    nights: Option<Vec<jiff_sqlx::Date>>,
    prices: Option<Vec<i64>>,
    restricted_nights: Option<Vec<jiff_sqlx::Date>>,
    min_stay_arrival: Option<Vec<Option<i16>>>,
    min_stay_through: Option<Vec<Option<i16>>>,
    max_stay: Option<Vec<Option<i16>>>,
    closed_to_arrival: Option<Vec<bool>>,
    closed_to_departure: Option<Vec<bool>>,
    stop_sell: Option<Vec<bool>>,
    cut_off_days: Option<Vec<Option<i16>>>,
    max_advance_days: Option<Vec<Option<i16>>>,
    occupancy: Option<Value>,
    children: Option<Value>,
    charges: Option<Value>,
}

/// The nights `[first, last]` of every product of the hotel, as they are for sale now; a lapsed hold counts as free.
/// One query, however many products and nights there are.
pub async fn read(tx: &mut HotelTx, first: Date, last: Date) -> Result<Market, StoreError> {
    let hotel = tx.hotel();
    let mut markets = markets(tx, &[hotel], (first, last), None).await?;
    Ok(markets.remove(&hotel).unwrap_or_default())
}

/// As [`read`], of these products at least and of few others.
pub async fn read_products(
    tx: &mut HotelTx,
    nights: (Date, Date),
    products: &[(RoomTypeId, RatePlanId)],
) -> Result<Market, StoreError> {
    let hotel = tx.hotel();
    let mut markets = markets(tx, &[hotel], nights, Some(products)).await?;
    Ok(markets.remove(&hotel).unwrap_or_default())
}

/// The markets of these hotels and of no others. One query, however many hotels there are.
pub async fn search(
    reads: &mut Reads,
    hotels: &[HotelId],
    nights: (Date, Date),
) -> Result<HashMap<HotelId, Market>, StoreError> {
    markets(reads, hotels, nights, None).await
}

async fn markets(
    connection: &mut PgConnection,
    hotels: &[HotelId],
    (first, last): (Date, Date),
    products: Option<&[(RoomTypeId, RatePlanId)]>,
) -> Result<HashMap<HotelId, Market>, StoreError> {
    let hotels: Vec<Uuid> = hotels.iter().map(|hotel| hotel.0).collect();
    let room_types: Option<Vec<Uuid>> =
        products.map(|products| products.iter().map(|(room_type, _)| room_type.0).collect());
    let rate_plans: Option<Vec<Uuid>> =
        products.map(|products| products.iter().map(|(_, rate_plan)| rate_plan.0).collect());
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT hotel_id AS "hotel_id!", room_type_id AS "room_type_id!", room_type_code AS "room_type_code!",
            room_type_name AS "room_type_name!", standard_occupancy AS "standard_occupancy!",
            max_occupancy AS "max_occupancy!", accessible AS "accessible!", rate_plan_id AS "rate_plan_id!",
            rate_plan_code AS "rate_plan_code!", rate_plan_name AS "rate_plan_name!", meal_plan AS "meal_plan!",
            active AS "active!", stock_nights AS "stock_nights?: Vec<jiff_sqlx::Date>", stock AS "stock?",
            nights AS "nights?: Vec<jiff_sqlx::Date>", prices AS "prices?",
            restricted_nights AS "restricted_nights?: Vec<jiff_sqlx::Date>",
            min_stay_arrival AS "min_stay_arrival?: Vec<Option<i16>>",
            min_stay_through AS "min_stay_through?: Vec<Option<i16>>", max_stay AS "max_stay?: Vec<Option<i16>>",
            closed_to_arrival AS "closed_to_arrival?", closed_to_departure AS "closed_to_departure?",
            stop_sell AS "stop_sell?", cut_off_days AS "cut_off_days?: Vec<Option<i16>>",
            max_advance_days AS "max_advance_days?: Vec<Option<i16>>", occupancy, children, charges
        FROM markets($1, $2, $3, $4, $5)
        "#,
        &hotels,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
        room_types as _,
        rate_plans as _,
    )
    .fetch_all(connection)
    .await?;
    let nights: Vec<Date> = night::nights_through(first, last).collect();
    on_shelves(rows, &nights)
}

/// Puts rows, of which those of a hotel and of a room type follow each other, on their hotels' shelves. `nights` are all
/// that were asked for.
fn on_shelves(rows: Vec<Row>, nights: &[Date]) -> Result<HashMap<HotelId, Market>, StoreError> {
    let mut markets: HashMap<HotelId, Market> = HashMap::new();
    let (mut room_type, mut stock) = (None, Vec::new());
    for mut row in rows {
        let hotel = HotelId(row.hotel_id);
        // The first row of a room type has its stock, and the first row of a hotel its charges.
        if room_type != Some(row.room_type_id) {
            room_type = Some(row.room_type_id);
            stock = row.take_stock(nights);
        }
        let charges = row.charges.take();
        let market = match markets.entry(hotel) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => new.insert(Market {
                shelves: Vec::new(),
                charges: list(charges, charge)
                    .ok_or_else(|| inconsistent("charges", "value", row.hotel_id))?,
            }),
        };
        market.shelves.push(row.shelf(nights, &stock)?);
    }
    Ok(markets)
}

/// The nights of a list, or all where it is absent.
fn dates(list: Option<&[jiff_sqlx::Date]>, all: &[Date]) -> Vec<Date> {
    list.map_or_else(
        || all.to_vec(),
        |list| list.iter().map(|night| night.to_jiff()).collect(),
    )
}

fn inconsistent(table: &'static str, column: &'static str, row: Uuid) -> StoreError {
    StoreError::Inconsistent {
        table,
        column,
        row: row.to_string(),
    }
}

impl Row {
    /// The units of the room type on each night that is open.
    fn take_stock(&mut self, all: &[Date]) -> Vec<(Date, i32)> {
        let units = self.stock.take().unwrap_or_default();
        let nights = dates(self.stock_nights.as_deref(), all);
        nights.into_iter().zip(units).collect()
    }

    fn shelf(self, all: &[Date], stock: &[(Date, i32)]) -> Result<Shelf, StoreError> {
        let nights = self.product_nights(all, stock);
        let rules = PriceRules {
            occupancy: list(self.occupancy, occupancy_price)
                .ok_or_else(|| inconsistent("occupancy_prices", "kind", self.rate_plan_id))?,
            children: list(self.children, child_price)
                .ok_or_else(|| inconsistent("child_prices", "kind", self.rate_plan_id))?,
        };
        let occupancy = |value: i16, column| {
            u16::try_from(value).map_err(|_| inconsistent("room_types", column, self.room_type_id))
        };
        Ok(Shelf {
            product: Product {
                room_type: RoomType {
                    id: RoomTypeId(self.room_type_id),
                    standard_occupancy: occupancy(self.standard_occupancy, "standard_occupancy")?,
                    max_occupancy: occupancy(self.max_occupancy, "max_occupancy")?,
                    code: self.room_type_code,
                    name: self.room_type_name,
                    accessible: self.accessible,
                },
                rate_plan: RatePlan {
                    id: RatePlanId(self.rate_plan_id),
                    code: self.rate_plan_code,
                    name: self.rate_plan_name,
                    meal_plan: self.meal_plan,
                },
            },
            active: self.active,
            nights,
            rules,
        })
    }

    /// The arrays side by side, each night with the units of the room type, where it has any.
    fn product_nights(&self, all: &[Date], stock: &[(Date, i32)]) -> Vec<ProductNight> {
        let restricted = dates(self.restricted_nights.as_deref(), &[]);
        let mut restricted = restricted.into_iter().enumerate().peekable();
        let mut stock = stock.iter().peekable();
        let prices = self.prices.iter().flatten();
        dates(self.nights.as_deref(), all)
            .into_iter()
            .zip(prices)
            .map(|(night, price)| {
                while stock.next_if(|(date, _)| *date < night).is_some() {}
                let place = restricted.next_if(|(_, date)| *date == night);
                let place = place.map(|(place, _)| place);
                ProductNight {
                    night,
                    price_minor: *price,
                    min_stay_arrival: limit(self.min_stay_arrival.as_deref(), place),
                    min_stay_through: limit(self.min_stay_through.as_deref(), place),
                    max_stay: limit(self.max_stay.as_deref(), place),
                    closed_to_arrival: is_set(self.closed_to_arrival.as_deref(), place),
                    closed_to_departure: is_set(self.closed_to_departure.as_deref(), place),
                    stop_sell: is_set(self.stop_sell.as_deref(), place),
                    cut_off_days: limit(self.cut_off_days.as_deref(), place),
                    max_advance_days: limit(self.max_advance_days.as_deref(), place),
                    available: stock
                        .next_if(|(date, _)| *date == night)
                        .map(|(_, units)| *units),
                }
            })
            .collect()
    }
}

/// The limit at a place of a restriction's column; none on a night without restrictions.
fn limit(column: Option<&[Option<i16>]>, place: Option<usize>) -> Option<u16> {
    let value = column?.get(place?).copied().flatten()?;
    u16::try_from(value).ok()
}

fn is_set(column: Option<&[bool]>, place: Option<usize>) -> bool {
    column
        .zip(place)
        .and_then(|(column, place)| column.get(place))
        .is_some_and(|set| *set)
}

/// A column of records, each read by `record`; `None` where one makes no sense.
fn list<J: DeserializeOwned, T>(
    column: Option<Value>,
    record: fn(&J) -> Option<T>,
) -> Option<Vec<T>> {
    let records: Vec<J> = match column {
        Some(column) => serde_json::from_value(column).ok()?,
        None => Vec::new(),
    };
    records.iter().map(record).collect()
}

#[derive(Deserialize)]
struct OccupancyJson {
    adults: u16,
    kind: String,
    value: i64,
}

fn occupancy_price(record: &OccupancyJson) -> Option<(u16, Adjustment)> {
    Some((
        record.adults,
        Adjustment::parse(&record.kind, record.value)?,
    ))
}

#[derive(Deserialize)]
struct ChildJson {
    min_age: u8,
    max_age: u8,
    kind: String,
    value: i64,
}

fn child_price(record: &ChildJson) -> Option<ChildPrice> {
    Some(ChildPrice {
        min_age: record.min_age,
        max_age: record.max_age,
        price: Adjustment::parse(&record.kind, record.value)?,
    })
}

#[derive(Deserialize)]
struct ChargeJson {
    code: String,
    name: String,
    basis: String,
    value: i64,
    included: bool,
    min_age: u8,
    max_nights: Option<u16>,
}

fn charge(record: &ChargeJson) -> Option<Charge> {
    Some(Charge {
        basis: Basis::parse(&record.basis)?,
        code: record.code.clone(),
        name: record.name.clone(),
        value: record.value,
        included: record.included,
        min_age: record.min_age,
        max_nights: record.max_nights,
    })
}
