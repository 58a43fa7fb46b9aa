//! `X-Request-Id`: the caller's, or one of ours; in the answer, in the log, and in a problem's `instance`.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

const NAME: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 64;

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// The id of the request that this task answers.
pub(in crate::http) fn current() -> Option<Arc<str>> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Names a request.
pub(super) async fn name(request: Request, next: Next) -> Response {
    let id: Arc<str> = request
        .headers()
        .get(NAME)
        .and_then(|value| value.to_str().ok())
        .and_then(clamp)
        .unwrap_or_else(fresh)
        .into();
    let mut response = CURRENT.scope(id.clone(), next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(NAME, value);
    }
    response
}

/// An id that no other process gives: this one's mark, and a number.
fn fresh() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("process"));
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    format!(
        "{:016x}-{}",
        *PROCESS,
        NUMBER.fetch_add(1, Ordering::Relaxed)
    )
}

/// What cannot break a line of the log, or fill it.
fn clamp(text: &str) -> Option<String> {
    let clean: String = text
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter))
        .take(LONGEST)
        .collect();
    (!clean.is_empty()).then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_what_is_harmless_of_it() {
        assert_eq!(clamp("a-B_c.1").as_deref(), Some("a-B_c.1"));
        assert_eq!(clamp("a\" b={}\\n").as_deref(), Some("abn"));
        assert_eq!(clamp(&"x".repeat(1000)).map(|id| id.len()), Some(LONGEST));
        assert_eq!(clamp(" \t"), None);
    }
}
