//! A channel in memory: it takes what it is told, shows it, and misbehaves as a test says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::domain::connector::{
    Abilities, AriNight, AriUpdate, AvailabilityOn, CallCost, Called, Caller, ChannelConnector,
    ChannelEvent, ChannelProduct, ConnectorFailure, ConnectorProfile, ItemOutcome, ItemResult,
    NumberChange, ProductCode, Revision, RevisionPage, UpdateSemantics, VerifiedWebhook,
};

/// What the next push meets.
pub(crate) enum Script {
    /// The whole call fails.
    Fail(ConnectorFailure),
    /// These items are refused, by their place, the others taken.
    Refuse(Vec<(usize, ConnectorFailure)>),
    /// All are taken, each with this warning.
    Warn(&'static str),
    /// All are taken, after something happened meanwhile.
    After(BoxFuture<'static, ()>),
}

#[derive(Default)]
struct State {
    script: VecDeque<Script>,
    calls: Vec<Vec<AriUpdate>>,
    shown: BTreeMap<(ProductCode, Date), AriNight>,
    reads: usize,
}

pub(crate) struct FakeChannel {
    pub(crate) profile: ConnectorProfile,
    products: Vec<ChannelProduct>,
    state: Mutex<State>,
}

impl Default for FakeChannel {
    fn default() -> Self {
        Self {
            profile: ConnectorProfile {
                id: "fake".to_owned(),
                abilities: Abilities {
                    ari_reader: true,
                    ..Abilities::default()
                },
                availability_on: AvailabilityOn::Rate,
                update_semantics: UpdateSemantics::Merge,
                horizon_nights: 50,
                max_updates_per_call: 100,
                requests_per_minute: None,
                webhooks_are_hints: true,
                occupancy_prices: false,
                webhooks_pull: false,
            },
            products: Vec::new(),
            state: Mutex::default(),
        }
    }
}

impl FakeChannel {
    pub(crate) fn selling(products: Vec<ChannelProduct>) -> Self {
        Self {
            products,
            ..Self::default()
        }
    }

    pub(crate) fn will(&self, script: Script) {
        self.state().script.push_back(script);
    }

    /// The updates of each push so far.
    pub(crate) fn calls(&self) -> Vec<Vec<AriUpdate>> {
        self.state().calls.clone()
    }

    pub(crate) fn reads(&self) -> usize {
        self.state().reads
    }

    /// What it shows for a night of a rate.
    pub(crate) fn shown(&self, rate: &str, night: Date) -> Option<AriNight> {
        self.state().shown.get(&(code(rate), night)).cloned()
    }

    /// Makes it show something that nobody told it.
    pub(crate) fn drift(&self, rate: &str, night: Date, change: impl FnOnce(&mut AriNight)) {
        let mut state = self.state();
        change(
            state
                .shown
                .get_mut(&(code(rate), night))
                .expect("the channel shows this night"),
        );
    }

    pub(crate) fn forget(&self, rate: &str, night: Date) {
        self.state().shown.remove(&(code(rate), night));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no test panics while it holds the fake")
    }

    fn apply(&self, update: &AriUpdate) {
        let mut state = self.state();
        for night in update
            .first_night
            .series(1.day())
            .take_while(|night| *night <= update.last_night)
        {
            let shown = state
                .shown
                .entry((update.target.clone(), night))
                .or_insert_with(|| blank(&update.target, night));
            shown.availability = update.availability.or(shown.availability);
            shown.price = update.price.or(shown.price);
            shown.min_stay_arrival = changed(update.min_stay_arrival, shown.min_stay_arrival);
            shown.max_stay = changed(update.max_stay, shown.max_stay);
            shown.closed_to_arrival = update.closed_to_arrival.or(shown.closed_to_arrival);
            shown.closed_to_departure = update.closed_to_departure.or(shown.closed_to_departure);
            shown.stop_sell = update.stop_sell.or(shown.stop_sell);
        }
    }
}

fn code(rate: &str) -> ProductCode {
    ProductCode {
        room: "DBL".to_owned(),
        rate: Some(rate.to_owned()),
    }
}

fn blank(product: &ProductCode, night: Date) -> AriNight {
    AriNight {
        product: product.clone(),
        night,
        availability: None,
        price: None,
        min_stay_arrival: None,
        min_stay_through: None,
        max_stay: None,
        closed_to_arrival: None,
        closed_to_departure: None,
        stop_sell: None,
    }
}

fn changed(change: NumberChange, known: Option<u32>) -> Option<u32> {
    match change {
        NumberChange::Unchanged => known,
        NumberChange::Clear => None,
        NumberChange::Set(value) => Some(value),
    }
}

/// A call that cost one request.
fn called<T>(result: Result<T, ConnectorFailure>) -> Called<T> {
    Called {
        result,
        cost: CallCost {
            requests: 1,
            ..CallCost::default()
        },
    }
}

#[async_trait]
impl ChannelConnector for FakeChannel {
    fn profile(&self) -> &ConnectorProfile {
        &self.profile
    }

    async fn check(&self, _: &Caller) -> Called<String> {
        called(Ok("a fake".to_owned()))
    }

    async fn list_products(&self, _: &Caller) -> Called<Vec<ChannelProduct>> {
        called(Ok(self.products.clone()))
    }

    async fn push_ari(&self, _: &Caller, updates: &[AriUpdate]) -> Called<Vec<ItemResult>> {
        self.state().calls.push(updates.to_vec());
        let script = self.state().script.pop_front();
        let mut warnings = Vec::new();
        let refused = match script {
            Some(Script::Fail(failure)) => return called(Err(failure)),
            Some(Script::Refuse(refused)) => refused,
            Some(Script::Warn(warning)) => {
                warnings.push(warning.to_owned());
                Vec::new()
            }
            Some(Script::After(meanwhile)) => {
                meanwhile.await;
                Vec::new()
            }
            None => Vec::new(),
        };
        let result = |(place, update): (usize, &AriUpdate)| {
            let outcome = match refused.iter().find(|(refused, _)| *refused == place) {
                Some((_, failure)) => ItemOutcome::Rejected(failure.clone()),
                None => {
                    self.apply(update);
                    ItemOutcome::Applied
                }
            };
            ItemResult {
                id: update.id.clone(),
                outcome,
                warnings: warnings.clone(),
            }
        };
        called(Ok(updates.iter().enumerate().map(result).collect()))
    }

    async fn read_ari(
        &self,
        _: &Caller,
        products: &[ProductCode],
        first_night: Date,
        last_night: Date,
    ) -> Called<Vec<AriNight>> {
        let mut state = self.state();
        state.reads += 1;
        if let Some(Script::Fail(failure)) = state.script.pop_front() {
            return called(Err(failure));
        }
        let asked = |shown: &&AriNight| {
            products.contains(&shown.product) && (first_night..=last_night).contains(&shown.night)
        };
        called(Ok(state.shown.values().filter(asked).cloned().collect()))
    }

    async fn pull(&self, _: &Caller, _: Timestamp, _: Option<&str>) -> Called<RevisionPage> {
        called(Ok(RevisionPage {
            revisions: Vec::new(),
            refused: Vec::new(),
            next: None,
        }))
    }

    async fn fetch(&self, _: &Caller, reservation: &str) -> Called<Revision> {
        called(Err(ConnectorFailure::NotFound(reservation.to_owned())))
    }

    async fn acknowledge(&self, _: &Caller, _: &[String]) -> Called<()> {
        called(Ok(()))
    }

    async fn parse_webhook(&self, _: &Caller, _: &VerifiedWebhook) -> Called<Vec<ChannelEvent>> {
        called(Ok(Vec::new()))
    }
}
