//! One scenario: a connection of its own, its steps in order, and what became of it.

mod bookings;
mod needs;
mod products;
mod push;
mod webhooks;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Time;

use super::controls::Values;
use super::cost::Cost;
use super::error::CertifyError;
use super::judge::{Came, Expected, Observation, judge};
use super::proxy::Fault;
use super::report::{Finding, Judgement, Verdict};
use super::rig::Rig;
use super::scenario::{Scenario, Step};
use super::shelf::Shelf;
use crate::domain::connector::{
    Called, Caller, ChannelConnector, Connectors, ProductCode, Revision,
};
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::money::Currency;
use crate::domain::night::today;
use crate::domain::retry::DEFAULT_RATE_PAUSE;
use crate::plugin::Plugins;
use crate::plugin::manifest::Ability;

/// Between two scenarios, so that no limit of one minute reaches into the next.
const REST: u32 = 120;

/// How often a channel that works off what it took is looked at, and the pause before each further look.
const LOOKS: usize = 4;
const LOOK_PAUSE: u32 = 30;

/// What a step found; an error is the kit's own.
type Found = Result<Vec<Finding>, CertifyError>;

/// Plays one scenario.
pub(super) async fn run(rig: &Rig<'_>, scenario: &Scenario) -> Result<Verdict, CertifyError> {
    let mut cost = Cost::default();
    let judgement = match needs::passed_over(rig, scenario) {
        Some(judgement) => judgement,
        None => play(rig, scenario, &mut cost).await?,
    };
    Ok(Verdict {
        scenario: scenario.name.clone(),
        ability: scenario
            .ability
            .map_or("channel-manager-provider", Ability::name),
        proves: scenario.proves.clone(),
        judgement,
        cost,
    })
}

async fn play(
    rig: &Rig<'_>,
    scenario: &Scenario,
    cost: &mut Cost,
) -> Result<Judgement, CertifyError> {
    rig.advance(REST).await?;
    rig.proxy().reset();
    let mut stage = Stage::open(rig, scenario.hurried).await?;
    let mut findings = stage.look_round().await;
    let mut doing = (0, "list-products, before the first step");
    for (number, step) in scenario.steps.iter().enumerate() {
        if !findings.is_empty() {
            break;
        }
        doing = (number + 1, step.name());
        findings = stage.act(step).await?;
    }
    *cost = stage.cost;
    if findings.is_empty() {
        return Ok(Judgement::Passed);
    }
    Ok(Judgement::Failed {
        step: doing.0,
        doing: doing.1.to_owned(),
        findings,
        look: scenario.look.clone(),
    })
}

/// One scenario under way: a connection that nobody had before.
struct Stage<'a> {
    rig: &'a Rig<'a>,
    plugins: &'a Plugins,
    connector: Arc<dyn ChannelConnector>,
    hotel: HotelId,
    connection: ConnectionId,
    began: Timestamp,
    /// What takes updates.
    products: Vec<ProductCode>,
    shelf: Shelf,
    bookings: Vec<Values>,
    pulled: Vec<Revision>,
    /// The seconds of the last rate limit that told some.
    pause: Option<u32>,
    cost: Cost,
}

impl<'a> Stage<'a> {
    async fn open(rig: &'a Rig<'a>, hurried: bool) -> Result<Self, CertifyError> {
        let began = rig.clock.now();
        let (hotel, connection) = (HotelId::new(began), ConnectionId::new(began));
        let plugins = rig.plugins(hurried).await?;
        rig.grant(plugins, hotel, connection)?;
        let id = &rig.manifest().id;
        let connector = plugins
            .channel(id)
            .ok_or_else(|| CertifyError::NoConnector(id.clone()))?;
        Ok(Self {
            rig,
            plugins,
            connector,
            hotel,
            connection,
            began,
            products: Vec::new(),
            shelf: Shelf::default(),
            bookings: Vec::new(),
            pulled: Vec::new(),
            pause: None,
            cost: Cost::default(),
        })
    }

    fn caller(&self, currency: Currency) -> Caller {
        Caller {
            hotel: self.hotel,
            connection: self.connection,
            connector: self.rig.manifest().id.clone(),
            time_zone: self.rig.time_zone.clone(),
            currency,
            now: self.rig.clock.now(),
        }
    }

