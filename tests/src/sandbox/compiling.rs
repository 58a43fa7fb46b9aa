//! A stranger's bytes are compiled by another process, which is held to its limits.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use roomwire::plugin::{CompileLimits, Compiler, Limits, PluginOptions, Plugins};

use super::build::hostile;
use super::remote::Remote;
use super::world::{World, options};
use crate::harness::programs;

fn apart(limits: CompileLimits) -> Compiler {
    Compiler::Apart {
        program: programs::host(),
        limits,
    }
}

/// What loading the hostile guest says where compiling it may use so much.
async fn refusal(limits: CompileLimits) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("hostile.wasm"), hostile()).expect("written");
    let options = PluginOptions {
        compiler: apart(limits),
        ..options(Limits::default(), &Remote::start().await, &Arc::default())
    };
    let error = Plugins::load_directory(folder.path(), options)
        .await
        .expect_err("compiling it needs more");
    let causes = std::iter::successors(Some(&error as &dyn Error), |&error| error.source());
    let texts: Vec<_> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}

#[tokio::test]
async fn what_another_process_compiled_is_called_here() {
    let world = World::set_up(Limits::default(), |options| {
        options.compiler = apart(CompileLimits::default());
    })
    .await;
    world.still_works().await;
}

#[tokio::test]
async fn a_file_that_needs_too_much_memory_is_refused_and_the_host_lives() {
    let limits = CompileLimits {
        memory_mib: 1,
        ..CompileLimits::default()
    };
    let sentence = refusal(limits).await;
    assert!(
        sentence.ends_with(
            "hostile.wasm is refused: it needs too much memory to be compiled: 1 MiB are allowed"
        ),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_file_that_takes_too_long_is_given_up() {
    let limits = CompileLimits {
        wall: Duration::from_millis(1),
        ..CompileLimits::default()
    };
    let sentence = refusal(limits).await;
    assert!(
        sentence.contains("hostile.wasm is refused: it takes too long to compile: it was given up"),
        "{sentence}"
    );
}
