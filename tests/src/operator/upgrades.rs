//! A connector is upgraded while the program serves: no call of its hotels fails, what is no good is refused, and what
//! asks for more waits for the operator.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::crash::program::Program;
use crate::harness::{Client, Line, eventually};
use crate::sandbox::build::{hostile_manifest, hostile_with};

/// A connection that is honest as long as its settings say so, and what was approved of its connector.
const CONNECTION: &str = r#"
[[hotels.connections]]
name = "guest"
connector = "hostile"
settings = { behaviour = "quiet" }
mappings = "octorate.toml"
secrets = { api_key = { env = "S" }, query_key = { env = "S" }, client_secret = { env = "S" }, signing_key = { env = "S" } }

[plugins.approved.hostile]
secrets = ["account", "api_key", "query_key", "signing_key"]
hosts = ["private.example.com", "reflect.example.com"]
"#;

const PATIENCE: Duration = Duration::from_secs(30);

/// The connector as this version, with a change of its manifest besides.
fn version(number: &str, from: &str, to: &str) -> Vec<u8> {
    let version = format!("version = \"{number}\"");
    let manifest = hostile_manifest().replace("version = \"0.1.0\"", &version);
    assert!(manifest.contains(from), "{from}");
    hostile_with(&manifest.replacen(from, to, 1))
}

/// Puts a file in the place of another, as `mv` does.
fn exchange(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes).expect("written");
    std::fs::rename(&beside, path).expect("exchanged");
}

/// Calls of the connector that never end; the first that fails ends the test.
struct Load {
    enough: Arc<AtomicBool>,
    callers: JoinSet<usize>,
}

impl Load {
    fn on(program: &Program) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let mut callers = JoinSet::new();
        for _ in 0..3 {
            callers.spawn(test_connection(program.client(), enough.clone()));
        }
        callers.spawn(hold_and_release(program.client(), enough.clone()));
        Self { enough, callers }
    }

    /// How often each of them got what it wanted.
    async fn end(self) -> Vec<usize> {
        self.enough.store(true, Ordering::Relaxed);
        self.callers.join_all().await
    }
}

