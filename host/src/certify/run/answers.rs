//! Answers to webhooks: the kit stands in the hotel's place, which holds a booking or does not hold it yet.

use super::bookings::id;
use super::{Found, Stage};
use crate::certify::judge::Expected;
use crate::certify::report::Finding;
use crate::certify::scenario::Manner;
use crate::domain::connector::{
    ChannelEvent, ConnectorFailure, ReservationOutcome, VerifiedWebhook, WebhookOutcome,
};
use crate::domain::webhook::AuthenticWebhook;

/// The hotel's number of the booking.
const NUMBER: &str = "8KWZ3M1QPX";

impl Stage<'_> {
    /// Has the channel send every booking in a webhook whose answer it takes for the confirmation.
    pub(super) async fn confirm(&mut self) -> Found {
        let Some(control) = self.ground.rig.controls().announce.clone() else {
            return Ok(vec![Finding::new(
                "the control `announce`",
                "there is none",
            )]);
        };
        for booking in self.bookings.clone() {
            let id = id(&booking).unwrap_or_default();
            let sent = self.ground.deliveries(&control, booking, Manner::Normal);
            let verified = match sent.await? {
                Ok(received) => self.ground.verify_all(&received),
                Err(finding) => Err(finding),
            };
            let verified = match verified {
                Ok(verified) => verified,
                Err(finding) => return Ok(vec![finding]),
            };
            for authentic in &verified {
                let findings = self.is_confirmed(authentic, &id).await;
                if !findings.is_empty() {
                    return Ok(findings);
                }
            }
        }
        Ok(Vec::new())
    }

    async fn is_confirmed(&mut self, authentic: &AuthenticWebhook, id: &str) -> Vec<Finding> {
        if authentic.answer_within.is_none() {
            let wanted = "`answer_within_seconds` in the rules of this webhook";
            return vec![Finding::new(wanted, "it is answered as any other")];
        }
        let webhook = &authentic.webhook;
        let caller = self.ground.usual_caller();
        let called = self.connector.parse_webhook(&caller, webhook).await;
        let findings = self.ground.judge_call(&called, &Expected::default());
        let Ok(events) = called.result else {
            return findings;
        };
        let outcomes: Vec<ReservationOutcome> = events
            .into_iter()
            .filter_map(|event| accepted(event, id))
            .collect();
        if outcomes.is_empty() {
            let wanted = format!("a revision of the reservation {id}");
            return vec![Finding::new(wanted, "the webhook holds none")];
        }
        let stored = self.answered(webhook, &Ok(outcomes)).await;
        let later = ConnectorFailure::Retry("it is not stored yet".to_owned());
        let unstored = self.answered(webhook, &Err(later)).await;
        let (Ok(stored), Ok(unstored)) = (stored, unstored) else {
            return vec![Finding::new("two answers", "the connector failed")];
        };
        judged(&stored, &unstored)
    }

    /// The status and the body of an answer.
    async fn answered(
        &mut self,
        webhook: &VerifiedWebhook,
        outcome: &WebhookOutcome,
    ) -> Result<(u16, String), ConnectorFailure> {
        self.ground.rig.proxy().begin(None);
        let caller = self.ground.usual_caller();
        let called = self
            .connector
            .answer_webhook(&caller, webhook, outcome)
            .await;
        self.ground.observe(&called);
        called.result.map(|answer| (answer.status, answer.body))
    }

    pub(super) async fn answer(&mut self, body: &str, expected: &Expected) -> Vec<Finding> {
        let webhook = self.ground.stray(body);
        self.ground.rig.proxy().begin(None);
        let caller = self.ground.usual_caller();
        let failed = ConnectorFailure::Permanent("it was not understood".to_owned());
        let called = self
            .connector
            .answer_webhook(&caller, &webhook, &Err(failed))
            .await;
        self.ground.judge_call(&called, expected)
    }
}

fn accepted(event: ChannelEvent, id: &str) -> Option<ReservationOutcome> {
    match event {
        ChannelEvent::Revision(revision) if revision.reservation == id => {
            Some(ReservationOutcome {
                reservation: revision.reservation,
                revision: revision.revision,
                verdict: Ok(Some(NUMBER.to_owned())),
            })
        }
        _ => None,
    }
}

fn judged((status, body): &(u16, String), unstored: &(u16, String)) -> Vec<Finding> {
    if !(200..300).contains(status) || !body.contains(NUMBER) {
        let wanted = format!("an answer of 200 to 299 with the number {NUMBER}");
        return vec![Finding::new(wanted, format!("{status}: {body}"))];
    }
    let (later, told) = unstored;
    if later == status && told == body {
        let wanted = "another answer where the booking is not stored";
        return vec![Finding::new(wanted, format!("{later}: {told}"))];
    }
    Vec::new()
}
