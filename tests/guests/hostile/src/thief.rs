//! Looks for secrets everywhere, and tells all that it finds.

use std::hint::black_box;
use std::ptr;

use crate::bindings::exports::roomwire::channel::channel_manager_provider::CallContext;
use crate::bindings::roomwire::host::http::{self, Method, Request};
use crate::bindings::roomwire::host::log::{self, Level};
use crate::bindings::roomwire::host::{clock, kv, signer};
use crate::network::{REFLECT, request};

/// What the settings, the memory, the signer, reflections and error texts hold.
pub(crate) fn everything_found(context: &CallContext) -> String {
    let mut found = format!("{} {:?}", context.settings, context.extensions);
    for name in [
        "api_key",
        "query_key",
        "client_secret",
        "account",
        "signing_key",
        "",
    ] {
        found.push_str(&format!(
            "\n{name}: {:?} {:?}",
            kv::get(name),
            signer::hmac(name, b"")
        ));
    }
    log::write(Level::Error, &found, &[("found".to_owned(), found.clone())]);
    for request in temptations() {
        let answer = match http::send(&request) {
            Ok(response) => {
                let body = String::from_utf8_lossy(&response.body).into_owned();
                format!("{} {:?} {body}", response.status, response.headers)
            }
            Err(error) => format!("{error:?}"),
        };
        // A line for each: what is told last must not be what is cut off.
        tell(&format!("{}: {answer}", request.path));
        found.push('\n');
        found.push_str(&answer);
    }
    found
}

fn tell(found: &str) {
    log::write(
        Level::Error,
        found,
        &[("again".to_owned(), found.to_owned())],
    );
}

/// What the clock says after a request that is given secrets, and after one that is not.
pub(crate) fn time_of_an_injection() -> String {
    let begin = clock::now();
    let mut times = Vec::new();
    for method in [Method::Get, Method::Put] {
        let answered = http::send(&request(method, REFLECT, "/soon")).is_ok();
        times.push(format!("{answered} {}", clock::now() - begin));
    }
    times.join(", ")
}

/// Looks everywhere else first, and then for each of these texts in all of its own memory, byte by byte. They are given
/// backwards, so that the question itself is not found.
pub(crate) fn search_memory(backwards: &str) -> String {
    let mut kept = Vec::new();
    for request in temptations() {
        kept.push(http::send(&request));
    }
    let found = backwards.split('\n').map(occurrences);
    let found: Vec<_> = found.map(|times| times.to_string()).collect();
    black_box(kept);
    found.join(" ")
}

/// How often the text stands in the memory, wherever the first of its bytes may be.
fn occurrences(backwards: &str) -> usize {
    let length = backwards.len();
    let stands_at = |begin: usize| {
        let mut bytes = (begin..).zip(backwards.bytes().rev());
        bytes.all(|(address, byte)| byte_at(address) == byte)
    };
    (1..memory_end().saturating_sub(length))
        .filter(|begin| stands_at(*begin))
        .count()
}

#[expect(
    unsafe_code,
    reason = "a thief does not ask whose memory it is, and all of it is the guest's own"
)]
fn byte_at(address: usize) -> u8 {
    // SAFETY: the address is within the guest's memory, which has no holes.
    unsafe { ptr::read_volatile(ptr::with_exposed_provenance(address)) }
}

#[cfg(target_arch = "wasm32")]
fn memory_end() -> usize {
    core::arch::wasm32::memory_size(0) * 65_536
}

/// Only a guest has a memory of its own.
#[cfg(not(target_arch = "wasm32"))]
fn memory_end() -> usize {
    0
}

/// The remote reflects each of these in its own way: plain, encoded, in headers, in parts of other texts, in pieces.
fn temptations() -> Vec<Request> {
    let paths = [
        "/reflect",
        "/reflect/base64",
        "/reflect/base64-url",
        "/reflect/base64-lines",
        "/reflect/hex",
        "/reflect/hex-upper",
        "/reflect/percent",
        "/reflect/percent-twice",
        "/reflect/json",
        "/reflect/json-units",
        "/reflect/json-in-json",
        "/reflect/xml",
        "/reflect/xml-numbers",
        "/reflect/wide",
        "/reflect/pieces",
        "/reflect/broken-off",
        "/reflect/header",
        "/compressed",
    ];
    let methods = [Method::Get, Method::Post];
    let mut requests: Vec<_> = methods
        .iter()
        .flat_map(|method| paths.iter().map(|path| request(*method, REFLECT, path)))
        .collect();
    let mut repeated = request(Method::Get, REFLECT, "/reflect");
    repeated.query = vec![("key".to_owned(), "mine".to_owned())];
    requests.push(repeated);
    requests.push(request(Method::Get, REFLECT, "/token"));
    requests.push(request(Method::Get, REFLECT, "/broken"));
    requests
}
