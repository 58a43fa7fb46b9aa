//! The last uses of a promo code: many want them at once, with holds, and with bookings of one guest.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Answer, Call, Client, Line, World, lines, violations};

/// As many as the code may be used.
const USES: usize = 5;
const CALLERS: usize = 40;
/// Holds that one guest would book.
const HOLDS: usize = 12;

/// Locks nothing, and waits for company: what many do at once, all of them count before, however slow the machine is.
const NO_LOCK: &str = "
    CREATE SEQUENCE arrivals;
    CREATE OR REPLACE FUNCTION lock_promo_code(p_hotel uuid, p_promo_code uuid) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER
    AS $$
    BEGIN
        PERFORM nextval('arrivals');
        FOR turn IN 1..40 LOOP
            EXIT WHEN (SELECT last_value FROM arrivals) >= 8;
            PERFORM pg_sleep(0.1);
        END LOOP;
        PERFORM pg_sleep(0.3);
    END
    $$";

/// A hotel with rooms for everybody, a code with a bound of its uses, and a quote with the code.
struct Sale {
    world: World,
    guest: Client,
    quote: Value,
}

impl Sale {
    async fn new(bound: &str, uses: usize) -> Self {
        let world = World::start().await;
        world
            .execute("UPDATE room_availability SET allotment = 1000")
            .await;
        let mut code = json!({"code": "LAST", "name": "Last", "kind": "amount", "value": 100});
        code[bound] = json!(uses);
        let staff = world.staff().await;
        staff.post("promo-codes", &code).await.expect(201);
        let guest = world.guest().await;
        let mut wanted = lines(&[Line::default()]);
        wanted["promo_code"] = json!("LAST");
        let quote = guest.post("quotes", &wanted).await.expect(201);
        Self {
            quote: json!({"quote": quote["quote"]}),
            world,
            guest,
        }
    }

    fn holding(&self) -> Call {
        self.guest.post("holds", &self.quote)
    }

    /// Everybody holds with the code at once.
    async fn everybody_holds(&self) -> Vec<Answer> {
        at_once((0..CALLERS).map(|_| self.holding())).await
    }

    /// Everybody books a line with the code at once, without a hold before.
    async fn everybody_books(&self) -> Vec<Answer> {
        let mut body = lines(&[Line::default()]);
        body["promo_code"] = json!("LAST");
        body["booker"] = json!({"first_name": "Ada", "last_name": "Lovelace"});
        at_once((0..CALLERS).map(|_| self.guest.post("reservations", &body))).await
    }

    async fn holds(&self) -> Vec<String> {
        let mut holds = Vec::new();
        for _ in 0..HOLDS {
            let hold = self.holding().await.expect(201);
            holds.push(hold["id"].as_str().expect("an id").to_owned());
        }
        holds
    }

    /// One guest books all these holds at once.
    async fn one_guest_books(&self, holds: &[String]) -> Vec<Answer> {
        at_once(holds.iter().map(|hold| self.guest.reserving(hold))).await
    }
}

async fn at_once(calls: impl Iterator<Item = Call>) -> Vec<Answer> {
    let mut asked = JoinSet::new();
    for call in calls {
        asked.spawn(call.into_future());
    }
    asked.join_all().await
}

/// How many were granted. The rest were told that nothing is left.
fn granted(answers: &[Answer]) -> usize {
    let refused = answers.iter().filter(|answer| answer.status != 201);
    for answer in refused {
        assert_eq!(answer.code(), "promo_code_used_up");
    }
    answers.iter().filter(|answer| answer.status == 201).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_callers_for_the_last_uses_of_a_code_get_exactly_as_many_as_there_are() {
    let sale = Sale::new("uses_at_most", USES).await;
    assert_eq!(granted(&sale.everybody_holds().await), USES);
    // Who got no use got no room either.
    let held = "SELECT max(held) FROM room_availability";
    assert_eq!(sale.world.number(held).await, USES as i64);
    let database = sale.world.into_database().await;
    assert_eq!(database.deadlocks().await, 0);
    assert_eq!(violations(&database.owner()).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_callers_who_book_lines_with_the_last_uses_of_a_code_get_exactly_as_many_as_there_are()
 {
    let sale = Sale::new("uses_at_most", USES).await;
    assert_eq!(granted(&sale.everybody_books().await), USES);
    let sold = "SELECT max(sold) FROM room_availability";
    assert_eq!(sale.world.number(sold).await, USES as i64);
    let database = sale.world.into_database().await;
    assert_eq!(database.deadlocks().await, 0);
    assert_eq!(violations(&database.owner()).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_who_books_many_holds_at_once_uses_a_code_as_often_as_it_says() {
    let sale = Sale::new("uses_per_guest", 2).await;
    let holds = sale.holds().await;
    assert_eq!(granted(&sale.one_guest_books(&holds).await), 2);
    let database = sale.world.into_database().await;
    assert_eq!(database.deadlocks().await, 0);
    assert_eq!(violations(&database.owner()).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_lock_more_uses_are_taken_than_there_are() {
    let sale = Sale::new("uses_at_most", USES).await;
    sale.world.execute(NO_LOCK).await;
    let held = granted(&sale.everybody_holds().await);
    assert!(
        held > USES,
        "the load would not notice a lock that is missing: {held}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_lock_a_guest_uses_a_code_too_often() {
    let sale = Sale::new("uses_per_guest", 2).await;
    let holds = sale.holds().await;
    sale.world.execute(NO_LOCK).await;
    let booked = granted(&sale.one_guest_books(&holds).await);
    assert!(
        booked > 2,
        "the load would not notice a lock that is missing: {booked}"
    );
}
