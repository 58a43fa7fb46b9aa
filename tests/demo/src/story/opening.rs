//! The channels are connected, and show what the hotels have.

use std::time::Duration;

use anyhow::Result;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{World, eventually, now};
use crate::channels::{Channel, Shown};
use crate::hotels::{Hotel, Product};

/// A full sync is not in a hurry, and keeps to the channel's pace.
const LONGEST_SYNC: Duration = Duration::from_secs(120);

pub(super) async fn tell(world: &World<'_>) -> Result<()> {
    world.terminal.chapter("The channels are connected");
    for channel in world.channels {
        world.terminal.step(format_args!(
            "{} gets every night of every product",
            channel.name()
        ));
        let expected = format!(
            "{} shows every hotel's first and last night",
            channel.name()
        );
        eventually(LONGEST_SYNC, &expected, async || {
            let all = world.hotels.iter().map(|hotel| is_shown(&**channel, hotel));
            let all: Vec<bool> = all.collect::<Result<_>>()?;
            Ok(all.into_iter().all(|shown| shown).then_some(()))
        })
        .await?;
        for hotel in world.hotels {
            let messages = channel.messages(hotel);
            let ranges: usize = messages.iter().map(|message| message.items.len()).sum();
            world.terminal.held(format_args!(
                "{}: {} products, {} nights, in {} messages with {ranges} ranges of nights",
                hotel.name,
                hotel.products.len(),
                hotel.nights,
                messages.len(),
            ));
        }
    }
    Ok(())
}

/// Whether a channel sells every product of a hotel, on the first night and on the last.
fn is_shown(channel: &dyn Channel, hotel: &Hotel) -> Result<bool> {
    let today = hotel.today(now())?;
    let last = today.checked_add((i32::from(hotel.nights) - 1).days())?;
    let sold = |product: &Product, night: Date| -> Result<bool> {
        let units = hotel.units(product)?;
        Ok(matches!(
            channel.shows(hotel, product, night),
            Some(Shown { units: shown, price: Some(_) }) if shown == units
        ))
    };
    for product in &hotel.products {
        if !(sold(product, today)? && sold(product, last)?) {
            return Ok(false);
        }
    }
    Ok(true)
}
