//! The proxy in front of another one, which stands for a channel and answers everything with ten bytes.

use http::Method;

use super::*;
use crate::certify::simulator::Unanswered;

const CHANNEL: &str = "does = { answer = { status = 200, body = \"0123456789\" } }\non = \"all\"";

fn fault(text: &str) -> Fault {
    toml::from_str(text).expect("a fault")
}

/// What a request met, and how many came through to the channel.
struct Met {
    answer: Result<Response<Bytes>, Unanswered>,
    passed: Vec<Sent>,
    reached: usize,
    webhooks: Vec<Received>,
}

async fn send(method: Method, path: &str, trouble: Option<Fault>) -> Met {
    let clock = Clock::movable(Timestamp::UNIX_EPOCH);
    let nobody = Simulator::at(SocketAddr::from(([127, 0, 0, 1], 9)));
    let channel = Proxy::listen(nobody, clock.clone()).await.expect("a port");
    channel.begin(Some(fault(CHANNEL)));
    let proxy = Proxy::listen(Simulator::at(channel.address()), clock)
        .await
        .expect("a port");
    proxy.begin(trouble);

    let request = Request::builder().method(method).uri(path);
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let plugin = Simulator::at(proxy.address());
    let answer = tokio::select! {
        answer = plugin.forward(&parts, Bytes::from_static(b"hello")) => answer,
        never = proxy.serve() => match never {},
        never = channel.serve() => match never {},
    };
    Met {
        answer,
        passed: proxy.end(),
        reached: channel.end().len(),
        webhooks: proxy.webhooks(),
    }
}

async fn post(trouble: &str) -> Met {
    send(Method::POST, "/ari?key=secret", Some(fault(trouble))).await
}

#[tokio::test]
async fn without_a_fault_a_request_passes_whole_and_is_counted_without_its_query() {
    let met = send(Method::POST, "/ari?key=secret", None).await;
    assert_eq!(met.answer.expect("an answer").body(), "0123456789");
    assert_eq!(met.reached, 1);
    assert_eq!(met.passed.len(), 1);
    assert_eq!(met.passed[0].line, "POST /ari");
    assert_eq!(met.passed[0].body, "hello");
}

#[tokio::test]
async fn an_answer_of_the_proxys_own_never_reaches_the_channel() {
    let met = post("does = { answer = { status = 429 } }").await;
    assert_eq!(met.answer.expect("an answer").status().as_u16(), 429);
    assert_eq!((met.reached, met.passed.len()), (0, 1));
}

#[tokio::test]
async fn a_lost_answer_was_given_by_the_channel() {
    let met = post("does = \"lose\"").await;
    assert!(met.answer.is_err());
    assert_eq!(met.reached, 1);
}

#[tokio::test]
async fn half_an_answer_is_none_and_a_slow_one_is_whole() {
    let met = post("does = \"truncate\"").await;
    assert!(met.answer.is_err());
    assert_eq!(met.reached, 1);
    let met = post("does = \"drip\"").await;
    assert_eq!(met.answer.expect("an answer").body(), "0123456789");
}

#[tokio::test]
async fn a_read_passes_a_fault_of_writes() {
    let met = send(Method::GET, "/ari", Some(fault("does = \"lose\""))).await;
    assert!(met.answer.is_ok());
}

#[tokio::test]
async fn a_webhook_is_kept_and_neither_counted_nor_passed_on() {
    let path = format!("{WEBHOOKS}token");
    let met = send(Method::POST, &path, Some(fault("does = \"lose\""))).await;
    assert_eq!(met.answer.expect("an answer").status().as_u16(), 200);
    assert_eq!(met.webhooks.len(), 1);
    assert_eq!(met.webhooks[0].body, "hello");
    assert_eq!((met.reached, met.passed.len()), (0, 0));
}
