//! Files in, configuration or problems out.

mod mappings;

use std::path::PathBuf;

use secrecy::ExposeSecret;
use serde_json::json;

use super::*;
use crate::domain::connection::Record;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A folder with a configuration, and an environment beside it.
struct World {
    folder: tempfile::TempDir,
    environment: Environment,
}

impl World {
    fn new(text: &str) -> Self {
        let world = Self {
            folder: tempfile::tempdir().expect("a folder"),
            environment: Environment::from([
                ("CLIENT", "id-of-client"),
                ("TOKEN", TOKEN),
                ("SHORT", "abc"),
            ]),
        };
        world.write("roomwire.toml", text);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a written file");
    }

    fn load(&self) -> Result<Config, ConfigError> {
        Config::load(Some(&self.path("roomwire.toml")), &self.environment)
    }

    /// The problems, one a line, without the folder.
    fn problems(&self) -> String {
        let folder = format!("{}/", self.folder.path().display());
        let error = self.load().expect_err("a refused configuration");
        error.to_string().replace(&folder, "")
    }
}

fn problems(text: &str) -> String {
    World::new(text).problems()
}

const WHOLE: &str = r#"
[server]
listen = "0.0.0.0:9000"

[telemetry]
format = "json"

[gateway]
hold_ttl = "5 min"

[development.hosts]
"api.acme.example" = "127.0.0.1:9101"

[[hotels]]
slug = "seaside"
email = { connection = "mail", sender = "desk@seaside.example" }

[[hotels.connections]]
name = "acme"
connector = "acme"
settings = { accommodation = "1234", since = 2026-01-01 }
mappings = "seaside.toml"
webhook_token = { env = "TOKEN" }
secrets = { client_id = { env = "CLIENT" }, client_secret = { file = "secret" } }
schedules = { pull = "*/5 * * * *", parity = "0 4 * * mon-fri" }
repair_drift = true
record = "all"

[[hotels.connections]]
name = "mail"
connector = "email-acme"
enabled = false
"#;

const MAPPINGS: &str = r#"
[[mappings]]
room_type = "double"
rate_plan = "bar"
external_room = "77"

[[mappings]]
room_type = "suite"
rate_plan = "bar"
external_room = "78"
external_rate = "1"
"#;

fn whole() -> World {
    let world = World::new(WHOLE);
    world.write("seaside.toml", MAPPINGS);
    world.write("secret", "the client's secret\n");
    world
}

#[test]
fn a_whole_file_becomes_typed_sections() {
    let world = whole();
    let config = world.load().expect("a configuration");

    assert_eq!(
        config.server.listen,
        "0.0.0.0:9000".parse().expect("an address")
    );
    assert_eq!(config.telemetry.format, LogFormat::Json);
    assert_eq!(config.gateway.hold_ttl.as_secs(), 300);
    assert_eq!(config.gateway.quote_ttl.as_secs(), 900);
    assert_eq!(config.plugins.directory, world.path("plugins"));
    assert!(config.development.hosts.contains_key("api.acme.example"));

    let [hotel] = config.hotels.as_slice() else {
        panic!("one hotel");
    };
    let [acme, mail] = hotel.connections.as_slice() else {
        panic!("two connections");
    };
    assert_eq!(
        acme.settings,
        json!({"accommodation": "1234", "since": "2026-01-01"})
    );
    assert_eq!(acme.secrets["client_id"].expose_secret(), "id-of-client");
    assert_eq!(
        acme.secrets["client_secret"].expose_secret(),
        "the client's secret"
    );
    assert!(acme.schedules.pull.is_some() && acme.schedules.full_sync.is_none());
    assert!(acme.repair_drift && acme.enabled && !mail.enabled);
    assert_eq!((acme.record, mail.record), (Record::All, Record::Failures));
    let rows: Vec<_> = acme.mappings.rows.iter().collect();
    assert_eq!((rows[0].line, rows[1].line), (2, 7));
    assert_eq!(rows[1].external_rate.as_deref(), Some("1"));
}

