//! What guests write: threads in which something is new are read, and a reply goes into its thread once.

use roomwire_plugin_sdk::channel::{GuestMessage, MessagePage, MessageSender, Reply};
use roomwire_plugin_sdk::{Context, Failure, Timestamp, ToSpan, log};
use serde_json::value::RawValue;

use crate::Settings;
use crate::client::Client;
use crate::map::instant;
use crate::pages;
use crate::wire::Item;
use crate::wire::message::{Message, Thread};

const THREADS: &str = "threads";

/// The most pages of one thread. Whoever has written more since the last pull is not read to the end.
const THREAD_PAGES: u32 = 5;

/// Requests of one call after the list of threads: the manifest allows 32.
const REQUESTS: u32 = 30;

/// With so many messages a page ends before the next thread, which may have 500: the host takes 1,000.
const MANY: usize = 400;

/// How far Channex's clock may be behind the host's.
const SKEW_MINUTES: i64 = 1;

/// A page of threads, and the messages in them since an instant. Their order is not documented, so all are looked at.
pub(crate) fn pull(
    context: &Context<Settings>,
    since: Timestamp,
    page: Option<&str>,
) -> Result<MessagePage, Failure> {
    let token = page.unwrap_or("threads/1/0");
    let unknown = || {
        let message = format!("`{token}` is not a page that this connector named");
        Failure::invalid("", "page", message)
    };
    let (number, begun) = place(token).ok_or_else(unknown)?;
    let client = Client::new(context);
    let list = client.threads(number)?;
    let mut heard = Heard::default();
    let mut requests = 0;
    for (place, thread) in list.data.iter().enumerate().skip(begun) {
        if !is_ours(context, thread) || !is_newer(&thread.attributes, since) {
            continue;
        }
        if requests + THREAD_PAGES > REQUESTS || heard.messages.len() > MANY {
            return heard.page(Some(format!("{THREADS}/{number}/{place}")));
        }
        let read = read(&client, &thread.id)?;
        requests += read.pages;
        heard.add(thread, &read.items, since);
    }
    let next = pages::next(number, list.data.len(), &list.meta);
    heard.page(next.map(|page| format!("{THREADS}/{page}/0")))
}

/// The page of the list in a token, and how many of its threads are read already.
fn place(token: &str) -> Option<(u32, usize)> {
    let (list, begun) = token.rsplit_once('/')?;
    let begun = begun.parse().ok().filter(|begun| *begun < 1_000)?;
    Some((pages::number(list, THREADS)?, begun))
}

/// A key may see several properties.
fn is_ours(context: &Context<Settings>, thread: &Item<Thread>) -> bool {
    let property = thread.related("property");
    property.is_none_or(|property| property == context.settings.property)
}

/// Whether something may have been written since an instant. A thread that does not tell is looked at.
fn is_newer(thread: &Thread, since: Timestamp) -> bool {
    let told = [&thread.last_message_received_at, &thread.updated_at];
    let mut told = told
        .into_iter()
        .flatten()
        .filter_map(|at| instant::parse(at).ok())
        .peekable();
    told.peek().is_none() || told.any(|at| at >= since)
}

/// What was read of a thread.
struct Read {
    items: Vec<Box<RawValue>>,
    pages: u32,
}

/// A thread that is gone has no messages.
fn read(client: &Client<'_>, thread: &str) -> Result<Read, Failure> {
    let mut items = Vec::new();
    let mut next = Some(1);
    let mut pages = 0;
    while let Some(page) = next.filter(|page| *page <= THREAD_PAGES) {
        pages += 1;
        let found = match client.messages(thread, page) {
            Ok(found) => found,
            Err(Failure::NotFound(_)) => break,
            Err(failure) => return Err(failure),
        };
        next = pages::next(page, found.data.len(), &found.meta);
        items.extend(found.data);
    }
    Ok(Read { items, pages })
}

/// What was heard in a call. One message that cannot be understood must not hide the others, in its thread or another;
/// where none can, it is not the message that is broken.
#[derive(Default)]
struct Heard {
    messages: Vec<GuestMessage>,
    understood: bool,
    broken: Option<Failure>,
}

impl Heard {
    fn add(&mut self, thread: &Item<Thread>, items: &[Box<RawValue>], since: Timestamp) {
        for raw in items {
            match understand(thread, raw) {
                Ok(message) => {
                    self.understood = true;
                    self.messages
                        .extend((message.sent_at >= since).then_some(message));
                }
                Err(failure) => {
                    tell_broken(&thread.id, &failure);
                    self.broken = Some(failure);
                }
            }
        }
    }

    fn page(self, next: Option<String>) -> Result<MessagePage, Failure> {
        match self.broken {
            Some(failure) if !self.understood => Err(failure),
            _ => Ok(MessagePage {
                messages: self.messages,
                next,
            }),
        }
    }
}

fn understand(thread: &Item<Thread>, raw: &RawValue) -> Result<GuestMessage, Failure> {
    let item: Item<Message> = serde_json::from_str(raw.get())?;
    let message = item.attributes;
    Ok(GuestMessage {
        id: item.id,
        thread: thread.id.clone(),
        reservation: thread.related("booking"),
        sent_at: instant::parse(&message.inserted_at)?,
        text: text(&message),
        sender: match message.sender.as_str() {
            "guest" => MessageSender::Guest,
            "property" => MessageSender::Hotel,
            _ => MessageSender::Other(message.sender),
        },
        extensions: Vec::new(),
    })
}

