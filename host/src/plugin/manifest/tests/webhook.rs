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

/// The example with these rules in the place of its own.
fn with_rules(rules: &str) -> String {
    let before = example();
    let (before, _) = before.split_once("[webhook]").expect("rules");
    format!("{before}[webhook]\n{rules}")
}

fn refused(rules: &str) -> String {
    Manifest::from_toml(&with_rules(rules))
        .expect_err(rules)
        .to_string()
}

#[test]
fn what_is_signed_covers_what_a_repetition_is_known_by() {
    let rules = |event_id: &str, text: &str, rest: &str| {
        format!(
            "{event_id}\n[webhook.verification]\nkind = \"hmac-sha256\"\nsecret = \"webhook_secret\"\n\
             text = \"{text}\"\nencoding = \"hex\"\n{rest}"
        )
    };
    let header = "event_id = { header = \"x-id\" }";
    let pointer = "event_id = { json_pointer = \"/signature/token\" }";
    let signed = "signature_header = \"x-signature\"";
    let inside = "signature_pointer = \"/signature/signature\"\ntimestamp_pointer = \"/signature/timestamp\"";
    let beside = "signature_header = \"x-signature\"\nsignature_prefix = \"v1=\"\nseparator = \",\"\ntimestamp_prefix = \"t=\"";
    for good in [
        rules(header, "{id}.{body}", signed),
        rules("", "{body}", signed),
        rules(pointer, "{timestamp}{id}", inside),
        rules(pointer, "{timestamp}.{body}", beside),
        rules(
            header,
            "{body}.{id}",
            &format!("{signed}\nkey = \"base64\""),
        ),
    ] {
        let manifest = Manifest::from_toml(&with_rules(&good)).expect(&good);
        let again = Manifest::from_json(&manifest.to_json()).expect("the same manifest");
        assert_eq!(again.to_json(), manifest.to_json());
    }
    for (bad, field) in [
        (rules(header, "{body}", signed), "event_id.header"),
        (rules("", "{id}.{body}", signed), "verification.text"),
        (rules(header, "{id}{id}{body}", signed), "verification.text"),
        (rules(header, "{id}{body}", signed), "verification.text"),
        (rules(header, "{id}-{body}", signed), "verification.text"),
        (rules(header, "{body}v1{id}", signed), "verification.text"),
        (
            rules(pointer, "{id}", "signature_pointer = \"/s\""),
            "verification.text",
        ),
        (
            rules(
                &format!("hint = false\n{pointer}"),
                "{timestamp}{id}",
                inside,
            ),
            "verification.text",
        ),
        (rules("", "{body}", ""), "verification.signature_header"),
        (
            rules(
                "",
                "{body}",
                &format!("{signed}\nsignature_pointer = \"/s\""),
            ),
            "verification.signature_header",
        ),
        (
            rules(
                "",
                "{timestamp}{body}",
                &beside.replace("separator = \",\"\n", ""),
            ),
            "verification.timestamp_prefix",
        ),
        (
            rules(
                "",
                "{timestamp}{body}",
                &beside.replace("\"t=\"", "\"v1=\""),
            ),
            "verification.timestamp_prefix",
        ),
        (
            rules(
                "",
                "{timestamp}{body}",
                &inside.replace("\"/signature/t", "\"signature/t"),
            ),
            "verification.timestamp_pointer",
        ),
    ] {
        let sentence = refused(&bad);
        assert!(
            sentence.contains(&format!("`webhook.{field}`")),
            "{sentence}"
        );
    }
}

#[test]
fn a_public_key_may_verify_what_is_signed() {
    for kind in ["ed25519", "ecdsa-p256"] {
        let rules = format!(
            "[webhook.verification]\nkind = \"{kind}\"\nsecret = \"webhook_secret\"\ntext = \"{{body}}\"\n\
             signature_header = \"x-signature\"\nencoding = \"base64\"\n"
        );
        let manifest = Manifest::from_toml(&with_rules(&rules)).expect("a manifest");
        let verification = manifest.webhook.expect("rules").verification;
        assert_eq!(verification.secret(), Some("webhook_secret"));
        let sentence = refused(&format!("{rules}key = \"base64\"\n"));
        assert!(
            sentence.contains("`webhook.verification.key`"),
            "{sentence}"
        );
    }
}

#[test]
fn a_token_has_its_algorithm_issuer_and_audience_from_the_manifest() {
    let rules = |algorithm: &str, issuer: &str| {
        format!(
            "[webhook.verification]\nkind = \"jwt\"\nsecret = \"webhook_secret\"\nalgorithm = \"{algorithm}\"\n\
             issuer = \"{issuer}\"\naudience = \"roomwire\"\n"
        )
    };
    for algorithm in ["hs256", "es256", "eddsa"] {
        Manifest::from_toml(&with_rules(&rules(algorithm, "channel"))).expect(algorithm);
    }
    let sentence = refused(&rules("none", "channel"));
    assert!(sentence.contains("unknown variant `none`"), "{sentence}");
    let sentence = refused(&rules("hs256", ""));
    assert!(
        sentence.contains("`webhook.verification.issuer`"),
        "{sentence}"
    );
    let without = rules("hs256", "channel").replace("audience = \"roomwire\"\n", "");
    assert!(refused(&without).contains("audience"));
}

