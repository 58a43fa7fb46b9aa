//! Which rates are sold on which rooms.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use roomwire_plugin_sdk::xml::Element;

use super::Channel;
use super::model::{Rate, Room};
use super::wire::{Fault, answer, document, holds_only};
use super::world::World;

pub(super) fn routes() -> Router<Channel> {
    Router::new().route("/hotels/xml/roomrates", post(list))
}

/// Of one property, or of all that the machine account has.
async fn list(
    State(channel): State<Channel>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Fault> {
    let root = document(&headers, &body)?;
    holds_only(&root, "request", (&[], &["hotel_id"]))?;
    let wanted = root.at(&["hotel_id"]).map(Element::content);
    let world = channel.world();
    if wanted.is_some_and(|id| !world.places.contains_key(id)) {
        return Err(Fault::forbidden());
    }
    let rooms = world.rooms.iter();
    let rooms = rooms.filter(|room| wanted.is_none_or(|id| id == room.property));
    let root = Element::new("rooms").children(rooms.map(|one| room(&world, one)));
    Ok(answer(StatusCode::OK, &root))
}

fn room(world: &World, room: &Room) -> Element {
    let rates = world.rates.iter().filter(|rate| rate.room == room.id);
    Element::new("room")
        .attribute("id", room.id.as_str())
        .attribute("hotel_id", room.property.as_str())
        .attribute("room_name", room.name.as_str())
        .child(Element::new("rates").children(rates.map(rate)))
}

fn rate(rate: &Rate) -> Element {
    let flag = |is_so: bool| if is_so { "1" } else { "0" };
    Element::new("rate")
        .attribute("id", rate.id.as_str())
        .attribute("rate_name", rate.name.as_str())
        .attribute("max_persons", rate.max_persons.to_string())
        .attribute("active", flag(rate.active))
        .attribute("is_child_rate", flag(rate.parent.is_some()))
        .optional("parent_rate_id", rate.parent.as_deref())
}
