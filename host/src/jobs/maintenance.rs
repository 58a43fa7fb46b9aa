//! The host's own housekeeping, each job on its own period.

use std::time::Duration;

use crate::app::{self, App, push};
use crate::domain::ids::HotelId;
use crate::domain::night;
use crate::jobs::JobError;
use crate::jobs::error::chain;
use crate::store::jobs::Job;
use crate::store::{
    StoreError, account_tokens, ari_changes, holds, hotels, idempotency, messages, recordings,
    sync_logs,
};

/// How many lapsed holds end in one transaction.
const BATCH: i32 = 500;
/// How long the sync log is kept.
const SYNC_LOG_KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
const SYNC_LOG_BATCH: i64 = 5_000;
/// How long recordings are kept: they hold what guests wrote, so for no longer than a failure is looked into.
const RECORDINGS_KEPT: Duration = Duration::from_secs(14 * 24 * 3600);
const RECORDINGS_BATCH: i64 = 1_000;
/// How long a thread is kept in which nobody writes: what guests wrote is wanted until after their stay.
const MESSAGES_KEPT: Duration = Duration::from_secs(400 * 24 * 3600);
const MESSAGES_BATCH: i64 = 1_000;
/// How long an account is remembered that asked for no token: longer than any budget looks back.
const ACCOUNTS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Fewer months of partitions ahead than this are an alarm.
const LEAST_MONTHS: i32 = 3;

/// Ends lapsed holds, so that their units are counted as free, and channels are told.
pub(super) async fn expire_holds(app: App, _: Job) -> Result<(), JobError> {
    let mut expired = 0;
    let mut failed = None;
    for hotel in hotels::list(&app.store).await? {
        if let Err(error) = expire_holds_of(&app, hotel.id, &mut expired).await {
            note(hotel.id, &error);
            failed = Some(error);
        }
    }
    if expired > 0 {
        metrics::counter!("holds_expired_total").increment(expired.unsigned_abs().into());
        app.wake.ring();
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

async fn expire_holds_of(app: &App, hotel: HotelId, expired: &mut i32) -> Result<(), StoreError> {
    loop {
        let mut tx = app.store.begin(hotel).await?;
        let batch = holds::expire(&mut tx, BATCH).await?;
        tx.commit().await?;
        *expired += batch;
        if batch < BATCH {
            return Ok(());
        }
    }
}

/// One hotel's failure must not keep the sweep from the others: it is told here, and fails the job at the end.
fn note(hotel: HotelId, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(hotel.id = %hotel, error = chain(error), "housekeeping failed for a hotel; going on");
}

/// Tells of tentative reservations that wait too long, and releases them by their hotel's rule.
pub(super) async fn age_tentative(app: App, _: Job) -> Result<(), JobError> {
    let mut failed = None;
    for hotel in hotels::list(&app.store).await? {
        if let Err(error) = app::aging::age(&app, &hotel).await {
            note(hotel.id, &error);
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// Ends entries of waitlists whose day passed or whose offer ended, and looks whether anybody can be offered anything.
pub(super) async fn sweep_waitlists(app: App, _: Job) -> Result<(), JobError> {
    let mut failed = None;
    for hotel in hotels::list(&app.store).await? {
        if let Err(error) = app::waitlist::sweep(&app, &hotel).await {
            note(hotel.id, &error);
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// Tells every channel of what it was not told by itself: nights that came within its horizon, and cells whose push was
/// set aside or lost.
pub(super) async fn catch_up(app: App, _: Job) -> Result<(), JobError> {
    let mut failed = None;
    for hotel in hotels::list(&app.store).await? {
        if let Err(error) = push::catch_up(&app, &hotel).await {
            note(hotel.id, &error);
            failed = Some(error);
        }
    }
    app.wake.ring();
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// Makes links of the audit trails' new events. The newest link goes to the log, where a chain that was written anew
/// can be told from what was noted.
pub(super) async fn seal_audit(app: App, _: Job) -> Result<(), JobError> {
    let mut failed = None;
    for hotel in hotels::list(&app.store).await? {
        match app::audit::seal(&app, hotel.id).await {
            Ok((sealed @ 1.., Some(head))) => {
                let hash = hex::encode(head.hash);
                tracing::info!(hotel.id = %hotel.id, number = head.number, hash, "The audit trail was sealed");
                metrics::counter!("roomwire_audit_events_sealed_total").increment(sealed as u64);
            }
            Ok(_) => {}
            Err(error) => {
                note(hotel.id, &error);
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// Keeps the months of partitioned tables ahead of today.
pub(super) async fn keep_partitions(app: App, _: Job) -> Result<(), JobError> {
    let today = night::today(app.clock.now(), &jiff::tz::TimeZone::UTC);
    hotels::ensure_partitions(&app.store, today).await?;
    let months = hotels::partition_horizon(&app.store, today).await?;
    metrics::gauge!("partition_horizon_months").set(f64::from(months));
    if months < LEAST_MONTHS {
        tracing::error!(
            months,
            "Partitions end soon: bookings beyond them would be refused"
        );
    }
    Ok(())
}

/// Forgets old idempotency keys, messages, recordings and rows of the sync log, and tokens of accounts that ask no more.
pub(super) async fn forget(app: App, _: Job) -> Result<(), JobError> {
    account_tokens::prune(&app.store, ACCOUNTS_KEPT).await?;
    let mut failed = None;
    for hotel in hotels::list(&app.store).await? {
        if let Err(error) = forget_of(&app, hotel.id).await {
            note(hotel.id, &error);
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

async fn forget_of(app: &App, hotel: HotelId) -> Result<(), StoreError> {
    let mut tx = app.store.begin(hotel).await?;
    idempotency::prune(&mut tx).await?;
    ari_changes::prune(&mut tx).await?;
    messages::prune(&mut tx, MESSAGES_KEPT, MESSAGES_BATCH).await?;
    recordings::prune(&mut tx, RECORDINGS_KEPT, RECORDINGS_BATCH).await?;
    sync_logs::prune(&mut tx, SYNC_LOG_KEPT, SYNC_LOG_BATCH).await?;
    tx.commit().await
}
