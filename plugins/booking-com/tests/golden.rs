//! Golden pairs: our words and Booking.com's XML, in both directions, and every error of its glossary that we know.

use roomwire_connector_booking_com::{BookingCom, Settings};
use roomwire_plugin_sdk::Context;
use roomwire_plugin_sdk::channel::{AriUpdate, ChannelManagerProvider, ReservationSource};
use roomwire_plugin_sdk::testing::{ContextBuilder, Golden, goldens};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const PROPERTY: &str = "8011855";

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
        "check" => golden.check(|| BookingCom::check(&context)),
        "list-products" => golden.check(|| BookingCom::list_products(&context)),
        "push-ari" => golden
            .check(|| BookingCom::push_ari(&context, &read::<Vec<AriUpdate>>(&input["updates"]))),
        "pull" => golden.check(|| {
            let since = "1970-01-01T00:00:00Z".parse().expect("an instant");
            BookingCom::pull(&context, since, input["page"].as_str())
        }),
        "acknowledge" => golden
            .check(|| BookingCom::acknowledge(&context, &read::<Vec<String>>(&input["receipts"]))),
        "fetch" => golden
            .check(|| BookingCom::fetch(&context, input["reservation"].as_str().expect("an id"))),
        other => panic!("no operation is called {other}"),
    }
}

/// A hotel in Rome that trades in EUR, unless the pair says otherwise.
fn hotel(input: &Value) -> Context<Settings> {
    let mut builder = ContextBuilder::new();
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
