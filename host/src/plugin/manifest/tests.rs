//! A manifest is refused with the field's name and what to do.

mod secrets;
mod webhook;

use super::*;

/// A whole manifest of kind `channel`, with every kind of secret that goes out.
pub(in crate::plugin) fn example() -> String {
    r#"
id = "octopus"
name = "Octopus"
version = "0.1.0"
contract = "1.0.0"
kind = "channel"
abilities = ["ari-reader", "reservation-source", "webhook-source"]
hosts = ["api.octopus.example", "*.files.octopus.example:8443"]

[settings]
type = "object"
required = ["accommodation"]
additionalProperties = false
[settings.properties.accommodation]
type = "string"

[channel]
availability_on = "rate"
update_semantics = "merge"
horizon_nights = 730
max_updates_per_call = 500
requests_per_minute = 60

[limits]
cpu_ms = 100

[[secrets]]
name = "account"
hosts = ["api.octopus.example"]
methods = ["GET", "POST"]
[secrets.inject]
kind = "oauth2"
credentials = ["client_id", "client_secret"]
optional_credentials = ["refresh_token"]
[[secrets.inject.token_requests]]
host = "api.octopus.example"
path = "/connect/token"
form = [
    { name = "grant_type", value = "client_credentials" },
    { name = "client_id", credential = "client_id" },
]
access_token = "/access_token"
expires_in = "/expires_in"

[[secrets]]
name = "file_key"
hosts = ["*.files.octopus.example:8443"]
methods = ["GET"]
inject = { kind = "header", name = "X-File-Key" }

[[secrets]]
name = "webhook_secret"
inject = { kind = "webhook" }

[[secrets]]
name = "signing_key"
inject = { kind = "signer", algorithm = "hmac-sha256" }

[webhook]
verification = { kind = "standard-webhooks", secret = "webhook_secret", header_prefix = "svix" }
event_id = { json_pointer = "/id" }
hint = true
"#
    .to_owned()
}

/// The refusal of the example with one text replaced by another.
fn refusal(from: &str, to: &str) -> String {
    let changed = example().replacen(from, to, 1);
    assert_ne!(changed, example(), "`{from}` is not in the example");
    Manifest::from_toml(&changed).expect_err(to).to_string()
}

#[test]
fn the_example_says_what_the_host_needs_to_know() {
    let manifest = Manifest::from_toml(&example()).expect("a manifest");
    assert_eq!(
        manifest.required_secrets(),
        ["client_id", "client_secret", "file_key", "signing_key"].into()
    );
    let optional = [
        "refresh_token",
        "webhook_secret",
        "webhook_secret_next",
        "webhook_secret_previous",
    ];
    assert_eq!(
        manifest.optional_secrets(),
        optional.map(str::to_owned).into()
    );
    assert_eq!(
        manifest
            .allowed_host("a.files.octopus.example")
            .map(HostPattern::port),
        Some(8443)
    );
    assert!(manifest.allowed_host("octopus.example").is_none());
    assert!(manifest.has(Ability::AriReader));
}

#[test]
fn toml_and_json_are_the_same_tree() {
    let manifest = Manifest::from_toml(&example()).expect("a manifest");
    let again = Manifest::from_json(&manifest.to_json()).expect("the same manifest");
    assert_eq!(again.to_json(), manifest.to_json());
}

#[test]
fn only_a_channel_that_says_so_is_told_prices_by_occupancy() {
    let says = |word: &str| {
        let traits = format!("requests_per_minute = 60\n{word}");
        let text = example().replacen("requests_per_minute = 60\n", &traits, 1);
        let manifest = Manifest::from_toml(&text).expect("a manifest");
        let told = manifest.channel.expect("a channel").occupancy_prices;
        (told, manifest.to_json())
    };
    let (silent, without) = says("");
    let (told, with) = says("occupancy_prices = true\n");
    assert_eq!((silent, told), (false, true));
    let named = |json: Vec<u8>| String::from_utf8_lossy(&json).contains("occupancy_prices");
    assert_eq!((named(without), named(with)), (false, true));
}

#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    for (from, to) in [
        ("id = ", "colour = \"red\"\nid = "),
        ("horizon_nights", "horizon_days = 3\nhorizon_nights"),
        ("cpu_ms = 100", "cpu = 100"),
        (
            "{ kind = \"webhook\" }",
            "{ kind = \"webhook\", extra = 1 }",
        ),
        ("hint = true", "hints = true"),
        (
            "{ name = \"grant_type\", value",
            "{ name = \"grant_type\", constant",
        ),
        ("{ json_pointer = \"/id\" }", "{ pointer = \"/id\" }"),
    ] {
        let sentence = refusal(from, to);
        assert!(
            sentence.contains("unknown") || sentence.contains("expected"),
            "{sentence}"
        );
    }
}

