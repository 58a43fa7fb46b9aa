//! What holds of every operation, and so is said once: how failures look, which of them any request may meet, how headers are written.

use utoipa::Modify;
use utoipa::openapi::path::{Operation, Parameter, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};

const PROBLEM: &str = "application/problem+json";

/// Failures that every request may meet.
const ANY: [(&str, &str); 5] = [
    ("414", "`uri_too_long`"),
    ("429", "`rate_limited`, `overloaded`: slow down"),
    ("431", "`headers_too_large`"),
    ("500", "`internal`: ours, and nothing is half done"),
    ("503", "`overloaded`, `unavailable`, `timeout`: try again"),
];

/// Failures of a request that needs a key.
const WITH_KEY: [(&str, &str); 2] = [
    ("401", "`unauthenticated`"),
    (
        "403",
        "`scope_missing`, `origin_not_allowed`, `secret_key_in_browser`",
    ),
];

/// Failures of a request with a body.
const WITH_BODY: [(&str, &str); 4] = [
    ("400", "the body is no JSON, or a header is malformed"),
    ("408", "`body_timeout`"),
    ("413", "`body_too_large`"),
    ("415", "`unsupported_media_type`"),
];

/// 1 to 255 printable characters without spaces round them; a pair of quotes with nothing between is no key.
const KEY: &str = r##"^([!-~]|[!#-~][!-~]|"[!#-~]|[!-~][ -~]{1,253}[!-~])$"##;
/// A session as its web site calls it: visible characters.
const SESSION: &str = "^[!-~]{1,128}$";
/// A version in quotes, or any.
const ETAG: &str = r#"^(\*|"[0-9]{1,9}")$"#;

/// Completes every operation.
pub(super) struct EveryOperation;

impl Modify for EveryOperation {
    fn modify(&self, document: &mut Document) {
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                complete(operation);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

fn complete(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            describe_header(parameter);
        }
    }
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response
            && !status.starts_with('2')
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM.to_owned(), content);
        }
    }
    let key = WITH_KEY.iter().filter(|_| operation.security.is_some());
    let body = WITH_BODY
        .iter()
        .filter(|_| operation.request_body.is_some());
    for (status, description) in ANY.iter().chain(key).chain(body) {
        let declared = responses.entry((*status).to_owned());
        declared.or_insert_with(|| RefOr::T(problem(description)));
    }
}

fn describe_header(parameter: &mut Parameter) {
    let text = |pattern: &str, example: &str| {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.pattern(Some(pattern)).examples([example])
    };
    let schema = match parameter.name.as_str() {
        "Idempotency-Key" => text(KEY, "8e03978e-40d5-43e8-bc93-6894a57f9324")
            .min_length(Some(1))
            .max_length(Some(255)),
        "If-Match" => text(ETAG, "\"3\""),
        "Guest-Session" => text(SESSION, "3f8a1c4e9b7d")
            .min_length(Some(1))
            .max_length(Some(128)),
        _ => return,
    };
    parameter.schema = Some(schema.into());
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .description(description)
        .content(PROBLEM, Content::new(Some(schema)))
        .build()
}

#[cfg(test)]
mod tests {
    use utoipa::OpenApi as _;

    use super::*;
    use crate::http::openapi::Api;

    fn of_each(look: impl Fn(&Operation)) {
        let mut document = Api::openapi();
        for item in document.paths.paths.values_mut() {
            operations(item).for_each(|operation| look(operation));
        }
    }

    #[test]
    fn every_failure_of_every_operation_is_a_problem() {
        of_each(|operation| {
            for (status, response) in &operation.responses.responses {
                let RefOr::T(response) = response else {
                    panic!("{status} of {:?} is elsewhere", operation.operation_id);
                };
                let types: Vec<&str> = response.content.keys().map(String::as_str).collect();
                let oauth = operation.operation_id.as_deref() == Some("issue_webhook_token");
                let expected = if status.starts_with('2') {
                    "application/json"
                } else if oauth && ["400", "401"].contains(&status.as_str()) {
                    // In the words of OAuth, as its clients read them.
                    "application/json;charset=UTF-8"
                } else {
                    PROBLEM
                };
                assert_eq!(
                    types,
                    [expected],
                    "{status} of {:?}",
                    operation.operation_id
                );
            }
        });
    }

    #[test]
    fn whoever_needs_a_key_or_sends_a_body_is_told_how_that_may_fail() {
        of_each(|operation| {
            let told = |status: &str| operation.responses.responses.contains_key(status);
            let name = &operation.operation_id;
            assert!(told("429") && told("503"), "{name:?}");
            assert!(
                operation.security.is_none() || told("401") && told("403"),
                "{name:?}"
            );
            assert!(
                operation.request_body.is_none() || told("413") && told("415"),
                "{name:?}"
            );
        });
    }
}
