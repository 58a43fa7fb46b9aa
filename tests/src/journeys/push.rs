//! What the channel is told: the present, once, in few messages, and again where it did not listen.

use roomwire_simulators::faults::Failure;
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Channels, Line, night};

const BULK: &str = "/connect/rest/v1/calendar/bulk";

#[tokio::test]
async fn ten_changes_within_a_second_become_one_message() {
    let channels = Channels::start().await;
    let quote = channels.guest.quote(&[Line::default()]).await;
    // A busy machine may spread ten requests over more than a second, so it is tried a few times.
    let mut fewest = usize::MAX;
    for _ in 0..3 {
        let before = channels.octorate.bulk_messages().len();
        let mut holds = JoinSet::new();
        for _ in 0..8 {
            holds.spawn(
                channels
                    .guest
                    .post("holds", &json!({"quote": quote}))
                    .into_future(),
            );
        }
        let held = holds.join_all().await;
        for hold in held.iter().take(2) {
            let id = hold.json()["id"].as_str().expect("an id").to_owned();
            channels
                .guest
                .delete(&format!("holds/{id}"))
                .await
                .expect(200);
        }
        channels.until_shown(&[night(0), night(1)], 2).await;
        channels.settled().await;
        fewest = fewest.min(channels.octorate.bulk_messages().len() - before);
        for hold in held.iter().skip(2) {
            let id = hold.json()["id"].as_str().expect("an id").to_owned();
            channels
                .guest
                .delete(&format!("holds/{id}"))
                .await
                .expect(200);
        }
        channels.settled().await;
    }
    assert_eq!(fewest, 1);
}

#[tokio::test]
async fn a_push_that_failed_is_repeated_with_what_is_true_then() {
    let channels = Channels::start().await;
    channels.octorate.fail_next(Failure::ServerError, 2, BULK);
    channels.guest.hold(&[Line::default()]).await;
    channels.guest.hold(&[Line::default()]).await;
    channels.until_shown(&[night(0), night(1)], 6).await;
    channels.settled().await;
    let failed = "SELECT count(*) FROM channel_sync_logs WHERE operation = 'push_ari' AND outcome <> 'succeeded'";
    assert!(channels.world.number(failed).await >= 1);
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_is_sent_again() {
    let channels = Channels::start().await;
    channels
        .octorate
        .fail_next(Failure::CloseAfterApplying, 1, BULK);
    channels.guest.hold(&[Line::default()]).await;
    channels.until_shown(&[night(0)], 7).await;
    channels.settled().await;
    assert_eq!(
        channels
            .world
            .number("SELECT count(*) FROM dirty_cells")
            .await,
        0
    );
}

#[tokio::test]
async fn a_token_that_the_channel_forgot_is_replaced_without_a_failed_push() {
    let channels = Channels::start().await;
    channels.octorate.expire_tokens();
    channels.guest.hold(&[Line::default()]).await;
    channels.until_shown(&[night(0)], 7).await;
    channels.settled().await;
    let failed = "SELECT count(*) FROM channel_sync_logs WHERE outcome = 'failed'";
    assert_eq!(channels.world.number(failed).await, 0);
}

#[tokio::test]
async fn a_channel_that_says_wait_is_not_asked_before() {
    let channels = Channels::start().await;
    channels.octorate.clear_requests();
    channels.octorate.fail_next(
        Failure::TooManyRequests {
            retry_after: Some(2),
        },
        1,
        BULK,
    );
    channels.guest.hold(&[Line::default()]).await;
    channels.until_shown(&[night(0)], 7).await;
    let arrivals: Vec<_> = channels
        .octorate
        .requests()
        .into_iter()
        .filter(|request| request.path == BULK)
        .map(|request| request.arrived)
        .collect();
    assert_eq!(arrivals.len(), 2);
    assert!(
        arrivals[1].duration_since(arrivals[0]).as_secs() >= 2,
        "{arrivals:?}"
    );
}

#[tokio::test]
async fn after_everything_the_channel_shows_every_night_as_it_is() {
    let channels = Channels::start().await;
    let mut made = Vec::new();
    for arrival in 0..6 {
        made.push(
            channels
                .guest
                .reserve(&[Line {
                    arrival,
                    units: 2,
                    ..Line::default()
                }])
                .await,
        );
    }
    for reservation in made.iter().step_by(2) {
        channels
            .staff
            .step(reservation, "decline")
            .await
            .expect(200);
    }
    channels.settled().await;
    for days in 0..8 {
        let ours = channels
            .guest
            .units_left(&Line {
                arrival: days,
                nights: 1,
                ..Line::default()
            })
            .await;
        assert_eq!(
            i64::from(channels.shown(night(days)).availability),
            ours,
            "{}",
            night(days)
        );
    }
}
