//! Guests who book and cancel at the simulator, and what the connector tells of them.

use std::collections::HashSet;

use jiff::{SignedDuration, ToSpan};
use serde_json::Value;

use super::{Found, Stage};
use crate::certify::controls::{Values, plain};
use crate::certify::judge::Expected;
use crate::certify::proxy::Fault;
use crate::certify::report::Finding;
use crate::domain::connector::{Revision, RevisionStatus};
use crate::domain::night::today;

/// More pages than this have no end.
const MOST_PAGES: usize = 50;

/// What a booking's id is called in a declaration.
const RESERVATION: &str = "reservation";

impl Stage<'_> {
    pub(super) async fn book(&mut self, count: u32) -> Found {
        let Some(control) = self.ground.rig.controls().book.clone() else {
            return Ok(vec![Finding::new("the control `book`", "there is none")]);
        };
        for number in 0..count {
            let values = self.stay(number);
            match self.ground.rig.ask(&control, &values).await? {
                Ok(taken) if taken.contains_key(RESERVATION) => {
                    let mut booking = values;
                    booking.extend(taken);
                    self.bookings.push(booking);
                }
                Ok(_) => {
                    let wanted = "[controls.book] of certification.toml to take `reservation`";
                    return Ok(vec![Finding::new(wanted, "it takes none")]);
                }
                Err(refusal) => {
                    let wanted = "a booking, by [controls.book] of certification.toml";
                    return Ok(vec![Finding::new(wanted, refusal)]);
                }
            }
        }
        Ok(Vec::new())
    }

    pub(super) async fn cancel(&mut self) -> Found {
        let control = self.ground.rig.controls().cancel.clone();
        let (Some(control), Some(booking)) = (control, self.bookings.first().cloned()) else {
            return Ok(vec![Finding::new("a booking to cancel", "there is none")]);
        };
        // What changed later is later, also by the second.
        self.ground.rig.advance(2).await?;
        match self.ground.rig.ask(&control, &booking).await? {
            Ok(taken) => {
                self.bookings[0].extend(taken);
                Ok(Vec::new())
            }
            Err(refusal) => {
                let wanted = "a cancellation, by [controls.cancel] of certification.toml";
                Ok(vec![Finding::new(wanted, refusal)])
            }
        }
    }

    /// The first product, for the first night that was pushed.
    fn stay(&self, number: u32) -> Values {
        let pushed = self.shelf.nights().map(|(first, _)| first);
        let check_in = pushed
            .unwrap_or_else(|| today(self.ground.rig.clock.now(), &self.ground.rig.time_zone));
        let code = self.products.first();
        let room = code.map_or_else(String::new, |code| code.room.clone());
        let rate = code.and_then(|code| code.rate.clone()).unwrap_or_default();
        Values::from([
            ("room".to_owned(), Value::from(room)),
            ("rate".to_owned(), Value::from(rate)),
            ("check_in".to_owned(), Value::from(check_in.to_string())),
            (
                "check_out".to_owned(),
                Value::from(check_in.saturating_add(1.day()).to_string()),
            ),
            ("number".to_owned(), Value::from(number)),
        ])
    }

    /// Every page since the scenario began.
    pub(super) async fn pull(
        &mut self,
        fault: Option<&Fault>,
        expected: &Expected,
        status: Option<&str>,
    ) -> Found {
        let since = self
            .ground
            .began
            .saturating_sub(SignedDuration::from_mins(1))
            .unwrap_or(self.ground.began);
        let mut page: Option<String> = None;
        self.pulled.clear();
        for _ in 0..MOST_PAGES {
            self.ground.rig.proxy().begin(fault.cloned());
            let caller = self.ground.usual_caller();
            let called = self.connector.pull(&caller, since, page.as_deref()).await;
            let findings = self.ground.judge_call(&called, expected);
            let Ok(found) = called.result else {
                return Ok(findings);
            };
            if !findings.is_empty() {
                return Ok(findings);
            }
            if let Some(refused) = found.refused.first() {
                let wanted = "every revision to say what can be";
                return Ok(vec![Finding::new(wanted, refused.reason.as_str())]);
            }
            self.pulled.extend(found.revisions);
            page = found.next;
            if page.is_none() {
                return Ok(self.pulled_well(status));
            }
            self.ground.rig.advance(2).await?;
        }
        let wanted = format!("pages to come to an end within {MOST_PAGES}");
        Ok(vec![Finding::new(wanted, "there is always a next one")])
    }

    /// What is wrong with what was pulled.
    fn pulled_well(&self, status: Option<&str>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let found: HashSet<&str> = self.pulled.iter().map(|one| &*one.reservation).collect();
        let ids: Vec<String> = self.bookings.iter().filter_map(id).collect();
        let missing: Vec<&String> = ids
            .iter()
            .filter(|id| !found.contains(id.as_str()))
            .collect();
        if let Some(first) = missing.first() {
            findings.push(Finding::new(
                format!("all {} bookings to be pulled", ids.len()),
                format!("{} are missing, the first is {first}", missing.len()),
            ));
        }
        let mut known = HashSet::new();
        let twice = self
            .pulled
            .iter()
            .find(|one| !known.insert((&one.reservation, &one.revision)));
        if let Some(twice) = twice {
            findings.push(Finding::new(
                "every revision once",
                format!("{} of {} twice", twice.revision, twice.reservation),
            ));
        }
        if let (Some(wanted), Some(id)) = (status, ids.first()) {
            let of_first = self.pulled.iter().filter(|one| one.reservation == *id);
            let latest = of_first.max_by_key(|one| one.order);
            findings.extend(latest.and_then(|one| wrong_status(one, wanted)));
        }
        findings
    }

    pub(super) async fn fetch(
        &mut self,
        named: Option<&str>,
        expected: &Expected,
        status: Option<&str>,
    ) -> Found {
        let booked = self.bookings.first().cloned().unwrap_or_default();
        let Some(id) = named.map(ToOwned::to_owned).or_else(|| id(&booked)) else {
            return Ok(vec![Finding::new("a booking to fetch", "there is none")]);
        };
        let called = self.connector.fetch(&self.ground.usual_caller(), &id).await;
        let mut findings = self.ground.judge_call(&called, expected);
        if let (Ok(revision), None) = (&called.result, named) {
            findings.extend(self.told_well(revision, &id, &booked));
            findings.extend(status.and_then(|wanted| wrong_status(revision, wanted)));
        }
        Ok(findings)
    }

    /// What is wrong with a reservation that was booked as these values say.
    fn told_well(&self, revision: &Revision, id: &str, booked: &Values) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut compare = |what: &str, wanted: String, came: String| {
            if wanted != came {
                let wanted = format!("{what} to be {wanted}");
                findings.push(Finding::new(wanted, came));
            }
        };
        compare(
            "the reservation",
            id.to_owned(),
            revision.reservation.clone(),
        );
        let currency = self.ground.rig.currency.code().to_owned();
        let total = revision.total.currency.code().to_owned();
        compare("the total's currency", currency, total);
        // A reservation that is gone may have no rooms any more.
        if revision.status == RevisionStatus::Cancelled {
            return findings;
        }
        let text = |name: &str| booked.get(name).map(plain).unwrap_or_default();
        match revision.rooms.first() {
            None => compare("the rooms", "one".to_owned(), "none".to_owned()),
            Some(room) => {
                compare("the room", text("room"), room.product.room.clone());
                compare("the arrival", text("check_in"), room.check_in.to_string());
                compare(
                    "the departure",
                    text("check_out"),
                    room.check_out.to_string(),
                );
            }
        }
        findings
    }

    /// Tells the channel of everything that was pulled and wants to be acknowledged.
    pub(super) async fn acknowledge(&mut self) -> Vec<Finding> {
        let ids: Vec<String> = self.bookings.iter().filter_map(id).collect();
        let ours = self
            .pulled
            .iter()
            .filter(|one| ids.contains(&one.reservation));
        let wanted: Vec<String> = ours.filter_map(|one| one.acknowledgement.clone()).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        self.ground.rig.proxy().begin(None);
        let caller = self.ground.usual_caller();
        let called = self.connector.acknowledge(&caller, &wanted).await;
        self.ground.judge_call(&called, &Expected::default())
    }
}

/// A booking's id at the channel.
pub(super) fn id(booking: &Values) -> Option<String> {
    booking.get(RESERVATION).map(plain)
}

fn wrong_status(revision: &Revision, wanted: &str) -> Option<Finding> {
    let came: &str = match &revision.status {
        RevisionStatus::Pending => "pending",
        RevisionStatus::Confirmed => "confirmed",
        RevisionStatus::Cancelled => "cancelled",
        RevisionStatus::NoShow => "no-show",
        RevisionStatus::Unknown(spelled) => spelled,
    };
    (came != wanted).then(|| Finding::new(format!("the reservation to be {wanted}"), came))
}
