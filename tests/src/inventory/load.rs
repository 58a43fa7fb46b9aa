//! The load: many connections that hold, release and book the same few nights.

use std::time::{Duration, Instant};

use jiff::civil::Date;
use roomwire::app::Patience;
use roomwire::app::seed;
use roomwire::domain::hold::Ended;
use roomwire::domain::ids::{HoldId, HotelId, RatePlanId, RoomTypeId};
use roomwire::domain::night::Stay;
use roomwire::domain::offer::Party;
use roomwire::domain::quote::QuotedLine;
use roomwire::store::holds::{self, Placed, Wanted};
use roomwire::store::{Store, StoreError};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions};
use tokio::task::JoinSet;

use crate::harness::{TestDatabase, night, start_instant};

/// Units of the room type on each of the nights.
pub(super) const UNITS: i64 = 20;
/// How many nights everybody wants.
pub(super) const NIGHTS: i32 = 8;
/// As many callers as the design's figure names.
pub(super) const CALLERS: i32 = 64;

const MINUTES: Duration = Duration::from_secs(600);

/// A hotel with few units on few nights.
pub(super) struct Scarce {
    pub(super) database: TestDatabase,
    pub(super) hotel: HotelId,
    room_type: RoomTypeId,
    rate_plan: RatePlanId,
}

