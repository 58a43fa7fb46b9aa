//! Every two operations that change something, about the same things at the same moment.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::StreamExt as _;
use futures::future::join;
use futures::stream;

use crate::harness::{Answer, Channels, Operation, operations, violations};
use crate::races::field::Field;
use crate::races::rounds;

/// How often each pair meets, unless ROOMWIRE_TEST_RACES says otherwise; a hundred times before a merge.
const RACES: usize = 1;
/// Each operation meets itself and every third of those behind it, unless ROOMWIRE_TEST_RACES asks for more.
const STRIDE: usize = 3;
/// How many races are run at a time; there are eight rooms, and two for each race.
const AT_ONCE: usize = 4;

fn name(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

/// What must not be told to anybody, whoever else came at the same moment. A channel may be asked only so often.
fn is_failure(answer: &Answer) -> bool {
    let code = (answer.status >= 400).then(|| answer.code());
    match code.as_deref() {
        Some("channel_paced") => false,
        Some("idempotency_key_in_flight") => true,
        _ => answer.status >= 500,
    }
}

/// How often each operation was done, and what went wrong.
#[derive(Debug, Default)]
struct Tally {
    done: BTreeMap<String, usize>,
    wrong: BTreeMap<String, usize>,
}

impl Tally {
    fn count(&mut self, pair: [&Operation; 2], answers: [Answer; 2]) {
        for (operation, answer) in pair.into_iter().zip(answers) {
            *self.done.entry(name(operation)).or_default() += usize::from(answer.status < 300);
            if is_failure(&answer) {
                let other = pair.map(name).join(" with ");
                let what = format!("{other}: {} {}", answer.status, answer.text());
                *self.wrong.entry(what).or_default() += 1;
            }
        }
    }
}

async fn race(field: &Field, all: &[Operation], pair: [&Operation; 2]) -> [Answer; 2] {
    let things = field.lay_out(pair, all).await;
    let [one, other] = pair;
    let (first, second) = join(field.call(one, &things), field.call(other, &things)).await;
    field.clear(&things).await;
    [first, second]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_two_change_at_once_fails_nobody_and_breaks_no_invariant() {
    let field = Field::new().await;
    let documented = operations(&field.channels.world).await;
    field.furnish(&documented).await;
    let all = field.operations(documented);
    let races = rounds(RACES);
    let stride = if races > RACES { 1 } else { STRIDE };
    let begin = Instant::now();
    let pairs = all.iter().enumerate().flat_map(|(place, one)| {
        let others = all[place..].iter().step_by(stride);
        others.map(move |other| [one, other])
    });
    let raced: Vec<_> = stream::iter(pairs.flat_map(|pair| std::iter::repeat_n(pair, races)))
        .map(async |pair| (pair, race(&field, &all, pair).await))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut tally = Tally::default();
    let number = raced.len();
    for (pair, answers) in raced {
        tally.count(pair, answers);
    }
    eprintln!(
        "{number} races of {} operations, in {:?}",
        all.len(),
        begin.elapsed()
    );
    for (operation, done) in &tally.done {
        eprintln!("{done:>5} {operation}");
    }
    assert!(tally.wrong.is_empty(), "{:#?}", tally.wrong);
    let never: Vec<_> = tally.done.iter().filter(|(_, done)| **done == 0).collect();
    assert!(
        never.is_empty(),
        "these were always refused, so their races show nothing: {never:#?}"
    );

    let Field { channels, .. } = field;
    let Channels {
        world,
        octorate,
        resend,
        ..
    } = channels;
    let database = world.into_database().await;
    drop((octorate, resend));
    assert_eq!(database.deadlocks().await, 0);
    assert_eq!(violations(&database.owner()).await, Vec::<String>::new());
}
