//! The steps that a history is made of.

use proptest::prelude::*;

/// One line as somebody wants it. Days are counted from the first that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) room_type: usize,
    pub(super) arrival: i32,
    pub(super) nights: i32,
    pub(super) units: i32,
    pub(super) adults: i32,
}

/// What somebody does next. `which` picks one of those that there are, counted round.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Hold(Vec<Wish>),
    Extend(usize),
    Release(usize),
    /// The hold's time is over, and nobody has noticed.
    Lapse(usize),
    /// The sweep ends what has lapsed.
    Sweep,
    ReserveHold(usize),
    ReserveLines(Vec<Wish>),
    Desk {
        lines: Vec<Wish>,
        arrives: Arrives,
    },
    Change {
        which: usize,
        line: usize,
        to: Wish,
        reprice: bool,
        dry_run: bool,
    },
    /// A transition of the reservation, by its place in [`TRANSITIONS`].
    Move(usize, usize),
    /// Every price of a room type is higher from now on.
    Dearer(usize),
    /// It is noon of the next day.
    NextDay,
}

/// How the desk books.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Arrives {
    Later,
    /// And waits for a confirmation.
    Perhaps,
    Now,
}

/// The transitions, as the routes name them.
pub(super) const TRANSITIONS: [&str; 6] = [
    "confirm",
    "decline",
    "cancel",
    "no-show",
    "check-in",
    "check-out",
];

fn wish() -> impl Strategy<Value = Wish> {
    (0..2_usize, 0..9_i32, 1..4_i32, 1..3_i32, 1..4_i32).prop_map(
        |(room_type, arrival, nights, units, adults)| Wish {
            room_type,
            arrival,
            nights,
            units,
            adults,
        },
    )
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    prop::collection::vec(wish(), 1..3)
}

fn change() -> impl Strategy<Value = Step> {
    (
        0..64_usize,
        0..2_usize,
        wish(),
        any::<bool>(),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(which, line, to, reprice, dry_run)| Step::Change {
            which,
            line,
            to,
            reprice,
            dry_run,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let arrives = prop_oneof![
        Just(Arrives::Later),
        Just(Arrives::Perhaps),
        Just(Arrives::Now)
    ];
    let which = || 0..64_usize;
    prop_oneof![
        5 => wishes().prop_map(Step::Hold),
        1 => which().prop_map(Step::Extend),
        2 => which().prop_map(Step::Release),
        2 => which().prop_map(Step::Lapse),
        1 => Just(Step::Sweep),
        4 => which().prop_map(Step::ReserveHold),
        4 => wishes().prop_map(Step::ReserveLines),
        3 => (wishes(), arrives).prop_map(|(lines, arrives)| Step::Desk { lines, arrives }),
        5 => change(),
        9 => (which(), 0..TRANSITIONS.len()).prop_map(|(which, step)| Step::Move(which, step)),
        1 => (0..2_usize).prop_map(Step::Dearer),
        1 => Just(Step::NextDay),
    ]
}

/// A history of at most so many steps.
pub(super) fn history(steps: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..=steps)
}