#[test]
fn nothing_shows_a_secret() {
    let config = whole().load().expect("a configuration");
    let shown = format!("{config:?} {:?}", whole().environment);
    for secret in ["id-of-client", "the client's secret", TOKEN] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[test]
fn without_a_file_and_without_a_database_everything_has_a_default() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("roomwire.toml");
    let error = Config::load(Some(&missing), &Environment::default()).expect_err("a named file");
    assert!(matches!(error, ConfigError::Unreadable { .. }));

    let config = World::new("").load().expect("defaults");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert!(matches!(
        config.database.source,
        DatabaseSource::Embedded { data_dir } if data_dir.ends_with("data")
    ));
    assert!(config.hotels.is_empty());
}

#[test]
fn machine_code_is_kept_in_our_own_data_folder_or_where_the_file_says() {
    let mut world = World::new("[database]\ndata_dir = \"kept\"\n");
    let cache = |world: &World| world.load().expect("a configuration").plugins.cache;
    assert_eq!(cache(&world), Some(world.path("kept/plugins-cache")));
    world.environment = Environment::from([("DATABASE_URL", "postgres://x")]);
    assert_eq!(cache(&world), None);
    world.write("roomwire.toml", "[plugins]\ncache = \"code\"\n");
    assert_eq!(cache(&world), Some(world.path("code")));
}

#[test]
fn what_is_approved_of_a_plugin_is_read_and_a_digest_must_be_one() {
    let digest = "0f".repeat(32);
    let text = format!(
        "[plugins]\napproval_required = true\n[plugins.approved.acme]\nsha256 = \"{digest}\"\nhosts = [\"api.acme.example\"]\n\
         uses = [\"key: bearer\"]\nwebhook = \"none\"\n"
    );
    let approvals = World::new(&text)
        .load()
        .expect("a configuration")
        .plugins
        .approvals;
    assert!(approvals.required);
    let acme = &approvals.approved["acme"];
    assert_eq!(acme.sha256.as_deref(), Some(digest.as_str()));
    assert_eq!(acme.uses, Some(["key: bearer".to_owned()].into()));
    assert_eq!(acme.webhook.as_deref(), Some("none"));
    assert!(
        acme.hosts
            .as_ref()
            .is_some_and(|hosts| hosts.contains("api.acme.example"))
    );
    assert_eq!(acme.secrets, None);

    let signer = problems("[plugins]\nsigners = [\"a key\"]\n");
    assert_eq!(
        signer,
        "roomwire.toml:2:12: plugins.signers[0]: no public key of ed25519: 64 digits of 0-9 and a-f"
    );

    for digest in [digest.to_uppercase(), digest[1..].to_owned()] {
        assert_eq!(
            problems(&format!("[plugins.approved.acme]\nsha256 = \"{digest}\"\n")),
            "roomwire.toml:2:10: plugins.approved.acme.sha256: not 64 digits of 0-9 and a-f, as `roomwire plugin \
             inspect` prints them"
        );
    }
}

#[test]
fn the_databases_urls_come_from_the_environment() {
    let mut world = World::new("");
    world.environment = Environment::from([("DATABASE_URL", "postgres://x")]);
    let config = world.load().expect("a configuration");
    assert!(matches!(
        config.database.source,
        DatabaseSource::Given {
            owner_url: None,
            ..
        }
    ));
    world.environment = Environment::from([("DATABASE_OWNER_URL", "postgres://x")]);
    assert!(world.problems().contains("without DATABASE_URL"));
}

#[test]
fn a_misspelt_key_is_told_with_its_line_and_the_key_that_was_meant() {
    assert_eq!(
        problems("[server]\n\nlistn = \"127.0.0.1:1\"\n"),
        "roomwire.toml:3:1: server.listn: unknown field `listn`, expected one of `listen`, `public_url`, `behind_tls`, \
         `trusted_proxies`, `allowed_origins`, `connections`, `connections_per_address`, `first_byte_timeout`, \
         `header_timeout`, `body_timeout`, `request_timeout`, `write_timeout`, `idle_timeout`, `drain_delay`; \
         did you mean `listen`?"
    );
    assert!(!problems("[sevrices]\n").contains("did you mean"));
}

