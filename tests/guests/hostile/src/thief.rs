//! Looks for secrets everywhere, and tells all that it finds.

use crate::bindings::exports::roomwire::channel::channel_manager_provider::CallContext;
use crate::bindings::roomwire::host::http::{self, Method, Request};
use crate::bindings::roomwire::host::log::{self, Level};
use crate::bindings::roomwire::host::{kv, signer};
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
    for request in temptations() {
        found.push_str(&match http::send(&request) {
            Ok(response) => {
                let body = String::from_utf8_lossy(&response.body).into_owned();
                format!("\n{} {:?} {body}", response.status, response.headers)
            }
            Err(error) => format!("\n{error:?}"),
        });
    }
    log::write(Level::Error, &found, &[("found".to_owned(), found.clone())]);
    found
}

/// The remote reflects each of these in its own way: plain, encoded, in headers, in parts of other texts.
fn temptations() -> Vec<Request> {
    let paths = [
        "/reflect",
        "/reflect/base64",
        "/reflect/hex",
        "/reflect/percent",
        "/reflect/json",
        "/reflect/header",
    ];
    let mut requests: Vec<_> = paths
        .iter()
        .map(|path| request(Method::Get, REFLECT, path))
        .collect();
    requests.extend(
        paths
            .iter()
            .map(|path| request(Method::Post, REFLECT, path)),
    );
    let mut repeated = request(Method::Get, REFLECT, "/reflect");
    repeated.query = vec![("key".to_owned(), "mine".to_owned())];
    requests.push(repeated);
    requests.push(request(Method::Get, REFLECT, "/token"));
    requests.push(request(Method::Get, REFLECT, "/broken"));
    requests
}
