//! One call of a guest: a fresh store, a watch over its time, and the meaning of what went wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use wasmtime::{Store, StoreContextMut, UpdateDeadline};

use super::failure::{Stop, classify, sandbox};
use super::gate::Gate;
use super::generation::{Current, Found};
use super::loader::LoadedPlugin;
use super::oauth::UsedTokens;
use super::recording::{self, World};
use super::state::{CallState, Identity, Surroundings};
use super::v1::bindings::channel::roomwire::types::common::CallContext;
use super::v1::context::context;
use super::v1::failure::map_texts;
use super::v1::operations::{CallError, Guest, Operation};
use super::v1::text::Breach;
use crate::domain::connector::{CallCost, Called, Caller, ConnectorFailure, SandboxFailure};
use crate::domain::key_value::KeyOwner;

/// What every plugin's calls share.
pub(super) struct Calls {
    pub(super) current: Current,
    pub(super) surroundings: Surroundings,
    /// All calls of all plugins: no more than the engine has room for.
    pub(super) admission: Semaphore,
    /// How long a call waits for its turn.
    pub(super) patience: Duration,
}

impl Calls {
    /// Calls the guest of this plugin's present version for a connection. Where it says that its token expired, once more
    /// with another one.
    pub(super) async fn call<O: Operation>(
        &self,
        plugin: &str,
        caller: &Caller,
        operation: &O,
    ) -> Called<O::Output> {
        let refused = |refused| Called {
            result: Err(refused),
            cost: CallCost::default(),
        };
        let found = match self.current.load().of(plugin, caller) {
            Ok(found) => found,
            Err(failure) => return refused(failure),
        };
        let clock = &self.surroundings.clock;
        let asks = !operation.asks_nothing();
        let gate = match Gate::enter(&found.plugin, (&*found.grant, asks), caller, clock.now()) {
            Ok(gate) => gate,
            Err(failure) => return refused(failure),
        };
        let called = self.call_granted(&found, caller, operation).await;
        gate.leave(&called.result, clock.now());
        called
    }

    async fn call_granted<O: Operation>(
        &self,
        found: &Found,
        caller: &Caller,
        operation: &O,
    ) -> Called<O::Output> {
        let (first, used) = self.call_once(found, caller, operation).await;
        if !matches!(first.result, Err(ConnectorFailure::AuthExpired(_)))
            || !found.grant.forget_tokens(&used).await
        {
            return first;
        }
        let (mut second, _) = self.call_once(found, caller, operation).await;
        second.cost = sum(first.cost, second.cost);
        second
    }

    async fn call_once<O: Operation>(
        &self,
        found: &Found,
        caller: &Caller,
        operation: &O,
    ) -> (Called<O::Output>, UsedTokens) {
        let started = Instant::now();
        let used_tokens = UsedTokens::default();
        let (plugin, grant) = (&*found.plugin, &found.grant);
        let Some(_permits) = self.admit(found).await else {
            return (overloaded(plugin, started.elapsed()), used_tokens);
        };
        let owner = KeyOwner {
            hotel: caller.hotel,
            connection: caller.connection,
        };
        let identity = Identity {
            owner,
            grant: Arc::clone(grant),
            used_tokens: used_tokens.clone(),
        };
        let manifest = Arc::clone(&plugin.manifest);
        let mut state = CallState::new(
            self.surroundings.clone(),
            manifest,
            Some(identity),
            caller.now,
            plugin.limits,
        );
        state.world = World::recorded(grant.record);
        let mut store = plugin.store(state);
        let context = context(caller, &grant.settings);
        let outcome = run(plugin, &mut store, &context, operation).await;
        let stopped = stopped(plugin, &outcome);
        let result = judge(plugin, store.data(), outcome);
        let mut cost = store.data_mut().cost(started.elapsed());
        let fell_short = match &result {
            Ok(output) => operation.fell_short(output),
            Err(_) => true,
        };
        if grant.record.wants(fell_short) {
            match recording::document(plugin, store.data_mut(), context, stopped) {
                Ok(document) => cost.recording = document,
                Err(reason) => cost.log.push(format!("[host] {reason}")),
            }
        }
        (Called { result, cost }, used_tokens)
    }

