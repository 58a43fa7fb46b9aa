//! Logging in at Octorate, and what is refused without a good token.

use http::Method;
use jiff::SignedDuration;
use roomwire_simulators::octorate::{BASE, Octorate, Options};
use serde_json::json;

use crate::harness::{Answer, Call, get, octorate, octorate_with, post, token};

async fn identity(octorate: &Octorate, path: &str, form: &str) -> Answer {
    Call::post(octorate.address(), &format!("{BASE}/identity/{path}"))
        .form(form)
        .send()
        .await
}

#[tokio::test]
async fn the_server_login_gives_a_token_with_a_java_date_and_no_refresh_token() {
    let (octorate, _) = octorate().await;

    let answer = identity(
        &octorate,
        "apilogin",
        "client_id=simulated-client&client_secret=simulated-secret",
    )
    .await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({ "access_token": "access-1", "expireDate": "2026-11-23T11:00:00Z[UTC]" })
    );
}

#[tokio::test]
async fn a_refresh_gives_a_new_token_and_no_new_refresh_token() {
    let (octorate, _) = octorate().await;

    let answer = identity(
        &octorate,
        "refresh",
        "refresh_token=simulated-refresh-token&client_id=simulated-client&client_secret=simulated-secret",
    )
    .await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({ "access_token": "access-1", "expireDate": "2026-11-23T11:00:00Z[UTC]" })
    );
}

fn exchange(code: &str, redirect_uri: &str) -> String {
    format!(
        "grant_type=code&code={code}&client_id=simulated-client&client_secret=simulated-secret&redirect_uri={redirect_uri}"
    )
}

#[tokio::test]
async fn a_code_is_exchanged_for_both_tokens_once() {
    let (octorate, _) = octorate().await;
    let code = octorate.issue_code("https://hotel.example/back");

    let form = exchange(&code, "https%3A%2F%2Fhotel.example%2Fback");
    let first = identity(&octorate, "token", &form).await;
    let second = identity(&octorate, "token", &form).await;

    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.json()["refresh_token"], "simulated-refresh-token");
    assert_eq!(second.status, 401);
    assert_eq!(second.json()["type"], "ApiUnauthorized");
}

#[tokio::test]
async fn a_code_older_than_a_minute_is_refused() {
    let (octorate, hand) = octorate().await;
    let code = octorate.issue_code("https://hotel.example/back");
    hand.advance(SignedDuration::from_secs(60));

    let form = exchange(&code, "https%3A%2F%2Fhotel.example%2Fback");
    let answer = identity(&octorate, "token", &form).await;

    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_code_for_another_redirect_is_refused() {
    let (octorate, _) = octorate().await;
    let code = octorate.issue_code("https://hotel.example/back");

    let form = exchange(&code, "https%3A%2F%2Fother.example");
    assert_eq!(identity(&octorate, "token", &form).await.status, 401);
}

#[tokio::test]
async fn a_code_under_another_grant_type_is_refused() {
    let (octorate, _) = octorate().await;
    let code = octorate.issue_code("https://hotel.example/back");

    let form = exchange(&code, "https%3A%2F%2Fhotel.example%2Fback")
        .replace("grant_type=code", "grant_type=authorization_code");
    let answer = identity(&octorate, "token", &form).await;

    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["type"], "ApiParamsExemption");
}

#[tokio::test]
async fn wrong_credentials_are_refused_everywhere() {
    let (octorate, _) = octorate().await;
    for (path, form) in [
        ("apilogin", "client_id=simulated-client&client_secret=wrong"),
        ("apilogin", "client_id=wrong&client_secret=simulated-secret"),
        (
            "refresh",
            "refresh_token=wrong&client_id=simulated-client&client_secret=simulated-secret",
        ),
        (
            "refresh",
            "refresh_token=simulated-refresh-token&client_id=simulated-client&client_secret=wrong",
        ),
    ] {
        let answer = identity(&octorate, path, form).await;
        assert_eq!(answer.status, 401, "{path} {form}");
        assert_eq!(answer.json()["type"], "ApiUnauthorized");
    }
}

