//! Never ends: asks the host, or takes from it, again and again until somebody stops it.

use std::hint::black_box;

use crate::bindings::roomwire::host::log::{self, Level};
use crate::bindings::roomwire::host::{clock, http, kv, random};
use crate::network::get;

/// The host's clock stands still during a call: who waits for it waits for ever.
pub(crate) fn wait_for_the_clock() -> ! {
    let begin = clock::now();
    loop {
        black_box(clock::now() - begin);
    }
}

/// A block after the other, far smaller than a page, and none is given back.
pub(crate) fn take_crumbs() -> ! {
    loop {
        std::mem::forget(black_box(Box::new([7_u8; 24])));
    }
}

pub(crate) fn write_lines() -> ! {
    let long = "x".repeat(64 * 1024);
    loop {
        log::write(Level::Info, &long, &[("field".to_owned(), long.clone())]);
    }
}

/// Many texts, each of them empty: what they cost the host is more than their bytes.
pub(crate) fn write_many_fields() -> ! {
    let fields = vec![(String::new(), String::new()); 100_000];
    loop {
        log::write(Level::Debug, "", &fields);
    }
}

pub(crate) fn store_keys() -> ! {
    let value = vec![7; 60 * 1024];
    for number in 0_u64.. {
        black_box(kv::set(&format!("key {number}"), &value).is_ok());
    }
    unreachable!("there are more numbers than time");
}

pub(crate) fn draw_randomness() -> ! {
    loop {
        black_box(random::bytes(1_024));
    }
}

pub(crate) fn send_requests() -> ! {
    loop {
        black_box(http::send_many(&vec![get("/"); 1_000]));
    }
}

pub(crate) fn wait_for_answers() -> ! {
    loop {
        black_box(http::send(&get("/silent")).is_ok());
    }
}

/// As much as one answer may have, and all of them are kept.
pub(crate) fn keep_answers() -> ! {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(http::send(&get("/almost-big"))));
    }
}
