//! What the OpenAPI document says of itself: its operations, and the bodies that it gives as examples.

use http::Method;
use serde_json::Value;

use crate::harness::{World, night};

/// One operation of the document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// With its parameters in braces.
    pub(crate) path: String,
    /// The body's name and its example, where the body has a schema with a name.
    pub(crate) example: Option<(String, Value)>,
}

/// Every operation that the world's gateway documents.
pub(crate) async fn operations(world: &World) -> Vec<Operation> {
    let document = world.anonymous().get("/openapi.json").await.expect(200);
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let method = method.to_uppercase();
            operations.push(Operation {
                method: method.parse().expect("a method"),
                path: path.clone(),
                example: example(&document, operation),
            });
        }
    }
    operations
}

fn example(document: &Value, operation: &Value) -> Option<(String, Value)> {
    let body = operation["requestBody"]["content"]["application/json"].to_string();
    let (_, rest) = body.split_once("#/components/schemas/")?;
    let name = rest.split('"').next().expect("a name").to_owned();
    let mut example = document["components"]["schemas"][&name]["example"].clone();
    assert!(example.is_object(), "{name} has no example");
    soon(&mut example);
    Some((name, example))
}

/// Days of an example lie where the hotel of the tests has nights: as many apart as they are written.
fn soon(value: &mut Value) {
    match value {
        Value::String(text) => {
            let first = jiff::civil::date(2026, 12, 24);
            if let Ok(day) = text.parse::<jiff::civil::Date>() {
                let days = day.since(first).expect("near days").get_days();
                *text = night(days).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(soon),
        Value::Object(fields) => fields.values_mut().for_each(soon),
        _ => {}
    }
}
