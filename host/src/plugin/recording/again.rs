//! Runs a recorded call again, in the sandbox and with the recorded answers: nothing leaves the machine.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::player::Player;
use super::report::{Outcome, Report};
use super::{Ending, PluginFile, Recording, RecordingError, World};
use crate::config::Approvals;
use crate::domain::clock::Clock;
use crate::domain::key_value::InMemoryKeyValues;
use crate::domain::random::Random;
use crate::plugin::call;
use crate::plugin::compile::Compiler;
use crate::plugin::limits::Limits;
use crate::plugin::loader::{LoadError, LoadedPlugin, Loader, LoaderSettings};
use crate::plugin::state::{CallState, Surroundings};
use crate::plugin::v1::operations::CallError;
use crate::plugin::v1::questions::Again;

/// Why a call cannot be run again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("the recording cannot be read")]
    Recording(#[from] RecordingError),
    #[error("the recording cannot be replayed: {0}")]
    Input(String),
    #[error("the plugin engine does not start")]
    Engine(#[source] wasmtime::Error),
    #[error("the plugin is refused")]
    Plugin(#[source] Box<LoadError>),
    #[error("the plugin has no `{0}`, which the recorded call asked for")]
    NoAbility(&'static str),
}

/// Runs a recorded call again with a plugin file, and tells how it differed.
pub async fn replay(
    recording: &str,
    file: Vec<u8>,
    compiler: Compiler,
) -> Result<Report, ReplayError> {
    Replayer::load(file, compiler)
        .await?
        .replay(recording)
        .await
}

/// A plugin file that is compiled once, to run any number of recorded calls again.
pub struct Replayer {
    plugin: LoadedPlugin,
}

impl Replayer {
    pub async fn load(file: Vec<u8>, compiler: Compiler) -> Result<Self, ReplayError> {
        let loader = Loader::start(LoaderSettings {
            limits: Limits::default(),
            calls_of_one_plugin: 1,
            surroundings: surroundings(Timestamp::UNIX_EPOCH),
            compiler,
            cache: None,
        })
        .map_err(ReplayError::Engine)?;
        let plugin = loader
            .load(file, &Approvals::default())
            .await
            .map_err(|cause| ReplayError::Plugin(Box::new(cause)))?;
        Ok(Self { plugin })
    }

    /// Runs a recorded call again, and tells how it differed. No call learns of another.
    pub async fn replay(&self, recording: &str) -> Result<Report, ReplayError> {
        let recording = Recording::read(recording)?;
        let question =
            Again::read(&recording.operation, &recording.input).map_err(ReplayError::Input)?;
        let now = Timestamp::from_millisecond(recording.now)
            .map_err(|error| ReplayError::Input(format!("its instant: {error}")))?;
        let outcome = run(&self.plugin, &recording, (&question, now)).await?;
        Ok(Report::new(recording, self.plugin.file(), outcome))
    }
}

impl fmt::Debug for Replayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Replayer")
            .field("plugin", &self.plugin.file())
            .finish_non_exhaustive()
    }
}

fn surroundings(now: Timestamp) -> Surroundings {
    Surroundings {
        key_values: Arc::new(InMemoryKeyValues::default()),
        clock: Clock::movable(now),
        random: Random::seeded(0),
    }
}

async fn run(
    plugin: &LoadedPlugin,
    recording: &Recording,
    (question, now): (&Again, Timestamp),
) -> Result<Outcome, ReplayError> {
    let surroundings = surroundings(now);
    let player = Player::new(recording, surroundings.random.clone());
    // For nobody: what a connection would be asked for, the recording answers.
    let manifest = Arc::clone(&plugin.manifest);
    let mut state = CallState::new(surroundings, manifest, None, now, plugin.limits);
    state.world = World::Replaying(Box::new(player));
    let mut store = plugin.store(state);
    let started = Instant::now();
    let outcome = call::run(plugin, &mut store, &recording.context, question).await;
    if let Err(CallError::NoAbility(ability)) = outcome {
        return Err(ReplayError::NoAbility(ability));
    }
    let stopped = call::stopped(plugin, &outcome);
    let mut cost = store.data_mut().cost(started.elapsed());
    let World::Replaying(player) = std::mem::replace(&mut store.data_mut().world, World::Live)
    else {
        unreachable!("nothing but this function changes the world of a replay");
    };
    player.count(&mut cost);
    let ending = match stopped {
        Some(class) => Some(Ending::Stopped(class.to_owned())),
        None => player.given.map(Ending::Returned),
    };
    Ok(Outcome {
        steps: player.steps,
        ending,
        settings: settings_problems(plugin, &recording.context.settings),
        cost,
    })
}

/// What the plugin's schema has against the recorded settings.
fn settings_problems(plugin: &LoadedPlugin, settings: &str) -> Vec<String> {
    match serde_json::from_str(settings) {
        Ok(settings) => plugin.schema.problems(&settings),
        Err(error) => vec![format!("no JSON: {error}")],
    }
}

impl LoadedPlugin {
    /// The file that it was loaded from, as recordings know it.
    pub(in crate::plugin) fn file(&self) -> PluginFile {
        PluginFile {
            id: self.manifest.id.clone(),
            version: self.manifest.version.clone(),
            sha256: self.sha256.clone(),
        }
    }
}
