//! Two who ask at the same moment, and one who is lost in the middle: whatever happens, a key takes effect once.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use jiff::ToSpan;
use tokio::sync::{Barrier, Notify};
use uuid::Uuid;

use crate::app::test_world::World;
use crate::app::verb::{Idempotent, Patience, Verb, once};
use crate::app::{App, AppError, Refusal};
use crate::domain::ids::{HoldId, new_uuid};
use crate::domain::night::Stay;
use crate::domain::offer::Party;
use crate::domain::quote::QuotedLine;
use crate::store::HotelTx;
use crate::store::holds::{self, Wanted};
use crate::store::idempotency::{Scope, StoredAnswer};

const MINUTE: Duration = Duration::from_secs(60);

/// The lock is not there, and only the row says whose the key is.
const NO_LOCK: &str = "
    CREATE OR REPLACE FUNCTION lock_idempotency_key(p_hotel uuid, p_credential uuid, p_key text) RETURNS text
        LANGUAGE plpgsql AS $$
    BEGIN
        RETURN CASE WHEN EXISTS (
            SELECT FROM idempotency_keys k
            WHERE k.hotel_id = p_hotel AND k.credential_id = p_credential AND k.key = p_key
        ) THEN 'taken' ELSE 'mine' END;
    END $$";

/// All keys have one hash, as two keys of many may have.
const ONE_HASH: &str = "
    DO $$
    BEGIN
        EXECUTE replace(pg_get_functiondef('lock_idempotency_key'::regproc),
            'hashtextextended(p_hotel || '':'' || p_credential || '':'' || p_key, 0)', '7');
    END $$";

/// Every session that waits for its program.
const CUT_OFF: &str = "
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'";

const HOLDS: &str = "SELECT count(*) FROM holds";

/// What happens to a verb before it does anything.
enum Before {
    Nothing,
    /// It meets the other one, and both go on.
    Meet(Barrier),
    /// It says that it has begun, and waits until it may go on.
    Wait {
        begun: Notify,
        go_on: Notify,
    },
    Panic,
}

/// Holds a double for two nights.
struct Hold {
    line: QuotedLine,
    before: Before,
    performed: AtomicU32,
}

impl Hold {
    fn new(world: &World, before: Before) -> Self {
        let first = world.night(3);
        let line = QuotedLine {
            room_type: world.room_type,
            rate_plan: world.rate_plan,
            stay: Stay::new(first, first.saturating_add(2.days())).expect("two nights"),
            units: 1,
            party: Party {
                adults: 2,
                children_ages: Vec::new(),
            },
            prices: vec![10_000, 10_000],
            extras: Vec::new(),
            charges: Vec::new(),
            discount: 0,
        };
        Self {
            line,
            before,
            performed: AtomicU32::new(0),
        }
    }

    fn waiting(world: &World) -> Self {
        let (begun, go_on) = (Notify::new(), Notify::new());
        Self::new(world, Before::Wait { begun, go_on })
    }

    async fn begun(&self) {
        if let Before::Wait { begun, .. } = &self.before {
            begun.notified().await;
        }
    }

    fn go_on(&self) {
        if let Before::Wait { go_on, .. } = &self.before {
            go_on.notify_one();
        }
    }
}

#[async_trait]
impl Verb for Hold {
    type Output = HoldId;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<HoldId, AppError> {
        self.performed.fetch_add(1, Ordering::SeqCst);
        match &self.before {
            Before::Meet(barrier) => {
                barrier.wait().await;
            }
            Before::Wait { begun, go_on } => {
                begun.notify_one();
                go_on.notified().await;
            }
            Before::Nothing | Before::Panic => {}
        }
        let hold = HoldId(new_uuid(app.clock.now()));
        let wanted = Wanted {
            lines: std::slice::from_ref(&self.line),
            ttl: MINUTE,
            longest: MINUTE,
            holder: None,
        };
        holds::place(tx, hold, wanted).await?;
        assert!(
            !matches!(self.before, Before::Panic),
            "a panic, as the test wants"
        );
        Ok(hold)
    }
}

/// Asks for a hold under a key. The answer names the hold.
async fn ask(world: &World, key: &str, verb: &Hold) -> Result<Idempotent, AppError> {
    let scope = Scope {
        credential: Uuid::nil(),
        key: key.to_owned(),
        fingerprint: [0; 32],
    };
    let answer = |hold: Result<HoldId, Refusal>| StoredAnswer {
        status: 201,
        content_type: "text/plain".to_owned(),
        headers: Vec::new(),
        body: hold.map_or_else(|_| Vec::new(), |hold| hold.to_string().into_bytes()),
    };
    once(&world.app, world.hotel.id, &scope, verb, answer).await
}