#[test]
fn a_bad_value_is_told_with_its_line_column_and_key() {
    let hotel =
        "[[hotels]]\nslug = \"seaside\"\n[[hotels.connections]]\nname = \"a\"\nconnector = \"b\"\n";
    assert_eq!(
        problems(&format!("{hotel}schedules.pull = \"every day\"\n")),
        "roomwire.toml:6:18: hotels[0].connections[0].schedules.pull: `every day` has 2 fields instead of five: \
         minute, hour, day of month, month, weekday, such as \"*/5 * * * *\""
    );
    assert_eq!(
        problems(&format!("{hotel}record = \"some\"\n")),
        "roomwire.toml:6:10: hotels[0].connections[0].record: `some` is none of `off`, `failures` and `all`"
    );
    assert_eq!(
        problems("[gateway]\nquote_ttl = \"soon\"\n"),
        "roomwire.toml:2:13: gateway.quote_ttl: `soon` is not a duration such as \"10 min\""
    );
    assert!(problems("[server\n").starts_with("roomwire.toml:1:8: "));
}

#[test]
fn channels_are_told_an_address_by_which_nobody_else_can_listen() {
    for url in [
        "https://gateway.example",
        "https://gateway.example:8443/rooms",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ] {
        let world = World::new(&format!("[server]\npublic_url = \"{url}\"\n"));
        let config = world.load().expect("a configuration");
        assert_eq!(config.server.public_url.as_deref(), Some(url));
    }
    for url in [
        "gateway.example",
        "https://",
        "https://gateway.example/?a=b",
        "https://staff@gateway.example",
        "http://127.0.0.1.example",
    ] {
        let problems = problems(&format!("[server]\npublic_url = \"{url}\"\n"));
        assert!(problems.contains("server.public_url"), "{url}: {problems}");
    }
}

#[test]
fn the_edge_is_told_whom_to_believe_and_how_much_to_take() {
    let world = World::new(
        "[server]\nbehind_tls = true\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nidle_timeout = \"90 s\"\n\
         allowed_origins = [\"https://book.aurora.example\"]\ndrain_delay = \"0 s\"\n\
         [limits]\nkey = { per_second = 10, burst = 25 }\n[limits.lanes.search]\nat_once = 3\nwaiting = 0\nwait = \"1 ms\"\n",
    );
    let config = world.load().expect("a configuration");
    let trusts = |address: &str| config.server.trusts(address.parse().expect("an address"));
    assert!(trusts("10.9.8.7") && trusts("::ffff:10.1.1.1") && trusts("::1"));
    assert!(!trusts("11.0.0.1") && !trusts("::2"));
    assert_eq!(
        (config.limits.key.burst.get(), config.limits.key.window()),
        (25, 3)
    );
    assert_eq!(config.limits.lanes.search.at_once, Some(3));
    assert_eq!(config.server.idle_timeout.as_secs(), 90);

    for (text, expected) in [
        (
            "[server]\ntrusted_proxies = [\"everybody\"]\n",
            "roomwire.toml:2:19: server.trusted_proxies: `everybody` is neither a network",
        ),
        (
            "[server]\npublic_url = \"http://gateway.example\"\n",
            "roomwire.toml:2:14: server.public_url: `http://gateway.example` is no address that channels can be told",
        ),
        (
            "[server]\npublic_url = \"https://gateway.example/\"\n",
            "roomwire.toml:2:14: server.public_url: `https://gateway.example/` is no address",
        ),
        (
            "[server]\nallowed_origins = [\"https://a.example/page\"]\n",
            "roomwire.toml:2:20: server.allowed_origins[0]: `https://a.example/page` is no origin",
        ),
        (
            "[server]\nheader_timeout = \"0 s\"\n",
            "roomwire.toml:2:18: server.header_timeout: `0 s` is no time at all",
        ),
        (
            "[limits]\nkey = { per_second = 0, burst = 1 }\n",
            "roomwire.toml:2:",
        ),
        (
            "[limits.lanes.desk]\nat_once = 0\nwaiting = 1\nwait = \"1 s\"\n",
            "roomwire.toml:2:11: limits.lanes.desk.at_once: a lane lets at least one",
        ),
    ] {
        assert!(problems(text).starts_with(expected), "{}", problems(text));
    }
}

