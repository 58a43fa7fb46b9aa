//! Updates are what the host would send, and judging finds what is wrong.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::json;

use super::ari::{self, Ask, Market};
use super::controls::{Control, Values};
use super::cost::Cost;
use super::judge::{
    Came, Expected, Item, Observation, Sent, judge, most_in_a_minute, says_amount,
    silent_on_adults, unsent,
};
use super::report::{Against, Finding, Judgement, Report, Verdict, certified};
use super::shelf::Shelf;
use crate::domain::connector::{
    Abilities, AriNight, AvailabilityOn, ConnectorFailure, ConnectorProfile, NumberChange,
    ProductCode, SandboxFailure, UpdateSemantics,
};
use crate::domain::money::Money;

fn profile() -> ConnectorProfile {
    ConnectorProfile {
        id: "seaview".to_owned(),
        abilities: Abilities::default(),
        availability_on: AvailabilityOn::Rate,
        update_semantics: UpdateSemantics::Merge,
        horizon_nights: 365,
        max_updates_per_call: 5,
        requests_per_minute: None,
        webhooks_are_hints: true,
        occupancy_prices: false,
        webhooks_pull: false,
    }
}

fn code(room: &str, rate: Option<&str>) -> ProductCode {
    ProductCode {
        room: room.to_owned(),
        rate: rate.map(ToOwned::to_owned),
    }
}

fn ask(text: &str) -> Ask {
    toml::from_str(text).expect("an ask")
}

fn euros() -> crate::domain::money::Currency {
    "EUR".parse().expect("a known currency")
}

fn updates(text: &str, profile: &ConnectorProfile) -> Vec<ari::Asked> {
    let products = [code("DBL", Some("BAR")), code("DBL", Some("BB"))];
    let market = Market {
        profile,
        products: &products,
        currency: euros(),
        today: date(2026, 11, 23),
        clock_change: Some(125),
    };
    ari::updates(&ask(text), market)
}

fn item(came: Came) -> Observation {
    Observation {
        items: vec![Item {
            id: "u0".to_owned(),
            stranger: false,
            came,
            warned: false,
        }],
        ..Observation::default()
    }
}

fn failed(failure: &ConnectorFailure) -> Observation {
    item(failure.into())
}

fn expected(text: &str) -> Expected {
    toml::from_str(text).expect("an expectation")
}

#[test]
fn availability_on_the_room_is_said_once_for_all_its_rates_and_first() {
    let on_room = ConnectorProfile {
        availability_on: AvailabilityOn::Room,
        ..profile()
    };
    let says = "nights = 2\nalike = 2\nsays = [\"availability\", \"price\"]";
    let asked = updates(says, &on_room);
    let targets: Vec<_> = asked.iter().map(|one| one.update.target.clone()).collect();
    let room = code("DBL", None);
    assert_eq!(
        targets,
        [room, code("DBL", Some("BAR")), code("DBL", Some("BB"))]
    );
    assert!(asked[0].update.price.is_none() && asked[1].update.availability.is_none());
    assert_eq!(updates(says, &profile()).len(), 2);
}

#[test]
fn a_channel_that_replaces_gets_whole_updates() {
    let replacing = ConnectorProfile {
        update_semantics: UpdateSemantics::Replace,
        ..profile()
    };
    let asked = updates("nights = 1\nsays = [\"availability\"]", &replacing);
    assert!(
        asked
            .iter()
            .all(|one| one.update.price.is_some() && one.update.stop_sell == Some(false))
    );
}

#[test]
fn a_cut_off_is_said_of_rates_only_and_taken_back_by_its_other_word() {
    let on_room = ConnectorProfile {
        availability_on: AvailabilityOn::Room,
        ..profile()
    };
    for (says, change) in [
        ("cut-off", NumberChange::Set(2)),
        ("no-cut-off", NumberChange::Clear),
    ] {
        let ask = format!("nights = 1\nsays = [\"availability\", \"{says}\"]");
        let asked = updates(&ask, &on_room);
        assert_eq!(asked[0].update.cut_off_days, NumberChange::Unchanged);
        assert_eq!(asked.len(), 3, "one of the room, one of each rate");
        assert!(
            asked[1..]
                .iter()
                .all(|one| one.update.cut_off_days == change)
        );
    }
}

