//! Prices at the edges: ages at the bounds of a bracket, currencies of 0, 2 and 3 decimals, sums past every integer.

use super::*;

fn party(adults: u16, children_ages: &[u8]) -> Party {
    Party {
        adults,
        children_ages: children_ages.to_vec(),
    }
}

fn child(ages: std::ops::RangeInclusive<u8>, price: Adjustment) -> ChildPrice {
    ChildPrice {
        min_age: *ages.start(),
        max_age: *ages.end(),
        price,
    }
}

/// Babies are free, children pay 30 %, youths 25.00; one adult pays 10.00 less, three half as much again.
fn rules() -> PriceRules {
    PriceRules {
        occupancy: vec![
            (1, Adjustment::Amount(-1_000)),
            (3, Adjustment::Percent(5_000)),
        ],
        children: vec![
            child(0..=2, Adjustment::Amount(0)),
            child(3..=11, Adjustment::Percent(3_000)),
            child(12..=15, Adjustment::Amount(2_500)),
        ],
    }
}

fn charge(basis: Basis, value: i64, included: bool) -> Charge {
    Charge {
        code: "CITY".to_owned(),
        name: "City tax".to_owned(),
        basis,
        value,
        included,
        min_age: 0,
        max_nights: None,
    }
}

fn amounts(list: &[Charge], prices: &[i64], party: &Party) -> Vec<i64> {
    let charged = charges(list, prices, party).expect("a small sum");
    charged.into_iter().map(|charge| charge.amount).collect()
}

#[test]
fn adults_pay_by_their_number_and_one_that_is_not_listed_the_nights_own_price() {
    let price = |adults| rules().night(10_000, &party(adults, &[]));
    assert_eq!(price(1), Some(9_000));
    assert_eq!(price(2), Some(10_000));
    assert_eq!(price(3), Some(15_000));
    assert_eq!(price(4), Some(10_000));
}

#[test]
fn a_child_pays_by_the_bracket_that_holds_its_age_at_both_bounds() {
    let price = |age| rules().night(10_000, &party(2, &[age]));
    for (age, expected) in [
        (0, 10_000),
        (2, 10_000),
        (3, 13_000),
        (11, 13_000),
        (12, 12_500),
        (15, 12_500),
    ] {
        assert_eq!(price(age), Some(expected), "{age}");
    }
}

#[test]
fn a_child_of_no_bracket_counts_as_an_adult() {
    assert_eq!(rules().night(10_000, &party(2, &[16])), Some(15_000));
    assert_eq!(rules().night(10_000, &party(1, &[16])), Some(10_000));
    assert_eq!(rules().night(10_000, &party(1, &[16, 4])), Some(13_000));
    let none = PriceRules::default();
    assert_eq!(none.night(10_000, &party(1, &[0, 17])), Some(10_000));
}

#[test]
fn no_night_costs_less_than_nothing() {
    let rules = PriceRules {
        occupancy: vec![(1, Adjustment::Amount(-20_000))],
        children: vec![],
    };
    assert_eq!(rules.night(10_000, &party(1, &[])), Some(0));
}

#[test]
fn parts_are_rounded_to_the_nearest_minor_unit_and_halves_away_from_zero() {
    assert_eq!(share(5, 5_000, WHOLE), Some(3));
    assert_eq!(share(-5, 5_000, WHOLE), Some(-3));
    assert_eq!(share(4_999, 1, WHOLE), Some(0));
    assert_eq!(share(5_000, 1, WHOLE), Some(1));
    assert_eq!(share(i64::MAX, WHOLE, WHOLE), Some(i64::MAX));
    assert_eq!(share(i64::MIN, WHOLE, WHOLE), Some(i64::MIN));
    assert_eq!(share(i64::MAX, WHOLE + 1, WHOLE), None);
}

#[test]
fn each_currency_rounds_at_its_own_minor_unit() {
    // 10 % of 12,345 yen, of 123.45 euros and of 12.345 dinars: the same integers, and so the same rounding.
    let tenth = [charge(Basis::Percent, 1_000, false)];
    assert_eq!(amounts(&tenth, &[12_345], &party(1, &[])), [1_235]);
    for (code, expected) in [
        ("JPY", "1235 JPY"),
        ("EUR", "12.35 EUR"),
        ("KWD", "1.235 KWD"),
    ] {
        let currency = code.parse().expect("a known currency");
        let money = crate::domain::money::Money::new(1_235, currency);
        assert_eq!(money.to_string(), expected);
    }
}

