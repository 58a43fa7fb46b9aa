//! Pushing: one message of availability and one of restrictions. A message that is refused as a whole is halved until the
//! culprit stands alone, as far as this minute's messages go.

use roomwire_plugin_sdk::channel::{AriUpdate, ItemOutcome, ItemResult};
use roomwire_plugin_sdk::{Context, Failure, InvalidField, log};

use crate::Settings;
use crate::client::{AVAILABILITY, Client, RATES};
use crate::map::message::{Part, Value, values};
use crate::map::values::{Said, told, untold};
use crate::map::warnings::{Warning, attributed};
use crate::pace;
use crate::wire::ari::{Entry, Taken};

pub(crate) fn push(
    context: &Context<Settings>,
    updates: &[AriUpdate],
) -> Result<Vec<ItemResult>, Failure> {
    let mut outcomes = Outcomes::new(updates.len());
    let mut availability = Vec::new();
    let mut rates = Vec::new();
    for (place, update) in updates.iter().enumerate() {
        let (said, refusal) = told(context, update);
        put(place, update, said, (&mut availability, &mut rates));
        if let Some(failure) = refusal {
            outcomes.note(place, Err(failure));
        }
    }
    let mut sender = Sender {
        client: Client::new(context),
        updates,
        outcomes,
        taken: false,
        stopped: None,
    };
    let property = &context.settings.property;
    // A stale price costs money, stale availability costs a guest.
    for (sort, parts) in [(AVAILABILITY, &availability), (RATES, &rates)] {
        sender.send(sort, &values(property, parts));
    }
    match sender.stopped {
        Some(failure) if !sender.taken => Err(failure),
        _ => Ok(sender.outcomes.results(context, updates)),
    }
}

fn put(
    place: usize,
    update: &AriUpdate,
    said: Said,
    (availability, rates): (&mut Vec<Part>, &mut Vec<Part>),
) {
    let part = |(target, says)| Part {
        update: place,
        target,
        first: update.first_night,
        last: update.last_night,
        says,
    };
    availability.extend(said.availability.map(part));
    rates.extend(said.rates.map(part));
}

/// Sends messages and keeps what becomes of each update.
struct Sender<'a> {
    client: Client<'a>,
    updates: &'a [AriUpdate],
    outcomes: Outcomes,
    /// Whether any message was taken: from then on, failures are the items' own.
    taken: bool,
    /// The failure that keeps everything else from being sent.
    stopped: Option<Failure>,
}

impl Sender<'_> {
    fn send(&mut self, sort: &str, values: &[Value]) {
        if values.is_empty() {
            return;
        }
        if let Some(failure) = self.stopped.clone() {
            return self.refuse(values, &failure);
        }
        if let Err(failure) = pace::take_place(sort) {
            // The other sort has a pace of its own.
            return self.refuse_paced(values, failure);
        }
        let entries: Vec<&Entry> = values.iter().map(|value| &value.entry).collect();
        match self.client.write(sort, &entries) {
            Ok(taken) => self.take(sort, values, &taken),
            Err(Failure::Invalid(_)) if values.len() > 1 => self.halve(sort, values),
            Err(Failure::Invalid(invalid)) => self.reject(values, &invalid.field, &invalid.message),
            Err(failure) => self.stop(values, failure),
        }
    }

    /// Takes an answer of success, whose warnings are refusals. One that could be about any value is looked for.
    fn take(&mut self, sort: &str, values: &[Value], taken: &Taken) {
        let task = taken.task();
        let fields = [
            ("task", task.clone().unwrap_or_default()),
            ("values", values.len().to_string()),
            ("warnings", taken.warnings().len().to_string()),
        ];
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        log::write(
            log::Level::Info,
            &format!("Channex took a message of {sort}"),
            &fields,
        );
        self.taken = true;
        match attributed(taken.warnings(), values) {
            Some(warnings) => self.settle(values, &warnings, task.as_deref()),
            None if values.len() > 1 => self.halve(sort, values),
            None => {
                let read: Vec<Warning> = taken.warnings().iter().map(Warning::read).collect();
                let sentences: Vec<&str> = read.iter().map(|read| read.sentence.as_str()).collect();
                self.reject(values, "", &sentences.join("; "));
            }
        }
    }

    fn settle(&mut self, values: &[Value], warnings: &[Warning], task: Option<&str>) {
        for value in values {
            match warnings.iter().find(|warning| warning.is_about(value)) {
                Some(warning) => {
                    let one = std::slice::from_ref(value);
                    self.reject(one, &warning.field, &warning.sentence);
                }
                None => {
                    let outcome = task.map_or(ItemOutcome::Applied, |task| {
                        ItemOutcome::Accepted(task.to_owned())
                    });
                    for update in &value.updates {
                        self.outcomes.note(*update, Ok(outcome.clone()));
                    }
                }
            }
        }
    }

    fn halve(&mut self, sort: &str, values: &[Value]) {
        let (left, right) = values.split_at(values.len() / 2);
        self.send(sort, left);
        self.send(sort, right);
    }

    /// These values are refused for what they say.
    fn reject(&mut self, values: &[Value], field: &str, message: &str) {
        for update in values.iter().flat_map(|value| &value.updates) {
            let invalid = InvalidField {
                item: self.updates[*update].id.clone(),
                field: field.to_owned(),
                message: message.to_owned(),
            };
            self.outcomes.note(*update, Err(Failure::Invalid(invalid)));
        }
    }

    /// A failure that the next message would meet too.
    fn stop(&mut self, values: &[Value], failure: Failure) {
        let failure = match &failure {
            Failure::RateLimited(limit) => pace::pause(limit).err().unwrap_or(failure),
            _ => failure,
        };
        self.refuse(values, &failure);
        self.stopped = Some(failure);
    }

    fn refuse_paced(&mut self, values: &[Value], failure: Failure) {
        self.refuse(values, &failure);
        let whole = matches!(&failure, Failure::RateLimited(limit) if limit.scope != "property");
        if !whole {
            self.stopped = Some(failure);
        }
    }

    fn refuse(&mut self, values: &[Value], failure: &Failure) {
        for update in values.iter().flat_map(|value| &value.updates) {
            self.outcomes.note(*update, Err(failure.clone()));
        }
    }
}

/// What became of each update: an update may be in both sorts of message, and its first failure counts.
struct Outcomes(Vec<Option<Result<ItemOutcome, Failure>>>);

impl Outcomes {
    fn new(updates: usize) -> Self {
        Self(vec![None; updates])
    }

    fn note(&mut self, place: usize, outcome: Result<ItemOutcome, Failure>) {
        let known = &mut self.0[place];
        let failed = matches!(known, Some(Err(_)));
        if !failed {
            *known = Some(outcome);
        }
    }

    fn results(self, context: &Context<Settings>, updates: &[AriUpdate]) -> Vec<ItemResult> {
        let outcomes = self.0.into_iter().zip(updates);
        let results = outcomes.map(|(outcome, update)| {
            let outcome = match outcome {
                Some(Ok(outcome)) => outcome,
                Some(Err(failure)) => ItemOutcome::Rejected(failure),
                // Nothing to say is said.
                None => ItemOutcome::Applied,
            };
            ItemResult {
                warnings: untold(context, update),
                ..ItemResult::new(update.id.as_str(), outcome)
            }
        });
        results.collect()
    }
}
