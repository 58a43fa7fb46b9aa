//! The route of a step: what all that is done to one reservation has in common.

/// A step's route and its document: its name and what it does, its path and tag, its body, what may be in its way, and
/// the function that does it, with what else that is told.
macro_rules! step {
    (
        $name:ident $doc:literal, $path:tt, $tag:tt, [$($request:tt)+], $conflicts:tt,
        $does:ident $(with $argument:expr)?
    ) => {
        #[doc = $doc]
        #[utoipa::path(post, path = $path, tag = $tag, security(("api_key" = [])),
            params(("hotel" = String, Path, description = "The hotel's slug or id"), ("reservation" = Uuid, Path),
                ("Idempotency-Key" = String, Header, description = "New for each new intention"),
                ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
            request_body = $($request)+, responses(
            (status = 200, body = ReservationBody), (status = 400, body = Problem), (status = 401, body = Problem),
            (status = 403, body = Problem), (status = 404, body = Problem),
            (status = 409, description = $conflicts, body = Problem),
            (status = 412, description = "`version_changed`", body = Problem), (status = 422, body = Problem)))]
        pub(in crate::http) async fn $name(
            State(state): State<HttpState>,
            at: AtHotel,
            Path(path): Path<ReservationPath>,
            headers: HeaderMap,
            keyed: Keyed,
        ) -> Result<Response, Problem> {
            at.require(Scope::ReservationsManage)?;
            $does(&state, &at, (path.id()?, &headers), keyed $(, $argument)?).await
        }
    };
}
pub(super) use step;
