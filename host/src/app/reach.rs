//! A channel that can be asked: its connection, hotel and connector, and a row in the log for each question.

use std::sync::Arc;

use crate::app::calls::{CallError, caller, hotel, keep_pace, unavailable};
use crate::app::{App, AppError, Refusal};
use crate::domain::connection::Connection;
use crate::domain::connector::{Called, Caller, ChannelConnector};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::store::sync_logs::{self, Entry, Outcome};
use crate::store::{StoreError, connections};

/// A channel that can be asked. No transaction is open while it is.
pub(super) struct Reached {
    pub(super) hotel: Hotel,
    pub(super) connection: Connection,
    pub(super) connector: Arc<dyn ChannelConnector>,
}

/// The channel of a connection, or none where it is disabled: then there is nothing to ask.
pub(super) async fn reach(
    app: &App,
    id: HotelId,
    connection: ConnectionId,
) -> Result<Option<Reached>, CallError> {
    let hotel = hotel(app, id).await?;
    let mut tx = app.store.begin(id).await?;
    let found = connections::find(&mut tx, connection).await?;
    tx.commit().await?;
    let Some(connection) = found.filter(|connection| connection.enabled) else {
        return Ok(None);
    };
    with_connector(app, hotel, connection).map(Some)
}

/// The same of a connection that may be disabled: what it began at its channel is still to be ended.
pub(super) async fn reach_any(
    app: &App,
    id: HotelId,
    connection: ConnectionId,
) -> Result<Reached, CallError> {
    let hotel = hotel(app, id).await?;
    let mut tx = app.store.begin(id).await?;
    let found = connections::find(&mut tx, connection).await?;
    tx.commit().await?;
    let found = found.ok_or(AppError::from(Refusal::NotFound { noun: "connection" }))?;
    with_connector(app, hotel, found)
}

fn with_connector(app: &App, hotel: Hotel, connection: Connection) -> Result<Reached, CallError> {
    let connector = app
        .connectors
        .channel(&connection.connector)
        .ok_or_else(|| unavailable(&connection.connector))?;
    Ok(Reached {
        hotel,
        connection,
        connector,
    })
}

impl Reached {
    /// Whom a call is for, once the channel's pace allows it.
    pub(super) async fn caller(&self, app: &App) -> Result<Caller, CallError> {
        let pace = self.connector.profile().requests_per_minute;
        keep_pace(app, self.hotel.id, self.connection.id, pace).await?;
        Ok(caller(app, &self.hotel, &self.connection))
    }

    /// Writes the row of a call, and answers what it came to.
    pub(super) async fn logged<T>(
        &self,
        app: &App,
        operation: &'static str,
        items: usize,
        called: Called<T>,
    ) -> Result<T, CallError> {
        log(
            app,
            &self.hotel,
            &self.connection,
            operation,
            (items, &called),
        )
        .await?;
        Ok(called.result?)
    }
}

/// Writes the row of a call that was about so many items.
pub(super) async fn log<T>(
    app: &App,
    hotel: &Hotel,
    connection: &Connection,
    operation: &'static str,
    (items, called): (usize, &Called<T>),
) -> Result<(), StoreError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let entry = Entry {
        connection: connection.id,
        operation,
        items,
        outcome: Outcome::of(called),
        at: app.clock.now(),
    };
    sync_logs::record(&mut tx, entry, &called.cost).await?;
    tx.commit().await
}
