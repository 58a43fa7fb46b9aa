//! One token and one budget for all: on a real database, with as many callers as it takes.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use tokio::time::sleep;
use uuid::Uuid;

use super::*;
use crate::domain::account_token::Budget;
use crate::domain::ids::HotelId;
use crate::store::test_database::TestDatabase;

const CALLERS: usize = 16;
const MOST: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);

/// Nobody waits for an account, and whoever has counted waits for company before writing it down: however slow the
/// machine is, more have counted than the budget allows.
const UNLOCKED_ACCOUNT: &str = "
    CREATE SEQUENCE arrivals;
    GRANT ALL ON SEQUENCE arrivals TO PUBLIC;
    CREATE FUNCTION wait_for_company() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM nextval('arrivals');
        FOR turn IN 1..200 LOOP
            EXIT WHEN (SELECT last_value FROM arrivals) > 5;
            PERFORM pg_sleep(0.05);
        END LOOP;
    END $$;
    DO $$
    BEGIN
        EXECUTE replace(pg_get_functiondef('lock_account_tokens'::regproc), 'FOR UPDATE', '');
        EXECUTE replace(pg_get_functiondef('ask_for_account_token'::regproc),
            'taken := nextval', 'PERFORM wait_for_company(); taken := nextval');
    END $$";

struct World {
    database: TestDatabase,
    tokens: PostgresAccountTokens,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        Self {
            tokens: PostgresAccountTokens::new(database.store.clone()),
            database,
        }
    }

    async fn decide(&self, wish: Wish) -> Decision {
        self.decide_as(&names(), wish).await
    }

    async fn decide_as(&self, names: &AccountNames, wish: Wish) -> Decision {
        self.tokens.decide(names, wish).await.unwrap()
    }

    /// The ticket of a request that may be sent.
    async fn ask(&self, wish: Wish) -> u64 {
        match self.decide(wish).await {
            Decision::Ask(ticket) => ticket,
            other => panic!("{other:?}"),
        }
    }

    async fn end(&self, ticket: u64, sent: bool) {
        self.tokens.end(&names(), ticket, sent).await.unwrap();
    }

    async fn keep(&self, ticket: u64, fresh_for: Option<Duration>) {
        self.tokens
            .keep(&names(), ticket, &sealed(ticket), fresh_for)
            .await
            .unwrap();
    }

    async fn forget(&self, version: u64) {
        self.tokens.forget(&names(), version).await.unwrap();
    }

    /// The version that everybody finds.
    async fn found(&self) -> Option<u64> {
        let found = self.tokens.find(&names()).await.unwrap();
        found.map(|kept| kept.version)
    }

    async fn uses(&self) -> i64 {
        let uses = "SELECT coalesce(sum(cardinality(asked_at)), 0)::bigint FROM account_tokens";
        self.database.number(uses).await
    }

    /// Many callers who ask until there is no more: how many requests were sent, and how many at once.
    async fn hammer(&self) -> (usize, usize) {
        let counts = Counts::default();
        join_all((0..CALLERS).map(|_| self.ask_until_spent(&counts))).await;
        (counts.sent.into_inner(), counts.most.into_inner())
    }

    /// The row is there afterwards, so that it is its lock alone that all others meet at.
    async fn ask_once(&self) {
        let first = self.ask(wish()).await;
        self.end(first, true).await;
    }

    async fn ask_until_spent(&self, counts: &Counts) {
        loop {
            match self.decide(wish()).await {
                Decision::Ask(ticket) => {
                    counts.sent.fetch_add(1, Ordering::SeqCst);
                    let at_once = counts.at_once.fetch_add(1, Ordering::SeqCst) + 1;
                    counts.most.fetch_max(at_once, Ordering::SeqCst);
                    sleep(Duration::from_millis(5)).await;
                    counts.at_once.fetch_sub(1, Ordering::SeqCst);
                    self.end(ticket, true).await;
                }
                Decision::Busy => sleep(Duration::from_millis(2)).await,
                Decision::Spent { seconds } => {
                    assert!((3_000..=3_615).contains(&seconds), "{seconds}");
                    return;
                }
                Decision::Kept => panic!("nobody keeps a token here"),
            }
        }
    }
}

