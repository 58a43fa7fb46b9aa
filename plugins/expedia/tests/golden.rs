//! Golden pairs: our words and Expedia's XML and JSON, in both directions, and every error that was read about.

use roomwire_connector_expedia::{Expedia, Settings};
use roomwire_plugin_sdk::Context;
use roomwire_plugin_sdk::channel::{
    AriUpdate, ChannelManagerProvider, ReservationSource, WebhookSource,
};
use roomwire_plugin_sdk::testing::{ContextBuilder, Golden, goldens, webhook};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[test]
fn every_golden_pair_holds() {
    for golden in goldens(FOLDER) {
        check(&golden);
    }
}

fn check(golden: &Golden) {
    let input = &golden.input;
    let context = hotel(input);
    match golden.operation.as_str() {
        "check" => golden.check(|| Expedia::check(&context)),
        "list-products" => golden.check(|| Expedia::list_products(&context)),
        "push-ari" => {
            golden
                .check(|| Expedia::push_ari(&context, &read::<Vec<AriUpdate>>(&input["updates"])));
        }
        "pull" => golden.check(|| {
            let since = input["since"].as_str().unwrap_or("1970-01-01T00:00:00Z");
            let since = since.parse().expect("an instant");
            Expedia::pull(&context, since, input["page"].as_str())
        }),
        "acknowledge" => {
            golden.check(|| Expedia::acknowledge(&context, &read::<Vec<String>>(&input["tokens"])))
        }
        "fetch" => {
            golden
                .check(|| Expedia::fetch(&context, input["reservation"].as_str().expect("an id")));
        }
        "parse" => golden.check(|| {
            let text = input["text"].as_str().map(ToOwned::to_owned);
            let body = text.unwrap_or_else(|| input["body"].to_string());
            Expedia::parse(&context, &webhook(body))
        }),
        other => panic!("no operation is called {other}"),
    }
}

/// A hotel in Rome that trades in EUR, unless the pair says otherwise.
fn hotel(input: &Value) -> Context<Settings> {
    let mut builder = ContextBuilder::new();
    if let Some(code) = input["currency"].as_str() {
        builder = builder.currency(code, read(&input["currency_exponent"]));
    }
    let mut settings = json!({ "property": "12345678" });
    for (name, value) in input["settings"].as_object().into_iter().flatten() {
        settings[name] = value.clone();
    }
    builder.build(&settings)
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("the pair's input has this shape")
}
