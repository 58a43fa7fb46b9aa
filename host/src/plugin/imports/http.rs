//! `http`: requests to the manifest's hosts, with secrets added on the way out and taken out of the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout_at;

use crate::domain::clock::Clock;
use crate::domain::random::Random;
use crate::plugin::egress::exchange::{Answer, AnswerBudget, SendFailure, exchange, introduce};
use crate::plugin::egress::inject::{Fresh, inject};
use crate::plugin::egress::permit::permit;
use crate::plugin::egress::request::{GuestRequest, OutboundRequest};
use crate::plugin::egress::scrub::Scrubber;
use crate::plugin::grants::ActiveGrant;
use crate::plugin::manifest::Manifest;
use crate::plugin::manifest::secrets::Method as SlotMethod;
use crate::plugin::oauth::UsedTokens;
use crate::plugin::recording::{Asked, Turn};
use crate::plugin::state::CallState;
use crate::plugin::v1::bindings::host::roomwire::host::http::{
    Host, HttpError, Method, Request, Response,
};
use crate::plugin::v1::text::line;

/// How many requests of one call are under way at once.
const CONCURRENT: usize = 4;

/// What a guest has left after a request that took all the time of its call.
const LAST_WORDS: Duration = Duration::from_millis(100);

impl Host for CallState {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, HttpError>> {
        self.enter()?;
        let ticket = match self.world.begin(|| Asked::http(&request))? {
            Turn::Answered(answer) => return Ok(answer),
            Turn::Open(ticket) => ticket,
        };
        let prepared = self.prepare(request);
        let rest = self.meter.rest();
        let answer = make(prepared).await;
        drop(rest);
        let answer = self.settle(answer);
        Ok(self.world.end(ticket, answer))
    }

    async fn send_many(
        &mut self,
        requests: Vec<Request>,
    ) -> wasmtime::Result<Vec<Result<Response, HttpError>>> {
        self.enter()?;
        let (mut answered, mut tickets, mut prepared) = (Vec::new(), Vec::new(), Vec::new());
        for request in requests {
            match self.world.begin(|| Asked::http(&request))? {
                Turn::Answered(answer) => answered.push(answer),
                Turn::Open(ticket) => {
                    tickets.push(ticket);
                    prepared.push(self.prepare(request));
                }
            }
        }
        // A world answers all of them, or none.
        if !answered.is_empty() {
            return Ok(answered);
        }
        // Only now: looking at thousands of requests is work, and the guest's own.
        let rest = self.meter.rest();
        let answers: Vec<_> = stream::iter(prepared)
            .map(make)
            .buffered(CONCURRENT)
            .collect()
            .await;
        drop(rest);
        Ok(tickets
            .into_iter()
            .zip(answers)
            .map(|(ticket, answer)| {
                let answer = self.settle(answer);
                self.world.end(ticket, answer)
            })
            .collect())
    }
}

/// Sends what was not refused.
async fn make(prepared: Result<Journey, SendFailure>) -> Result<Answer, SendFailure> {
    match prepared {
        Ok(journey) => journey.make().await,
        Err(refused) => Err(refused),
    }
}

/// A checked request with all that its way out and back needs.
struct Journey {
    request: OutboundRequest,
    manifest: Arc<Manifest>,
    grant: Arc<ActiveGrant>,
    used_tokens: UsedTokens,
    budget: Arc<AnswerBudget>,
    deadline: Instant,
    clock: Clock,
    random: Random,
    /// What was made of secrets for this request alone.
    made: Vec<SecretString>,
}

impl Journey {
    async fn make(mut self) -> Result<Answer, SendFailure> {
        // A moment before the call's own end, so that the guest can still say what became of it.
        let end = self
            .deadline
            .checked_sub(LAST_WORDS)
            .unwrap_or(self.deadline);
        timeout_at(end.into(), self.fill_slots())
            .await
            .map_err(|_| {
                SendFailure::Unreachable("no access token came in the call's time".to_owned())
            })??;
        let left = end.saturating_duration_since(Instant::now());
        self.request.timeout = self.request.timeout.min(left);
        let answer = exchange(&self.grant.clients, self.request, &self.budget).await?;
        let answer = without(&self.grant.scrubber(), answer);
        let answer = match &self.grant.endpoint {
            Some(endpoint) => endpoint.without_others(answer),
            None => answer,
        };
        let made = Scrubber::new(self.made.iter().map(ExposeSecret::expose_secret));
        Ok(without(&made, answer))
    }
}

