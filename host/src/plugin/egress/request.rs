//! What a guest may ask for: the checks of its structured request, before anything is resolved or sent.

/// Headers that belong to the host: framing, routing, credentials and tracing.
const HOST_HEADERS: [&str; 16] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
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
