//! The only room that says axum: every route, in reading order, and the layers round them.

mod access;
mod ari;
mod assignments;
mod catalogue;
mod changes;
mod connections;
mod dead_letters;
mod docs;
mod extract;
mod guest_session;
mod health;
mod holds;
mod hotels;
mod idempotent;
mod json_body;
mod layers;
mod limits;
mod mappings;
mod messages;
mod offers;
mod openapi;
mod parity;
mod problem;
mod quotes;
mod reservation_list;
mod reservation_request;
mod reservations;
mod rules;
mod search;
mod settings;
mod step;
mod transitions;
mod typed_json;
mod waitlist;
mod webhook_tokens;
mod webhooks;
mod wire;

pub mod server;

pub use layers::Edge;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, patch, post};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;

use crate::app::App;
use crate::app::access::KeyUses;
use crate::domain::webhook::WebhookVerifier;

/// What the handlers share.
#[derive(Clone)]
pub struct HttpState {
    pub app: App,
    pub verifier: Arc<dyn WebhookVerifier>,
    pub metrics: PrometheusHandle,
    /// What bounds callers.
    pub edge: Arc<Edge>,
    /// Which keys were used, for whoever writes it down.
    pub uses: KeyUses,
    /// False while the program starts or drains: load balancers then look elsewhere.
    pub ready: watch::Receiver<bool>,
}

impl std::fmt::Debug for HttpState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HttpState")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// Only the routes for machines, for a process that does not answer the gateway, or on a port of their own.
pub fn machine_router(state: HttpState) -> Router {
    let edge = state.edge.clone();
    let machines = machine_routes()
        .fallback(layers::no_route)
        .method_not_allowed_fallback(layers::no_method)
        .with_state(state);
    layers::wrap(machines, edge)
}

fn machine_routes() -> Router<HttpState> {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// Every route.
pub fn router(state: HttpState) -> Router {
    let edge = state.edge.clone();
    let api = sale_routes()
        .merge(booking_routes())
        .merge(room_routes())
        .merge(waitlist_routes())
        .merge(message_routes())
        .merge(catalogue_routes())
        .merge(price_routes())
        .merge(promo_routes())
        .merge(extra_routes())
        .merge(calendar_routes())
        .merge(channel_routes())
        .merge(letter_routes())
        .merge(document_routes())
        .merge(machine_routes())
        .fallback(layers::no_route)
        .method_not_allowed_fallback(layers::no_method)
        .with_state(state);
    layers::wrap(api, edge)
}

/// What is for sale.
fn sale_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels",
            get(hotels::list_hotels).post(settings::create_hotel),
        )
        .route("/v1/search", get(search::search))
        .route("/v1/hotels/{hotel}", get(hotels::get_hotel))
        .route(
            "/v1/hotels/{hotel}/settings",
            get(settings::get_settings).patch(settings::change_settings),
        )
        .route("/v1/hotels/{hotel}/offers", get(offers::list_offers))
        .route("/v1/hotels/{hotel}/quotes", post(quotes::create_quote))
}

/// Bookings, from the hold to the end of the stay.
fn booking_routes() -> Router<HttpState> {
    Router::new()
        .route("/v1/hotels/{hotel}/holds", post(holds::place_hold))
        .route(
            "/v1/hotels/{hotel}/holds/{hold}",
            patch(holds::extend_hold)
                .delete(holds::release_hold)
                .get(holds::get_hold),
        )
        .route(
            "/v1/hotels/{hotel}/reservations",
            post(reservations::create_reservation).get(reservation_list::list_reservations),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}",
            get(reservations::get_reservation).patch(changes::change_reservation),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/confirm",
            post(transitions::confirm_reservation),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/decline",
            post(transitions::decline_reservation),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/cancel",
            post(transitions::cancel_reservation),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/no-show",
            post(transitions::no_show_reservation),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/check-in",
            post(transitions::check_in_reservation),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/check-out",
            post(transitions::check_out_reservation),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/events",
            get(reservation_list::list_events),
        )
        .route(
            "/v1/hotels/{hotel}/booking-rules",
            get(rules::get_rules).put(rules::set_rules),
        )
}

