//! A guest books on the web site: the hotel decides, the channel sells less, and the guest hears of it.

use std::time::{Duration, Instant};

use crate::harness::{Channels, Line, night};

/// How long a booking may take to reach the channel.
const REACHED: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_booking_lowers_what_the_channel_shows_within_two_seconds() {
    let channels = Channels::start().await;
    assert_eq!(channels.shown(night(0)).availability, 8);
    assert_eq!(channels.shown(night(0)).price, Some(12_000));

    // The machine may be busy with other tests, so the best of a few counts.
    let mut fastest = Duration::MAX;
    for booked in 1..=3 {
        channels.guest.reserve(&[Line::default()]).await;
        let begin = Instant::now();
        channels
            .until_shown(&[night(0), night(1)], 8 - booked)
            .await;
        fastest = fastest.min(begin.elapsed());
    }
    assert!(fastest < REACHED, "{fastest:?}");
    assert_eq!(channels.shown(night(2)).availability, 8);
    // Every product that sells the room type shows it, and no other does.
    assert_eq!(
        channels
            .octorate
            .calendar("9002", night(0))
            .expect("a product")
            .availability,
        5
    );
    assert_eq!(
        channels
            .octorate
            .calendar("9003", night(0))
            .expect("a product")
            .availability,
        4
    );
}

#[tokio::test]
async fn what_is_declined_or_cancelled_is_sold_again_everywhere() {
    let channels = Channels::start().await;
    let nights = [night(0), night(1)];
    let declined = channels
        .guest
        .reserve(&[Line {
            units: 2,
            ..Line::default()
        }])
        .await;
    let cancelled = channels
        .guest
        .reserve(&[Line {
            units: 3,
            ..Line::default()
        }])
        .await;
    channels.until_shown(&nights, 3).await;
    channels.staff.step(&declined, "decline").await.expect(200);
    channels.staff.step(&cancelled, "confirm").await.expect(200);
    channels.until_shown(&nights, 5).await;
    channels.staff.step(&cancelled, "cancel").await.expect(200);
    channels.until_shown(&nights, 8).await;
}

#[tokio::test]
async fn a_hold_that_lapses_comes_back_to_the_channel() {
    let channels = Channels::start().await;
    channels.guest.hold(&[Line::default()]).await;
    channels.until_shown(&[night(0)], 7).await;
    channels
        .world
        .execute("UPDATE holds SET expires_at = clock_timestamp()")
        .await;
    channels.until_shown(&[night(0)], 8).await;
}
