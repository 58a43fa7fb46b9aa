//! Two ways to ask: callers who wait for their answers, and callers who come at their instants whatever happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

/// How often a second so many callers together do something, each one after the other.
pub(super) async fn rate<F: Future<Output = ()> + Send>(
    callers: usize,
    span: Duration,
    act: impl Fn(usize) -> F + Clone + Send + 'static,
) -> f64 {
    let (next, begin) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut together = JoinSet::new();
    for _ in 0..callers {
        let (next, act) = (next.clone(), act.clone());
        together.spawn(async move {
            while begin.elapsed() < span {
                act(next.fetch_add(1, Ordering::Relaxed)).await;
            }
        });
    }
    together.join_all().await;
    let done = u32::try_from(next.load(Ordering::Relaxed)).expect("a small number");
    f64::from(done) / begin.elapsed().as_secs_f64()
}

/// Has one act begin at each instant of a steady rate, and gives what came of each with the time since its instant: a
/// server that stalls is not asked less, and so does not look better than it is.
pub(super) async fn arrivals<T, F>(
    a_second: u32,
    number: u32,
    act: impl Fn(u32) -> F + Clone + Send + 'static,
) -> Vec<(T, Duration)>
where
    T: Send + 'static,
    F: Future<Output = T> + Send,
{
    let begin = Instant::now() + Duration::from_millis(200);
    let mut asked = JoinSet::new();
    for number in 0..number {
        let (due, act) = (
            begin + Duration::from_secs(1) * number / a_second,
            act.clone(),
        );
        asked.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            let answer = act(number).await;
            (answer, due.elapsed())
        });
    }
    asked.join_all().await
}

/// The middle one.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The least time within which so many of a hundred were, in milliseconds.
pub(super) fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort();
    let place = (times.len() * percent).div_ceil(100).max(1) - 1;
    times[place].as_secs_f64() * 1e3
}

#[test]
fn a_percentile_is_the_least_time_within_which_so_many_were() {
    let mut times: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
    let of = [1, 50, 95, 99, 100].map(|percent| percentile(&mut times, percent));
    assert_eq!(of, [2.0, 100.0, 190.0, 198.0, 200.0]);
    assert_eq!(percentile(&mut [Duration::from_millis(7)], 50), 7.0);
    assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
}
