//! What is withheld of an answer, before a byte of its body is read.

use super::*;

fn is_plain(header: &HeaderName, encodings: &[&str]) -> bool {
    let mut headers = http::HeaderMap::new();
    for encoding in encodings {
        headers.append(header, encoding.parse().expect("a value"));
    }
    require_plain("api.example.com", &headers).is_ok()
}

#[test]
fn an_answer_in_an_encoding_is_withheld() {
    for encodings in [&["Identity"][..], &[""], &[]] {
        assert!(is_plain(&CONTENT_ENCODING, encodings), "{encodings:?}");
    }
    for encodings in [
        &["gzip"][..],
        &["identity", "br"],
        &["identity, gzip"],
        &["x"],
    ] {
        assert!(!is_plain(&CONTENT_ENCODING, encodings), "{encodings:?}");
    }
}

#[test]
fn chunks_are_the_only_encoding_of_a_transfer() {
    for encodings in [&["chunked"][..], &["Chunked"], &[]] {
        assert!(is_plain(&TRANSFER_ENCODING, encodings), "{encodings:?}");
    }
    for encodings in [
        &["gzip"][..],
        &["gzip, chunked"],
        &["gzip", "chunked"],
        &["chunked, gzip"],
    ] {
        assert!(!is_plain(&TRANSFER_ENCODING, encodings), "{encodings:?}");
    }
}

#[test]
fn an_answer_of_an_address_that_is_not_public_is_denied() {
    let answered = |peer: Option<&str>| {
        let peer = peer.map(|text| text.parse().expect("a socket address"));
        require_public_peer("api.example.com", peer)
    };
    for peer in [
        None,
        Some("1.1.1.1:443"),
        Some("[2606:4700:4700::1111]:443"),
    ] {
        assert!(answered(peer).is_ok(), "{peer:?}");
    }
    for peer in ["127.0.0.1:443", "[::1]:443", "169.254.169.254:80"] {
        let refused = answered(Some(peer)).expect_err(peer);
        assert!(matches!(refused, SendFailure::Denied(_)), "{refused:?}");
    }
}
