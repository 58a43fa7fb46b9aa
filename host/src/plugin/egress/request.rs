//! What a guest may ask for: the checks of its structured request, before anything is resolved or sent.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::encode;
use super::permit::PermittedHost;
use crate::plugin::limits::Limits;
use crate::plugin::manifest::secrets::Method;

/// The most headers of one message, and their bytes together.
pub(in crate::plugin) const MAX_HEADERS: usize = 64;
pub(in crate::plugin) const MAX_HEADER_BYTES: usize = 16 * 1024;

/// The longest that one request may take, whatever the guest asks for.
const MAX_TIME: Duration = Duration::from_secs(20);

/// A request as a guest gives it, to a host that is permitted apart.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct GuestRequest {
    pub(in crate::plugin) method: Method,
    pub(in crate::plugin) path: String,
    pub(in crate::plugin) query: Vec<(String, String)>,
    pub(in crate::plugin) headers: Vec<(String, String)>,
    pub(in crate::plugin) body: Option<Vec<u8>>,
    pub(in crate::plugin) timeout: Option<Duration>,
}

/// A request that can be sent as it stands.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct OutboundRequest {
    pub(in crate::plugin) method: Method,
    pub(in crate::plugin) host: PermittedHost,
    pub(in crate::plugin) path: String,
    /// Encoded.
    pub(in crate::plugin) query: String,
    pub(in crate::plugin) headers: HeaderMap,
    pub(in crate::plugin) body: Option<Vec<u8>>,
    pub(in crate::plugin) timeout: Duration,
}

impl OutboundRequest {
    /// Checks a guest's request to a permitted host, or tells what is wrong with it.
    pub(in crate::plugin) fn check(
        host: PermittedHost,
        request: GuestRequest,
        limits: &Limits,
    ) -> Result<Self, String> {
        check_path(&request.path).map_err(|problem| format!("the path {problem}"))?;
        let length = request.body.as_ref().map_or(0, Vec::len);
        if length > limits.request_body {
            return Err(format!(
                "the body has {length} bytes, and {} are allowed",
                limits.request_body
            ));
        }
        let query = encode::pairs(
            request
                .query
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        if query.len() > MAX_HEADER_BYTES {
            return Err(format!(
                "the query has {} characters, and {MAX_HEADER_BYTES} are allowed",
                query.len()
            ));
        }
        Ok(Self {
            method: request.method,
            host,
            path: request.path,
            query,
            headers: check_headers(&request.headers)?,
            body: request.body,
            timeout: request
                .timeout
                .map_or(MAX_TIME, |asked| asked.min(MAX_TIME)),
        })
    }

    /// How many bytes it is, near enough for an account of the call's cost.
    pub(in crate::plugin) fn size(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        self.path.len() + self.query.len() + headers + self.body.as_ref().map_or(0, Vec::len)
    }
}

fn check_headers(given: &[(String, String)]) -> Result<HeaderMap, String> {
    let bytes: usize = given
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if given.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(format!(
            "there may be {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes together"
        ));
    }
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        if is_host_header(name) {
            return Err(format!("the header `{name}` is the host's to set"));
        }
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| "a header has a malformed name".to_owned())?;
        let value = HeaderValue::from_str(value)
            .map_err(|_| format!("the header `{name}` has a malformed value"))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// Headers that belong to the host: framing, routing, credentials, tracing, and what would have an answer come in pieces
/// or characters in which a secret is not recognised.
const HOST_HEADERS: [&str; 19] = [
    "accept-charset",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "if-range",
    "keep-alive",
    "range",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Whether a header is the host's, in whatever case it is written. A guest may not set these.
pub fn is_host_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("proxy-")
        || name.starts_with("x-forwarded-")
        || HOST_HEADERS.contains(&name.as_str())
}

