//! What guests write at the simulator, what the connector hears of it, and what the hotel answers.

use jiff::SignedDuration;
use serde_json::Value;

use super::bookings::id;
use super::{Found, Stage};
use crate::certify::judge::Expected;
use crate::certify::report::Finding;
use crate::certify::scenario::HotelReply;
use crate::domain::guest_message::{GuestMessage, MessageSender, Reply};
use crate::domain::ids::MessageId;

/// More pages than this have no end.
const MOST_PAGES: usize = 50;

/// Text, and nothing else: whatever stands in it.
const QUESTION: &str = "Is there a lift, for \"two\" & <b>one</b> Žebra 🏨? It is about";
const ANSWER: &str = "Yes; there is <one> & a staircase 🏨";

impl Stage<'_> {
    /// The guest of every booking writes about it.
    pub(super) async fn write(&mut self) -> Found {
        let Some(control) = self.ground.rig.controls().write.clone() else {
            return Ok(vec![Finding::new("the control `write`", "there is none")]);
        };
        for booking in self.bookings.clone() {
            let id = id(&booking).unwrap_or_default();
            let text = format!("{QUESTION} {id}");
            let mut values = booking;
            values.insert("text".to_owned(), Value::from(text.clone()));
            if let Err(refusal) = self.ground.rig.ask(&control, &values).await? {
                let wanted = "a message, by [controls.write] of certification.toml";
                return Ok(vec![Finding::new(wanted, refusal)]);
            }
            self.written.push((id, text));
        }
        Ok(Vec::new())
    }

    /// Every page since the scenario began.
    pub(super) async fn messages(&mut self) -> Found {
        let began = self.ground.began;
        let since = began.saturating_sub(SignedDuration::from_mins(1));
        let since = since.unwrap_or(began);
        let mut page: Option<String> = None;
        self.heard.clear();
        for _ in 0..MOST_PAGES {
            self.ground.rig.proxy().begin(None);
            let caller = self.ground.usual_caller();
            let called = self
                .connector
                .pull_messages(&caller, since, page.as_deref());
            let called = called.await;
            let findings = self.ground.judge_call(&called, &Expected::default());
            let Ok(found) = called.result else {
                return Ok(findings);
            };
            if let Some(reason) = found.refused.first() {
                let wanted = "every message to say what can be";
                return Ok(vec![Finding::new(wanted, reason.as_str())]);
            }
            self.heard.extend(found.messages);
            page = found.next;
            if page.is_none() {
                return Ok(self.heard_well());
            }
            self.ground.rig.advance(2).await?;
        }
        let wanted = format!("pages to come to an end within {MOST_PAGES}");
        Ok(vec![Finding::new(wanted, "there is always a next one")])
    }

    /// What is wrong with what was heard.
    fn heard_well(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (reservation, text) in &self.written {
            match self.once(text) {
                Ok(message) => findings.extend(misheard(message, reservation)),
                Err(finding) => findings.push(finding),
            }
        }
        if let Some(reply) = &self.replied {
            match self.once(&reply.text) {
                Ok(message) => findings.extend(misplaced(message, reply)),
                Err(finding) => findings.push(finding),
            }
        }
        findings
    }

    /// The only message of these words.
    fn once(&self, text: &str) -> Result<&GuestMessage, Finding> {
        let found = self.heard.iter().filter(|message| message.text == text);
        let found: Vec<&GuestMessage> = found.collect();
        match found.as_slice() {
            [one] => Ok(*one),
            others => Err(Finding::new(
                format!("{text:?} once among the messages"),
                format!("{} times", others.len()),
            )),
        }
    }

    /// Answers the first guest who was heard, or repeats the answer.
    pub(super) async fn reply(&mut self, asked: &HotelReply) -> Found {
        let before = self.replied.take().filter(|_| asked.again);
        let Some(reply) = before.or_else(|| self.fresh(asked.thread.as_ref())) else {
            return Ok(vec![Finding::new("a message to answer", "there is none")]);
        };
        self.ground.rig.proxy().begin(asked.fault.clone());
        let caller = self.ground.usual_caller();
        let called = self.connector.send_reply(&caller, &reply).await;
        let findings = self.ground.judge_call(&called, &asked.expect);
        if asked.thread.is_none() {
            let tried = reply.tried_since.or(Some(caller.now));
            self.replied = Some(Reply {
                tried_since: tried,
                ..reply
            });
        }
        self.ground.rig.advance(2).await?;
        Ok(findings)
    }

    fn fresh(&self, thread: Option<&String>) -> Option<Reply> {
        let mut guests = self
            .heard
            .iter()
            .filter(|message| message.sender == MessageSender::Guest);
        let thread = thread.or_else(|| guests.next().map(|message| &message.thread))?;
        Some(Reply {
            thread: thread.clone(),
            text: ANSWER.to_owned(),
            idempotency_key: MessageId::new(self.ground.rig.clock.now()).to_string(),
            tried_since: None,
        })
    }
}

/// A guest's message that is told as another's, or as one about something else.
fn misheard(message: &GuestMessage, reservation: &str) -> Option<Finding> {
    if message.sender != MessageSender::Guest {
        let wanted = format!("the sender of {:?} to be the guest", message.text);
        return Some(Finding::new(wanted, message.sender.as_str()));
    }
    let told = message.reservation.as_deref().unwrap_or("no reservation");
    (told != reservation).then(|| {
        let wanted = format!("{:?} to be about {reservation}", message.text);
        Finding::new(wanted, told)
    })
}

/// The hotel's answer in another thread, or told as somebody else's.
fn misplaced(message: &GuestMessage, reply: &Reply) -> Option<Finding> {
    let is_well = message.sender == MessageSender::Hotel && message.thread == reply.thread;
    (!is_well).then(|| {
        let wanted = format!(
            "the reply to be the hotel's, in the thread {}",
            reply.thread
        );
        let came = format!("{}, in {}", message.sender.as_str(), message.thread);
        Finding::new(wanted, came)
    })
}
