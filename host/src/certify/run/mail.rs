//! Sending mail, and understanding what the provider tells of it.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::batch::LatestBatch;
use super::ground::Ground;
use super::{End, Found};
use crate::certify::controls::{Control, Values};
use crate::certify::error::CertifyError;
use crate::certify::inbox::differences;
use crate::certify::judge::{Expected, judge, unsent};
use crate::certify::letter::{Letter, MailStep, event_name, guest, message};
use crate::certify::proxy::{Fault, Received};
use crate::certify::report::Finding;
use crate::certify::scenario::Manner;
use crate::domain::email::{EmailEvent, EmailMessage, EmailProvider, EmailProviders};

/// What the inbox is called in a declaration.
const INBOX: &str = "inbox";

/// What is missing where a control is refused.
const SUPPRESSION: &str = "a suppression, by [controls.suppress] of certification.toml";
const INBOX_READ: &str = "the inbox, by [controls.inbox] of certification.toml";

/// The message that was handed over last.
struct Latest {
    message: EmailMessage,
    /// The provider's id of it, once it was told as taken.
    id: Option<String>,
}

/// One scenario of an email provider under way.
pub(super) struct Post<'a> {
    pub(super) ground: Ground<'a>,
    pub(super) provider: Arc<dyn EmailProvider>,
    /// Messages so far.
    pub(super) count: usize,
    latest: Option<Latest>,
    pub(super) latest_batch: Option<LatestBatch>,
}

impl<'a> Post<'a> {
    pub(super) fn open(ground: Ground<'a>) -> Result<Self, CertifyError> {
        let id = &ground.rig.manifest().id;
        let provider = ground
            .plugins
            .email(id)
            .ok_or_else(|| CertifyError::NotOfItsKind(id.clone()))?;
        Ok(Self {
            ground,
            provider,
            count: 0,
            latest: None,
            latest_batch: None,
        })
    }

    pub(super) async fn play(mut self, steps: &[MailStep]) -> Result<End, CertifyError> {
        let mut findings = Vec::new();
        let (mut step, mut doing) = (0, "nothing");
        for (number, next) in steps.iter().enumerate() {
            (step, doing) = (number + 1, next.name());
            findings = self.act(next).await?;
            if !findings.is_empty() {
                break;
            }
        }
        Ok(End {
            step,
            doing,
            findings,
            cost: self.ground.cost,
        })
    }

    async fn act(&mut self, step: &MailStep) -> Found {
        match step {
            MailStep::Send {
                letter,
                fault,
                expect,
            } => Ok(self.send(*letter, fault.clone(), expect).await),
            MailStep::Again { fault, expect } => Ok(self.again(fault.clone(), expect).await),
            MailStep::Batch {
                fault,
                expect,
                first,
            } => Ok(self.batch(fault.clone(), expect, first).await),
            MailStep::BatchAgain { fault, expect } => {
                Ok(self.batch_again(fault.clone(), expect).await)
            }
            MailStep::BatchInbox { copies } => self.batch_inbox(*copies).await,
            MailStep::Suppress {} => self.suppress().await,
            MailStep::Inbox { copies } => self.inbox(*copies).await,
            MailStep::Wait { seconds } => self.ground.wait(*seconds, None).await,
            MailStep::Tell { event, manner } => self.tell(event, *manner).await,
            MailStep::Parse { body, expect } => Ok(self.parse(body, expect).await),
        }
    }

    /// What tells the next message from all others, also from those of an earlier run at the same simulator.
    pub(super) fn mark(&self) -> String {
        format!("{}-{}", self.count, self.ground.connection)
    }

    async fn send(
        &mut self,
        letter: Letter,
        fault: Option<Fault>,
        expected: &Expected,
    ) -> Vec<Finding> {
        let latest = Latest {
            message: message(letter, &self.mark()),
            id: None,
        };
        self.count += 1;
        self.hand_over(latest, fault, expected).await
    }

    async fn again(&mut self, fault: Option<Fault>, expected: &Expected) -> Vec<Finding> {
        match self.latest.take() {
            Some(latest) => self.hand_over(latest, fault, expected).await,
            None => vec![Finding::new("a message to send again", "there is none")],
        }
    }

    async fn hand_over(
        &mut self,
        latest: Latest,
        fault: Option<Fault>,
        expected: &Expected,
    ) -> Vec<Finding> {
        self.ground.rig.proxy().begin(fault);
        let caller = self.ground.usual_caller();
        let called = self.provider.send(&caller, &latest.message).await;
        let observation = self.ground.observe(&called);
        let mut findings = judge(expected, &observation);
        findings.extend(unsent(&observation));
        self.latest = Some(Latest {
            id: called.result.ok().or(latest.id),
            ..latest
        });
        findings
    }

