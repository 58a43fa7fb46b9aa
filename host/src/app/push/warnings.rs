//! What a connector warns of in results that are no failures: values that its channel has no place for.

use std::collections::{BTreeMap, HashMap};

use crate::domain::ari::Planned;
use crate::domain::connector::{AriUpdate, ItemResult};

/// How many sentences of one call are kept.
const MOST: usize = 20;

/// Every warning as one line of the call's log, with how many updates it is about and the first of them: a full sync has
/// the same to say of each night.
pub(super) fn lines(sent: &[Planned], results: &[ItemResult]) -> Vec<String> {
    let updates: HashMap<&str, &AriUpdate> = sent
        .iter()
        .map(|planned| (planned.update.id.as_str(), &planned.update))
        .collect();
    let mut told: BTreeMap<&str, (usize, &AriUpdate)> = BTreeMap::new();
    for result in results {
        let Some(update) = updates.get(result.id.as_str()).copied() else {
            continue;
        };
        for warning in &result.warnings {
            told.entry(warning).or_insert((0, update)).0 += 1;
        }
    }
    told.iter()
        .take(MOST)
        .map(|(warning, (count, first))| {
            let code = &first.target;
            let rate = code.rate.as_deref();
            let rate = rate.map(|rate| format!("/{rate}")).unwrap_or_default();
            format!(
                "[warn] {warning} ({count} updates, the first of {}{rate} from {})",
                code.room, first.first_night
            )
        })
        .collect()
}
