//! What the host knows during one call: who calls, what is allowed, and what has been used of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtxView, WasiView};

use super::egress::exchange::AnswerBudget;
use super::failure::{Stop, sandbox};
use super::grants::ActiveGrant;
use super::imports::log::CallLog;
use super::limits::{Limits, StoreLimiter};
use super::manifest::Manifest;
use super::meter::{CpuMeter, Rest};
use super::oauth::UsedTokens;
use super::recording::World;
use super::v1::text::line;
use super::wasi::{self, Wasi};
use crate::domain::clock::Clock;
use crate::domain::connector::{CallCost, ConnectorFailure, SandboxFailure};
use crate::domain::key_value::{KeyOwner, KeyValueStore};
use crate::domain::random::Random;

/// The most handles that a guest may hold: only WASI gives any.
const MAX_HANDLES: usize = 1_024;

/// What all calls share.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) key_values: Arc<dyn KeyValueStore>,
    pub(super) clock: Clock,
    pub(super) random: Random,
}

/// For whom a call is. A trial instantiation is for nobody.
pub(super) struct Identity {
    pub(super) owner: KeyOwner,
    pub(super) grant: Arc<ActiveGrant>,
    pub(super) used_tokens: UsedTokens,
}

/// The data of one call's store.
pub(super) struct CallState {
    pub(super) surroundings: Surroundings,
    pub(super) manifest: Arc<Manifest>,
    pub(super) identity: Option<Identity>,
    /// The instant that the guest sees as now.
    pub(super) now: Timestamp,
    pub(super) limits: Limits,
    pub(super) deadline: Instant,
    pub(super) meter: CpuMeter,
    pub(super) limiter: StoreLimiter,
    pub(super) answers: Arc<AnswerBudget>,
    pub(super) requests: u32,
    pub(super) bytes_sent: u64,
    pub(super) log: CallLog,
    /// Whether the guest was told the address of the connection's webhooks, so that its requests carry the real one.
    pub(super) tells_endpoint: bool,
    /// Where the answers to the guest's questions come from.
    pub(super) world: World,
    host_calls: u32,
    verdict: Option<ConnectorFailure>,
    handles: ResourceTable,
    wasi: Option<Wasi>,
}

impl CallState {
    pub(super) fn new(
        surroundings: Surroundings,
        manifest: Arc<Manifest>,
        identity: Option<Identity>,
        now: Timestamp,
        limits: Limits,
    ) -> Self {
        let mut handles = ResourceTable::new();
        handles.set_max_capacity(MAX_HANDLES);
        Self {
            surroundings,
            manifest,
            identity,
            now,
            limits,
            deadline: Instant::now() + limits.wall,
            meter: CpuMeter::default(),
            limiter: StoreLimiter::new(limits.memory),
            answers: Arc::new(AnswerBudget::new(
                limits.response_body,
                limits.response_bodies,
            )),
            requests: 0,
            bytes_sent: 0,
            log: CallLog::default(),
            tells_endpoint: false,
            world: World::Live,
            host_calls: 0,
            verdict: None,
            handles,
            wasi: None,
        }
    }

    /// Counts a call of a host function that computes. Its time is the guest's own, or it could have the host work for it.
    pub(super) fn enter(&mut self) -> wasmtime::Result<()> {
        self.host_calls += 1;
        if self.host_calls > self.limits.host_calls {
            return Err(Stop::HostCalls.into());
        }
        Ok(())
    }

    /// Counts a call of a host function that waits. The guest's clock rests until the result is dropped.
    pub(super) fn enter_to_wait(&mut self) -> wasmtime::Result<Rest> {
        self.enter()?;
        Ok(self.meter.rest())
    }

    /// Decides the call, whatever the guest returns. The first decision stands.
    pub(super) fn decide(&mut self, verdict: ConnectorFailure) {
        self.verdict.get_or_insert(verdict);
    }

    /// Decides that the guest asked for what it may not reach.
    pub(super) fn deny(&mut self, reason: &str) {
        let verdict = sandbox(&self.manifest, SandboxFailure::EgressDenied, reason);
        self.decide(verdict);
    }

    pub(super) fn verdict(&self) -> Option<&ConnectorFailure> {
        self.verdict.as_ref()
    }

    /// Adds the host's own remark to the call's log.
    pub(super) fn note(&mut self, remark: &str) {
        self.log.add(format!("[host] {remark}"), &self.limits);
    }

    /// A text without the connection's secrets.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.identity.as_ref().map_or_else(
            || text.to_owned(),
            |identity| identity.grant.scrubber().text(text),
        )
    }

    /// Keeps what the guest's runtime printed with the call's log.
    fn keep_printed(&mut self) {
        let Some(wasi) = &self.wasi else {
            return;
        };
        for printed in self.scrub(&wasi.all_printed()).lines() {
            let printed = line(&format!("[printed] {printed}"), self.limits.log_line);
            self.log.add(printed, &self.limits);
        }
    }

    /// What the call has cost.
    pub(super) fn cost(&mut self, duration: Duration) -> CallCost {
        let cpu = self.meter.pause();
        self.keep_printed();
        CallCost {
            duration,
            cpu,
            memory: u64::try_from(self.limiter.held()).unwrap_or(u64::MAX),
            requests: self.requests,
            bytes_sent: self.bytes_sent,
            bytes_received: u64::try_from(self.answers.received()).unwrap_or(u64::MAX),
            log: std::mem::take(&mut self.log).into_lines(),
            recording: None,
        }
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let most_printed = self.limits.log_bytes;
        let wasi = self.wasi.get_or_insert_with(|| {
            wasi::empty(self.now, &self.surroundings, &mut self.world, most_printed)
        });
        WasiCtxView {
            ctx: &mut wasi.context,
            table: &mut self.handles,
        }
    }
}

#[cfg(test)]
mod tests {
    use wasmtime_wasi::p2::OutputStream as _;

    use super::*;
    use crate::domain::key_value::InMemoryKeyValues;
    use crate::plugin::manifest::tests::example;

    #[test]
    fn what_a_runtime_prints_is_in_the_calls_log() {
        let surroundings = Surroundings {
            key_values: Arc::new(InMemoryKeyValues::default()),
            clock: Clock::system(),
            random: Random::seeded(1),
        };
        let manifest = Manifest::from_toml(&example()).expect("a manifest");
        let mut state = CallState::new(
            surroundings,
            Arc::new(manifest),
            None,
            Timestamp::UNIX_EPOCH,
            Limits::default(),
        );
        state.ctx();
        let wasi = state.wasi.as_mut().expect("a context");
        let traceback = "Traceback:\n  line 7\n";
        wasi.printed.write(traceback.into()).expect("room");
        assert_eq!(
            state.cost(Duration::ZERO).log,
            ["[printed] Traceback:", "[printed]   line 7"]
        );
    }
}
