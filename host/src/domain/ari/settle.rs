//! A channel's answers, led back to the cells that they are about.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::ari::{DirtyCell, Plan, Planned};
use crate::domain::connector::{ConnectorFailure, ItemOutcome, ItemResult};
use crate::domain::retry::{Advice, advice};

/// What became of cells whose last update was just answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// The channel has these versions: every update that carried such a cell was taken.
    pub acknowledged: Vec<DirtyCell>,
    /// Refused for what they say, with the channel's reason.
    pub parked: Vec<(DirtyCell, String)>,
    /// Why some are still to be sent: the failure whose advice weighs most.
    pub again: Option<ConnectorFailure>,
    /// The first refusal of the call, for its log.
    pub refusal: Option<ConnectorFailure>,
}

/// Which cells still wait for an answer, over all the calls of a plan.
/// A cell may be carried by several updates (one a rate), and counts only when all of them are answered.
#[derive(Clone, Debug)]
pub struct Ledger<'a> {
    plan: &'a Plan,
    cells: Vec<CellState>,
}

#[derive(Clone, Debug, Default)]
struct CellState {
    unanswered: usize,
    kept: bool,
    parked: Option<String>,
}

impl<'a> Ledger<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        let mut cells = vec![CellState::default(); plan.cells.len()];
        for cell in plan.updates.iter().flat_map(|planned| &planned.cells) {
            cells[*cell].unanswered += 1;
        }
        Self { plan, cells }
    }

    /// Takes the answer of one call. An update without a result counts as unknown.
    pub fn answer(&mut self, sent: &[Planned], results: &[ItemResult]) -> Settled {
        let outcomes: HashMap<&str, &ItemOutcome> = results
            .iter()
            .rev()
            .map(|result| (result.id.as_str(), &result.outcome))
            .collect();
        let mut settled = Settled::default();
        for planned in sent {
            let failure = match outcomes.get(planned.update.id.as_str()) {
                Some(ItemOutcome::Applied | ItemOutcome::Accepted(_)) => None,
                Some(ItemOutcome::Rejected(failure)) => Some((*failure).clone()),
                None => Some(ConnectorFailure::OutcomeUnknown(
                    "the connector gave no result".to_owned(),
                )),
            };
            for cell in &planned.cells {
                self.note(*cell, failure.as_ref());
                settled.take(self.plan.cells[*cell], &self.cells[*cell]);
            }
            let Some(failure) = failure else {
                continue;
            };
            settled.refusal.get_or_insert_with(|| failure.clone());
            if advice(&failure) != Advice::Park {
                settled.again = Some(heavier(settled.again.take(), failure));
            }
        }
        settled
    }

    fn note(&mut self, cell: usize, failure: Option<&ConnectorFailure>) {
        let state = &mut self.cells[cell];
        state.unanswered -= 1;
        if let Some(failure) = failure {
            match advice(failure) {
                Advice::Park => state.parked = Some(failure.to_string()),
                Advice::Again | Advice::After(_) | Advice::Stop => state.kept = true,
            }
        }
    }
}

impl Settled {
    fn take(&mut self, cell: DirtyCell, state: &CellState) {
        match state {
            CellState {
                unanswered: 1.., ..
            }
            | CellState { kept: true, .. } => {}
            CellState {
                parked: Some(reason),
                ..
            } => self.parked.push((cell, reason.clone())),
            CellState { parked: None, .. } => self.acknowledged.push(cell),
        }
    }
}

/// The failure that decides for all: what needs a person before what needs a pause, and that before a mere retry.
pub fn heavier(known: Option<ConnectorFailure>, other: ConnectorFailure) -> ConnectorFailure {
    let weight = |failure: &ConnectorFailure| match advice(failure) {
        Advice::Park => (0, Duration::ZERO),
        Advice::Again => (1, Duration::ZERO),
        Advice::After(pause) => (2, pause),
        Advice::Stop => (3, Duration::ZERO),
    };
    match known {
        Some(known) if weight(&known) >= weight(&other) => known,
        _ => other,
    }
}
