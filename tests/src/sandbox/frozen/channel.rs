//! Connectors of earlier contracts: their products, their calendar, and what the host gives them.

use jiff::civil::date;
use roomwire::domain::connector::{
    Abilities, AriNight, AriUpdate, ChannelProduct, ConnectorFailure, ItemOutcome, NumberChange,
    OccupancyPrice, ProductCode,
};

use super::{CHANNEL, Frozen, SETTINGS, caller_of, euros};

/// HMAC-SHA256 of `message` under the connection's key.
const SIGNATURE: &str = "61cd438fd6ff2511fcbeb1b9c60c6ad8c1afa21aa503732eaa91b6ff32d8f262";

#[tokio::test]
async fn a_connector_of_every_published_version_is_run_with_all_its_functions() {
    for frozen in Frozen::every().await {
        assert_eq!(
            frozen.connector().profile().abilities,
            Abilities {
                ari_reader: true,
                reservation_source: true,
                webhook_source: true,
                webhook_registrar: frozen.has_what_came_with(1),
                guest_messages: frozen.has_what_came_with(1),
                webhook_answer: frozen.has_what_came_with(1),
            },
            "{}",
            frozen.version
        );
        is_given_what_the_host_offers(&frozen).await;
        lists_products(&frozen).await;
        is_pushed_to(&frozen).await;
        reads_the_calendar(&frozen).await;
        super::reservations::are_handed_over(&frozen).await;
        if frozen.has_what_came_with(1) {
            super::subscriptions::are_made_and_ended(&frozen).await;
            super::messages::are_carried(&frozen).await;
        }
    }
}

async fn is_given_what_the_host_offers(frozen: &Frozen) {
    let called = frozen.connector().check(&caller_of(CHANNEL)).await;
    let expected = format!(
        "{SETTINGS} Europe/Rome EUR/2 2026-11-18 with 0 extensions; now 1795000000000; 8 random bytes; \
         remembered Some([49]), true and false, None; signed {SIGNATURE}, unknown; \
         posted 200 with 3 parts, typed true, 0 extensions; 200 invalid 200 200 200"
    );
    assert_eq!(called.result, Ok(expected), "{}", frozen.version);
    let lines = ["debug", "info", "warn", "error"]
        .map(|level| format!("[{level}] everything is used word=frozen"));
    assert_eq!(called.cost.log, lines, "{}", frozen.version);
    let seen = frozen.remote.seen();
    for method in ["POST", "GET", "PUT", "PATCH", "DELETE"] {
        assert!(seen.contains(&format!("{method} /frozen")), "{seen}");
    }
}

async fn lists_products(frozen: &Frozen) {
    let called = frozen.connector().list_products(&caller_of(CHANNEL)).await;
    let products = [
        ChannelProduct {
            code: double(),
            room_name: "Double".to_owned(),
            rate_name: Some("Best Available Rate".to_owned()),
            max_occupancy: Some(3),
            currency: Some("EUR".to_owned()),
            active: true,
            parent_rate: Some("RACK".to_owned()),
        },
        ChannelProduct {
            code: ProductCode {
                room: "SGL".to_owned(),
                rate: None,
            },
            room_name: "Single".to_owned(),
            rate_name: None,
            max_occupancy: None,
            currency: None,
            active: false,
            parent_rate: None,
        },
    ];
    assert_eq!(called.result, Ok(products.to_vec()), "{}", frozen.version);
}

/// The guest gives each update the outcome of its name.
async fn is_pushed_to(frozen: &Frozen) {
    let expected = outcomes();
    let updates: Vec<AriUpdate> = expected.iter().map(|(name, _)| update(name)).collect();
    let called = frozen
        .connector()
        .push_ari(&caller_of(CHANNEL), &updates)
        .await;
    let results = called.result.expect("results");
    assert_eq!(results.len(), expected.len());
    for (result, (name, outcome)) in results.iter().zip(expected) {
        assert_eq!((result.id.as_str(), &result.outcome), (name, &outcome));
        // What has no meaning here is answered by the host, without the guest's words.
        let told = if name == "2" { None } else { Some(READ) };
        assert_eq!(result.warnings.first().map(String::as_str), told, "{name}");
    }
}

