//! Puts secrets into a request on its way out, by the manifest's slots.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::request::OutboundRequest;
use super::ws_security::{self, Login};
use super::{encode, json_pointer, readable, xml_element};
use crate::domain::random::Random;
use crate::plugin::manifest::secrets::{Injection, NamedAttribute, PasswordForm, SecretSlot};

/// A secret's value for one slot: for OAuth the token, otherwise what the hotel gave.
pub(in crate::plugin) struct SlotValue<'a> {
    pub(in crate::plugin) slot: &'a SecretSlot,
    pub(in crate::plugin) secret: SecretString,
    /// The secret of a slot's `username`.
    pub(in crate::plugin) username: Option<SecretString>,
}

/// What the host makes a proof of that is good once.
#[derive(Clone, Copy, Debug)]
pub(in crate::plugin) struct Fresh<'a> {
    pub(in crate::plugin) now: Timestamp,
    pub(in crate::plugin) random: &'a Random,
}

/// Fills one slot, and tells what was made of its secret and must not come back either. A guest that filled the same
/// place itself is refused.
pub(in crate::plugin) fn inject(
    request: &mut OutboundRequest,
    value: &SlotValue<'_>,
    fresh: Fresh<'_>,
) -> Result<Option<SecretString>, String> {
    let secret = value.secret.expose_secret();
    let filled = match &value.slot.inject {
        Injection::Bearer {} | Injection::Oauth2(_) => {
            set_header(request, AUTHORIZATION, &format!("Bearer {secret}"))
        }
        Injection::Basic { .. } => set_header(
            request,
            AUTHORIZATION,
            &basic(secret, value.username.as_ref()),
        ),
        Injection::Header { name } => {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| "a slot names no header".to_owned())?;
            set_header(request, name, secret)
        }
        Injection::Query { name } => add_to_query(request, name, secret),
        Injection::XmlElement {
            element,
            attribute,
            username,
        } => add_to_document(request, element, attribute, (username.as_ref(), value)),
        Injection::JsonPointer { pointer } => add_to_object(request, pointer, secret),
        Injection::WsSecurity { password, .. } => {
            return add_to_envelope(request, *password, value, fresh);
        }
        Injection::Webhook {} | Injection::Signer { .. } => Ok(()),
    };
    filled.map(|()| None)
}

/// What goes into the header of a basic slot.
pub(in crate::plugin) fn basic(secret: &str, username: Option<&SecretString>) -> String {
    let pair = match username {
        Some(username) => format!("{}:{secret}", username.expose_secret()),
        None => secret.to_owned(),
    };
    format!("Basic {}", STANDARD.encode(pair))
}

fn set_header(request: &mut OutboundRequest, name: HeaderName, value: &str) -> Result<(), String> {
    if request.headers.contains_key(&name) {
        return Err(format!(
            "the header `{name}` carries a secret, which the host adds"
        ));
    }
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| format!("the secret for `{name}` fits into no header"))?;
    value.set_sensitive(true);
    request.headers.insert(name, value);
    Ok(())
}

fn add_to_query(request: &mut OutboundRequest, name: &str, secret: &str) -> Result<(), String> {
    let taken = request
        .query
        .split('&')
        .any(|pair| pair.split_once('=').is_some_and(|(given, _)| given == name));
    if taken {
        return Err(format!(
            "the query parameter `{name}` carries a secret, which the host adds"
        ));
    }
    if !request.query.is_empty() {
        request.query.push('&');
    }
    request.query.push_str(&encode::pairs([(name, secret)]));
    Ok(())
}

