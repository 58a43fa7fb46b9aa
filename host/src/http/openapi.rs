//! The OpenAPI document, generated from the handlers.

mod shared;

use axum::Json;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::http::openapi::shared::EveryOperation;
use crate::http::{
    ari, assignments, catalogue, changes, connections, dead_letters, holds, hotels, mappings,
    messages, offers, parity, quotes, reservation_list, reservations, rules, search, settings,
    transitions, waitlist, webhook_tokens, webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Roomwire booking gateway", description = "Rooms, prices, holds and reservations of hotels. \
        Failures are `application/problem+json` with a stable `code`. Amounts are minor units; nights are calendar \
        dates in the hotel's time zone."),
    modifiers(&ApiKeys, &EveryOperation),
    paths(
        hotels::list_hotels,
        hotels::get_hotel,
        settings::create_hotel,
        settings::get_settings,
        settings::change_settings,
        search::search,
        offers::list_offers,
        quotes::create_quote,
        holds::place_hold,
        holds::get_hold,
        holds::extend_hold,
        holds::release_hold,
        reservations::create_reservation,
        reservation_list::list_reservations,
        reservations::get_reservation,
        changes::change_reservation,
        transitions::confirm_reservation,
        transitions::decline_reservation,
        transitions::cancel_reservation,
        transitions::no_show_reservation,
        transitions::check_in_reservation,
        transitions::check_out_reservation,
        reservation_list::list_events,
        waitlist::join_waitlist,
        waitlist::list_waitlist,
        waitlist::get_waitlist_entry,
        waitlist::delete_waitlist_entry,
        waitlist::withdraw_waitlist_entry,
        waitlist::book_waitlist_entry,
        messages::list_message_threads,
        messages::list_messages,
        messages::send_message,
        assignments::assign_rooms,
        assignments::move_room,
        assignments::lock_rooms,
        assignments::unlock_rooms,
        assignments::unassign_rooms,
        assignments::list_assignments,
        assignments::assign_arrivals,
        assignments::swap_rooms,
        rules::get_rules,
        rules::set_rules,
        catalogue::list_room_types,
        catalogue::create_room_type,
        catalogue::get_room_type,
        catalogue::change_room_type,
        catalogue::delete_room_type,
        catalogue::list_rooms,
        catalogue::create_room,
        catalogue::get_room,
        catalogue::change_room,
        catalogue::delete_room,
        catalogue::list_rate_plans,
        catalogue::create_rate_plan,
        catalogue::get_rate_plan,
        catalogue::change_rate_plan,
        catalogue::delete_rate_plan,
        catalogue::list_policies,
        catalogue::create_policy,
        catalogue::get_policy,
        catalogue::change_policy,
        catalogue::delete_policy,
        catalogue::list_charges,
        catalogue::create_charge,
        catalogue::get_charge,
        catalogue::change_charge,
        catalogue::delete_charge,
        catalogue::list_promo_codes,
        catalogue::create_promo_code,
        catalogue::get_promo_code,
        catalogue::change_promo_code,
        catalogue::delete_promo_code,
        catalogue::list_hotel_products,
        catalogue::create_product,
        catalogue::get_product,
        catalogue::change_product,
        catalogue::delete_product,
        catalogue::list_extras,
        catalogue::create_extra,
        catalogue::get_extra,
        catalogue::change_extra,
        catalogue::delete_extra,
        catalogue::get_extra_capacity,
        catalogue::set_extra_capacity,
        catalogue::list_packages,
        catalogue::create_package,
        catalogue::get_package,
        catalogue::change_package,
        catalogue::delete_package,
        catalogue::list_catalogue_events,
        ari::get_ari,
        ari::edit_ari,
        ari::list_ari_changes,
        ari::undo_ari_change,
        connections::list_connections,
        connections::test_connection,
        connections::list_products,
        mappings::list_mappings,
        mappings::suggest_mappings,
        connections::sync_connection,
        connections::list_calls,
        connections::get_recording,
        parity::list_drifts,
        parity::start_parity,
        dead_letters::list_dead_letters,
        dead_letters::replay_dead_letter,
        dead_letters::discard_dead_letter,
        webhooks::receive,
        webhooks::ping,
        webhook_tokens::issue,
    )
)]
struct Api;

struct ApiKeys;

impl Modify for ApiKeys {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("rw_live_…")
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// The document, as `/openapi.json` serves it.
pub(super) async fn document() -> Json<Document> {
    Json(Api::openapi())
}
