//! The native harness: it plays what is scripted, remembers, and fails a connector that strays.

use std::panic::{AssertUnwindSafe, catch_unwind};

use roomwire_plugin_sdk::http::{self, Error};
use roomwire_plugin_sdk::log::Level;
use roomwire_plugin_sdk::testing::{Answer, ContextBuilder, Exchange, Host};
use roomwire_plugin_sdk::{Context, Failure, clock, kv, log, random, signer};
use serde::Deserialize;
use serde_json::{Value, json};

const HOST: &str = "api.example.com";

fn panics(call: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("a panic");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn a_request_is_compared_with_the_script_and_answered() {
    let mut host = Host::new().expect(
        Exchange::post(HOST, "/v1/items")
            .query("dry", "yes & no")
            .header("X-Trace", "7")
            .json(json!({ "name": "Double" }))
            .answers(201, json!({ "id": 4711 })),
    );
    let answer: Value = host.run(|| {
        let request = http::post(HOST, "/v1/items")
            .query("dry", "yes & no")
            .header("x-trace", "7");
        let response = request
            .json(&json!({ "name": "Double" }))
            .expect("JSON")
            .send()
            .expect("an answer");
        assert_eq!(response.status(), 201);
        response.json().expect("JSON")
    });
    assert_eq!(answer, json!({ "id": 4711 }));
}

#[test]
fn a_request_that_is_not_scripted_fails_the_test() {
    let message = panics(|| drop(Host::new().run(|| http::get(HOST, "/v1/items").send())));
    assert!(
        message.contains("not scripted") && message.contains("/v1/items"),
        "{message}"
    );
}

#[test]
fn a_scripted_request_that_is_never_sent_fails_the_test() {
    let message = panics(|| {
        Host::new()
            .expect(Exchange::get(HOST, "/v1/items"))
            .run(|| ());
    });
    assert_eq!(
        message,
        "the connector never sent: GET api.example.com/v1/items"
    );
}

#[test]
fn another_path_query_or_body_fails_the_test() {
    let strays: [fn() -> http::Request; 4] = [
        || http::get(HOST, "/v1/other"),
        || http::get(HOST, "/v1/items").query("page", "2"),
        || http::get(HOST, "/v1/items"),
        || {
            http::get(HOST, "/v1/items")
                .query("page", "1")
                .body("text/plain", b"x".to_vec())
        },
    ];
    for stray in strays {
        let mut host = Host::new().expect(Exchange::get(HOST, "/v1/items").query("page", "1"));
        panics(|| drop(host.run(|| stray().send())));
    }
}

#[test]
fn a_panicking_connector_leaves_no_host_behind() {
    panics(|| Host::new().run(|| panic!("{}", "the connector's own mistake")));
    assert_eq!(Host::new().run(|| 7), 7);
}

#[test]
fn several_requests_are_answered_in_their_order() {
    let page = |page: u8| Exchange::get(HOST, &format!("/pages/{page}")).answers(200, json!(page));
    let mut host = Host::new().expect(page(1)).expect(page(2));
    let answers = host.run(|| {
        http::send_all(vec![
            http::get(HOST, "/pages/1"),
            http::get(HOST, "/pages/2"),
        ])
    });
    let pages: Vec<u8> = answers
        .into_iter()
        .map(|page| page.expect("sent").json().expect("a number"))
        .collect();
    assert_eq!(pages, [1, 2]);
}

#[test]
fn a_lost_answer_is_harmless_to_a_read_and_uncertain_after_a_write() {
    let lost = || Answer::OutcomeUnknown {
        outcome_unknown: "timed out".to_owned(),
    };
    let failure = |request: http::Request, exchange: Exchange| {
        Host::new()
            .expect(exchange.gets(lost()))
            .run(|| Failure::from(request.send().expect_err("no answer")))
    };
    let read = failure(http::get(HOST, "/"), Exchange::get(HOST, "/"));
    assert_eq!(
        read,
        Failure::Retry("GET api.example.com/ was sent and not answered: timed out".to_owned())
    );
    let write = failure(http::post(HOST, "/"), Exchange::post(HOST, "/"));
    assert_eq!(
        write,
        Failure::OutcomeUnknown(
            "POST api.example.com/ was sent and not answered: timed out".to_owned()
        )
    );
}

#[test]
fn a_refused_request_is_permanent_and_an_unreachable_host_is_not() {
    let answer = |answer| {
        let mut host = Host::new().expect(Exchange::post(HOST, "/").gets(answer));
        host.run(|| http::post(HOST, "/").send().expect_err("no answer"))
    };
    let denied = answer(Answer::Denied {
        denied: "not granted".to_owned(),
    });
    assert_eq!(
        Failure::from(denied),
        Failure::Permanent("the host refuses POST api.example.com/: not granted".to_owned())
    );
    let unreachable = answer(Answer::Unreachable {
        unreachable: "no address".to_owned(),
    });
    assert!(matches!(unreachable, Error::Unreachable { .. }));
    assert!(matches!(Failure::from(unreachable), Failure::Retry(_)));
}

#[test]
fn a_status_means_what_http_says() {
    let failure = |status: u16| {
        let mut host = Host::new().expect(Exchange::get(HOST, "/").answers(status, json!(null)));
        host.run(|| {
            http::get(HOST, "/")
                .send()
                .expect("an answer")
                .success()
                .err()
        })
    };
    assert_eq!(failure(204), None);
    assert!(matches!(failure(401), Some(Failure::AuthExpired(_))));
    assert!(matches!(failure(403), Some(Failure::AuthRevoked(_))));
    assert!(matches!(failure(404), Some(Failure::NotFound(_))));
    assert!(matches!(failure(409), Some(Failure::Stale(_))));
    assert!(matches!(failure(422), Some(Failure::Invalid(_))));
    assert!(matches!(failure(429), Some(Failure::RateLimited(_))));
    assert!(matches!(failure(503), Some(Failure::Retry(_))));
    assert!(
        matches!(failure(302), Some(Failure::Permanent(_))),
        "redirects are not followed"
    );
}

#[test]
fn the_memory_and_the_log_outlive_a_run() {
    let mut host = Host::new();
    host.run(|| {
        assert_eq!(kv::compare_and_set("cursor", Some(b"1"), b"2"), Ok(false));
        assert_eq!(kv::compare_and_set("cursor", None, b"1"), Ok(true));
        log::write(Level::Warn, "slow", &[("page", "3")]);
    });
    assert_eq!(host.remembered("cursor"), Some(b"1".as_slice()));
    assert_eq!(host.run(|| kv::get("cursor")), Ok(Some(b"1".to_vec())));
    assert!(host.run(|| kv::get("")).is_err(), "an empty key");
    let [line] = host.log() else {
        panic!("one line: {:?}", host.log())
    };
    assert_eq!((line.level, line.message.as_str()), (Level::Warn, "slow"));
    assert_eq!(line.fields, [("page".to_owned(), "3".to_owned())]);
}

#[test]
fn time_and_chance_are_the_tests_own() {
    let noon = "2026-11-23T12:00:00Z".parse().expect("an instant");
    let mut host = Host::new().at(noon);
    assert_eq!(host.run(clock::now), noon);
    let bytes = Host::new().run(|| random::bytes(11));
    assert_eq!(bytes.len(), 11);
    assert_eq!(
        bytes,
        Host::new().run(|| random::bytes(11)),
        "the same in every run of a test"
    );
}

#[test]
fn a_signing_slot_is_played_by_the_test() {
    let mut host = Host::new().signer("key", |message| message.iter().rev().copied().collect());
    for sign in [signer::hmac, signer::sign] {
        assert_eq!(host.run(|| sign("key", b"abc")), Ok(b"cba".to_vec()));
    }
    let refused = host
        .run(|| signer::hmac("other", b"abc"))
        .map_err(Failure::from);
    assert_eq!(refused, Err(Failure::Permanent("other".to_owned())));
}

#[derive(Debug, Deserialize)]
struct Settings {
    property: String,
}

#[test]
fn the_context_has_the_hotels_settings_zone_and_currency() {
    let context: Context<Settings> = ContextBuilder::new()
        .time_zone("Asia/Kuwait")
        .currency("KWD", 3)
        .build(&json!({ "property": "p1" }));
    assert_eq!(context.settings.property, "p1");
    assert!(context.zone().is_ok());
    assert_eq!(
        context
            .money("1.234".parse().expect("a number"), "KWD")
            .expect("it fits")
            .minor,
        1234
    );
    assert_eq!(
        context
            .money("12.34".parse().expect("a number"), "EUR")
            .expect("it fits")
            .minor,
        1234
    );
    let nowhere: Context<Settings> = ContextBuilder::new()
        .time_zone("Mars/Olympus")
        .build(&json!({ "property": "p1" }));
    assert_eq!(
        nowhere.zone().err(),
        Some(Failure::Permanent(
            "no time zone is called `Mars/Olympus`".to_owned()
        ))
    );
}
