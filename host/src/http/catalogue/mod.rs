//! The catalogue, as staff set it up: five routes a noun, all made alike.

mod capacity;
mod charges;
pub(super) mod entry;
mod events;
mod extras;
mod packages;
mod products;
mod promo_codes;
mod rate_plans;
mod room_types;
mod rooms;

pub(super) use capacity::*;
pub(super) use charges::*;
pub(super) use events::*;
pub(super) use extras::*;
pub(super) use packages::*;
pub(super) use products::*;
pub(super) use promo_codes::*;
pub(super) use rate_plans::*;
pub(super) use room_types::*;
pub(super) use rooms::*;

/// The five routes of a noun: its collection's path, one entry's path and parameter, and the handlers' names.
macro_rules! routes {
    (
        $entry:ty, $request:ty, $collection:literal, $one:literal, $parameter:literal,
        $list:ident $list_doc:literal, $create:ident $create_doc:literal, $get:ident $get_doc:literal,
        $change:ident $change_doc:literal, $remove:ident $remove_doc:literal
    ) => {
        #[doc = $list_doc]
        #[utoipa::path(get, path = $collection, tag = "Catalogue", security(("api_key" = [])),
            params(("hotel" = String, Path, description = "The hotel's slug or id")), responses(
            (status = 200, body = EntriesBody<$request>), (status = 401, body = Problem),
            (status = 403, body = Problem), (status = 404, body = Problem)))]
        pub(in crate::http) async fn $list(
            State(state): State<HttpState>,
            at: AtHotel,
            _query: crate::http::extract::NoQuery,
        ) -> Result<Json<EntriesBody<$request>>, Problem> {
            entry::list::<$entry>(&state, &at).await
        }

        #[doc = $create_doc]
        #[utoipa::path(post, path = $collection, tag = "Catalogue", security(("api_key" = [])),
            params(("hotel" = String, Path, description = "The hotel's slug or id"),
                ("Idempotency-Key" = String, Header, description = "New for each new intention")),
            request_body = $request, responses(
            (status = 201, body = EntryBody<$request>), (status = 400, body = Problem),
            (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
            (status = 409, description = "`code_taken`, `derivation_circle`", body = Problem),
            (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem)))]
        pub(in crate::http) async fn $create(
            State(state): State<HttpState>,
            at: AtHotel,
            keyed: Keyed,
        ) -> Result<Response, Problem> {
            entry::create::<$entry>(&state, &at, keyed).await
        }

        #[doc = $get_doc]
        #[utoipa::path(get, path = $one, tag = "Catalogue", security(("api_key" = [])),
            params(("hotel" = String, Path, description = "The hotel's slug or id"),
                ($parameter = String, Path, description = "Its id or its code")), responses(
            (status = 200, body = EntryBody<$request>), (status = 401, body = Problem),
            (status = 403, body = Problem), (status = 404, body = Problem)))]
        pub(in crate::http) async fn $get(
            State(state): State<HttpState>,
            at: AtHotel,
            _query: crate::http::extract::NoQuery,
            Path(path): Path<EntryPath>,
        ) -> Result<Json<EntryBody<$request>>, Problem> {
            entry::get::<$entry>(&state, &at, &path).await
        }

        #[doc = $change_doc]
        #[utoipa::path(patch, path = $one, tag = "Catalogue", security(("api_key" = [])),
            params(("hotel" = String, Path, description = "The hotel's slug or id"),
                ($parameter = String, Path, description = "Its id or its code")),
            request_body(content = Object, description = "A JSON merge patch of the fields that it was made with: \
                absent ones stay, null ones get their default"), responses(
            (status = 200, body = EntryBody<$request>), (status = 400, body = Problem),
            (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
            (status = 409, description = "`code_taken`, `derivation_circle`, `parent_not_sold`", body = Problem),
            (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem)))]
        pub(in crate::http) async fn $change(
            State(state): State<HttpState>,
            at: AtHotel,
            Path(path): Path<EntryPath>,
            patch: Patch,
        ) -> Result<Json<EntryBody<$request>>, Problem> {
            entry::change::<$entry>(&state, &at, &path, &patch).await
        }

        #[doc = $remove_doc]
        #[utoipa::path(delete, path = $one, tag = "Catalogue", security(("api_key" = [])),
            params(("hotel" = String, Path, description = "The hotel's slug or id"),
                ($parameter = String, Path, description = "Its id or its code")), responses(
            (status = 200, body = EntryBody<$request>), (status = 401, body = Problem),
            (status = 403, body = Problem), (status = 404, body = Problem),
            (status = 409, description = "`in_use`", body = Problem)))]
        pub(in crate::http) async fn $remove(
            State(state): State<HttpState>,
            at: AtHotel,
            Path(path): Path<EntryPath>,
        ) -> Result<Json<EntryBody<$request>>, Problem> {
            entry::remove::<$entry>(&state, &at, &path).await
        }
    };
}
use routes;
