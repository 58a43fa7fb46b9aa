//! The end: whoever was accepted is answered, and whoever says nothing keeps nobody waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::crash::program::Program;
use crate::edge::wire::Wire;
use crate::harness::{Line, lines, new_key};

#[tokio::test]
async fn a_stop_under_load_drops_nothing_that_took_effect() {
    let mut program = Program::install().await;
    program.start().await;
    let answered = Arc::new(AtomicUsize::new(0));
    let mut guests = JoinSet::new();
    for guest in 0..8 {
        let (client, answered) = (program.client(), answered.clone());
        guests.spawn(async move {
            let mut made = 0;
            for turn in 0.. {
                let line = Line {
                    arrival: (guest * 8 + turn) % 60,
                    nights: 1,
                    ..Line::default()
                };
                let quote = client.post("quotes", &lines(&[line])).attempt().await;
                let Some(quote) = quote else { break };
                let body = serde_json::json!({"quote": quote.json()["quote"]});
                let placing = client.post("holds", &body).idempotency_key(&new_key());
                match placing.attempt().await {
                    Some(answer) if answer.status == 201 => {
                        made += 1;
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    Some(answer) => assert_eq!(answer.status, 409, "{}", answer.text()),
                    None => break,
                }
            }
            made
        });
    }
    while answered.load(Ordering::Relaxed) < 30 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Half a head, and a connection that says nothing: neither is waited for.
    let (mut half, _silent) = (
        Wire::open(program.address()).await,
        Wire::open(program.address()).await,
    );
    half.say("GET /healthz HTTP/1.1\r\nhost:").await;
    let begin = Instant::now();
    program.terminate().await;
    let made: usize = guests.join_all().await.into_iter().sum();
    let drained = begin.elapsed();
    assert!(drained < Duration::from_secs(8), "{drained:?}");
    program.start().await;
    let stored = program.texts("SELECT count(*)::text FROM holds").await;
    assert_eq!(
        stored,
        [made.to_string()],
        "holds that nobody was told of, or that are lost"
    );
    program.stop().await;
}
