//! Open after faults in a row, half open for one probe, closed by a sound one.

use proptest::prelude::*;

use super::*;

const RULES: CircuitRules = CircuitRules {
    faults: 3,
    first_pause: Duration::from_secs(10),
    longest_pause: Duration::from_secs(35),
    probe_patience: Duration::from_secs(60),
};

fn second(number: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + number).expect("an instant")
}

/// Whether a call goes through, with its verdict where it does.
fn call(circuit: &mut Circuit, verdict: Verdict, at: i64) -> Option<Change> {
    match circuit.enter(second(at)) {
        Entry::Call(pass) => Some(circuit.leave(pass, verdict, second(at))),
        Entry::Wait(_) => None,
    }
}

/// A circuit that opened at second 0.
fn opened() -> Circuit {
    let mut circuit = Circuit::new(RULES);
    for _ in 0..3 {
        call(&mut circuit, Verdict::Faulty, 0);
    }
    circuit
}

#[test]
fn only_faults_in_a_row_open_it() {
    let mut circuit = Circuit::new(RULES);
    for _ in 0..10 {
        assert_eq!(call(&mut circuit, Verdict::Faulty, 0), Some(Change::None));
        assert_eq!(call(&mut circuit, Verdict::Faulty, 0), Some(Change::None));
        assert_eq!(call(&mut circuit, Verdict::Sound, 0), Some(Change::None));
    }
    call(&mut circuit, Verdict::Faulty, 0);
    // What never came so far neither counts nor mends.
    call(&mut circuit, Verdict::Nothing, 0);
    call(&mut circuit, Verdict::Faulty, 0);
    let third = call(&mut circuit, Verdict::Faulty, 0);
    assert_eq!(third, Some(Change::Opened(Duration::from_secs(10))));
}

#[test]
fn an_open_one_lets_nobody_through_until_its_pause_is_over() {
    let mut circuit = opened();
    assert_eq!(
        circuit.enter(second(4)),
        Entry::Wait(Duration::from_secs(6))
    );
    assert_eq!(circuit.enter(second(10)), Entry::Call(Pass::Probe));
    assert!(matches!(circuit.enter(second(10)), Entry::Wait(_)));
}

#[test]
fn a_sound_probe_closes_it() {
    let mut circuit = opened();
    assert_eq!(call(&mut circuit, Verdict::Sound, 10), Some(Change::Closed));
    assert!(circuit.is_closed());
}

#[test]
fn each_faulty_probe_doubles_the_pause_up_to_the_longest() {
    let mut circuit = opened();
    let mut at = 10;
    for pause in [20, 35, 35] {
        let opened = Change::Opened(Duration::from_secs(pause));
        assert_eq!(call(&mut circuit, Verdict::Faulty, at), Some(opened));
        at += i64::try_from(pause).expect("a small number");
    }
}

#[test]
fn a_probe_that_never_came_so_far_leaves_its_turn_to_the_next() {
    let mut circuit = opened();
    assert_eq!(call(&mut circuit, Verdict::Nothing, 10), Some(Change::None));
    assert_eq!(circuit.enter(second(10)), Entry::Call(Pass::Probe));
}

#[test]
fn a_probe_that_never_comes_back_is_followed_by_another() {
    let mut circuit = opened();
    assert_eq!(circuit.enter(second(10)), Entry::Call(Pass::Probe));
    assert_eq!(
        circuit.enter(second(69)),
        Entry::Wait(Duration::from_secs(1))
    );
    assert_eq!(circuit.enter(second(70)), Entry::Call(Pass::Probe));
}

#[test]
fn calls_from_before_say_nothing_once_it_is_open() {
    let mut circuit = opened();
    for verdict in [Verdict::Sound, Verdict::Faulty] {
        let late = circuit.leave(Pass::Ordinary, verdict, second(5));
        assert_eq!(late, Change::None);
        assert_eq!(
            circuit.enter(second(5)),
            Entry::Wait(Duration::from_secs(5))
        );
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_lock_it() {
    let mut circuit = opened();
    assert_eq!(circuit.enter(second(-9_000)), Entry::Call(Pass::Probe));
}

proptest! {
    /// Whatever happens, nobody waits longer than the longest pause or a probe's patience, and what is sound again is
    /// called freely after one probe.
    #[test]
    fn it_always_comes_back(steps in prop::collection::vec((0..3_u8, 0..40_i64), 0..60)) {
        let mut circuit = Circuit::new(RULES);
        let mut at = 0;
        for (verdict, pause) in steps {
            at += pause;
            let verdict = [Verdict::Sound, Verdict::Faulty, Verdict::Nothing][usize::from(verdict)];
            match circuit.enter(second(at)) {
                Entry::Call(pass) => { circuit.leave(pass, verdict, second(at)); }
                Entry::Wait(wait) => prop_assert!(wait <= RULES.probe_patience),
            }
        }
        at += 60;
        prop_assert!(call(&mut circuit, Verdict::Sound, at).is_some());
        prop_assert!(circuit.is_closed());
    }
}
