//! Secrets and webhooks of a manifest, in plain words.

use crate::plugin::manifest::secrets::{Injection, PasswordForm, SecretSlot, SignatureAlgorithm};
use crate::plugin::manifest::webhook::{EventIdSource, SignedText, Verification, WebhookRules};

pub(super) fn secret_in_words(slot: &SecretSlot) -> String {
    let name = &slot.name;
    let place = match &slot.inject {
        Injection::Bearer {} => "a bearer token".to_owned(),
        Injection::Basic {
            username: Some(username),
        } => format!("the password of the user `{username}`"),
        Injection::Basic { username: None } => "a user and password".to_owned(),
        Injection::Header { name } => format!("the header {name}"),
        Injection::Query { name } => format!("the query parameter {name}"),
        Injection::XmlElement { element, .. } => {
            format!("the element {element} of an XML body")
        }
        Injection::JsonPointer { pointer } => format!("the member {pointer} of a JSON body"),
        Injection::WsSecurity { username, password } => {
            let form = match password {
                PasswordForm::Text => "the password",
                PasswordForm::Digest => "the password, as a digest that is good once,",
            };
            format!("{form} of the user `{username}` in the security header of a SOAP envelope")
        }
        Injection::Oauth2(source) => {
            let optional = source
                .optional_credentials
                .iter()
                .map(|name| format!("{name} (optional)"));
            let credentials: Vec<String> =
                source.credentials.iter().cloned().chain(optional).collect();
            format!(
                "a token that the host fetches with {}",
                credentials.join(", ")
            )
        }
        Injection::Webhook {} => {
            return format!("{name}: proves that a webhook is authentic; it is sent nowhere");
        }
        Injection::Signer { algorithm } => {
            let algorithm = algorithm_in_words(*algorithm);
            return format!(
                "{name}: signs what the plugin gives, with {algorithm}; it is sent nowhere"
            );
        }
    };
    let hosts: Vec<String> = slot.hosts.iter().map(ToString::to_string).collect();
    let methods: Vec<String> = slot
        .methods
        .iter()
        .map(|method| format!("{method:?}").to_uppercase())
        .collect();
    format!(
        "{name}: {place}, for {} {}",
        methods.join("/"),
        hosts.join(", ")
    )
}

fn algorithm_in_words(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::HmacSha256 => "HMAC-SHA256",
        SignatureAlgorithm::HmacSha512 => "HMAC-SHA512",
        SignatureAlgorithm::Ed25519 => "Ed25519",
        SignatureAlgorithm::EcdsaP256 => "ECDSA on P-256",
    }
}

pub(super) fn webhook_in_words(rules: &WebhookRules) -> String {
    let Some(proof) = proof_in_words(&rules.verification) else {
        return "not read: each has the host fetch the channel's reservations".to_owned();
    };
    let id = match &rules.event_id {
        Some(EventIdSource::Header(name)) => format!("an event is known by the header {name}"),
        Some(EventIdSource::JsonPointer(pointer)) => {
            format!("an event is known by {pointer} of its body")
        }
        None => "an event is known by its content".to_owned(),
    };
    let belief = if rules.pull {
        "a reservation that it names has the host pull"
    } else if rules.hint {
        "what it says is fetched before it is believed"
    } else {
        "what it says is believed"
    };
    let unread = if rules.pull_unless_json {
        "; what is no JSON is not kept, and has the host fetch the channel's reservations"
    } else {
        ""
    };
    let withheld = if rules.withheld.is_empty() {
        String::new()
    } else {
        let names = rules.withheld.join(", ");
        format!("; of a body in XML, {names} and all in them are never kept or read")
    };
    let answered = rules
        .answer_within_seconds
        .map_or_else(String::new, |seconds| {
            format!(
                "; the plugin answers it within {seconds} seconds, and confirms so what it says"
            )
        });
    let own = rules.xml.as_deref().map_or_else(String::new, |own| {
        let secret = own.verification.secret().unwrap_or_default();
        format!(
            "; where the hotel gives `{secret}`, a body that is XML is another matter: {}",
            webhook_in_words(own)
        )
    });
    format!("{proof}; {id}; {belief}{unread}{withheld}{answered}{own}")
}

fn proof_in_words(verification: &Verification) -> Option<String> {
    let proof = match verification {
        Verification::NoneButReRead {} => return None,
        Verification::UrlSecret {} => "the unguessable address is the proof".to_owned(),
        Verification::StaticHeader { header, .. } => {
            format!("the header {header} holds a secret")
        }
        Verification::StandardWebhooks { header_prefix, .. } => {
            format!("signed as Standard Webhooks says, in {header_prefix}-* headers")
        }
        Verification::HmacSha256(text) => signed_in_words("HMAC-SHA256", text),
        Verification::Ed25519(text) => signed_in_words("Ed25519", text),
        Verification::EcdsaP256(text) => signed_in_words("ECDSA on P-256", text),
        Verification::Jwt(expected) => format!(
            "a token of {} for {}, signed with {}, proves who calls",
            expected.issuer,
            expected.audience,
            expected.algorithm.name()
        ),
        Verification::Basic { .. } => "a user and a password prove who calls".to_owned(),
        Verification::IssuedToken { .. } => {
            "a token that this host issues to the channel proves who calls".to_owned()
        }
        Verification::XmlLogin(place) => format!(
            "a user and a password in the element {} of an XML body prove who calls",
            place.element
        ),
    };
    Some(proof)
}

/// Where the signature stands, and what it does not cover.
fn signed_in_words(algorithm: &str, text: &SignedText) -> String {
    let place = match (&text.signature_header, &text.signature_pointer) {
        (Some(header), _) => format!("the header {header}"),
        (None, Some(pointer)) => format!("{pointer} of the body"),
        (None, None) => "no place".to_owned(),
    };
    let covered = if text.text.contains("{body}") {
        ""
    } else {
        ", which does not cover the body"
    };
    format!("signed with {algorithm} in {place}{covered}")
}
