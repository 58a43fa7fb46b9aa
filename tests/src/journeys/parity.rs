//! The channel shows something else than the hotel has: it is seen twice, believed, and mended.

use std::time::Duration;

use roomwire_simulators::octorate::Day;
use serde_json::{Value, json};

use crate::harness::{Channels, DOUBLE, Line, eventually, night};

/// Looks at everything once, as the connection's schedule does.
async fn look(channels: &Channels) {
    let world = &channels.world;
    world
        .execute(
            "SELECT enqueue_job('parity', 'parity:' || c.id, 'parity:' || c.id, c.hotel_id,
                 jsonb_build_object('connection_id', c.id), 1::smallint, interval '0')
             FROM connections c WHERE c.name = 'octorate'",
        )
        .await;
    // The look after a minute is not waited for.
    let due = "SELECT count(*) FROM jobs WHERE kind = 'parity' AND state <> 'dead' AND run_at <= clock_timestamp()";
    eventually("the look is over", Duration::from_secs(30), async || {
        (world.number(due).await == 0).then_some(())
    })
    .await;
}

/// What is known of drifts, by night.
async fn drifts(channels: &Channels) -> Value {
    let known = "SELECT jsonb_agg(jsonb_build_array(night, field, ours, theirs, state) ORDER BY night) FROM parity_drifts";
    channels.world.value(known).await
}

#[tokio::test]
async fn a_drift_is_believed_at_its_second_sighting_and_repaired() {
    let channels = Channels::start().await;
    let drifted = Day {
        availability: 9,
        ..channels.shown(night(0))
    };
    assert!(channels.octorate.set_day(DOUBLE, night(0), drifted));

    look(&channels).await;
    let known = |state: &str| json!([[night(0), "availability", "8", "9", state]]);
    assert_eq!(drifts(&channels).await, known("suspected"));
    assert_eq!(
        channels.shown(night(0)).availability,
        9,
        "nothing is believed at first sight"
    );

    look(&channels).await;
    assert_eq!(drifts(&channels).await, known("repairing"));
    channels.until_shown(&[night(0)], 8).await;
    look(&channels).await;
    assert_eq!(drifts(&channels).await, known("healed"));
}

#[tokio::test]
async fn what_is_on_its_way_or_gone_at_the_second_look_is_no_drift() {
    let channels = Channels::start().await;
    let shown = channels.shown(night(0));
    assert!(channels.octorate.set_day(
        DOUBLE,
        night(0),
        Day {
            availability: 2,
            ..shown.clone()
        }
    ));
    look(&channels).await;
    assert!(channels.octorate.set_day(DOUBLE, night(0), shown));
    look(&channels).await;
    assert_eq!(drifts(&channels).await[0][4], "healed");

    channels
        .guest
        .hold(&[Line {
            arrival: 10,
            ..Line::default()
        }])
        .await;
    look(&channels).await;
    assert_eq!(
        drifts(&channels).await.as_array().map(Vec::len),
        Some(1),
        "a change that is on its way is no drift"
    );
}
