//! One scenario: a connection of its own, its steps in order, and what became of it.

mod answers;
mod batch;
mod bookings;
mod ground;
mod mail;
mod messages;
mod needs;
mod products;
mod push;
mod subscriptions;
mod told;
mod webhooks;

use std::sync::Arc;

use self::bookings::Stay;
use self::ground::Ground;
use self::mail::Post;
use super::controls::Values;
use super::cost::Cost;
use super::error::CertifyError;
use super::judge::{Came, Expected};
use super::mews;
use super::proxy::Fault;
use super::report::{Finding, Judgement, Verdict};
use super::rig::Rig;
use super::scenario::{Scenario, Step, Steps};
use super::shelf::Shelf;
use crate::domain::connector::{ChannelConnector, Connectors, ProductCode, Revision};
use crate::domain::guest_message::{GuestMessage, Reply};
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
        ability: scenario.interface(),
        proves: scenario.proves.clone(),
        mews: mews::names_of(&scenario.name),
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
    let ground = Ground::open(rig, scenario.hurried).await?;
    let end = match &scenario.steps {
        Steps::Channel(steps) => Stage::open(ground)?.play(steps).await?,
        Steps::Email(steps) => Post::open(ground)?.play(steps).await?,
    };
    *cost = end.cost;
    if end.findings.is_empty() {
        return Ok(Judgement::Passed);
    }
    Ok(Judgement::Failed {
        step: end.step,
        doing: end.doing.to_owned(),
        findings: end.findings,
        look: scenario.look.clone(),
    })
}

/// How the steps of a scenario ended: the last one that was played, and what it found.
struct End {
    step: usize,
    doing: &'static str,
    findings: Vec<Finding>,
    cost: Cost,
}

/// One scenario of a channel under way.
struct Stage<'a> {
    ground: Ground<'a>,
    connector: Arc<dyn ChannelConnector>,
    /// What takes updates.
    products: Vec<ProductCode>,
    shelf: Shelf,
    bookings: Vec<Values>,
    /// The first of them, after each thing that became of it.
    history: Vec<Values>,
    /// What webhooks have told that need not be asked for again.
    believed: Vec<Revision>,
    /// The reservations of guests whose names are looked for, with those.
    named: Vec<(String, String)>,
    pulled: Vec<Revision>,
    /// What guests have written, each with the reservation that it is about.
    written: Vec<(String, String)>,
    heard: Vec<GuestMessage>,
    /// The hotel's last reply, which must be in its thread once.
    replied: Option<Reply>,
}

impl<'a> Stage<'a> {
    fn open(ground: Ground<'a>) -> Result<Self, CertifyError> {
        let id = &ground.rig.manifest().id;
        let connector = ground
            .plugins
            .channel(id)
            .ok_or_else(|| CertifyError::NotOfItsKind(id.clone()))?;
        Ok(Self {
            ground,
            connector,
            products: Vec::new(),
            shelf: Shelf::default(),
            bookings: Vec::new(),
            history: Vec::new(),
            believed: Vec::new(),
            named: Vec::new(),
            pulled: Vec::new(),
            written: Vec::new(),
            heard: Vec::new(),
            replied: None,
        })
    }

    async fn play(mut self, steps: &[Step]) -> Result<End, CertifyError> {
        let mut findings = self.look_round().await;
        let (mut step, mut doing) = (0, "list-products, before the first step");
        for (number, next) in steps.iter().enumerate() {
            if !findings.is_empty() {
                break;
            }
            (step, doing) = (number + 1, next.name());
            findings = self.act(next).await?;
        }
        Ok(End {
            step,
            doing,
            findings,
            cost: self.ground.cost,
        })
    }

    async fn act(&mut self, step: &Step) -> Found {
        match step {
            Step::Check { fault, expect } => {
                self.ground.rig.proxy().begin(fault.clone());
                let called = self.connector.check(&self.ground.usual_caller()).await;
                Ok(self.ground.judge_call(&called, expect))
            }
            Step::List { fault, expect } => self.list(fault.clone(), expect).await,
            Step::Push(push) => self.push(push).await,
            Step::Read { fault, expect } => self.read(fault.clone(), expect).await,
            Step::Wait { seconds, until } => self.ground.wait(*seconds, *until).await,
            Step::Book {
                count,
                rooms,
                nights,
                names,
            } => {
                let stay = Stay {
                    rooms: *rooms,
                    nights: *nights,
                };
                self.book(*count, stay, *names).await
            }
            Step::Change {} => self.change().await,
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
                nightly,
            } => {
                self.ground.rig.proxy().begin(fault.clone());
                let named = reservation.as_deref();
                let status = status.as_deref();
                self.fetch(named, expect, status, *nightly).await
            }
            Step::Acknowledge {} => Ok(self.acknowledge().await),
            Step::Deliver { manner } => self.deliver(*manner).await,
            Step::Retell { status } => self.retell(status).await,
            Step::Confirm {} => self.confirm().await,
            Step::Answer { body, expect } => Ok(self.answer(body, expect).await),
            Step::Parse { body, expect } => Ok(self.parse(body, expect).await),
            Step::Subscribe {
                at,
                again,
                fault,
                expect,
            } => self.subscribe((*at, *again), fault.clone(), expect).await,
            Step::Unsubscribe { at, expect } => self.unsubscribe(*at, expect).await,
            Step::Write {} => self.write().await,
            Step::Messages {} => self.messages().await,
            Step::Reply(asked) => self.reply(asked).await,
        }
    }

    async fn read(&mut self, fault: Option<Fault>, expected: &Expected) -> Found {
        let Some((first, last)) = self.shelf.nights() else {
            return Ok(Vec::new());
        };
        if !self.ground.rig.manifest().has(Ability::AriReader) {
            return Ok(Vec::new());
        }
        let codes = self.shelf.codes();
        self.ground.rig.proxy().begin(fault);
        let mut differences = Vec::new();
        for look in 0..LOOKS {
            if look > 0 {
                self.ground.rig.advance(LOOK_PAUSE).await?;
            }
            let caller = self.ground.usual_caller();
            let called = self.connector.read_ari(&caller, &codes, first, last).await;
            let findings = self.ground.judge_call(&called, expected);
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
}

/// Whether a rate limit kept it back, so that it is sent again.
fn limited(came: &Came) -> bool {
    came.is_class("rate-limited")
}
