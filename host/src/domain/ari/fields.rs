//! Which values of a product's night a channel may not show yet: a channel that merges is told of no other.

use std::ops::BitOr;

/// A set of a rate's values. The bits are stored, so they keep their meaning.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fields(u8);

impl Fields {
    pub const PRICE: Self = Self(1);
    pub const MIN_STAY_ARRIVAL: Self = Self(1 << 1);
    pub const MIN_STAY_THROUGH: Self = Self(1 << 2);
    pub const MAX_STAY: Self = Self(1 << 3);
    pub const CUT_OFF_DAYS: Self = Self(1 << 4);
    pub const CLOSED_TO_ARRIVAL: Self = Self(1 << 5);
    pub const CLOSED_TO_DEPARTURE: Self = Self(1 << 6);
    pub const STOP_SELL: Self = Self(1 << 7);
    /// What is told where nothing is known of the change.
    pub const ALL: Self = Self(u8::MAX);

    /// Those of these fields whose condition holds.
    pub fn of(differences: impl IntoIterator<Item = (Self, bool)>) -> Self {
        let differing = differences.into_iter().filter(|(_, differs)| *differs);
        differing.fold(Self(0), |all, (field, _)| all | field)
    }

    pub fn holds(self, field: Self) -> bool {
        self.0 & field.0 != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn bits(self) -> i16 {
        self.0.into()
    }

    /// The set of these bits; all fields where they are none of ours.
    pub fn from_bits(bits: i16) -> Self {
        u8::try_from(bits)
            .ok()
            .filter(|bits| *bits != 0)
            .map_or(Self::ALL, Self)
    }
}

impl BitOr for Fields {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_differs_and_survives_its_bits() {
        let set = Fields::of([
            (Fields::PRICE, true),
            (Fields::MAX_STAY, false),
            (Fields::STOP_SELL, true),
        ]);
        assert!(set.holds(Fields::PRICE) && set.holds(Fields::STOP_SELL));
        assert!(!set.holds(Fields::MAX_STAY));
        assert_eq!(Fields::from_bits(set.bits()), set);
        assert!(Fields::of([(Fields::PRICE, false)]).is_empty());
    }

    #[test]
    fn bits_that_say_nothing_mean_everything() {
        for bits in [0, -1, 256, i16::MAX] {
            assert_eq!(Fields::from_bits(bits), Fields::ALL, "{bits}");
        }
    }
}
