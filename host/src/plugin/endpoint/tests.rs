//! What a guest and its channel learn of an address, and what makes another subscription.

use super::*;
use crate::plugin::egress::permit::PermittedHost;
use crate::plugin::manifest::secrets::Method;
use crate::plugin::manifest::tests::example;

fn endpoint(token: &str) -> WebhookEndpoint {
    WebhookEndpoint::new(Some("https://gateway.example"), token.into())
}

fn request(query: &str, body: &str) -> OutboundRequest {
    OutboundRequest {
        method: Method::Post,
        host: PermittedHost {
            name: "api.octopus.example".to_owned(),
            port: 443,
        },
        path: "/subscription".to_owned(),
        query: query.to_owned(),
        headers: http::HeaderMap::new(),
        body: Some(body.as_bytes().to_vec()),
        first_byte: std::time::Duration::ZERO,
        timeout: std::time::Duration::ZERO,
    }
}

#[test]
fn the_real_address_is_put_in_wherever_the_told_one_stands_and_nowhere_else() {
    let endpoint = endpoint("whk_0123456789");
    let told = endpoint.told().expect("an address");
    assert_eq!(told, "https://gateway.example/v1/webhooks/[secret]");
    let query = format!("to={}", percent(told.as_bytes()));
    let body = format!(r#"["{told}", "[secret]", "{}"]"#, percent(told.as_bytes()));
    let mut request = request(&query, &body);
    endpoint.reveal(&mut request).expect("plain text");
    let real = "https://gateway.example/v1/webhooks/whk_0123456789";
    let encoded = percent(real.as_bytes());
    assert_eq!(request.query, format!("to={encoded}"));
    let body = String::from_utf8(request.body.expect("a body")).expect("text");
    assert_eq!(body, format!(r#"["{real}", "[secret]", "{encoded}"]"#));
}

#[test]
fn nothing_is_put_into_a_body_that_a_server_would_read_as_other_letters() {
    let endpoint = endpoint("whk_0123456789");
    let told = endpoint.told().expect("an address");
    let in_a_query = format!("to={}", percent(told.as_bytes()));
    for (query, body) in [("", told.as_str()), (in_a_query.as_str(), "")] {
        let mut request = request(query, body);
        let decoded = http::HeaderValue::from_static("text/plain; charset=utf-16le");
        request.headers.insert(http::header::CONTENT_TYPE, decoded);
        assert!(endpoint.reveal(&mut request).is_err());
        assert_eq!(request.query, query);
        assert_eq!(request.body.as_deref(), Some(body.as_bytes()));
    }
    let mut binary = request("", "\u{1}\u{0}");
    let as_it_was = binary.body.clone();
    assert!(endpoint.reveal(&mut binary).is_ok(), "it holds no address");
    assert_eq!(binary.body, as_it_was);
}

#[test]
fn an_answer_tells_no_other_address_and_no_piece_of_the_own_one() {
    let base = "https://gateway.example/v1/webhooks/";
    let (escaped, encoded) = (base.replace('/', "\\/"), percent(base.as_bytes()));
    let cases = [
        (
            format!("[\"{base}whk_away\", \"{base}[secret]\"]"),
            format!("[\"{base}[other]\", \"{base}[secret]\"]"),
        ),
        (
            format!("{{\"url\":\"{escaped}whk_away\"}}"),
            format!("{{\"url\":\"{escaped}[other]\"}}"),
        ),
        (
            format!("a={encoded}whk-1&b={encoded}whk-2"),
            format!("a={encoded}[other]&b={encoded}[other]"),
        ),
        (
            format!("`{base}whk_01…` is too long"),
            format!("`{base}[other]…` is too long"),
        ),
        (
            "HTTPS://Gateway.example/v1/webhooks/whk_away/token".to_owned(),
            "HTTPS://Gateway.example/v1/webhooks/[other]/token".to_owned(),
        ),
        (
            format!("{base}{base}a"),
            format!("{base}[other]://gateway.example/v1/webhooks/[other]"),
        ),
        (
            format!("{base}, https://elsewhere.example/v1/webhooks/whk_away"),
            format!("{base}, https://elsewhere.example/v1/webhooks/whk_away"),
        ),
    ];
    for (came, told) in cases {
        let answer = Answer {
            status: 200,
            headers: vec![("location".to_owned(), came.clone())],
            body: came.into_bytes(),
        };
        let cleared = endpoint("whk_0123456789").without_others(answer);
        assert_eq!(String::from_utf8(cleared.body).expect("text"), told);
        assert_eq!(cleared.headers, [("location".to_owned(), told)]);
    }
}

#[test]
fn everything_that_makes_another_subscription_makes_another_digest() {
    let abilities = "\"webhook-source\"]";
    let able = example()
        .replace(abilities, "\"webhook-source\", \"webhook-registrar\"]")
        .replace("contract = \"1.0.0\"", "contract = \"1.1.0\"");
    let newer = able.replace("version = \"0.1.0\"", "version = \"0.2.0\"");
    let [unable, able, newer] =
        [example(), able, newer].map(|text| Manifest::from_toml(&text).expect("a manifest"));
    let (home, away) = (endpoint("whk_home"), endpoint("whk_away"));
    let nowhere = WebhookEndpoint::new(None, "whk_home".into());
    let secrets = |secret: &str| Secrets::from([("key".to_owned(), secret.into())]);
    let settings = serde_json::json!({ "hotel": 7 });
    let usual = digest(&able, &settings, &secrets("a"), Some(&home));
    assert_eq!(usual, digest(&able, &settings, &secrets("a"), Some(&home)));
    assert!(usual.is_some());
    for other in [
        digest(&unable, &settings, &secrets("a"), Some(&home)),
        digest(&able, &settings, &secrets("a"), None),
        digest(&able, &settings, &secrets("a"), Some(&nowhere)),
        digest(&able, &settings, &secrets("a"), Some(&away)),
        digest(&newer, &settings, &secrets("a"), Some(&home)),
        digest(&able, &Value::Null, &secrets("a"), Some(&home)),
        digest(&able, &settings, &secrets("b"), Some(&home)),
    ] {
        assert_ne!(other, usual);
    }
}

#[test]
fn a_token_that_no_address_can_be_told_of_is_a_secret_all_the_same() {
    let nowhere = WebhookEndpoint::new(None, "whk_0123456789".into());
    assert_eq!(nowhere.told(), None);
    assert_eq!(nowhere.token().expose_secret(), "whk_0123456789");
    let mut request = request("", "[secret]");
    nowhere.reveal(&mut request).expect("nothing to put in");
    assert_eq!(request.body.as_deref(), Some(&b"[secret]"[..]));
}
