//! The simulated channels of the story.

mod octorate;

use std::net::SocketAddr;

use anyhow::Result;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::hotels::{Hotel, Product, Stay};

/// Starts every channel, with the products of every hotel and nothing for sale.
/// A channel that lands later joins the story by a file beside this one and a line here.
pub(crate) async fn start(hotels: &[Hotel]) -> Result<Vec<Box<dyn Channel>>> {
    Ok(vec![Box::new(octorate::Octorate::start(hotels).await?)])
}

/// A channel as its guests and its makers see it: what happens at it, not what we say to it.
#[async_trait(?Send)]
pub(crate) trait Channel {
    /// What people call it.
    fn name(&self) -> &'static str;

    /// The id of the plugin that speaks to it; connections are named after it.
    fn connector(&self) -> &'static str;

    /// Its host on the internet, whose place the simulator takes.
    fn host(&self) -> &'static str;

    /// Where the simulator listens, and shows its page.
    fn address(&self) -> SocketAddr;

    /// The settings of a hotel's connection, as an inline table of TOML.
    fn settings(&self, hotel: &Hotel) -> String;

    /// What the operator has to give, by the slots of the plugin's manifest.
    fn secrets(&self) -> Vec<(&'static str, String)>;

    /// What it calls a product.
    fn code(&self, hotel: &Hotel, product: &Product) -> Code;

    /// What its guests are shown; nothing where it does not know the product.
    fn shows(&self, hotel: &Hotel, product: &Product, night: Date) -> Option<Shown>;

    /// The messages about a hotel's availability and prices that it took, in order of arrival.
    fn messages(&self, hotel: &Hotel) -> Vec<Message>;

    /// A guest books one room there; the answer is the reservation's id.
    fn book(&self, hotel: &Hotel, product: &Product, stay: Stay) -> Result<String>;

    /// Tells a webhook's receiver of a reservation that was booked.
    async fn tell(&self, reservation: &str, url: &str) -> Result<Told>;

    /// Changes a night's units behind our back.
    fn alter(&self, hotel: &Hotel, product: &Product, night: Date, units: u32) -> Result<()>;
}

/// A channel's code of a product.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Code {
    pub(crate) room: String,
    /// Absent where the channel sells no rates of a room.
    pub(crate) rate: Option<String>,
}

/// One night of a product at a channel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shown {
    pub(crate) units: u32,
    /// Minor units of the hotel's currency.
    pub(crate) price: Option<i64>,
}

/// A message that a channel took.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) arrived: Timestamp,
    /// What it sets, an item a word.
    pub(crate) items: Vec<String>,
}

/// What the receiver of a webhook answered.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) answer: String,
}