/// Who sleeps in which room.
fn room_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/rooms/auto",
            post(assignments::assign_rooms),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/rooms/move",
            post(assignments::move_room),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/rooms/lock",
            post(assignments::lock_rooms),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/rooms/unlock",
            post(assignments::unlock_rooms),
        )
        .route(
            "/v1/hotels/{hotel}/reservations/{reservation}/rooms/unassign",
            post(assignments::unassign_rooms),
        )
        .route(
            "/v1/hotels/{hotel}/assignments",
            get(assignments::list_assignments),
        )
        .route(
            "/v1/hotels/{hotel}/assignments/auto",
            post(assignments::assign_arrivals),
        )
        .route(
            "/v1/hotels/{hotel}/assignments/swap",
            post(assignments::swap_rooms),
        )
}

/// Who waits.
fn waitlist_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/waitlist",
            post(waitlist::join_waitlist).get(waitlist::list_waitlist),
        )
        .route(
            "/v1/hotels/{hotel}/waitlist/{entry}",
            get(waitlist::get_waitlist_entry).delete(waitlist::delete_waitlist_entry),
        )
        .route(
            "/v1/hotels/{hotel}/waitlist/{entry}/withdraw",
            post(waitlist::withdraw_waitlist_entry),
        )
        .route(
            "/v1/hotels/{hotel}/waitlist/{entry}/book",
            post(waitlist::book_waitlist_entry),
        )
}

/// What guests write.
fn message_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/message-threads",
            get(messages::list_message_threads),
        )
        .route(
            "/v1/hotels/{hotel}/message-threads/{thread}/messages",
            get(messages::list_messages).post(messages::send_message),
        )
}

/// What is sold.
fn catalogue_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/room-types",
            get(catalogue::list_room_types).post(catalogue::create_room_type),
        )
        .route(
            "/v1/hotels/{hotel}/room-types/{room_type}",
            get(catalogue::get_room_type)
                .patch(catalogue::change_room_type)
                .delete(catalogue::delete_room_type),
        )
        .route(
            "/v1/hotels/{hotel}/rooms",
            get(catalogue::list_rooms).post(catalogue::create_room),
        )
        .route(
            "/v1/hotels/{hotel}/rooms/{room}",
            get(catalogue::get_room)
                .patch(catalogue::change_room)
                .delete(catalogue::delete_room),
        )
        .route(
            "/v1/hotels/{hotel}/catalogue/events",
            get(catalogue::list_catalogue_events),
        )
}

/// What it costs.
fn price_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/rate-plans",
            get(catalogue::list_rate_plans).post(catalogue::create_rate_plan),
        )
        .route(
            "/v1/hotels/{hotel}/rate-plans/{rate_plan}",
            get(catalogue::get_rate_plan)
                .patch(catalogue::change_rate_plan)
                .delete(catalogue::delete_rate_plan),
        )
        .route(
            "/v1/hotels/{hotel}/cancellation-policies",
            get(catalogue::list_policies).post(catalogue::create_policy),
        )
        .route(
            "/v1/hotels/{hotel}/cancellation-policies/{policy}",
            get(catalogue::get_policy)
                .patch(catalogue::change_policy)
                .delete(catalogue::delete_policy),
        )
        .route(
            "/v1/hotels/{hotel}/charges",
            get(catalogue::list_charges).post(catalogue::create_charge),
        )
        .route(
            "/v1/hotels/{hotel}/charges/{charge}",
            get(catalogue::get_charge)
                .patch(catalogue::change_charge)
                .delete(catalogue::delete_charge),
        )
        .route(
            "/v1/hotels/{hotel}/products",
            get(catalogue::list_hotel_products).post(catalogue::create_product),
        )
        .route(
            "/v1/hotels/{hotel}/products/{room_type}/{rate_plan}",
            get(catalogue::get_product)
                .patch(catalogue::change_product)
                .delete(catalogue::delete_product),
        )
}

