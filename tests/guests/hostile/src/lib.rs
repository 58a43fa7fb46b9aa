//! A connector that misbehaves as its settings say: `{"behaviour": "loop"}`.

mod bindings;
mod greed;
mod lies;
mod network;
mod thief;
mod told;

use bindings::exports::roomwire::channel::channel_manager_provider::{
    AriUpdate, CallContext, Failure, Guest, ItemResult, Product,
};

struct Hostile;

#[expect(
    unsafe_code,
    reason = "the exported functions take raw pointers from the host"
)]
mod boundary {
    use super::Hostile;

    crate::bindings::export!(Hostile with_types_in crate::bindings);
}

impl Guest for Hostile {
    fn check(context: CallContext) -> Result<String, Failure> {
        let behaviour = behaviour(&context);
        match behaviour.as_str() {
            "quiet" => Ok(bindings::roomwire::host::clock::now().to_string()),
            "loop" => greed::compute_for_ever(),
            "memory" => greed::take_all_memory(),
            "recursion" => Ok(greed::recurse(1).to_string()),
            "host-calls" => greed::call_the_host_a_million_times(),
            "log-flood" => greed::flood_the_log(),
            "huge-random" => greed::ask_for_huge_randomness(),
            "huge-output" => Ok(greed::huge_text()),
            "huge-input" => greed::give_the_host_too_much(),
            "sign-for-ever" => greed::have_the_host_compute(),
            "key-flood" => greed::store_too_much(),
            "trap" => panic!("a guest's own fault"),
            "print-secret" => Ok(thief::everything_found(&context)),
            "print-secret-in-failure" => Err(Failure::Permanent(thief::everything_found(&context))),
            "auth-expired" => lies::claim_an_expired_token(),
            "no-answer" => Err(Failure::Retry("the channel does not answer".to_owned())),
            "forged-failure" => Err(lies::forged_failure()),
            _ => network::behave(&behaviour),
        }
    }

    fn list_products(context: CallContext) -> Result<Vec<Product>, Failure> {
        Ok(lies::products(&behaviour(&context)))
    }

    fn push_ari(context: CallContext, updates: Vec<AriUpdate>) -> Result<Vec<ItemResult>, Failure> {
        Ok(lies::results(&behaviour(&context), &updates))
    }
}

fn behaviour(context: &CallContext) -> String {
    let settings: serde_json::Value =
        serde_json::from_str(&context.settings).unwrap_or(serde_json::Value::Null);
    settings["behaviour"].as_str().unwrap_or("quiet").to_owned()
}
