//! A guest that does harm before anybody calls it, as soon as it is started, is stopped like every other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use wasm_encoder::{
    BlockType, CodeSection, Component, Function, FunctionSection, HeapType, InstanceSection,
    InstructionSink, MemorySection, MemoryType, Module, ModuleArg, ModuleSection, RefType,
    StartSection, TableSection, TableType, TypeSection,
};

use super::tests::{loader, manifest};
use super::{Loader, store};
use crate::domain::connector::{ConnectorFailure, SandboxFailure};
use crate::plugin::failure::classify;
use crate::plugin::limits::Limits;
use crate::plugin::state::CallState;

/// A component that does this again and again as soon as it is started.
fn doing(harm: fn(&mut InstructionSink<'_>)) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 1,
        maximum: None,
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut body = Function::new([]);
    let mut instructions = body.instructions();
    instructions.loop_(BlockType::Empty);
    harm(&mut instructions);
    instructions.br(0).end().end();
    let mut code = CodeSection::new();
    code.function(&body);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&memories)
        .section(&StartSection { function_index: 0 })
        .section(&code);
    let mut instances = InstanceSection::new();
    instances.instantiate(0, [] as [(&str, ModuleArg); 0]);
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    component.section(&instances);
    component.finish()
}

/// How the host ends it.
async fn end(loader: &Loader, component: Vec<u8>) -> SandboxFailure {
    let (component, _) = loader
        .component(component, [0; 32])
        .await
        .expect("it compiles");
    let linked = loader.linker.instantiate_pre(&component);
    let linked = linked.expect("it imports nothing");
    let manifest = Arc::new(manifest("[]"));
    let limits = Limits {
        cpu: Duration::from_millis(50),
        ..Limits::default()
    };
    let surroundings = loader.settings.surroundings.clone();
    let now = Timestamp::UNIX_EPOCH;
    let state = CallState::new(surroundings, Arc::clone(&manifest), None, now, limits);
    let mut store = store(&loader.engine, state);
    store.data().meter.resume();
    let started = linked.instantiate_async(&mut store).await;
    let Err(error) = started else {
        panic!("nothing lets it end by itself");
    };
    match classify(&manifest, &error) {
        ConnectorFailure::Sandbox { kind, .. } => kind,
        other => panic!("not stopped by the sandbox: {other:?}"),
    }
}

type Harm = fn(&mut InstructionSink<'_>);

#[tokio::test]
async fn what_a_guest_does_as_it_is_started_is_bounded_like_every_call() {
    let harms: [(&str, Harm, SandboxFailure); 5] = [
        ("loops", |_| {}, SandboxFailure::CpuExceeded),
        (
            "grows its table step by step",
            |code| {
                code.ref_null(HeapType::FUNC).i32_const(1_000);
                code.table_grow(0).drop();
            },
            SandboxFailure::Memory,
        ),
        (
            "grows its table at once",
            |code| {
                code.ref_null(HeapType::FUNC).i32_const(i32::MAX);
                code.table_grow(0).drop();
            },
            SandboxFailure::Memory,
        ),
        (
            "grows its memory page by page",
            |code| {
                code.i32_const(1).memory_grow(0).drop();
            },
            SandboxFailure::Memory,
        ),
        (
            "calls itself",
            |code| {
                code.call(0);
            },
            SandboxFailure::Trap,
        ),
    ];
    let loader = loader();
    for (what, harm, expected) in harms {
        let started = Instant::now();
        let kind = end(&loader, doing(harm)).await;
        assert_eq!(kind, expected, "{what}");
        assert!(started.elapsed() < Duration::from_secs(5), "{what}");
    }
}