impl Journey {
    /// Adds the secrets. A token that another call is fetching is waited for.
    async fn fill_slots(&mut self) -> Result<(), SendFailure> {
        let (host, method) = (self.request.host.clone(), self.request.method);
        let slots = self.manifest.secrets.iter();
        for slot in slots.filter(|slot| slot.applies_to(&host.name, host.port, method)) {
            let value = self
                .grant
                .slot_value(slot, &self.clock, &self.used_tokens)
                .await?;
            let fresh = Fresh {
                now: self.clock.now(),
                random: &self.random,
            };
            let made = inject(&mut self.request, &value, fresh).map_err(SendFailure::Invalid)?;
            self.made.extend(made);
        }
        Ok(())
    }
}

impl CallState {
    /// Counts and checks a request.
    fn prepare(&mut self, request: Request) -> Result<Journey, SendFailure> {
        if self.requests >= self.limits.requests {
            let most = self.limits.requests;
            return Err(SendFailure::Limit(format!(
                "a call may send {most} requests, and they are used up"
            )));
        }
        self.requests += 1;
        let host = permit(&self.manifest, &request.host).map_err(SendFailure::Denied)?;
        let identity = self.identity.as_ref().ok_or_else(|| {
            SendFailure::Denied("it sent a request without a connection".to_owned())
        })?;
        let (grant, used_tokens) = (Arc::clone(&identity.grant), identity.used_tokens.clone());
        let mut request = OutboundRequest::check(host, given(request), &self.limits)
            .map_err(SendFailure::Invalid)?;
        introduce(&mut request);
        if self.tells_endpoint
            && let Some(endpoint) = &grant.endpoint
        {
            endpoint
                .reveal(&mut request)
                .map_err(SendFailure::Invalid)?;
        }
        self.bytes_sent += u64::try_from(request.size()).unwrap_or(u64::MAX);
        Ok(Journey {
            request,
            manifest: Arc::clone(&self.manifest),
            grant,
            used_tokens,
            budget: Arc::clone(&self.answers),
            deadline: self.deadline,
            clock: self.surroundings.clock.clone(),
            random: self.surroundings.random.clone(),
            made: Vec::new(),
        })
    }

    /// What the guest learns, and what the host remembers whatever the guest makes of it.
    fn settle(&mut self, answer: Result<Answer, SendFailure>) -> Result<Response, HttpError> {
        let text = |text: &str| line(&self.scrub(text), 1_000);
        let failure = match answer {
            Ok(Answer {
                status,
                headers,
                body,
            }) => {
                return Ok(Response {
                    status,
                    headers,
                    body,
                    extensions: Vec::new(),
                });
            }
            Err(failure) => failure,
        };
        Err(match failure {
            SendFailure::Denied(reason) => {
                let reason = text(&reason);
                self.deny(&reason);
                HttpError::Denied(reason)
            }
            SendFailure::Invalid(why) => HttpError::Invalid(text(&why)),
            SendFailure::Unreachable(why) => HttpError::Unreachable(text(&why)),
            SendFailure::OutcomeUnknown(why) => HttpError::OutcomeUnknown(text(&why)),
            SendFailure::Limit(why) => HttpError::Limit(text(&why)),
            SendFailure::Credential(failure) => {
                let why = text(&failure.to_string());
                self.decide(failure);
                HttpError::Unreachable(why)
            }
        })
    }
}

/// An answer without the secrets.
fn without(scrubber: &Scrubber, answer: Answer) -> Answer {
    let clean = |(name, value): (String, String)| (scrubber.text(&name), scrubber.text(&value));
    Answer {
        status: answer.status,
        headers: answer.headers.into_iter().map(clean).collect(),
        body: scrubber.bytes(answer.body),
    }
}

fn given(request: Request) -> GuestRequest {
    let method = match request.method {
        Method::Get => SlotMethod::Get,
        Method::Post => SlotMethod::Post,
        Method::Put => SlotMethod::Put,
        Method::Patch => SlotMethod::Patch,
        Method::Delete => SlotMethod::Delete,
    };
    GuestRequest {
        method,
        path: request.path,
        query: request.query,
        headers: request.headers,
        body: request.body,
        timeout: request
            .timeout_ms
            .map(|milliseconds| Duration::from_millis(u64::from(milliseconds))),
    }
}
