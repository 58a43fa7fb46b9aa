//! A connector that misbehaves as its settings say: `{"behaviour": "loop"}`.

mod ambush;
mod bindings;
mod endless;
mod faults;
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
            "print-secret" => Ok(thief::everything_found(&context)),
            "print-secret-in-failure" => Err(Failure::Permanent(thief::everything_found(&context))),
            "auth-expired" => lies::claim_an_expired_token(),
            "no-answer" => Err(Failure::Retry("the channel does not answer".to_owned())),
            "forged-failure" => Err(lies::forged_failure()),
            _ => harm(&behaviour).unwrap_or_else(|| network::behave(&behaviour)),
        }
    }

    fn list_products(context: CallContext) -> Result<Vec<Product>, Failure> {
        Ok(lies::products(&behaviour(&context)))
    }

    fn push_ari(context: CallContext, updates: Vec<AriUpdate>) -> Result<Vec<ItemResult>, Failure> {
        Ok(lies::results(&behaviour(&context), &updates))
    }
}

/// Takes more than it may, never ends, or breaks; nothing where the behaviour is another one.
fn harm(behaviour: &str) -> Option<Result<String, Failure>> {
    Some(match behaviour {
        "loop" => greed::compute_for_ever(),
        "memory" => greed::take_all_memory(),
        "memory-at-once" => Ok(greed::take_a_gigabyte()),
        "crumbs" => endless::take_crumbs(),
        "recursion" => Ok(greed::recurse(1).to_string()),
        "host-calls" => greed::call_the_host_a_million_times(),
        "wait-for-the-clock" => endless::wait_for_the_clock(),
        "log-flood" => greed::flood_the_log(),
        "lines-for-ever" => endless::write_lines(),
        "fields-for-ever" => endless::write_many_fields(),
        "huge-random" => greed::ask_for_huge_randomness(),
        "randomness-for-ever" => endless::draw_randomness(),
        "huge-output" => Ok(greed::huge_text()),
        "huge-input" => greed::give_the_host_too_much(),
        "sign-for-ever" => greed::have_the_host_compute(),
        "key-flood" => greed::store_too_much(),
        "keys-for-ever" => endless::store_keys(),
        "requests-for-ever" => endless::send_requests(),
        "wait-for-answers" => endless::wait_for_answers(),
        "keep-answers" => endless::keep_answers(),
        "trap" => panic!("a guest's own fault"),
        "abort" => faults::abort(),
        "panic-twice" => faults::panic_twice(),
        "outside-memory" => Ok(faults::read_outside_of_the_memory()),
        "no-such-function" => Ok(faults::call_nothing()),
        "broken-text" => Ok(faults::broken_text()),
        "broken-text-to-host" => Ok(faults::tell_broken_text()),
        "text-outside-memory" => Ok(faults::tell_text_outside_of_the_memory()),
        "ambush" => Ok(ambush::compute_when_asked_for_room()),
        "re-entrance" => Ok(ambush::call_back_when_asked_for_room()),
        _ => return None,
    })
}

fn behaviour(context: &CallContext) -> String {
    let settings: serde_json::Value =
        serde_json::from_str(&context.settings).unwrap_or(serde_json::Value::Null);
    settings["behaviour"].as_str().unwrap_or("quiet").to_owned()
}
