//! What is wrong with a mapping, which ones suggest themselves, and how sure that is.

use uuid::Uuid;

use super::*;
use crate::domain::connection::Mapping;
use crate::domain::connector::ProductCode;
use crate::domain::hotel::{RatePlan, RoomType};
use crate::domain::ids::{RatePlanId, RoomTypeId};

/// A code, a name, and the guests that are usual and the most.
type Room = (&'static str, &'static str, (u16, u16));
/// A code, a name and a meal plan.
type Rate = (&'static str, &'static str, &'static str);

const DOUBLE: Room = ("DBL", "Double", (2, 3));
const SINGLE: Room = ("SGL", "Single", (1, 1));
const SEA: Room = ("SEA", "Double Sea View", (2, 3));
const BEST: Rate = ("BAR", "Best Available Rate", "room_only");
const BREAKFAST: Rate = ("BB", "Bed & Breakfast", "breakfast");
const STRICT: Rate = ("NRF", "Non-refundable", "room_only");

/// The same code has the same id.
fn id(code: &str) -> Uuid {
    Uuid::from_u128(code.bytes().fold(0, |id, byte| id * 256 + u128::from(byte)))
}

fn ours(rooms: &[Room], rates: &[Rate]) -> Vec<Product> {
    let product = |(room, rate): (&Room, &Rate)| Product {
        room_type: RoomType {
            id: RoomTypeId(id(room.0)),
            code: room.0.to_owned(),
            name: room.1.to_owned(),
            standard_occupancy: room.2.0,
            max_occupancy: room.2.1,
            accessible: false,
        },
        rate_plan: RatePlan {
            id: RatePlanId(id(rate.0)),
            code: rate.0.to_owned(),
            name: rate.1.to_owned(),
            meal_plan: rate.2.to_owned(),
        },
    };
    let pairs = rooms
        .iter()
        .flat_map(|room| rates.iter().map(move |rate| (room, rate)));
    pairs.map(product).collect()
}

fn code(text: &str) -> ProductCode {
    let (room, rate) = match text.split_once('/') {
        Some((room, rate)) => (room, Some(rate.to_owned())),
        None => (text, None),
    };
    ProductCode {
        room: room.to_owned(),
        rate,
    }
}

/// A product of the channel's, its codes written `room` or `room/rate`, as are its names.
fn theirs(codes: &str, names: &str, guests: Option<u16>) -> ChannelProduct {
    let names = code(names);
    ChannelProduct {
        code: code(codes),
        room_name: names.room,
        rate_name: names.rate,
        max_occupancy: guests,
        currency: Some("EUR".to_owned()),
        active: true,
        parent_rate: None,
    }
}

fn mapping(room: Room, rate: Rate, codes: &str) -> Mapping {
    Mapping {
        room_type: RoomTypeId(id(room.0)),
        rate_plan: RatePlanId(id(rate.0)),
        code: code(codes),
    }
}

fn sides<'a>(
    availability_on: AvailabilityOn,
    ours: &'a [Product],
    theirs: &'a [ChannelProduct],
) -> Sides<'a> {
    Sides {
        currency: "EUR".parse().expect("a currency"),
        availability_on,
        ours,
        theirs,
    }
}

/// What suggests itself, as `our codes = their codes`, each with its confidence.
fn suggested(sides: Sides<'_>, mapped: &[Mapping]) -> Vec<(String, u8)> {
    let line = |row: &Suggestion| {
        let ours = sides.ours.iter().find(|one| {
            (one.room_type.id, one.rate_plan.id) == (row.mapping.room_type, row.mapping.rate_plan)
        });
        let ours = ours.expect("a product");
        let theirs = &row.mapping.code;
        let rate = theirs.rate.as_ref().map(|rate| format!("/{rate}"));
        let line = format!(
            "{} {} = {}{}",
            ours.room_type.code,
            ours.rate_plan.code,
            theirs.room,
            rate.unwrap_or_default()
        );
        (line, row.confidence)
    };
    suggest(sides, mapped).rows.iter().map(line).collect()
}

fn lines(rows: &[(String, u8)]) -> Vec<&str> {
    rows.iter().map(|(line, _)| line.as_str()).collect()
}

