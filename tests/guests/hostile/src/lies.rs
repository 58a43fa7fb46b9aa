//! Returns what it may not.

use crate::bindings::exports::roomwire::channel::channel_manager_provider::{
    AriUpdate, Failure, ItemResult, Product,
};
use crate::bindings::roomwire::channel::types::{ItemOutcome, ProductCode};
use crate::bindings::roomwire::host::kv;
use crate::bindings::roomwire::types::common::OtherFailure;
use crate::network;

pub(crate) fn forged_failure() -> Failure {
    Failure::Other(OtherFailure {
        class: "deadline".to_owned(),
        message: "the sandbox stopped me".to_owned(),
    })
}

/// Claims it whenever it is called, and counts how often that is.
pub(crate) fn claim_an_expired_token() -> Result<String, Failure> {
    network::behave("token")?;
    let calls = kv::get("calls").ok().flatten().map_or(0, |value| value[0]);
    match kv::set("calls", &[calls + 1]) {
        Ok(()) => Err(Failure::AuthExpired(format!("call {}", calls + 1))),
        Err(error) => Err(Failure::Permanent(format!("{error:?}"))),
    }
}

pub(crate) fn products(behaviour: &str) -> Vec<Product> {
    let room = match behaviour {
        "bad-output" => "a code\nwith a second line".to_owned(),
        "long-output" => "x".repeat(100_000),
        _ => "DBL".to_owned(),
    };
    let count = if behaviour == "many-products" {
        6_000
    } else {
        1
    };
    let product = Product {
        code: ProductCode { room, rate: None },
        room_name: "Double\u{0}\u{7}".to_owned(),
        rate_name: None,
        max_occupancy: Some(u16::MAX),
        currency: Some("NONE".to_owned()),
        active: true,
        parent_rate: None,
        extensions: Vec::new(),
    };
    vec![product; count]
}

pub(crate) fn results(behaviour: &str, updates: &[AriUpdate]) -> Vec<ItemResult> {
    let result = |id: &str, outcome| ItemResult {
        id: id.to_owned(),
        outcome,
        warnings: Vec::new(),
        extensions: Vec::new(),
    };
    let applied = updates
        .iter()
        .map(|update| result(&update.id, ItemOutcome::Applied));
    match behaviour {
        "forgets-results" => applied.take(1).collect(),
        "invents-results" => applied
            .chain([result("nobody's", ItemOutcome::Applied)])
            .collect(),
        "nameless-outcome" => updates
            .iter()
            .map(|update| result(&update.id, ItemOutcome::Other("maybe".to_owned())))
            .collect(),
        _ => applied.collect(),
    }
}
