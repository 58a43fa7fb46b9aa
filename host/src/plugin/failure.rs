//! Why a guest was stopped, and how the host names it.

use wasmtime::{PoolConcurrencyLimitError, Trap};

use super::manifest::Manifest;
use crate::domain::connector::{ConnectorFailure, SandboxFailure};

/// A stop that the host ordered, as opposed to a trap of the guest's own making.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Stop {
    #[error("it used up its computing time")]
    Cpu,
    #[error("it did not end in time")]
    Deadline,
    #[error("it asked for more memory than it may have")]
    Memory,
    #[error("it called the host more often than it may")]
    HostCalls,
}

impl Stop {
    fn kind(self) -> SandboxFailure {
        match self {
            Self::Cpu => SandboxFailure::CpuExceeded,
            Self::Deadline => SandboxFailure::Deadline,
            Self::Memory => SandboxFailure::Memory,
            Self::HostCalls => SandboxFailure::Limit,
        }
    }
}

/// A failure of the sandbox, with the plugin's name and version in front.
pub(super) fn sandbox(
    manifest: &Manifest,
    kind: SandboxFailure,
    message: &str,
) -> ConnectorFailure {
    ConnectorFailure::Sandbox {
        kind,
        message: format!("plugin `{}` {}: {message}", manifest.id, manifest.version),
    }
}

/// What an error of the engine means.
pub(super) fn classify(manifest: &Manifest, error: &wasmtime::Error) -> ConnectorFailure {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return sandbox(manifest, stop.kind(), &stop.to_string());
    }
    if error.is::<PoolConcurrencyLimitError>() {
        let message = "the engine has no room for one more guest";
        return sandbox(manifest, SandboxFailure::Overloaded, message);
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return sandbox(manifest, SandboxFailure::Trap, &trap.to_string());
    }
    // The engine's type for this is private; a test of the sandbox pins the words.
    let cause = error.root_cause().to_string();
    if cause.contains("hostcalls has been exhausted") {
        return sandbox(
            manifest,
            SandboxFailure::Limit,
            "it gave the host more bytes at once than it may",
        );
    }
    sandbox(manifest, SandboxFailure::InvalidOutput, &cause)
}

#[cfg(test)]
mod tests {
    use wasmtime::{
        Config, Engine, Instance, InstanceAllocationStrategy, Module, PoolingAllocationConfig,
        Store,
    };

    use super::*;
    use crate::plugin::manifest::tests::example;

    #[test]
    fn a_full_pool_is_an_overload_and_no_fault_of_the_guest() {
        let mut pool = PoolingAllocationConfig::default();
        pool.total_core_instances(1)
            .total_memories(1)
            .total_tables(1);
        let mut config = Config::new();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).expect("an engine");
        let module = Module::new(&engine, b"\0asm\x01\0\0\0").expect("an empty module");
        let mut store = Store::new(&engine, ());
        Instance::new(&mut store, &module, &[]).expect("the pool's one place");
        let error = Instance::new(&mut store, &module, &[]).expect_err("no place is left");
        let manifest = Manifest::from_toml(&example()).expect("a manifest");
        assert!(matches!(
            classify(&manifest, &error),
            ConnectorFailure::Sandbox {
                kind: SandboxFailure::Overloaded,
                ..
            }
        ));
    }
}
