//! Pushing: updates become items of a bulk call, and a refused call is halved until the culprit stands alone.

use roomwire_plugin_sdk::channel::{AriUpdate, ItemOutcome, ItemResult, NumberChange};
use roomwire_plugin_sdk::{Context, Failure, InvalidField, Money};

use crate::Settings;
use crate::client::Client;
use crate::map::ari::means;
use crate::wire::{BulkAnswer, BulkItem, Id, Values};

/// Items a bulk call. Octorate documents no limit; its clients send a few hundred.
const BATCH: usize = 200;

/// How many calls one push may make while it looks for refused items; the manifest allows 32 requests.
const MAX_CALLS: usize = 28;

pub(crate) fn push(
    context: &Context<Settings>,
    updates: &[AriUpdate],
) -> Result<Vec<ItemResult>, Failure> {
    let prepared: Vec<_> = updates
        .iter()
        .map(|update| (update, told(context, update)))
        .collect();
    let sendable: Vec<_> = prepared
        .iter()
        .filter_map(|(update, (item, _))| Some((update.id.as_str(), item.as_ref()?)))
        .filter(|(_, item)| item.values != Values::default())
        .collect();
    let mut sender = Sender {
        client: Client::new(context),
        calls: 0,
        outcomes: Vec::new(),
        stopped: None,
    };
    for batch in sendable.chunks(BATCH) {
        sender.send(batch)?;
    }
    let mut sent = sender.outcomes.into_iter();
    let results = prepared.iter().map(|(update, (item, refusal))| {
        let answered = match item {
            Some(item) if item.values != Values::default() => sent.next().unwrap_or_else(|| {
                ItemOutcome::Rejected(Failure::Retry("it was not sent".to_owned()))
            }),
            // Nothing to say is said.
            _ => ItemOutcome::Applied,
        };
        let refused = refusal.clone().map(ItemOutcome::Rejected);
        let outcome = refused.unwrap_or(answered);
        ItemResult {
            warnings: warnings(update),
            ..ItemResult::new(update.id.as_str(), outcome)
        }
    });
    Ok(results.collect())
}

/// Sends batches and keeps one outcome for each item, in order.
struct Sender<'a> {
    client: Client<'a>,
    calls: usize,
    outcomes: Vec<ItemOutcome>,
    /// The failure that keeps everything else from being sent, such as a rate limit.
    stopped: Option<Failure>,
}

impl Sender<'_> {
    /// Fails only while nothing has been taken; later failures are the items' own.
    fn send(&mut self, batch: &[(&str, &BulkItem)]) -> Result<(), Failure> {
        if let Some(failure) = self.stopped.clone() {
            self.refuse(batch.len(), &failure);
            return Ok(());
        }
        if self.calls >= MAX_CALLS {
            self.put_off(batch.len());
            return Ok(());
        }
        self.calls += 1;
        let items: Vec<&BulkItem> = batch.iter().map(|(_, item)| *item).collect();
        match self.client.write_calendar(&items) {
            Ok(answer) => self
                .outcomes
                .extend((0..batch.len()).map(|item| outcome(&answer, item, batch.len()))),
            // One bad item refuses the whole call, and Octorate does not say which.
            Err(Failure::Invalid(_)) if batch.len() > 1 => {
                let (left, right) = batch.split_at(batch.len() / 2);
                self.send(left)?;
                self.send(right)?;
            }
            Err(Failure::Invalid(invalid)) => self.outcomes.extend(batch.iter().map(|(id, _)| {
                ItemOutcome::Rejected(Failure::Invalid(InvalidField {
                    item: (*id).to_owned(),
                    ..invalid.clone()
                }))
            })),
            Err(failure) if self.outcomes.is_empty() => return Err(failure),
            Err(failure) => {
                self.refuse(batch.len(), &failure);
                self.stopped = Some(failure);
            }
        }
        Ok(())
    }

    /// What no call is left for is neither good nor bad: the next push asks again.
    fn put_off(&mut self, items: usize) {
        let later = "this push has made all the calls it may; the item is to be sent again";
        self.refuse(items, &Failure::Retry(later.to_owned()));
    }

    fn refuse(&mut self, items: usize, failure: &Failure) {
        let refused = ItemOutcome::Rejected(failure.clone());
        self.outcomes.extend(std::iter::repeat_n(refused, items));
    }
}