#[test]
fn a_refusal_names_the_field_and_what_to_do() {
    for (from, to, expected) in [
        (
            "\"octopus\"",
            "\"Octopus\"",
            "`id`: must be 2 to 63 lower-case letters",
        ),
        (
            "version = \"0.1.0\"",
            "version = \"one\"",
            "`version`: `one` is not a semantic version such as 1.0.0",
        ),
        (
            "contract = \"1.0.0\"",
            "contract = \"2.0.0\"",
            "`contract`: is 2.0.0, and this host speaks 1.0.0 to 1.1.0: update the host, or build the plugin with an older SDK",
        ),
        (
            "contract = \"1.0.0\"",
            "contract = \"1.2.0\"",
            "`contract`: is 1.2.0, and this host speaks 1.0.0 to 1.1.0",
        ),
        (
            "contract = \"1.0.0\"",
            "contract = \"0.9.0\"",
            "`contract`: is 0.9.0, and this host speaks 1.0.0 to 1.1.0: build the plugin with a newer SDK",
        ),
        (
            "\"ari-reader\"",
            "\"email-events\"",
            "`abilities`: `email-events` is no ability of a plugin of kind `channel`",
        ),
        (
            "\"webhook-source\"]",
            "\"webhook-source\", \"webhook-registrar\"]",
            "`abilities`: `webhook-registrar` is of the contract 1.1.0: write `contract = \"1.1.0\"`",
        ),
        (
            "hosts = [\"api.octopus.example\"",
            "hosts = [\"10.0.0.1\"",
            "`hosts[0]`: `10.0.0.1` is an address",
        ),
        (
            "\"*.files.octopus.example:8443\"]\n\n",
            "\"api.octopus.example:81\"]\n\n",
            "`hosts[1]`: names `api.octopus.example` again",
        ),
        (
            "type = \"object\"",
            "type = \"array\"",
            "`settings.type`: must be \"object\"",
        ),
        (
            "type = \"string\"",
            "type = \"text\"",
            "`settings`: is not a JSON Schema 2020-12",
        ),
        (
            "horizon_nights = 730",
            "horizon_nights = 0",
            "`channel.horizon_nights`: must be 1 to 1100",
        ),
        (
            "cpu_ms = 100",
            "cpu_ms = 0",
            "`limits.cpu_ms`: must be at least 1",
        ),
        (
            "kind = \"channel\"",
            "kind = \"fax\"",
            "`kind`: unknown variant `fax`",
        ),
    ] {
        let sentence = refusal(from, to);
        assert!(sentence.contains(expected), "{sentence}");
    }
}

#[test]
fn a_secret_goes_nowhere_by_omission_and_never_beyond_the_hosts() {
    let methods = "hosts = [\"*.files.octopus.example:8443\"]\nmethods = [\"GET\"]";
    for (from, to, expected) in [
        (
            methods,
            "methods = [\"GET\"]",
            "`secrets[1].hosts`: must name the hosts",
        ),
        (
            methods,
            "hosts = [\"*.files.octopus.example:8443\"]",
            "`secrets[1].methods`: must name the methods",
        ),
        (
            methods,
            "hosts = [\"evil.example.com\"]\nmethods = [\"GET\"]",
            "`evil.example.com` is not one of the manifest's `hosts`",
        ),
        (
            "inject = { kind = \"webhook\" }",
            "hosts = [\"api.octopus.example\"]\ninject = { kind = \"webhook\" }",
            "is never sent",
        ),
        (
            "\"X-File-Key\"",
            "\"Host\"",
            "`Host` is no header that a secret may set",
        ),
        (
            "name = \"file_key\"",
            "name = \"account\"",
            "`account` is taken",
        ),
        (
            "name = \"file_key\"",
            "name = \"File\"",
            "`secrets[1].name`: must be lower-case letters",
        ),
        (
            "credential = \"client_id\" }",
            "credential = \"else\" }",
            "`else` is not among the slot's credentials",
        ),
        (
            "path = \"/connect/token\"",
            "path = \"/../token\"",
            "token_requests[0].path",
        ),
        (
            "host = \"api.octopus.example\"\npath",
            "host = \"else.example.com\"\npath",
            "token_requests[0].host",
        ),
        (
            "access_token = \"/",
            "access_token = \"",
            "must be a JSON pointer",
        ),
    ] {
        let sentence = refusal(from, to);
        assert!(sentence.contains(expected), "{sentence}");
    }
}

#[test]
fn two_secrets_cannot_fill_one_place() {
    let second = "[[secrets]]\nname = \"other\"\nhosts = [\"api.octopus.example\"]\nmethods = [\"POST\"]\ninject = { kind = \"bearer\" }\n\n[webhook]";
    let sentence = refusal("[webhook]", second);
    assert!(
        sentence.contains("`secrets[4]`: goes to the same place of the same requests as `account`"),
        "{sentence}"
    );
}

#[test]
fn only_a_provider_of_email_that_says_so_recognises_a_repeated_message() {
    let pigeon = include_str!("../build/example.toml");
    let of = |toml: &str| {
        Manifest::from_toml(toml)
            .expect("a manifest")
            .recognises_repeats()
    };
    let saying = |word: &str| {
        let traits = format!("[email]\nrecognises_repeats = {word}\n\n[limits]");
        pigeon.replace("[limits]", &traits)
    };
    assert!(of(&saying("true")));
    assert!(!of(&saying("false")) && !of(pigeon));
    let sentence = refusal("[limits]", "[email]\nrecognises_repeats = true\n\n[limits]");
    assert!(
        sentence.contains("`email`: belongs to plugins of kind `email`"),
        "{sentence}"
    );
}

