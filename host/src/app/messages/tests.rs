//! A scripted channel carries what guests write, and what the hotel answers.

use super::*;
use crate::app::dead_letters::{Decide, Decision};
use crate::app::inbound_world::{World, lock};
use crate::store::jobs::NotDone;

fn message(id: &str, thread: &str, at: Timestamp) -> GuestMessage {
    GuestMessage {
        id: id.to_owned(),
        thread: thread.to_owned(),
        reservation: Some("R1".to_owned()),
        sender: MessageSender::Guest,
        text: format!("the text of {id}"),
        sent_at: at,
    }
}

fn will_say(world: &World, messages: Vec<GuestMessage>, next: Option<&str>) {
    lock(&world.channel.message_pages).push_back(Ok(MessagePage {
        messages,
        refused: vec![],
        next: next.map(str::to_owned),
    }));
}

async fn pulled(world: &World) -> Result<(), CallError> {
    pull(&world.app, world.hotel.id, world.connection.id).await
}

async fn all_threads(world: &World) -> Vec<Thread> {
    threads(&world.app, world.hotel.id, None, (None, 100))
        .await
        .expect("a list")
}

async fn all_messages(world: &World, thread: ThreadId) -> Vec<Message> {
    list(&world.app, world.hotel.id, thread, (None, 100))
        .await
        .expect("a list")
}

/// A thread in which a guest has written, a minute ago.
async fn thread(world: &World) -> ThreadId {
    let ago = world
        .app
        .clock
        .now()
        .saturating_sub(SignedDuration::from_mins(1));
    will_say(
        world,
        vec![message("M1", "T1", ago.expect("an instant"))],
        None,
    );
    pulled(world).await.expect("a pull");
    all_threads(world).await[0].id
}

async fn answer(world: &World, thread: ThreadId, text: &str) -> MessageId {
    let verb = Answer {
        thread,
        text: text.to_owned(),
        actor: "api-key:desk".to_owned(),
    };
    let written = crate::app::perform(&world.app, world.hotel.id, &verb).await;
    written.expect("an answer").id
}

async fn sent(world: &World, id: MessageId, is_last: bool) -> Result<(), CallError> {
    send(&world.app, world.hotel.id, id, is_last).await
}

fn stands(messages: &[Message]) -> Vec<(&str, Option<ReplyState>)> {
    messages
        .iter()
        .map(|message| (message.text.as_str(), message.state))
        .collect()
}

#[tokio::test]
async fn what_comes_twice_is_kept_once_and_the_next_pull_begins_a_little_before() {
    let world = World::new().await;
    let started = world.app.clock.now();
    let (first, second) = (message("M1", "T1", started), message("M2", "T1", started));
    will_say(&world, vec![first.clone(), second.clone()], Some("two"));
    will_say(&world, vec![first.clone()], None);
    pulled(&world).await.expect("a pull");
    world.app.clock.advance(SignedDuration::from_hours(1));
    will_say(&world, vec![second, message("M1", "T2", started)], None);
    pulled(&world).await.expect("a pull");

    let threads = all_threads(&world).await;
    let mut lengths = Vec::new();
    for thread in &threads {
        lengths.push(all_messages(&world, thread.id).await.len());
    }
    lengths.sort_unstable();
    assert_eq!(lengths, [1, 2], "an id is a thread's own");
    let pulls = lock(&world.channel.message_pulls).clone();
    assert_eq!(pulls[0], started.saturating_sub(FIRST).expect("an instant"));
    let early = started.duration_since(pulls[2]);
    assert!(
        (early - OVERLAP).abs() < SignedDuration::from_millis(1),
        "{early:?}"
    );
}

#[tokio::test]
async fn what_comes_again_with_another_time_does_not_move_its_thread_up() {
    let world = World::new().await;
    let thread = thread(&world).await;
    let first = all_threads(&world).await[0].last_message_at;
    world.app.clock.advance(SignedDuration::from_hours(1));
    let now = world.app.clock.now();
    will_say(&world, vec![message("M1", "T1", now)], None);
    pulled(&world).await.expect("a pull");
    assert_eq!(all_threads(&world).await[0].last_message_at, first);
    assert_eq!(all_messages(&world, thread).await[0].sent_at, first);

    will_say(&world, vec![message("M2", "T1", now)], None);
    pulled(&world).await.expect("a pull");
    assert!(all_threads(&world).await[0].last_message_at > first);
}

