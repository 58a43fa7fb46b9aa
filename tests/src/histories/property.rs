//! Every history leaves the hotel as the model says.

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use roomwire::config::Environment;
use roomwire::domain::clock::Clock;
use tokio::runtime::Runtime;

use crate::histories::play::Stage;
use crate::histories::steps::{Step, history};

const HISTORIES: u32 = 120;
const STEPS: usize = 50;

/// A history that the gateway and the model tell differently, as short as it was found, and where they part.
#[derive(Debug)]
pub(super) struct Parted {
    pub(super) steps: Vec<Step>,
    pub(super) why: String,
}

/// Plays histories of some steps, begun with this number.
pub(super) fn play_all(
    runtime: &Runtime,
    stage: &mut Stage,
    seed: u64,
    histories: u32,
) -> Result<(), Parted> {
    let config = Config {
        cases: histories,
        max_shrink_iters: 400,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let stage = std::cell::RefCell::new(stage);
    TestRunner::new_with_rng(config, random)
        .run(&history(STEPS), |steps| {
            runtime.block_on(stage.borrow_mut().play(&steps))
        })
        .map_err(|parted| match parted {
            TestError::Fail(why, steps) => Parted {
                steps,
                why: why.to_string(),
            },
            TestError::Abort(why) => panic!("{why}"),
        })
}

pub(super) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts")
}

/// Each run plays others; ROOMWIRE_TEST_SEED plays the same ones again.
fn seed() -> u64 {
    let named = Environment::of_process();
    let named = named.get("ROOMWIRE_TEST_SEED").map(str::parse);
    named.map_or_else(
        || Clock::system().now().as_microsecond().unsigned_abs(),
        |seed| seed.expect("ROOMWIRE_TEST_SEED is a number"),
    )
}

#[test]
fn every_history_leaves_the_counters_of_the_model_and_breaks_no_invariant() {
    let runtime = runtime();
    let mut stage = runtime.block_on(Stage::new());
    let seed = seed();
    if let Err(parted) = play_all(&runtime, &mut stage, seed, HISTORIES) {
        let steps: Vec<String> = parted
            .steps
            .iter()
            .map(|step| format!("{step:?}"))
            .collect();
        panic!(
            "{}\nplay it again with ROOMWIRE_TEST_SEED={seed}; as short as it was found:\n{}",
            parted.why,
            steps.join("\n")
        );
    }
}
