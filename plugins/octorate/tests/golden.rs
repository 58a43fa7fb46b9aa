//! Golden pairs: our words and Octorate's JSON, in both directions, and every error that its clients have seen.

use roomwire_connector_octorate::{Octorate, Settings};
use roomwire_plugin_sdk::channel::{
    AriReader, AriUpdate, ChannelManagerProvider, ProductCode, ReservationSource, WebhookRegistrar,
    WebhookSource,
};
use roomwire_plugin_sdk::testing::{ContextBuilder, ENDPOINT, Golden, goldens, webhook};
use roomwire_plugin_sdk::{Context, Date};
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
        "check" => golden.check(|| Octorate::check(&context)),
        "list-products" => golden.check(|| Octorate::list_products(&context)),
        "push-ari" => golden
            .check(|| Octorate::push_ari(&context, &read::<Vec<AriUpdate>>(&input["updates"]))),
        "read-ari" => golden.check(|| {
            let products: Vec<ProductCode> = read(&input["products"]);
            Octorate::read_ari(
                &context,
                &products,
                day(&input["first_night"]),
                day(&input["last_night"]),
            )
        }),
        "pull" => golden.check(|| {
            let since = input["since"].as_str().unwrap_or("1970-01-01T00:00:00Z");
            Octorate::pull(
                &context,
                since.parse().expect("an instant"),
                input["page"].as_str(),
            )
        }),
        "fetch" => golden
            .check(|| Octorate::fetch(&context, input["reservation"].as_str().expect("an id"))),
        "parse" => golden.check(|| {
            let text = input["text"].as_str().map(ToOwned::to_owned);
            Octorate::parse(
                &context,
                &webhook(text.unwrap_or_else(|| input["body"].to_string())),
            )
        }),
        "subscribe" => golden.check(|| Octorate::subscribe(&context, ENDPOINT)),
        "unsubscribe" => golden.check(|| Octorate::unsubscribe(&context, ENDPOINT)),
        other => panic!("no operation is called {other}"),
    }
}

/// A hotel in Rome that trades in EUR, unless the pair says otherwise.
fn hotel(input: &Value) -> Context<Settings> {
    let mut builder = ContextBuilder::new();
    if let Some(name) = input["time_zone"].as_str() {
        builder = builder.time_zone(name);
    }
    if let Some(code) = input["currency"].as_str() {
        builder = builder.currency(code, read(&input["currency_exponent"]));
    }
    builder.build(&json!({ "accommodation": "123" }))
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("the pair's input has this shape")
}

fn day(value: &Value) -> Date {
    read(value)
}
