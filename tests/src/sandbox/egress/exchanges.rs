//! One request and one answer: what goes out with it, how long it may take, and where the answer ends.

use std::collections::HashMap;
use std::time::Duration;

use roomwire::plugin::Limits;

use super::bombs::{LATE, OK, once, request};
use super::rude::Answer;
use super::world::{EgressWorld, Setup};

#[tokio::test]
async fn what_follows_an_answer_is_not_the_next_one() {
    let two = format!("{OK}Content-Length: 2\r\n\r\nok{OK}Content-Length: 4\r\n\r\nevil");
    let world = EgressWorld::start(Setup {
        answers: HashMap::from([("/two".to_owned(), once(two))]),
        ..Setup::default()
    })
    .await;
    world.tell(vec![request("/two", None), request("/", None)]);
    for turn in 1..=2 {
        let told = world.next().await.result.expect("an answer");
        assert_eq!(told, "200: ok", "{turn}");
    }
    assert_eq!(world.rude.connections(), 2);
}

#[tokio::test]
async fn the_head_of_an_answer_has_less_time_than_the_whole() {
    let whole = format!("{OK}Content-Length: 2\r\n\r\no");
    let late_body = Answer {
        again: b"k".to_vec(),
        pause: Duration::from_millis(700),
        ..once(whole)
    };
    let never = Answer {
        again: b"x".to_vec(),
        pause: Duration::from_secs(60),
        ..Answer::default()
    };
    let world = EgressWorld::start(Setup {
        answers: HashMap::from([
            ("/late".to_owned(), late_body),
            ("/never".to_owned(), never),
        ]),
        limits: Limits {
            first_byte: Duration::from_millis(500),
            ..Limits::default()
        },
        ..Setup::default()
    })
    .await;
    world.tell(vec![request("/late", None), request("/never", None)]);
    let late = world.next().await.result.expect("an answer");
    assert_eq!(late, "200: ok");
    let never = world.next().await;
    assert_eq!(never.result.expect("a sentence"), LATE);
    assert!(
        never.cost.duration < Duration::from_secs(5),
        "{:?}",
        never.cost
    );
}

#[tokio::test]
async fn the_host_adds_nothing_that_tells_of_itself() {
    let world = EgressWorld::start(Setup::default()).await;
    world.tell(vec![request("/", None)]);
    assert_eq!(world.next().await.result.expect("an answer"), "200: ok");
    let heads = world.rude.heads();
    let [(_, head)] = &heads[..] else {
        panic!("one request: {heads:?}");
    };
    let names = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "));
    let mut names: Vec<_> = names.map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.retain(|name| name != "content-length");
    names.sort();
    assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"]);
    let host = head.lines().find(|line| line.starts_with("host: "));
    assert_eq!(host, Some("host: rude.example.com"));
}