/// The update as the guest read it.
const READ: &str = "DBL/BAR 2026-12-01..2026-12-24 units Some(2) price 12345 EUR for 1 occupancies, \
                    set-2 clear unchanged set-1, Some(true) Some(false) None, 0 extensions";

fn update(id: &str) -> AriUpdate {
    AriUpdate {
        id: id.to_owned(),
        target: double(),
        first_night: date(2026, 12, 1),
        last_night: date(2026, 12, 24),
        availability: Some(2),
        price: Some(euros(12_345)),
        occupancy_prices: vec![OccupancyPrice {
            adults: 1,
            price: euros(9_000),
        }],
        min_stay_arrival: NumberChange::Set(2),
        min_stay_through: NumberChange::Clear,
        max_stay: NumberChange::Unchanged,
        cut_off_days: NumberChange::Set(1),
        closed_to_arrival: Some(true),
        closed_to_departure: Some(false),
        stop_sell: None,
    }
}

/// Every outcome and every failure of the contract, in the domain's words.
fn outcomes() -> Vec<(&'static str, ItemOutcome)> {
    let why = || "why".to_owned();
    let without_meaning = "the plugin answered `perhaps`, which has no meaning here".to_owned();
    let rejected = [
        ("2", ConnectorFailure::OutcomeUnknown(without_meaning)),
        ("3", ConnectorFailure::Retry(why())),
        (
            "4",
            ConnectorFailure::RateLimited {
                after_seconds: Some(7),
                scope: "account".to_owned(),
            },
        ),
        ("5", ConnectorFailure::AuthExpired(why())),
        ("6", ConnectorFailure::AuthRevoked(why())),
        (
            "7",
            ConnectorFailure::MappingMissing(vec!["DBL".to_owned(), "SGL".to_owned()]),
        ),
        (
            "8",
            ConnectorFailure::Invalid {
                item: "8".to_owned(),
                field: "price".to_owned(),
                message: why(),
            },
        ),
        ("9", ConnectorFailure::Stale(why())),
        ("10", ConnectorFailure::NotFound(why())),
        ("11", ConnectorFailure::OutcomeUnknown(why())),
        ("12", ConnectorFailure::Permanent(why())),
        ("suppressed", ConnectorFailure::Suppressed(why())),
        (
            "strange",
            ConnectorFailure::Permanent("strange: why".to_owned()),
        ),
    ];
    let taken = [
        ("0", ItemOutcome::Applied),
        ("1", ItemOutcome::Accepted("task".to_owned())),
    ];
    let rejected = rejected.map(|(name, failure)| (name, ItemOutcome::Rejected(failure)));
    taken.into_iter().chain(rejected).collect()
}

async fn reads_the_calendar(frozen: &Frozen) {
    let (first, last) = (date(2026, 12, 1), date(2026, 12, 2));
    let called = frozen
        .connector()
        .read_ari(&caller_of(CHANNEL), &[double()], first, last)
        .await;
    let empty = AriNight {
        product: double(),
        night: last,
        availability: None,
        price: None,
        min_stay_arrival: None,
        min_stay_through: None,
        max_stay: None,
        closed_to_arrival: None,
        closed_to_departure: None,
        stop_sell: None,
    };
    let full = AriNight {
        product: double(),
        night: first,
        availability: Some(4),
        price: Some(euros(12_345)),
        min_stay_arrival: Some(2),
        min_stay_through: Some(3),
        max_stay: Some(14),
        closed_to_arrival: Some(true),
        closed_to_departure: Some(false),
        stop_sell: Some(false),
    };
    assert_eq!(called.result, Ok(vec![full, empty]), "{}", frozen.version);
}

fn double() -> ProductCode {
    ProductCode {
        room: "DBL".to_owned(),
        rate: Some("BAR".to_owned()),
    }
}
