//! What fails again and again is left alone, and comes back by itself.

use jiff::SignedDuration;
use roomwire::domain::clock::Clock;
use roomwire::domain::connector::{ConnectorFailure, SandboxFailure};
use roomwire::plugin::Limits;

use super::world::{World, caller, stopped};

/// A world whose time stands still until it is moved.
async fn world() -> (World, Clock) {
    let clock = Clock::movable(caller().now);
    let own = clock.clone();
    let world = World::set_up(Limits::default(), |options| options.clock = own).await;
    (world, clock)
}

#[tokio::test]
async fn a_plugin_that_traps_ten_times_in_a_row_is_quarantined_until_a_probe_is_sound() {
    let (world, clock) = world().await;
    for _ in 0..10 {
        assert_eq!(stopped(&world.check("trap").await).0, SandboxFailure::Trap);
    }
    let held_back = world.check("quiet").await;
    let (kind, message) = stopped(&held_back);
    assert_eq!(kind, SandboxFailure::Quarantined);
    assert!(message.ends_with("tried again in 30 s"), "{message}");
    assert_eq!(held_back.cost.cpu, std::time::Duration::ZERO);

    clock.advance(SignedDuration::from_secs(30));
    assert_eq!(stopped(&world.check("trap").await).0, SandboxFailure::Trap);
    clock.advance(SignedDuration::from_secs(59));
    let called = world.check("quiet").await;
    assert_eq!(stopped(&called).0, SandboxFailure::Quarantined);
    clock.advance(SignedDuration::from_secs(1));
    assert!(world.check("quiet").await.result.is_ok());
    assert!(world.check("quiet").await.result.is_ok());
}

#[tokio::test]
async fn a_sound_call_between_faults_keeps_a_plugin_out_of_quarantine() {
    let (world, _clock) = world().await;
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(stopped(&world.check("trap").await).0, SandboxFailure::Trap);
        }
        assert!(world.check("quiet").await.result.is_ok());
    }
}

#[tokio::test]
async fn a_channel_that_does_not_answer_is_asked_less_often() {
    let (world, clock) = world().await;
    for _ in 0..10 {
        let failure = world.check("no-answer").await.result;
        let expected = ConnectorFailure::Retry("the channel does not answer".to_owned());
        assert_eq!(failure, Err(expected));
    }
    let held_back = world.check("no-answer").await.result;
    let Err(ConnectorFailure::Retry(sentence)) = &held_back else {
        panic!("it was asked: {held_back:?}")
    };
    assert!(sentence.ends_with("is asked again in 10 s"), "{sentence}");
    clock.advance(SignedDuration::from_secs(10));
    let probe = world.check("no-answer").await.result;
    assert!(
        matches!(probe, Err(ConnectorFailure::Retry(sentence)) if sentence == "the channel does not answer")
    );
}
