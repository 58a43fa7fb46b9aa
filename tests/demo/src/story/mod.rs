//! The story, chapter by chapter. Every claim in it is checked before it is printed.

mod booking;
mod channel_guest;
mod drift;
mod emails;
mod opening;
mod pushes;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use roomwire_simulators::clock::Clock;

use crate::channels::Channel;
use crate::gateway::Gateway;
use crate::hotels::{Hotel, Product, Stay};
use crate::mailbox::Mailbox;
use crate::settings::webhook_token;
use crate::terminal::Terminal;

/// How often something is looked for that is about to happen.
const LOOK: Duration = Duration::from_millis(50);

/// Whom the story is about.
pub(crate) struct World<'a> {
    pub(crate) terminal: &'a Terminal,
    /// The gateway, as staff call it.
    pub(crate) staff: Gateway<'a>,
    /// The gateway, as the hotel's web page calls it.
    pub(crate) web: Gateway<'a>,
    pub(crate) address: SocketAddr,
    pub(crate) hotels: &'a [Hotel],
    pub(crate) channels: &'a [Box<dyn Channel>],
    pub(crate) mailbox: &'a Mailbox,
}

/// What is booked in the story, and how much of it is left.
struct Scene<'a> {
    hotel: &'a Hotel,
    product: &'a Product,
    stay: Stay,
    units: u32,
}

/// Tells it to the end, or to the first step that does not hold.
pub(crate) async fn tell(world: &World<'_>) -> Result<()> {
    let hotel = world.hotels.first().context("the story needs a hotel")?;
    let product = hotel.products.first().context("the hotel sells nothing")?;
    let mut scene = Scene {
        hotel,
        product,
        stay: hotel.stay(now(), 30)?,
        units: hotel.units(product)?,
    };
    opening::tell(world).await?;
    let booked = booking::tell(world, &mut scene).await?;
    pushes::tell(world, &scene, &booked).await?;
    channel_guest::tell(world, &mut scene).await?;
    drift::tell(world, &scene).await?;
    emails::tell(world, &scene).await
}

impl World<'_> {
    /// Where a channel or an email provider calls the host about a hotel.
    fn webhook(&self, connector: &str, hotel: &Hotel) -> String {
        let token = webhook_token(connector, hotel);
        format!("http://{}/v1/webhooks/{token}", self.address)
    }
}

impl Scene<'_> {
    /// Whether a channel shows, for every product with these rooms and every night of the stay, what is left.
    fn is_shown_by(&self, channel: &dyn Channel) -> bool {
        self.hotel
            .same_rooms(self.product)
            .into_iter()
            .all(|product| {
                let left = |night| {
                    let shown = channel.shows(self.hotel, product, night);
                    shown.is_some_and(|shown| shown.units == self.units)
                };
                self.stay.nights().all(left)
            })
    }

    /// What a channel shows, for people: `DBL/BAR 7 7, DBL/BB 7 7`.
    fn shown_by(&self, channel: &dyn Channel) -> String {
        let row = |product: &Product| {
            let units = |night| {
                let shown = channel.shows(self.hotel, product, night);
                shown.map_or("–".to_owned(), |shown| shown.units.to_string())
            };
            let units: Vec<String> = self.stay.nights().map(units).collect();
            format!("{} {}", product.code(), units.join(" "))
        };
        let products = self.hotel.same_rooms(self.product);
        let rows: Vec<String> = products.into_iter().map(row).collect();
        rows.join(", ")
    }

    fn offers_path(&self) -> String {
        format!(
            "/v1/hotels/{}/offers?check_in={}&check_out={}",
            self.hotel.slug, self.stay.check_in, self.stay.check_out
        )
    }
}

/// The machine's time, which the simulators stamp with too.
fn now() -> Timestamp {
    Clock::system().now()
}

/// Looks again and again until something is there, or fails with what was expected.
async fn eventually<T>(
    within: Duration,
    expected: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let begin = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if begin.elapsed() > within {
            bail!("not within {} s: {expected}", within.as_secs());
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_in_time_is_found() {
        let mut looks = 0;
        let found = eventually(Duration::from_secs(60), "three", async || {
            looks += 1;
            Ok((looks == 3).then_some(looks))
        });
        assert_eq!(found.await.expect("the third look"), 3);
    }

    #[tokio::test]
    async fn what_never_comes_is_told_by_name() {
        let missing = eventually(Duration::ZERO, "a guest", async || Ok(None::<()>));
        let error = missing.await.expect_err("nobody comes");
        assert_eq!(error.to_string(), "not within 0 s: a guest");
    }
}