#[test]
fn nights_stay_within_the_horizon_and_one_call() {
    let asked = updates(
        "nights = 9999\nsays = [\"availability\"]\none_call = true",
        &profile(),
    );
    assert_eq!(asked.len(), 5);
    let late = updates("first = 400\nnights = 2\nsays = [\"price\"]", &profile());
    let last = late.iter().map(|one| one.update.last_night).max();
    assert_eq!(last, Some(date(2027, 11, 22)));
    let change = updates(
        "nights = 5\naround_clock_change = true\nsays = [\"price\"]",
        &profile(),
    );
    assert_eq!(change[0].update.first_night, date(2027, 3, 26));
}

#[test]
fn ids_differ_and_strangers_are_marked() {
    let asked = updates(
        "products = 1\nnights = 2\nsays = [\"price\"]\nstrangers = [\"x\"]",
        &profile(),
    );
    let ids: BTreeSet<&str> = asked.iter().map(|one| one.update.id.as_str()).collect();
    assert_eq!(ids.len(), 3);
    assert!(asked[2].stranger && !asked[1].stranger);
}

#[test]
fn a_rate_that_nobody_sells_is_one_of_a_room_that_is_sold() {
    let says = "products = 0\nnights = 3\nsays = []\nstranger_rates = [\"x\"]";
    let asked = updates(says, &profile());
    assert_eq!(asked.len(), 1);
    assert!(asked[0].stranger && asked[0].update.availability.is_none());
    assert_eq!(asked[0].update.target, code("DBL", Some("x")));
    assert_eq!(asked[0].update.first_night, asked[0].update.last_night);
    assert!(asked[0].update.price.is_some());
}

#[test]
fn what_is_taken_is_what_was_expected_where_nothing_is_said() {
    assert_eq!(judge(&Expected::default(), &item(Came::Taken)), []);
    let retry = ConnectorFailure::Retry("later".to_owned());
    let findings = judge(&Expected::default(), &failed(&retry));
    assert_eq!(findings.len(), 1);
    assert!(findings[0].came.contains("retry"), "{findings:?}");
}

#[test]
fn success_is_no_failure_of_any_class() {
    for words in ["each = [\"outcome-unknown\"]", "each = [\"refused\"]"] {
        assert_eq!(
            judge(&expected(words), &item(Came::Taken)).len(),
            1,
            "{words}"
        );
    }
}

#[test]
fn what_the_sandbox_stops_is_no_answer() {
    let trap = ConnectorFailure::Sandbox {
        kind: SandboxFailure::Trap,
        message: "unreachable".to_owned(),
    };
    for words in ["each = [\"answered\"]", "each = [\"refused\"]"] {
        assert_eq!(judge(&expected(words), &failed(&trap)).len(), 1, "{words}");
    }
}

#[test]
fn strangers_are_judged_by_themselves() {
    let mut observation = item(Came::Taken);
    observation.items[0].stranger = true;
    assert_eq!(judge(&Expected::default(), &observation).len(), 1);
    let unknown = ConnectorFailure::MappingMissing(vec!["x".to_owned()]);
    observation.items[0].came = Came::from(&unknown);
    assert_eq!(judge(&Expected::default(), &observation), []);
}

#[test]
fn a_pause_that_is_too_short_or_untold_is_found() {
    let limited = |after_seconds| {
        let failure = ConnectorFailure::RateLimited {
            after_seconds,
            scope: "account".to_owned(),
        };
        Observation::call::<()>(&Err(failure), Vec::new())
    };
    let wanted = expected("each = [\"rate-limited\"]\npause = 7");
    assert_eq!(judge(&wanted, &limited(Some(7))), []);
    assert_eq!(judge(&wanted, &limited(Some(6))).len(), 1);
    assert_eq!(judge(&wanted, &limited(None)).len(), 1);
}

