//! The hotel in Rome behind each channel, grown to forty products: what a bench needs to do there.

use jiff::civil::Date;
use roomwire_simulators::{booking_com, channex, expedia, octorate};

use crate::bench::grand::{RATE_PLANS, ROOM_TYPES};
use crate::harness::booking_com::AtBookingCom;
use crate::harness::channex::BehindChannex;
use crate::harness::expedia::AtExpedia;
use crate::harness::{Channels, Client, World};

/// Nights that the hotel has open from today.
pub(super) const NIGHTS: usize = 500;

/// Units of each room type on each night.
const ALLOTMENT: usize = 200;

/// A hotel with a channel that is simulated.
pub(super) trait Connected {
    /// The connection's name, and its connector's.
    const NAME: &'static str;
    /// Nights that the channel takes.
    const HORIZON: usize;
    /// Whether one code names a product, and not a room's and a rate's.
    const ONE_CODE: bool = false;

    fn world(&self) -> &World;

    fn staff(&self) -> &Client;

    /// The channel sells a rate of a room, which it may know already.
    fn add(&self, product: &Product);

    /// A guest books one room.
    fn book(&self, product: &Product, check_in: Date, check_out: Date);
}

/// The channel's codes of a product.
#[derive(Clone, Debug)]
pub(super) struct Product {
    room: String,
    rate: String,
}

impl Product {
    /// A numbered one of all.
    pub(super) fn new(number: usize) -> Self {
        let (room_type, rate_plan) = (number % ROOM_TYPES, number / ROOM_TYPES % RATE_PLANS);
        Self {
            room: (10_000 + room_type).to_string(),
            rate: (20_000 + 10 * room_type + rate_plan).to_string(),
        }
    }
}

/// Adds forty products to the hotel, whose prices differ by month and at weekends, and maps them and no others.
pub(super) fn growth<C: Connected>() -> String {
    let (name, last_type, last_plan, last_night) =
        (C::NAME, ROOM_TYPES - 1, RATE_PLANS - 1, NIGHTS - 1);
    let (room, rate) = (
        "(10000 + t.number)::text",
        "(20000 + 10 * t.number + p.number)::text",
    );
    let codes = if C::ONE_CODE {
        format!("{rate}, NULL")
    } else {
        format!("{room}, {rate}")
    };
    format!(
        "
        DO $$
        DECLARE
            v_hotel uuid := (SELECT id FROM hotels WHERE slug = 'aurora-rome');
            v_connection uuid := (SELECT id FROM connections WHERE hotel_id = v_hotel AND name = '{name}');
        BEGIN
            PERFORM set_config('app.hotel_id', v_hotel::text, true);
            CREATE TEMP TABLE types ON COMMIT DROP AS
            SELECT number, gen_random_uuid() AS id FROM generate_series(0, {last_type}) AS number;
            CREATE TEMP TABLE plans ON COMMIT DROP AS
            SELECT number, gen_random_uuid() AS id FROM generate_series(0, {last_plan}) AS number;
            INSERT INTO room_types (hotel_id, id, code, name, standard_occupancy, max_occupancy)
            SELECT v_hotel, t.id, 'T' || t.number, 'Room ' || t.number, 2, 4 FROM types t;
            INSERT INTO rate_plans (hotel_id, id, code, name, meal_plan)
            SELECT v_hotel, p.id, 'P' || p.number, 'Plan ' || p.number, 'room_only' FROM plans p;
            INSERT INTO products (hotel_id, room_type_id, rate_plan_id)
            SELECT v_hotel, t.id, p.id FROM types t, plans p;
            INSERT INTO room_availability (hotel_id, room_type_id, night, allotment)
            SELECT v_hotel, t.id, current_date + n, {ALLOTMENT} FROM types t, generate_series(0, {last_night}) AS n;
            INSERT INTO rates (hotel_id, room_type_id, rate_plan_id, night, price_minor)
            SELECT v_hotel, t.id, p.id, current_date + n, 8000 + 1000 * t.number + 300 * p.number
                + CASE WHEN extract(isodow FROM current_date + n) IN (5, 6) THEN 2500 ELSE 0 END
                + 100 * extract(month FROM current_date + n)::integer
            FROM types t, plans p, generate_series(0, {last_night}) AS n;
            DELETE FROM mappings WHERE hotel_id = v_hotel AND connection_id = v_connection;
            INSERT INTO mappings (hotel_id, connection_id, room_type_id, rate_plan_id, external_room, external_rate)
            SELECT v_hotel, v_connection, t.id, p.id, {codes} FROM types t, plans p;
        END $$"
    )
}

