//! Reading lists page by page: pages are counted from 1, and hold at most what was asked for.

use roomwire_plugin_sdk::Failure;

use crate::wire::{List, Meta};

/// Items a page, the most that Channex gives.
pub(crate) const LIMIT: u32 = 100;

/// More pages than any property fills; a channel that never ends is stopped here.
const MAX_PAGES: u32 = 500;

/// Every item of a list.
pub(crate) fn all<T>(
    mut read: impl FnMut(u32) -> Result<List<T>, Failure>,
) -> Result<Vec<T>, Failure> {
    let mut items = Vec::new();
    let mut page = Some(1);
    while let Some(number) = page {
        let list = read(number)?;
        page = next(number, list.data.len(), &list.meta);
        items.extend(list.data);
    }
    Ok(items)
}

/// The page after this one, where there may be more: Channex may give fewer items than were asked for, so its own limit
/// and its count decide, as far as it tells them.
pub(crate) fn next(page: u32, items: usize, meta: &Meta) -> Option<u32> {
    let limit = meta.limit.filter(|limit| *limit > 0).unwrap_or(LIMIT);
    let full = items >= limit as usize;
    let more = match meta.total {
        Some(total) => u64::from(page) * u64::from(limit) < total,
        None => full,
    };
    (items > 0 && more && page < MAX_PAGES).then_some(page + 1)
}

/// The number in a token that names a page of a list.
pub(crate) fn number(token: &str, list: &str) -> Option<u32> {
    let number = token.strip_prefix(list)?.strip_prefix('/')?.parse().ok()?;
    (1..=MAX_PAGES).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(total: Option<u64>, limit: Option<u32>) -> Meta {
        Meta { total, limit }
    }

    #[test]
    fn a_counted_list_is_read_to_its_count() {
        assert_eq!(next(1, 10, &meta(Some(25), Some(10))), Some(2));
        assert_eq!(next(2, 10, &meta(Some(25), Some(10))), Some(3));
        assert_eq!(next(3, 5, &meta(Some(25), Some(10))), None);
        assert_eq!(next(1, 10, &meta(Some(10), Some(10))), None);
    }

    #[test]
    fn a_list_that_nobody_counts_is_read_until_a_page_is_not_full() {
        assert_eq!(next(1, 100, &meta(None, None)), Some(2));
        assert_eq!(next(2, 99, &meta(None, None)), None);
        assert_eq!(next(1, 10, &meta(None, Some(10))), Some(2));
    }

    #[test]
    fn an_empty_page_and_the_last_of_all_end_every_list() {
        assert_eq!(next(1, 0, &meta(Some(25), Some(10))), None);
        assert_eq!(next(MAX_PAGES, 100, &meta(None, None)), None);
    }

    #[test]
    fn a_forged_token_names_no_page() {
        assert_eq!(number("feed/3", "feed"), Some(3));
        for forged in [
            "", "feed", "feed/", "feed/0", "feed/501", "feed/-1", "other/1",
        ] {
            assert_eq!(number(forged, "feed"), None, "{forged}");
        }
    }
}
