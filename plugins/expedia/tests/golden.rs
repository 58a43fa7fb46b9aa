//! Golden pairs: our words and Expedia's XML and JSON, in both directions, and every error that was read about.

use roomwire_connector_expedia::{Expedia, Settings};
use roomwire_plugin_sdk::channel::{
    AriUpdate, ChannelManagerProvider, ItemOutcome, ItemResult, ReservationSource, RevisionPage,
    WebhookAnswer, WebhookSource,
};
use roomwire_plugin_sdk::testing::{
    Answer, ContextBuilder, Exchange, Golden, Host, goldens, webhook,
};
use roomwire_plugin_sdk::{Context, Failure, Timestamp};
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
            golden.check(|| Expedia::acknowledge(&context, &read::<Vec<String>>(&input["tokens"])));
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
        "answer" => golden.check(|| {
            let body = input["text"].as_str().expect("a body").to_owned();
            Expedia::answer(&context, &webhook(body), &read(&input["outcome"]))
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

/// So many bookings, all alike but for their ids.
fn bookings(count: u32) -> String {
    let one = |number: u32| {
        format!(
            "<Booking id=\"{number}\" type=\"Book\" createDateTime=\"2026-11-21T10:00:00Z\" status=\"pending\">\
             <Hotel id=\"12345678\"/><RoomStay roomTypeID=\"201001\" ratePlanID=\"301001\">\
             <StayDate arrival=\"2026-12-01\" departure=\"2026-12-02\"/><GuestCount adult=\"2\"/>\
             <Total amountAfterTaxes=\"99.00\" currency=\"EUR\"/></RoomStay></Booking>"
        )
    };
    let all: String = (1..=count).map(one).collect();
    format!("<BookingRetrievalRS><Bookings>{all}</Bookings></BookingRetrievalRS>")
}

/// The page that a property's first question is answered with, looking back this long.
fn first_page(text: String, behind: i64) -> Result<RevisionPage, Failure> {
    let question = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
        <BookingRetrievalRQ xmlns=\"http://www.expediaconnect.com/EQC/BR/2014/01\">\
        <Hotel id=\"12345678\"></Hotel><ParamSet><Status value=\"pending\"></Status>\
        <Status value=\"retrieved\"></Status></ParamSet></BookingRetrievalRQ>";
    let exchange = Exchange::post("services.expediapartnercentral.com", "/eqc/br")
        .json(question.into())
        .gets(Answer::Text {
            status: 200,
            headers: serde_json::Map::new(),
            text,
        });
    let now = Timestamp::from_second(behind).expect("an instant");
    let mut host = Host::new().at(now).expect(exchange);
    let context = hotel(&Value::Null);
    host.run(|| Expedia::pull(&context, Timestamp::UNIX_EPOCH, None))
}

#[test]
fn an_answer_of_a_hundred_and_twenty_five_bookings_is_not_all() {
    for (count, next) in [(124, None), (125, Some("pending/2"))] {
        let page = first_page(bookings(count), 0).expect("a page");
        assert_eq!(page.next.as_deref(), next);
        assert_eq!(u32::try_from(page.revisions.len()), Ok(count));
    }
}

#[test]
fn a_first_page_of_broken_bookings_does_not_hide_what_stands_behind_it() {
    let broken = |count| bookings(count).replace("createDateTime", "madeSomeTime");
    let page = first_page(broken(125), 0).expect("a page");
    assert_eq!(page.next.as_deref(), Some("pending/2/broken"));
    assert!(page.revisions.is_empty());
    // After an outage, the last states of a day are still to be asked for.
    let page = first_page(broken(1), 60 * 60).expect("a page");
    assert_eq!(page.next.as_deref(), Some("days/1/broken"));
    let nothing = first_page(broken(1), 0);
    assert!(matches!(nothing, Err(Failure::Permanent(_))), "{nothing:?}");
}

#[test]
fn a_call_sends_no_more_than_its_time_allows_and_the_rest_waits() {
    let update = |place: usize| {
        json!({
            "id": place.to_string(), "target": {"room": "201001", "rate": "301001"},
            // Six things of 730 nights are 4,380 updates: a message for each.
            "first_night": "2026-12-01", "last_night": "2028-11-29", "price": {"minor": 9_900, "currency": "EUR"},
            "min_stay_arrival": "Clear", "max_stay": "Clear", "closed_to_arrival": false,
            "closed_to_departure": false, "stop_sell": false,
        })
    };
    let updates: Vec<AriUpdate> = (0..8).map(|place| read(&update(place))).collect();
    let one = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
        <AvailRateUpdateRQ xmlns=\"http://www.expediaconnect.com/EQC/AR/2011/06\"><Hotel id=\"12345678\"></Hotel>\
        <AvailRateUpdate><DateRange from=\"2026-12-01\" to=\"2028-11-29\"></DateRange><RoomType id=\"201001\">\
        <RatePlan id=\"301001\" closed=\"false\"><Rate currency=\"EUR\"><PerDay rate=\"99.00\"></PerDay></Rate>\
        <Restrictions closedToArrival=\"false\" closedToDeparture=\"false\" minLOS=\"1\" maxLOS=\"28\"></Restrictions>\
        </RatePlan></RoomType></AvailRateUpdate></AvailRateUpdateRQ>";
    let exchanges = (0..5).map(|_| {
        Exchange::post("services.expediapartnercentral.com", "/eqc/ar")
            .json(one.into())
            .gets(Answer::Text {
                status: 200,
                headers: serde_json::Map::new(),
                text: "<AvailRateUpdateRS><Success/></AvailRateUpdateRS>".to_owned(),
            })
    });
    let mut host = exchanges.fold(Host::new(), Host::expect);
    let context = hotel(&Value::Null);
    let results = host
        .run(|| Expedia::push_ari(&context, &updates))
        .expect("results");
    let applied = |result: &ItemResult| result.outcome == ItemOutcome::Applied;
    assert!(results[..5].iter().all(applied));
    assert!(results[5..].iter().all(|result| {
        matches!(
            &result.outcome,
            ItemOutcome::Rejected(Failure::RateLimited(_))
        )
    }));
}
