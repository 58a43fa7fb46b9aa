//! Caps of live holds under load: never exceeded by one, far from the cap and near it; and controls without the locks.

mod extension;

use std::time::Duration;

use roomwire::domain::hold::{Capped, HoldCaps, Holder};
use roomwire::domain::ids::{ApiKeyId, HoldId, HotelId};
use roomwire::domain::quote::QuotedLine;
use roomwire::store::hold_caps::{self, Guarded};
use roomwire::store::holds::{self, Placed, Wanted};
use roomwire::store::{Store, StoreError};
use sqlx::ConnectOptions;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::harness::{start_instant, violations};
use crate::inventory::load::Scarce;

const MINUTE: Duration = Duration::from_secs(60);
/// Between being let through and holding, a caller prices its quote; meanwhile others come.
const PRICING: Duration = Duration::from_millis(10);
const CALLERS: u32 = 64;

/// Few may be held, so that the lock of a key is never shared.
const FEW: HoldCaps = HoldCaps {
    per_key: 12,
    per_session: 12,
};

/// Nobody waits for anybody.
const NO_LOCKS: &str = "
    CREATE OR REPLACE FUNCTION lock_hold_caps(
        p_hotel uuid, p_credential uuid, p_session bytea, p_key_alone boolean, p_session_alone boolean
    ) RETURNS void LANGUAGE sql AS 'SELECT'";

/// The lock of a key is shared up to the cap itself.
const NO_MARGIN: &str = "CREATE OR REPLACE FUNCTION hold_cap_margin() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 0'";

/// What one caller was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Told {
    Held,
    Capped(Capped),
}

/// A hotel with rooms for everybody.
async fn roomy() -> Scarce {
    let scarce = Scarce::new().await;
    scarce
        .alter("UPDATE room_availability SET allotment = 5000")
        .await;
    scarce
}

fn guest(session: Option<&str>) -> Holder {
    Holder::new(ApiKeyId(Uuid::from_u128(0xca9)), session)
}

/// Somebody who wants holds, under these caps.
#[derive(Clone)]
struct Caller {
    store: Store,
    hotel: HotelId,
    holder: Holder,
    caps: HoldCaps,
    lines: Vec<QuotedLine>,
    pricing: Duration,
}

impl Caller {
    fn of(scarce: &Scarce, store: &Store, caps: HoldCaps) -> Self {
        Self {
            store: store.clone(),
            hotel: scarce.hotel,
            holder: guest(None),
            caps,
            lines: scarce.stay(0),
            pricing: PRICING,
        }
    }

    /// Asks as the application does: contention is tried again, and nothing else.
    async fn ask(&self) -> Result<Told, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.ask_once().await {
                Err(StoreError::Contended(_)) if tries < 8 => {}
                told => return told,
            }
        }
    }

    async fn ask_once(&self) -> Result<Told, StoreError> {
        let mut tx = self.store.begin(self.hotel).await?;
        match hold_caps::guard(&mut tx, &self.holder, self.caps, &self.lines).await {
            Ok(Guarded::Free) => {}
            Ok(Guarded::Reached { whose, .. }) => {
                tx.abandon().await;
                return Ok(Told::Capped(whose));
            }
            Ok(told @ Guarded::SoldOut { .. }) => panic!("there are rooms: {told:?}"),
            Err(failure) => {
                tx.abandon().await;
                return Err(failure);
            }
        }
        tokio::time::sleep(self.pricing).await;
        let hold = HoldId::new(start_instant());
        let wanted = Wanted {
            lines: &self.lines,
            ttl: 10 * MINUTE,
            longest: 30 * MINUTE,
            holder: Some(&self.holder),
        };
        match holds::place(&mut tx, hold, wanted).await {
            Ok(Placed::Held { .. }) => {}
            Ok(told @ Placed::SoldOut { .. }) => panic!("there are rooms: {told:?}"),
            Err(failure) => {
                tx.abandon().await;
                return Err(failure);
            }
        }
        tx.commit().await?;
        Ok(Told::Held)
    }

    /// So many ask at once, each so often; answers how many hold, and whose cap stopped the others.
    async fn crowd(&self, rounds: u32) -> (u32, Vec<Capped>) {
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let caller = self.clone();
            callers.spawn(async move {
                let mut told = Vec::new();
                for _ in 0..rounds {
                    told.push(caller.ask().await.expect("nobody is turned away for good"));
                }
                told
            });
        }
        let (mut held, mut capped) = (0, Vec::new());
        for told in callers.join_all().await.into_iter().flatten() {
            match told {
                Told::Held => held += 1,
                Told::Capped(whose) => capped.push(whose),
            }
        }
        (held, capped)
    }
}