#[test]
fn webhooks_that_are_not_read_need_a_pull_and_no_parser() {
    let rules = "verification = { kind = \"none-but-re-read\" }\n";
    let parsing = refused(rules);
    assert!(
        parsing.contains("`webhook.verification.kind`: has the host pull"),
        "{parsing}"
    );
    let pulling = with_rules(rules).replace(", \"webhook-source\"", "");
    Manifest::from_toml(&pulling).expect("a manifest");
    let deaf = pulling.replace(", \"reservation-source\"", "");
    assert!(Manifest::from_toml(&deaf).is_err(), "it cannot be asked");
    let known = format!("{pulling}event_id = {{ header = \"x-id\" }}\n");
    let sentence = Manifest::from_toml(&known).expect_err("it is not read");
    assert!(
        sentence.to_string().contains("`webhook`: is not read"),
        "{sentence}"
    );
}

#[test]
fn webhooks_that_are_not_kept_need_a_pull() {
    let rules = "verification = { kind = \"url-secret\" }\npull_unless_json = true\n";
    let pulling = Manifest::from_toml(&with_rules(rules)).expect("a manifest");
    let again = Manifest::from_json(&pulling.to_json()).expect("the same manifest");
    assert!(again.webhook.expect("rules").pull_unless_json);
    let deaf = with_rules(rules).replace(", \"reservation-source\"", "");
    let sentence = Manifest::from_toml(&deaf).expect_err("it cannot be asked");
    assert!(
        sentence
            .to_string()
            .contains("`webhook.pull_unless_json`: has the host pull"),
        "{sentence}"
    );
    let known = format!("{rules}event_id = {{ json_pointer = \"/id\" }}\n");
    let sentence = refused(&known);
    assert!(
        sentence.contains("`webhook.event_id`: stands in no body"),
        "{sentence}"
    );
    let unread = rules.replace("url-secret", "none-but-re-read");
    let unread = with_rules(&unread).replace(", \"webhook-source\"", "");
    assert!(
        Manifest::from_toml(&unread).is_err(),
        "nothing of it is read"
    );
}

#[test]
fn a_token_of_ours_verifies_webhooks_that_have_the_host_pull() {
    let standard =
        r#"{ kind = "standard-webhooks", secret = "webhook_secret", header_prefix = "svix" }"#;
    let issued = r#"{ kind = "issued-token", secret = "webhook_secret" }"#;
    let manifest = Manifest::from_toml(&example().replace(standard, issued)).expect("a manifest");
    let again = Manifest::from_json(&manifest.to_json()).expect("the same manifest");
    let rules = again.webhook.expect("rules");
    assert_eq!(rules.verification.secret(), Some("webhook_secret"));
    assert!(!rules.pull, "nobody asked for it");
    let believed = refusal("hint = true", "hint = false\npull = true");
    assert!(believed.contains("`webhook.pull`"), "{believed}");
}

/// The example with rules of its own for bodies in XML, which are answered.
fn answering() -> String {
    let own = r#"hint = true

[webhook.xml]
hint = false
answer_within_seconds = 8
withheld = ["Card"]

[webhook.xml.verification]
kind = "xml-login"
secret = "webhook_secret"
element = "Login"
username = "User"
password = "Pass"
"#;
    example()
        .replace("contract = \"1.0.0\"", "contract = \"1.1.0\"")
        .replace(
            ", \"webhook-source\"",
            ", \"webhook-source\", \"webhook-answer\"",
        )
        .replace("hint = true\n", own)
}

#[test]
fn webhooks_in_xml_may_have_a_login_of_their_own_and_be_answered() {
    let manifest = Manifest::from_toml(&answering()).expect("a manifest");
    let again = Manifest::from_json(&manifest.to_json()).expect("the same manifest");
    let own = again.webhook.expect("rules").xml.expect("rules of XML");
    assert_eq!(own.verification.secret(), Some("webhook_secret"));
    assert_eq!(own.answer_within_seconds, Some(8));
    assert!(again.abilities.contains(&Ability::WebhookAnswer));
}

#[test]
fn what_is_answered_is_believed_in_time_and_by_the_ability_for_it() {
    for (from, to, expected) in [
        (
            ", \"webhook-answer\"",
            "",
            "`webhook.answer_within_seconds`: goes with",
        ),
        (
            "answer_within_seconds = 8\n",
            "",
            "`webhook.answer_within_seconds`: goes with",
        ),
        (
            "answer_within_seconds = 8",
            "answer_within_seconds = 9",
            "`webhook.xml.answer_within_seconds`: must be 1 to 8",
        ),
        ("hint = false", "hint = true", "`webhook.xml.hint`"),
        (
            "hint = false",
            "hint = false\nevent_id = { header = \"x-id\" }",
            "`webhook.xml.event_id`: does not go with",
        ),
        (
            "withheld = [\"Card\"]",
            "withheld = [\"a:Card\"]",
            "`webhook.xml.withheld`",
        ),
        (
            "element = \"Login\"",
            "element = \"\"",
            "`webhook.xml.verification.element`",
        ),
        (
            "username = \"User\"",
            "username = \"Pass\"",
            "`webhook.xml.verification.password`",
        ),
        (
            "secret = \"webhook_secret\"\nelement",
            "secret = \"file_key\"\nelement",
            "`webhook.xml.verification.secret`: `file_key` is not",
        ),
        (
            "hint = false",
            "hint = false\npull_unless_json = true",
            "`webhook.xml`: is of bodies in XML alone",
        ),
        (
            "hint = false",
            "hint = false\nevent_id = { json_pointer = \"/id\" }",
            "`webhook.xml.event_id`",
        ),
    ] {
        let changed = answering().replacen(from, to, 1);
        assert_ne!(changed, answering(), "{from}");
        let sentence = Manifest::from_toml(&changed).expect_err(to).to_string();
        assert!(sentence.contains(expected), "{sentence}");
    }
}
