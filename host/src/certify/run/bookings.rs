//! Guests who book, change and cancel at the simulator, and what the connector tells of them.

use std::collections::HashSet;

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use serde_json::Value;

use super::{Found, Stage};
use crate::certify::controls::{Control, Values, plain};
use crate::certify::guests::{Names, is_named};
use crate::certify::judge::Expected;
use crate::certify::proxy::Fault;
use crate::certify::report::Finding;
use crate::domain::connector::{Revision, RevisionStatus};
use crate::domain::night::today;

/// More pages than this have no end.
const MOST_PAGES: usize = 50;

/// What a booking's id is called in a declaration.
const RESERVATION: &str = "reservation";

/// What a guest's name is called there.
pub(super) const SURNAME: &str = "surname";
const CHECK_OUT: &str = "check_out";

/// What one guest books, of one product.
#[derive(Clone, Copy)]
pub(super) struct Stay {
    pub(super) rooms: u32,
    pub(super) nights: u32,
}

impl Stage<'_> {
    /// So many guests book so many rooms each, for so many nights.
    pub(super) async fn book(&mut self, count: u32, stay: Stay, names: Names) -> Found {
        let Some(control) = self.ground.rig.controls().book.clone() else {
            return Ok(vec![Finding::new("the control `book`", "there is none")]);
        };
        for number in 0..count {
            let mut values = self.stay(number, stay.nights);
            values.insert("rooms".to_owned(), Value::from(stay.rooms));
            let surname = names.surname(number);
            values.insert(SURNAME.to_owned(), surname.clone().into());
            match self.ground.rig.ask(&control, &values).await? {
                Ok(taken) if taken.contains_key(RESERVATION) => {
                    let mut booking = values;
                    booking.extend(taken);
                    booking.extend(self.event("booked"));
                    let named = id(&booking).filter(|_| names != Names::Plain);
                    self.named.extend(named.map(|id| (id, surname)));
                    if self.history.is_empty() {
                        self.history.push(booking.clone());
                    }
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

    /// The guest stays one night more.
    pub(super) async fn change(&mut self) -> Found {
        let control = self.ground.rig.controls().change.clone();
        let after = self.bookings.first().cloned().map(|mut booking| {
            let check_out = booking.get(CHECK_OUT).map(plain).unwrap_or_default();
            if let Ok(day) = check_out.parse::<Date>() {
                let later = day.saturating_add(1.day()).to_string();
                booking.insert(CHECK_OUT.to_owned(), Value::from(later));
            }
            booking
        });
        self.befall(control, after, ("change", "changed")).await
    }

    pub(super) async fn cancel(&mut self) -> Found {
        let control = self.ground.rig.controls().cancel.clone();
        let after = self.bookings.first().cloned();
        self.befall(control, after, ("cancel", "cancelled")).await
    }

    /// Makes the first booking what it is `after` something has become of it.
    async fn befall(
        &mut self,
        control: Option<Control>,
        after: Option<Values>,
        (name, event): (&str, &str),
    ) -> Found {
        let wanted = format!("a booking {event}, by [controls.{name}] of certification.toml");
        let (Some(control), Some(mut booking)) = (control, after) else {
            return Ok(vec![Finding::new(wanted, "there is none")]);
        };
        // What changed later is later, also by the second.
        self.ground.rig.advance(2).await?;
        match self.ground.rig.ask(&control, &booking).await? {
            Ok(taken) => {
                booking.extend(taken);
                booking.extend(self.event(event));
                self.history.push(booking.clone());
                self.bookings[0] = booking;
                Ok(Vec::new())
            }
            Err(refusal) => Ok(vec![Finding::new(wanted, refusal)]),
        }
    }

    /// What `deliver` calls this, where its simulator wants to be told.
    fn event(&self, what: &str) -> Option<(String, Value)> {
        let spelled = self.ground.rig.event(what)?;
        Some(("event".to_owned(), spelled.clone()))
    }

    /// The first product, for the first night that was pushed.
    fn stay(&self, number: u32, nights: u32) -> Values {
        let pushed = self.shelf.nights().map(|(first, _)| first);
        let check_in = pushed
            .unwrap_or_else(|| today(self.ground.rig.clock.now(), &self.ground.rig.time_zone));
        let check_out = check_in.saturating_add(i64::from(nights).days());
        let code = self.products.first();
        let room = code.map_or_else(String::new, |code| code.room.clone());
        let rate = code.and_then(|code| code.rate.clone()).unwrap_or_default();
        Values::from([
            ("room".to_owned(), Value::from(room)),
            ("rate".to_owned(), Value::from(rate)),
            ("check_in".to_owned(), Value::from(check_in.to_string())),
            (CHECK_OUT.to_owned(), Value::from(check_out.to_string())),
            ("number".to_owned(), Value::from(number)),
            ("given_name".to_owned(), Value::from("Ada")),
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
        findings.extend(self.misnamed());
        if let (Some(wanted), Some(id)) = (status, ids.first()) {
            let of_first = self.pulled.iter().filter(|one| one.reservation == *id);
            let latest = of_first.max_by_key(|one| one.order);
            findings.extend(latest.and_then(|one| wrong_status(one, wanted)));
        }
        findings
    }

    /// A guest whose name came as another.
    fn misnamed(&self) -> Option<Finding> {
        let named = self.named.iter().find_map(|(id, surname)| {
            let told = self.pulled.iter().find(|one| one.reservation == *id)?;
            (!is_named(told, surname)).then_some((told, surname))
        });
        let (told, surname) = named?;
        let short: String = surname.chars().take(60).collect();
        let wanted = format!("the guest of {} to be {short:?}", told.reservation);
        let booker = &told.booker;
        let came = format!("{:?}, {:?}", booker.first_name, booker.last_name);
        Some(Finding::new(wanted, came))
    }

    pub(super) async fn fetch(
        &mut self,
        named: Option<&str>,
        expected: &Expected,
        status: Option<&str>,
        nightly: bool,
    ) -> Found {
        let booked = self.bookings.first().cloned().unwrap_or_default();
        let Some(id) = named.map(ToOwned::to_owned).or_else(|| id(&booked)) else {
            return Ok(vec![Finding::new("a booking to fetch", "there is none")]);
        };
        let called = self.connector.fetch(&self.ground.usual_caller(), &id).await;
        let mut findings = self.ground.judge_call(&called, expected);
        if let (Ok(revision), None) = (&called.result, named) {
            findings.extend(self.told_well(revision, &id, &booked, nightly));
            findings.extend(status.and_then(|wanted| wrong_status(revision, wanted)));
        }
        Ok(findings)
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

pub(super) fn wrong_status(revision: &Revision, wanted: &str) -> Option<Finding> {
    let came: &str = match &revision.status {
        RevisionStatus::Pending => "pending",
        RevisionStatus::Confirmed => "confirmed",
        RevisionStatus::Cancelled => "cancelled",
        RevisionStatus::NoShow => "no-show",
        RevisionStatus::Unknown(spelled) => spelled,
    };
    (came != wanted).then(|| Finding::new(format!("the reservation to be {wanted}"), came))
}