/// One value, as the owner sees it.
async fn value<T>(scarce: &Scarce, query: &'static str) -> T
where
    T: Send + Unpin + for<'row> sqlx::Decode<'row, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    let mut owner = scarce
        .database
        .owner()
        .connect()
        .await
        .expect("the owner connects");
    sqlx::query_scalar(query)
        .fetch_one(&mut owner)
        .await
        .unwrap_or_else(|error| panic!("{error}: {query}"))
}

/// How many sessions the server lets connect, from which the margin is taken.
async fn max_connections(scarce: &Scarce) -> u32 {
    let query = "SELECT current_setting('max_connections')::integer";
    let most: i32 = value(scarce, query).await;
    u32::try_from(most).expect("a number of connections")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_callers_with_one_key_get_exactly_as_many_holds_as_it_may_have() {
    let scarce = roomy().await;
    let store = scarce.open(32).await;
    let (held, capped) = Caller::of(&scarce, &store, FEW).crowd(1).await;
    assert_eq!(held, FEW.per_key);
    assert!(capped.iter().all(|whose| *whose == Capped::Key));
    assert_eq!(scarce.deadlocks(store).await, 0);
    let broken = violations(&scarce.database.owner()).await;
    assert_eq!(broken, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_that_comes_from_far_below_the_cap_stops_exactly_at_it() {
    let scarce = roomy().await;
    let caps = HoldCaps {
        per_key: max_connections(&scarce).await + 40,
        ..FEW
    };
    let store = scarce.open(32).await;
    let caller = Caller {
        pricing: Duration::ZERO,
        ..Caller::of(&scarce, &store, caps)
    };
    let (held, capped) = caller.crowd(caps.per_key / CALLERS + 2).await;
    assert_eq!(held, caps.per_key);
    assert!(capped.iter().all(|whose| *whose == Capped::Key));
    assert_eq!(scarce.deadlocks(store).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_guest_in_sixty_four_windows_gets_exactly_as_many_holds_as_a_session_may_have() {
    let scarce = roomy().await;
    let caps = HoldCaps {
        per_key: max_connections(&scarce).await + 1000,
        per_session: 3,
    };
    let store = scarce.open(32).await;
    let caller = Caller {
        holder: guest(Some("ada")),
        ..Caller::of(&scarce, &store, caps)
    };
    let (held, capped) = caller.crowd(1).await;
    assert_eq!(held, caps.per_session);
    assert!(capped.iter().all(|whose| *whose == Capped::Session));
    assert_eq!(scarce.deadlocks(store).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_locks_a_key_and_a_session_have_too_many() {
    for (session, caps) in [
        (None, FEW),
        (
            Some("ada"),
            HoldCaps {
                per_key: 10_000,
                per_session: 3,
            },
        ),
    ] {
        let scarce = roomy().await;
        scarce.alter(NO_LOCKS).await;
        let store = scarce.open(32).await;
        let caller = Caller {
            holder: guest(session),
            ..Caller::of(&scarce, &store, caps)
        };
        let (held, _) = caller.crowd(1).await;
        store.close().await;
        let most = caps.per_key.min(caps.per_session);
        assert!(
            held > most,
            "the load would not notice that the locks are missing: {held} of {most}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_margin_those_who_share_the_lock_of_a_key_have_too_many() {
    let scarce = roomy().await;
    scarce.alter(NO_MARGIN).await;
    let store = scarce.open(32).await;
    let (held, _) = Caller::of(&scarce, &store, FEW).crowd(1).await;
    store.close().await;
    assert!(
        held > FEW.per_key,
        "the load would not notice that the margin is missing: {held}"
    );
}
