//! The page at `/`: the inbox, newest first.

use axum::extract::State;
use axum::response::Html;

use super::Provider;
use crate::page::{self, Table};

pub(super) async fn show(State(provider): State<Provider>) -> Html<String> {
    let rows = provider
        .inbox()
        .into_iter()
        .rev()
        .map(|email| {
            vec![
                email.created_at.to_string(),
                email.to.join(", "),
                email.subject,
                email.last_event,
                email.text.or(email.html).unwrap_or_default(),
            ]
        })
        .collect();
    let head = ["Sent", "To", "Subject", "Last event", "Text"];
    let inbox = Table {
        caption: "Inbox".to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows,
    };
    page::render(
        "Simulated Resend",
        "What was sent, newest first. Controls: /_control/inbox",
        &[inbox],
    )
}
