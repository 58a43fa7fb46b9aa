//! From a file to a plugin that can be called: parsed whole, checked, compiled in a process apart, and tried once.

mod error;
mod foreign;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Store};

pub use self::error::LoadError;
use super::compile::Compiler;
use super::failure::Stop;
use super::limits::Limits;
use super::manifest::{Manifest, SettingsSchema, section};
use super::state::{CallState, Surroundings};
use super::v1::exports::{ExportError, Exports};
use super::{engine, imports};

/// The largest plugin file.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// A plugin that can be called.
pub(super) struct LoadedPlugin {
    pub(super) manifest: Arc<Manifest>,
    pub(super) schema: SettingsSchema,
    pub(super) limits: Limits,
    pub(super) exports: Exports,
    /// Its own calls that may be under way.
    pub(super) admission: Semaphore,
    pub(super) pre: InstancePre<CallState>,
}

/// Loads plugins into one engine.
pub(super) struct Loader {
    engine: Engine,
    linker: Linker<CallState>,
    settings: LoaderSettings,
}

/// What every plugin is loaded with.
pub(super) struct LoaderSettings {
    pub(super) limits: Limits,
    pub(super) calls_of_one_plugin: usize,
    pub(super) surroundings: Surroundings,
    pub(super) compiler: Compiler,
}

impl Loader {
    /// Starts an engine whose guests are given the host's interfaces.
    pub(super) fn start(settings: LoaderSettings) -> wasmtime::Result<Self> {
        let engine = engine::start()?;
        let mut linker = Linker::new(&engine);
        imports::add_to_linker(&mut linker)?;
        Ok(Self {
            engine,
            linker,
            settings,
        })
    }

    /// Reads and loads a file.
    pub(super) async fn load_file(&self, path: &Path) -> Result<LoadedPlugin, LoadError> {
        let size = tokio::fs::metadata(path).await?.len();
        if size > MAX_FILE_BYTES {
            return Err(LoadError::TooLarge(size));
        }
        self.load(tokio::fs::read(path).await?).await
    }

    /// Loads a plugin from its bytes. The guest runs only in the last step, without a connection.
    pub(super) async fn load(&self, bytes: Vec<u8>) -> Result<LoadedPlugin, LoadError> {
        let manifest = Arc::new(section::read(&bytes)?);
        let schema = SettingsSchema::compile(&manifest.settings).map_err(LoadError::Schema)?;
        foreign::refuse_imports(&bytes)?;
        let component = self.compile(bytes).await?;
        let pre = self
            .linker
            .instantiate_pre(&component)
            .map_err(LoadError::Link)?;
        let exports = Exports::find(&manifest, &pre)?;
        let limits = self.settings.limits.lowered(&manifest.limits);
        let plugin = LoadedPlugin {
            manifest,
            schema,
            limits,
            exports,
            admission: Semaphore::new(self.settings.calls_of_one_plugin),
            pre,
        };
        self.try_out(&plugin).await?;
        Ok(plugin)
    }

    /// This engine only takes the result: no byte of a stranger's is compiled where requests are answered.
    async fn compile(&self, bytes: Vec<u8>) -> Result<Component, LoadError> {
        let artifact = self.settings.compiler.compile(Arc::new(bytes)).await?;
        let engine = self.engine.clone();
        // Megabytes are copied and made executable.
        let callable = tokio::task::spawn_blocking(move || engine::callable(&engine, &artifact));
        callable
            .await
            .map_err(|cause| LoadError::Code(wasmtime::Error::new(cause)))?
            .map_err(LoadError::Code)
    }

    async fn try_out(&self, plugin: &LoadedPlugin) -> Result<(), LoadError> {
        let mut store = plugin.store(CallState::new(
            self.settings.surroundings.clone(),
            Arc::clone(&plugin.manifest),
            None,
            Timestamp::UNIX_EPOCH,
            plugin.limits,
        ));
        store.data().meter.resume();
        // A guest that waits uses no computing time, so that only the wall clock ends it.
        let instance = timeout(plugin.limits.wall, plugin.pre.instantiate_async(&mut store))
            .await
            .unwrap_or_else(|_| Err(Stop::Deadline.into()))
            .map_err(LoadError::Trial)?;
        plugin
            .exports
            .try_all(&mut store, &instance)
            .map_err(|cause| LoadError::Exports(ExportError::Shape(cause)))
    }
}

impl LoadedPlugin {
    /// A fresh store, held to the plugin's limits.
    pub(super) fn store(&self, state: CallState) -> Store<CallState> {
        let mut store = Store::new(self.pre.engine(), state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(self.limits.crossing);
        super::call::watch(&mut store);
        store
    }
}