fn codes(found: &[Vec<Problem>]) -> Vec<Vec<&'static str>> {
    let of = |problems: &Vec<Problem>| problems.iter().map(Problem::code).collect();
    found.iter().map(of).collect()
}

#[test]
fn a_mapping_that_fits_has_no_problem() {
    let (ours, theirs) = (ours(&[DOUBLE], &[BEST]), [theirs("9", "Double", Some(2))]);
    for on in [AvailabilityOn::Room, AvailabilityOn::Rate] {
        let found = problems(sides(on, &ours, &theirs), &[mapping(DOUBLE, BEST, "9")]);
        assert_eq!(codes(&found), [[""; 0]]);
    }
}

#[test]
fn what_the_channel_does_not_know_is_told_with_what_it_knows_instead() {
    let ours = ours(&[DOUBLE], &[BEST, BREAKFAST]);
    let theirs = [
        theirs("9/2", "Double/BB", Some(2)),
        theirs("9/1", "Double/BAR", Some(2)),
    ];
    let rows = [
        mapping(DOUBLE, BEST, "8/1"),
        mapping(DOUBLE, BREAKFAST, "9"),
    ];
    let found = problems(sides(AvailabilityOn::Room, &ours, &theirs), &rows);
    assert_eq!(codes(&found), [["unknown_room"], ["unknown_rate"]]);
    assert_eq!(
        found[1][0].to_string(),
        "the channel does not sell its room `9` so: its rates are 1, 2"
    );
}

#[test]
fn currencies_and_derived_rates_are_errors_and_guests_and_inactive_products_are_warnings() {
    let ours = ours(&[DOUBLE, SINGLE], &[BEST]);
    let mut wrong = [
        theirs("1", "Double", Some(1)),
        theirs("2", "Single", Some(2)),
    ];
    wrong[0].currency = Some("USD".to_owned());
    wrong[0].parent_rate = Some("7".to_owned());
    wrong[1].active = false;
    let rows = [mapping(DOUBLE, BEST, "1"), mapping(SINGLE, BEST, "2")];
    let found = problems(sides(AvailabilityOn::Rate, &ours, &wrong), &rows);
    let [double, single] = found.as_slice() else {
        panic!("a list for each mapping")
    };
    let told = |found: &[Problem]| -> Vec<(&str, &str)> {
        let both = |one: &Problem| (one.code(), one.severity().as_str());
        found.iter().map(both).collect()
    };
    assert_eq!(
        told(double),
        [
            ("currency", "error"),
            ("child_rate", "error"),
            ("too_few_guests", "warning")
        ]
    );
    assert_eq!(
        told(single),
        [("inactive", "warning"), ("too_many_guests", "warning")]
    );
}

#[test]
fn two_room_types_on_one_room_are_a_problem_only_where_the_channel_counts_rooms() {
    let ours = ours(&[DOUBLE, SINGLE], &[BEST, BREAKFAST]);
    let theirs = [
        theirs("9/1", "Any/BAR", None),
        theirs("9/2", "Any/BB", None),
    ];
    let rows = [
        mapping(DOUBLE, BEST, "9/1"),
        mapping(SINGLE, BREAKFAST, "9/2"),
    ];
    let found = problems(sides(AvailabilityOn::Room, &ours, &theirs), &rows);
    assert_eq!(codes(&found), [["shared_room"], ["shared_room"]]);
    assert!(found[0][0].to_string().ends_with("too: SGL"));
    let found = problems(sides(AvailabilityOn::Rate, &ours, &theirs), &rows);
    assert_eq!(codes(&found), [[""; 0]; 2]);
    let same = [
        mapping(DOUBLE, BEST, "9/1"),
        mapping(DOUBLE, BREAKFAST, "9/2"),
    ];
    let found = problems(sides(AvailabilityOn::Room, &ours, &theirs), &same);
    assert_eq!(codes(&found), [[""; 0]; 2]);
}