    /// The next message's guest wants no mail.
    async fn suppress(&mut self) -> Found {
        let Some(control) = self.ground.rig.controls().suppress.clone() else {
            return Ok(vec![Finding::new(
                "the control `suppress`",
                "there is none",
            )]);
        };
        let recipient = guest(&self.mark());
        let values = Values::from([("recipient".to_owned(), recipient.into())]);
        let asked = self.ground.rig.ask(&control, &values).await?;
        let refused = asked.err();
        Ok(refused
            .map(|refusal| Finding::new(SUPPRESSION, refusal))
            .into_iter()
            .collect())
    }

    async fn inbox(&self, copies: Option<usize>) -> Found {
        let inbox = match self.look().await? {
            Ok(inbox) => inbox,
            Err(finding) => return Ok(vec![finding]),
        };
        let Some(latest) = &self.latest else {
            return Ok(vec![Finding::new("a message to look for", "there is none")]);
        };
        let copies = copies.unwrap_or(usize::from(latest.id.is_some()));
        Ok(differences(&inbox, &latest.message, copies))
    }

    /// What lies in the simulated inbox.
    pub(super) async fn look(&self) -> Result<Result<Value, Finding>, CertifyError> {
        let Some(control) = &self.ground.rig.controls().inbox else {
            return Ok(Err(Finding::new("the control `inbox`", "there is none")));
        };
        let taken = self.ground.rig.ask(control, &Values::new()).await?;
        Ok(match taken {
            Ok(taken) => Ok(taken.get(INBOX).cloned().unwrap_or_default()),
            Err(refusal) => Err(Finding::new(INBOX_READ, refusal)),
        })
    }

    /// Has the provider tell of the latest message.
    async fn tell(&mut self, event: &str, manner: Manner) -> Found {
        let Some((control, values)) = self.told(event) else {
            let wanted = format!(
                "a message that was taken, [controls.deliver], and `{event}` in [events] of the declaration"
            );
            return Ok(vec![Finding::new(wanted, "something of these is missing")]);
        };
        match self.ground.deliveries(&control, values, manner).await? {
            Err(finding) => Ok(vec![finding]),
            Ok(received) if manner == Manner::Altered => Ok(self.not_believed(&received)),
            Ok(received) => Ok(self.understood(&received, event).await),
        }
    }

    /// What to ask of the simulator, so that it tells of an event of the latest message.
    fn told(&self, event: &str) -> Option<(Control, Values)> {
        let rig = self.ground.rig;
        let control = rig.controls().deliver.clone()?;
        let latest = self.latest.as_ref()?;
        let values = Values::from([
            ("event".to_owned(), rig.event(event)?.clone()),
            ("message".to_owned(), latest.id.clone()?.into()),
            (
                "recipient".to_owned(),
                latest.message.to.email.clone().into(),
            ),
        ]);
        Some((control, values))
    }

    /// There is nothing that could be asked about a mail's event, so one that lies must be refused.
    fn not_believed(&self, received: &[Received]) -> Vec<Finding> {
        let believed = received.iter().any(|one| self.ground.verify(one).is_ok());
        let wanted = "a webhook that was altered to be refused";
        let finding = believed.then(|| Finding::new(wanted, "it was verified and believed"));
        finding.into_iter().collect()
    }

    /// Every delivery is authentic, and the same event of the latest message.
    async fn understood(&mut self, received: &[Received], event: &str) -> Vec<Finding> {
        let verified = match self.ground.verify_all(received) {
            Ok(verified) => verified,
            Err(finding) => return vec![finding],
        };
        let mut ids = HashSet::new();
        for authentic in &verified {
            let caller = self.ground.usual_caller();
            let called = self
                .provider
                .parse_events(&caller, &authentic.webhook)
                .await;
            let findings = self.ground.judge_call(&called, &Expected::default());
            let Ok(events) = &called.result else {
                return findings;
            };
            match (events.as_slice(), &self.latest) {
                ([one], Some(latest)) if is_of(one, latest, event) => {
                    ids.insert(one.id.clone());
                }
                _ => {
                    let wanted = format!("one event `{event}` of the message that was sent");
                    return vec![Finding::new(wanted, format!("{events:?}"))];
                }
            }
        }
        let several = ids.len() > 1;
        let finding = several.then(|| {
            let wanted = "a repetition to be an event of the same id";
            Finding::new(wanted, format!("{ids:?}"))
        });
        finding.into_iter().collect()
    }

    async fn parse(&mut self, body: &str, expected: &Expected) -> Vec<Finding> {
        let webhook = self.ground.stray(body);
        self.ground.rig.proxy().begin(None);
        let caller = self.ground.usual_caller();
        let called = self.provider.parse_events(&caller, &webhook).await;
        self.ground.judge_call(&called, expected)
    }
}

/// Whether an event is this one of a message. A provider that repeats the message's key repeats it truly.
fn is_of(event: &EmailEvent, latest: &Latest, name: &str) -> bool {
    let key = event.idempotency_key.as_ref();
    latest.id.as_ref() == Some(&event.message_id)
        && event_name(&event.kind) == name
        && key.is_none_or(|key| *key == latest.message.idempotency_key)
}
