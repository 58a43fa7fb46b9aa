//! What staff ask a channel at once: whether it can be reached, and what it sells.

use std::collections::HashMap;

use crate::app::calls::CallError;
use crate::app::reach::{Reached, reach};
use crate::app::{App, AppError, Refusal};
use crate::domain::connection::{Connection, ConnectionKind};
use crate::domain::connector::{ChannelProduct, ConnectorProfile};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{CallId, ConnectionId, HotelId};
use crate::domain::subscription::Subscription;
use crate::store::sync_logs::{self, LoggedCall};
use crate::store::{connections, recordings, subscriptions};

/// Asks the channel whether the hotel's account can be reached; a sentence about what was found.
pub async fn check(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<String, CallError> {
    let reached = enabled(app, hotel, connection).await?;
    let caller = reached.caller(app).await?;
    let called = reached.connector.check(&caller).await;
    reached.logged(app, "check", 1, called).await
}

/// What the channel sells for the hotel.
pub async fn products(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<Vec<ChannelProduct>, CallError> {
    let (_, _, products) = discovered(app, hotel, connection).await?;
    Ok(products)
}

/// The same, with the hotel and what the connector's manifest says of the channel.
pub(super) async fn discovered(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<(Hotel, ConnectorProfile, Vec<ChannelProduct>), CallError> {
    let reached = enabled(app, hotel, connection).await?;
    let caller = reached.caller(app).await?;
    let called = reached.connector.list_products(&caller).await;
    let products = reached.logged(app, "list_products", 1, called).await?;
    let profile = reached.connector.profile().clone();
    Ok((reached.hotel, profile, products))
}

async fn enabled(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<Reached, CallError> {
    let reached = reach(app, hotel, connection).await?;
    Ok(reached.ok_or(AppError::from(Refusal::ConnectionDisabled))?)
}

/// A channel that is enabled, by its id, or by its name in the configuration.
pub async fn find_channel(app: &App, hotel: HotelId, name: &str) -> Result<Connection, AppError> {
    let connection = find(app, hotel, name).await?;
    match connection.kind {
        ConnectionKind::Email => Err(Refusal::NotAChannel.into()),
        ConnectionKind::Channel if connection.enabled => Ok(connection),
        ConnectionKind::Channel => Err(Refusal::ConnectionDisabled.into()),
    }
}

/// The hotel's connections, disabled ones too, each with what its channel is to send here.
pub async fn list(
    app: &App,
    hotel: HotelId,
) -> Result<Vec<(Connection, Option<Subscription>)>, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    let connections = connections::list(&mut tx).await?;
    let mut subscriptions: HashMap<ConnectionId, Subscription> =
        subscriptions::list(&mut tx).await?.into_iter().collect();
    let with_subscription = |connection: Connection| {
        let subscription = subscriptions.remove(&connection.id);
        (connection, subscription)
    };
    Ok(connections.into_iter().map(with_subscription).collect())
}

/// A connection by its id, or by its name in the configuration.
pub async fn find(app: &App, hotel: HotelId, name: &str) -> Result<Connection, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    let found = match name.parse::<ConnectionId>() {
        Ok(id) => connections::find(&mut tx, id).await?,
        Err(_) => connections::list(&mut tx)
            .await?
            .into_iter()
            .find(|one| one.name == name),
    };
    Ok(found.ok_or(Refusal::NotFound { noun: "connection" })?)
}

/// The newest calls of a connection: so many, before one of them where it is given.
pub async fn calls(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
    (before, limit): (Option<CallId>, u16),
) -> Result<Vec<LoggedCall>, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    Ok(sync_logs::list(&mut tx, connection, before, limit.into()).await?)
}

/// The recording of one of a connection's calls, as a JSON document.
pub async fn recording(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
    call: CallId,
) -> Result<String, AppError> {
    let mut tx = app.store.begin(hotel).await?;
    let found = recordings::find(&mut tx, connection, call).await?;
    Ok(found.ok_or(Refusal::NotFound { noun: "recording" })?)
}
