//! A history played at a hotel of its own: each step through the gateway, and in the model.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::test_runner::TestCaseError;
use roomwire::app::seed;
use roomwire::domain::ids::HotelId;
use roomwire::store::Store;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::harness::{Answer, Call, Client, World, new_key, start_instant};
use crate::histories::model::{Model, ROOM_TYPES, Told};
use crate::histories::steps::{Arrives, Step, TRANSITIONS, Wish};

const HOTEL: &str = r#"
name = "Hotel of one history"
time_zone = "Etc/UTC"
currency = "EUR"
nights = 8
room_types = [
    { code = "DBL", name = "Double", standard_occupancy = 2, max_occupancy = 2, rooms = ["1", "2", "3"] },
    { code = "SGL", name = "Single", standard_occupancy = 1, max_occupancy = 1, rooms = ["4", "5"] },
]
rate_plans = [{ code = "BAR", name = "Best Available Rate", meal_plan = "room_only" }]
products = [
    { room_type = "DBL", rate_plan = "BAR", price = 12000 },
    { room_type = "SGL", rate_plan = "BAR", price = 8000 },
]
"#;

/// Where histories are played.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) store: Store,
    pub(super) owner: PgConnection,
    operator: Client,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let world = World::start().await;
        Self {
            store: world.database.store(2).await,
            owner: world.owner().await,
            operator: world.operator().await,
            world,
        }
    }

    /// Noon of the day on which this process began.
    fn noon() -> Timestamp {
        let start = start_instant().to_zoned(TimeZone::UTC);
        let noon = start.date().at(12, 0, 0, 0).to_zoned(TimeZone::UTC);
        noon.expect("noon is").timestamp()
    }

    /// Plays a history, and says where the gateway and the model part.
    pub(super) async fn play(&mut self, steps: &[Step]) -> Result<(), TestCaseError> {
        let now = self.world.clock.now();
        self.world.clock.advance(Self::noon().duration_since(now));
        let slug = format!("history-{}", new_key());
        let file = format!("slug = \"{slug}\"\n{HOTEL}");
        let hotel = seed::seed(&self.store, Self::noon(), &file)
            .await
            .expect("the file is good");
        let mut play = Play {
            hotel: hotel.id,
            client: self.operator.at(&slug),
            model: Model::new(),
            holds: Vec::new(),
            reservations: Vec::new(),
            stage: self,
        };
        for (number, step) in steps.iter().enumerate() {
            let (expected, told) = play.step(step).await;
            if expected != told {
                let why = format!(
                    "step {number}, {step:?}: expected {expected:?}, and was told {told:?}"
                );
                return Err(TestCaseError::fail(why));
            }
        }
        play.compare().await
    }
}

pub(super) struct Play<'a> {
    pub(super) hotel: HotelId,
    pub(super) client: Client,
    pub(super) model: Model,
    pub(super) stage: &'a mut Stage,
    holds: Vec<String>,
    reservations: Vec<String>,
}