#[test]
fn names_codes_and_meals_find_each_other() {
    let ours = ours(&[DOUBLE, SINGLE], &[BEST, BREAKFAST]);
    let theirs = [
        theirs("a/1", "Standard Double Room/BAR", Some(3)),
        theirs("a/2", "Standard Double Room/Breakfast included", Some(3)),
        theirs("b/3", "SGL/Standard Rate", Some(1)),
        theirs("b/4", "SGL/B&B", Some(1)),
    ];
    let found = suggested(sides(AvailabilityOn::Room, &ours, &theirs), &[]);
    assert_eq!(
        lines(&found),
        [
            "DBL BAR = a/1",
            "DBL BB = a/2",
            "SGL BAR = b/3",
            "SGL BB = b/4"
        ]
    );
    assert!(found.iter().all(|(_, sure)| *sure >= CERTAIN), "{found:?}");
}

#[test]
fn six_languages_and_their_accents_are_understood() {
    let ours = ours(&[DOUBLE, SINGLE], &[BEST, BREAKFAST]);
    for (double, single, breakfast) in [
        ("Camera Doppia", "Camera Singola", "Prima colazione inclusa"),
        ("DOPPELZIMMER", "Einzelzimmer", "Frühstück"),
        ("Chambre double", "Chambre individuelle", "Petit-déjeuner"),
        ("Habitación doble", "Habitación individual", "Desayuno"),
        ("Quarto duplo", "Quarto individual", "Pequeno-almoço"),
        ("Tweepersoonskamer", "Eenpersoonskamer", "Ontbijt"),
    ] {
        let theirs = [
            theirs("1/a", &format!("{double}/{breakfast}"), Some(2)),
            theirs("2/b", &format!("{single}/{breakfast}"), Some(1)),
        ];
        let found = suggested(sides(AvailabilityOn::Room, &ours, &theirs), &[]);
        assert_eq!(lines(&found), ["DBL BB = 1/a", "SGL BB = 2/b"], "{double}");
        assert!(found.iter().all(|(_, sure)| *sure >= CERTAIN), "{found:?}");
    }
}

#[test]
fn another_sort_of_room_or_another_meal_is_never_suggested() {
    let ours = ours(&[SINGLE], &[BREAKFAST]);
    let theirs = [
        theirs("1/a", "Double/Breakfast", Some(1)),
        theirs("2/a", "Single/Half board", Some(1)),
        theirs("3/a", "Castle/Breakfast", Some(1)),
    ];
    let found = suggest(sides(AvailabilityOn::Room, &ours, &theirs), &[]);
    assert_eq!(found.rows, []);
    assert_eq!(found.ours.len(), 1);
    assert!(
        found
            .theirs
            .iter()
            .all(|left| left.why == "nothing of ours fits")
    );
    assert_eq!(found.theirs.len(), 3);
}

#[test]
fn a_rate_that_gives_no_money_back_goes_to_the_plan_that_gives_none() {
    let ours = ours(&[DOUBLE], &[BEST, STRICT]);
    let theirs = [
        theirs("1/a", "Double/Double - non rimborsabile", Some(2)),
        theirs("1/b", "Double/Double - flexible", Some(2)),
    ];
    let found = suggested(sides(AvailabilityOn::Room, &ours, &theirs), &[]);
    assert_eq!(lines(&found), ["DBL BAR = 1/b", "DBL NRF = 1/a"]);
}

#[test]
fn guests_decide_where_names_say_the_same() {
    let ours = ours(
        &[("FAM", "Family", (4, 5)), ("TWO", "Family", (2, 2))],
        &[BEST],
    );
    let theirs = [
        theirs("1", "Family", Some(2)),
        theirs("2", "Family", Some(5)),
    ];
    let found = suggested(sides(AvailabilityOn::Rate, &ours, &theirs), &[]);
    assert_eq!(lines(&found), ["FAM BAR = 2", "TWO BAR = 1"]);
}

#[test]
fn a_room_that_says_nothing_of_its_rate_goes_to_the_plan_without_meals() {
    let ours = ours(&[DOUBLE], &[BREAKFAST, BEST]);
    let theirs = [theirs("9", "Double", Some(2))];
    let found = suggest(sides(AvailabilityOn::Rate, &ours, &theirs), &[]);
    assert_eq!(found.rows[0].mapping, mapping(DOUBLE, BEST, "9"));
    assert_eq!(
        found.rows[0].reason,
        "the room by `double`; for 2 there and 3 here; the channel says nothing of the rate"
    );
    assert_eq!(found.ours.len(), 1);
}

