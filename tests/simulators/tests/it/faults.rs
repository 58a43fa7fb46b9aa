//! Failures on demand, over any simulator.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use http::Method;
use roomwire_simulators::catalogue::Name;
use roomwire_simulators::clock::Clock;
use roomwire_simulators::faults::Failure;
use roomwire_simulators::journal::Outcome;
use roomwire_simulators::octorate::{BASE, Octorate};
use serde_json::json;

use crate::harness::{
    Answer, Call, day, octorate, postmark, postmark_call, resend, resend_call, token,
};

async fn accommodations(octorate: &Octorate, token: &str) -> Answer {
    Call::get(octorate.address(), &format!("{BASE}/accommodation"))
        .bearer(token)
        .send()
        .await
}

fn sell_out(octorate: &Octorate, token: &str) -> Call {
    let body = json!([{ "room": "9001", "dateFrom": "2026-12-01", "dateTo": "2026-12-01",
        "values": { "availability": 0 } }]);
    Call::post(octorate.address(), &format!("{BASE}/calendar/bulk"))
        .bearer(token)
        .json(&body)
}

fn left(octorate: &Octorate) -> u32 {
    octorate
        .calendar("9001", day("2026-12-01"))
        .unwrap()
        .availability
}

#[tokio::test]
async fn an_expired_token_is_answered_so_many_times_and_no_more() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    octorate.fail_next(Failure::ExpiredToken, 2, "");

    for status in [403, 403, 200] {
        assert_eq!(accommodations(&octorate, &token).await.status, status);
    }
}

#[tokio::test]
async fn octorate_words_its_failures_and_applies_nothing() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;
    for (failure, status, kind) in [
        (Failure::ExpiredToken, 403, "ApiLoginExpired"),
        (
            Failure::TooManyRequests { retry_after: None },
            429,
            "ApiTooManyRequests",
        ),
        (Failure::ServerError, 500, "ApiInternalError"),
    ] {
        octorate.fail_next(failure, 1, "");
        let answer = sell_out(&octorate, &token).send().await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.json()["type"], kind);
        assert!(!answer.headers.contains_key("retry-after"));
    }
    assert_eq!(left(&octorate), 3);
}

#[tokio::test]
async fn resend_words_its_failures_and_sends_nothing() {
    let (resend, _) = resend().await;
    let email =
        json!({ "from": "a@hotel.example", "to": "b@guest.example", "subject": "x", "text": "y" });
    for (failure, status, name) in [
        (Failure::ExpiredToken, 403, "invalid_api_key"),
        (
            Failure::TooManyRequests { retry_after: None },
            429,
            "rate_limit_exceeded",
        ),
        (Failure::ServerError, 500, "application_error"),
    ] {
        resend.fail_next(failure, 1, "/emails");
        let answer = resend_call(&resend, Method::POST, "/emails")
            .json(&email)
            .send()
            .await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.json()["name"], name);
        assert_eq!(answer.json()["statusCode"], status);
    }
    assert!(resend.inbox().is_empty());
}

#[tokio::test]
async fn postmark_words_its_failures_and_sends_nothing() {
    let (postmark, _) = postmark().await;
    let email = json!({ "From": "a@hotel.example", "To": "b@guest.example", "TextBody": "y" });
    for (failure, status, code) in [
        (Failure::ExpiredToken, 401, Some(10)),
        (
            Failure::TooManyRequests { retry_after: None },
            429,
            Some(429),
        ),
        (Failure::ServerError, 500, None),
    ] {
        postmark.fail_next(failure, 1, "/email");
        let answer = postmark_call(&postmark, Method::POST, "/email")
            .json(&email)
            .send()
            .await;
        assert_eq!(answer.status, status);
        match code {
            Some(code) => assert_eq!(answer.json()["ErrorCode"], code),
            None => assert_eq!(answer.body, ""),
        }
    }
    assert!(postmark.inbox().is_empty());
}

#[tokio::test]
async fn too_many_requests_can_say_when_to_come_back() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    let failure = Failure::TooManyRequests {
        retry_after: Some(7),
    };
    octorate.fail_next(failure, 1, "");

    let answer = accommodations(&octorate, &token).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.headers["retry-after"], "7");
}