#[tokio::test]
async fn a_login_with_missing_or_unknown_fields_is_refused() {
    let (octorate, _) = octorate().await;
    for form in [
        "client_id=simulated-client",
        "client_id=simulated-client&client_secret=simulated-secret&scope=all",
    ] {
        let answer = identity(&octorate, "apilogin", form).await;
        assert_eq!(answer.status, 400, "{form}");
        assert_eq!(answer.json()["type"], "ApiParamsExemption");
    }
}

#[tokio::test]
async fn a_login_as_json_is_refused() {
    let (octorate, _) = octorate().await;

    let answer = Call::post(octorate.address(), &format!("{BASE}/identity/apilogin"))
        .json(&json!({ "client_id": "simulated-client", "client_secret": "simulated-secret" }))
        .send()
        .await;

    assert_eq!(answer.status, 415);
    assert_eq!(answer.json()["type"], "UnsupportedMediaType");
}

#[tokio::test]
async fn every_call_without_a_token_is_refused() {
    let (octorate, _) = octorate().await;
    for (method, path) in [
        (Method::GET, "/accommodation"),
        (Method::GET, "/calendar/123"),
        (Method::POST, "/calendar/bulk"),
        (Method::GET, "/reservation/123"),
        (Method::GET, "/reservation/123/555"),
        (Method::GET, "/subscription"),
        (Method::POST, "/subscription/RESERVATION_CREATED"),
    ] {
        let answer = Call::new(method, octorate.address(), &format!("{BASE}{path}"))
            .send()
            .await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.json()["type"], "ApiUnauthorized");
    }
}

#[tokio::test]
async fn an_unknown_token_counts_as_expired() {
    let (octorate, _) = octorate().await;

    let answer = Call::get(octorate.address(), &format!("{BASE}/accommodation"))
        .bearer("made-up")
        .send()
        .await;

    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["type"], "ApiLoginExpired");
}

#[tokio::test]
async fn a_token_expires_at_its_date_and_not_before() {
    let (octorate, hand) = octorate().await;
    let token = token(&octorate).await;
    let call = Call::get(octorate.address(), &format!("{BASE}/accommodation")).bearer(&token);

    hand.advance(SignedDuration::from_secs(3_599));
    assert_eq!(call.clone().send().await.status, 200);
    hand.advance(SignedDuration::from_secs(1));
    assert_eq!(call.send().await.status, 403);
}

#[tokio::test]
async fn tokens_can_be_expired_at_once() {
    let (octorate, _) = octorate().await;
    let old = token(&octorate).await;

    octorate.expire_tokens();

    let with =
        |token: &str| Call::get(octorate.address(), &format!("{BASE}/accommodation")).bearer(token);
    assert_eq!(with(&old).send().await.status, 403);
    let new = token(&octorate).await;
    assert_eq!(with(&new).send().await.status, 200);
}

#[tokio::test]
async fn without_the_permission_writes_are_refused_and_reads_are_not() {
    let options = Options {
        can_write: false,
        ..Options::default()
    };
    let (octorate, _) = octorate_with(options).await;
    let bulk = json!([{ "room": "9001", "dateFrom": "2026-12-01", "dateTo": "2026-12-01",
        "values": { "availability": 0 } }]);

    for (path, body) in [
        ("/calendar/bulk", bulk),
        (
            "/subscription/RESERVATION_CREATED",
            json!({ "endpoint": "https://hotel.example/hook" }),
        ),
    ] {
        let answer = post(&octorate, path, &body).await;
        assert_eq!(answer.status, 403);
        assert_eq!(
            answer.json(),
            json!({ "type": "ApiForbidden", "message": "Caller not in requested role" })
        );
    }
    assert!(octorate.bulk_messages().is_empty());
    assert_eq!(get(&octorate, "/accommodation").await.status, 200);
}

#[tokio::test]
async fn the_accommodations_are_listed() {
    let (octorate, _) = octorate().await;

    let answer = get(&octorate, "/accommodation").await;

    assert_eq!(
        answer.json(),
        json!({ "data": [{ "id": "123", "name": "Simulated Hotel", "timeZone": "Europe/Rome", "currency": "EUR" }] })
    );
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let (octorate, _) = octorate().await;

    let answer = get(&octorate, "/nothing/here").await;

    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["type"], "NotFound");
}
