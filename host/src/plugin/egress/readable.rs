//! A body that gets a secret must be read as it is written. A server that is told of another encoding makes other letters
//! of the secret, and nothing recognises those where it repeats them.

use http::{HeaderMap, HeaderValue};

/// Refuses headers by which a server would decode the body before it reads it.
pub(super) fn check(headers: &HeaderMap) -> Result<(), String> {
    for (name, value) in headers {
        // Many servers read `_` and `-` alike.
        let decoded = match name.as_str().replace('_', "-").as_str() {
            "content-encoding" | "content-transfer-encoding" => true,
            "content-type" => !is_plain(value),
            _ => false,
        };
        if decoded {
            return Err(format!(
                "the header `{name}` would have a body with a secret read in another encoding than UTF-8"
            ));
        }
    }
    Ok(())
}

/// The same of a body in whatever form, in which a guest chose where the secret stands: also refused is what servers take
/// for another encoding by the body itself, and what has parts that are decoded each by a header of its own.
pub(in crate::plugin) fn check_text(headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    check(headers)?;
    let has_parts = headers.iter().any(|(name, value)| {
        let is_type = name.as_str().replace('_', "-") == "content-type";
        let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
        is_type && text.contains("multipart/")
    });
    if !has_parts && std::str::from_utf8(body).is_ok_and(is_read_as_written) {
        return Ok(());
    }
    let problem = "a body with a secret has parts, or would be read in another encoding than UTF-8";
    Err(problem.to_owned())
}

/// Whether no parser takes the text for one in another encoding, in which the secret would be other letters: XML names
/// none, and nothing has the characters that text does not know, such as the zeros of UTF-16.
pub(super) fn is_read_as_written(text: &str) -> bool {
    let declaration = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"));
    let foreign = |letter: char| letter < ' ' && !"\t\n\r".contains(letter);
    !text.contains(foreign) && declaration.is_none_or(|(said, _)| names_only_utf8(said, "encoding"))
}

fn is_plain(value: &HeaderValue) -> bool {
    value
        .to_str()
        .is_ok_and(|value| names_only_utf8(value, "charset"))
}

/// Whether this word, wherever it stands in the text, is given UTF-8. What is written in a less usual way is not believed.
pub(super) fn names_only_utf8(text: &str, word: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.split(word).skip(1).all(|behind| {
        let Some(given) = behind.trim_start().strip_prefix('=') else {
            return false;
        };
        let given = given.trim_start().trim_start_matches(['"', '\'']);
        let ends = |letter: char| letter.is_whitespace() || "\"';,".contains(letter);
        matches!(given.split(ends).next(), Some("utf-8" | "utf8"))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn is_taken(name: &'static str, value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.append("content-type", HeaderValue::from_static("text/xml"));
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        check(&headers).is_ok()
    }

    #[test]
    fn a_body_in_utf8_is_taken_however_it_is_said() {
        for value in [
            "application/json",
            "text/xml; charset=utf-8",
            "text/xml;charset=\"UTF-8\"; action=\"urn:a\"",
            "application/soap+xml; Charset = utf8",
        ] {
            assert!(is_taken("content-type", value), "{value}");
        }
        assert!(is_taken("x-charset", "utf-16"));
    }

    #[test]
    fn a_text_is_taken_only_where_nobody_reads_other_letters_in_it() {
        let is_taken = |content_type: &'static str, body: &str| {
            let mut headers = HeaderMap::new();
            headers.append("content-type", HeaderValue::from_static(content_type));
            check_text(&headers, body.as_bytes()).is_ok()
        };
        for (content_type, body) in [
            ("application/json", "{\"to\": \"https://gateway.example/\"}"),
            (
                "application/x-www-form-urlencoded",
                "to=https%3A%2F%2Fgateway",
            ),
            (
                "text/xml",
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<to/>",
            ),
        ] {
            assert!(is_taken(content_type, body), "{content_type}: {body}");
        }
        for (content_type, body) in [
            ("application/json; charset=utf-16le", "{}"),
            ("application/json", "[\0\"\0https"),
            (
                "text/xml",
                "<?xml version=\"1.0\" encoding=\"utf-16\"?><to/>",
            ),
            (
                "text/xml",
                "\u{feff} <?xml version='1.0' encoding='IBM037'?><to/>",
            ),
            (
                "Multipart/form-data; boundary=x",
                "--x\r\n\r\nhttps\r\n--x--",
            ),
        ] {
            assert!(!is_taken(content_type, body), "{content_type}: {body}");
        }
        assert!(check_text(&HeaderMap::new(), b"\xff\xfeh\0").is_err());
    }

    #[test]
    fn a_body_that_would_be_decoded_first_is_refused() {
        for (name, value) in [
            ("content-type", "text/xml; charset=utf-16"),
            ("content-type", "text/xml; charset=IBM037"),
            ("content-type", "text/xml; charset=utf-8; charset=utf-7"),
            ("content-type", "text/xml; charset*=utf-16''"),
            ("content-type", "text/xml; charset"),
            ("content-type", "text/xml; charset=utf-8x"),
            ("content_type", "text/xml; charset=utf-16"),
            ("content-encoding", "deflate"),
            ("content_encoding", "gzip"),
            ("content-transfer-encoding", "base64"),
        ] {
            assert!(!is_taken(name, value), "{name}: {value}");
        }
    }
}