#[tokio::test]
async fn a_failed_page_is_asked_for_again_from_where_the_pull_began() {
    let world = World::new().await;
    let now = world.app.clock.now();
    will_say(&world, vec![message("M1", "T1", now)], Some("two"));
    let gone = ConnectorFailure::Retry("the line is dead".to_owned());
    lock(&world.channel.message_pages).push_back(Err(gone));
    assert!(pulled(&world).await.is_err());
    pulled(&world).await.expect("a pull");
    let pulls = lock(&world.channel.message_pulls).clone();
    assert_eq!(pulls[0], pulls[2], "nothing was skipped");
}

#[tokio::test]
async fn a_thread_is_found_by_the_reservation_that_it_is_about() {
    let world = World::new().await;
    let revision = world.revision(1, "D", 3..5);
    crate::app::revisions::apply(&world.app, &world.hotel, &world.connection, &revision)
        .await
        .expect("a reservation");
    let reservation = world.reservation().await.id;
    let thread = thread(&world).await;
    let of = async |reservation| {
        let found = threads(&world.app, world.hotel.id, Some(reservation), (None, 100));
        found.await.expect("a list")
    };
    let found = of(reservation).await;
    assert_eq!(
        (found[0].id, found[0].reservation, found[0].last_sender),
        (thread, Some(reservation), MessageSender::Guest)
    );
    let other = ReservationId::new(world.app.clock.now());
    assert!(of(other).await.is_empty());
}

#[tokio::test]
async fn threads_and_messages_come_page_by_page_the_newest_first() {
    let world = World::new().await;
    let now = world.app.clock.now();
    let at = |minutes| {
        now.saturating_sub(SignedDuration::from_mins(minutes))
            .expect("an instant")
    };
    let written = (1..=3).map(|number| message(&format!("M{number}"), "T1", at(number)));
    let mut written: Vec<GuestMessage> = written.collect();
    written.push(message("M1", "T2", at(9)));
    will_say(&world, written, None);
    pulled(&world).await.expect("a pull");

    let page = async |after| {
        let found = threads(&world.app, world.hotel.id, None, (after, 1)).await;
        found
            .expect("a list")
            .into_iter()
            .next()
            .map(|thread| thread.id)
    };
    let first = page(None).await.expect("a thread");
    let second = page(Some(first)).await.expect("another");
    assert_eq!(page(Some(second)).await, None);
    assert_eq!(all_messages(&world, second).await.len(), 1);

    let mut after = None;
    for text in ["the text of M1", "the text of M2", "the text of M3"] {
        let found = list(&world.app, world.hotel.id, first, (after, 1)).await;
        let found = found.expect("a list").remove(0);
        assert_eq!(found.text, text);
        after = Some(found.id);
    }
}

#[tokio::test]
async fn a_cursor_that_names_nothing_in_a_list_is_refused_and_not_taken_for_its_end() {
    let world = World::new().await;
    let now = world.app.clock.now();
    let written = vec![message("M1", "T1", now), message("M1", "T2", now)];
    will_say(&world, written, None);
    pulled(&world).await.expect("a pull");
    let both = all_threads(&world).await;
    let (first, second) = (both[0].id, both[1].id);
    let foreign = all_messages(&world, second).await[0].id;
    let own = all_messages(&world, first).await[0].id;
    let hotel = world.hotel.id;
    let refused = list(&world.app, hotel, first, (Some(foreign), 10)).await;
    assert_refused(&refused.map(drop));
    let end = list(&world.app, hotel, first, (Some(own), 10)).await;
    assert!(end.expect("the end of the list").is_empty());
    let refused = threads(&world.app, hotel, None, (Some(ThreadId::new(now)), 10)).await;
    assert_refused(&refused.map(drop));
}

fn assert_refused(answer: &Result<(), AppError>) {
    let refused = matches!(
        answer,
        Err(AppError::Refused(Refusal::Invalid { pointer, .. })) if pointer == "cursor"
    );
    assert!(refused, "{answer:?}");
}

#[tokio::test]
async fn a_reply_goes_out_once_and_a_pull_brings_no_copy_of_it() {
    let world = World::new().await;
    let thread = thread(&world).await;
    let id = answer(&world, thread, "Yes, there is").await;
    let jobs = world.claim("reply").await;
    assert_eq!(jobs[0].payload["message_id"], json!(id.0));
    assert_eq!(
        stands(&all_messages(&world, thread).await)[0],
        ("Yes, there is", Some(ReplyState::Queued))
    );

    sent(&world, id, false).await.expect("it is sent");
    sent(&world, id, false).await.expect("nothing to do");
    let replies = lock(&world.channel.replies).clone();
    assert_eq!(replies.len(), 1);
    assert_eq!(
        (replies[0].thread.as_str(), replies[0].tried_since),
        ("T1", None)
    );
    let copy = GuestMessage {
        sender: MessageSender::Hotel,
        ..message(&format!("of {id}"), "T1", world.app.clock.now())
    };
    will_say(&world, vec![copy], None);
    pulled(&world).await.expect("a pull");
    let all = all_messages(&world, thread).await;
    assert_eq!(
        stands(&all),
        [
            ("Yes, there is", Some(ReplyState::Sent)),
            ("the text of M1", None)
        ]
    );
    assert_eq!(
        all_threads(&world).await[0].last_sender,
        MessageSender::Hotel
    );
}

