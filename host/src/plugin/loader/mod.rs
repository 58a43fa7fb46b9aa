//! From a file to a plugin that can be called: parsed whole, checked, compiled, and tried once.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Store};

use super::failure::Stop;
use super::limits::Limits;
use super::manifest::section::{self, SectionError};
use super::manifest::{Manifest, SettingsSchema};
use super::state::{CallState, Surroundings};
use super::v1::exports::{ExportError, Exports};
use super::{engine, imports};

/// The largest plugin file.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Why a file is no plugin of this host.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    #[error("it has {0} bytes, and {MAX_FILE_BYTES} are allowed")]
    TooLarge(u64),
    #[error(transparent)]
    Section(#[from] SectionError),
    #[error("its manifest's settings schema cannot be used: {0}")]
    Schema(String),
    #[error(
        "it imports `{0}`, which no plugin is given: only roomwire:host and an empty WASI 0.2 are"
    )]
    ForbiddenImport(String),
    #[error("it cannot be compiled")]
    Compile(#[source] wasmtime::Error),
    #[error("it asks the host for something that this version does not offer")]
    Link(#[source] wasmtime::Error),
    #[error(transparent)]
    Exports(#[from] ExportError),
    #[error("it fails as soon as it is started")]
    Trial(#[source] wasmtime::Error),
    #[error("its id `{id}` is also that of {}", .other.display())]
    SameId { id: String, other: PathBuf },
}

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
    limits: Limits,
    calls_of_one_plugin: usize,
    surroundings: Surroundings,
}

impl Loader {
    /// Starts an engine whose guests are given the host's interfaces.
    pub(super) fn start(
        limits: Limits,
        calls_of_one_plugin: usize,
        surroundings: Surroundings,
    ) -> wasmtime::Result<Self> {
        let engine = engine::start()?;
        let mut linker = Linker::new(&engine);
        imports::add_to_linker(&mut linker)?;
        Ok(Self {
            engine,
            linker,
            limits,
            calls_of_one_plugin,
            surroundings,
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
        let component = self.compile(bytes).await?;
        scan_imports(&self.engine, &component)?;
        let pre = self
            .linker
            .instantiate_pre(&component)
            .map_err(LoadError::Link)?;
        let exports = Exports::find(&manifest, &pre)?;
        let limits = self.limits.lowered(&manifest.limits);
        let plugin = LoadedPlugin {
            manifest,
            schema,
            limits,
            exports,
            admission: Semaphore::new(self.calls_of_one_plugin),
            pre,
        };
        self.try_out(&plugin).await?;
        Ok(plugin)
    }

    /// Compiling takes hundreds of milliseconds of one core, which the asynchronous threads do not have.
    async fn compile(&self, bytes: Vec<u8>) -> Result<Component, LoadError> {
        let engine = self.engine.clone();
        let compiled = tokio::task::spawn_blocking(move || Component::new(&engine, bytes)).await;
        compiled
            .map_err(|cause| LoadError::Compile(wasmtime::Error::new(cause)))?
            .map_err(LoadError::Compile)
    }

    async fn try_out(&self, plugin: &LoadedPlugin) -> Result<(), LoadError> {
        let mut store = plugin.store(CallState::new(
            self.surroundings.clone(),
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

/// Only the host's interfaces, WASI 0.2 (which is empty here) and types. The linker would refuse others as well,
/// with a less helpful sentence.
fn scan_imports(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let component_type = component.component_type();
    for (name, import) in component_type.imports(engine) {
        let offered = name.starts_with("roomwire:host/") || is_offered_wasi(name);
        if !offered && !only_types(engine, &import.ty) {
            return Err(LoadError::ForbiddenImport(name.to_owned()));
        }
    }
    Ok(())
}

/// What the runtimes of other languages import, whether or not the guest uses it. Nothing of it leads outside.
pub(super) fn is_offered_wasi(import: &str) -> bool {
    const PACKAGES: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];
    let package = import
        .strip_prefix("wasi:")
        .and_then(|rest| rest.split_once('/'));
    package.is_some_and(|(package, interface)| {
        PACKAGES.contains(&package) && interface.contains("@0.2.")
    })
}

fn only_types(engine: &Engine, item: &ComponentItem) -> bool {
    match item {
        ComponentItem::ComponentInstance(instance) => instance
            .exports(engine)
            .all(|(_, export)| matches!(export.ty, ComponentItem::Type(_))),
        _ => false,
    }
}
