//! Whether a reservation is told as its guest made it: its rooms, its days, and the price of each night.

use jiff::ToSpan;

use super::Stage;
use crate::certify::controls::{Values, plain};
use crate::certify::report::Finding;
use crate::domain::connector::{Revision, RevisionRoom, RevisionStatus};

impl Stage<'_> {
    /// What is wrong with a reservation that was booked as these values say.
    pub(super) fn told_well(&self, revision: &Revision, id: &str, booked: &Values) -> Vec<Finding> {
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
            findings.extend(self.prices_told(room));
        }
        findings
    }

    /// What is wrong with the prices by night, where the channel tells them: the guest paid what was pushed.
    fn prices_told(&self, room: &RevisionRoom) -> Option<Finding> {
        let stay = room.check_in.series(1.day());
        let stay = stay.take_while(|night| *night < room.check_out);
        let told = room.nights.iter().map(|(night, _)| *night);
        if !room.nights.is_empty() && !told.eq(stay) {
            let wanted = "a price for each night of the stay, in order";
            let came = format!("{} prices of other nights", room.nights.len());
            return Some(Finding::new(wanted, came));
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
