//! What is sent by email: the steps of a scenario, and the messages that they ask for.

use serde::Deserialize;

use super::judge::Expected;
use super::proxy::Fault;
use super::scenario::Manner;
use crate::domain::email::{Address, EmailEventKind, EmailMessage};

/// Who must get nothing, whatever a name says.
pub(super) const STRANGER: &str = "eve@stranger.example";

/// The characters of each body of a large message.
const LARGE: usize = 400_000;

/// A step with an email provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum MailStep {
    /// A message to a guest whom nobody has written to.
    Send {
        #[serde(default)]
        letter: Letter,
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
    },
    /// The latest message again, under its key.
    Again {
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
    },
    /// As many messages as one call takes, each to a guest whom nobody has written to.
    Batch {
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
        /// What may become of the first of them, where it is apart from the others.
        #[serde(default)]
        first: Vec<String>,
    },
    /// The latest batch again, under its key.
    BatchAgain {
        fault: Option<Fault>,
        #[serde(default)]
        expect: Expected,
    },
    /// Each message of the latest batch lies in the simulated inbox, whole.
    BatchInbox {
        /// So often; absent: once where it was told as taken, and not at all otherwise.
        copies: Option<usize>,
    },
    /// The guest of the next message gets no mail any more.
    Suppress {},
    /// The latest message lies in the simulated inbox, whole.
    Inbox {
        /// So often; absent: once where it was told as taken, and not at all otherwise.
        copies: Option<usize>,
    },
    /// Time passes.
    Wait {
        /// So many seconds; absent: as many as the last rate limit asked for.
        seconds: Option<u32>,
    },
    /// The provider tells of the latest message by webhook.
    Tell { event: String, manner: Manner },
    /// A webhook that no provider sends.
    Parse {
        body: String,
        #[serde(default)]
        expect: Expected,
    },
}

impl MailStep {
    /// What a report calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Send { .. } => "send",
            Self::Again { .. } => "send, under the same key",
            Self::Batch { .. } => "send-batch",
            Self::BatchAgain { .. } => "send-batch, under the same key",
            Self::Suppress {} => "a suppression at the simulator",
            Self::Inbox { .. } | Self::BatchInbox { .. } => "a look into the simulated inbox",
            Self::Wait { .. } => "waiting",
            Self::Tell { .. } => "a webhook",
            Self::Parse { .. } => "parse",
        }
    }
}

/// What a message is like.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Letter {
    #[default]
    Plain,
    /// Letters of many scripts, in every place.
    Foreign,
    /// Names that try to be headers and addresses, and bodies that try to be more than bodies.
    Hostile,
    /// Bodies that are long.
    Large,
}

/// The guest of a message, whom no other message goes to.
pub(super) fn guest(mark: &str) -> String {
    format!("guest-{mark}@guest.example")
}

/// A message that differs from all others by its mark.
pub(super) fn message(letter: Letter, mark: &str) -> EmailMessage {
    let (name, subject, text, html) = match letter {
        Letter::Plain => (
            "Ada Lovelace",
            "Your stay is confirmed".to_owned(),
            "Dear Ada,\nwe look forward to your stay.\n".to_owned(),
            "<p>Dear Ada,<br>we look forward to your stay.</p>".to_owned(),
        ),
        Letter::Foreign => (
            "Żółć, \"Łukasz\" 🏨",
            "Bestätigt: 予約確認 🏨 & <mehr>".to_owned(),
            "Grüße, Žluťoučký kůň, 予約, שלום 🏨\n\ttab, \\ and \"quotes\"\n".to_owned(),
            "<p lang=\"he\">שלום &amp; 予約 🏨</p>".to_owned(),
        ),
        Letter::Hostile => (
            "Eve\" <eve@stranger.example>, \"x\r\nBcc: eve@stranger.example\r\n\r\nhello",
            "=?utf-8?Q?=0D=0ABcc=3A_eve=40stranger.example?= \\\",</title><script>".to_owned(),
            format!(
                "{{{{ secret }}}} ${{secret}}\r\n.\r\nMAIL FROM:<{STRANGER}>\r\n--boundary--\r\n"
            ),
            "<script>alert(1)</script>]]>&lt;</body></html>{% include 'x' %}".to_owned(),
        ),
        Letter::Large => (
            "Ada Lovelace",
            "Your stay is confirmed".to_owned(),
            "0123456789".repeat(LARGE / 10),
            format!("<p>{}</p>", "0123456789".repeat(LARGE / 10)),
        ),
    };
    EmailMessage {
        sender: Address {
            email: "desk@seaview.example".to_owned(),
            name: Some("Sea View".to_owned()),
        },
        to: Address {
            email: guest(mark),
            name: Some(name.to_owned()),
        },
        reply_to: None,
        subject: format!("{subject} {mark}"),
        text,
        html: Some(html),
        idempotency_key: format!("certification/{mark}"),
    }
}

/// As a scenario and a declaration spell an event.
pub(super) fn event_name(kind: &EmailEventKind) -> &str {
    match kind {
        EmailEventKind::Sent => "sent",
        EmailEventKind::Delivered => "delivered",
        EmailEventKind::Delayed(_) => "delayed",
        EmailEventKind::BouncedHard(_) => "bounced-hard",
        EmailEventKind::BouncedSoft(_) => "bounced-soft",
        EmailEventKind::Suppressed(_) => "suppressed",
        EmailEventKind::Complained => "complained",
        EmailEventKind::Opened => "opened",
        EmailEventKind::Clicked => "clicked",
        EmailEventKind::Unknown(spelled) => spelled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: [Letter; 4] = [
        Letter::Plain,
        Letter::Foreign,
        Letter::Hostile,
        Letter::Large,
    ];

    #[test]
    fn a_mark_tells_messages_apart_in_everything_that_must_differ() {
        for letter in LETTERS {
            let (one, other) = (message(letter, "a-1"), message(letter, "a-2"));
            assert_ne!(one.idempotency_key, other.idempotency_key);
            assert_ne!(one.to.email, other.to.email);
            assert_ne!(one.subject, other.subject);
            assert_eq!(one, message(letter, "a-1"));
        }
    }

    #[test]
    fn no_subject_has_a_line_break_since_the_host_writes_none() {
        for letter in LETTERS {
            let subject = message(letter, "a-1").subject;
            assert!(!subject.contains(char::is_control), "{subject}");
        }
    }
}
