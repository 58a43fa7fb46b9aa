//! The page at `/`: the inbox, newest first, and who gets nothing any more.

use axum::extract::State;
use axum::response::Html;

use super::Provider;
use crate::page::{self, Table};

pub(super) async fn show(State(provider): State<Provider>) -> Html<String> {
    page::render(
        "Simulated Postmark",
        "What was sent, newest first. Controls: /_control/inbox, /_control/suppressions",
        &[inbox(&provider), suppressions(&provider)],
    )
}

fn inbox(provider: &Provider) -> Table {
    let rows = provider
        .inbox()
        .into_iter()
        .rev()
        .map(|email| {
            vec![
                email.submitted_at.to_string(),
                email.message_stream,
                email.to.join(", "),
                email.subject,
                email.last_event,
                email.text.or(email.html).unwrap_or_default(),
            ]
        })
        .collect();
    let head = ["Sent", "Stream", "To", "Subject", "Last event", "Text"];
    Table {
        caption: "Inbox".to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows,
    }
}

fn suppressions(provider: &Provider) -> Table {
    let of_stream = |stream: &String| {
        let rows = provider.suppressions(stream).into_iter();
        rows.map(|suppression| {
            vec![
                stream.clone(),
                suppression.email_address,
                format!("{:?}", suppression.suppression_reason),
                suppression.created_at.to_string(),
            ]
        })
        .collect::<Vec<_>>()
    };
    let head = ["Stream", "Address", "Reason", "Since"];
    Table {
        caption: "Suppressions".to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: provider
            .options()
            .streams
            .iter()
            .flat_map(of_stream)
            .collect(),
    }
}