#[test]
fn what_fits_as_well_as_another_is_suggested_without_confidence_and_says_so() {
    let ours = ours(&[DOUBLE], &[BEST]);
    let theirs = [
        theirs("2", "Double BAR", Some(2)),
        theirs("1", "Double BAR", Some(2)),
    ];
    let found = suggest(sides(AvailabilityOn::Rate, &ours, &theirs), &[]);
    let [row] = found.rows.as_slice() else {
        panic!("one suggestion")
    };
    assert_eq!(row.mapping.code, code("1"));
    assert!(row.confidence < CERTAIN, "{row:?}");
    assert!(row.reason.ends_with("another fits as well"), "{row:?}");
    assert_eq!(found.theirs.len(), 1);
}

#[test]
fn the_order_in_which_products_are_listed_changes_nothing() {
    let mut ours = ours(&[DOUBLE, SINGLE, SEA], &[BEST, BREAKFAST]);
    let mut theirs = vec![
        theirs("1/a", "Double/BAR", Some(2)),
        theirs("1/b", "Double/BB", Some(2)),
        theirs("2/a", "Double, sea view/BAR", Some(2)),
        theirs("2/b", "Double, sea view/BB", Some(2)),
        theirs("3/a", "Double/BAR", Some(2)),
    ];
    let first = suggest(sides(AvailabilityOn::Room, &ours, &theirs), &[]);
    ours.reverse();
    theirs.rotate_left(2);
    let second = suggest(sides(AvailabilityOn::Room, &ours, &theirs), &[]);
    assert_eq!(first, second);
    assert_eq!(first.rows.len(), 4);
}

#[test]
fn where_the_channel_counts_rooms_one_of_them_is_never_for_two_of_ours() {
    let ours = ours(&[DOUBLE, SEA], &[BEST, BREAKFAST]);
    let theirs = [
        theirs("1/a", "Double Sea View/BAR", Some(3)),
        theirs("1/b", "Double/BB", Some(3)),
    ];
    let on_rooms = suggested(sides(AvailabilityOn::Room, &ours, &theirs), &[]);
    assert_eq!(lines(&on_rooms), ["DBL BAR = 1/a", "DBL BB = 1/b"]);
    let on_rates = suggested(sides(AvailabilityOn::Rate, &ours, &theirs), &[]);
    assert_eq!(lines(&on_rates), ["DBL BB = 1/b", "SEA BAR = 1/a"]);
}

#[test]
fn what_is_mapped_already_stays_and_its_room_with_it() {
    let ours = ours(&[DOUBLE, SEA], &[BEST, BREAKFAST]);
    let theirs = [
        theirs("1/a", "Double Sea View/BAR", Some(3)),
        theirs("1/b", "Double Sea View/BB", Some(3)),
    ];
    let mapped = [mapping(DOUBLE, BEST, "1/a")];
    let found = suggested(sides(AvailabilityOn::Room, &ours, &theirs), &mapped);
    assert_eq!(lines(&found), ["DBL BB = 1/b"]);
}

#[test]
fn what_takes_no_mapping_is_left_with_its_reason() {
    let ours = ours(&[DOUBLE], &[BEST]);
    let mut list = [
        theirs("1/a", "Double/BAR", Some(2)),
        theirs("1/b", "Double/BAR", Some(2)),
        theirs("1/c", "Double/BAR", Some(2)),
        theirs("1", "Double", Some(2)),
    ];
    list[0].active = false;
    list[1].parent_rate = Some("a".to_owned());
    list[2].currency = Some("USD".to_owned());
    let found = suggest(sides(AvailabilityOn::Room, &ours, &list), &[]);
    assert_eq!(found.rows, []);
    let whys: Vec<&str> = found.theirs.iter().map(|left| left.why).collect();
    assert_eq!(
        whys,
        [
            "the room itself, whose rates are mapped",
            "inactive at the channel",
            "derived from another rate by the channel",
            "sold in another currency"
        ]
    );
}
