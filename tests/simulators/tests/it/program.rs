//! The program `roomwire-simulate`.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::harness::Call;

fn program(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_roomwire-simulate"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program was built with the tests")
}

/// Starts it and reads what it prints until it is ready.
async fn started(arguments: &[&str]) -> (Child, Vec<String>) {
    let mut child = program(arguments);
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut printed = Vec::new();
    while let Some(line) = lines.next_line().await.expect("it prints text") {
        let ready = line.starts_with("Ctrl-C");
        printed.push(line);
        if ready {
            break;
        }
    }
    (child, printed)
}

#[tokio::test]
async fn it_prints_where_it_listens_and_what_controls_it() {
    for (name, own_control) in [
        ("booking-com", "/_control/reservations/{reservation}/cancel"),
        ("channex", "/_control/bookings/{booking}/cancel"),
        ("expedia", "/_control/bookings/{booking}/cancel"),
        ("octorate", "/_control/reservations/{reservation}/cancel"),
        ("postmark", "/_control/suppressions"),
        ("resend", "/_control/inbox"),
    ] {
        let (_child, printed) = started(&[name]).await;
        let address = printed[0]
            .strip_prefix(&format!("{name} is simulated at http://"))
            .and_then(|rest| rest.strip_suffix('/'))
            .unwrap()
            .parse()
            .unwrap();

        assert_eq!(Call::get(address, "/").send().await.status, 200);
        for control in [own_control, "/_control/failures", "/_control/requests"] {
            assert!(
                printed.iter().any(|line| line.ends_with(control)),
                "{printed:?}"
            );
        }
    }
}

#[tokio::test]
async fn its_clock_starts_where_it_is_told() {
    let (_child, printed) = started(&["octorate", "--now", "2030-05-01T12:00:00Z"]).await;
    let (_, rest) = printed[0].split_once("http://").unwrap();
    let address = rest.trim_end_matches('/').parse().unwrap();

    let product = serde_json::json!({ "id": "1" });
    Call::post(address, "/_control/products")
        .json(&product)
        .send()
        .await;
    let page = Call::get(address, "/").send().await;

    assert!(page.body.contains("2030-05-01"), "{}", page.body);
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_it_cleanly() {
    let (mut child, _) = started(&["resend"]).await;
    let id = child.id().unwrap().to_string();

    let interrupted = Command::new("kill").args(["-INT", &id]).status().await;

    assert!(interrupted.unwrap().success());
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn an_unknown_name_is_refused() {
    let output = program(&["fidelio"]).wait_with_output().await.unwrap();

    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("octorate") && told.contains("resend"),
        "{told}"
    );
}
