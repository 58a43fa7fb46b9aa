//! The address at which a connection's webhooks come in. Its secret part stays with the host: guests see a mask there.

use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::egress::encode::percent;
use super::egress::exchange::Answer;
use super::egress::readable;
use super::egress::request::OutboundRequest;
use super::egress::scrub::MASK;
use super::manifest::{Ability, Manifest};
use super::oauth::Secrets;
use crate::domain::webhook::SubscriptionDigest;

/// Below this path of the gateway each connection has its own address.
const PATH: &str = "/v1/webhooks/";

/// What stands where the secret part of another address stood.
const OTHER: &str = "[other]";

/// Where a channel reaches a connection.
#[derive(Clone, Debug)]
pub struct WebhookEndpoint {
    /// All of the address but its secret part.
    base: String,
    token: SecretString,
}

impl WebhookEndpoint {
    /// An endpoint of the gateway that the world knows as `public_url`, such as `https://gateway.example`.
    pub fn new(public_url: &str, token: SecretString) -> Self {
        Self {
            base: format!("{public_url}{PATH}"),
            token,
        }
    }

    pub(super) fn token(&self) -> &SecretString {
        &self.token
    }

    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.base == other.base && self.token.expose_secret() == other.token.expose_secret()
    }

    /// As a guest is told it, and finds it in answers of which the token is taken out.
    pub(super) fn told(&self) -> String {
        format!("{}{MASK}", self.base)
    }

    /// Puts the real address in the place of the one that the guest was told, as it stands and percent-encoded. What a
    /// server could read as other letters, and repeat so that nobody recognises them, is refused.
    pub(super) fn reveal(&self, request: &mut OutboundRequest) -> Result<(), String> {
        let real = format!("{}{}", self.base, self.token.expose_secret());
        let told = self.told();
        let (encoded_told, encoded_real) = (percent(told.as_bytes()), percent(real.as_bytes()));
        let query = request.query.replace(&encoded_told, &encoded_real);
        let body = request.body.as_ref().map(|body| {
            let body = replaced(body, told.as_bytes(), real.as_bytes());
            replaced(&body, encoded_told.as_bytes(), encoded_real.as_bytes())
        });
        if query != request.query || body != request.body {
            let given = request.body.as_deref().unwrap_or_default();
            readable::check_text(&request.headers, given)?;
            (request.query, request.body) = (query, body);
        }
        Ok(())
    }

    /// Takes out of an answer, of which the secrets are taken out, what else stands behind the address of the gateway: an
    /// account's list has the addresses of its other connections too, or a former one, and an error a piece of this one.
    pub(super) fn without_others(&self, answer: Answer) -> Answer {
        let finder = finder(&self.base);
        let text = |text: String| {
            let cleared = without_others(&finder, text.as_bytes());
            String::from_utf8_lossy(&cleared).into_owned()
        };
        let headers = answer.headers.into_iter();
        Answer {
            status: answer.status,
            headers: headers.map(|(name, value)| (name, text(value))).collect(),
            body: without_others(&finder, &answer.body),
        }
    }
}

/// Finds the address without its secret part, as it stands, in JSON with its slashes escaped, and percent-encoded.
fn finder(base: &str) -> AhoCorasick {
    let forms = [
        base.to_owned(),
        base.replace('/', "\\/"),
        percent(base.as_bytes()),
    ];
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(forms)
        .expect("three short patterns fit an automaton")
}

/// The bytes without the letters of a token that stand behind an address.
fn without_others(finder: &AhoCorasick, bytes: &[u8]) -> Vec<u8> {
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_".contains(*byte);
    let mut whole = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for found in finder.find_iter(bytes) {
        let begins = found.end();
        let length = bytes[begins..].iter().take_while(is_letter).count();
        if length > 0 {
            whole.extend_from_slice(&bytes[copied..begins]);
            whole.extend_from_slice(OTHER.as_bytes());
            copied = begins + length;
        }
    }
    whole.extend_from_slice(&bytes[copied..]);
    whole
}

/// The bytes with `to` in every place of `from`.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut left = bytes;
    let mut whole = Vec::with_capacity(bytes.len());
    while let Some(place) = left.windows(from.len()).position(|window| window == from) {
        whole.extend_from_slice(&left[..place]);
        whole.extend_from_slice(to);
        left = &left[place + from.len()..];
    }
    whole.extend_from_slice(left);
    whole
}

/// What is subscribed for a connection that is given this: another digest wants another subscription. Nothing where the
/// plugin cannot do it, or has no address to name. The token is in it, so that nobody who reads the digest can try secrets.
pub(super) fn digest(
    manifest: &Manifest,
    settings: &Value,
    secrets: &Secrets,
    endpoint: Option<&WebhookEndpoint>,
) -> Option<SubscriptionDigest> {
    let endpoint = endpoint.filter(|_| manifest.has(Ability::WebhookRegistrar))?;
    let settings = settings.to_string();
    let secrets: BTreeMap<&str, &str> = secrets
        .iter()
        .map(|(name, secret)| (name.as_str(), secret.expose_secret()))
        .collect();
    let own: [&str; 5] = [
        endpoint.base.as_str(),
        endpoint.token.expose_secret(),
        &manifest.id,
        &manifest.version,
        &settings,
    ];
    let mut hasher = Sha256::new();
    let pairs = secrets.iter().flat_map(|(name, secret)| [*name, *secret]);
    for part in own.into_iter().chain(pairs) {
        // With its length, so that no two lists of parts read alike.
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hasher.update(length.to_be_bytes());
        hasher.update(part);
    }
    Some(SubscriptionDigest(hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::egress::permit::PermittedHost;
    use crate::plugin::manifest::secrets::Method;
    use crate::plugin::manifest::tests::example;

    fn endpoint(token: &str) -> WebhookEndpoint {
        WebhookEndpoint::new("https://gateway.example", token.into())
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
        let told = endpoint.told();
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
        let told = endpoint.told();
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
        let secrets = |secret: &str| Secrets::from([("key".to_owned(), secret.into())]);
        let settings = serde_json::json!({ "hotel": 7 });
        let usual = digest(&able, &settings, &secrets("a"), Some(&home));
        assert_eq!(usual, digest(&able, &settings, &secrets("a"), Some(&home)));
        assert!(usual.is_some());
        for other in [
            digest(&unable, &settings, &secrets("a"), Some(&home)),
            digest(&able, &settings, &secrets("a"), None),
            digest(&able, &settings, &secrets("a"), Some(&away)),
            digest(&newer, &settings, &secrets("a"), Some(&home)),
            digest(&able, &Value::Null, &secrets("a"), Some(&home)),
            digest(&able, &settings, &secrets("b"), Some(&home)),
        ] {
            assert_ne!(other, usual);
        }
    }
}
