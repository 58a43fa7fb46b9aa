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
    /// Until the head of the answer is there.
    pub(in crate::plugin) first_byte: Duration,
    /// Until its last byte is.
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
            first_byte: limits.first_byte,
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

/// Headers that belong to the host: framing, routing, who asks and by which method, credentials, tracing, and what would
/// have an answer come in pieces or characters in which a secret is not recognised.
const HOST_HEADERS: [&str; 34] = [
    "a-im",
    "accept-charset",
    "accept-encoding",
    "authorization",
    "b3",
    "baggage",
    "cf-connecting-ip",
    "client-ip",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "if-range",
    "keep-alive",
    "range",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "via",
    "x-client-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-host",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
];

/// Families of them.
const HOST_HEADER_PREFIXES: [&str; 3] = ["proxy-", "x-b3-", "x-forwarded-"];

/// Whether a header is the host's, in whatever case it is written, and with `_` for `-`, which many servers read alike.
/// A guest may not set these.
pub fn is_host_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let is_of_family = HOST_HEADER_PREFIXES
        .iter()
        .any(|prefix| name.starts_with(*prefix));
    is_of_family || HOST_HEADERS.contains(&name.as_str())
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
    // Some servers drop what follows a `;` before they resolve the segment.
    let name = decoded.split(|byte| *byte == b';').next();
    if matches!(name, Some(b"." | b"..")) {
        return Err("holds a `.` or `..` segment".to_owned());
    }
    if decoded
        .iter()
        .any(|byte| byte.is_ascii_control() || b"/\\".contains(byte))
    {
        return Err("holds an encoded slash, backslash or control character".to_owned());
    }
    // An overlong form of a dot or slash is a dot or slash to a careless server.
    if std::str::from_utf8(&decoded).is_err() {
        return Err("holds an encoding that is not UTF-8".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