#[tokio::test]
async fn only_the_paths_below_the_prefix_fail() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    octorate.fail_next(Failure::ServerError, 1, format!("{BASE}/calendar"));

    assert_eq!(accommodations(&octorate, &token).await.status, 200);
    assert_eq!(sell_out(&octorate, &token).send().await.status, 500);
    assert_eq!(sell_out(&octorate, &token).send().await.status, 200);
}

#[tokio::test]
async fn a_failure_without_a_count_lasts_until_it_is_cleared() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    octorate.fail_next(Failure::ServerError, None, "");
    for _ in 0..3 {
        assert_eq!(accommodations(&octorate, &token).await.status, 500);
    }
    octorate.clear_failures();

    assert_eq!(accommodations(&octorate, &token).await.status, 200);
}

#[tokio::test]
async fn failures_are_used_up_in_the_order_they_were_planned() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    octorate.fail_next(Failure::ServerError, 1, "");
    octorate.fail_next(Failure::ExpiredToken, 1, "");

    for status in [500, 403, 200] {
        assert_eq!(accommodations(&octorate, &token).await.status, status);
    }
}

#[tokio::test]
async fn a_failure_for_no_request_is_none() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    octorate.fail_next(Failure::ServerError, 0, "");

    assert_eq!(accommodations(&octorate, &token).await.status, 200);
}

#[tokio::test]
async fn a_closed_request_was_applied() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    octorate.fail_next(Failure::CloseAfterApplying, 1, format!("{BASE}/calendar"));
    let unanswered = sell_out(&octorate, &token).attempt().await;

    assert!(unanswered.is_err(), "{unanswered:?}");
    assert_eq!(left(&octorate), 0);
    let last = octorate.requests().pop().unwrap();
    assert_eq!(last.outcome, Outcome::Closed);
}

#[tokio::test]
async fn a_truncated_answer_is_of_a_request_that_was_applied() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    octorate.fail_next(Failure::Truncate, 1, format!("{BASE}/calendar"));
    let half = sell_out(&octorate, &token).attempt().await;

    assert!(half.is_err(), "{half:?}");
    assert_eq!(left(&octorate), 0);
    assert_eq!(accommodations(&octorate, &token).await.status, 200);
}

#[tokio::test]
async fn a_dripping_answer_is_whole_and_late() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;
    let at_once = accommodations(&octorate, &token).await;

    octorate.fail_next(Failure::Drip { seconds: 1 }, 1, "");
    let begun = Instant::now();
    let late = accommodations(&octorate, &token).await;

    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!((late.status, late.body), (200, at_once.body));
}

