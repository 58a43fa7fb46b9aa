//! What staff ask a channel at once: whether it can be reached, and what it sells.

use crate::app::App;
use crate::app::calls::CallError;
use crate::app::reach::{Reached, reach};
use crate::domain::connector::{ChannelProduct, ConnectorFailure};
use crate::domain::ids::{ConnectionId, HotelId};

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
    let reached = enabled(app, hotel, connection).await?;
    let caller = reached.caller(app).await?;
    let called = reached.connector.list_products(&caller).await;
    reached.logged(app, "list_products", 1, called).await
}

async fn enabled(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<Reached, CallError> {
    let disabled = || {
        ConnectorFailure::Permanent("the connection is disabled in the configuration".to_owned())
    };
    Ok(reach(app, hotel, connection).await?.ok_or_else(disabled)?)
}
