//! Every pair of routes a hundred times at the same moment, and what may come of it.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::StreamExt as _;
use futures::future::join;
use futures::stream;

use crate::races::arena::{AT_ONCE, Arena, Subject, Track};
use crate::races::rounds;
use crate::races::route::{Route, excludes, told};

/// How often each pair meets, unless ROOMWIRE_TEST_RACES says otherwise; a hundred times before a merge.
const RACES: usize = 10;

/// What the two were told, and how things stand then.
type Outcome = (String, String, String);

/// The two at the same moment; which is sent first changes from race to race.
async fn race(arena: &Arena, one: Route, other: Route, number: usize) -> (String, String) {
    let subject = &arena.subjects[number];
    let call = |route: Route| route.call(&arena.client, subject).into_future();
    let (first, second) = if number.is_multiple_of(2) {
        join(call(one), call(other)).await
    } else {
        let (second, first) = join(call(other), call(one)).await;
        (first, second)
    };
    (told(&first), told(&second))
}

/// The two one after the other.
async fn in_turn(
    arena: &Arena,
    first: Route,
    second: Route,
    subject: &Subject,
) -> (String, String) {
    let before = first.call(&arena.client, subject).await;
    let after = second.call(&arena.client, subject).await;
    (told(&before), told(&after))
}

/// What a pair did that neither order would have done, and how often each order was seen.
pub(super) async fn anomalies(
    track: &Track,
    one: Route,
    other: Route,
    races: usize,
) -> Vec<String> {
    // Two more, which show what either order comes to.
    let arena = track.arena(one, other, races + 2).await;
    let numbers = stream::iter(0..races);
    let mut answers: Vec<(String, String)> = numbers
        .map(|number| race(&arena, one, other, number))
        .buffered(AT_ONCE)
        .collect()
        .await;
    answers.push(in_turn(&arena, one, other, &arena.subjects[races]).await);
    let (second, first) = in_turn(&arena, other, one, &arena.subjects[races + 1]).await;
    answers.push((first, second));
    let ends = track.ends(&arena).await;
    let mut seen = answers
        .into_iter()
        .zip(&arena.subjects)
        .map(|((first, second), subject)| (first, second, ends[&subject.code].clone()));
    let raced: Vec<Outcome> = seen.by_ref().take(races).collect();
    let orders: Vec<Outcome> = seen.collect();

    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    for outcome in raced.iter().chain(&orders) {
        let done = [&outcome.0, &outcome.1]
            .into_iter()
            .filter(|told| told.starts_with('2'))
            .count();
        if !orders.contains(outcome) {
            *wrong
                .entry(format!("{outcome:?} is neither of {orders:?}"))
                .or_default() += 1;
        } else if excludes(one, other) && done != 1 {
            *wrong
                .entry(format!("{done} were done: {outcome:?}"))
                .or_default() += 1;
        }
    }
    wrong
        .into_iter()
        .map(|(what, times)| format!("{one:?} and {other:?}, {times} times: {what}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_meets_ends_as_if_one_had_come_after_the_other() {
    let track = Track::new().await;
    let races = rounds(RACES);
    let begin = Instant::now();
    let mut wrong = Vec::new();
    let mut pairs = 0;
    for (place, one) in Route::ALL.into_iter().enumerate() {
        for other in &Route::ALL[place..] {
            wrong.extend(anomalies(&track, one, *other, races).await);
            pairs += 1;
        }
    }
    eprintln!(
        "{pairs} pairs, {} requests at the same moment as another, in {:?}",
        2 * pairs * races,
        begin.elapsed()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