/// The text, and below it how much more there is to be seen. Links to attachments are not handed on.
fn text(message: &Message) -> String {
    let written = message.message.clone().filter(|text| !text.is_empty());
    let attached = match message.attachments.len() {
        0 => None,
        1 => Some("[1 attachment, at Channex]".to_owned()),
        many => Some(format!("[{many} attachments, at Channex]")),
    };
    let lines: Vec<String> = written.into_iter().chain(attached).collect();
    lines.join("\n")
}

fn tell_broken(thread: &str, failure: &Failure) {
    let reason = format!("{failure:?}");
    log::write(
        log::Level::Error,
        "a message is not understood",
        &[("thread", thread), ("reason", &reason)],
    );
}

/// Channex knows no repetition: what may have been sent before is looked for first.
pub(crate) fn send(context: &Context<Settings>, reply: &Reply) -> Result<String, Failure> {
    let client = Client::new(context);
    if let Some(since) = reply.tried_since
        && let Some(id) = sent_before(&client, reply, since)?
    {
        return Ok(id);
    }
    client.write_message(&reply.thread, &reply.text)
}

/// The property's message of the same words since then.
fn sent_before(
    client: &Client<'_>,
    reply: &Reply,
    since: Timestamp,
) -> Result<Option<String>, Failure> {
    let since = since
        .checked_sub(SKEW_MINUTES.minutes())
        .unwrap_or(Timestamp::MIN);
    let is_it = |message: &Message| {
        let text = message.message.as_deref().unwrap_or_default();
        let late = instant::parse(&message.inserted_at).is_ok_and(|at| at >= since);
        message.sender == "property" && are_same_words(text, &reply.text) && late
    };
    let read = read(client, &reply.thread)?;
    let found = read.items.iter().find_map(|raw| {
        let item: Item<Message> = serde_json::from_str(raw.get()).ok()?;
        is_it(&item.attributes).then_some(item.id)
    });
    Ok(found)
}

/// An OTA may end lines in its own way, and cut blanks: the words stay.
fn are_same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

#[cfg(test)]
mod tests {
    use roomwire_plugin_sdk::testing::{Exchange, Host, context};
    use serde_json::{Value, json};

    use super::*;

    const HOST: &str = "app.channex.io";

    fn listed(answer: &Value) -> Exchange {
        Exchange::get(HOST, "/api/v1/message_threads")
            .query("filter[property_id]", "p")
            .query("pagination[page]", "1")
            .query("pagination[limit]", "100")
            .answers(200, answer.clone())
    }

    fn of_thread(number: usize) -> Exchange {
        let message = json!({"id": "m", "attributes": {
            "message": "Hello", "sender": "guest", "inserted_at": "2026-11-23T10:00:00"}});
        Exchange::get(
            HOST,
            &format!("/api/v1/message_threads/t-{number}/messages"),
        )
        .query("pagination[page]", "1")
        .query("pagination[limit]", "100")
        .answers(200, json!({"data": [message]}))
    }

    #[test]
    fn more_threads_than_a_call_may_read_are_read_in_two_calls() {
        let context = context::<Settings>(&json!({"property": "p"}));
        let threads: Vec<Value> = (0..28)
            .map(|number| json!({"id": format!("t-{number}"), "attributes": {}}))
            .collect();
        let list = json!({"data": threads, "meta": {"total": 28, "limit": 100}});
        let script = |range: std::ops::Range<usize>| {
            range.fold(Host::new().expect(listed(&list)), |host, number| {
                host.expect(of_thread(number))
            })
        };
        let since = Timestamp::UNIX_EPOCH;
        let first = script(0..26).run(|| pull(&context, since, None));
        let first = first.expect("a page");
        assert_eq!(first.messages.len(), 26);
        assert_eq!(first.next.as_deref(), Some("threads/1/26"));
        let second = script(26..28).run(|| pull(&context, since, first.next.as_deref()));
        let second = second.expect("a page");
        assert_eq!((second.messages.len(), second.next), (2, None));
    }

    #[test]
    fn a_thread_of_which_nothing_is_understood_does_not_hide_the_others() {
        let context = context::<Settings>(&json!({"property": "p"}));
        let threads = [0, 1].map(|number| json!({"id": format!("t-{number}"), "attributes": {}}));
        let list = json!({"data": threads, "meta": {"total": 2, "limit": 100}});
        let strange = json!({"id": "m", "attributes": {"sender": null, "inserted_at": "then"}});
        let broken = Exchange::get(HOST, "/api/v1/message_threads/t-0/messages")
            .query("pagination[page]", "1")
            .query("pagination[limit]", "100")
            .answers(200, json!({"data": [strange]}));
        let host = Host::new().expect(listed(&list)).expect(broken);
        let page = host
            .expect(of_thread(1))
            .run(|| pull(&context, Timestamp::UNIX_EPOCH, None));
        let page = page.expect("a page");
        assert_eq!(page.messages.len(), 1);
        assert_eq!(page.messages[0].thread, "t-1");
    }

    #[test]
    fn ends_of_lines_and_blanks_make_no_other_words() {
        let written = "Yes, there is.\n\n  From the garage, too.";
        let shown = "Yes, there is.\r\n\r\nFrom the garage,\u{a0}too. ";
        assert!(are_same_words(written, shown));
        assert!(!are_same_words(written, "Yes, there is."));
        assert!(!are_same_words("lift", "li ft"));
    }

    #[test]
    fn a_forged_token_names_no_page() {
        assert_eq!(place("threads/2/7"), Some((2, 7)));
        for forged in [
            "",
            "threads",
            "threads/1",
            "threads/0/0",
            "threads/1/-1",
            "feed/1/0",
            "threads/1/1000",
        ] {
            assert_eq!(place(forged), None, "{forged}");
        }
    }
}
