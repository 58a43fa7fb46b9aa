//! The host is killed under load, again and again: what it acknowledged is there, and what it did not can be repeated.

mod journal;
pub(crate) mod program;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::crash::journal::Journal;
use crate::crash::program::Program;
use crate::harness::{Client, Line, eventually, lines, new_key, tampered, violations};

const KILLS: usize = 3;
/// So many acknowledgements come between two kills.
const BETWEEN_KILLS: usize = 20;
const GUESTS: i32 = 6;
const PATIENCE: Duration = Duration::from_secs(30);
/// Jobs that a killed host was running are back within this time: their leases must end first.
const ORPHANS_BACK: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_host_that_is_killed_under_load_loses_nothing_that_it_acknowledged() {
    let mut program = Program::install().await;
    program.start().await;
    let journal = Arc::new(Journal::default());
    let enough = Arc::new(AtomicBool::new(false));
    let mut guests = JoinSet::new();
    for guest in 0..GUESTS {
        guests.spawn(book_until(
            program.client(),
            journal.clone(),
            enough.clone(),
            guest,
        ));
    }
    for _ in 0..KILLS {
        let before = journal.acknowledged().len();
        eventually("guests book", PATIENCE, async || {
            (journal.acknowledged().len() >= before + BETWEEN_KILLS).then_some(())
        })
        .await;
        program.kill().await;
        program.start().await;
    }
    enough.store(true, Ordering::Relaxed);
    guests.join_all().await;

    same_answers(&program.client(), &journal).await;
    nothing_lost_and_no_ghosts(&program, &journal).await;
    let owner = program.owner();
    eventually(
        "no change waits for the channel any more",
        ORPHANS_BACK,
        async || program.quiet().await.then_some(()),
    )
    .await;
    assert_eq!(violations(&owner).await, Vec::<String>::new());
    eventually("every event is sealed", ORPHANS_BACK, async || {
        let waiting = program
            .texts("SELECT count(*)::text FROM audit_unsealed")
            .await;
        (waiting == ["0"]).then_some(())
    })
    .await;
    assert_eq!(tampered(&owner).await, Vec::<String>::new());
    program.channel_shows_what_we_have().await;
    program.stop().await;
}

/// One guest after another, until it is enough. What is not answered is repeated under the same key until it is.
async fn book_until(client: Client, journal: Arc<Journal>, enough: Arc<AtomicBool>, guest: i32) {
    let mut turn = guest;
    while !enough.load(Ordering::Relaxed) {
        let line = Line {
            arrival: turn % 60,
            ..Line::default()
        };
        turn += 7;
        let Some(quoted) = client.post("quotes", &lines(&[line])).attempt().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        if quoted.status != 201 {
            assert!([409, 503].contains(&quoted.status), "{}", quoted.text());
            continue;
        }
        let held = journal
            .perform(
                &client,
                "holds",
                json!({"quote": quoted.json()["quote"]}),
                new_key(),
            )
            .await;
        if held.status != 201 {
            assert_eq!(held.status, 409, "{}", held.text());
            continue;
        }
        let booker =
            json!({"first_name": "Ada", "last_name": "Lovelace", "email": "ada@guest.example"});
        let body = json!({"hold": held.json()["id"], "booker": booker});
        let made = journal
            .perform(&client, "reservations", body, new_key())
            .await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
}

/// Whoever repeats a request under its key gets the answer that was given before the crash.
async fn same_answers(client: &Client, journal: &Journal) {
    for entry in journal.acknowledged().iter().rev().step_by(5) {
        let again = client
            .post(entry.path, &entry.body)
            .idempotency_key(&entry.key)
            .await;
        assert_eq!(
            (again.status, again.text()),
            (entry.answer.status, entry.answer.text()),
            "{}",
            entry.key
        );
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
}

async fn nothing_lost_and_no_ghosts(program: &Program, journal: &Journal) {
    let acknowledged = journal.acknowledged();
    let made: Vec<String> = acknowledged
        .iter()
        .filter(|entry| entry.path == "reservations" && entry.answer.status == 201)
        .map(|entry| {
            entry.answer.json()["id"]
                .as_str()
                .expect("an id")
                .to_owned()
        })
        .collect();
    assert!(
        made.len() >= KILLS * BETWEEN_KILLS / 3,
        "{} reservations are a small load",
        made.len()
    );
    let stored = program.texts("SELECT id::text FROM reservations").await;
    for id in &made {
        assert!(
            stored.contains(id),
            "the acknowledged reservation {id} is lost"
        );
    }
    // Every guest repeats until it is answered, so there is nothing that nobody knows of.
    assert_eq!(
        stored.len(),
        made.len(),
        "reservations that nobody was told of"
    );
    for key in program.texts("SELECT key FROM idempotency_keys").await {
        assert!(journal.intended(&key), "nobody asked under the key {key}");
    }
}