impl Connected for BehindChannex {
    const NAME: &'static str = "channex";
    const HORIZON: usize = 500;

    fn world(&self) -> &World {
        &self.world
    }

    fn staff(&self) -> &Client {
        &self.staff
    }

    fn add(&self, product: &Product) {
        assert!(self.channex.add_room_type(channex::RoomType {
            id: product.room.clone(),
            ..channex::RoomType::default()
        }));
        assert!(self.channex.add_rate_plan(channex::RatePlan {
            id: product.rate.clone(),
            room_type: product.room.clone(),
            ..channex::RatePlan::default()
        }));
    }

    fn book(&self, product: &Product, check_in: Date, check_out: Date) {
        let request = channex::BookingRequest::new(product.rate.as_str(), check_in, check_out);
        self.channex.book(request).expect("for sale");
    }
}

impl Connected for Channels {
    const NAME: &'static str = "octorate";
    const HORIZON: usize = 730;
    const ONE_CODE: bool = true;

    fn world(&self) -> &World {
        &self.world
    }

    fn staff(&self) -> &Client {
        &self.staff
    }

    fn add(&self, product: &Product) {
        assert!(self.octorate.add_product(octorate::Product {
            id: product.rate.clone(),
            ..octorate::Product::default()
        }));
    }

    fn book(&self, product: &Product, check_in: Date, check_out: Date) {
        let request = octorate::BookingRequest::new(product.rate.as_str(), check_in, check_out);
        self.octorate.book(request).expect("for sale");
    }
}

impl Connected for AtBookingCom {
    const NAME: &'static str = "booking-com";
    const HORIZON: usize = 400;

    fn world(&self) -> &World {
        &self.world
    }

    fn staff(&self) -> &Client {
        &self.staff
    }

    fn add(&self, product: &Product) {
        assert!(self.booking_com.add_room(booking_com::Room {
            id: product.room.clone(),
            ..booking_com::Room::default()
        }));
        assert!(self.booking_com.add_rate(booking_com::Rate {
            id: product.rate.clone(),
            room: product.room.clone(),
            ..booking_com::Rate::default()
        }));
    }

    fn book(&self, product: &Product, check_in: Date, check_out: Date) {
        let (room, rate) = (product.room.as_str(), product.rate.as_str());
        let request = booking_com::BookingRequest::new(room, rate, check_in, check_out);
        self.booking_com.book(request).expect("for sale");
    }
}

impl Connected for AtExpedia {
    const NAME: &'static str = "expedia";
    const HORIZON: usize = 730;

    fn world(&self) -> &World {
        &self.world
    }

    fn staff(&self) -> &Client {
        &self.staff
    }

    fn add(&self, product: &Product) {
        assert!(self.expedia.add_room_type(expedia::RoomType {
            id: product.room.clone(),
            ..expedia::RoomType::default()
        }));
        assert!(self.expedia.add_rate_plan(expedia::RatePlan {
            id: product.rate.clone(),
            room_type: product.room.clone(),
            ..expedia::RatePlan::default()
        }));
    }

    fn book(&self, product: &Product, check_in: Date, check_out: Date) {
        let request = expedia::BookingRequest::new(product.rate.as_str(), check_in, check_out);
        self.expedia.book(request).expect("for sale");
    }
}
