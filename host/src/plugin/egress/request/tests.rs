//! A request is sent as it is written or not at all.

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
        "/a//b",
        "/a;v=1/b;",
        "/..a/.a;b",
        "/%252e%252e/b",
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
        "/..;/b",
        "/..;v=1/b",
        "/.;/b",
        "/%2e.%3b/b",
        "/%c0%ae%c0%ae/b",
        "/a%c0%afb",
        "/%e0%80%ae",
        "/%u002e%u002e/b",
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
        "HTTP2-Settings",
        "X-Real-IP",
        "X-HTTP-Method-Override",
        "X-Original-URL",
        "X-B3-TraceId",
        "baggage",
        "A-IM",
        "Content_Length",
        "TRANSFER_ENCODING",
        "x_forwarded_for",
        "Proxy_Authorization",
    ] {
        let refusal = check(|request| request.headers = vec![(name.to_owned(), "x".to_owned())]);
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
        let refusal = check(|request| request.headers = vec![(name.to_owned(), value.to_owned())]);
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
fn the_time_to_the_head_of_an_answer_is_the_hosts() {
    let checked = check(|request| request.timeout = Some(Duration::from_secs(15)));
    let checked = checked.expect("a request");
    assert_eq!(checked.first_byte, Limits::default().first_byte);
    assert!(checked.first_byte < checked.timeout);
}

#[test]
fn what_only_looks_like_a_header_of_the_hosts_is_a_guests() {
    for name in ["X-Hostname", "Content-Type", "X-Api-Key", "api_key", "x-b3"] {
        assert!(!is_host_header(name), "{name}");
    }
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