async fn test_connection(client: Client, enough: Arc<AtomicBool>) -> usize {
    let mut calls = 0;
    while !enough.load(Ordering::Relaxed) {
        let tested = client.post("connections/guest/test", &json!({})).await;
        tested.expect(200);
        calls += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    calls
}

/// Each of both is pushed to the hotel's channels.
async fn hold_and_release(client: Client, enough: Arc<AtomicBool>) -> usize {
    let mut holds = 0;
    for arrival in (0..60).cycle() {
        if enough.load(Ordering::Relaxed) {
            break;
        }
        let line = Line {
            arrival,
            nights: 1,
            ..Line::default()
        };
        let hold = client.hold(&[line]).await;
        client.delete(&format!("holds/{hold}")).await.expect(200);
        holds += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    holds
}

/// Waits until the program measures this.
async fn until_measured(program: &Program, line: &str) {
    let client = program.client();
    eventually(line, PATIENCE, async || {
        let metrics = client.get("/metrics").await;
        let found = metrics.text().lines().any(|found| found == line);
        found.then_some(())
    })
    .await;
}

/// Waits until the program tells its operator this.
async fn until_told(program: &Program, sentence: &str) {
    eventually(sentence, PATIENCE, async || {
        program.told().contains(sentence).then_some(())
    })
    .await;
}

/// The calls of the connection that are logged, where this is so.
async fn calls(program: &Program, condition: &str) -> Vec<String> {
    let query = format!(
        "SELECT concat_ws(' ', l.operation, l.class, l.detail) FROM channel_sync_logs l
         JOIN connections c ON c.hotel_id = l.hotel_id AND c.id = l.connection_id
         WHERE c.name = 'guest' AND {condition}"
    );
    program.texts(&query).await
}

fn replaced(times: u32) -> String {
    format!("roomwire_plugin_swaps_total{{outcome=\"replaced\"}} {times}")
}

#[tokio::test]
async fn a_connector_is_upgraded_under_load_and_what_is_no_good_or_asks_for_more_waits() {
    let mut program = Program::install_with(|setup| {
        setup
            .guest("hostile")
            .hotels(CONNECTION)
            .secret("S", "a secret that nobody may see")
            .secret("T", "another secret that nobody may see")
    })
    .await;
    program.start().await;
    let load = Load::on(&program);
    let plugin = program.folder().join("plugins/hostile.wasm");

    let upgrade = version("0.2.0", "[settings]", "[settings]");
    exchange(&plugin, &upgrade);
    until_measured(&program, &replaced(1)).await;

    // A copy that was broken off.
    std::fs::write(&plugin, &upgrade[..upgrade.len() / 2]).expect("written");
    until_measured(&program, "roomwire_plugins_refused 1").await;

    let (present, wanted) = (
        "\"private.example.com\", ",
        "\"private.example.com\", \"new.example.com\", ",
    );
    let curious = version(
        "0.3.0",
        "\"private.example.com\"]",
        "\"private.example.com\", \"new.example.com\"]",
    );
    exchange(&plugin, &curious);
    until_told(&program, "host `new.example.com`").await;
    until_measured(&program, &replaced(1)).await;

    let configuration = program.folder().join("roomwire.toml");
    let text = std::fs::read_to_string(&configuration).expect("the configuration");
    assert!(text.contains(present), "{text}");
    exchange(&configuration, text.replace(present, wanted).as_bytes());
    until_measured(&program, &replaced(2)).await;
    until_measured(&program, "roomwire_plugins_refused 0").await;

    let needs_more = "[[secrets]]\nname = \"new_key\"\nhosts = [\"reflect.example.com\"]\nmethods = [\"GET\"]\n\
                      inject = { kind = \"header\", name = \"x-new\" }\n\n[[secrets]]";
    exchange(&plugin, &version("0.4.0", "[[secrets]]", needs_more));
    until_told(&program, "secret `new_key`").await;
    until_measured(&program, &replaced(2)).await;

    let served = load.end().await;
    assert!(served.iter().all(|calls| *calls >= 20), "{served:?}");
    assert_eq!(
        calls(&program, "l.outcome = 'failed'").await,
        Vec::<String>::new()
    );
    assert!(!calls(&program, "l.operation = 'push_ari'").await.is_empty());

    // What is in service is granted less, and then again what it asks for.
    exchange(&configuration, text.as_bytes());
    until_measured(&program, "roomwire_plugins_withdrawn 1").await;
    until_told(&program, "is out of service").await;
    exchange(&configuration, text.replace(present, wanted).as_bytes());
    until_measured(&program, "roomwire_plugins_withdrawn 0").await;
    let tested = program.client().post("connections/guest/test", &json!({}));
    tested.await.expect(200);

    // The version that waits is approved, and given what it needs together with another secret that was exchanged.
    let approved = text
        .replace(present, wanted)
        .replace("\"account\", ", "\"account\", \"new_key\", ");
    exchange(&configuration, approved.as_bytes());
    until_told(&program, "needs the secret `new_key`").await;
    let (before, after) = (
        "api_key = { env = \"S\" }",
        "api_key = { env = \"T\" }, new_key = { env = \"T\" }",
    );
    exchange(&configuration, approved.replace(before, after).as_bytes());
    let sentence = "it goes on with what it had";
    until_told(&program, sentence).await;
    let told = program.told();
    let line = told.lines().find(|line| line.contains(sentence));
    let line = line.expect("the warning");
    assert!(
        line.contains("api_key") && !line.contains("query_key") && !line.contains("another secret"),
        "{line}"
    );
    until_measured(&program, &replaced(3)).await;
    program.stop().await;
}
