//! However the compiler ends, the sentence says what it means.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use nix::libc::{SIGABRT, SIGKILL, SIGXCPU};

use super::apart::Answer;
use super::verb::{OUT_OF_MEMORY, REFUSED};
use super::*;

/// The sentence for a compiler that ended like this. A status holds a signal below, and a code above.
fn sentence(raw_status: i32, said: &str) -> String {
    let answer = Answer {
        status: ExitStatus::from_raw(raw_status),
        code: b"half of a resu".to_vec(),
        said: said.as_bytes().to_vec(),
    };
    let Err(error) = answer.judge(CompileLimits::default()) else {
        panic!("it was believed")
    };
    error.to_string()
}

fn code(code: u8) -> i32 {
    i32::from(code) << 8
}

#[test]
fn a_limit_is_told_as_a_limit() {
    assert_eq!(
        sentence(SIGXCPU, ""),
        "it takes too long to compile: 60 s of computing are allowed"
    );
    let memory = "it needs too much memory to be compiled: 2048 MiB are allowed";
    assert_eq!(sentence(code(OUT_OF_MEMORY), "out of memory"), memory);
    let aborted = sentence(SIGABRT, "memory allocation of 4096 bytes failed\n");
    assert_eq!(aborted, memory);
}

#[test]
fn a_refusal_is_repeated_on_one_line_and_cut() {
    assert_eq!(
        sentence(code(REFUSED), "unknown type:\n\u{1b}[31m   \"x\"\r\n"),
        "the compiler refuses it: unknown type: [31m \"x\""
    );
    let long = sentence(code(REFUSED), &"é".repeat(9_000));
    assert_eq!(long.chars().filter(|letter| *letter == 'é').count(), 500);
}

#[test]
fn any_other_end_is_told_as_it_was() {
    let killed = sentence(SIGKILL, "");
    assert!(
        killed.starts_with("the compiler ended without a result (signal: 9"),
        "{killed}"
    );
    let aborted = sentence(SIGABRT, "thread 'main' has overflowed its stack");
    assert!(
        aborted.ends_with("): thread 'main' has overflowed its stack"),
        "{aborted}"
    );
    let usage = sentence(code(2), "unrecognized subcommand");
    assert!(usage.contains("exit status: 2"), "{usage}");
}

#[test]
fn only_a_compiler_that_succeeded_is_believed() {
    let answer = Answer {
        status: ExitStatus::from_raw(0),
        code: b"machine code".to_vec(),
        said: Vec::new(),
    };
    let Ok(artifact) = answer.judge(CompileLimits::default()) else {
        panic!("it was refused")
    };
    assert_eq!(artifact.bytes(), b"machine code");
}

#[tokio::test]
async fn a_compiler_that_is_not_there_is_told() {
    let compiler = Compiler::Apart {
        program: Path::new("/nowhere/roomwire").to_owned(),
        limits: CompileLimits::default(),
    };
    let refused = compiler.compile(Arc::new(Vec::new())).await;
    assert!(matches!(refused, Err(CompileError::Start(_))));
}

#[tokio::test]
async fn what_is_no_component_is_refused_in_this_process_too() {
    let refused = Compiler::InThisProcess
        .compile(Arc::new(b"\0asm".to_vec()))
        .await;
    assert!(matches!(refused, Err(CompileError::Refused(_))));
}
