//! From a file to a plugin that can be called: parsed whole, checked, compiled in a process apart, and tried once.

mod error;
pub(super) mod foreign;
mod origin;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::warn;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Store};

pub use self::error::LoadError;
use self::origin::Origin;
use super::cache::Cache;
use super::compile::Compiler;
use super::failure::Stop;
use super::gate::{QUARANTINE, SharedCircuit};
use super::limits::Limits;
use super::manifest::{Manifest, SettingsSchema, section};
use super::state::{CallState, Surroundings};
use super::v1::exports::{ExportError, Exports};
use super::{approval, engine, imports, signature};
use crate::config::Approvals;

/// The largest plugin file.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// A plugin that can be called.
pub(super) struct LoadedPlugin {
    pub(super) manifest: Arc<Manifest>,
    /// Of the file, in hexadecimal digits.
    pub(super) sha256: String,
    /// The trusted key that signed its file; absent where no signature was asked for.
    pub(super) signer: Option<String>,
    pub(super) schema: SettingsSchema,
    pub(super) limits: Limits,
    pub(super) exports: Exports,
    /// Its own calls that may be under way.
    pub(super) admission: Semaphore,
    pub(super) pre: InstancePre<CallState>,
    /// Open while this version is in quarantine.
    pub(super) circuit: SharedCircuit,
}

/// A file that was parsed as a whole, and asks for nothing that it may not have.
struct Parsed {
    bytes: Vec<u8>,
    sha256: [u8; 32],
    manifest: Arc<Manifest>,
    schema: SettingsSchema,
}

/// Loads plugins into one engine.
pub(super) struct Loader {
    engine: Engine,
    linker: Linker<CallState>,
    cache: Option<Arc<Cache>>,
    settings: LoaderSettings,
}

/// What every plugin is loaded with.
pub(super) struct LoaderSettings {
    pub(super) limits: Limits,
    pub(super) calls_of_one_plugin: usize,
    pub(super) surroundings: Surroundings,
    pub(super) compiler: Compiler,
    /// The folder in which machine code is kept for the next start.
    pub(super) cache: Option<PathBuf>,
}

impl Parsed {
    fn read(bytes: Vec<u8>, approvals: &Approvals) -> Result<Self, LoadError> {
        let sha256 = Sha256::digest(&bytes).into();
        let manifest = Arc::new(section::read(&bytes)?);
        approval::examine(approvals, &manifest, &sha256)?;
        let schema = SettingsSchema::compile(&manifest.settings).map_err(LoadError::Schema)?;
        foreign::refuse_imports(&bytes)?;
        Ok(Self {
            bytes,
            sha256,
            manifest,
            schema,
        })
    }
}

impl Loader {
    /// Starts an engine whose guests are given the host's interfaces.
    pub(super) fn start(settings: LoaderSettings) -> wasmtime::Result<Self> {
        let engine = engine::start()?;
        let mut linker = Linker::new(&engine);
        imports::add_to_linker(&mut linker)?;
        let cache = settings.cache.as_deref().and_then(|folder| {
            let opened = Cache::open(folder, &engine, &settings.surroundings.random);
            opened
                .inspect_err(|error| {
                    warn!(%error, folder = %folder.display(), "No machine code is kept: every start compiles all plugins");
                })
                .ok()
        });
        Ok(Self {
            engine,
            linker,
            cache: cache.map(Arc::new),
            settings,
        })
    }

    /// Reads and loads a file.
    pub(super) async fn load_file(
        &self,
        path: &Path,
        approvals: &Approvals,
    ) -> Result<LoadedPlugin, LoadError> {
        let bytes = read_whole(path).await?;
        let (path, signers) = (path.to_owned(), approvals.signers.clone());
        let signed = blocking(move || {
            let signer = signature::examine(&path, &bytes, &signers)?;
            Ok((bytes, signer))
        });
        let (bytes, signer) = signed.await?;
        let plugin = self.load(bytes, approvals).await?;
        Ok(LoadedPlugin { signer, ..plugin })
    }

