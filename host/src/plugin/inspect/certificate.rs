//! What a plugin file is and may do, in plain words and as data.

use std::fmt;

use serde::Serialize;

use crate::plugin::approval::everything;
use crate::plugin::limits::Limits;
use crate::plugin::manifest::{Ability, Kind, Manifest};

use super::Interfaces;
use super::words::{secret_in_words, webhook_in_words};

/// What the file says of itself, and what the host makes of it.
#[derive(Clone, Debug, Serialize)]
pub struct Certificate {
    pub bytes: usize,
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
    #[serde(flatten)]
    pub interfaces: Interfaces,
    pub limits: EffectiveLimits,
    pub manifest: Manifest,
}

/// What one call may use: the host's defaults, lowered where the manifest asks for less.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EffectiveLimits {
    pub cpu_ms: u128,
    pub wall_ms: u128,
    pub memory_mib: usize,
    pub requests: u32,
}

impl From<Limits> for EffectiveLimits {
    fn from(limits: Limits) -> Self {
        Self {
            cpu_ms: limits.cpu.as_millis(),
            wall_ms: limits.wall.as_millis(),
            memory_mib: limits.memory / (1024 * 1024),
            requests: limits.requests,
        }
    }
}

impl EffectiveLimits {
    fn in_words(self) -> [String; 2] {
        let Self {
            cpu_ms,
            wall_ms,
            memory_mib,
            requests,
        } = self;
        [
            format!("{cpu_ms} ms of computing, {wall_ms} ms in all"),
            format!("{memory_mib} MiB of memory, {requests} requests"),
        ]
    }
}

/// What the sandbox rules out for every plugin.
const NEVER: [&str; 5] = [
    "see a secret: the host adds them to requests on their way out",
    "open a file or a socket, start a process, or read the environment",
    "call a host that is not named above, follow a redirect, or reach a private network",
    "keep anything between two calls but the small memory of its own connection",
    "stop or slow the host: its time, memory and requests end first",
];

impl fmt::Display for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Manifest {
            id,
            name,
            version,
            contract,
            kind,
            hosts,
            secrets,
            webhook,
            ..
        } = &self.manifest;
        writeln!(out, "{id} {version}: {name}, {}", kind_in_words(*kind))?;
        writeln!(out, "  {} bytes, sha256 {}", self.bytes, self.sha256)?;
        let sdk = self
            .interfaces
            .sdk
            .as_deref()
            .map_or("made without the SDK".to_owned(), |sdk| {
                format!("SDK {sdk}")
            });
        writeln!(out, "  contract {contract}, {sdk}")?;
        list(out, "It can", self.abilities())?;
        list(out, "It may call, over HTTPS", hosts)?;
        list(
            out,
            "Secrets that a hotel gives, and where the host uses them",
            secrets.iter().map(secret_in_words),
        )?;
        list(out, "Webhooks", webhook.iter().map(webhook_in_words))?;
        list(out, "One call may use", self.limits.in_words())?;
        list(out, "It imports", &self.interfaces.imports)?;
        list(out, "It can never", NEVER)
    }
}

impl Certificate {
    /// The section of the configuration that approves this file, and all that it asks for.
    pub fn approval(&self) -> Result<String, toml::ser::Error> {
        let approval = everything(&self.manifest, &self.sha256);
        let lines = toml::to_string_pretty(&approval)?;
        Ok(format!("[plugins.approved.{}]\n{lines}", self.manifest.id))
    }

    pub(super) fn abilities(&self) -> Vec<String> {
        let mandatory = match self.manifest.kind {
            Kind::Channel => {
                "check a connection, list what the channel sells, send availability, rates and restrictions"
            }
            Kind::Email if self.manifest.recognises_repeats() => {
                "send a message, once under its key however often it is handed over"
            }
            Kind::Email => "send a message",
        };
        let optional = self.manifest.abilities.iter().map(|ability| match ability {
            Ability::AriReader => "read back what the channel shows",
            Ability::ReservationSource => "fetch reservations from the channel",
            Ability::WebhookSource => "understand the channel's webhooks",
            Ability::WebhookRegistrar => {
                "have the channel send its webhooks here, and end that, without seeing the secret part of the address"
            }
            Ability::GuestMessages => {
                "read what guests write to the hotel, and write to them in its name"
            }
            Ability::WebhookAnswer => "answer the channel's webhooks in the channel's own form",
            Ability::EmailEvents => "understand deliveries, bounces and complaints",
            Ability::EmailBatch => "send several messages in one request",
        });
        std::iter::once(mandatory)
            .chain(optional)
            .map(ToOwned::to_owned)
            .collect()
    }
}

/// A heading with its lines, or with the word that there are none.
fn list<T: fmt::Display>(
    out: &mut fmt::Formatter<'_>,
    heading: &str,
    lines: impl IntoIterator<Item = T>,
) -> fmt::Result {
    writeln!(out, "{heading}:")?;
    let mut empty = true;
    for line in lines {
        empty = false;
        writeln!(out, "  - {line}")?;
    }
    if empty {
        writeln!(out, "  - nothing")
    } else {
        Ok(())
    }
}