    /// Waits for the hotel's turn first: calls that wait hold up no other hotel's, whatever they wait for.
    async fn admit<'a>(&'a self, found: &'a Found) -> Option<[SemaphorePermit<'a>; 3]> {
        let all = async {
            Some([
                found.hotel.acquire().await.ok()?,
                found.plugin.admission.acquire().await.ok()?,
                self.admission.acquire().await.ok()?,
            ])
        };
        timeout(self.patience, all).await.ok().flatten()
    }
}

fn overloaded<T>(plugin: &LoadedPlugin, waited: Duration) -> Called<T> {
    let message = "too many calls are under way: it waited in vain for its turn";
    Called {
        result: Err(sandbox(
            &plugin.manifest,
            SandboxFailure::Overloaded,
            message,
        )),
        cost: CallCost {
            duration: waited,
            ..CallCost::default()
        },
    }
}

/// Instantiates and calls, within the wall clock's limit.
pub(super) async fn run<O: Operation>(
    plugin: &LoadedPlugin,
    store: &mut Store<CallState>,
    context: &CallContext,
    operation: &O,
) -> Result<O::Output, CallError> {
    let wall = plugin.limits.wall;
    let whole = async {
        store.data().meter.resume();
        let instance = plugin.pre.instantiate_async(&mut *store).await?;
        let mut guest = Guest {
            store,
            instance,
            exports: &plugin.exports,
        };
        operation.run(&mut guest, context).await
    };
    // Works because a busy guest yields at every tick. Dropping the future cancels the guest and its requests.
    timeout(wall, whole)
        .await
        .unwrap_or_else(|_| Err(CallError::Engine(Stop::Deadline.into())))
}

/// The class of what stopped the guest, where something did.
pub(super) fn stopped<T>(
    plugin: &LoadedPlugin,
    outcome: &Result<T, CallError>,
) -> Option<&'static str> {
    match outcome {
        Err(CallError::Engine(error)) => Some(classify(&plugin.manifest, error).class()),
        _ => None,
    }
}

/// The call's result. What the host decided stands above whatever the guest made of it.
fn judge<T>(
    plugin: &LoadedPlugin,
    state: &CallState,
    outcome: Result<T, CallError>,
) -> Result<T, ConnectorFailure> {
    if let Some(verdict) = state.verdict() {
        return Err(verdict.clone());
    }
    let manifest = &plugin.manifest;
    let failure = match outcome {
        Ok(value) => return Ok(value),
        Err(CallError::Engine(error)) => classify(manifest, &error),
        Err(CallError::Failed(failure)) => failure,
        Err(CallError::Breach(Breach(breach))) => sandbox(
            manifest,
            SandboxFailure::InvalidOutput,
            &format!("it returned what it may not: {breach}"),
        ),
        Err(CallError::NoAbility(ability)) => sandbox(
            manifest,
            SandboxFailure::Unavailable,
            &format!("it has no `{ability}`"),
        ),
    };
    Err(map_texts(failure, |text| state.scrub(text)))
}

/// Lets a guest run tick by tick: at each one it yields to the other tasks, and at the end of its time it is stopped.
pub(super) fn watch(store: &mut Store<CallState>) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store: StoreContextMut<'_, CallState>| {
        let state = store.data();
        let used = state.meter.pause();
        if Instant::now() >= state.deadline {
            return Err(Stop::Deadline.into());
        }
        if used >= state.limits.cpu {
            return Err(Stop::Cpu.into());
        }
        let meter = state.meter.clone();
        // A plain yield would starve the runtime's timers: measured at up to 400 ms.
        let turn = async move {
            tokio::task::yield_now().await;
            meter.resume();
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(turn)))
    });
}

fn sum(first: CallCost, second: CallCost) -> CallCost {
    CallCost {
        duration: first.duration + second.duration,
        cpu: first.cpu + second.cpu,
        memory: first.memory.max(second.memory),
        requests: first.requests + second.requests,
        bytes_sent: first.bytes_sent + second.bytes_sent,
        bytes_received: first.bytes_received + second.bytes_received,
        log: [first.log, second.log].concat(),
        // The second call is the one that counts.
        recording: second.recording,
    }
}