/// The same, until nobody is in the way.
async fn ask_until_free(world: &World, key: &str, verb: &Hold) -> Result<Idempotent, AppError> {
    let mut patience = Patience::begin();
    loop {
        match ask(world, key, verb).await {
            Ok(Idempotent::InFlight) if patience.lasts() => patience.pause().await,
            outcome => return outcome,
        }
    }
}

fn fresh(outcome: Result<Idempotent, AppError>) -> Vec<u8> {
    match outcome {
        Ok(Idempotent::Fresh(answer)) => answer.body,
        other => panic!("not done now: {other:?}"),
    }
}

fn replayed(outcome: Result<Idempotent, AppError>) -> Vec<u8> {
    match outcome {
        Ok(Idempotent::Replayed(answer)) => answer.body,
        other => panic!("not answered as before: {other:?}"),
    }
}

#[tokio::test]
async fn while_one_performs_the_other_is_told_so_and_afterwards_gets_the_same_answer() {
    let world = World::new().await;
    let (first, second) = (Hold::waiting(&world), Hold::new(&world, Before::Nothing));
    let meanwhile = async {
        first.begun().await;
        let busy = ask(&world, "one", &second).await;
        first.go_on();
        busy
    };
    let (done, busy) = tokio::join!(ask(&world, "one", &first), meanwhile);
    assert!(matches!(busy, Ok(Idempotent::InFlight)), "{busy:?}");
    assert_eq!(
        replayed(ask(&world, "one", &second).await),
        fresh(done),
        "the answers differ"
    );
    assert_eq!(second.performed.load(Ordering::SeqCst), 0);
    assert_eq!(world.number(HOLDS).await, 1);
}

#[tokio::test]
async fn where_the_lock_lets_both_through_the_row_takes_the_second_back_and_it_is_answered_alike() {
    let world = World::new().await;
    world.alter(NO_LOCK).await;
    let both = Hold::new(&world, Before::Meet(Barrier::new(2)));
    let (one, other) = tokio::join!(ask(&world, "one", &both), ask(&world, "one", &both));
    let (done, again) = if matches!(one, Ok(Idempotent::Fresh(_))) {
        (one, other)
    } else {
        (other, one)
    };
    assert_eq!(fresh(done), replayed(again), "the answers differ");
    assert_eq!(
        both.performed.load(Ordering::SeqCst),
        2,
        "they did not meet"
    );
    assert_eq!(world.number(HOLDS).await, 1);
    let held = "SELECT max(held)::bigint FROM room_availability";
    assert_eq!(world.number(held).await, 1);
}

#[tokio::test]
async fn keys_of_one_hash_wait_for_each_other_and_are_never_taken_for_each_other() {
    let world = World::new().await;
    world.alter(ONE_HASH).await;
    let (first, second) = (Hold::waiting(&world), Hold::new(&world, Before::Nothing));
    let meanwhile = async {
        first.begun().await;
        let busy = ask(&world, "two", &second).await;
        first.go_on();
        busy
    };
    let (one, busy) = tokio::join!(ask(&world, "one", &first), meanwhile);
    assert!(matches!(busy, Ok(Idempotent::InFlight)), "{busy:?}");
    let (one, two) = (fresh(one), fresh(ask(&world, "two", &second).await));
    assert_ne!(one, two);
    assert_eq!(replayed(ask(&world, "one", &second).await), one);
    assert_eq!(replayed(ask(&world, "two", &second).await), two);
    assert_eq!(world.number(HOLDS).await, 2);
}

#[tokio::test]
async fn who_is_lost_in_the_middle_leaves_nothing_and_the_key_is_free() {
    let world = World::new().await;
    let (lost, next) = (Hold::waiting(&world), Hold::new(&world, Before::Nothing));
    let meanwhile = async {
        lost.begun().await;
        world.alter(CUT_OFF).await;
        let done = ask_until_free(&world, "one", &next).await;
        lost.go_on();
        done
    };
    let (lost, done) = tokio::join!(ask(&world, "one", &lost), meanwhile);
    assert!(lost.is_err(), "{lost:?}");
    let done = fresh(done);
    assert_eq!(replayed(ask(&world, "one", &next).await), done);
    assert_eq!(world.number(HOLDS).await, 1);
}

#[tokio::test]
async fn a_panic_takes_everything_back_and_gives_its_connection_back() {
    let world = World::new().await;
    let (broken, mended) = (
        Hold::new(&world, Before::Panic),
        Hold::new(&world, Before::Nothing),
    );
    // More than the pool has connections.
    for number in 0..10 {
        let asked = AssertUnwindSafe(ask_until_free(&world, "one", &broken)).catch_unwind();
        assert!(asked.await.is_err(), "the {number}th did not panic");
    }
    assert_eq!(broken.performed.load(Ordering::SeqCst), 10);
    let done = fresh(ask_until_free(&world, "one", &mended).await);
    assert_eq!(replayed(ask(&world, "one", &broken).await), done);
    assert_eq!(world.number(HOLDS).await, 1);
}
