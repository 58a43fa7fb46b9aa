//! Waits where the host itself calls the guest: it asks for room for what it hands over, and gets something else.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::bindings::roomwire::host::{clock, random};
use crate::greed;

const IDLE: u8 = 0;
const COMPUTES: u8 = 1;
const CALLS_BACK: u8 = 2;

/// What happens when room is asked for next.
static AMBUSH: AtomicU8 = AtomicU8::new(IDLE);

/// The usual allocator, but for one time.
struct Ambush;

#[global_allocator]
static ALLOCATOR: Ambush = Ambush;

#[expect(
    unsafe_code,
    reason = "an allocator of one's own is where the host can be waited for"
)]
// SAFETY: every block is the system's, and comes back to it.
unsafe impl GlobalAlloc for Ambush {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match AMBUSH.swap(IDLE, Ordering::Relaxed) {
            COMPUTES => greed::compute_for_ever(),
            CALLS_BACK => {
                clock::now();
            }
            _ => {}
        }
        // SAFETY: the caller keeps the trait's promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from the same allocator.
        unsafe { System.dealloc(block, layout) }
    }
}

/// The host is about to write bytes, and its question for room is never answered.
pub(crate) fn compute_when_asked_for_room() -> String {
    wait_for_the_host(COMPUTES)
}

/// The host is in the middle of an answer, and is called again.
pub(crate) fn call_back_when_asked_for_room() -> String {
    wait_for_the_host(CALLS_BACK)
}

fn wait_for_the_host(ambush: u8) -> String {
    AMBUSH.store(ambush, Ordering::Relaxed);
    let bytes = random::bytes(16).len();
    AMBUSH.store(IDLE, Ordering::Relaxed);
    format!("{bytes} bytes, and nobody was caught")
}
