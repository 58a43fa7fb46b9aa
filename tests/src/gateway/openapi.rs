//! `/openapi.json`: the contract with callers, which changes only on purpose.

use http::Method;
use serde_json::Value;

use crate::harness::World;

/// One operation of the document.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: String,
    /// Whether a key is needed.
    pub(super) protected: bool,
    document: Value,
}

/// Every operation of the document.
pub(super) async fn operations(world: &World) -> Vec<Operation> {
    let document = world.anonymous().get("/openapi.json").await.expect(200);
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            operations.push(Operation {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                protected: operation.get("security").is_some(),
                document: operation.clone(),
            });
        }
    }
    operations
}

#[tokio::test]
async fn the_document_is_what_callers_rely_on() {
    let world = World::start().await;
    let document = world.anonymous().get("/openapi.json").await.expect(200);
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    insta::assert_json_snapshot!("openapi", document);
}

#[tokio::test]
async fn every_operation_exists_and_says_what_it_does() {
    let world = World::start().await;
    let mut names = Vec::new();
    for operation in operations(&world).await {
        let summary = operation.document["summary"].as_str().unwrap_or_default();
        assert!(
            summary.ends_with('.') || summary.contains(". "),
            "{} {} says `{summary}`",
            operation.method,
            operation.path
        );
        names.push(
            operation.document["operationId"]
                .as_str()
                .expect("a name")
                .to_owned(),
        );
        let answer = world
            .anonymous()
            .request(operation.method.clone(), &operation.path)
            .await;
        assert!(
            ![405, 500, 501].contains(&answer.status),
            "{operation:?} {}",
            answer.text()
        );
        if answer.status == 404 {
            assert_ne!(answer.code(), "no_such_route", "{operation:?}");
        }
    }
    let known = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), known, "operation ids are unique");
}

#[tokio::test]
async fn every_failure_that_is_announced_is_a_problem() {
    let world = World::start().await;
    for operation in operations(&world).await {
        for (status, response) in operation.document["responses"]
            .as_object()
            .expect("responses")
        {
            if status.starts_with('2') {
                continue;
            }
            // The token endpoint refuses in the words of OAuth, which its clients read.
            let oauth = operation.document["operationId"] == "issue_webhook_token";
            let expected = if oauth && ["400", "401"].contains(&status.as_str()) {
                "#/components/schemas/TokenRefusal"
            } else {
                "#/components/schemas/Problem"
            };
            let content = response["content"].as_object().expect("a body");
            let schema = content.values().next().expect("a schema")["schema"]["$ref"].as_str();
            assert_eq!(
                schema,
                Some(expected),
                "{} {} {status}",
                operation.method,
                operation.path
            );
        }
    }
}
