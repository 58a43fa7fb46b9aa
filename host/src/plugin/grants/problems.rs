//! What a manifest has against the settings and secrets that a connection would be given.

use secrecy::{ExposeSecret, SecretString};

use super::{ConnectionGrant, GrantError};
use crate::plugin::egress::scrub::SHORTEST_SECRET;
use crate::plugin::keys;
use crate::plugin::manifest::secrets::{Injection, SignatureAlgorithm, rotation};
use crate::plugin::manifest::webhook::{
    KeyEncoding, SignedText, TokenAlgorithm, TokenRules, Verification,
};
use crate::plugin::manifest::{Manifest, SettingsSchema};
use crate::plugin::oauth::usable;
use crate::plugin::webhook;

/// Everything that a manifest has against what a connection would be given.
pub(in crate::plugin) fn problems(
    manifest: &Manifest,
    schema: &SettingsSchema,
    given: &ConnectionGrant,
) -> Vec<GrantError> {
    let mut problems = settings_problems(schema, given);
    problems.extend(secret_problems(manifest, given));
    problems
}

fn settings_problems(schema: &SettingsSchema, given: &ConnectionGrant) -> Vec<GrantError> {
    let problem = |problem| GrantError::Settings {
        plugin: given.plugin.clone(),
        problem,
    };
    schema
        .problems(&given.settings)
        .into_iter()
        .map(problem)
        .collect()
}

fn secret_problems(manifest: &Manifest, given: &ConnectionGrant) -> Vec<GrantError> {
    let plugin = || given.plugin.clone();
    let required = manifest.required_secrets();
    let optional = manifest.optional_secrets();
    let missing = required
        .iter()
        .filter(|name| !given.secrets.contains_key(**name));
    let mut problems: Vec<_> = missing
        .map(|name| GrantError::MissingSecret {
            plugin: plugin(),
            secret: (*name).to_owned(),
        })
        .collect();
    for (name, secret) in &given.secrets {
        if !required.contains(name.as_str()) && !optional.contains(name) {
            let known = required
                .iter()
                .copied()
                .chain(optional.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join(", ");
            problems.push(GrantError::UnknownSecret {
                plugin: plugin(),
                secret: name.clone(),
                known,
            });
        } else if let Err(problem) =
            check_secret(secret.expose_secret(), manifest.is_identifier(name))
        {
            problems.push(GrantError::BadSecret {
                plugin: plugin(),
                secret: name.clone(),
                problem,
            });
        }
    }
    problems.extend(slot_problems(manifest, given));
    problems
}

/// A secret must be long enough to be told from ordinary text, and fit into a header. What only names somebody may be short.
fn check_secret(secret: &str, is_identifier: bool) -> Result<(), String> {
    if secret.is_empty() {
        return Err("is empty".to_owned());
    }
    if secret.len() < SHORTEST_SECRET && !is_identifier {
        return Err(format!(
            "has fewer than {SHORTEST_SECRET} characters, too few to be kept out of answers"
        ));
    }
    if secret.len() > 8_192 || secret.contains(char::is_control) {
        return Err("has more than 8192 characters or a line break: was a file read with its last line end?".to_owned());
    }
    Ok(())
}

/// What only a slot's kind can tell about its secrets.
fn slot_problems(manifest: &Manifest, given: &ConnectionGrant) -> Vec<GrantError> {
    let bad = |secret: &str, problem: &str| GrantError::BadSecret {
        plugin: given.plugin.clone(),
        secret: secret.to_owned(),
        problem: problem.to_owned(),
    };
    let mut problems = Vec::new();
    for slot in &manifest.secrets {
        match &slot.inject {
            Injection::Oauth2(source) if usable(source, &given.secrets).is_none() => {
                problems.push(bad(
                    &slot.name,
                    "cannot be obtained: no token request has all its credentials",
                ));
            }
            Injection::Signer { algorithm } => {
                let secret = given.secrets.get(&slot.name);
                let problem = secret.and_then(|secret| signer_problem(*algorithm, secret));
                problems.extend(problem.map(|problem| bad(&slot.name, problem)));
            }
            Injection::Webhook {} => {
                for name in rotation(&slot.name) {
                    let secret = given.secrets.get(&name);
                    let problem =
                        secret.and_then(|secret| webhook_problem(manifest, &slot.name, secret));
                    problems.extend(problem.map(|problem| bad(&name, problem)));
                }
            }
            _ => {}
        }
    }
    problems
}

/// What is wrong with a secret that verifies webhooks, by the way in which it does.
fn webhook_problem(manifest: &Manifest, slot: &str, secret: &SecretString) -> Option<&'static str> {
    let rules = manifest.webhook.as_ref()?;
    let own = rules.xml.as_ref().map(|own| &own.verification);
    let mut all = std::iter::once(&rules.verification).chain(own);
    match all.find(|verification| verification.secret() == Some(slot))? {
        Verification::UrlSecret {} | Verification::NoneButReRead {} => None,
        Verification::Basic { .. } | Verification::XmlLogin(_) => (!webhook::is_login(secret)).then_some(
            "must be `user:password`, with 16 printable letters or more in the password and no spaces",
        ),
        Verification::IssuedToken { .. } => (!webhook::is_login(secret)).then_some(
            "must be `client_id:client_secret`, with 16 printable letters or more in the client's secret and no spaces",
        ),
        Verification::HmacSha256(SignedText {
            key: KeyEncoding::Base64,
            ..
        })
        | Verification::StandardWebhooks { .. } => webhook::signing_key(secret)
            .is_none()
            .then_some("is no signing key: give it as the channel shows it (whsec_…)"),
        Verification::StaticHeader { .. } | Verification::HmacSha256(_) => {
            (!is_plain(secret, webhook::SHORTEST_SECRET))
                .then_some("must be 16 printable letters or more, without spaces")
        }
        Verification::Ed25519(_)
        | Verification::Jwt(TokenRules {
            algorithm: TokenAlgorithm::EdDsa,
            ..
        }) => keys::ed25519_public(secret.expose_secret())
            .is_none()
            .then_some("is no public key of Ed25519: give its 32 bytes, or the whole key without armour, in base64"),
        Verification::EcdsaP256(_)
        | Verification::Jwt(TokenRules {
            algorithm: TokenAlgorithm::Es256,
            ..
        }) => keys::p256_public(secret.expose_secret())
            .is_none()
            .then_some("is no public key on P-256: give it in base64, as it stands between the lines of a PEM file"),
        Verification::Jwt(TokenRules {
            algorithm: TokenAlgorithm::Hs256,
            ..
        }) => (!is_plain(secret, webhook::SHORTEST_TOKEN_KEY))
            .then_some("must be 32 printable letters or more, without spaces"),
    }
}

