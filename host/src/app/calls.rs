//! What every call of a connector needs: for whom it is, and whether the channel's pace allows it now.

use std::time::Duration;

use crate::app::{App, AppError};
use crate::domain::connection::Connection;
use crate::domain::connector::{Caller, ConnectorFailure, SandboxFailure};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::store::{StoreError, hotels, sync_logs};

/// Why a use case that calls a connector did not get through. Nothing that it had done before is lost.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    App(#[from] AppError),
    /// The connector failed, or refused for now.
    #[error(transparent)]
    Connector(#[from] ConnectorFailure),
    /// The channel takes only so many requests a minute, and they are used up.
    #[error("the channel's requests of this minute are used up")]
    Paced { after: Duration },
}

impl From<StoreError> for CallError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

/// The hotel of a call.
pub async fn hotel(app: &App, hotel: HotelId) -> Result<Hotel, StoreError> {
    hotels::find(&app.store, hotel)
        .await?
        .ok_or_else(|| StoreError::Inconsistent {
            table: "jobs",
            column: "hotel_id",
            row: hotel.to_string(),
        })
}

/// Whom a call is for, at this instant.
pub fn caller(app: &App, hotel: &Hotel, connection: &Connection) -> Caller {
    Caller {
        hotel: hotel.id,
        connection: connection.id,
        connector: connection.connector.clone(),
        time_zone: hotel.time_zone.clone(),
        currency: hotel.currency,
        now: app.clock.now(),
    }
}

/// The failure of a connector that is not loaded: it may be again.
pub fn unavailable(connector: &str) -> ConnectorFailure {
    ConnectorFailure::Sandbox {
        kind: SandboxFailure::Unavailable,
        message: format!("no plugin `{connector}` is loaded"),
    }
}

/// The pace of what can wait: it stops at half of what the channel takes, and leaves the rest to pushes and reservations.
pub fn leisurely(requests_per_minute: Option<u32>) -> Option<u32> {
    requests_per_minute.map(|allowed| (allowed / 2).max(1))
}

/// Waits for nothing: answers an error with the pause where the requests of this minute are used up.
/// The sync log remembers them, so that processes and kinds of work share one pace.
pub async fn keep_pace(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
    requests_per_minute: Option<u32>,
) -> Result<(), CallError> {
    let Some(allowed) = requests_per_minute else {
        return Ok(());
    };
    let mut tx = app.store.begin(hotel).await?;
    let last = sync_logs::last_minute(&mut tx, connection).await?;
    tx.commit().await?;
    if last.requests < i64::from(allowed) {
        return Ok(());
    }
    let after = last.oldest_leaves_in.max(Duration::from_millis(100));
    Err(CallError::Paced { after })
}
