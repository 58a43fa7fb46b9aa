//! Mappings between our products and a channel's: what is wrong with them, and which suggest themselves.

mod check;
mod score;
mod suggest;
#[cfg(test)]
mod tests;
mod vocabulary;
mod words;

pub use check::{Problem, Severity, problems};
pub use suggest::{CERTAIN, Left, Suggestion, Suggestions, suggest};

use crate::domain::connector::{AvailabilityOn, ChannelProduct};
use crate::domain::money::Currency;
use crate::domain::offer::Product;

/// What the hotel sells, what the channel sells for it, and how the channel counts.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The hotel's.
    pub currency: Currency,
    pub availability_on: AvailabilityOn,
    pub ours: &'a [Product],
    pub theirs: &'a [ChannelProduct],
}
