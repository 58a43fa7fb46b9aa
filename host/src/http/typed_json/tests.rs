//! Each way in which bodies nest, and what is said where a type is wrong.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::*;

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Stay {
    guest: Option<Guest>,
    guests: Vec<Guest>,
    rooms: BTreeMap<String, Guest>,
    units: Option<u16>,
    price: i64,
    factor: f64,
    kind: Option<Kind>,
    wrapped: Option<Wrapped>,
    pair: Option<[u8; 2]>,
    any: Value,
    loose: Map<String, Value>,
    asked: bool,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Guest {
    name: String,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Wrapped(Guest);

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    WalkIn,
    Group,
}

fn read(text: &str) -> Result<Stay, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Stay::deserialize(Typed(&mut deserializer)).map_err(|error| in_words(&error))
}

#[test]
fn what_has_the_right_types_is_read_as_without_care() {
    let body = json!({
        "guest": {"name": "Ada"}, "guests": [{"name": "Grace"}, {"name": "\u{e9}\n"}], "units": 65_535,
        "rooms": {"1": {"name": "Joan"}}, "price": -1, "factor": 1, "kind": "walk_in", "asked": true,
        "wrapped": {"name": "Mary"}, "pair": [1, 2], "any": [{"a": [null, 1.5]}], "loose": {"b": {}},
    });
    let text = body.to_string();
    assert_eq!(read(&text), Ok(serde_json::from_str(&text).unwrap()));
    let nothing = json!({"guest": null, "units": null, "kind": null});
    assert_eq!(read(&nothing.to_string()), Ok(Stay::default()));
}

#[test]
fn an_object_is_no_list_of_its_values_at_any_depth() {
    for list in [
        r#"[{"name": "Ada"}]"#,
        "[]",
        r#"{"guest": ["Ada"]}"#,
        r#"{"guests": [["Ada"]]}"#,
        r#"{"rooms": {"1": ["Ada"]}}"#,
        r#"{"rooms": [["1", {"name": "Ada"}]]}"#,
        r#"{"wrapped": ["Ada"]}"#,
        r#"{"guest": "Ada"}"#,
        "null",
    ] {
        assert_eq!(read(list), Err("must be an object".to_owned()), "{list}");
    }
}

#[test]
fn refusals_name_types_of_json() {
    let whole = "must be a whole number from 0 to 65535";
    for (body, expected) in [
        (json!({"units": 65_536}), whole),
        (json!({"units": -1}), whole),
        (json!({"units": "1, expected u8 at line 3"}), whole),
        (
            json!({"price": 1.5}),
            "must be a whole number from -9223372036854775808 to 9223372036854775807",
        ),
        (json!({"factor": "1"}), "must be a number"),
        (json!({"loose": null}), "must be an object"),
        (json!({"loose": []}), "must be an object"),
        (json!({"asked": 1}), "must be true or false"),
        (json!({"guests": {}}), "must be an array"),
        (json!({"guest": {"name": 1}}), "must be a string"),
        (json!({"kind": 1}), "must be a string"),
        (json!({"kind": {"group": null}}), "must be a string"),
        (json!({"kind": "party"}), "must be `walk_in` or `group`"),
        (json!({"guest": {}}), "missing field `name`"),
    ] {
        assert_eq!(read(&body.to_string()), Err(expected.to_owned()), "{body}");
    }
    let twice = r#"{"guest": {"name": "a", "name": "b"}}"#;
    assert_eq!(read(twice), Err("duplicate field `name`".to_owned()));
}
