//! `roomwire doctor`, as an operator runs it.

use std::process::Output;

use serde_json::Value;
use sqlx::ConnectOptions;
use tokio::process::Command;

use crate::harness::{TestDatabase, World, programs};

async fn doctor(database: &TestDatabase, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::create_dir(folder.path().join("plugins")).expect("a folder can be made");
    let mut command = Command::new(programs::host());
    command
        .current_dir(folder.path())
        .arg("doctor")
        .args(arguments)
        .env(
            "DATABASE_URL",
            database.application().to_url_lossy().as_str(),
        )
        .env_remove("DATABASE_OWNER_URL");
    command.output().await.expect("the program runs")
}

fn json(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

#[tokio::test]
async fn a_sound_installation_is_well_in_every_part() {
    let database = TestDatabase::seeded().await;
    let output = doctor(&database, &["--json"]).await;
    let found = json(&output);
    let checks: Vec<String> = found["checks"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| format!("{} {}", one["check"], one["health"]).replace('"', ""))
        .collect();
    let parts = [
        "configuration ok",
        "database ok",
        "role ok",
        "schema ok",
        "partitions ok",
        "clock ok",
        "plugins ok",
        "tokens ok",
    ];
    assert_eq!(checks, parts, "{found}");
    assert_eq!(output.status.code(), Some(0));
}

#[tokio::test]
async fn a_missing_schema_is_wrong_and_ends_with_status_four() {
    let output = doctor(&TestDatabase::empty().await, &["--json"]).await;
    let found = json(&output);
    let detail = found["checks"][1]["detail"].as_str().expect("a sentence");
    assert!(detail.contains("run `roomwire migrate up`"), "{found}");
    assert_eq!(output.status.code(), Some(4));
}

#[tokio::test]
async fn a_broken_invariant_is_named_with_its_hotel_and_ends_with_status_four() {
    let database = World::start().await.into_database().await;
    let sound = doctor(&database, &["--invariants"]).await;
    assert_eq!(sound.status.code(), Some(0), "{sound:?}");
    let mut owner = database
        .owner()
        .connect()
        .await
        .expect("the owner connects");
    sqlx::query("UPDATE room_availability SET held = 1 WHERE night = current_date + 30")
        .execute(&mut owner)
        .await
        .expect("it is planted");
    let broken = doctor(&database, &["--invariants", "--json"]).await;
    let found = json(&broken);
    let counters = found["invariants"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["invariant"] == "I2")
        .expect("I2 is asked");
    let hotels: Vec<&str> = counters["violations"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["hotel"].as_str())
        .collect();
    assert!(
        hotels.contains(&"aurora-rome") && hotels.contains(&"sakura-kyoto"),
        "{found}"
    );
    assert_eq!(broken.status.code(), Some(4));
}
