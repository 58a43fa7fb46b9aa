//! Whether amounts stand in what was sent.

use super::{Came, Observation, Sent, lines};
use crate::certify::report::Finding;
use crate::domain::connector::AriUpdate;
use crate::domain::money::Money;

/// Whether an amount stands digit by digit in what was sent: as a decimal of its currency, or in minor units.
pub(in crate::certify) fn says_amount(amount: Money, came: &Observation) -> Option<Finding> {
    let decimal = amount.to_string();
    let decimal = decimal
        .split_once(' ')
        .map_or(&*decimal, |(digits, _)| digits);
    let minor = amount.minor.to_string();
    let said = |sent: &Sent| {
        let body = String::from_utf8_lossy(&sent.body);
        [decimal, minor.as_str()]
            .iter()
            .any(|digits| stands(&body, digits) || stands(&sent.query, digits))
    };
    if came.requests.iter().any(said) {
        return None;
    }
    Some(Finding::new(
        format!("{amount} to be sent as {decimal}, or as {minor} minor units"),
        format!("no request says so: {}", lines(&came.requests)),
    ))
}

/// What an update says of prices by number of adults must be sent, or be told as left out by a warning: who is told
/// nothing believes that one adult pays less.
pub(in crate::certify) fn silent_on_adults(
    update: &AriUpdate,
    came: &Observation,
) -> Option<Finding> {
    let mut items = came.items.iter();
    let item = items.find(|item| item.id == update.id)?;
    if item.warned || item.came != Came::Taken {
        return None;
    }
    let left_out = update.occupancy_prices.iter().find_map(|each| {
        let finding = says_amount(each.price, came)?;
        Some((each.adults, finding))
    });
    let (adults, finding) = left_out?;
    Some(Finding::new(
        format!(
            "the price of {adults} adults in {}, or a warning of its result: {}",
            item.id, finding.expected
        ),
        finding.came,
    ))
}

/// Whether a number stands in a text as itself, and not as a part of another: a hundred times 98765 begins with it.
/// Nothing but zeros may follow its point.
fn stands(text: &str, number: &str) -> bool {
    let is_part = |character: char| character.is_ascii_digit() || character == '.';
    text.match_indices(number).any(|(at, _)| {
        let (before, rest) = (&text[..at], &text[at + number.len()..]);
        let zeros = if number.contains('.') {
            rest
        } else {
            rest.strip_prefix('.').unwrap_or(rest)
        };
        let is_longer =
            !number.contains('.') && rest.starts_with(|next: char| next.is_ascii_digit());
        let end = zeros.trim_start_matches('0');
        !before.ends_with(is_part)
            && !is_longer
            && !end.starts_with(|next: char| next.is_ascii_digit())
    })
}