#[tokio::test]
async fn every_simulator_cuts_its_answers_and_lets_them_drip() {
    for name in Name::value_variants() {
        let simulator = name.start(None, Clock::system()).await;
        let simulator = simulator.expect("a port is free");
        let address = simulator.address();
        for failure in [
            json!({ "kind": "truncate" }),
            json!({ "kind": "drip", "seconds": 0 }),
        ] {
            let plan = json!({ "failure": failure, "count": 1 });
            let planned = Call::post(address, "/_control/failures")
                .json(&plan)
                .send()
                .await;
            assert_eq!(planned.status, 204, "{name}");
        }
        let there = || Call::get(address, "/anything").attempt();
        assert!(there().await.is_err(), "{name}");
        assert!(there().await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn an_email_whose_answer_was_lost_is_not_sent_again_under_its_key() {
    let (resend, _) = resend().await;
    let call = resend_call(&resend, Method::POST, "/emails")
        .header("idempotency-key", "confirmed/1")
        .json(&json!({ "from": "a@hotel.example", "to": "b@guest.example", "subject": "x", "text": "y" }));
    resend.fail_next(Failure::CloseAfterApplying, 1, "/emails");

    let lost = call.clone().attempt().await;
    let again = call.send().await;

    assert!(lost.is_err());
    assert_eq!(again.status, 200);
    let [sent] = resend.inbox().try_into().unwrap();
    assert_eq!(again.json()["id"], json!(sent.id));
}

#[tokio::test]
async fn an_email_that_is_handed_to_postmark_twice_is_sent_twice() {
    let (postmark, _) = postmark().await;
    let call = postmark_call(&postmark, Method::POST, "/email")
        .json(&json!({ "From": "a@hotel.example", "To": "b@guest.example", "TextBody": "y" }));
    postmark.fail_next(Failure::CloseAfterApplying, 1, "/email");

    let lost = call.clone().attempt().await;
    let again = call.send().await;

    assert!(lost.is_err());
    assert_eq!(again.status, 200);
    assert_eq!(postmark.inbox().len(), 2, "it has no idempotency");
}

#[tokio::test]
async fn a_caller_that_does_not_wait_for_a_hanging_request_has_changed_nothing() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    octorate.fail_next(Failure::Hang { seconds: 120 }, 1, "");
    let patience = Duration::from_millis(50);
    let unanswered = tokio::time::timeout(patience, sell_out(&octorate, &token).attempt()).await;

    assert!(unanswered.is_err());
    assert_eq!(left(&octorate), 3);
    let last = octorate.requests().pop().unwrap();
    assert_eq!(last.outcome, Outcome::Unanswered);
}

#[tokio::test]
async fn a_hanging_request_is_served_in_the_end() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;

    octorate.fail_next(Failure::Hang { seconds: 0 }, 1, "");

    assert_eq!(sell_out(&octorate, &token).send().await.status, 200);
    assert_eq!(left(&octorate), 0);
}

#[tokio::test]
async fn failures_are_planned_listed_and_cleared_over_http() {
    let (octorate, _) = octorate().await;
    let token = token(&octorate).await;
    let call = |method| Call::new(method, octorate.address(), "/_control/failures");
    let planned = json!({
        "failure": { "kind": "too_many_requests", "retry_after": 3 },
        "count": 2,
        "path_prefix": "/connect/rest/v1/accommodation",
    });

    let made = call(Method::POST).json(&planned).send().await;
    let refused = accommodations(&octorate, &token).await;
    let mut left_over = planned;
    left_over["count"] = json!(1);
    let listed = call(Method::GET).send().await;
    let cleared = call(Method::DELETE).send().await;

    assert_eq!(made.status, 204);
    assert_eq!(refused.headers["retry-after"], "3");
    assert_eq!(listed.json(), json!([left_over]));
    assert_eq!(cleared.status, 204);
    assert_eq!(accommodations(&octorate, &token).await.status, 200);
}

#[tokio::test]
async fn every_failure_can_be_written_over_http() {
    let (octorate, _) = octorate().await;
    for failure in [
        json!({ "kind": "expired_token" }),
        json!({ "kind": "too_many_requests" }),
        json!({ "kind": "server_error" }),
        json!({ "kind": "hang", "seconds": 2 }),
        json!({ "kind": "close_after_applying" }),
        json!({ "kind": "truncate" }),
        json!({ "kind": "drip", "seconds": 2 }),
    ] {
        let answer = Call::post(octorate.address(), "/_control/failures")
            .json(&json!({ "failure": failure }))
            .send()
            .await;
        assert_eq!(answer.status, 204, "{failure}");
    }
}

#[tokio::test]
async fn a_plan_that_makes_no_sense_is_refused() {
    let (octorate, _) = octorate().await;
    for (body, status) in [
        (
            json!({ "failure": { "kind": "server_error" }, "count": 0 }),
            400,
        ),
        (json!({ "failure": { "kind": "earthquake" } }), 422),
        (
            json!({ "failure": { "kind": "server_error" }, "times": 1 }),
            422,
        ),
    ] {
        let answer = Call::post(octorate.address(), "/_control/failures")
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.status, status, "{body}");
    }
}

#[tokio::test]
async fn the_page_and_the_controls_never_fail() {
    let (octorate, _) = octorate().await;

    octorate.fail_next(Failure::ServerError, None, "");

    for path in ["/", "/_control/state", "/_control/requests"] {
        assert_eq!(Call::get(octorate.address(), path).send().await.status, 200);
    }
}
