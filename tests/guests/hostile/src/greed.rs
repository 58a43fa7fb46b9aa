//! Takes more than it may: time, memory, host calls, log, keys.

use std::hint::black_box;

use crate::bindings::exports::roomwire::channel::channel_manager_provider::Failure;
use crate::bindings::roomwire::host::log::{self, Level};
use crate::bindings::roomwire::host::{clock, kv, random, signer};

pub(crate) fn compute_for_ever() -> ! {
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_mul(3).wrapping_add(1));
    }
}

pub(crate) fn take_all_memory() -> ! {
    let mut taken: Vec<Vec<u8>> = Vec::new();
    loop {
        taken.push(black_box(vec![7; 1024 * 1024]));
    }
}

/// More at once than there is in all.
pub(crate) fn take_a_gigabyte() -> String {
    black_box(vec![7_u8; 1024 * 1024 * 1024]).len().to_string()
}

#[expect(unconditional_recursion, reason = "the stack's end is the point")]
pub(crate) fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    recurse(depth + 1) + frame[3]
}

pub(crate) fn call_the_host_a_million_times() -> Result<String, Failure> {
    for _ in 0..1_000_000 {
        black_box(clock::now());
    }
    Ok("a million host calls".to_owned())
}

pub(crate) fn flood_the_log() -> Result<String, Failure> {
    let long = "x".repeat(5_000);
    for _ in 0..2_000 {
        log::write(Level::Info, &long, &[]);
    }
    Ok("two thousand long lines".to_owned())
}

pub(crate) fn ask_for_huge_randomness() -> Result<String, Failure> {
    Ok(random::bytes(u32::MAX).len().to_string())
}

pub(crate) fn huge_text() -> String {
    "x".repeat(20 * 1024 * 1024)
}

pub(crate) fn give_the_host_too_much() -> Result<String, Failure> {
    let message = vec![0; 20 * 1024 * 1024];
    Ok(format!("{:?}", signer::hmac("signing_key", &message)))
}

pub(crate) fn have_the_host_compute() -> Result<String, Failure> {
    let message = vec![0; 1024 * 1024];
    for _ in 0..9_000 {
        let _ = black_box(signer::hmac("signing_key", &message));
    }
    Ok("nine gigabytes are signed".to_owned())
}

pub(crate) fn store_too_much() -> Result<String, Failure> {
    let value = vec![0; 100 * 1024];
    let refused = (0..100).filter(|number| kv::set(&format!("key {number}"), &value).is_err());
    Ok(refused.count().to_string())
}
