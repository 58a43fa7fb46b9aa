//! `roomwire config check`: the file, and what the installed plugins have against it.

use std::process::Output;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::{Setup, programs};

const SOUND: &str = r#"
[[hotels]]
slug = "aurora-rome"
[[hotels.connections]]
name = "mailbox"
connector = "email-resend"
secrets = { api_key = { env = "KEY" }, webhook_secret = { env = "SECRET" } }
"#;

async fn check(hotels: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    Setup::gateway()
        .plugin("email-resend")
        .plugin("octorate")
        .hotels(hotels)
        .install(folder.path());
    let mut command = Command::new(programs::host());
    command
        .current_dir(folder.path())
        .args(["config", "check"])
        .args(arguments)
        .env("KEY", "re_0123456789")
        .env("SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    command.output().await.expect("the program runs")
}

async fn problems(hotels: &str) -> Value {
    let output = check(hotels, &["--json"]).await;
    assert_eq!(output.status.code(), Some(4));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["sound"], false);
    told["problems"].clone()
}

#[tokio::test]
async fn a_sound_file_is_told_with_what_it_names() {
    let output = check(SOUND, &[]).await;
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        told.trim(),
        "the configuration is sound (hotels: 1, connections: 1, plugins: 2)",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(0));
    let output = check(SOUND, &["--json"]).await;
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told, json!({"sound": true, "problems": []}));
}

#[tokio::test]
async fn what_a_plugin_has_against_a_connection_is_told_with_its_place() {
    let place = "hotel `aurora-rome`, connection `mailbox`";
    let missing = SOUND.replace("api_key = { env = \"KEY\" }, ", "");
    let told = problems(&missing).await;
    assert_eq!(
        told[0],
        format!(
            "{place}: plugin `email-resend` needs the secret `api_key`: add it to the connection's `secrets`"
        )
    );
    let scheduled = format!("{SOUND}schedules = {{ pull = \"*/5 * * * *\" }}\n");
    let told = problems(&scheduled).await;
    assert_eq!(
        told[0],
        format!("{place}: `email-resend` sends mail and has no schedules")
    );
    let unknown = SOUND.replace("email-resend", "email-nobody");
    let told = problems(&unknown).await.to_string();
    assert!(told.contains("no plugin `email-nobody`"), "{told}");
}

#[tokio::test]
async fn a_file_that_is_not_there_could_not_be_looked_at() {
    let output = check("", &["--config", "elsewhere.toml", "--json"]).await;
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("elsewhere.toml"), "{told}");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn a_mistake_in_the_file_itself_is_told_by_its_line() {
    let told = problems("[[hotels]]\nslug = \"aurora-rome\"\nsluk = 1\n").await;
    let told = told.to_string();
    assert!(told.contains("sluk"), "{told}");
}