impl Scarce {
    pub(super) async fn new() -> Self {
        let database = TestDatabase::seeded().await;
        // A deadlock is found soon, so that a control that has many of them does not take minutes.
        let mut owner = database
            .owner()
            .connect()
            .await
            .expect("the owner connects");
        let patience = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''20ms''', current_database()); END $$";
        run(&mut owner, patience).await;
        let store = database.store(2).await;
        let file = include_str!("../../fixtures/aurora-rome.toml");
        let hotel = seed::seed(&store, start_instant(), file)
            .await
            .expect("the fixture is there already")
            .id;
        store.close().await;
        run(
            &mut owner,
            &format!(
                "UPDATE room_availability SET allotment = {UNITS} WHERE night >= '{}'",
                night(0)
            ),
        )
        .await;
        let (room_type, rate_plan) = sqlx::query_as(
            "SELECT p.room_type_id, p.rate_plan_id FROM products p
             JOIN room_types t ON t.hotel_id = p.hotel_id AND t.id = p.room_type_id
             JOIN rate_plans r ON r.hotel_id = p.hotel_id AND r.id = p.rate_plan_id
             WHERE p.hotel_id = $1 AND t.code = 'DBL' AND r.code = 'BAR'",
        )
        .bind(hotel.0)
        .fetch_one(&mut owner)
        .await
        .expect("the hotel has doubles");
        Self {
            database,
            hotel,
            room_type: RoomTypeId(room_type),
            rate_plan: RatePlanId(rate_plan),
        }
    }

    /// Three nights from so many days after the first.
    pub(super) fn stay(&self, arrival: i32) -> Vec<QuotedLine> {
        let stay = Stay::new(night(arrival), night(arrival + 3)).expect("three nights");
        let party = Party {
            adults: 2,
            children_ages: Vec::new(),
        };
        let prices = vec![12_000; 3];
        vec![QuotedLine {
            room_type: self.room_type,
            rate_plan: self.rate_plan,
            stay,
            units: 1,
            party,
            prices,
            charges: Vec::new(),
            extras: Vec::new(),
            discount: 0,
        }]
    }

    /// A pool whose connections are all open, so that the callers meet at the database and not on the way there.
    pub(super) async fn open(&self, connections: u32) -> Store {
        let store = self.database.store(connections).await;
        let mut opened = Vec::new();
        for _ in 0..connections {
            opened.push(
                store
                    .begin(self.hotel)
                    .await
                    .expect("the pool is large enough"),
            );
        }
        drop(opened);
        store
    }

    /// Every caller asks `rounds` times for three nights, each time others.
    pub(super) async fn everybody_wants(
        &self,
        store: &Store,
        rounds: i32,
        arrival: fn(i32) -> i32,
    ) -> Tally {
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let wanted: Vec<_> = (0..rounds)
                .map(|round| self.stay(arrival(caller + round)))
                .collect();
            let (store, hotel) = (store.clone(), self.hotel);
            callers.spawn(async move {
                let mut tally = Tally::default();
                for lines in wanted {
                    tally.count(&place(&store, hotel, &lines).await);
                }
                tally
            });
        }
        callers
            .join_all()
            .await
            .into_iter()
            .fold(Tally::default(), Tally::plus)
    }

    /// Held units, night by night.
    pub(super) async fn held(&self) -> Vec<(Date, i64)> {
        let mut owner = self
            .database
            .owner()
            .connect()
            .await
            .expect("the owner connects");
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT night::text, held::bigint FROM room_availability WHERE room_type_id = $1 AND held > 0 ORDER BY night",
        )
        .bind(self.room_type.0)
        .fetch_all(&mut owner)
        .await
        .expect("the counters can be read");
        rows.into_iter()
            .map(|(night, held)| (night.parse().expect("a date"), held))
            .collect()
    }

    /// Deadlocks that the server saw in this database; sessions tell when they end, so the store is closed first.
    pub(super) async fn deadlocks(&self, store: Store) -> i64 {
        store.close().await;
        self.database.deadlocks().await
    }

    /// Changes the schema of this test's own database.
    pub(super) async fn alter(&self, statements: &str) {
        run(
            &mut self
                .database
                .owner()
                .connect()
                .await
                .expect("the owner connects"),
            statements,
        )
        .await;
    }
}

async fn run(owner: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(owner)
        .await
        .expect("the statements are right");
}

/// How a load went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) held: i64,
    pub(super) sold_out: i64,
    /// Neither: contended beyond every retry, or refused by a constraint.
    pub(super) failed: i64,
}

impl Tally {
    pub(super) fn count(&mut self, placed: &Result<Placed, StoreError>) {
        match placed {
            Ok(Placed::Held { .. }) => self.held += 1,
            Ok(Placed::SoldOut { .. }) => self.sold_out += 1,
            Err(_) => self.failed += 1,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            held: self.held + other.held,
            sold_out: self.sold_out + other.sold_out,
            failed: self.failed + other.failed,
        }
    }
}

/// The longest that contention is tried again: the application's patience is for guests, and this machine may be busy.
const AT_MOST: Duration = Duration::from_secs(30);

/// Places a hold as the application does: contention is tried again, and nothing else.
pub(super) async fn place(
    store: &Store,
    hotel: HotelId,
    lines: &[QuotedLine],
) -> Result<Placed, StoreError> {
    let hold = HoldId::new(start_instant());
    let wanted = Wanted {
        lines,
        ttl: MINUTES,
        longest: 3 * MINUTES,
        holder: None,
    };
    let mut patience = Patience::begin();
    let begun = Instant::now();
    loop {
        let mut tx = store.begin(hotel).await?;
        let placed = match holds::place(&mut tx, hold, wanted).await {
            Ok(placed) => tx.commit().await.map(|()| placed),
            Err(failure) => {
                tx.abandon().await;
                Err(failure)
            }
        };
        match placed {
            Err(StoreError::Contended(_)) if begun.elapsed() < AT_MOST => patience.pause().await,
            placed => return placed,
        }
    }
}

/// Ends a hold: released, or confirmed.
pub(super) async fn end(
    store: &Store,
    hotel: HotelId,
    hold: HoldId,
    confirm: bool,
) -> Result<(), StoreError> {
    let mut tx = store.begin(hotel).await?;
    let ended = if confirm {
        holds::confirm(&mut tx, hold).await?
    } else {
        holds::release(&mut tx, hold).await?
    };
    // Another caller may have ended it first; that is the load's purpose.
    if let Err(ended) = ended {
        assert!(matches!(ended, Ended::Already(_)), "{ended:?}");
    }
    tx.commit().await
}