#[test]
fn every_basis_counts_what_it_says() {
    let (prices, family) = ([10_000, 12_000, 14_000], party(2, &[4]));
    for (basis, expected) in [
        (Basis::Stay, 250),
        (Basis::Night, 750),
        (Basis::Person, 750),
        (Basis::PersonNight, 2_250),
        (Basis::Percent, 900),
    ] {
        let list = [charge(basis, 250, false)];
        assert_eq!(amounts(&list, &prices, &family), [expected], "{basis:?}");
    }
}

#[test]
fn an_age_at_the_limit_pays_and_one_below_does_not() {
    let city = Charge {
        min_age: 14,
        ..charge(Basis::PersonNight, 350, false)
    };
    let amount = |ages: &[u8]| {
        amounts(
            std::slice::from_ref(&city),
            &[10_000, 10_000],
            &party(2, ages),
        )
    };
    assert_eq!(amount(&[13]), [4 * 350]);
    assert_eq!(amount(&[14]), [6 * 350]);
    assert_eq!(amount(&[0, 14, 17]), [8 * 350]);
}

#[test]
fn nights_beyond_the_limit_are_free_of_it() {
    let limited = |basis, value| Charge {
        max_nights: Some(2),
        ..charge(basis, value, false)
    };
    let list = [limited(Basis::Night, 100), limited(Basis::Percent, 1_000)];
    assert_eq!(
        amounts(&list, &[10_000, 20_000, 40_000], &party(1, &[])),
        [200, 3_000]
    );
    assert_eq!(amounts(&list, &[10_000], &party(1, &[])), [100, 1_000]);
}

#[test]
fn an_included_percentage_is_what_the_price_contains() {
    let vat = charge(Basis::Percent, 1_000, true);
    assert_eq!(
        amounts(std::slice::from_ref(&vat), &[11_000], &party(2, &[])),
        [1_000]
    );
    // Two of them share one price before taxes: 100.00 with 10 % and 5 % is 115.00.
    let levy = charge(Basis::Percent, 500, true);
    assert_eq!(
        amounts(&[vat, levy], &[11_500], &party(2, &[])),
        [1_000, 500]
    );
}

#[test]
fn a_bill_adds_what_is_on_top_and_only_shows_what_is_included() {
    let charged = |code: &str, included, amount| Charged {
        code: code.to_owned(),
        name: code.to_owned(),
        included,
        amount,
    };
    let first = [charged("VAT", true, 2_000), charged("CITY", false, 700)];
    let second = [charged("CITY", false, 300)];
    let bill = bill([
        Billed {
            prices: &[10_000, 12_000],
            units: 2,
            charges: &first,
            extras: &[],
        },
        Billed {
            prices: &[5_000],
            units: 1,
            charges: &second,
            extras: &[],
        },
    ])
    .expect("a small sum");
    assert_eq!((bill.rooms, bill.total), (49_000, 50_000));
    assert_eq!(
        bill.charges,
        [charged("VAT", true, 2_000), charged("CITY", false, 1_000)]
    );
}

#[test]
fn sums_past_every_integer_are_none_and_never_wrap() {
    let half = i64::MAX / 2 + 1;
    let two_nights = Billed {
        prices: &[half, half],
        units: 1,
        charges: &[],
        extras: &[],
    };
    assert_eq!(bill([two_nights]), None);
    let two_units = Billed {
        prices: &[half],
        units: 2,
        charges: &[],
        extras: &[],
    };
    assert_eq!(bill([two_units]), None);
    assert_eq!(
        charges(
            &[charge(Basis::PersonNight, half, false)],
            &[1, 1],
            &party(2, &[])
        ),
        None
    );
    let rules = PriceRules {
        occupancy: vec![(1, Adjustment::Percent(i64::MAX))],
        children: vec![],
    };
    assert_eq!(rules.night(i64::MAX, &party(1, &[])), None);
}
