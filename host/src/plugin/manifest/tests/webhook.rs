//! How a webhook is verified is spelled out, or refused with what to do.

use super::*;

#[test]
fn webhooks_are_verified_by_a_declared_secret_or_not_parsed() {
    for (from, to, expected) in [
        (
            "secret = \"webhook_secret\"",
            "secret = \"signing_key\"",
            "`webhook.verification.secret`: `signing_key` is not",
        ),
        (
            ", \"webhook-source\"",
            "",
            "`webhook`: needs the ability that parses webhooks",
        ),
        (
            "json_pointer = \"/id\"",
            "header = \"X Id\"",
            "`webhook.event_id.header`",
        ),
    ] {
        let sentence = refusal(from, to);
        assert!(sentence.contains(expected), "{sentence}");
    }
    let without = example()
        .split("[webhook]")
        .next()
        .expect("what stands before")
        .to_owned();
    let sentence = Manifest::from_toml(&without)
        .expect_err("no rules")
        .to_string();
    assert!(sentence.contains("`webhook`: is missing"), "{sentence}");
}

#[test]
fn a_login_verifies_webhooks_by_a_declared_secret() {
    let standard =
        r#"{ kind = "standard-webhooks", secret = "webhook_secret", header_prefix = "svix" }"#;
    let basic = r#"{ kind = "basic", secret = "webhook_secret" }"#;
    let manifest = Manifest::from_toml(&example().replace(standard, basic)).expect("a manifest");
    let again = Manifest::from_json(&manifest.to_json()).expect("the same manifest");
    let verification = again.webhook.expect("rules").verification;
    assert_eq!(verification.secret(), Some("webhook_secret"));
    let sentence = refusal(standard, r#"{ kind = "basic", secret = "file_key" }"#);
    assert!(
        sentence.contains("`webhook.verification.secret`: `file_key` is not"),
        "{sentence}"
    );
}

#[test]
fn a_webhooks_secret_may_come_in_a_header() {
    let standard =
        "kind = \"standard-webhooks\", secret = \"webhook_secret\", header_prefix = \"svix\"";
    let fixed = |secret: &str, header: &str| {
        format!("kind = \"static-header\", secret = \"{secret}\", header = \"{header}\"")
    };
    let good = example().replace(standard, &fixed("webhook_secret", "x-octopus-secret"));
    Manifest::from_toml(&good).expect("a manifest");
    let sentence = refusal(standard, &fixed("account", "x-octopus-secret"));
    assert!(sentence.contains("`account` is not"), "{sentence}");
    let sentence = refusal(standard, &fixed("webhook_secret", "X Secret"));
    assert!(
        sentence.contains("`webhook.verification.header`"),
        "{sentence}"
    );
}

#[test]
fn a_webhook_may_be_signed_over_a_text_that_is_spelled_out() {
    let standard =
        "kind = \"standard-webhooks\", secret = \"webhook_secret\", header_prefix = \"svix\"";
    let signed = |text: &str, rest: &str| {
        format!(
            "kind = \"hmac-sha256\", secret = \"webhook_secret\", text = \"{text}\", \
             signature_header = \"x-signature\", encoding = \"base64\"{rest}"
        )
    };
    let timed = ", timestamp_header = \"x-time\", timestamp_unit = \"milliseconds\"";
    for (text, rest) in [("{timestamp}.{body}", timed), ("{body}", "")] {
        let toml = example().replace(standard, &signed(text, rest));
        let manifest = Manifest::from_toml(&toml).expect("a manifest");
        let again = Manifest::from_json(&manifest.to_json()).expect("the same manifest");
        let verification = again.webhook.expect("rules").verification;
        assert_eq!(verification.secret(), Some("webhook_secret"));
    }
    for (text, rest) in [
        ("{timestamp}", timed),
        ("{body}", timed),
        ("{body}{body}", ""),
        ("{timestamp}.{body}", ""),
    ] {
        let sentence = refusal(standard, &signed(text, rest));
        assert!(
            sentence.contains("`webhook.verification.text`"),
            "{sentence}"
        );
    }
    let sentence = refusal(standard, &signed("{body}", ", separator = \"\""));
    assert!(
        sentence.contains("`webhook.verification.separator`"),
        "{sentence}"
    );
}

#[test]
fn who_asks_is_an_identifier_and_what_proves_it_a_secret() {
    let manifest = Manifest::from_toml(&example()).expect("a manifest");
    assert!(manifest.is_identifier("client_id"));
    for name in [
        "client_secret",
        "refresh_token",
        "file_key",
        "webhook_secret",
        "webhook_secret_previous",
        "signing_key",
    ] {
        assert!(!manifest.is_identifier(name), "{name}");
    }
    let proven = example().replace(
        r#"{ name = "client_id", credential = "client_id" },"#,
        r#"{ name = "client_id", credential = "client_id" }, { name = "key", credential = "client_id" },"#,
    );
    let manifest = Manifest::from_toml(&proven).expect("a manifest");
    assert!(
        !manifest.is_identifier("client_id"),
        "it proves something too"
    );
    let basic = example().replace(
        r#"{ kind = "header", name = "X-File-Key" }"#,
        r#"{ kind = "basic", username = "user" }"#,
    );
    let manifest = Manifest::from_toml(&basic).expect("a manifest");
    assert!(manifest.is_identifier("user") && !manifest.is_identifier("file_key"));
}
