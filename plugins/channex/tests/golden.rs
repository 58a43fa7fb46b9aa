//! Golden pairs: our words and Channex's JSON, in both directions, and every error that its clients have seen.

use roomwire_connector_channex::{Channex, Settings};
use roomwire_plugin_sdk::channel::{
    AriReader, AriUpdate, ChannelManagerProvider, GuestMessages, ProductCode, Reply,
    ReservationSource, WebhookSource,
};
use roomwire_plugin_sdk::testing::{ContextBuilder, Golden, goldens, webhook};
use roomwire_plugin_sdk::{Context, Date};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const PROPERTY: &str = "716305c4-561a-4561-a187-7f5b8aeb5920";

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
        "check" => golden.check(|| Channex::check(&context)),
        "list-products" => golden.check(|| Channex::list_products(&context)),
        "push-ari" => {
            golden
                .check(|| Channex::push_ari(&context, &read::<Vec<AriUpdate>>(&input["updates"])));
        }
        "read-ari" => golden.check(|| {
            let products: Vec<ProductCode> = read(&input["products"]);
            Channex::read_ari(
                &context,
                &products,
                day(&input["first_night"]),
                day(&input["last_night"]),
            )
        }),
        "pull" => golden.check(|| {
            let since = input["since"].as_str().unwrap_or("1970-01-01T00:00:00Z");
            Channex::pull(
                &context,
                since.parse().expect("an instant"),
                input["page"].as_str(),
            )
        }),
        "acknowledge" => golden
            .check(|| Channex::acknowledge(&context, &read::<Vec<String>>(&input["revisions"]))),
        "fetch" => {
            golden
                .check(|| Channex::fetch(&context, input["reservation"].as_str().expect("an id")));
        }
        "pull-messages" => golden.check(|| {
            let since = input["since"].as_str().unwrap_or("1970-01-01T00:00:00Z");
            Channex::pull_messages(
                &context,
                since.parse().expect("an instant"),
                input["page"].as_str(),
            )
        }),
        "send-reply" => {
            golden.check(|| Channex::send_reply(&context, &read::<Reply>(&input["reply"])));
        }
        "parse" => golden.check(|| {
            let text = input["text"].as_str().map(ToOwned::to_owned);
            Channex::parse(
                &context,
                &webhook(text.unwrap_or_else(|| input["body"].to_string())),
            )
        }),
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
    let mut settings = json!({ "property": PROPERTY });
    for (name, value) in input["settings"].as_object().into_iter().flatten() {
        settings[name] = value.clone();
    }
    builder.build(&settings)
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("the pair's input has this shape")
}

fn day(value: &Value) -> Date {
    read(value)
}
