//! Webhooks: sent by the simulator to the kit, verified by the host as the manifest says, and understood by the connector.

use super::bookings::id;
use super::{Found, Stage};
use crate::certify::judge::Expected;
use crate::certify::proxy::Received;
use crate::certify::report::Finding;
use crate::certify::scenario::Manner;
use crate::domain::connector::{ChannelEvent, VerifiedWebhook};
use crate::domain::webhook::{Arrived, AuthenticWebhook, WebhookRefusal, WebhookVerifier};

/// The unguessable part of the address, which leads to the connection.
const TOKEN: &str = "certification-0123456789abcdef";

impl Stage<'_> {
    /// Has the channel tell of every booking.
    pub(super) async fn deliver(&mut self, manner: Manner, reversed: bool) -> Found {
        let Some(control) = self.rig.controls().deliver.clone() else {
            return Ok(vec![Finding::new("the control `deliver`", "there is none")]);
        };
        let mut bookings = self.bookings.clone();
        if reversed {
            bookings.reverse();
        }
        for booking in bookings {
            let mut values = booking.clone();
            let url = self.rig.proxy().webhook_url(TOKEN);
            values.insert("url".to_owned(), url.into());
            values.insert("manner".to_owned(), manner.name().into());
            self.rig.proxy().begin(None);
            if let Err(refusal) = self.ask(&control, &values).await? {
                return Ok(vec![Finding::new("a webhook", refusal)]);
            }
            let received = self.rig.proxy().webhooks();
            let wanted = if manner == Manner::Duplicated { 2 } else { 1 };
            if received.len() != wanted {
                let wanted = format!("{wanted} webhooks from the simulator to {{url}}");
                let came = received.len().to_string();
                return Ok(vec![Finding::new(wanted, came)]);
            }
            let id = id(&booking).unwrap_or_default();
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

    fn verify(&self, received: &Received) -> Result<AuthenticWebhook, WebhookRefusal> {
        let arrived = Arrived {
            endpoint_token: TOKEN,
            headers: &received.headers,
            body: &received.body,
        };
        self.plugins
            .verify(self.connection, arrived, self.rig.clock.now())
    }

    /// Every delivery is authentic, one event, and about this reservation.
    async fn understood(&mut self, received: &[Received], id: &str) -> Vec<Finding> {
        let mut event_id: Option<String> = None;
        for one in received {
            let authentic = match self.verify(one) {
                Ok(authentic) => authentic,
                Err(refusal) => {
                    let wanted = "the webhook to be verified by what the manifest says";
                    return vec![Finding::new(wanted, refusal.to_string())];
                }
            };
            let first = event_id.get_or_insert_with(|| authentic.event_id.clone());
            if *first != authentic.event_id {
                let wanted = format!("a repetition to have the event id {first} again");
                return vec![Finding::new(wanted, authentic.event_id)];
            }
            let findings = self.tells_of(&authentic.webhook, id).await;
            if !findings.is_empty() {
                return findings;
            }
        }
        Vec::new()
    }

    async fn tells_of(&mut self, webhook: &VerifiedWebhook, id: &str) -> Vec<Finding> {
        let caller = self.usual_caller();
        let called = self.connector.parse_webhook(&caller, webhook).await;
        let mut findings = self.judge_call(&called, &Expected::default());
        if let Ok(events) = &called.result
            && !events.iter().any(|event| is_about(event, id))
        {
            findings.push(Finding::new(
                format!("an event about the reservation {id}"),
                format!("{events:?}"),
            ));
        }
        findings
    }

    /// What lies is refused, or is only a reason to ask the channel.
    async fn not_believed(&mut self, received: &[Received]) -> Vec<Finding> {
        for one in received {
            let Ok(authentic) = self.verify(one) else {
                continue;
            };
            let wanted =
                "a body that was altered to be refused, or to be a hint that is asked about";
            if !authentic.hint {
                return vec![Finding::new(wanted, "it was verified and believed")];
            }
            let caller = self.usual_caller();
            let webhook = &authentic.webhook;
            let called = self.connector.parse_webhook(&caller, webhook).await;
            let answered = Expected {
                each: vec!["answered".to_owned()],
                ..Expected::default()
            };
            let findings = self.judge_call(&called, &answered);
            if !findings.is_empty() {
                return findings;
            }
        }
        Vec::new()
    }

    pub(super) async fn parse(&mut self, body: &str, expected: &Expected) -> Vec<Finding> {
        let webhook = VerifiedWebhook {
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            received_at: self.rig.clock.now(),
        };
        self.rig.proxy().begin(None);
        let caller = self.usual_caller();
        let called = self.connector.parse_webhook(&caller, &webhook).await;
        self.judge_call(&called, expected)
    }
}

fn is_about(event: &ChannelEvent, id: &str) -> bool {
    match event {
        ChannelEvent::Reservation(reservation) => reservation == id,
        ChannelEvent::Revision(revision) => revision.reservation == id,
        ChannelEvent::Calendar | ChannelEvent::Ignored(_) => false,
    }
}
