//! What a manifest does with secrets and webhooks, spelled so that it can be approved: everything that its author can
//! say is in it, and the same is always spelled the same.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::plugin::manifest::HostPattern;
use crate::plugin::manifest::secrets::SecretSlot;
use crate::plugin::manifest::webhook::WebhookRules;

/// What stands for webhooks that are not taken.
const NO_WEBHOOKS: &str = "none";

/// Of each slot its place, and each method and host that its secret goes to. They are told one by one, so that a slot
/// which gives up some of them asks for nothing new.
pub(in crate::plugin) fn uses(slots: &[SecretSlot]) -> Vec<String> {
    slots.iter().flat_map(uses_of).collect()
}

fn uses_of(slot: &SecretSlot) -> Vec<String> {
    let name = &slot.name;
    let mut uses = vec![format!("{name}: {}", spelled(&slot.inject))];
    if slot.is_sent() {
        for method in &slot.methods {
            let method = spelled(method);
            let reach = |host: &HostPattern| format!("{name}: {method} {host}");
            uses.extend(slot.hosts.iter().map(reach));
        }
    }
    uses
}

/// How webhooks are verified, by what an event is known, and whether it is believed before it is fetched.
pub(in crate::plugin) fn webhook(rules: Option<&WebhookRules>) -> String {
    rules.map_or_else(|| NO_WEBHOOKS.to_owned(), spelled)
}

fn spelled<T: Serialize>(part: &T) -> String {
    match serde_json::to_value(part).expect("a manifest's parts are data") {
        Value::Object(object) => fields(&object),
        other => value(&other),
    }
}

fn value(given: &Value) -> String {
    match given {
        Value::String(text) if is_word(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(value).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(object) => format!("{{{}}}", fields(object)),
        other => other.to_string(),
    }
}

/// The kind first, then the others by their names.
fn fields(object: &Map<String, Value>) -> String {
    let kind = object.get("kind").map(value);
    let others = object.iter().filter(|(name, _)| *name != "kind");
    let mut others: Vec<_> = others
        .map(|(name, given)| format!("{name}={}", value(given)))
        .collect();
    others.sort_unstable();
    kind.into_iter().chain(others).collect::<Vec<_>>().join(" ")
}

/// Whether a text needs no quotes to be told from what stands around it.
fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:*".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses_in(toml: &str) -> Vec<String> {
        let slot: SecretSlot = toml::from_str(toml).expect("a slot");
        uses(&[slot])
    }

    #[test]
    fn a_slot_is_spelled_with_its_place_and_each_way_that_it_goes() {
        let header = "name = \"key\"\nhosts = [\"a.example\", \"*.b.example:8443\"]\nmethods = [\"GET\", \"POST\"]\n\
                      inject = { kind = \"header\", name = \"x-key\" }";
        assert_eq!(
            uses_in(header),
            [
                "key: header name=x-key",
                "key: GET a.example",
                "key: GET *.b.example:8443",
                "key: POST a.example",
                "key: POST *.b.example:8443",
            ]
        );
        let signer = "name = \"key\"\ninject = { kind = \"signer\", algorithm = \"ed25519\" }";
        assert_eq!(uses_in(signer), ["key: signer algorithm=ed25519"]);
    }

    #[test]
    fn where_a_token_is_asked_for_is_a_part_of_its_slot() {
        let token = |host: &str| {
            let toml = format!(
                "name = \"account\"\nhosts = [\"a.example\"]\nmethods = [\"GET\"]\n[inject]\nkind = \"oauth2\"\n\
                 credentials = [\"id\"]\n[[inject.token_requests]]\nhost = \"{host}\"\npath = \"/token\"\n\
                 form = [{{ name = \"a b\", credential = \"id\" }}]\naccess_token = \"/token\"\n"
            );
            uses_in(&toml).remove(0)
        };
        assert_eq!(
            token("a.example"),
            "account: oauth2 credentials=[id] optional_credentials=[] token_requests=[{access_token=/token \
             form=[{credential=id name=\"a b\"}] host=a.example path=/token}]"
        );
        assert_ne!(token("a.example"), token("b.example"));
    }

    #[test]
    fn what_could_be_taken_for_notation_is_quoted() {
        for text in ["", "a b", "a=b", "a,b", "{body}", "a]", "\""] {
            let spelled = spelled(&text);
            assert_eq!(
                serde_json::from_str::<String>(&spelled).ok().as_deref(),
                Some(text)
            );
        }
        assert_eq!(spelled(&"x-key"), "x-key");
        assert_eq!(webhook(None), NO_WEBHOOKS);
    }
}
