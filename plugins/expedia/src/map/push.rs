//! Pushing: messages of availability first, then of rates. An error means that nothing of a message was applied, a warning
//! that a part was not, and neither says for sure what it is about: such a message is halved until the culprit stands alone.

use roomwire_plugin_sdk::channel::{AriUpdate, ItemOutcome, ItemResult};
use roomwire_plugin_sdk::{Context, Failure, log};

use crate::Settings;
use crate::client::Client;
use crate::map::message::{Value, messages, values};
use crate::map::values::{told, untold};
use crate::wire::Notice;
use crate::wire::update::{Entry, MOST_UPDATES, Says};

/// Messages of one call: the host allows it 32 requests.
const MOST_MESSAGES: usize = 30;

/// Updates of one call. A full message may take five seconds, and the host gives a call thirty. It is enough to find the
/// culprit of a full message, so that every call gets on.
const MOST_WEIGHT: usize = 5 * MOST_UPDATES;

/// Codes of a room type or a rate plan that is not known, or not the other's.
const UNKNOWN_CODES: [&str; 3] = ["3203", "3204", "3205"];

pub(crate) fn push(
    context: &Context<Settings>,
    updates: &[AriUpdate],
) -> Result<Vec<ItemResult>, Failure> {
    let mut outcomes = Outcomes::new(updates.len());
    let (mut availability, mut rates) = (Vec::new(), Vec::new());
    for (place, update) in updates.iter().enumerate() {
        let parts = |says: &Says| {
            let nights = (update.first_night, update.last_night);
            values(place, &update.target.room, nights, says)
        };
        let (said, refusal) = told(context, update);
        availability.extend(said.availability.iter().flat_map(parts));
        rates.extend(said.rates.iter().flat_map(parts));
        if let Some(failure) = refusal {
            outcomes.note(place, Err(failure));
        }
    }
    let mut sender = Sender {
        client: Client::new(context),
        updates,
        outcomes,
        sent: 0,
        weight: 0,
        taken: false,
        stopped: None,
    };
    // A stale price costs money, stale availability costs a guest.
    for part in [&availability, &rates] {
        for message in messages(part) {
            sender.send(message);
        }
    }
    match sender.stopped {
        Some(failure) if !sender.taken => Err(failure),
        _ => Ok(sender.outcomes.results(context, updates)),
    }
}

/// Sends messages one after another, as Expedia wants them of a property, and keeps what becomes of each update.
struct Sender<'a> {
    client: Client<'a>,
    updates: &'a [AriUpdate],
    outcomes: Outcomes,
    sent: usize,
    weight: usize,
    /// Whether any message was taken: from then on, failures are the items' own.
    taken: bool,
    /// The failure that keeps everything else from being sent.
    stopped: Option<Failure>,
}

impl Sender<'_> {
    fn send(&mut self, values: &[Value]) {
        if let Some(failure) = self.stopped.clone() {
            return self.refuse(values, &failure);
        }
        let weight: usize = values.iter().map(|value| value.entry.weight()).sum();
        if self.sent >= MOST_MESSAGES || self.weight + weight > MOST_WEIGHT {
            // The next call goes on with what is left.
            return self.refuse(values, &Failure::rate_limited(Some(1), "call"));
        }
        self.sent += 1;
        self.weight += weight;
        let updates = values.iter().map(|value| value.entry.element()).collect();
        match self.client.update(updates) {
            Ok(warnings) => self.take(values, &warnings),
            Err(Failure::Invalid(_)) if values.len() > 1 => self.halve(values),
            Err(Failure::Invalid(invalid)) => self.reject(values, &invalid.field, &invalid.message),
            Err(failure) => {
                self.refuse(values, &failure);
                self.stopped = Some(failure);
            }
        }
    }

    /// A warning means that a part was not applied.
    fn take(&mut self, values: &[Value], warnings: &[Notice]) {
        let fields = [
            ("values", values.len().to_string()),
            ("warnings", warnings.len().to_string()),
        ];
        let fields = fields.each_ref().map(|(name, text)| (*name, text.as_str()));
        log::write(log::Level::Info, "Expedia took a message", &fields);
        self.taken = true;
        match warnings.first() {
            None => {
                for value in values {
                    self.outcomes.note(value.update, Ok(ItemOutcome::Applied));
                }
            }
            Some(_) if values.len() > 1 => self.halve(values),
            Some(first) => {
                let told: Vec<String> = warnings.iter().map(ToString::to_string).collect();
                self.reject(values, &first.code.to_string(), &told.join("; "));
            }
        }
    }

    fn halve(&mut self, values: &[Value]) {
        let (left, right) = values.split_at(values.len() / 2);
        self.send(left);
        self.send(right);
    }

    /// These values are refused for what they say, or for the codes that they name.
    fn reject(&mut self, values: &[Value], code: &str, message: &str) {
        for value in values {
            let failure = if UNKNOWN_CODES.contains(&code) {
                Failure::MappingMissing(codes(&value.entry))
            } else {
                let id = self.updates[value.update].id.as_str();
                Failure::invalid(id, code, message)
            };
            self.outcomes.note(value.update, Err(failure));
        }
    }

    fn refuse(&mut self, values: &[Value], failure: &Failure) {
        for value in values {
            self.outcomes.note(value.update, Err(failure.clone()));
        }
    }
}

fn codes(entry: &Entry) -> Vec<String> {
    let mut codes = vec![entry.room.clone()];
    if let Says::Rate(rate) = &entry.says {
        codes.push(rate.id.clone());
    }
    codes
}

/// What became of each update: an update may be in several messages, and its first failure counts.
struct Outcomes(Vec<Option<Result<ItemOutcome, Failure>>>);

impl Outcomes {
    fn new(updates: usize) -> Self {
        Self(vec![None; updates])
    }

    fn note(&mut self, place: usize, outcome: Result<ItemOutcome, Failure>) {
        let known = &mut self.0[place];
        if !matches!(known, Some(Err(_))) {
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
