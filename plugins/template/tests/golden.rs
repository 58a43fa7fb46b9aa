//! Golden pairs: our words and Quiet Harbour's JSON, and the settings' schema.

use quiet_harbour::{Connector, Settings};

use roomwire_plugin_sdk::channel::{AriUpdate, ChannelManagerProvider, ReservationSource};
use roomwire_plugin_sdk::testing::{Golden, context, goldens, settings_schema};
use serde_json::json;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn every_golden_pair_holds() {
    for golden in goldens(format!("{ROOT}/tests/golden")) {
        check(&golden);
    }
}

#[test]
fn the_schema_is_that_of_the_settings() {
    settings_schema::<Settings>(format!("{ROOT}/settings.schema.json"));
}

fn check(golden: &Golden) {
    let context = context::<Settings>(&json!({ "property": "7" }));
    let input = &golden.input;
    match golden.operation.as_str() {
        "check" => golden.check(|| Connector::check(&context)),
        "list-products" => golden.check(|| Connector::list_products(&context)),
        "push-ari" => golden.check(|| {
            let updates: Vec<AriUpdate> =
                serde_json::from_value(input["updates"].clone()).expect("updates");
            Connector::push_ari(&context, &updates)
        }),
        "pull" => golden.check(|| {
            let since = input["since"].as_str().expect("an instant");
            let since = since.parse().expect("an instant");
            Connector::pull(&context, since, input["page"].as_str())
        }),
        "fetch" => golden.check(|| {
            let reservation = input["reservation"].as_str().expect("an id");
            Connector::fetch(&context, reservation)
        }),
        other => panic!("no operation is called {other}"),
    }
}
