//! Where two routes are raced: a hotel with a room type of its own for each race, so that no race disturbs another.

use std::collections::HashMap;

use futures::StreamExt as _;
use futures::stream;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use roomwire::app::seed;
use roomwire::store::Store;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};

use crate::harness::{Call, Client, World, new_key, start_instant};
use crate::races::route::{Route, begins, free};

/// How many races are run at a time.
pub(super) const AT_ONCE: usize = 8;

/// What a race is about.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// The room type's.
    pub(super) code: String,
    pub(super) quote: String,
    pub(super) hold: String,
    pub(super) reservation: String,
}

impl Subject {
    pub(super) fn step(&self, client: &Client, step: &str) -> Call {
        client.post(
            &format!("reservations/{}/{step}", self.reservation),
            &json!({}),
        )
    }
}

/// Noon of the day on which this process began.
fn noon() -> Timestamp {
    let today = start_instant().to_zoned(TimeZone::UTC).date();
    let noon = today.at(12, 0, 0, 0).to_zoned(TimeZone::UTC);
    noon.expect("noon is").timestamp()
}

/// So many days from today, on which every stay begins.
pub(super) fn day(days: i32) -> Date {
    noon().to_zoned(TimeZone::UTC).date() + days.days()
}

/// The world that races are run in.
pub(super) struct Track {
    pub(super) world: World,
    store: Store,
    operator: Client,
}

/// One hotel, and what each of its races is about.
pub(super) struct Arena {
    hotel: String,
    pub(super) client: Client,
    pub(super) subjects: Vec<Subject>,
}

impl Track {
    pub(super) async fn new() -> Self {
        let world = World::start().await;
        world
            .clock
            .advance(noon().duration_since(world.clock.now()));
        Self {
            store: world.database.store(2).await,
            operator: world.operator().await,
            world,
        }
    }

    /// A hotel for so many races of these two.
    pub(super) async fn arena(&self, one: Route, other: Route, races: usize) -> Arena {
        let slug = format!("races-{}", new_key());
        let hotel = seed::seed(&self.store, noon(), &file(&slug, races))
            .await
            .expect("the file is good");
        let codes = (0..races).map(code);
        let subjects = codes.map(|code| Subject {
            code,
            quote: String::new(),
            hold: String::new(),
            reservation: String::new(),
        });
        let mut arena = Arena {
            hotel: hotel.id.to_string(),
            client: self.operator.at(&slug),
            subjects: subjects.collect(),
        };
        if one.ends_a_hold() || other.ends_a_hold() {
            self.place_holds(&mut arena).await;
        }
        if let Some(status) = begins(one, other) {
            arena.reserve(status).await;
        }
        if one == Route::Hold || other == Route::Hold {
            arena.ask_for_quotes().await;
        }
        let allot = format!(
            "UPDATE room_availability SET allotment = sold + held + {} WHERE hotel_id = '{}'",
            free(one, other),
            arena.hotel
        );
        self.world.execute(&allot).await;
        arena
    }