/// Whether a header frames or routes the message: not even a secret may set these.
pub fn is_framing_header(name: &str) -> bool {
    is_host_header(name)
        && !["authorization", "cookie"].contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a path can be sent exactly as it is written: absolute, encoded, without a query, and without a segment
/// that a server or a proxy would resolve to another place.
pub fn check_path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') || path.starts_with("//") {
        return Err("must begin with one `/`".to_owned());
    }
    if path.len() > 2_048 {
        return Err("has more than 2048 characters".to_owned());
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&byte);
    if let Some(bad) = path
        .chars()
        .find(|character| !u8::try_from(*character).is_ok_and(allowed))
    {
        return Err(format!(
            "holds {bad:?}, which must be percent-encoded (and `?` belongs to `query`)"
        ));
    }
    path.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), String> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digits = [bytes.next(), bytes.next()]
            .map(|digit| digit.and_then(|digit| char::from(digit).to_digit(16)));
        let [Some(high), Some(low)] = digits else {
            return Err("holds a `%` without two hexadecimal digits".to_owned());
        };
        decoded.push(u8::try_from(high * 16 + low).unwrap_or(0));
    }
    if decoded == b"." || decoded == b".." {
        return Err("holds a `.` or `..` segment".to_owned());
    }
    if decoded
        .iter()
        .any(|byte| byte.is_ascii_control() || b"/\\".contains(byte))
    {
        return Err("holds an encoded slash, backslash or control character".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut GuestRequest)) -> Result<OutboundRequest, String> {
        let mut request = GuestRequest {
            method: Method::Post,
            path: "/v1/items/7".to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            timeout: None,
        };
        change(&mut request);
        let host = PermittedHost {
            name: "api.example.com".to_owned(),
            port: 443,
        };
        OutboundRequest::check(host, request, &Limits::default())
    }

    #[test]
    fn a_path_is_sent_as_it_is_written_or_not_at_all() {
        for path in [
            "/",
            "/v1/items/7",
            "/a%20b/c;d=1,2",
            "/~user/(1)!$&'*+=:@",
            "/a/",
            "/...",
            "/.well-known/x",
            "/%E2%82%AC",
        ] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
        let refused = [
            "",
            "v1",
            "//evil.example.com/x",
            "/a?b=1",
            "/a#b",
            "/a\\b",
            "/a b",
            "/ü",
            "/a\n",
            "/a\0",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/%2e",
            "/%2E%2e/b",
            "/.%2e/b",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a%00b",
            "/a%0d%0ab",
            "/a%",
            "/a%4",
            "/a%zz",
            "/a%+1",
            "/<",
            "/\"",
            "/{id}",
            "/a|b",
            "/a^b",
            "/`",
            "/a\tb",
            "/a\u{7f}",
        ];
        for path in refused {
            assert!(check_path(path).is_err(), "{path:?} passed");
        }
        assert!(check_path(&format!("/{}", "a".repeat(2_048))).is_err());
    }

    #[test]
    fn the_hosts_headers_are_refused_in_any_case() {
        for name in [
            "Host",
            "AUTHORIZATION",
            "cookie",
            "Content-Length",
            "transfer-encoding",
            "Connection",
            "TE",
            "Trailer",
            "Upgrade",
            "Expect",
            "Proxy-Authorization",
            "proxy-anything",
            "Forwarded",
            "X-Forwarded-For",
            "traceparent",
            "Accept-Encoding",
            "Keep-Alive",
            "Via",
        ] {
            let refusal =
                check(|request| request.headers = vec![(name.to_owned(), "x".to_owned())]);
            assert_eq!(
                refusal.expect_err(name),
                format!("the header `{name}` is the host's to set")
            );
        }
    }

    #[test]
    fn headers_cannot_smuggle_others() {
        for (name, value) in [
            ("x", "a\r\nHost: b"),
            ("x", "a\0"),
            ("x\r\ny", "a"),
            ("", "a"),
            ("x y", "a"),
            ("x:", "a"),
        ] {
            let refusal =
                check(|request| request.headers = vec![(name.to_owned(), value.to_owned())]);
            assert!(refusal.is_err(), "{name:?}: {value:?} passed");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        let many = |count: usize, length: usize| vec![("x".to_owned(), "v".repeat(length)); count];
        assert!(check(|request| request.headers = many(64, 10)).is_ok());
        assert!(check(|request| request.headers = many(65, 10)).is_err());
        assert!(check(|request| request.headers = many(1, MAX_HEADER_BYTES)).is_err());
        assert!(check(|request| request.query = many(1, MAX_HEADER_BYTES)).is_err());
        assert!(check(|request| request.body = Some(vec![0; 4 * 1024 * 1024])).is_ok());
        assert!(check(|request| request.body = Some(vec![0; 4 * 1024 * 1024 + 1])).is_err());
    }

    #[test]
    fn a_guest_may_shorten_the_time_and_not_lengthen_it() {
        let time = |asked| {
            check(|request| request.timeout = asked)
                .expect("a request")
                .timeout
        };
        assert_eq!(time(None), MAX_TIME);
        assert_eq!(time(Some(Duration::from_secs(1))), Duration::from_secs(1));
        assert_eq!(time(Some(Duration::from_secs(600))), MAX_TIME);
    }

    #[test]
    fn the_query_is_encoded_by_the_host() {
        let query = vec![("q".to_owned(), "a&b=c#d /".to_owned())];
        assert_eq!(
            check(|request| request.query = query)
                .expect("a request")
                .query,
            "q=a%26b%3Dc%23d%20%2F"
        );
    }
}
