//! What runs by the clock: each next run is planned ahead as a job under a key, so that replicas don't double it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::jobs::PERIODS;
use crate::jobs::error::chain;
use crate::store::StoreError;
use crate::store::jobs::{self, NewJob};

/// Between two looks at what is due.
const TICK: Duration = Duration::from_millis(500);

/// When one connection works by itself, in its hotel's time zone.
#[derive(Clone, Debug)]
pub struct ConnectionSchedules {
    pub connection: ConnectionId,
    pub hotel: HotelId,
    pub time_zone: TimeZone,
    pub schedules: config::Schedules,
}

/// The schedules that are in force. Clones share what was set last.
#[derive(Clone, Debug, Default)]
pub struct Schedules(Arc<ArcSwap<Vec<ConnectionSchedules>>>);

/// A run that is planned.
struct Plan {
    kind: &'static str,
    key: String,
    connection: Option<(HotelId, ConnectionId)>,
    at: Timestamp,
}

impl Schedules {
    /// Puts these in place of those before.
    pub fn replace(&self, schedules: Vec<ConnectionSchedules>) {
        self.0.store(Arc::new(schedules));
    }

    /// Plans until it is stopped. Each run is planned once the one before has started, or when the schedule changes.
    pub async fn run(self, app: App, stop: CancellationToken) {
        let mut planned: HashMap<String, Timestamp> = HashMap::new();
        while stop
            .run_until_cancelled(tokio::time::sleep(TICK))
            .await
            .is_some()
        {
            let now = app.clock.now();
            let plans = self.plans(now);
            planned.retain(|key, _| plans.iter().any(|plan| plan.key == *key));
            for plan in plans {
                if planned.get(&plan.key) == Some(&plan.at) {
                    continue;
                }
                match enqueue(&app, &plan).await {
                    Ok(true) => drop(planned.insert(plan.key, plan.at)),
                    // The run before has not started yet.
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(
                            job.kind = plan.kind,
                            error = chain(&error),
                            "could not plan a run; trying again"
                        );
                    }
                }
            }
        }
    }

    /// The next run of everything, after this instant.
    fn plans(&self, now: Timestamp) -> Vec<Plan> {
        let periodic = PERIODS.iter().map(|(kind, period)| Plan {
            kind,
            key: (*kind).to_owned(),
            connection: None,
            at: next_multiple(now, *period),
        });
        let schedules = self.0.load();
        let scheduled = schedules.iter().flat_map(|one| {
            let schedules = &one.schedules;
            [
                ("pull", &schedules.pull),
                ("pull_messages", &schedules.messages),
                ("parity", &schedules.parity),
                ("full_sync", &schedules.full_sync),
            ]
            .into_iter()
            .filter_map(|(kind, expression)| {
                let at = expression.as_ref()?.next_after(now, &one.time_zone)?;
                let key = format!("{kind}:{}", one.connection);
                Some(Plan {
                    kind,
                    key,
                    connection: Some((one.hotel, one.connection)),
                    at,
                })
            })
        });
        periodic.chain(scheduled).collect()
    }
}

/// Multiples of the period since 1970, so that replicas agree on them.
fn next_multiple(now: Timestamp, period: Duration) -> Timestamp {
    let period = i64::try_from(period.as_millis()).unwrap_or(i64::MAX).max(1);
    let next = (now.as_millisecond().div_euclid(period) + 1).saturating_mul(period);
    Timestamp::from_millisecond(next).unwrap_or(Timestamp::MAX)
}

async fn enqueue(app: &App, plan: &Plan) -> Result<bool, StoreError> {
    let job = NewJob {
        kind: plan.kind,
        key: Some(plan.key.clone()),
        ordering: Some(plan.key.clone()),
        hotel: plan.connection.map(|(hotel, _)| hotel),
        payload: plan.connection.map_or(
            json!({}),
            |(_, connection)| json!({"connection_id": connection.0}),
        ),
        priority: 0,
        delay: Duration::ZERO,
    };
    let mut tx = app.store.begin_shared().await?;
    let planned = jobs::schedule(&mut tx, job, plan.at).await?;
    tx.commit().await?;
    Ok(planned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn replicas_agree_on_the_next_multiple() {
        let five = Duration::from_secs(5);
        let next = instant("2026-11-23T10:00:05Z");
        assert_eq!(next_multiple(instant("2026-11-23T10:00:00Z"), five), next);
        assert_eq!(
            next_multiple(instant("2026-11-23T10:00:04.999Z"), five),
            next
        );
    }

    #[test]
    fn a_connections_schedules_are_planned_in_its_hotels_time() {
        let schedules = Schedules::default();
        let one = ConnectionSchedules {
            connection: ConnectionId(uuid::Uuid::from_u128(1)),
            hotel: HotelId(uuid::Uuid::from_u128(2)),
            time_zone: TimeZone::get("Asia/Tokyo").expect("a known zone"),
            schedules: config::Schedules {
                parity: Some("0 3 * * *".parse().expect("a cron expression")),
                ..config::Schedules::default()
            },
        };
        schedules.replace(vec![one]);
        let plans = schedules.plans(instant("2026-11-23T10:00:00Z"));
        let parity = plans
            .iter()
            .find(|plan| plan.kind == "parity")
            .expect("it is planned");
        assert_eq!(parity.at, instant("2026-11-23T18:00:00Z"));
        assert_eq!(plans.len(), PERIODS.len() + 1);
    }

    #[tokio::test]
    async fn a_changed_schedule_is_planned_at_once() {
        let world = crate::app::test_world::World::new().await;
        let schedules = Schedules::default();
        let every = |expression: &str| ConnectionSchedules {
            connection: world.connection.id,
            hotel: world.hotel.id,
            time_zone: TimeZone::UTC,
            schedules: config::Schedules {
                pull: Some(expression.parse().expect("a cron expression")),
                ..config::Schedules::default()
            },
        };
        let stop = CancellationToken::new();
        let planning = schedules.clone().run(world.app.clone(), stop.clone());
        let test = async {
            for (expression, least_days) in [("0 0 1 1 *", 1), ("* * * * *", 0)] {
                schedules.replace(vec![every(expression)]);
                let planned = format!(
                    "SELECT count(*) FROM jobs WHERE kind = 'pull' AND (run_at > now() + interval '2 minutes') = ({least_days} > 0)"
                );
                let mut looks = 0;
                while world.number(&planned).await == 0 {
                    looks += 1;
                    assert!(looks < 200, "`{expression}` was not planned");
                    tokio::time::sleep(TICK).await;
                }
            }
            stop.cancel();
        };
        tokio::join!(planning, test);
    }
}