fn sent(body: &str) -> Sent {
    Sent {
        line: "POST /ari".to_owned(),
        query: String::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

#[test]
fn more_requests_than_allowed_are_found() {
    let mut observation = item(Came::Taken);
    observation.requests = vec![sent(""), sent("")];
    assert_eq!(judge(&expected("most_requests = 2"), &observation), []);
    assert_eq!(judge(&expected("most_requests = 1"), &observation).len(), 1);
}

#[test]
fn what_is_told_as_taken_must_have_been_sent() {
    let mut observation = item(Came::Taken);
    assert!(unsent(&observation).is_some());
    observation.requests = vec![sent("")];
    assert!(unsent(&observation).is_none());
    let refused = ConnectorFailure::Stale("read again".to_owned());
    assert!(unsent(&failed(&refused)).is_none());
}

#[test]
fn an_amount_is_found_as_a_decimal_or_in_minor_units_and_not_otherwise() {
    let says = |body: &str, code: &str| {
        let amount = Money::new(98_765, code.parse().expect("a known currency"));
        let mut observation = item(Came::Taken);
        observation.requests = vec![sent(body)];
        says_amount(amount, &observation).is_none()
    };
    assert!(says("<price>987.65</price>", "EUR") && says("{\"cents\":98765}", "EUR"));
    assert!(says("98765.00", "JPY") && says("98.765", "KWD"));
    assert!(says("987.650", "EUR") && says("rate=98765&", "JPY"));
    assert!(!says("987.65", "JPY") && !says("987.65", "KWD") && !says("", "EUR"));
    // A hundred times, and other amounts that have the digits in them.
    assert!(!says("9876500", "JPY") && !says("98765.5", "JPY") && !says("1987.65", "EUR"));
    assert!(!says("987.651", "EUR") && !says("98.765", "JPY"));
}

#[test]
fn prices_by_number_of_adults_come_with_every_price_where_the_channel_takes_them() {
    let taking = ConnectorProfile {
        occupancy_prices: true,
        ..profile()
    };
    let minor = |says: &str, profile: &ConnectorProfile| {
        let ask = format!("products = 1\nnights = 1\nsays = [{says}]\nprice = 9000");
        let asked = updates(&ask, profile);
        let each = asked[0].update.occupancy_prices.iter();
        each.map(|each| (each.adults, each.price.minor))
            .collect::<Vec<_>>()
    };
    assert_eq!(minor("\"price\"", &taking), [(1, 9_000), (2, 9_000)]);
    let differing = "\"price\", \"occupancy-prices\"";
    assert_eq!(minor(differing, &taking), [(1, 6_987), (2, 9_000)]);
    assert_eq!(minor(differing, &profile()), []);
    assert_eq!(minor("\"availability\"", &taking), []);
}

#[test]
fn prices_by_number_of_adults_are_sent_or_told_as_left_out() {
    let taking = ConnectorProfile {
        occupancy_prices: true,
        ..profile()
    };
    let ask = "products = 1\nnights = 1\nsays = [\"price\", \"occupancy-prices\"]\nprice = 9000";
    let asked = updates(ask, &taking);
    let silent = |observation: &Observation| silent_on_adults(&asked[0].update, observation);
    let mut observation = item(Came::Taken);
    observation.requests = vec![sent("<one>69.87</one><two>90.00</two>")];
    assert_eq!(silent(&observation), None);
    observation.requests = vec![sent("<price>90.00</price>")];
    let finding = silent(&observation).expect("a finding");
    assert!(
        finding.expected.contains("1 adults in u0"),
        "{}",
        finding.expected
    );
    observation.items[0].warned = true;
    assert_eq!(silent(&observation), None);
    let refused = ConnectorFailure::Stale("read again".to_owned());
    assert_eq!(silent(&failed(&refused)), None);
}

#[test]
fn what_the_channel_shows_otherwise_is_found_and_what_it_does_not_tell_is_not() {
    let asked = updates(
        "products = 1\nnights = 1\nsays = [\"availability\", \"price\", \"open\"]\nunits = 4",
        &profile(),
    );
    let mut shelf = Shelf::default();
    shelf.put(&asked[0].update);
    let (night, _) = shelf.nights().expect("a night");
    let shown = |availability, min_stay_arrival| AriNight {
        product: shelf.codes()[0].clone(),
        night,
        availability,
        price: None,
        min_stay_arrival,
        min_stay_through: None,
        max_stay: None,
        closed_to_arrival: None,
        closed_to_departure: None,
        stop_sell: Some(false),
    };
    assert_eq!(
        shelf.differences(&[shown(Some(4), Some(0))]),
        Vec::<String>::new()
    );
    assert_eq!(shelf.differences(&[shown(Some(5), Some(1))]).len(), 1);
    assert_eq!(shelf.differences(&[shown(None, Some(3))]).len(), 1);
    assert_eq!(shelf.differences(&[]).len(), 1);
}

#[test]
fn the_busiest_minute_is_found() {
    let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).expect("an instant");
    let instants = [0, 30, 59, 60, 61, 300].map(at);
    assert_eq!(most_in_a_minute(&instants), 4);
    assert_eq!(most_in_a_minute(&[]), 0);
}

#[test]
fn a_control_is_filled_in_and_a_number_stays_one() {
    let text = "path = \"bookings/{id}\"\nbody = { id = \"{id}\", note = \"of {id}\", list = [\"{id}\"] }\n\
                takes = { made = \"/made\" }";
    let control: Control = toml::from_str(text).expect("a control");
    let values = Values::from([("id".to_owned(), json!(7))]);
    assert_eq!(control.path(&values), "bookings/7");
    assert_eq!(
        control.body(&values),
        Some(json!({ "id": 7, "note": "of 7", "list": [7] }))
    );
    assert_eq!(
        control.taken(&json!({ "made": "x" })),
        Ok(Values::from([("made".to_owned(), json!("x"))]))
    );
    assert!(control.taken(&json!({})).is_err());
}

fn verdict(name: &str, judgement: Judgement) -> Verdict {
    Verdict {
        scenario: name.to_owned(),
        ability: "channel-manager-provider",
        proves: "it is so".to_owned(),
        mews: vec!["their name".to_owned()],
        judgement,
        cost: Cost::default(),
    }
}

fn failure() -> Judgement {
    Judgement::Failed {
        step: 2,
        doing: "push-ari".to_owned(),
        findings: vec![Finding::new("a < b & c", "it came \u{1}")],
        look: "there".to_owned(),
    }
}

fn reason(text: &str) -> String {
    text.to_owned()
}

#[test]
fn only_a_connector_of_which_something_was_shown_and_nothing_failed_is_certified() {
    let passed = || verdict("a", Judgement::Passed);
    let skipped = || {
        verdict(
            "b",
            Judgement::Skipped {
                reason: reason("none"),
            },
        )
    };
    assert!(certified(&[passed(), skipped()]));
    assert!(!certified(&[passed(), verdict("c", failure())]));
    assert!(!certified(&[skipped()]));
}

#[test]
fn the_report_reads_in_all_three_forms() {
    let unsupported = Judgement::Unsupported {
        reason: reason("no partial updates"),
    };
    let scenarios = vec![
        verdict("a/b", Judgement::Passed),
        verdict("a/c", failure()),
        verdict("a/d", unsupported),
    ];
    let report = Report {
        roomwire: "0.1.0",
        sha256: "00ff".to_owned(),
        bytes: 3,
        plugin: "seaview".to_owned(),
        version: "1.2.3".to_owned(),
        contract: "1.0.0".to_owned(),
        against: Against::Cassettes,
        at: Timestamp::UNIX_EPOCH,
        certified: certified(&scenarios),
        scenarios,
        not_proved: vec!["`fetch`: nobody looked".to_owned()],
    };
    let people = report.to_string();
    assert!(people.contains("sha256 00ff") && people.contains("came     it came"));
    assert!(
        people.contains("\n            Mews: their name\n"),
        "{people}"
    );
    assert!(people.contains("\nnot proved  `fetch`: nobody looked\n"));
    assert!(people.ends_with("NOT CERTIFIED: 1 passed, 1 failed, 1 unsupported, 0 skipped\n"));

    let programs = serde_json::to_value(&report).expect("JSON");
    assert_eq!(programs["certified"], false);
    assert_eq!(programs["against"], "cassettes");
    assert_eq!(programs["not_proved"][0], "`fetch`: nobody looked");
    assert_eq!(programs["scenarios"][1]["status"], "failed");
    assert_eq!(programs["scenarios"][1]["mews"], json!(["their name"]));
    assert_eq!(
        programs["scenarios"][1]["findings"][0]["expected"],
        "a < b & c"
    );

    let servers = String::from_utf8(report.to_junit().expect("XML")).expect("UTF-8");
    assert!(
        servers.contains("failures=\"1\"") && servers.contains("value=\"00ff\""),
        "{servers}"
    );
    assert!(servers.contains("a &lt; b &amp; c"), "{servers}");
    assert!(!servers.contains('\u{1}'), "{servers}");
    assert!(
        servers.contains("value=\"cassettes\"") && servers.contains("name=\"not-proved\""),
        "{servers}"
    );
}