fn is_plain(secret: &SecretString, shortest: usize) -> bool {
    let text = secret.expose_secret();
    text.len() >= shortest && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What is wrong with a key that signs.
fn signer_problem(algorithm: SignatureAlgorithm, secret: &SecretString) -> Option<&'static str> {
    (!keys::signs(algorithm, secret.expose_secret())).then_some(
        "is no private key of its algorithm: give it unencrypted as PKCS #8, in base64, as it stands between the lines of a PEM file",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::manifest::tests::example;

    /// What is wrong with a secret, where webhooks are verified so.
    fn problem(verification: &str, secret: &str) -> Option<&'static str> {
        let standard =
            r#"{ kind = "standard-webhooks", secret = "webhook_secret", header_prefix = "svix" }"#;
        let toml = example().replace(standard, verification);
        let manifest = Manifest::from_toml(&toml).expect("a manifest");
        webhook_problem(&manifest, "webhook_secret", &secret.into())
    }

    #[test]
    fn a_secret_that_could_verify_nothing_is_refused() {
        let text = r#"secret = "webhook_secret", text = "{body}", signature_header = "x-signature", encoding = "hex""#;
        let token = r#"secret = "webhook_secret", issuer = "a", audience = "b""#;
        let point = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==";
        let edwards = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        for (verification, good, bad) in [
            (
                format!(r#"{{ kind = "hmac-sha256", {text} }}"#),
                "sixteen-letters!",
                "fifteen-letters",
            ),
            (
                format!(r#"{{ kind = "hmac-sha256", key = "base64", {text} }}"#),
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "whsec_!",
            ),
            (format!(r#"{{ kind = "ed25519", {text} }}"#), edwards, point),
            (
                format!(r#"{{ kind = "ecdsa-p256", {text} }}"#),
                point,
                edwards,
            ),
            (
                r#"{ kind = "issued-token", secret = "webhook_secret" }"#.to_owned(),
                "channel:sixteen-letters!",
                "channel:fifteen-letters",
            ),
            (
                r#"{ kind = "xml-login", secret = "webhook_secret", element = "Login", username = "User", password = "Pass" }"#
                    .to_owned(),
                "channel:sixteen-letters!",
                "sixteen-letters-without-a-user",
            ),
            (
                format!(r#"{{ kind = "jwt", algorithm = "es256", {token} }}"#),
                point,
                edwards,
            ),
            (
                format!(r#"{{ kind = "jwt", algorithm = "eddsa", {token} }}"#),
                edwards,
                point,
            ),
            (
                format!(r#"{{ kind = "jwt", algorithm = "hs256", {token} }}"#),
                "thirty-two-letters-and-a-few-more",
                "sixteen-letters!",
            ),
        ] {
            assert_eq!(problem(&verification, good), None, "{verification}");
            assert!(problem(&verification, bad).is_some(), "{verification}");
        }
    }

    #[test]
    fn a_key_that_could_sign_nothing_is_refused() {
        let problem = |algorithm, secret: &str| signer_problem(algorithm, &secret.into());
        assert_eq!(problem(SignatureAlgorithm::HmacSha256, "any text"), None);
        for algorithm in [SignatureAlgorithm::Ed25519, SignatureAlgorithm::EcdsaP256] {
            let refused = problem(algorithm, "any text").expect("no key");
            assert!(refused.contains("PKCS #8"), "{refused}");
        }
    }
}