/// Octorate names one process for the call, or one for each item; where it names none, it is done already.
fn outcome(answer: &BulkAnswer, item: usize, items: usize) -> ItemOutcome {
    if answer.success {
        let own = if answer.process.len() == items {
            answer.process.get(item)
        } else {
            answer.process.first()
        };
        return own.map_or(ItemOutcome::Applied, |Id(id)| {
            ItemOutcome::Accepted(id.clone())
        });
    }
    let message = answer
        .message
        .as_deref()
        .unwrap_or("Octorate took the call and did not succeed");
    ItemOutcome::Rejected(Failure::Permanent(message.to_owned()))
}

/// What an update says, and why not all of it.
fn told(context: &Context<Settings>, update: &AriUpdate) -> (Option<BulkItem>, Option<Failure>) {
    update.say_or_close(|update| item(context, update))
}

fn item(context: &Context<Settings>, update: &AriUpdate) -> Result<BulkItem, Failure> {
    let code = &update.target;
    if !means(code, &code.room) {
        return Err(Failure::MappingMissing(vec![format!(
            "{}/{}",
            code.room,
            code.rate.as_deref().unwrap_or("")
        )]));
    }
    let values = Values {
        availability: update.availability,
        price: None,
        min_stay: min_stay(update),
        max_stay: number(&update.max_stay, 0),
        close_to_arrival: update.closed_to_arrival,
        close_to_departure: update.closed_to_departure,
        stop_sells: update.stop_sell,
        cut_off_days: number(&update.cut_off_days, 0),
    };
    let values = match &update.price {
        Some(price) => Values {
            price: Some(context.decimal(checked(context, update, price)?)),
            ..values
        },
        None => values,
    };
    Ok(BulkItem {
        room: code.room.clone(),
        date_from: update.first_night,
        date_to: update.last_night,
        values,
    })
}

/// A price of nothing closes at some channels and gives the room away at others.
fn checked<'a>(
    context: &Context<Settings>,
    update: &AriUpdate,
    price: &'a Money,
) -> Result<&'a Money, Failure> {
    let problem = if price.minor <= 0 {
        "a price must be more than zero; stop sell closes a product"
    } else if price.currency != context.currency.code {
        "Octorate takes prices in the accommodation's currency only"
    } else {
        return Ok(price);
    };
    Err(Failure::invalid(update.id.as_str(), "price", problem))
}

/// Octorate has one minimum stay: the stricter of ours.
fn min_stay(update: &AriUpdate) -> Option<u32> {
    number(&update.min_stay_arrival, 1).max(number(&update.min_stay_through, 1))
}

/// `none` is what stands for no restriction at Octorate.
fn number(change: &NumberChange, none: u32) -> Option<u32> {
    match change {
        NumberChange::Unchanged => None,
        NumberChange::Clear => Some(none),
        NumberChange::Set(number) => Some(*number),
    }
}

/// Prices by occupancy come with every price, so only those that differ from it are missed at Octorate.
fn warnings(update: &AriUpdate) -> Vec<String> {
    let price = update.price.as_ref();
    let mut prices = update.occupancy_prices.iter();
    if prices.any(|each| Some(&each.price) != price) {
        let sentence = "prices by occupancy were not sent: Octorate sells a product at one price";
        return vec![sentence.to_owned()];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(ids: &[&str]) -> BulkAnswer {
        BulkAnswer {
            process: ids.iter().map(|id| Id((*id).to_owned())).collect(),
            success: true,
            message: None,
        }
    }

    #[test]
    fn processes_belong_to_their_items_and_a_success_without_one_is_applied() {
        let accepted = |id: &str| ItemOutcome::Accepted(id.to_owned());
        let outcomes = |ids: &[&str]| [0, 1].map(|item| outcome(&answered(ids), item, 2));
        assert!(outcomes(&["7", "8"]) == [accepted("7"), accepted("8")]);
        assert!(outcomes(&["7"]) == [accepted("7"), accepted("7")]);
        assert!(outcomes(&["7", "8", "9"]) == [accepted("7"), accepted("7")]);
        assert!(outcomes(&[]) == [ItemOutcome::Applied, ItemOutcome::Applied]);
    }
}