/// Requests that were sent, those that are under way, and the most that ever were.
#[derive(Default)]
struct Counts {
    sent: AtomicUsize,
    at_once: AtomicUsize,
    most: AtomicUsize,
}

fn names() -> AccountNames {
    AccountNames {
        own: [1; 32],
        others: Vec::new(),
    }
}

/// The same account once its key is no longer the present one.
fn rotated() -> AccountNames {
    AccountNames {
        own: [0; 32],
        others: vec![[1; 32]],
    }
}

fn wish() -> Wish {
    Wish {
        budget: Some(Budget {
            tokens: MOST,
            seconds: 3_600,
        }),
        lease: Duration::from_secs(15),
        unusable: None,
        abandoned: None,
    }
}

fn sealed(ticket: u64) -> Sealed {
    Sealed {
        key_id: "a".to_owned(),
        bytes: ticket.to_be_bytes().to_vec(),
    }
}

#[tokio::test]
async fn however_many_ask_one_asks_at_a_time_and_no_more_than_the_budget() {
    let world = World::new().await;
    world.ask_once().await;
    assert_eq!(world.hammer().await, (MOST as usize - 1, 1));
}

#[tokio::test]
async fn without_the_lock_of_the_account_its_budget_is_exceeded() {
    let world = World::new().await;
    world.ask_once().await;
    world.database.alter(UNLOCKED_ACCOUNT).await;
    let (sent, _) = world.hammer().await;
    assert!(
        sent > MOST as usize,
        "the callers would not notice: {sent} were sent"
    );
}

#[tokio::test]
async fn a_kept_token_is_everybodys_until_a_newer_one_is_kept_or_it_is_refused() {
    let world = World::new().await;
    assert_eq!(world.found().await, None);
    let first = world.ask(wish()).await;
    assert_eq!(world.decide(wish()).await, Decision::Busy);
    world.keep(first, Some(MINUTE)).await;
    assert_eq!(world.decide(wish()).await, Decision::Kept);
    let kept = world.tokens.find(&names()).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.sealed), (first, sealed(first)));
    let left = kept.fresh_for.unwrap();
    assert!(left <= MINUTE && left > MINUTE / 2, "{left:?}");

    let unusable = Some(first);
    let second = world.ask(Wish { unusable, ..wish() }).await;
    world.keep(second, None).await;
    assert_eq!(world.found().await, Some(second));
    // What comes late takes nothing from the newer one.
    world.keep(first, Some(MINUTE)).await;
    world.forget(first).await;
    assert_eq!(world.found().await, Some(second));
    assert_eq!(
        world.decide(Wish { unusable, ..wish() }).await,
        Decision::Kept
    );
    world.forget(second).await;
    assert_eq!(world.found().await, None);
    world.ask(wish()).await;
}

#[tokio::test]
async fn a_token_that_is_over_is_asked_for_anew() {
    let world = World::new().await;
    let ticket = world.ask(wish()).await;
    world.keep(ticket, Some(Duration::ZERO)).await;
    assert_eq!(world.found().await, None);
    world.ask(wish()).await;
}

#[tokio::test]
async fn only_what_was_surely_not_sent_is_given_back_and_only_once() {
    let world = World::new().await;
    let first = world.ask(wish()).await;
    world.end(first, false).await;
    assert_eq!(world.uses().await, 0);
    let second = world.ask(wish()).await;
    world.end(first, false).await;
    assert_eq!(world.uses().await, 1, "the use is another request's");
    world.end(second, true).await;
    world.end(second, false).await;
    assert_eq!(world.uses().await, 1, "it was sent");
}

#[tokio::test]
async fn a_request_that_its_process_gave_up_counts_and_only_that_process_need_not_wait() {
    let world = World::new().await;
    let abandoned = Some(world.ask(wish()).await);
    assert_eq!(world.decide(wish()).await, Decision::Busy);
    let next = world
        .ask(Wish {
            abandoned,
            ..wish()
        })
        .await;
    assert!(Some(next) > abandoned);
    assert_eq!(world.uses().await, 2);
    // The first one ends after all: the second one's lease and use stay.
    world.end(next - 1, false).await;
    assert_eq!(world.uses().await, 2);
    assert_eq!(world.decide(wish()).await, Decision::Busy);
}

