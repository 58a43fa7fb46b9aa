//! Pushing as the host does: calls of the size and at the pace that the manifest names.

use std::collections::HashMap;

use super::needs::nights_to_clock_change;
use super::{Found, Stage, limited};
use crate::certify::ari::{self, Asked, Market, Says};
use crate::certify::error::CertifyError;
use crate::certify::judge::{
    Came, Item, Observation, judge, most_in_a_minute, pause_of, says_amount, silent_on_adults,
    unsent,
};
use crate::certify::report::Finding;
use crate::certify::scenario::Push;
use crate::domain::connector::{AriUpdate, ConnectorFailure, ItemOutcome};
use crate::domain::money::Currency;
use crate::domain::night::today;

/// How often what a rate limit kept back is sent again.
const ROUNDS: usize = 8;

/// What became of each update so far, by its id, and whether a warning was told of it.
type Outcomes = HashMap<String, (Came, bool)>;

impl Stage<'_> {
    pub(super) async fn push(&mut self, push: &Push) -> Found {
        let mut findings = Vec::new();
        for time in 0..push.repeat.unwrap_or(1) {
            let mut again = push.clone();
            again.ask.variant += usize::try_from(time).unwrap_or(0);
            findings = self.push_once(&again).await?;
            if !findings.is_empty() {
                return Ok(findings);
            }
        }
        findings.extend(self.pace_broken());
        Ok(findings)
    }

    async fn push_once(&mut self, push: &Push) -> Found {
        let currency = match &push.currency {
            Some(code) => code.parse::<Currency>().map_err(|error| {
                CertifyError::Declaration(format!("a scenario's currency: {error}"))
            })?,
            None => self.ground.rig.currency,
        };
        let asked = ari::updates(&push.ask, self.market(currency));
        if asked.is_empty() {
            let wanted = "nights within the channel's horizon to push";
            return Ok(vec![Finding::new(wanted, "there are none")]);
        }
        self.ground.rig.proxy().begin(push.fault.clone());
        let mut observation = self.send(&asked, push.patient, currency).await?;
        observation.requests = self.ground.rig.proxy().end();
        self.ground.pause = observation.pause.or(self.ground.pause);
        let mut findings = judge(&push.expect, &observation);
        findings.extend(unsent(&observation));
        let price = asked.iter().find_map(|one| one.update.price);
        if let Some(price) = price.filter(|_| push.exact) {
            findings.extend(says_amount(price, &observation));
        }
        if push.ask.says.contains(&Says::OccupancyPrices) {
            let mut updates = asked.iter().map(|one| &one.update);
            findings.extend(updates.find_map(|update| silent_on_adults(update, &observation)));
        }
        Ok(findings)
    }

    fn market(&self, currency: Currency) -> Market<'_> {
        Market {
            profile: self.connector.profile(),
            products: &self.products,
            currency,
            today: today(self.ground.rig.clock.now(), &self.ground.rig.time_zone),
            clock_change: nights_to_clock_change(self.ground.rig),
        }
    }

    async fn send(
        &mut self,
        asked: &[Asked],
        patient: bool,
        currency: Currency,
    ) -> Result<Observation, CertifyError> {
        let most = self.connector.profile().max_updates_per_call.max(1);
        let mut outcomes = Outcomes::new();
        let mut left: Vec<&Asked> = asked.iter().collect();
        let mut pause = None;
        for round in 0..ROUNDS {
            for part in left.chunks(most) {
                let told = self.call(part, currency, &mut outcomes).await?;
                pause = told.or(pause);
            }
            left.retain(|one| {
                let came = outcomes.get(&one.update.id);
                came.is_some_and(|(came, _)| limited(came))
            });
            if !patient || left.is_empty() || round + 1 == ROUNDS {
                break;
            }
            self.ground.rig.advance(pause.unwrap_or(60).max(1)).await?;
        }
        let item = |one: &Asked| {
            let (came, warned) = outcomes[&one.update.id].clone();
            Item {
                id: one.update.id.clone(),
                stranger: one.stranger,
                came,
                warned,
            }
        };
        Ok(Observation {
            items: asked.iter().map(item).collect(),
            requests: Vec::new(),
            pause,
        })
    }

    /// Makes one call, and tells the pause that it was asked for.
    async fn call(
        &mut self,
        part: &[&Asked],
        currency: Currency,
        outcomes: &mut Outcomes,
    ) -> Result<Option<u32>, CertifyError> {
        let updates: Vec<AriUpdate> = part.iter().map(|one| one.update.clone()).collect();
        let caller = self.ground.caller(currency);
        let called = self.connector.push_ari(&caller, &updates).await;
        self.ground.cost.add(&called.cost);
        let mut pause = None;
        match &called.result {
            Err(failure) => {
                pause = pause_of(failure);
                let came = Came::from(failure);
                let of_each = updates
                    .iter()
                    .map(|one| (one.id.clone(), (came.clone(), false)));
                outcomes.extend(of_each);
            }
            Ok(results) => {
                for (update, result) in updates.iter().zip(results) {
                    let came = Came::from(&result.outcome);
                    if came == Came::Taken {
                        self.shelf.put(update);
                    }
                    pause = told(&result.outcome).or(pause);
                    let warned = !result.warnings.is_empty();
                    outcomes.insert(update.id.clone(), (came, warned));
                }
            }
        }
        self.keep_pace(called.cost.requests).await?;
        Ok(pause)
    }

    /// Lets so much time pass that the requests of a call were within the channel's pace.
    async fn keep_pace(&self, requests: u32) -> Result<(), CertifyError> {
        let seconds = match self.connector.profile().requests_per_minute {
            Some(allowed) => (requests * 60).div_ceil(allowed.max(1)),
            None => 1,
        };
        self.ground.rig.advance(seconds.max(1)).await
    }

    /// Where more requests were sent in a minute than the manifest says that the channel takes.
    fn pace_broken(&self) -> Option<Finding> {
        let allowed = self.connector.profile().requests_per_minute?;
        let most = most_in_a_minute(&self.ground.rig.proxy().instants());
        (most > usize::try_from(allowed).unwrap_or(usize::MAX)).then(|| {
            Finding::new(
                format!("at most {allowed} requests in a minute, as the manifest says"),
                format!("{most} in one"),
            )
        })
    }
}

/// The seconds that an item's rate limit tells.
fn told(outcome: &ItemOutcome) -> Option<u32> {
    match outcome {
        ItemOutcome::Rejected(failure @ ConnectorFailure::RateLimited { .. }) => pause_of(failure),
        _ => None,
    }
}
