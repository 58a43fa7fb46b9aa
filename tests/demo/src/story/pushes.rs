//! What was booked here is gone at every channel.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use jiff::{SignedDuration, Timestamp};

use super::booking::Booked;
use super::{Scene, World, eventually};
use crate::channels::{Channel, Message};

/// From the change to its arrival at a channel; changes of one second are gathered into one message.
const PROMPTLY: SignedDuration = SignedDuration::from_secs(2);

/// How long a message is waited for, so that a late one can be told from a missing one.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn tell(world: &World<'_>, scene: &Scene<'_>, booked: &Booked) -> Result<()> {
    world.terminal.chapter("The channels hear of it");
    for channel in world.channels {
        let units = scene.units;
        world
            .terminal
            .step(format_args!("{} shows {units} rooms now", channel.name()));
        let after = arrive(world, scene, &**channel, booked.held_at).await?;
        ensure!(after <= PROMPTLY, "it took {after:#}");
        let since = |message: &Message| message.arrived >= booked.held_at;
        let messages = channel
            .messages(scene.hotel)
            .into_iter()
            .filter(since)
            .count();
        ensure!(messages == 1, "it took {messages} messages instead of one");
        world.terminal.held(format_args!(
            "one message, {:.1} s after the hold",
            after.as_secs_f64()
        ));
    }
    Ok(())
}

/// Waits until a channel shows what is left, and tells how long after an instant it was told.
pub(super) async fn arrive(
    world: &World<'_>,
    scene: &Scene<'_>,
    channel: &dyn Channel,
    change: Timestamp,
) -> Result<SignedDuration> {
    let shown = async || Ok(scene.is_shown_by(channel).then_some(()));
    let expected = format!("{} rooms at {}", scene.units, channel.name());
    if let Err(late) = eventually(PATIENCE, &expected, shown).await {
        bail!("{late:#}; it shows {}", scene.shown_by(channel));
    }
    let mut messages = channel.messages(scene.hotel);
    messages.retain(|message| message.arrived >= change);
    let Some(last) = messages.last() else {
        bail!("{} shows it, and got no message", channel.name());
    };
    let items = last.items.join("; ");
    world
        .terminal
        .received(format_args!("{}: {items}", channel.name()));
    world.terminal.held(format_args!(
        "{}: {}",
        channel.name(),
        scene.shown_by(channel)
    ));
    Ok(last.arrived.duration_since(change))
}
