//! Who writes for each hotel, as the configuration says now.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::app::connections::Sender;
use crate::domain::ids::HotelId;

/// The sender of each hotel that has one. Clones share what was set last.
#[derive(Clone, Debug, Default)]
pub struct Senders(Arc<ArcSwap<HashMap<HotelId, Sender>>>);

impl Senders {
    /// Puts these in place of those before.
    pub fn replace(&self, senders: &[Sender]) {
        let senders = senders
            .iter()
            .map(|sender| (sender.hotel, sender.clone()))
            .collect();
        self.0.store(Arc::new(senders));
    }

    /// Who writes for a hotel.
    pub fn of(&self, hotel: HotelId) -> Option<Sender> {
        self.0.load().get(&hotel).cloned()
    }
}
