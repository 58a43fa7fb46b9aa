//! `/docs`: the OpenAPI document as a page. All of its files are in this program, so it needs no internet.

use std::sync::{Arc, LazyLock};

use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use utoipa_swagger_ui::Config;

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// The page loads nothing from elsewhere, and may only ask this host. It sets styles by itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Addresses are relative, so that the page may lie below a path of a proxy. It shows requests and sends none: a
/// secret key does not belong into a browser.
static SETTINGS: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let settings = Config::from("../openapi.json")
        .use_base_layout()
        .supported_submit_methods(Vec::<String>::new())
        .validator_url("none");
    Arc::new(settings)
});

/// The page's files lie below it.
pub(super) async fn enter() -> Redirect {
    Redirect::permanent("docs/")
}

/// The page itself.
pub(super) async fn page() -> Result<Response, Problem> {
    file(Path("index.html".to_owned())).await
}

/// One of the page's files.
pub(super) async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = utoipa_swagger_ui::serve(&name, SETTINGS.clone()).map_err(|error| {
        tracing::error!(%error, "The page of the documentation cannot be made");
        Problem::internal()
    })?;
    let file = found.ok_or_else(Problem::no_route)?;
    let headers = [
        (header::CONTENT_TYPE, file.content_type.as_str()),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    Ok((headers, file.bytes).into_response())
}
