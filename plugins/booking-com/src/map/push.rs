//! Pushing: rooms to sell and restrictions in one sort of notification, prices in the other. Every line has a locator of its
//! own, and a refusal of a whole notification that names none is halved until the culprit stands alone.

use roomwire_plugin_sdk::channel::{AriUpdate, ItemOutcome, ItemResult};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure};

use crate::Settings;
use crate::client::{Client, Notified, VERSION};
use crate::map::problems::{Meaning, Problem};
use crate::map::values::{told, untold};
use crate::wire::message;

/// Lines of one notification: how large one may be is not published.
const LINES: usize = 500;

/// Notifications that one call spends on finding a culprit.
const HALVES: u8 = 16;

/// A sort of notification, and the list of its lines.
#[derive(Clone, Copy, Debug)]
struct Sort {
    name: &'static str,
    list: &'static str,
}

const AVAILABILITY: Sort = Sort {
    name: "OTA_HotelAvailNotif",
    list: "AvailStatusMessages",
};
const PRICES: Sort = Sort {
    name: "OTA_HotelRateAmountNotif",
    list: "RateAmountMessages",
};

/// A line, and the place of the update that it belongs to.
#[derive(Debug)]
struct Line {
    update: usize,
    element: Element,
}

pub(crate) fn push(
    context: &Context<Settings>,
    updates: &[AriUpdate],
) -> Result<Vec<ItemResult>, Failure> {
    let mut sender = Sender {
        client: Client::new(context),
        property: &context.settings.property,
        updates,
        items: updates
            .iter()
            .map(|update| Item::of(context, update))
            .collect(),
        taken: false,
        stopped: None,
        halves: HALVES,
    };
    let (mut availability, mut prices) = (Vec::new(), Vec::new());
    for (place, update) in updates.iter().enumerate() {
        let line = |element| Line {
            update: place,
            element,
        };
        let (said, refusal) = told(context, update);
        availability.extend(said.availability.into_iter().map(line));
        prices.extend(said.prices.into_iter().map(line));
        if let Some(failure) = refusal {
            sender.items[place].refuse(failure);
        }
    }
    // A stale price costs money, stale availability costs a guest.
    for (sort, lines) in [(AVAILABILITY, &availability), (PRICES, &prices)] {
        for lines in lines.chunks(LINES) {
            sender.send(sort, lines);
        }
    }
    sender.results()
}

/// Sends notifications and keeps what becomes of each update.
struct Sender<'a> {
    client: Client<'a>,
    property: &'a str,
    updates: &'a [AriUpdate],
    items: Vec<Item>,
    /// Whether anything was taken: from then on, failures are the items' own.
    taken: bool,
    /// The failure that keeps everything else from being sent.
    stopped: Option<Failure>,
    halves: u8,
}

impl Sender<'_> {
    fn send(&mut self, sort: Sort, lines: &[Line]) {
        if let Some(failure) = self.stopped.clone() {
            return self.refuse(lines, &failure);
        }
        match self.client.notify(sort.name, &self.document(sort, lines)) {
            Ok(notified) => {
                self.taken |= notified.taken;
                self.settle(sort, lines, &notified);
            }
            Err(failure) => {
                self.refuse(lines, &failure);
                self.stopped = Some(failure);
            }
        }
    }

    fn document(&self, sort: Sort, lines: &[Line]) -> Element {
        let lines = lines.iter().zip(1_usize..);
        let lines = lines.map(|(line, locator)| {
            line.element
                .clone()
                .attribute("LocatorID", locator.to_string())
        });
        let list = Element::new(sort.list)
            .attribute("HotelCode", self.property)
            .children(lines);
        message(&format!("{}RQ", sort.name), VERSION).child(list)
    }

    fn settle(&mut self, sort: Sort, lines: &[Line], notified: &Notified) {
        let mut named = vec![false; lines.len()];
        let mut unclear: Option<&Problem> = None;
        for problem in &notified.problems {
            match problem.line(lines.len()) {
                Some(place) => {
                    named[place] = true;
                    let update = lines[place].update;
                    self.items[update].hear(problem.meaning(&self.updates[update]));
                }
                None if problem.is_mere_word() => {}
                None => unclear = unclear.or(Some(problem)),
            }
        }
        if notified.taken && unclear.is_none() {
            return;
        }
        let rest = lines.iter().zip(&named).filter(|(_, named)| !**named);
        let rest: Vec<usize> = rest.map(|(line, _)| line.update).collect();
        if notified.taken || named.contains(&true) {
            // What was said is absolute: where it is in doubt whether it was taken, it is sent again.
            let sentence = unclear.map_or_else(
                || "refused together with others".to_owned(),
                Problem::sentence,
            );
            for update in rest {
                self.items[update].refuse(Failure::Retry(sentence.clone()));
            }
        } else {
            self.search(sort, lines, unclear);
        }
    }

    /// Looks for the line that a whole notification was refused for.
    fn search(&mut self, sort: Sort, lines: &[Line], reason: Option<&Problem>) {
        let sentence = reason.map_or_else(
            || "the notification was refused as a whole".to_owned(),
            Problem::sentence,
        );
        if lines.len() == 1 {
            let update = lines[0].update;
            let code = reason.map_or("", |problem| problem.code.as_str());
            let id = self.updates[update].id.as_str();
            self.items[update].refuse(Failure::invalid(id, code, sentence));
        } else if self.halves < 2 {
            self.refuse(lines, &Failure::Retry(sentence));
        } else {
            self.halves -= 2;
            let (left, right) = lines.split_at(lines.len() / 2);
            self.send(sort, left);
            self.send(sort, right);
        }
    }

    fn refuse(&mut self, lines: &[Line], failure: &Failure) {
        for line in lines {
            self.items[line.update].refuse(failure.clone());
        }
    }

    fn results(self) -> Result<Vec<ItemResult>, Failure> {
        if let Some(failure) = self.stopped.filter(|_| !self.taken) {
            return Err(failure);
        }
        let items = self.items.into_iter().zip(self.updates);
        Ok(items.map(|(item, update)| item.result(update)).collect())
    }
}

/// What became of an update: it may have several lines, and its first failure counts.
#[derive(Debug)]
struct Item {
    failure: Option<Failure>,
    warnings: Vec<String>,
}

impl Item {
    fn of(context: &Context<Settings>, update: &AriUpdate) -> Self {
        Self {
            failure: None,
            warnings: untold(context, update),
        }
    }

    fn refuse(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    fn hear(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::Refused(failure) => self.refuse(failure),
            Meaning::Told(sentence) => self.warnings.push(sentence),
        }
    }

    fn result(self, update: &AriUpdate) -> ItemResult {
        let outcome = match self.failure {
            Some(failure) => ItemOutcome::Rejected(failure),
            None => ItemOutcome::Applied,
        };
        ItemResult {
            warnings: self.warnings,
            ..ItemResult::new(update.id.as_str(), outcome)
        }
    }
}
