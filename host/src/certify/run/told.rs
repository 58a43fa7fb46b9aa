//! Whether a reservation is told as its guest made it: its rooms, its days, and the price of each night.

use jiff::ToSpan;

use super::Stage;
use crate::certify::controls::{Values, plain};
use crate::certify::report::Finding;
use crate::domain::connector::{Revision, RevisionRoom, RevisionStatus};

impl Stage<'_> {
    /// What is wrong with a reservation that was booked as these values say.
    /// `nightly` says that a total alone is not enough.
    pub(super) fn told_well(
        &self,
        revision: &Revision,
        id: &str,
        booked: &Values,
        nightly: bool,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(differs("the reservation", id, &revision.reservation));
        let currency = self.ground.rig.currency.code();
        let told = revision.total.currency.code();
        findings.extend(differs("the total's currency", currency, told));
        // A reservation that is gone may have no rooms any more.
        if revision.status == RevisionStatus::Cancelled {
            return findings;
        }
        let wanted = text(booked, "rooms");
        let told = revision.rooms.len().to_string();
        findings.extend(differs("the number of rooms", &wanted, &told));
        for room in &revision.rooms {
            findings.extend(room_told(room, booked));
            findings.extend(self.prices_told(room, nightly));
        }
        findings
    }

    /// What is wrong with the prices by night, where the channel tells them: the guest paid what was pushed.
    fn prices_told(&self, room: &RevisionRoom, nightly: bool) -> Option<Finding> {
        if let Some(finding) = nights_told(room, nightly) {
            return Some(finding);
        }
        let code = self.products.first()?;
        room.nights.iter().find_map(|(night, price)| {
            let pushed = self.shelf.price(code, *night)?.to_string();
            differs(
                &format!("the price of {night}"),
                &pushed,
                &price.to_string(),
            )
        })
    }
}

/// Prices are told of each night of a stay, or of none, where the total is enough.
fn nights_told(room: &RevisionRoom, nightly: bool) -> Option<Finding> {
    let wanted = "a price for each night of the stay, in order";
    if room.nights.is_empty() {
        let came = "none at all; where the channel tells only totals, declare so: `[unsupported]` in certification.toml";
        return nightly.then(|| Finding::new(wanted, came));
    }
    let stay = room.check_in.series(1.day());
    let stay = stay.take_while(|night| *night < room.check_out);
    let told = room.nights.iter().map(|(night, _)| *night);
    if told.eq(stay) {
        return None;
    }
    let came = format!("{} prices of other nights", room.nights.len());
    Some(Finding::new(wanted, came))
}

fn room_told(room: &RevisionRoom, booked: &Values) -> Vec<Finding> {
    let (check_in, check_out) = (room.check_in.to_string(), room.check_out.to_string());
    let findings = [
        differs("the room", &text(booked, "room"), &room.product.room),
        differs("the arrival", &text(booked, "check_in"), &check_in),
        differs("the departure", &text(booked, "check_out"), &check_out),
    ];
    findings.into_iter().flatten().collect()
}

fn text(booked: &Values, name: &str) -> String {
    booked.get(name).map(plain).unwrap_or_default()
}

fn differs(what: &str, wanted: &str, came: &str) -> Option<Finding> {
    (wanted != came).then(|| Finding::new(format!("{what} to be {wanted}"), came))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::connector::ProductCode;
    use crate::domain::money::Money;

    /// A stay of three nights, of which the prices of these days of the month are told.
    fn room(told: &[i8]) -> RevisionRoom {
        let price = Money::new(8_000, "EUR".parse().expect("a known currency"));
        RevisionRoom {
            id: None,
            product: ProductCode {
                room: "DBL".to_owned(),
                rate: None,
            },
            check_in: date(2026, 12, 3),
            check_out: date(2026, 12, 6),
            adults: 2,
            children_ages: Vec::new(),
            nights: told
                .iter()
                .map(|day| (date(2026, 12, *day), price))
                .collect(),
            guests: Vec::new(),
        }
    }

    #[test]
    fn a_total_alone_is_enough_only_where_no_price_of_a_night_is_asked_for() {
        assert_eq!(nights_told(&room(&[]), false), None);
        let finding = nights_told(&room(&[]), true).expect("a finding");
        assert!(finding.came.contains("[unsupported]"), "{finding:?}");
    }

    #[test]
    fn a_night_that_is_missing_or_another_is_found_whatever_is_asked_for() {
        for nightly in [false, true] {
            assert_eq!(nights_told(&room(&[3, 4, 5]), nightly), None);
            for told in [vec![3, 4], vec![4, 5, 6], vec![5, 4, 3]] {
                assert!(nights_told(&room(&told), nightly).is_some(), "{told:?}");
            }
        }
    }
}