/// What it costs less with.
fn promo_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/promo-codes",
            get(catalogue::list_promo_codes).post(catalogue::create_promo_code),
        )
        .route(
            "/v1/hotels/{hotel}/promo-codes/{promo_code}",
            get(catalogue::get_promo_code)
                .patch(catalogue::change_promo_code)
                .delete(catalogue::delete_promo_code),
        )
}

/// What is sold with a room.
fn extra_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/extras",
            get(catalogue::list_extras).post(catalogue::create_extra),
        )
        .route(
            "/v1/hotels/{hotel}/extras/{extra}",
            get(catalogue::get_extra)
                .patch(catalogue::change_extra)
                .delete(catalogue::delete_extra),
        )
        .route(
            "/v1/hotels/{hotel}/extras/{extra}/capacity",
            get(catalogue::get_extra_capacity).patch(catalogue::set_extra_capacity),
        )
        .route(
            "/v1/hotels/{hotel}/packages",
            get(catalogue::list_packages).post(catalogue::create_package),
        )
        .route(
            "/v1/hotels/{hotel}/packages/{package}",
            get(catalogue::get_package)
                .patch(catalogue::change_package)
                .delete(catalogue::delete_package),
        )
}

/// The calendar.
fn calendar_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/ari",
            get(ari::get_ari).patch(ari::edit_ari),
        )
        .route("/v1/hotels/{hotel}/ari/changes", get(ari::list_ari_changes))
        .route(
            "/v1/hotels/{hotel}/ari/changes/{change}/undo",
            post(ari::undo_ari_change),
        )
}

/// Channels.
fn channel_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/connections",
            get(connections::list_connections),
        )
        .route(
            "/v1/hotels/{hotel}/connections/{connection}/test",
            post(connections::test_connection),
        )
        .route(
            "/v1/hotels/{hotel}/connections/{connection}/products",
            get(connections::list_products),
        )
        .route(
            "/v1/hotels/{hotel}/connections/{connection}/mappings",
            get(mappings::list_mappings),
        )
        .route(
            "/v1/hotels/{hotel}/connections/{connection}/mappings/suggestions",
            get(mappings::suggest_mappings),
        )
        .route(
            "/v1/hotels/{hotel}/connections/{connection}/sync",
            post(connections::sync_connection),
        )
        .route(
            "/v1/hotels/{hotel}/connections/{connection}/log",
            get(connections::list_calls),
        )
        .route(
            "/v1/hotels/{hotel}/connections/{connection}/log/{entry}/recording",
            get(connections::get_recording),
        )
        .route(
            "/v1/hotels/{hotel}/connections/{connection}/parity",
            get(parity::list_drifts).post(parity::start_parity),
        )
        .route(
            "/v1/webhooks/{endpoint_token}",
            post(webhooks::receive).get(webhooks::ping),
        )
        .route(
            "/v1/webhooks/{endpoint_token}/token",
            post(webhook_tokens::issue),
        )
}

/// What waits for a person.
fn letter_routes() -> Router<HttpState> {
    Router::new()
        .route(
            "/v1/hotels/{hotel}/dead-letters",
            get(dead_letters::list_dead_letters),
        )
        .route(
            "/v1/hotels/{hotel}/dead-letters/{letter}/replay",
            post(dead_letters::replay_dead_letter),
        )
        .route(
            "/v1/hotels/{hotel}/dead-letters/{letter}/discard",
            post(dead_letters::discard_dead_letter),
        )
}

/// The description of it all.
fn document_routes() -> Router<HttpState> {
    Router::new()
        .route("/openapi.json", get(openapi::document))
        .route("/docs", get(docs::enter))
        .route("/docs/", get(docs::page))
        .route("/docs/{file}", get(docs::file))
}
