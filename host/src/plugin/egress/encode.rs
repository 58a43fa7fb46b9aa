//! Percent-encoding, as queries and forms need it.

/// Everything but RFC 3986's unreserved characters becomes `%XX`.
pub(in crate::plugin) fn percent(text: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Pairs joined as `name=value&…`, encoded.
pub(in crate::plugin) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let encode = |(name, value): (&str, &str)| {
        format!("{}={}", percent(name.as_bytes()), percent(value.as_bytes()))
    };
    pairs.into_iter().map(encode).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_can_begin_another() {
        assert_eq!(
            pairs([("a b", "1&c=2#?"), ("ü", "+%")]),
            "a%20b=1%26c%3D2%23%3F&%C3%BC=%2B%25"
        );
        assert_eq!(pairs([]), "");
    }
}
