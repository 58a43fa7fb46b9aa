//! A message as it is handed over, and everything that Postmark has against it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::address;
use super::model::{Attachment, Email, Header};
use super::wire::Problem;
use super::{Memory, Provider};
use crate::strict::Object;

const MOST_RECIPIENTS: usize = 50;
const LONGEST_TAG: usize = 1_000;
const USUAL_STREAM: &str = "outbound";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Draft {
    from: Option<String>,
    to: Option<String>,
    cc: Option<String>,
    bcc: Option<String>,
    reply_to: Option<String>,
    subject: Option<String>,
    tag: Option<String>,
    text_body: Option<String>,
    html_body: Option<String>,
    #[serde(default)]
    headers: Vec<Object<Header>>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    attachments: Vec<Object<Attachment>>,
    /// Taken, and without effect: events happen when they are ordered.
    #[serde(rename = "TrackOpens")]
    _track_opens: Option<bool>,
    #[serde(rename = "TrackLinks")]
    _track_links: Option<TrackLinks>,
    message_stream: Option<String>,
}

#[derive(Deserialize)]
enum TrackLinks {
    None,
    HtmlAndText,
    HtmlOnly,
    TextOnly,
}

/// Everybody whom a message goes to.
struct Recipients {
    /// As they were written.
    lists: [Vec<String>; 3],
    /// Bare, in lower case.
    bare: Vec<String>,
}

/// The email that a draft asks for, without its id and time.
pub(super) fn checked(
    provider: &Provider,
    memory: &Memory,
    draft: Value,
) -> Result<Email, Problem> {
    let Object(draft): Object<Draft> =
        serde_json::from_value(draft).map_err(|error| Problem::incompatible(&error))?;
    let from = draft
        .from
        .ok_or_else(|| Problem::invalid("The 'From' address is missing."))?;
    check_sender(&from, &provider.options().verified_domains)?;
    let recipients = recipients([draft.to, draft.cc, draft.bcc])?;
    let reply_to = one_list("ReplyTo", draft.reply_to)?;
    if is_empty(draft.text_body.as_ref()) && is_empty(draft.html_body.as_ref()) {
        return Err(Problem::invalid(
            "Provide either email TextBody or HtmlBody or both.",
        ));
    }
    if draft
        .tag
        .as_ref()
        .is_some_and(|tag| tag.len() > LONGEST_TAG)
    {
        return Err(Problem::invalid("A tag has 1000 characters at most."));
    }
    let message_stream = draft
        .message_stream
        .unwrap_or_else(|| USUAL_STREAM.to_owned());
    provider.check_stream(&message_stream)?;
    let inactive = inactive(memory, &message_stream, &recipients.bare)?;
    let [to, cc, bcc] = recipients.lists;
    Ok(Email {
        message_stream,
        inactive,
        from,
        to,
        cc,
        bcc,
        reply_to,
        subject: draft.subject.unwrap_or_default(),
        tag: draft.tag,
        text: draft.text_body,
        html: draft.html_body,
        headers: draft.headers.into_iter().map(|Object(one)| one).collect(),
        metadata: draft.metadata,
        attachments: draft
            .attachments
            .into_iter()
            .map(|Object(one)| one)
            .collect(),
        ..Email::default()
    })
}

fn is_empty(body: Option<&String>) -> bool {
    body.is_none_or(String::is_empty)
}

fn check_sender(from: &str, verified_domains: &[String]) -> Result<(), Problem> {
    let bare = address::bare(from)
        .ok_or_else(|| Problem::invalid(format!("Invalid 'From' address: '{from}'.")))?;
    let domain = address::domain(&bare);
    if verified_domains.is_empty() || verified_domains.iter().any(|known| known == domain) {
        return Ok(());
    }
    Err(Problem::no_signature(&bare))
}

fn recipients([to, cc, bcc]: [Option<String>; 3]) -> Result<Recipients, Problem> {
    let lists = [
        one_list("To", to)?,
        one_list("Cc", cc)?,
        one_list("Bcc", bcc)?,
    ];
    let bare: Vec<String> = lists
        .iter()
        .flatten()
        .filter_map(|mailbox| address::bare(mailbox))
        .collect();
    if lists[0].is_empty() {
        return Err(Problem::invalid("Zero recipients specified."));
    }
    if bare.len() > MOST_RECIPIENTS {
        return Err(Problem::invalid("A message has 50 recipients at most."));
    }
    Ok(Recipients { lists, bare })
}

fn one_list(field: &str, list: Option<String>) -> Result<Vec<String>, Problem> {
    let mailboxes = address::split(&list.unwrap_or_default());
    match mailboxes
        .iter()
        .find(|mailbox| address::bare(mailbox).is_none())
    {
        Some(wrong) => Err(Problem::invalid(format!(
            "Invalid '{field}' address: '{wrong}'."
        ))),
        None => Ok(mailboxes),
    }
}

/// Those of the recipients that get nothing; a [`Problem`] where that is all of them.
fn inactive(memory: &Memory, stream: &str, bare: &[String]) -> Result<Vec<String>, Problem> {
    let inactive: Vec<String> = bare
        .iter()
        .filter(|address| memory.is_suppressed(stream, address))
        .cloned()
        .collect();
    if inactive.len() == bare.len() {
        return Err(Problem::inactive(&inactive));
    }
    Ok(inactive)
}