    /// A hold of three nights for each race, at once, as the gateway places them.
    async fn place_holds(&self, arena: &mut Arena) {
        let place = format!(
            "SELECT placed.code, placed.id::text FROM (
                SELECT t.code, gen_random_uuid() AS id, jsonb_build_array(jsonb_build_object(
                    'line', 0, 'room_type_id', t.id, 'rate_plan_id', p.id, 'check_in', '{}', 'check_out', '{}',
                    'units', 1, 'adults', 1, 'children_ages', '[]'::jsonb, 'prices', '[100, 100, 100]'::jsonb)) AS lines
                FROM room_types t JOIN rate_plans p ON p.hotel_id = t.hotel_id
                WHERE t.hotel_id = '{hotel}'
                OFFSET 0
            ) AS placed,
            LATERAL place_hold('{hotel}', placed.id, placed.lines, '10 minutes', '30 minutes') AS hold
            WHERE hold.outcome = 'held'",
            day(0),
            day(3),
            hotel = arena.hotel
        );
        let ids = self.pairs_of(&place).await;
        for subject in &mut arena.subjects {
            subject.hold.clone_from(&ids[&subject.code]);
        }
    }

    /// How each race ended: its counters, reservations and holds, by the room type's code.
    pub(super) async fn ends(&self, arena: &Arena) -> HashMap<String, String> {
        self.pairs_of(&format!(
            "SELECT t.code, concat_ws(' | ',
                (SELECT string_agg(concat(a.sold, '+', a.held), ' ' ORDER BY a.night) FROM room_availability a
                    WHERE a.hotel_id = t.hotel_id AND a.room_type_id = t.id),
                (SELECT string_agg(concat(r.status, ' v', r.version, ' ', l.check_out - l.check_in, ' freed ', l.freed_from - l.check_in),
                        ', ' ORDER BY r.status, r.version, l.check_out)
                    FROM reservations r JOIN reservation_rooms l ON l.hotel_id = r.hotel_id AND l.reservation_id = r.id
                    WHERE r.hotel_id = t.hotel_id AND l.room_type_id = t.id),
                (SELECT string_agg(h.state, ', ' ORDER BY h.state)
                    FROM holds h JOIN hold_lines l ON l.hotel_id = h.hotel_id AND l.hold_id = h.id
                    WHERE h.hotel_id = t.hotel_id AND l.room_type_id = t.id))
             FROM room_types t WHERE t.hotel_id = '{}'",
            arena.hotel
        ))
        .await
    }

    async fn pairs_of(&self, query: &str) -> HashMap<String, String> {
        let rows = sqlx::raw_sql(AssertSqlSafe(query.to_owned()))
            .fetch_all(&mut self.world.owner().await)
            .await
            .unwrap_or_else(|error| panic!("{error}: {query}"));
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

impl Arena {
    /// A reservation of two nights for each race, by the desk.
    async fn reserve(&mut self, status: &str) {
        let staff = json!({"reason": "a race", "tentative": status == "tentative", "walk_in": status == "checked_in",
            "notify_guest": false});
        let ask = |subject: &Subject| {
            let line = json!({"room_type": subject.code, "rate_plan": "BAR", "check_in": day(0), "check_out": day(2),
                "adults": 1});
            let booker = json!({"first_name": "Ada", "last_name": "Lovelace"});
            self.client.post(
                "reservations",
                &json!({"lines": [line], "booker": booker, "staff": staff}),
            )
        };
        let made = all(self.subjects.iter().map(ask)).await;
        for (subject, made) in self.subjects.iter_mut().zip(made) {
            assert_eq!(made["status"], status, "{made}");
            made["id"]
                .as_str()
                .expect("an id")
                .clone_into(&mut subject.reservation);
        }
    }

    async fn ask_for_quotes(&mut self) {
        let ask = |subject: &Subject| {
            let line = json!({"room_type": subject.code, "rate_plan": "BAR", "check_in": day(0), "check_out": day(3),
                "adults": 1});
            self.client.post("quotes", &json!({"lines": [line]}))
        };
        let quotes = all(self.subjects.iter().map(ask)).await;
        for (subject, quote) in self.subjects.iter_mut().zip(quotes) {
            quote["quote"]
                .as_str()
                .expect("a token")
                .clone_into(&mut subject.quote);
        }
    }
}

/// What was made by each request, in order.
async fn all(calls: impl Iterator<Item = Call>) -> Vec<serde_json::Value> {
    let calls: Vec<_> = calls.map(IntoFuture::into_future).collect();
    let answers: Vec<_> = stream::iter(calls).buffered(AT_ONCE).collect().await;
    answers
        .into_iter()
        .map(|answer: crate::harness::Answer| answer.expect(201))
        .collect()
}

fn code(race: usize) -> String {
    format!("R{race}")
}

fn file(slug: &str, races: usize) -> String {
    let room_types = (0..races).map(|race| {
        let rooms: Vec<String> = (0..4).map(|room| format!("\"{race}-{room}\"")).collect();
        format!(
            "{{ code = \"{}\", name = \"Race\", standard_occupancy = 1, max_occupancy = 2, rooms = [{}] }}",
            code(race),
            rooms.join(", ")
        )
    });
    let products = (0..races).map(|race| {
        format!(
            "{{ room_type = \"{}\", rate_plan = \"BAR\", price = 100 }}",
            code(race)
        )
    });
    format!(
        "slug = \"{slug}\"\nname = \"Hotel of races\"\ntime_zone = \"Etc/UTC\"\ncurrency = \"EUR\"\nnights = 4\n\
         rate_plans = [{{ code = \"BAR\", name = \"Best Available Rate\", meal_plan = \"room_only\" }}]\n\
         room_types = [{}]\nproducts = [{}]\n",
        room_types.collect::<Vec<_>>().join(", "),
        products.collect::<Vec<_>>().join(", ")
    )
}