#[test]
fn caps_of_holds_have_defaults_and_are_neither_nothing_nor_endless() {
    let caps = |text: &str| {
        let gateway = World::new(text).load().expect("a configuration").gateway;
        (gateway.holds_per_key, gateway.holds_per_session)
    };
    assert_eq!(caps(""), (500, 5));
    assert_eq!(caps("[gateway]\nholds_per_session = 1\n"), (500, 1));
    assert_eq!(caps("[gateway]\nholds_per_key = 10000\n"), (10_000, 5));
    for (line, place) in [
        ("holds_per_key = 0", "2:17: gateway.holds_per_key"),
        ("holds_per_key = 10001", "2:17: gateway.holds_per_key"),
        ("holds_per_session = 0", "2:21: gateway.holds_per_session"),
    ] {
        assert_eq!(
            problems(&format!("[gateway]\n{line}\n")),
            format!("roomwire.toml:{place}: a cap is 1 to 10000 live holds")
        );
    }
    assert!(problems("[gateway]\nholds_per_key = -1\n").contains("gateway.holds_per_key: "));
}

#[test]
fn every_problem_of_the_sections_is_told_at_once() {
    let problems = problems(
        r#"
[gateway]
hold_ttl = "1 hour"

[development.hosts]
"api.example.com" = "192.0.2.1:80"

[[hotels]]
slug = "seaside"
email = { connection = "mail", sender = "desk" }
[[hotels.connections]]
name = "a"
connector = "Bad Name"
mappings = "missing.toml"
webhook_token = { env = "SHORT" }
secrets = { one = { env = "UNSET" } }
[[hotels.connections]]
name = "a"
connector = "c"

[[hotels]]
slug = "seaside"
"#,
    );
    let lines: Vec<&str> = problems.lines().collect();
    let expected = [
        "roomwire.toml:3:12: gateway.hold_ttl: ",
        "roomwire.toml:6:21: development.hosts.\"api.example.com\": 192.0.2.1:80 is no loopback",
        "roomwire.toml:10:24: hotels[0].email.connection: the hotel has no connection named `mail`",
        "roomwire.toml:10:41: hotels[0].email.sender: ",
        "roomwire.toml:18:8: hotels[0].connections[1].name: ",
        "roomwire.toml:13:13: hotels[0].connections[0].connector: ",
        "roomwire.toml:16:19: hotels[0].connections[0].secrets.one: the environment variable UNSET is not set",
        "roomwire.toml:14:12: hotels[0].connections[0].mappings: ",
        "roomwire.toml:15:17: hotels[0].connections[0].webhook_token: ",
        "roomwire.toml:22:8: hotels[1].slug: ",
    ];
    assert_eq!(lines.len(), expected.len(), "{problems}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
}

#[test]
fn a_secret_is_a_variable_or_a_file_and_never_both() {
    let with = |secret: &str| {
        let text = format!(
            "[[hotels]]\nslug = \"ab\"\n[[hotels.connections]]\nname = \"a\"\nconnector = \"b\"\nsecrets.x = {secret}\n"
        );
        problems(&text)
    };
    assert!(
        with("{ env = \"A\", file = \"b\" }")
            .contains("6:13: hotels[0].connections[0].secrets.x: a secret is either")
    );
    assert!(with("{}").contains("a secret is either"));
    assert!(with("\"plain\"").contains("hotels[0].connections[0].secrets.x: invalid type"));
    assert!(with("{ file = \"gone\" }").contains("gone cannot be read"));
}

#[test]
fn two_connections_cannot_share_a_webhook_token() {
    let connection = "[[hotels.connections]]\nconnector = \"b\"\nwebhook_token.env = \"TOKEN\"\n";
    let text =
        format!("[[hotels]]\nslug = \"ab\"\n{connection}name = \"a\"\n{connection}name = \"c\"\n");
    assert!(problems(&text).contains("the same token as hotels[0].connections[0].webhook_token"));
}
