//! Commands beside a program that runs on its private Postgres.

use crate::crash::program::Program;
use crate::harness::Client;

#[tokio::test]
async fn keys_are_made_and_the_data_is_examined_while_the_program_runs_on_its_private_database() {
    let mut program = Program::install().await;
    program.start().await;
    let told = program.run(&["key", "create", "--name", "desk", "--hotel", "aurora-rome"]);
    let key = told.await.trim().to_owned();
    let base = format!("http://{}", program.address());
    let desk = Client::new(&base, "aurora-rome", Some(key));
    desk.get("reservations").await.expect(200);
    program.run(&["doctor", "--invariants"]).await;
    program.run(&["audit", "verify"]).await;
    assert_eq!(
        program
            .run(&["dead-letters", "list", "--json"])
            .await
            .trim(),
        "[]"
    );
    // The commands left its database and its login alone.
    desk.get("reservations").await.expect(200);
    program.stop().await;
}
