//! Outbound HTTP to the hosts that the manifest names.
//! There are no redirects, and credentials are added by the host on the way out.
//!
//! ```ignore
//! let found: Found = http::get("api.example.com", "/v1/items").query("page", "2").send()?.success()?.json()?;
//! let answer = http::post("api.example.com", "/v1/items").json(&item)?.send()?;
//! ```

mod error;
mod request;
mod response;

pub use error::Error;
pub use request::{Method, Request};
pub use response::Response;

use crate::imports;

/// `path` is absolute and percent-encoded ([`encode`] helps), without a query.
pub fn get(host: &str, path: impl Into<String>) -> Request {
    Request::new(Method::Get, host, path)
}

pub fn post(host: &str, path: impl Into<String>) -> Request {
    Request::new(Method::Post, host, path)
}

pub fn put(host: &str, path: impl Into<String>) -> Request {
    Request::new(Method::Put, host, path)
}

pub fn patch(host: &str, path: impl Into<String>) -> Request {
    Request::new(Method::Patch, host, path)
}

pub fn delete(host: &str, path: impl Into<String>) -> Request {
    Request::new(Method::Delete, host, path)
}

/// Sends several requests at once; answers come in the order of the requests.
#[must_use]
pub fn send_all(requests: Vec<Request>) -> Vec<Result<Response, Error>> {
    let (sources, requests): (Vec<_>, Vec<_>) =
        requests.into_iter().map(Request::into_parts).unzip();
    imports::http::send_many(&requests)
        .into_iter()
        .zip(sources)
        .map(|(answer, source)| source.read(answer))
        .collect()
}

/// Percent-encodes one segment of a path: everything but letters, digits and `-._~`.
#[must_use]
pub fn encode(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for nibble in [byte >> 4, byte & 15] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place_in_the_path() {
        assert_eq!(encode("plain-._~09"), "plain-._~09");
        assert_eq!(encode("a/b?c#d%"), "a%2Fb%3Fc%23d%25");
        assert_eq!(encode("Zürich 1"), "Z%C3%BCrich%201");
    }
}
