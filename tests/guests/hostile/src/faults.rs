//! Breaks its own machine, each time in another way.

use std::hint::black_box;
use std::ptr;

use crate::bindings::roomwire::host::log::{self, Level};

pub(crate) fn abort() -> ! {
    std::process::abort()
}

/// Panics while it tells of a panic.
pub(crate) fn panic_twice() -> ! {
    std::panic::set_hook(Box::new(|_| panic!("another fault")));
    panic!("one fault")
}

#[expect(
    unsafe_code,
    reason = "the read beyond the memory's end is the attempt"
)]
pub(crate) fn read_outside_of_the_memory() -> String {
    let beyond = ptr::with_exposed_provenance::<u8>(black_box(0xffff_fff0));
    // SAFETY: none, which is the point: the sandbox's guard pages are what stops it.
    unsafe { ptr::read_volatile(beyond) }.to_string()
}

#[expect(
    unsafe_code,
    reason = "the call of a function that does not exist is the attempt"
)]
pub(crate) fn call_nothing() -> String {
    let nothing = ptr::without_provenance::<()>(black_box(1_000_000));
    // SAFETY: none, which is the point: the function's index is beyond the table's end.
    let nothing = unsafe { std::mem::transmute::<*const (), extern "C" fn() -> u32>(nothing) };
    nothing().to_string()
}

/// Bytes that are no text in any language.
#[expect(unsafe_code, reason = "the text that is none is the attempt")]
pub(crate) fn broken_text() -> String {
    // SAFETY: none, which is the point: the host is told that these bytes are UTF-8.
    unsafe { String::from_utf8_unchecked(black_box(vec![0xff; 64])) }
}

pub(crate) fn tell_broken_text() -> String {
    log::write(Level::Info, &broken_text(), &[]);
    "a text that is none was taken".to_owned()
}

/// A text that begins in the memory, and ends far outside of it.
#[expect(unsafe_code, reason = "the text beyond the memory is the attempt")]
pub(crate) fn tell_text_outside_of_the_memory() -> String {
    let begin = black_box([b'x'; 8]);
    // SAFETY: none, which is the point: nobody reads the text but the host.
    let bytes = unsafe { std::slice::from_raw_parts(begin.as_ptr(), black_box(0x7000_0000)) };
    // SAFETY: as above.
    let text = unsafe { std::str::from_utf8_unchecked(bytes) };
    log::write(Level::Info, text, &[]);
    "a text from outside was taken".to_owned()
}
