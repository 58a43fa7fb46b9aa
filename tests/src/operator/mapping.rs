//! Mappings, over HTTP and by `roomwire mapping`: checked, suggested, exported and imported as a file.

use std::path::Path;
use std::process::Output;

use roomwire_simulators::octorate::Product;
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use tokio::process::Command;

use crate::harness::channels::{self, UNMAPPED};
use crate::harness::{Channels, programs};

/// What the channel calls the room and the rate that the hotel has not mapped.
const FITTING: &str = "9010";

/// An operator beside a running hotel, with the same configuration in a folder of their own.
struct Operator<'a> {
    channels: &'a Channels,
    environment: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

impl<'a> Operator<'a> {
    fn of(channels: &'a Channels) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let setup = channels::setup(&channels.octorate, &channels.resend);
        let environment = setup.install(folder.path());
        Self {
            channels,
            environment,
            folder,
        }
    }

    async fn mapping(&self, verb: &str, more: &[&str]) -> Output {
        let database = self.channels.world.database.application().to_url_lossy();
        let mut command = Command::new(programs::host());
        command
            .current_dir(self.folder.path())
            .args(["mapping", verb, "aurora-rome", "octorate"])
            .args(more)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("DATABASE_URL", database.as_str())
            .env_remove("DATABASE_OWNER_URL");
        command.output().await.expect("the program runs")
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).expect("a file")
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).expect("a file can be written");
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        Path::new(self.folder.path()).join(file)
    }
}

/// The output and the status.
fn told(output: &Output) -> (String, Option<i32>) {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (text, output.status.code())
}

/// The channel sells a single with breakfast too.
async fn with_a_single() -> Channels {
    let channels = Channels::start().await;
    assert!(channels.octorate.add_product(Product {
        id: FITTING.to_owned(),
        name: "Camera Singola – colazione inclusa".to_owned(),
        room_name: "Camera Singola".to_owned(),
        max_occupancy: 1,
        ..Product::default()
    }));
    channels
}

#[tokio::test]
async fn mappings_are_told_with_their_problems_and_missing_ones_suggest_themselves() {
    let channels = with_a_single().await;
    let found = channels.staff.get("connections/octorate/mappings").await;
    let found = found.expect(200);
    assert_eq!(found["sound"], true, "{found}");
    let rows = found["mappings"].as_array().expect("a list");
    let problems: Vec<(&Value, &Value, usize)> = rows
        .iter()
        .map(|row| {
            let problems = row["problems"].as_array().expect("a list");
            (&row["external_room"], &row["room_type"], problems.len())
        })
        .collect();
    let (double, single) = (json!("DBL"), json!("SGL"));
    let codes = [json!("9001"), json!("9002"), json!("9003")];
    assert_eq!(
        problems,
        [
            (&codes[0], &double, 0),
            (&codes[1], &double, 0),
            (&codes[2], &single, 1)
        ]
    );
    // The simulator's usual product is a double.
    assert_eq!(
        rows[2]["problems"][0],
        json!({"code": "too_many_guests", "severity": "warning",
            "message": "the channel sells it to 2 guests, and the room takes 1 at most"})
    );

    let suggestions = "connections/octorate/mappings/suggestions";
    let found = channels.staff.get(suggestions).await.expect(200);
    let reason = "the room by `single`; for 1 on both sides; the rate by `breakfast`";
    assert_eq!(
        found["suggestions"],
        json!([{"room_type": "SGL", "rate_plan": "BB", "external_room": FITTING,
            "room_name": "Camera Singola", "rate_name": "Camera Singola – colazione inclusa",
            "confidence": 100, "reason": reason}])
    );
    assert_eq!(found["ours_left"], json!([]));
    assert_eq!(found["theirs_left"][0]["external_room"], UNMAPPED);
    assert_eq!(found["theirs_left"][0]["reason"], "nothing of ours fits");
    assert_eq!(
        channels.guest.get(suggestions).await.code(),
        "scope_missing"
    );
}

#[tokio::test]
async fn a_draft_is_imported_and_a_file_with_errors_changes_nothing() {
    let channels = with_a_single().await;
    let operator = Operator::of(&channels);
    let (text, status) = told(&operator.mapping("export", &[]).await);
    assert_eq!((status, text.matches("[[mappings]]").count()), (Some(0), 3));
    assert!(!text.contains(FITTING), "{text}");

    let (text, status) = told(&operator.mapping("suggest", &["--out", "draft.toml"]).await);
    assert_eq!(status, Some(0), "{text}");
    let draft = operator.text("draft.toml");
    let row = "room_type = \"SGL\"\nrate_plan = \"BB\"\nexternal_room = \"9010\"\n";
    assert!(draft.contains(row), "{draft}");
    let (text, status) = told(&operator.mapping("import", &["draft.toml"]).await);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("4 mappings, 0 errors, 1 warnings"), "{text}");
    assert_eq!(operator.text("octorate.toml"), draft);

    let good = "[[mappings]]\nroom_type = \"DBL\"\nrate_plan = \"BAR\"\nexternal_room = \"9001\"\n";
    let castle = good.replace("DBL", "CASTLE").replace("9001", "9002");
    let unknown = good.replace("BAR", "BB").replace("9001", "1");
    operator.write("bad.toml", &format!("{good}{castle}{unknown}{good}"));
    let output = operator.mapping("import", &["bad.toml", "--json"]).await;
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let problems = found["problems"].as_array().expect("a list");
    let lines: Vec<(u64, &str)> = problems
        .iter()
        .map(|one| {
            let line = one["line"].as_u64().expect("a line");
            (line, one["code"].as_str().expect("a code"))
        })
        .collect();
    assert_eq!(
        lines,
        [(5, "not_sold"), (9, "unknown_room"), (13, "malformed")]
    );
    assert_eq!(operator.text("octorate.toml"), draft);

    let (text, status) = told(&operator.mapping("check", &["bad.toml"]).await);
    assert_eq!(status, Some(4), "{text}");
    let line = "bad.toml:9: error: the channel has no room `1`";
    assert!(text.contains(line), "{text}");

    operator.write("octorate.toml", "[[mappings]");
    let (text, status) = told(&operator.mapping("check", &[]).await);
    assert_eq!(status, Some(4), "{text}");
    assert!(text.contains("octorate.toml:1: error: "), "{text}");
    let (text, status) = told(&operator.mapping("import", &["draft.toml"]).await);
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(operator.text("octorate.toml"), draft);
}