#[tokio::test]
async fn a_process_that_dies_after_taking_leaves_a_use_that_counts_and_no_lock() {
    let world = World::new().await;
    world.ask(wish()).await;
    let sessions = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert!(world.database.number(sessions).await > 0);
    let locks =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND relation = 'account_tokens'::regclass
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND pid <> pg_backend_pid()";
    assert_eq!(world.database.number(locks).await, 0);
    assert_eq!(world.uses().await, 1);
    // The pool asks a connection that has rested for a second whether it still lives.
    sleep(Duration::from_millis(1_200)).await;

    let next = World {
        tokens: PostgresAccountTokens::new(world.database.store.clone()),
        database: world.database,
    };
    assert_eq!(next.decide(wish()).await, Decision::Busy);
    let lapse = "UPDATE account_tokens SET asking_until = clock_timestamp() - interval '1 second'";
    next.database.alter(lapse).await;
    next.ask(wish()).await;
    assert_eq!(next.uses().await, 2);
}

#[tokio::test]
async fn uses_come_back_with_time_by_the_databases_clock() {
    let world = World::new().await;
    for _ in 0..MOST {
        let ticket = world.ask(wish()).await;
        world.end(ticket, true).await;
    }
    let earlier = |seconds: i32| {
        format!(
            "UPDATE account_tokens SET asked_at = ARRAY(
                SELECT u - interval '{seconds} seconds' FROM unnest(asked_at) AS u)"
        )
    };
    world.database.alter(&earlier(3_600)).await;
    // A remote may have counted the last one up to a lease later than we did.
    let decided = world.decide(wish()).await;
    assert!(
        matches!(decided, Decision::Spent { seconds: 1..=15 }),
        "{decided:?}"
    );
    world.database.alter(&earlier(15)).await;
    world.ask(wish()).await;
    assert_eq!(world.uses().await, 1, "what is over is not kept");
}

#[tokio::test]
async fn while_keys_rotate_an_account_has_one_token_and_one_budget() {
    let world = World::new().await;
    let ticket = world.ask(wish()).await;
    world.keep(ticket, Some(MINUTE)).await;
    assert_eq!(world.decide_as(&rotated(), wish()).await, Decision::Kept);
    let old = world.tokens.find(&rotated()).await.unwrap().unwrap();
    assert_eq!(old.name, names().own);

    let anew = Sealed {
        key_id: "b".to_owned(),
        bytes: vec![7],
    };
    world
        .tokens
        .reseal(&rotated(), ticket, &anew)
        .await
        .unwrap();
    let new = world.tokens.find(&rotated()).await.unwrap().unwrap();
    assert_eq!((new.name, new.version), (rotated().own, ticket));
    assert_eq!(new.sealed, anew);
    assert!(new.fresh_for.unwrap() > MINUTE / 2, "its life is the same");
    assert_eq!(
        world.found().await,
        None,
        "under the old key nothing is left"
    );

    world.tokens.forget(&rotated(), ticket).await.unwrap();
    for _ in 1..MOST {
        let Decision::Ask(ticket) = world.decide_as(&rotated(), wish()).await else {
            panic!("there is a budget left");
        };
        world.tokens.end(&rotated(), ticket, true).await.unwrap();
    }
    let spent = world.decide_as(&rotated(), wish()).await;
    assert!(matches!(spent, Decision::Spent { .. }), "{spent:?}");
}

#[tokio::test]
async fn a_hotels_transaction_sees_no_account() {
    let world = World::new().await;
    world.ask(wish()).await;
    let hotel = HotelId(Uuid::from_u128(1));
    let mut tx = world.database.store.begin(hotel).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM account_tokens")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(seen, 0);
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn accounts_that_ask_no_more_are_forgotten() {
    let world = World::new().await;
    world.ask(wish()).await;
    prune(&world.database.store, MINUTE).await.unwrap();
    assert_eq!(world.uses().await, 1);
    world
        .database
        .alter("UPDATE account_tokens SET used_at = used_at - interval '2 minutes'")
        .await;
    prune(&world.database.store, MINUTE).await.unwrap();
    assert_eq!(world.uses().await, 0);
}
