//! A guest books at a channel; the room is gone here, and at every other place.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::booking::{expect_status, units_offered};
use super::{Scene, World, eventually, now, pushes};
use crate::channels::Channel;
use crate::gateway::{list, text};

/// From the webhook to the reservation.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn tell(world: &World<'_>, scene: &mut Scene<'_>) -> Result<()> {
    for channel in world.channels {
        let name = channel.name();
        world.terminal.chapter(&format!("A guest books at {name}"));
        let before = reservations(world, scene).await?.len();
        let change = now();
        book(world, scene, &**channel).await?;
        arrive(world, scene, &**channel, before).await?;
        for other in world.channels {
            world.terminal.step(format_args!(
                "{} rooms are left at {}",
                scene.units,
                other.name()
            ));
            pushes::arrive(world, scene, &**other, change).await?;
        }
    }
    Ok(())
}

/// The guest books under another rate plan than ours did; the channel tells us, twice.
async fn book(world: &World<'_>, scene: &mut Scene<'_>, channel: &dyn Channel) -> Result<()> {
    let hotel = scene.hotel;
    let product = hotel.same_rooms(scene.product).into_iter().next_back();
    let product = product.context("the room type is not sold")?;
    world.terminal.step(format_args!(
        "Grace Hopper books {} for the same nights, and {} tells us",
        product.code(),
        channel.name()
    ));
    let reservation = channel.book(hotel, product, scene.stay)?;
    scene.units -= 1;
    let url = world.webhook(channel.connector(), hotel);
    for _ in 0..2 {
        world.terminal.sent(format_args!(
            "{}: reservation {reservation} → POST {url}",
            channel.name()
        ));
        let told = channel.tell(&reservation, &url).await?;
        world
            .terminal
            .received(format_args!("{} {}", told.status, told.answer));
        ensure!(
            told.status == 200,
            "the webhook was answered {}",
            told.status
        );
    }
    world
        .terminal
        .held("the webhook is proven and kept, the second one known");
    Ok(())
}

async fn arrive(
    world: &World<'_>,
    scene: &Scene<'_>,
    channel: &dyn Channel,
    before: usize,
) -> Result<()> {
    world
        .terminal
        .step("the host asks the channel what was booked, and takes it");
    let expected = format!("the reservation of {}", channel.name());
    let all = eventually(PATIENCE, &expected, async || {
        let all = reservations(world, scene).await?;
        Ok((all.len() > before).then_some(all))
    })
    .await?;
    ensure!(
        all.len() == before + 1,
        "it was taken {} times",
        all.len() - before
    );
    let newest = all.first().context("there is no reservation")?;
    expect_status(newest, "confirmed")?;
    let source = text(newest, "/source")?;
    let booker = text(newest, "/booker/last_name")?;
    ensure!(booker == "Hopper", "it is {booker}'s");
    world.terminal.held(format_args!(
        "number {} from {source}, confirmed",
        text(newest, "/number")?
    ));

    world.terminal.step("the web site offers one room less");
    let answer = world.web.get(&scene.offers_path()).await?;
    let units = units_offered(&answer, scene)?;
    ensure!(
        units == i64::from(scene.units),
        "{units} rooms are offered instead of {}",
        scene.units
    );
    world
        .terminal
        .held(format_args!("{}: {units} rooms", scene.product.code()));
    Ok(())
}

/// The hotel's reservations, the newest first.
async fn reservations(world: &World<'_>, scene: &Scene<'_>) -> Result<Vec<Value>> {
    let path = format!("/v1/hotels/{}/reservations", scene.hotel.slug);
    let answer = world.staff.look(&path).await?;
    Ok(list(&answer, "/reservations")?.to_vec())
}