fn add_to_document(
    request: &mut OutboundRequest,
    element: &str,
    attribute: &str,
    (named, value): (Option<&NamedAttribute>, &SlotValue<'_>),
) -> Result<(), String> {
    readable::check(&request.headers)?;
    let mut attributes = Vec::new();
    if let (Some(named), Some(username)) = (named, &value.username) {
        attributes.push((named.attribute.as_str(), username.expose_secret()));
    }
    attributes.push((attribute, value.secret.expose_secret()));
    let body = request
        .body
        .as_deref()
        .ok_or_else(|| format!("the element `{element}` has no body to stand in"))?;
    request.body = Some(xml_element::insert(body, element, &attributes)?);
    Ok(())
}

fn add_to_object(request: &mut OutboundRequest, pointer: &str, secret: &str) -> Result<(), String> {
    readable::check(&request.headers)?;
    let body = request
        .body
        .as_deref()
        .ok_or_else(|| format!("there is no body for the secret at {pointer}"))?;
    request.body = Some(json_pointer::insert(body, pointer, secret)?);
    Ok(())
}

fn add_to_envelope(
    request: &mut OutboundRequest,
    form: PasswordForm,
    value: &SlotValue<'_>,
    fresh: Fresh<'_>,
) -> Result<Option<SecretString>, String> {
    readable::check(&request.headers)?;
    let body = request
        .body
        .as_deref()
        .ok_or_else(|| "there is no envelope for the username token".to_owned())?;
    let username = value.username.as_ref();
    let login = Login {
        username: username.map_or("", |username| username.expose_secret()),
        password: value.secret.expose_secret(),
        form,
        nonce: fresh.random.bytes(),
        now: fresh.now,
    };
    let (filled, digest) = ws_security::insert(body, &login)?;
    request.body = Some(filled);
    Ok(digest.map(SecretString::from))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::*;
    use crate::plugin::egress::permit::PermittedHost;
    use crate::plugin::manifest::secrets::Method;

    fn request() -> OutboundRequest {
        OutboundRequest {
            method: Method::Get,
            host: PermittedHost {
                name: "api.example.com".to_owned(),
                port: 443,
            },
            path: "/".to_owned(),
            query: "page=1".to_owned(),
            headers: HeaderMap::new(),
            body: None,
            first_byte: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
        }
    }

    fn filled(
        request: &mut OutboundRequest,
        value: &SlotValue<'_>,
    ) -> Result<Option<SecretString>, String> {
        let fresh = Fresh {
            now: Timestamp::UNIX_EPOCH,
            random: &Random::seeded(1),
        };
        inject(request, value, fresh)
    }

    fn slot(inject: Injection) -> SecretSlot {
        let hosts = vec!["api.example.com".parse().expect("a host")];
        SecretSlot {
            name: "key".to_owned(),
            hosts,
            methods: vec![Method::Get],
            inject,
        }
    }

    fn injected(inject_as: Injection, username: Option<&str>) -> OutboundRequest {
        let mut request = request();
        let slot = slot(inject_as);
        let value = SlotValue {
            slot: &slot,
            secret: "s3cret&".into(),
            username: username.map(Into::into),
        };
        filled(&mut request, &value).expect("an empty place");
        request
    }

    fn header(request: &OutboundRequest, name: &str) -> String {
        request.headers[name].to_str().expect("text").to_owned()
    }

    #[test]
    fn each_kind_of_slot_has_its_place() {
        assert_eq!(
            header(&injected(Injection::Bearer {}, None), "authorization"),
            "Bearer s3cret&"
        );
        let keyed = injected(
            Injection::Header {
                name: "X-Api-Key".to_owned(),
            },
            None,
        );
        assert_eq!(header(&keyed, "x-api-key"), "s3cret&");
        assert_eq!(
            injected(
                Injection::Query {
                    name: "key".to_owned()
                },
                None
            )
            .query,
            "page=1&key=s3cret%26"
        );
        let whole = injected(Injection::Basic { username: None }, None);
        assert_eq!(
            header(&whole, "authorization"),
            format!("Basic {}", STANDARD.encode("s3cret&"))
        );
        let pair = injected(
            Injection::Basic {
                username: Some("user".to_owned()),
            },
            Some("hotel"),
        );
        assert_eq!(
            header(&pair, "authorization"),
            format!("Basic {}", STANDARD.encode("hotel:s3cret&"))
        );
    }

    #[test]
    fn an_element_of_the_body_holds_the_secret_and_the_user() {
        let login = Injection::XmlElement {
            element: "Login".to_owned(),
            attribute: "password".to_owned(),
            username: Some(NamedAttribute {
                secret: "user".to_owned(),
                attribute: "name".to_owned(),
            }),
        };
        let slot = slot(login);
        let value = SlotValue {
            slot: &slot,
            secret: "s3cret&".into(),
            username: Some("hotel".into()),
        };
        let mut asking = OutboundRequest {
            body: Some(b"<Ask></Ask>".to_vec()),
            ..request()
        };
        filled(&mut asking, &value).expect("an empty place");
        assert_eq!(
            asking.body.as_deref(),
            Some(&br#"<Ask><Login name="hotel" password="s3cret&amp;"></Login></Ask>"#[..])
        );
        assert!(filled(&mut asking, &value).is_err(), "it is there already");
        assert!(filled(&mut request(), &value).is_err(), "there is no body");
    }

    #[test]
    fn a_member_of_the_body_holds_the_secret() {
        let slot = slot(Injection::JsonPointer {
            pointer: "/auth/key".to_owned(),
        });
        let value = SlotValue {
            slot: &slot,
            secret: "s3cret&".into(),
            username: None,
        };
        let mut asking = OutboundRequest {
            body: Some(br#"{"auth": {}}"#.to_vec()),
            ..request()
        };
        filled(&mut asking, &value).expect("an empty place");
        assert_eq!(
            asking.body.as_deref(),
            Some(&br#"{"auth": {"key":"s3cret&"}}"#[..])
        );
        assert!(filled(&mut asking, &value).is_err(), "it is there already");
        assert!(filled(&mut request(), &value).is_err(), "there is no body");
    }

    #[test]
    fn each_envelope_has_a_digest_of_its_own_which_must_not_come_back() {
        let slot = slot(Injection::WsSecurity {
            username: "user".to_owned(),
            password: PasswordForm::Digest,
        });
        let value = SlotValue {
            slot: &slot,
            secret: "s3cret&".into(),
            username: Some("hotel".into()),
        };
        let random = Random::seeded(1);
        let digest = || {
            let mut asking = OutboundRequest {
                body: Some(b"<Envelope><Header></Header></Envelope>".to_vec()),
                ..request()
            };
            let now = Timestamp::UNIX_EPOCH;
            let fresh = Fresh {
                now,
                random: &random,
            };
            let made = inject(&mut asking, &value, fresh).expect("an empty place");
            let made = made.expect("a digest").expose_secret().to_owned();
            let body = String::from_utf8(asking.body.expect("a body")).expect("text");
            assert!(
                body.contains(&made) && body.contains("1970-01-01T00:00:00Z"),
                "{body}"
            );
            made
        };
        assert_ne!(digest(), digest());
        assert!(filled(&mut request(), &value).is_err(), "there is no body");
    }

    #[test]
    fn an_injected_header_is_not_shown_by_debug() {
        assert!(!format!("{:?}", injected(Injection::Bearer {}, None)).contains("s3cret"));
    }

    #[test]
    fn a_guest_cannot_fill_the_place_of_a_secret() {
        let slot_of = |inject| slot(inject);
        let mut headed = request();
        headed
            .headers
            .insert("x-api-key", HeaderValue::from_static("mine"));
        let keyed = slot_of(Injection::Header {
            name: "X-Api-Key".to_owned(),
        });
        assert!(
            filled(
                &mut headed,
                &SlotValue {
                    slot: &keyed,
                    secret: "s".into(),
                    username: None
                }
            )
            .is_err()
        );
        let queried = slot_of(Injection::Query {
            name: "page".to_owned(),
        });
        assert!(
            filled(
                &mut request(),
                &SlotValue {
                    slot: &queried,
                    secret: "s".into(),
                    username: None
                }
            )
            .is_err()
        );
    }

    #[test]
    fn a_secret_that_would_break_the_header_is_not_sent() {
        let bearer = slot(Injection::Bearer {});
        let value = SlotValue {
            slot: &bearer,
            secret: "a\r\nb".into(),
            username: None,
        };
        let refusal = filled(&mut request(), &value).expect_err("a line break");
        assert!(!refusal.contains("a\r\nb"), "{refusal}");
    }
}