#[tokio::test]
async fn an_unknown_outcome_is_tried_again_with_its_key_and_the_pulled_copy_becomes_the_reply() {
    let world = World::new().await;
    let thread = thread(&world).await;
    let id = answer(&world, thread, "Yes").await;
    let lost = ConnectorFailure::OutcomeUnknown("no answer".to_owned());
    lock(&world.channel.receipts).push_back(Err(lost));
    assert!(sent(&world, id, false).await.is_err());
    let copy = GuestMessage {
        sender: MessageSender::Hotel,
        ..message("M2", "T1", world.app.clock.now())
    };
    will_say(&world, vec![copy], None);
    pulled(&world).await.expect("a pull");

    lock(&world.channel.receipts).push_back(Ok("M2".to_owned()));
    sent(&world, id, false).await.expect("it is there");
    let replies = lock(&world.channel.replies).clone();
    assert_eq!(replies[0].idempotency_key, replies[1].idempotency_key);
    assert!(replies[0].tried_since.is_none() && replies[1].tried_since.is_some());
    assert_eq!(
        stands(&all_messages(&world, thread).await),
        [("Yes", Some(ReplyState::Sent)), ("the text of M1", None)]
    );
}

#[tokio::test]
async fn what_the_channel_refuses_or_does_not_take_in_the_end_has_failed_and_says_why() {
    let world = World::new().await;
    let thread = thread(&world).await;
    let gone = || ConnectorFailure::Retry("away".to_owned());
    let closed = ConnectorFailure::NotFound("the thread is closed".to_owned());
    for (failure, is_last, fails) in [
        (gone(), false, false),
        (gone(), true, true),
        (closed, false, true),
    ] {
        let id = answer(&world, thread, "Yes").await;
        let class = failure.class();
        lock(&world.channel.receipts).push_back(Err(failure));
        assert_eq!(sent(&world, id, is_last).await.is_ok(), fails);
        let all = all_messages(&world, thread).await;
        let reply = all
            .iter()
            .find(|message| message.id == id)
            .expect("the reply");
        let (state, reason) = if fails {
            (ReplyState::Failed, Some(class))
        } else {
            (ReplyState::Queued, None)
        };
        assert_eq!(
            (reply.state, reply.reason.as_deref()),
            (Some(state), reason)
        );
    }
}

#[tokio::test]
async fn a_reply_of_which_any_attempt_may_have_arrived_says_so_when_it_has_failed() {
    let world = World::new().await;
    let thread = thread(&world).await;
    let away = || ConnectorFailure::Retry("away".to_owned());
    let lost = ConnectorFailure::OutcomeUnknown("no answer".to_owned());
    let trapped = ConnectorFailure::Sandbox {
        kind: SandboxFailure::Trap,
        message: "unreachable".to_owned(),
    };
    for (failures, reason) in [
        (vec![lost, away()], "outcome-unknown"),
        (vec![away(), away()], "retry"),
        (vec![trapped], "outcome-unknown"),
    ] {
        let id = answer(&world, thread, "Yes").await;
        for (place, failure) in failures.iter().enumerate() {
            let is_last = place + 1 == failures.len();
            lock(&world.channel.receipts).push_back(Err(failure.clone()));
            assert_eq!(sent(&world, id, is_last).await.is_ok(), is_last);
        }
        let all = all_messages(&world, thread).await;
        let reply = all.iter().find(|message| message.id == id);
        let reply = reply.expect("the reply");
        assert_eq!(
            (reply.state, reply.reason.as_deref()),
            (Some(ReplyState::Failed), Some(reason))
        );
    }
}

#[tokio::test]
async fn a_channel_that_puts_a_reply_off_for_longer_than_a_guest_waits_has_not_taken_it() {
    let world = World::new().await;
    let thread = thread(&world).await;
    let id = answer(&world, thread, "Yes").await;
    for (hours, state) in [(1, ReplyState::Queued), (2, ReplyState::Failed)] {
        world.app.clock.advance(SignedDuration::from_hours(hours));
        let limited = ConnectorFailure::RateLimited {
            after_seconds: Some(3_600),
            scope: "account".to_owned(),
        };
        lock(&world.channel.receipts).push_back(Err(limited));
        let put_off = sent(&world, id, false).await.is_err();
        assert_eq!(put_off, state == ReplyState::Queued);
        let reply = all_messages(&world, thread).await.remove(0);
        assert_eq!((reply.id, reply.state), (id, Some(state)));
    }
}

