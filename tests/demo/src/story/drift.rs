//! A channel shows something else than we hold: parity finds it, and pushes it over.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Scene, World, eventually, now};
use crate::channels::Channel;

/// Parity looks every two seconds here, and believes what it sees twice.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn tell(world: &World<'_>, scene: &Scene<'_>) -> Result<()> {
    world.terminal.chapter("A channel drifts");
    for channel in world.channels {
        heal(world, scene, &**channel).await?;
    }
    Ok(())
}

async fn heal(world: &World<'_>, scene: &Scene<'_>, channel: &dyn Channel) -> Result<()> {
    let Scene { hotel, product, .. } = *scene;
    let night = hotel.stay(now(), 60)?.check_in;
    let code = product.code();
    let units = || {
        channel
            .shows(hotel, product, night)
            .map(|shown| shown.units)
    };
    let ours = units().with_context(|| format!("{} does not know {code}", channel.name()))?;
    let wrong = ours + 5;

    world.terminal.step(format_args!(
        "somebody sets {code} to {wrong} rooms in {}",
        channel.name()
    ));
    channel.alter(hotel, product, night, wrong)?;
    world.terminal.held(format_args!(
        "{night}: {wrong} rooms for sale, and the hotel has {ours}"
    ));

    world.terminal.step("parity sees it twice, and repairs it");
    let altered = now();
    let expected = format!("{} shows {ours} rooms again", channel.name());
    eventually(PATIENCE, &expected, async || {
        Ok((units() == Some(ours)).then_some(()))
    })
    .await?;
    let took = now().duration_since(altered).as_secs_f64();
    let messages = channel.messages(hotel);
    if let Some(message) = messages.last() {
        world.terminal.received(format_args!(
            "{}: {}",
            channel.name(),
            message.items.join("; ")
        ));
    }
    world.terminal.held(format_args!(
        "{night}: {ours} rooms again, after {took:.1} s"
    ));
    Ok(())
}
