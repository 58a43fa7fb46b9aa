//! What must always hold, asked of every hotel in turn.

use crate::store::invariants::{self, Violation};
use crate::store::{Store, StoreError, hotels};

/// A violated invariant, and the hotel that it concerns: its slug, or none where it is the installation's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Broken {
    pub hotel: Option<String>,
    pub violation: Violation,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let promise = invariants::PROMISES
            .iter()
            .find(|(name, _)| *name == self.violation.invariant)
            .map_or("", |(_, promise)| promise);
        let hotel = self.hotel.as_deref().unwrap_or("the installation");
        write!(
            formatter,
            "{} ({promise}): {hotel}: {}",
            self.violation.invariant, self.violation.place
        )
    }
}

/// Every broken invariant of the installation and of each hotel. `asked` hears of each hotel that was looked at.
pub async fn invariants(
    store: &Store,
    mut asked: impl FnMut(&str) + Send,
) -> Result<Vec<Broken>, StoreError> {
    let mut shared = store.begin_shared().await?;
    let violations = invariants::of_installation(&mut shared).await?;
    shared.commit().await?;
    let mut broken = of(None, violations);
    for hotel in hotels::list(store).await? {
        let mut tx = store.begin(hotel.id).await?;
        let violations = invariants::of_hotel(&mut tx).await?;
        tx.rollback().await?;
        asked(&hotel.slug);
        broken.extend(of(Some(&hotel.slug), violations));
    }
    Ok(broken)
}

fn of(hotel: Option<&str>, violations: Vec<Violation>) -> Vec<Broken> {
    violations
        .into_iter()
        .map(|violation| Broken {
            hotel: hotel.map(str::to_owned),
            violation,
        })
        .collect()
}