#[test]
fn a_provider_of_email_that_takes_several_messages_says_how_many() {
    let pigeon = include_str!("../build/example.toml");
    let saying = |abilities: &str, most: &str| {
        let traits = format!("[email]\nrecognises_repeats = true\n{most}\n[limits]");
        let toml = pigeon
            .replace("[\"email-events\"]", abilities)
            .replace("contract = \"1.0.0\"", "contract = \"1.1.0\"");
        Manifest::from_toml(&toml.replace("[limits]", &traits))
    };
    let able = "[\"email-events\", \"email-batch\"]";
    let most = saying(able, "max_messages_per_call = 25\n");
    assert_eq!(most.expect("a manifest").most_in_batch(), Some(25));
    for (abilities, most, problem) in [
        (able, "", "is missing"),
        (
            "[\"email-events\"]",
            "max_messages_per_call = 25\n",
            "belongs to the ability",
        ),
        (able, "max_messages_per_call = 1\n", "must be 2 to 100"),
        (able, "max_messages_per_call = 101\n", "must be 2 to 100"),
    ] {
        let sentence = saying(abilities, most).expect_err(problem).to_string();
        let told = format!("`email.max_messages_per_call`: {problem}");
        assert!(sentence.contains(&told), "{sentence}");
    }
}

#[test]
fn text_that_is_no_toml_and_bytes_that_are_no_json_are_refused() {
    assert!(matches!(
        Manifest::from_toml("id = "),
        Err(ManifestError::Toml(_))
    ));
    assert!(matches!(
        Manifest::from_json(b"{"),
        Err(ManifestError::Json(_))
    ));
}

#[test]
fn a_token_request_may_be_json_with_a_budget_and_a_documented_life() {
    let pointer = "expires_in = \"/expires_in\"\n";
    let json = example()
        .replace(
            "kind = \"oauth2\"\n",
            "kind = \"oauth2\"\nbudget = { tokens = 30, seconds = 3600 }\n",
        )
        .replace(pointer, "encoding = \"json\"\nlives_seconds = 3600\n");
    let manifest = Manifest::from_toml(&json).expect("a manifest");
    let again = Manifest::from_json(&manifest.to_json()).expect("the same manifest");
    assert_eq!(again.to_json(), manifest.to_json());
    for (from, to, field) in [
        ("tokens = 30", "tokens = 0", "budget"),
        ("seconds = 3600 }", "seconds = 86401 }", "budget"),
        ("lives_seconds = 3600", "lives_seconds = 0", "lives_seconds"),
        ("\"json\"", "\"yaml\"", "yaml"),
    ] {
        let refusal = Manifest::from_toml(&json.replace(from, to)).expect_err(to);
        assert!(refusal.to_string().contains(field), "{refusal}");
    }
}

/// Every field of the example's that is refused once these texts are replaced.
fn refused_fields(changes: &[(&str, &str)]) -> Vec<String> {
    let mut text = example();
    for (from, to) in changes {
        assert!(text.contains(from), "`{from}` is not in the example");
        text = text.replacen(from, to, 1);
    }
    Manifest::problems(&toml::from_str(&text).expect("TOML"))
        .into_iter()
        .map(|problem| match problem {
            ManifestError::Field { field, .. } => field,
            other => panic!("{other}"),
        })
        .collect()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    assert_eq!(refused_fields(&[]), Vec::<String>::new());
    let wrong = refused_fields(&[
        ("\"octopus\"", "\"Octopus\""),
        ("version = \"0.1.0\"", "version = \"one\""),
        ("contract = \"1.0.0\"", "contract = \"2.0.0\""),
        ("horizon_nights = 730", "horizon_nights = 0"),
        ("\"X-File-Key\"", "\"Host\""),
        ("json_pointer = \"/id\"", "header = \"X Id\""),
    ]);
    assert_eq!(
        wrong,
        [
            "id",
            "version",
            "contract",
            "channel.horizon_nights",
            "secrets[1].inject.name",
            "webhook.event_id.header",
        ]
    );
}

#[test]
fn every_field_of_a_wrong_shape_is_told_at_once() {
    let wrong = refused_fields(&[
        ("id = \"octopus\"", "colour = \"red\""),
        ("kind = \"channel\"", "kind = \"fax\""),
        ("\"ari-reader\"", "\"mind-reader\""),
        ("hosts = [\"api.octopus.example\"", "hosts = [\"10.0.0.1\""),
        ("horizon_nights = 730", "horizon_nights = \"far\""),
    ]);
    for field in [
        "id",
        "colour",
        "kind",
        "abilities[0]",
        "hosts[0]",
        "channel.horizon_nights",
    ] {
        assert!(
            wrong.iter().any(|found| found == field),
            "{field}: {wrong:?}"
        );
    }
    assert_eq!(wrong.len(), 6, "{wrong:?}");
    let nothing = Manifest::problems(&Value::Null);
    assert_eq!(nothing.len(), 1, "{nothing:?}");
}
