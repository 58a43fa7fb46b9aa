//! Two engines with one configuration: the one that serves only runs machine code, and has a pool of memories and a
//! thread that ticks; the other one compiles.

use std::time::Duration;

use tracing::warn;
use wasmtime::component::Component;
use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig,
};

use super::compile::Artifact;
use super::limits::{CORE_INSTANCES, MEMORIES, TABLES};

/// How often a running guest is asked whether it may go on.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// How many guests can be alive at once.
const MAX_GUESTS: u32 = 256;

const MIB: usize = 1024 * 1024;

/// An engine with a pool of prepared memories, or without one where the machine has too little address space.
pub(super) fn start() -> wasmtime::Result<Engine> {
    let mut config = base_config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    let engine = Engine::new(&config).or_else(|cause| {
        warn!(%cause, "no address space for a pool of plugin memories: each call maps its own, which is slower");
        Engine::new(&base_config())
    })?;
    tick(engine.weak())?;
    Ok(engine)
}

/// An engine that compiles for [`start`]'s. One thread is enough for a stranger's file.
pub(super) fn for_compiling() -> wasmtime::Result<Engine> {
    let mut config = base_config();
    config.parallel_compilation(false);
    Engine::new(&config)
}

/// Machine code as a component of this engine. That it was made for such an engine on such a machine is checked.
#[expect(
    unsafe_code,
    reason = "machine code cannot be checked: whether it is sound is decided by where it comes from"
)]
pub(super) fn callable(engine: &Engine, artifact: &Artifact) -> wasmtime::Result<Component> {
    // SAFETY: the bytes must be wasmtime's own, unaltered. An `Artifact` is made of what our compiler just wrote, or
    // of a file whose HMAC proves that this installation wrote it.
    unsafe { Component::deserialize(engine, artifact.bytes()) }
}

fn base_config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        // Calls run straight on a fibre: dropping the future and the store cancels them.
        .concurrency_support(false)
        .memory_init_cow(true)
        .max_wasm_stack(512 * 1024)
        // The gap above the guest's stack is the host functions': without it their depth would end the process.
        .async_stack_size(2 * MIB)
        .async_stack_zeroing(true)
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false);
    config
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(MAX_GUESTS)
        .total_core_instances(MAX_GUESTS * CORE_INSTANCES)
        .total_memories(MAX_GUESTS * MEMORIES)
        .total_tables(MAX_GUESTS * TABLES)
        .total_stacks(MAX_GUESTS)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_component_instance_size(10 * MIB)
        .max_tables_per_module(2)
        .table_elements(100_000)
        .max_memory_size(256 * MIB)
        .max_unused_warm_slots(100)
        .linear_memory_keep_resident(256 * 1024)
        .table_keep_resident(64 * 1024)
        // It would leave a swapped page's contents to the next instance.
        .pagemap_scan(Enabled::No);
    pool
}

/// Ticks until the engine is gone. A task of the runtime would be starved by the very guests that it should stop.
fn tick(engine: EngineWeak) -> std::io::Result<()> {
    let ticker = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new()
        .name("plugin-ticker".to_owned())
        .spawn(ticker)
        .map(drop)
}