impl Play<'_> {
    /// What the model expects of a step, and what came of it.
    async fn step(&mut self, step: &Step) -> (Told, Told) {
        let (holds, made) = (self.holds.len(), self.reservations.len());
        let told = |outcome: Result<Told, Told>| outcome.unwrap_or_else(|refused| refused);
        let nothing = (Told::Nothing, Told::Nothing);
        match step {
            Step::Hold(lines) => (told(self.model.hold(lines)), self.hold(lines).await),
            Step::Extend(which) if holds > 0 => {
                let call = self.client.patch(&self.hold_path(which % holds));
                (
                    told(self.model.extend(which % holds)),
                    self.call(call).await,
                )
            }
            Step::Release(which) if holds > 0 => {
                let call = self.client.delete(&self.hold_path(which % holds));
                (
                    told(self.model.release(which % holds)),
                    self.call(call).await,
                )
            }
            Step::Lapse(which) if holds > 0 => self.lapse(which % holds).await,
            Step::Sweep => {
                self.model.sweep();
                let sweep = format!("SELECT expire_holds('{}', 1000)", self.hotel);
                self.execute(&sweep).await;
                nothing
            }
            Step::ReserveHold(which) if holds > 0 => {
                let call = self.client.reserving(&self.holds[which % holds]);
                let expected = told(self.model.reserve_hold(which % holds));
                (expected, self.call(call).await)
            }
            Step::ReserveLines(lines) => {
                let call = self.client.post("reservations", &self.booking(lines));
                (told(self.model.reserve_lines(lines)), self.call(call).await)
            }
            Step::Desk { lines, arrives } => {
                let mut body = self.booking(lines);
                body["staff"] = json!({"reason": "a history", "walk_in": *arrives == Arrives::Now,
                    "tentative": *arrives == Arrives::Perhaps});
                let call = self.client.post("reservations", &body);
                (
                    told(self.model.desk(lines, *arrives)),
                    self.call(call).await,
                )
            }
            Step::Change {
                which,
                line,
                to,
                reprice,
                dry_run,
            } if made > 0 => {
                let which = which % made;
                let line = line % self.model.reservations[which].rooms.len();
                let flags = (*reprice, *dry_run);
                let call = self.changing(which, line, *to, flags);
                (
                    told(self.model.change(which, line, *to, flags)),
                    self.call(call).await,
                )
            }
            Step::Move(which, step) if made > 0 => {
                let step = TRANSITIONS[*step];
                let path = format!("reservations/{}/{step}", self.reservations[which % made]);
                let call = self.client.post(&path, &json!({}));
                (
                    told(self.model.step(which % made, step)),
                    self.call(call).await,
                )
            }
            Step::Dearer(room_type) => {
                self.dearer(*room_type).await;
                nothing
            }
            Step::NextDay => {
                self.model.today += 1;
                self.stage
                    .world
                    .clock
                    .advance(SignedDuration::from_hours(24));
                nothing
            }
            _ => nothing,
        }
    }

    async fn hold(&mut self, lines: &[Wish]) -> Told {
        let lines: Vec<Value> = lines.iter().map(|line| self.json(*line)).collect();
        let quote = self.client.post("quotes", &json!({"lines": lines})).await;
        if quote.status != 201 {
            return Told::Refused(quote.code());
        }
        let token = &quote.json()["quote"];
        self.call(self.client.post("holds", &json!({"quote": token})))
            .await
    }

    async fn lapse(&mut self, which: usize) -> (Told, Told) {
        self.model.holds[which].lapsed |= self.model.holds[which].state == "held";
        let lapse = format!(
            "UPDATE holds SET expires_at = clock_timestamp() WHERE hotel_id = '{}' AND id = '{}' AND state = 'held'",
            self.hotel, self.holds[which]
        );
        self.execute(&lapse).await;
        (Told::Nothing, Told::Nothing)
    }

    async fn dearer(&mut self, room_type: usize) {
        self.model.prices[room_type] += 1_000;
        let rates = format!(
            "UPDATE rates r SET price_minor = price_minor + 1000 FROM room_types t
             WHERE r.hotel_id = '{}' AND t.hotel_id = r.hotel_id AND t.id = r.room_type_id AND t.code = '{}'",
            self.hotel, ROOM_TYPES[room_type].0
        );
        self.execute(&rates).await;
    }

    fn hold_path(&self, which: usize) -> String {
        format!("holds/{}", self.holds[which])
    }

    fn changing(
        &self,
        which: usize,
        line: usize,
        to: Wish,
        (reprice, dry_run): (bool, bool),
    ) -> Call {
        let mut room = self.json(to);
        room["line"] = json!(line);
        let path = format!("reservations/{}", self.reservations[which]);
        self.client
            .patch(&path)
            .header("if-match", "*")
            .json(&json!({"reprice": reprice, "dry_run": dry_run, "rooms": [room]}))
    }

    fn booking(&self, lines: &[Wish]) -> Value {
        let lines: Vec<Value> = lines.iter().map(|line| self.json(*line)).collect();
        json!({"lines": lines, "booker": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@guest.example"}})
    }

    fn json(&self, wish: Wish) -> Value {
        json!({
            "room_type": ROOM_TYPES[wish.room_type].0, "rate_plan": "BAR", "check_in": day(wish.arrival),
            "check_out": day(wish.arrival + wish.nights), "units": wish.units, "adults": wish.adults,
        })
    }

    /// Sends a request; what it made is remembered.
    async fn call(&mut self, call: Call) -> Told {
        let answer = call.await;
        let created = answer.status == 201;
        let told = told(&answer);
        let id = || answer.json()["id"].as_str().expect("an id").to_owned();
        match &told {
            Told::Hold(_) if created => self.holds.push(id()),
            Told::Reservation { .. } if created => self.reservations.push(id()),
            _ => {}
        }
        told
    }

    async fn execute(&mut self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&mut self.stage.owner)
            .await
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
}

pub(super) fn day(day: i32) -> Date {
    Stage::noon().to_zoned(TimeZone::UTC).date() + day.days()
}

fn told(answer: &Answer) -> Told {
    if answer.status >= 400 {
        return Told::Refused(answer.code());
    }
    let body = answer.json();
    let body = body.get("reservation").unwrap_or(&body);
    match body["state"].as_str() {
        Some(state) => Told::Hold(state.to_owned()),
        None => Told::Reservation {
            status: body["status"].as_str().unwrap_or_default().to_owned(),
            version: body["version"].as_i64().unwrap_or_default(),
            total: body["total"]["minor"].as_i64().unwrap_or_default(),
        },
    }
}