/// Sets the job of a reply aside, as when its worker died three times, and answers the letter's number.
async fn set_aside(world: &World) -> i64 {
    let job = world.claim("reply").await.remove(0);
    let died = NotDone::Dead {
        reason: "its worker died 3 times while running it".to_owned(),
    };
    let aside = jobs::not_done(&world.app.store, &job, died).await;
    assert!(aside.expect("the database answers"));
    job.id
}

#[tokio::test]
async fn a_reply_whose_letter_is_given_up_has_failed_and_may_be_there_only_if_it_was_tried() {
    let world = World::new().await;
    let thread = thread(&world).await;
    for (tried, reason) in [(false, "permanent"), (true, "outcome-unknown")] {
        let id = answer(&world, thread, "Yes").await;
        if tried {
            let lost = ConnectorFailure::OutcomeUnknown("no answer".to_owned());
            lock(&world.channel.receipts).push_back(Err(lost));
            sent(&world, id, false).await.expect_err("no answer came");
        }
        let verb = Decide {
            letter: set_aside(&world).await,
            decision: Decision::Discard,
            actor: "api-key:desk".to_owned(),
            reason: None,
        };
        let decided = crate::app::perform(&world.app, world.hotel.id, &verb).await;
        assert_eq!(decided.expect("a decision").kind, "reply");
        let all = all_messages(&world, thread).await;
        let reply = all.iter().find(|message| message.id == id);
        let reply = reply.expect("the reply");
        assert_eq!(
            (reply.state, reply.reason.as_deref()),
            (Some(ReplyState::Failed), Some(reason))
        );
    }
}

#[tokio::test]
async fn an_id_that_is_another_replys_does_not_make_this_one_sent() {
    let world = World::new().await;
    let thread = thread(&world).await;
    let (first, second) = (
        answer(&world, thread, "Yes").await,
        answer(&world, thread, "Yes").await,
    );
    for _ in 0..2 {
        lock(&world.channel.receipts).push_back(Ok("M2".to_owned()));
    }
    sent(&world, first, false).await.expect("it is sent");
    sent(&world, second, false).await.expect("it is settled");
    let all = all_messages(&world, thread).await;
    let state = |id| {
        all.iter()
            .find(|message| message.id == id)
            .and_then(|one| one.state)
    };
    assert_eq!(state(first), Some(ReplyState::Sent));
    assert_eq!(state(second), Some(ReplyState::Failed));
}

#[tokio::test]
async fn a_receipt_that_names_what_the_guest_wrote_takes_nothing_of_it_away() {
    let world = World::new().await;
    let thread = thread(&world).await;
    let id = answer(&world, thread, "Yes").await;
    lock(&world.channel.receipts).push_back(Ok("M1".to_owned()));
    sent(&world, id, false).await.expect("it is settled");
    let all = all_messages(&world, thread).await;
    assert_eq!(
        stands(&all),
        [("Yes", Some(ReplyState::Failed)), ("the text of M1", None)]
    );
    assert_eq!(all[0].reason.as_deref(), Some("outcome-unknown"));
}

#[tokio::test]
async fn a_thread_in_which_nobody_writes_any_more_is_forgotten_with_what_was_written() {
    let world = World::new().await;
    thread(&world).await;
    let prune = async |kept| {
        let mut tx = world
            .app
            .store
            .begin(world.hotel.id)
            .await
            .expect("a transaction");
        messages::prune(&mut tx, kept, 10).await.expect("a sweep");
        tx.commit().await.expect("a commit");
    };
    prune(Duration::from_secs(3600)).await;
    assert_eq!(all_threads(&world).await.len(), 1);
    prune(Duration::ZERO).await;
    assert_eq!(all_threads(&world).await.len(), 0);
}

#[tokio::test]
async fn nobody_answers_in_a_thread_that_is_not_there() {
    let world = World::new().await;
    let verb = Answer {
        thread: ThreadId::new(world.app.clock.now()),
        text: "Yes".to_owned(),
        actor: "api-key:desk".to_owned(),
    };
    let refused = crate::app::perform(&world.app, world.hotel.id, &verb).await;
    assert!(matches!(
        refused,
        Err(AppError::Refused(Refusal::NotFound { .. }))
    ));
}
