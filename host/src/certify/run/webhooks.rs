//! Webhooks: sent by the simulator to the kit, verified by the host as the manifest says, and understood by the connector.

use super::bookings::{id, wrong_status};
use super::{Found, Stage};
use crate::certify::judge::Expected;
use crate::certify::proxy::Received;
use crate::certify::report::Finding;
use crate::certify::scenario::Manner;
use crate::domain::connector::ChannelEvent;
use crate::domain::webhook::AuthenticWebhook;

impl Stage<'_> {
    /// Has the channel tell of every booking.
    pub(super) async fn deliver(&mut self, manner: Manner) -> Found {
        let Some(control) = self.ground.rig.controls().deliver.clone() else {
            return Ok(vec![Finding::new("the control `deliver`", "there is none")]);
        };
        for booking in self.bookings.clone() {
            let id = id(&booking).unwrap_or_default();
            let received = match self.ground.deliveries(&control, booking, manner).await? {
                Ok(received) => received,
                Err(finding) => return Ok(vec![finding]),
            };
            let findings = match manner {
                Manner::Altered => self.not_believed(&received).await,
                Manner::Normal | Manner::Duplicated => self.understood(&received, &id).await,
            };
            if !findings.is_empty() {
                return Ok(findings);
            }
        }
        Ok(Vec::new())
    }

    /// Has the channel tell of everything that became of the first booking, the last first. What came last is no news:
    /// the booking is as it was told first.
    pub(super) async fn retell(&mut self, status: &str) -> Found {
        let Some(control) = self.ground.rig.controls().deliver.clone() else {
            return Ok(vec![Finding::new("the control `deliver`", "there is none")]);
        };
        self.believed.clear();
        for told in self.history.clone().into_iter().rev() {
            let id = id(&told).unwrap_or_default();
            let delivered = self.ground.deliveries(&control, told, Manner::Normal);
            let delivered = delivered.await?;
            let findings = match delivered {
                Ok(received) => self.understood(&received, &id).await,
                Err(finding) => vec![finding],
            };
            if !findings.is_empty() {
                return Ok(findings);
            }
        }
        let newest = self.believed.iter().max_by_key(|one| one.order);
        if let Some(newest) = newest {
            return Ok(wrong_status(newest, status).into_iter().collect());
        }
        // A hint has the host ask.
        self.ground.rig.proxy().begin(None);
        self.fetch(None, &Expected::default(), Some(status), false)
            .await
    }

    /// Every delivery is authentic, one event, and about this reservation.
    async fn understood(&mut self, received: &[Received], id: &str) -> Vec<Finding> {
        let verified = match self.ground.verify_all(received) {
            Ok(verified) => verified,
            Err(finding) => return vec![finding],
        };
        for authentic in &verified {
            let findings = self.tells_of(authentic, id).await;
            if !findings.is_empty() {
                return findings;
            }
        }
        Vec::new()
    }

    async fn tells_of(&mut self, authentic: &AuthenticWebhook, id: &str) -> Vec<Finding> {
        let caller = self.ground.usual_caller();
        let webhook = &authentic.webhook;
        let called = self.connector.parse_webhook(&caller, webhook).await;
        let mut findings = self.ground.judge_call(&called, &Expected::default());
        let Ok(events) = called.result else {
            return findings;
        };
        if !events.iter().any(|event| is_about(event, id)) {
            findings.push(Finding::new(
                format!("an event about the reservation {id}"),
                format!("{events:?}"),
            ));
        }
        for event in events {
            if let ChannelEvent::Revision(revision) = event
                && !authentic.hint
                && revision.reservation == id
            {
                self.believed.push(*revision);
            }
        }
        findings
    }

    /// What lies is refused, or is only a reason to ask the channel.
    async fn not_believed(&mut self, received: &[Received]) -> Vec<Finding> {
        for one in received {
            let Ok(authentic) = self.ground.verify(one) else {
                continue;
            };
            let wanted =
                "a body that was altered to be refused, or to be a hint that is asked about";
            if !authentic.hint {
                return vec![Finding::new(wanted, "it was verified and believed")];
            }
            let caller = self.ground.usual_caller();
            let webhook = &authentic.webhook;
            let called = self.connector.parse_webhook(&caller, webhook).await;
            let answered = Expected {
                each: vec!["answered".to_owned()],
                ..Expected::default()
            };
            let findings = self.ground.judge_call(&called, &answered);
            if !findings.is_empty() {
                return findings;
            }
        }
        Vec::new()
    }

    pub(super) async fn parse(&mut self, body: &str, expected: &Expected) -> Vec<Finding> {
        let webhook = self.ground.stray(body);
        self.ground.rig.proxy().begin(None);
        let caller = self.ground.usual_caller();
        let called = self.connector.parse_webhook(&caller, &webhook).await;
        self.ground.judge_call(&called, expected)
    }
}

fn is_about(event: &ChannelEvent, id: &str) -> bool {
    match event {
        ChannelEvent::Reservation(reservation) => reservation == id,
        ChannelEvent::Revision(revision) => revision.reservation == id,
        ChannelEvent::Calendar | ChannelEvent::Message | ChannelEvent::Ignored(_) => false,
    }
}