    fn usual_caller(&self) -> Caller {
        self.caller(self.rig.currency)
    }

    async fn act(&mut self, step: &Step) -> Found {
        match step {
            Step::Check { fault, expect } => {
                self.rig.proxy().begin(fault.clone());
                let called = self.connector.check(&self.usual_caller()).await;
                Ok(self.judge_call(&called, expect))
            }
            Step::List { fault, expect } => self.list(fault.clone(), expect).await,
            Step::Push(push) => self.push(push).await,
            Step::Read { fault, expect } => self.read(fault.clone(), expect).await,
            Step::Wait { seconds, until } => self.wait(*seconds, *until).await,
            Step::Book { count } => self.book(*count).await,
            Step::Cancel {} => self.cancel().await,
            Step::Pull {
                fault,
                expect,
                status,
            } => self.pull(fault.as_ref(), expect, status.as_deref()).await,
            Step::Fetch {
                fault,
                expect,
                status,
                reservation,
            } => {
                self.rig.proxy().begin(fault.clone());
                let named = reservation.as_deref();
                self.fetch(named, expect, status.as_deref()).await
            }
            Step::Acknowledge {} => Ok(self.acknowledge().await),
            Step::Deliver { manner, reversed } => self.deliver(*manner, *reversed).await,
            Step::Parse { body, expect } => Ok(self.parse(body, expect).await),
        }
    }

    /// Ends a step of one call: counts it, remembers a pause, and judges it.
    fn judge_call<T>(&mut self, called: &Called<T>, expected: &Expected) -> Vec<Finding> {
        self.cost.add(&called.cost);
        let observation = Observation::call(&called.result, self.rig.proxy().end());
        self.pause = observation.pause.or(self.pause);
        judge(expected, &observation)
    }

    async fn read(&mut self, fault: Option<Fault>, expected: &Expected) -> Found {
        let Some((first, last)) = self.shelf.nights() else {
            return Ok(Vec::new());
        };
        if !self.rig.manifest().has(Ability::AriReader) {
            return Ok(Vec::new());
        }
        let codes = self.shelf.codes();
        self.rig.proxy().begin(fault);
        let mut differences = Vec::new();
        for look in 0..LOOKS {
            if look > 0 {
                self.rig.advance(LOOK_PAUSE).await?;
            }
            let caller = self.usual_caller();
            let called = self.connector.read_ari(&caller, &codes, first, last).await;
            let findings = self.judge_call(&called, expected);
            let Ok(shown) = &called.result else {
                return Ok(findings);
            };
            if !findings.is_empty() {
                return Ok(findings);
            }
            differences = self.shelf.differences(shown);
            if differences.is_empty() {
                return Ok(Vec::new());
            }
        }
        let more = differences.len().saturating_sub(3);
        differences.truncate(3);
        let mut came = differences.join("; ");
        if more > 0 {
            came += &format!("; and {more} more");
        }
        let wanted = "the channel to show what it took";
        Ok(vec![Finding::new(wanted, came)])
    }

    async fn wait(&mut self, seconds: Option<u32>, until: Option<Time>) -> Found {
        let usual = u32::try_from(DEFAULT_RATE_PAUSE.as_secs()).unwrap_or(60);
        let seconds = match until {
            Some(time) => self.seconds_until(time).unwrap_or(usual),
            None => seconds.unwrap_or_else(|| self.pause.unwrap_or(usual)),
        };
        self.rig.advance(seconds).await?;
        Ok(Vec::new())
    }

    /// Seconds until the hotel's clock next shows a time.
    fn seconds_until(&self, time: Time) -> Option<u32> {
        let now = self.rig.clock.now();
        let zone = &self.rig.time_zone;
        let date = today(now, zone);
        let days = [
            date,
            date.tomorrow().ok()?,
            date.tomorrow().ok()?.tomorrow().ok()?,
        ];
        let mut instants = days.iter().filter_map(|day| {
            let shown = day.to_datetime(time).to_zoned(zone.clone()).ok()?;
            Some(shown.timestamp())
        });
        let next = instants.find(|instant| *instant > now)?;
        u32::try_from(next.duration_since(now).as_secs() + 1).ok()
    }
}

/// Whether a rate limit kept it back, so that it is sent again.
fn limited(came: &Came) -> bool {
    came.is_class("rate-limited")
}
