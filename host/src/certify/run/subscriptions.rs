//! Webhooks that the connector has sent to an address: what the simulator tells of it must be what was asked.

use serde_json::Value;

use super::{Found, Stage};
use crate::certify::controls::Values;
use crate::certify::error::CertifyError;
use crate::certify::judge::Expected;
use crate::certify::proxy::Fault;
use crate::certify::report::Finding;
use crate::certify::scenario::Address;

/// What is missing where the simulator does not tell.
const TOLD: &str = "where webhooks go, by [controls.subscriptions] of certification.toml";

impl Stage<'_> {
    pub(super) async fn subscribe(
        &mut self,
        (at, again): (Address, bool),
        fault: Option<Fault>,
        expected: &Expected,
    ) -> Found {
        let Some(wanted) = self.ground.move_to(at)? else {
            return Ok(vec![Finding::new("a plugin that subscribes", "it cannot")]);
        };
        let before = match self.subscriptions().await? {
            Ok(before) => before,
            Err(finding) => return Ok(vec![finding]),
        };
        self.ground.rig.proxy().begin(fault);
        let caller = self.ground.usual_caller();
        let called = self.connector.subscribe(&caller, wanted).await;
        let findings = self.ground.judge_call(&called, expected);
        if called.result.is_err() || !findings.is_empty() {
            return Ok(findings);
        }
        let after = match self.subscriptions().await? {
            Ok(after) => after,
            Err(finding) => return Ok(vec![finding]),
        };
        if again && before != after {
            let wanted = "what was subscribed before to stay as it was";
            return Ok(vec![Finding::new(wanted, after.to_string())]);
        }
        let wanted = "webhooks to go to the connection's address, and to no other of its own";
        let is_right = |address: Address| names(&after, address) == (address == at);
        let is_right = [Address::First, Address::Second].into_iter().all(is_right);
        let wrong = (!is_right).then(|| Finding::new(wanted, after.to_string()));
        Ok(wrong.into_iter().collect())
    }

    pub(super) async fn unsubscribe(&mut self, at: Address, expected: &Expected) -> Found {
        self.ground.move_to(at)?;
        let before = match self.subscriptions().await? {
            Ok(before) => before,
            Err(finding) => return Ok(vec![finding]),
        };
        self.ground.rig.proxy().begin(None);
        let called = self
            .connector
            .unsubscribe(&self.ground.usual_caller())
            .await;
        let findings = self.ground.judge_call(&called, expected);
        if called.result.is_err() || !findings.is_empty() {
            return Ok(findings);
        }
        let after = match self.subscriptions().await? {
            Ok(after) => after,
            Err(finding) => return Ok(vec![finding]),
        };
        let other = match at {
            Address::First => Address::Second,
            Address::Second => Address::First,
        };
        let is_right = !names(&after, at) && names(&after, other) == names(&before, other);
        let wanted = "webhooks to that address to be ended, and those to another to stay";
        let wrong = (!is_right).then(|| Finding::new(wanted, after.to_string()));
        Ok(wrong.into_iter().collect())
    }

    /// Where the simulator says that its webhooks go.
    async fn subscriptions(&self) -> Result<Result<Value, Finding>, CertifyError> {
        let Some(control) = self.ground.rig.controls().subscriptions.clone() else {
            return Ok(Err(Finding::new(TOLD, "there is none")));
        };
        let told = self.ground.rig.ask(&control, &Values::new()).await?;
        Ok(match told {
            Ok(mut told) => told
                .remove("subscriptions")
                .ok_or_else(|| Finding::new(TOLD, "it takes no `subscriptions`")),
            Err(refusal) => Err(Finding::new(TOLD, refusal)),
        })
    }
}

fn names(told: &Value, address: Address) -> bool {
    told.to_string().contains(address.token())
}
