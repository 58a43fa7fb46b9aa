//! Whoever has too many live holds, or says badly whose they are.

use super::{FieldError, Problem, StatusCode};
use crate::domain::hold::{CapReached, Capped};

/// The header that says which guest a hold is for.
const SESSION: &str = "Guest-Session";

impl Problem {
    pub(in crate::http) fn guest_session_malformed() -> Self {
        let message = "is sent once, or not at all, and has 1 to 128 visible ASCII characters";
        let problem = Self::new(
            StatusCode::BAD_REQUEST,
            "guest_session_malformed",
            "The guest session is malformed",
            format!("`{SESSION}` {message}"),
        );
        problem.because_of(SESSION, message.to_owned())
    }

    /// The header by which the holder is known is named, so that a program can tell which cap it was.
    pub(in crate::http) fn too_many_holds(reached: CapReached) -> Self {
        let header = match reached.whose {
            Capped::Key => "Authorization",
            Capped::Session => SESSION,
        };
        let detail = reached.to_string();
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_holds",
            "Too many live holds",
            detail.clone(),
        );
        problem
            .because_of(header, detail)
            .after(reached.wait_seconds)
    }

    fn because_of(mut self, header: &str, message: String) -> Self {
        let pointer = header.to_owned();
        self.errors.push(FieldError { pointer, message });
        self
    }
}
