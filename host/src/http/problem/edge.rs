//! What the edge refuses before a handler sees it: too large, too slow, too often, too much at once, from elsewhere.

use super::{Problem, StatusCode};

impl Problem {
    pub(in crate::http) fn body_too_large(limit: usize) -> Self {
        let detail = format!("a body has at most {} KiB", limit / 1024);
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is too large",
            detail,
        )
    }

    pub(in crate::http) fn body_unreadable() -> Self {
        let detail = "the body ended early or broke the framing";
        Self::new(
            StatusCode::BAD_REQUEST,
            "body_unreadable",
            "The body could not be read",
            detail,
        )
    }

    pub(in crate::http) fn body_timeout() -> Self {
        let detail = "the body did not arrive in time; nothing was done with what came of it";
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_timeout",
            "The body came too slowly",
            detail,
        )
    }

    pub(in crate::http) fn json_too_deep(limit: usize) -> Self {
        let detail = format!("JSON may be nested {limit} levels deep");
        Self::new(
            StatusCode::BAD_REQUEST,
            "json_too_deep",
            "The body is nested too deeply",
            detail,
        )
    }

    pub(in crate::http) fn uri_too_long(limit: usize) -> Self {
        let detail = format!("path and query have at most {limit} bytes together");
        Self::new(
            StatusCode::URI_TOO_LONG,
            "uri_too_long",
            "The address is too long",
            detail,
        )
    }

    pub(in crate::http) fn headers_too_large(fields: usize, bytes: usize) -> Self {
        let detail = format!("a request has at most {fields} headers of {bytes} bytes together");
        Self::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "headers_too_large",
            "The headers are too large",
            detail,
        )
    }

    pub(in crate::http) fn origin_not_allowed() -> Self {
        let detail = "this key may not be used from a web page of this origin; \
                      `server.allowed_origins` and the key's own origins say which may";
        Self::new(
            StatusCode::FORBIDDEN,
            "origin_not_allowed",
            "The web page may not call",
            detail,
        )
    }

    pub(in crate::http) fn secret_key_in_browser() -> Self {
        let detail = "a secret key was sent by a web page, where everybody can read it: revoke it, and use a \
                      publishable key (`rw_pub_…`) there";
        Self::new(
            StatusCode::FORBIDDEN,
            "secret_key_in_browser",
            "A secret key in a web page",
            detail,
        )
    }

    /// `whose` budget is used up, for so many seconds.
    pub(in crate::http) fn rate_limited(whose: &str, seconds: u32) -> Self {
        let detail = format!("the requests of this {whose} are used up for the moment: slow down");
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many requests",
            detail,
        )
        .after(seconds)
    }

    pub(in crate::http) fn overloaded() -> Self {
        let detail = "there is more to do than can be done at once; nothing was begun: try again";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "overloaded",
            "Too much at once",
            detail,
        )
        .after(1)
    }

    /// A burst of bookings is the callers', not an outage: proxies take a host that says 5xx out of service.
    pub(in crate::http) fn overloaded_with_bookings() -> Self {
        let detail = "more is booked at once than can be done; nothing was begun: try again, with the same \
                      idempotency key";
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "overloaded",
            "Too many bookings at once",
            detail,
        )
        .after(1)
    }

    pub(in crate::http) fn timeout() -> Self {
        let detail = "the request took too long and was given up; nothing is half done: try again, with the same \
                      idempotency key";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "Out of time",
            detail,
        )
        .after(1)
    }
}

/// Whether an answer says that its caller could not be recognised.
pub(in crate::http) fn is_stranger(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND)
}
