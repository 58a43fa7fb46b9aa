//! Booking.com's notifications: the token that they bring is ours, and the queues say what is so.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use roomwire_simulators::booking_com::{BookingRequest, NotificationError, Topic};
use roomwire_simulators::delivery::Manner;
use serde_json::json;

use crate::harness::booking_com::{AtBookingCom, BAR, DOUBLE, NOTIFIER, receiver};
use crate::harness::{Answer, night};

#[tokio::test]
async fn a_notification_has_the_queues_read_whatever_it_says_and_however_often_it_comes() {
    let hotel = AtBookingCom::start().await;
    let [url, _] = hotel.webhooks();
    let token_url = format!("{url}/token");
    let ours = receiver((&url, &token_url), NOTIFIER.1);
    let request = BookingRequest::new(DOUBLE, BAR, night(0), night(1));
    let id = hotel.booking_com.book(request).expect("for sale");
    let news = [(Topic::ReservationCreated, id)];
    let told = hotel
        .booking_com
        .notify_all(&news, ours, Manner::Duplicated);
    let told = told.await.expect("somebody answers");
    let answers: Vec<&str> = told.iter().map(|one| one.answer.as_str()).collect();
    assert_eq!(
        answers,
        [r#"{"received":"stored"}"#, r#"{"received":"duplicate"}"#]
    );
    hotel.settled().await;
    assert_eq!(hotel.channel_reservations().await.len(), 1);
    assert!(hotel.booking_com.waiting().is_empty());

    // Late, untrue or not served: the queues say what is so, and nothing is left for a person.
    for (topic, manner) in [
        (Topic::ReservationModified, Manner::Normal),
        (Topic::ReservationCancelled, Manner::Altered),
        (Topic::MessageCreated, Manner::Normal),
    ] {
        let news = [(topic, id)];
        let told = hotel.booking_com.notify_all(&news, ours, manner);
        assert_eq!(told.await.expect("an answer")[0].status, 200, "{topic:?}");
    }
    hotel.settled().await;
    let after = hotel.channel_reservations().await;
    assert_eq!((after.len(), &after[0]["status"]), (1, &json!("confirmed")));

    hotel
        .booking_com
        .keep_notification_token(&url, "a-token-that-ended");
    hotel.booking_com.cancel(id).expect("allowed");
    let told = hotel
        .booking_com
        .notify(Topic::ReservationCancelled, id, ours)
        .await;
    assert_eq!(told.expect("an answer").status, 200, "with a new token");
    hotel.settled().await;
    let after = hotel.channel_reservations().await;
    assert_eq!((after.len(), &after[0]["status"]), (1, &json!("cancelled")));

    let kept = hotel.kept().await;
    let token = hotel.booking_com.notification_token(&url).expect("a token");
    for secret in [token.as_str(), NOTIFIER.1] {
        assert!(!kept.contains(secret), "{secret} is kept");
    }
}

/// Somebody asks for a token.
async fn ask(hotel: &AtBookingCom, token_url: &str, secret: &str) -> Answer {
    let path = token_url
        .trim_start_matches(&hotel.world.url(""))
        .to_owned();
    let login = BASE64_STANDARD.encode(format!("{}:{secret}", NOTIFIER.0));
    let request = hotel.world.anonymous().request(Method::POST, &path);
    request
        .header("authorization", &format!("Basic {login}"))
        .body("grant_type=client_credentials")
        .header("content-type", "application/x-www-form-urlencoded")
        .await
}

#[tokio::test]
async fn tokens_are_for_one_connection_and_who_floods_their_endpoint_stops_nobody_else() {
    let hotel = AtBookingCom::with_two_connections().await;
    let [url, other] = hotel.webhooks();
    let (token_url, other_token_url) = (format!("{url}/token"), format!("{other}/token"));
    let news = [(Topic::MessageCreated, 7)];
    let mut tokens = Vec::new();
    for token_url in [&token_url, &other_token_url] {
        let issued = ask(&hotel, token_url, NOTIFIER.1).await;
        assert_eq!(issued.header("cache-control"), Some("no-store"));
        let issued = issued.expect(200);
        assert_eq!(
            (&issued["token_type"], &issued["expires_in"]),
            (&json!("Bearer"), &json!(900))
        );
        tokens.push(issued["access_token"].as_str().expect("a token").to_owned());
    }
    let bring = async |url: &str, token: &str| {
        let told = hotel
            .booking_com
            .deliver_all(&news, (url, token), Manner::Normal);
        told.await.expect("an answer")[0].status
    };
    assert_eq!(bring(&url, &tokens[0]).await, 200);
    assert_eq!(bring(&other, &tokens[1]).await, 200);
    assert_eq!(bring(&url, &tokens[1]).await, 401);
    let unsigned = tokens[0].rsplit_once('.').expect("a signature").0;
    assert_eq!(bring(&url, &format!("{unsigned}.")).await, 401);

    let wrong = receiver((&url, &token_url), "another-secret-of-notifications");
    let told = hotel
        .booking_com
        .notify(Topic::MessageCreated, 7, wrong)
        .await;
    let Err(NotificationError::NoToken { status, answer }) = told else {
        panic!("{told:?}");
    };
    assert!(
        status == 401 && answer.contains("\"invalid_client\""),
        "{answer}"
    );

    let mut guesses = Vec::new();
    for number in 0..30 {
        let guess = format!("a-guess-of-a-secret-number-{number}");
        guesses.push(ask(&hotel, &token_url, &guess).await.status);
    }
    assert!(guesses[0] == 401 && guesses.contains(&429), "{guesses:?}");
    let known = ask(&hotel, &token_url, NOTIFIER.1).await;
    assert_eq!(
        known.status,
        200,
        "its login was good lately: {}",
        known.text()
    );
    let mut asked = Vec::new();
    for _ in 0..20 {
        asked.push(ask(&hotel, &token_url, NOTIFIER.1).await);
    }
    let refused = asked
        .iter()
        .find(|one| one.status != 200)
        .expect("too many");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "rate_limited")
    );
    assert!(refused.header("retry-after").is_some());
    assert_eq!(
        bring(&url, &tokens[0]).await,
        200,
        "the token is good still"
    );
    assert_eq!(ask(&hotel, &other_token_url, NOTIFIER.1).await.status, 200);
    hotel.settled().await;
}
