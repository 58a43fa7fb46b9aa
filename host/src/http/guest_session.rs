//! The `Guest-Session` header: which of a web site's guests a hold is for.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::http::problem::Problem;

const LONGEST: usize = 128;

/// What the caller calls its guest's session, where it says. It may identify a guest, so it is neither stored nor shown.
pub(super) struct GuestSession(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for GuestSession {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(&parts.headers).map(Self)
    }
}

fn read(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("guest-session").iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        _ => return Err(Problem::guest_session_malformed()),
    };
    let session = value
        .to_str()
        .map_err(|_| Problem::guest_session_malformed())?;
    let visible = session.bytes().all(|byte| byte.is_ascii_graphic());
    if (1..=LONGEST).contains(&session.len()) && visible {
        Ok(Some(session.to_owned()))
    } else {
        Err(Problem::guest_session_malformed())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn told(values: &[&str]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                "guest-session",
                HeaderValue::from_bytes(value.as_bytes()).expect("a header value"),
            );
        }
        read(&headers).map_err(|problem| problem.code)
    }

    #[test]
    fn a_session_is_optional_and_opaque() {
        assert_eq!(told(&[]), Ok(None));
        for session in ["a", "\"{}~!\"", &"s".repeat(128)] {
            assert_eq!(told(&[session]), Ok(Some(session.to_owned())));
        }
    }

    #[test]
    fn an_empty_endless_repeated_or_invisible_session_is_refused() {
        for values in [
            &[""][..],
            &[&"s".repeat(129)],
            &["a", "a"],
            &["a b"],
            &["a\tb"],
            &["é"],
        ] {
            assert_eq!(told(values), Err("guest_session_malformed"), "{values:?}");
        }
    }
}