pub(super) fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Channel => "a connector to a channel",
        Kind::Email => "an email provider",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::inspect::inspect;
    use crate::plugin::manifest::section;

    const PIGEON: &str = include_str!("../build/example.toml");

    fn certificate() -> Certificate {
        certificate_of(PIGEON)
    }

    fn certificate_of(toml: &str) -> Certificate {
        let manifest = Manifest::from_toml(toml);
        let component = wasm_encoder::Component::new().finish();
        let file = section::embed(&component, &manifest.expect("a manifest")).expect("a component");
        inspect(&file).expect("a plugin")
    }

    #[test]
    fn the_certificate_tells_a_person_what_the_plugin_may_do() {
        let text = certificate().to_string();
        for line in [
            "pigeon-post 0.1.0: Pigeon Post, an email provider",
            "contract 1.0.0, made without the SDK",
            "  - send a message",
            "  - understand deliveries, bounces and complaints",
            "  - api.pigeon.example",
            "  - api_key: a bearer token, for POST api.pigeon.example",
            "  - webhook_secret: proves that a webhook is authentic; it is sent nowhere",
            "signed as Standard Webhooks says, in pigeon-* headers; an event is known by the header pigeon-id",
            "  - 250 ms of computing, 30000 ms in all",
            "2 requests",
            "It imports:\n  - nothing",
            "It can never:\n  - see a secret",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn the_certificate_tells_what_a_key_promises_and_what_a_login_proves() {
        let traits = "[email]\nrecognises_repeats = true\n\n[limits]";
        let standard = r#"{ kind = "standard-webhooks", secret = "webhook_secret", header_prefix = "pigeon" }"#;
        let basic = r#"{ kind = "basic", secret = "webhook_secret" }"#;
        let toml = PIGEON.replace("[limits]", traits).replace(standard, basic);
        let text = certificate_of(&toml).to_string();
        for line in [
            "  - send a message, once under its key however often it is handed over",
            "a user and a password prove who calls; an event is known by",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn the_certificate_tells_of_a_signed_text_and_of_an_element_with_a_secret() {
        let standard = r#"{ kind = "standard-webhooks", secret = "webhook_secret", header_prefix = "pigeon" }"#;
        let signed = r#"{ kind = "hmac-sha256", secret = "webhook_secret", text = "{id}.{body}", signature_header = "x-pigeon-signature", encoding = "hex" }"#;
        let bearer = r#"{ kind = "bearer" }"#;
        let element = r#"{ kind = "xml-element", element = "Login", attribute = "key" }"#;
        let toml = PIGEON.replace(standard, signed).replace(bearer, element);
        let text = certificate_of(&toml).to_string();
        for line in [
            "  - api_key: the element Login of an XML body, for POST api.pigeon.example",
            "signed with HMAC-SHA256 in the header x-pigeon-signature; an event is known by",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn the_certificate_tells_how_bodies_carry_secrets_and_how_webhooks_are_proven() {
        let bearer = r#"{ kind = "bearer" }"#;
        let verification = r#"verification = { kind = "standard-webhooks", secret = "webhook_secret", header_prefix = "pigeon" }"#;
        let id = "event_id = { header = \"pigeon-id\" }";
        let token = r#"verification = { kind = "jwt", secret = "webhook_secret", algorithm = "es256", issuer = "pigeon", audience = "inn" }"#;
        let body = "event_id = { json_pointer = \"/token\" }\nverification = { kind = \"hmac-sha256\", secret = \"webhook_secret\", text = \"{timestamp}{id}\", signature_pointer = \"/signature\", timestamp_pointer = \"/time\", encoding = \"hex\" }";
        let key = "verification = { kind = \"ed25519\", secret = \"webhook_secret\", text = \"{id}.{body}\", signature_header = \"x-proof\", encoding = \"hex\" }";
        for (from, to, line) in [
            (
                bearer,
                r#"{ kind = "json-pointer", pointer = "/auth/key" }"#,
                "  - api_key: the member /auth/key of a JSON body, for POST api.pigeon.example",
            ),
            (
                bearer,
                r#"{ kind = "ws-security", username = "user", password = "digest" }"#,
                "  - api_key: the password, as a digest that is good once, of the user `user` in the security header of a SOAP envelope, for POST",
            ),
            (
                verification,
                token,
                "a token of pigeon for inn, signed with ES256, proves who calls; an event is known by the header pigeon-id",
            ),
            (
                verification,
                key,
                "signed with Ed25519 in the header x-proof; an event is known by the header pigeon-id",
            ),
        ] {
            let text = certificate_of(&PIGEON.replace(from, to)).to_string();
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
        let toml = PIGEON.replace(verification, "").replace(id, body);
        let text = certificate_of(&toml).to_string();
        let line = "signed with HMAC-SHA256 in /signature of the body, which does not cover the body; an event is known by /token";
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }

    #[test]
    fn the_certificate_tells_of_webhooks_in_xml_and_of_what_is_never_kept_of_them() {
        let own = "[webhook.xml]\nhint = false\nwithheld = [\"Card\", \"Guarantee\"]\n\
            verification = { kind = \"xml-login\", secret = \"webhook_secret\", element = \"Login\", \
            username = \"User\", password = \"Pass\" }\n";
        let text = certificate_of(&format!("{PIGEON}\n{own}")).to_string();
        for line in [
            "; where the hotel gives `webhook_secret`, a body that is XML is another matter: a user and a password in \
             the element Login of an XML body prove who calls; an event is known by its content; what it says is believed",
            "; of a body in XML, Card, Guarantee and all in them are never kept or read",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn the_certificate_is_data_as_well() {
        let json = serde_json::to_value(certificate()).expect("JSON");
        assert_eq!(json["manifest"]["id"], "pigeon-post");
        assert_eq!(json["limits"]["requests"], 2);
        assert_eq!(json["imports"], serde_json::json!([]));
        assert_eq!(json["sha256"].as_str().map(str::len), Some(64));
    }
}
