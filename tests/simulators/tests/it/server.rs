//! The server under the simulators: its port, its record, its end.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use roomwire_simulators::clock::Clock;
use roomwire_simulators::faults::Failure;
use roomwire_simulators::journal::Outcome;
use roomwire_simulators::octorate::{self, Accommodation, Options};
use roomwire_simulators::resend;
use roomwire_simulators::server::StartError;
use serde_json::json;
use tokio::net::TcpStream;

use crate::harness::{
    Call, START, instant, octorate, postmark, postmark_call, resend, resend_call,
};

#[tokio::test]
async fn it_listens_on_the_loopback_interface_only() {
    let (octorate, _) = octorate().await;
    assert!(octorate.address().ip().is_loopback());
}

#[tokio::test]
async fn a_port_that_is_taken_is_told() {
    let (octorate, _) = octorate().await;
    let port = octorate.address().port();

    let refused = resend::start(resend::Options {
        port: Some(port),
        ..resend::Options::default()
    })
    .await
    .unwrap_err();

    assert!(matches!(refused, StartError::Listen { port: told, .. } if told == port));
}

#[tokio::test]
async fn after_the_shutdown_the_port_is_free_again() {
    let (octorate, _) = octorate().await;
    let address = octorate.address();
    let open = TcpStream::connect(address).await.unwrap();

    octorate.shutdown().await;

    assert!(TcpStream::connect(address).await.is_err());
    drop(open);
    let again = octorate::start(Options {
        port: Some(address.port()),
        ..Options::default()
    })
    .await;
    assert_eq!(again.unwrap().address(), address);
}

#[tokio::test]
async fn the_shutdown_does_not_wait_for_a_hanging_request() {
    let (octorate, _) = octorate().await;
    octorate.fail_next(Failure::Hang { seconds: 120 }, 1, "");
    let call = Call::get(octorate.address(), "/connect/rest/v1/accommodation").attempt();
    let stop = async {
        while octorate.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        octorate.shutdown().await;
    };

    let (answer, ()) = tokio::join!(call, stop);

    assert!(answer.is_err());
}

#[tokio::test]
async fn contradicting_options_are_refused() {
    for hotel in [
        Accommodation {
            time_zone: "Europe/Atlantis".to_owned(),
            ..Accommodation::default()
        },
        Accommodation {
            currency: "DUCATS".to_owned(),
            ..Accommodation::default()
        },
    ] {
        let refused = octorate::start(Options {
            accommodations: vec![hotel],
            ..Options::default()
        })
        .await;
        assert!(matches!(refused, Err(StartError::Options(_))));
    }
    let refused = octorate::start(Options {
        first_page: 2,
        ..Options::default()
    })
    .await;
    assert!(matches!(refused, Err(StartError::Options(_))));
}

#[tokio::test]
async fn every_request_is_recorded_without_its_credentials() {
    let (resend, hand) = resend().await;
    hand.advance(SignedDuration::from_secs(9));

    resend_call(&resend, Method::POST, "/emails?x=1")
        .header("idempotency-key", "k")
        .json(&json!({}))
        .send()
        .await;
    Call::get(resend.address(), "/").send().await;

    let [request] = resend.requests().try_into().unwrap();
    assert_eq!(request.sequence, 0);
    assert_eq!(
        request.arrived,
        instant(START) + SignedDuration::from_secs(9)
    );
    assert_eq!(request.method, "POST");
    assert_eq!(request.path, "/emails");
    assert_eq!(request.query.as_deref(), Some("x=1"));
    assert_eq!(request.header("idempotency-key"), Some("k"));
    assert_eq!(request.header("authorization"), Some("(not kept)"));
    assert_eq!(request.body, "{}");
    assert_eq!(request.outcome, Outcome::Answered(422));
}

#[tokio::test]
async fn a_token_is_not_recorded() {
    let (postmark, _) = postmark().await;

    postmark_call(&postmark, Method::POST, "/email")
        .json(&json!({}))
        .send()
        .await;

    let [request] = postmark.requests().try_into().unwrap();
    let kept = request.header("x-postmark-server-token");
    assert_eq!(kept, Some("(not kept)"));
}

#[tokio::test]
async fn the_record_is_read_and_cleared_over_http() {
    let (octorate, _) = octorate().await;
    Call::get(octorate.address(), "/elsewhere").send().await;
    let call = |method| Call::new(method, octorate.address(), "/_control/requests");

    let listed = call(Method::GET).send().await.json();
    let cleared = call(Method::DELETE).send().await;

    assert_eq!(listed[0]["path"], "/elsewhere");
    assert_eq!(listed[0]["outcome"], json!({ "answered": 404 }));
    assert_eq!(cleared.status, 204);
    assert!(octorate.requests().is_empty());
}

#[tokio::test]
async fn an_endless_body_is_refused() {
    let (octorate, _) = octorate().await;

    let answer = Call::post(octorate.address(), "/connect/rest/v1/calendar/bulk")
        .body("x".repeat(16 * 1024 * 1024 + 1))
        .attempt()
        .await;

    // The refusal may overtake the body, which then cannot be sent to its end.
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 413));
    assert!(octorate.requests().is_empty());
}

#[tokio::test]
async fn a_clock_can_start_at_another_instant_and_runs_on() {
    let first: Timestamp = instant("2030-01-01T00:00:00Z");

    let clock = Clock::starting_at(first);

    let shown = clock.now();
    assert!(shown >= first && shown < first + SignedDuration::from_mins(5));
}

#[tokio::test]
async fn the_clock_is_put_forward_for_everything_that_asks_it() {
    let (octorate, _) = octorate().await;
    let call = |method| Call::new(method, octorate.address(), "/_control/clock");

    let forward = |seconds: u32| call(Method::POST).json(&json!({ "seconds": seconds }));
    let put = forward(90).send().await;
    assert_eq!(put.json()["now"], "2026-11-23T10:01:30Z");
    assert_eq!(
        call(Method::GET).send().await.json()["now"],
        "2026-11-23T10:01:30Z"
    );

    assert_eq!(forward(4_000_000_000).send().await.status, 400);
}