    /// Loads a plugin from its bytes. The guest runs only in the last step, without a connection.
    pub(super) async fn load(
        &self,
        bytes: Vec<u8>,
        approvals: &Approvals,
    ) -> Result<LoadedPlugin, LoadError> {
        let started = Instant::now();
        let approvals = approvals.clone();
        let parsed = blocking(move || Parsed::read(bytes, &approvals)).await?;
        let Parsed {
            bytes,
            sha256,
            manifest,
            schema,
        } = parsed;
        let (component, origin) = self.component(bytes, sha256).await?;
        let pre = self
            .linker
            .instantiate_pre(&component)
            .map_err(LoadError::Link)?;
        let exports = Exports::find(&manifest, &pre)?;
        let limits = self.settings.limits.lowered(&manifest.limits);
        let plugin = LoadedPlugin {
            manifest,
            sha256: hex::encode(sha256),
            signer: None,
            schema,
            limits,
            exports,
            admission: Semaphore::new(self.settings.calls_of_one_plugin),
            pre,
            circuit: SharedCircuit::new(QUARANTINE),
        };
        self.try_out(&plugin).await?;
        origin.tell(&plugin.manifest, started.elapsed());
        Ok(plugin)
    }

    /// Removes machine code that nobody has used for long.
    pub(super) async fn sweep(&self) {
        let Some(cache) = self.cache.clone() else {
            return;
        };
        match tokio::task::spawn_blocking(move || cache.sweep()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(%error, "Old machine code of plugins could not be removed"),
            Err(error) => warn!(%error, "Removing old machine code of plugins ended in a panic"),
        }
    }

    /// The machine code that is kept, or else new one. This engine only takes the result: no byte of a stranger's is
    /// compiled where requests are answered.
    async fn component(
        &self,
        bytes: Vec<u8>,
        sha256: [u8; 32],
    ) -> Result<(Component, Origin), LoadError> {
        if let Some(component) = self.kept(sha256).await? {
            return Ok((component, Origin::Cache));
        }
        let artifact = self.settings.compiler.compile(Arc::new(bytes)).await?;
        let (engine, cache) = (self.engine.clone(), self.cache.clone());
        let component = blocking(move || {
            let component = engine::callable(&engine, &artifact).map_err(LoadError::Code)?;
            if let Some(cache) = cache
                && let Err(error) = cache.put(&cache.name(&sha256), &artifact)
            {
                warn!(%error, "Machine code of a plugin could not be kept: the next start compiles it anew");
            }
            Ok(component)
        });
        Ok((component.await?, Origin::Compiler))
    }

    async fn kept(&self, sha256: [u8; 32]) -> Result<Option<Component>, LoadError> {
        let Some(cache) = self.cache.clone() else {
            return Ok(None);
        };
        let engine = self.engine.clone();
        blocking(move || {
            let artifact = cache.get(&cache.name(&sha256));
            let component = artifact.map(|artifact| engine::callable(&engine, &artifact));
            Ok(component.and_then(|component| {
                component
                    .inspect_err(|error| warn!(%error, "Kept machine code does not fit: it is compiled anew"))
                    .ok()
            }))
        })
        .await
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

/// A file's bytes, of which there are no more than are allowed even where it grows meanwhile. What is no file, such as a
/// pipe, might never end.
async fn read_whole(path: &Path) -> Result<Vec<u8>, LoadError> {
    let found = tokio::fs::metadata(path).await?;
    if !found.is_file() {
        return Err(io::Error::other("it is no file").into());
    }
    let mut size = found.len();
    let mut bytes = Vec::new();
    if size <= MAX_FILE_BYTES {
        let file = tokio::fs::File::open(path).await?;
        file.take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .await?;
        size = bytes.len() as u64;
    }
    if size > MAX_FILE_BYTES {
        return Err(LoadError::TooLarge(size));
    }
    Ok(bytes)
}

/// Megabytes are parsed, copied and made executable, for which the asynchronous threads have no time.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
) -> Result<T, LoadError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| LoadError::Read(cause.into()))?
}

impl LoadedPlugin {
    /// A fresh store, held to the plugin's limits.
    pub(super) fn store(&self, state: CallState) -> Store<CallState> {
        store(self.pre.engine(), state)
    }
}

/// A fresh store, held to its state's limits.
fn store(engine: &Engine, state: CallState) -> Store<CallState> {
    let crossing = state.limits.crossing;
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(crossing);
    super::call::watch(&mut store);
    store
}
