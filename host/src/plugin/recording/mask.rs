//! Takes secrets out of a recording. The guest was never given any; this holds even where a hotel's settings repeat one,
//! or a token came to be known only after the answer that had it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Recording;
use crate::plugin::egress::scrub::Scrubber;

/// The recording as text without secrets, or none where one can still be found in it.
pub(super) fn masked(recording: &Recording, scrubber: &Scrubber) -> Option<String> {
    let mut document = serde_json::to_value(recording).ok()?;
    if mask(&mut document, scrubber) {
        document["masked"] = Value::Bool(true);
    }
    let text = document.to_string();
    // One that lies across several texts has no place of its own to be taken out of.
    (scrubber.text(&text) == text).then_some(text)
}

/// Masks every text, and says whether there was anything to mask.
fn mask(value: &mut Value, scrubber: &Scrubber) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => {
            let clean = scrubber.text(text);
            let found = clean != *text;
            *text = clean;
            found
        }
        Value::Array(values) => mask_all(values.iter_mut(), scrubber),
        Value::Object(fields) => {
            let bytes = (fields.len() == 1)
                .then(|| STANDARD.decode(fields.get("base64")?.as_str()?).ok())
                .flatten();
            match bytes {
                Some(bytes) => {
                    let clean = scrubber.bytes(bytes.clone());
                    let found = clean != bytes;
                    fields["base64"] = Value::String(STANDARD.encode(clean));
                    found
                }
                None => mask_all(fields.values_mut(), scrubber),
            }
        }
    }
}

fn mask_all<'a>(values: impl Iterator<Item = &'a mut Value>, scrubber: &Scrubber) -> bool {
    let mut found = false;
    for value in values {
        found |= mask(value, scrubber);
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plugin::recording::tests::recording;

    const SECRET: &str = "s3cr?t/\"k&y";

    fn masked_with(change: impl FnOnce(&mut Value)) -> Option<String> {
        let mut document = serde_json::to_value(recording()).expect("JSON");
        change(&mut document);
        let recording = serde_json::from_value(document).expect("a recording");
        masked(&recording, &Scrubber::new([SECRET]))
    }

    #[test]
    fn a_secret_is_masked_wherever_a_guest_could_have_put_it() {
        let binary = [&[0xff], SECRET.as_bytes(), &[0xfe]].concat();
        let places: [(&str, Value); 6] = [
            (
                "/context/settings",
                json!(json!({ "key": SECRET }).to_string()),
            ),
            (
                "/events/0/asked/http/path",
                json!(format!("/{}", hex::encode(SECRET))),
            ),
            ("/events/0/asked/http/headers/0/1", json!(SECRET)),
            (
                "/events/0/asked/http/body",
                json!({ "base64": STANDARD.encode(binary) }),
            ),
            (
                "/events/0/answer/response/body",
                json!(STANDARD.encode(format!("x{SECRET}y"))),
            ),
            ("/ending/returned/Ok", json!(SECRET)),
        ];
        for (place, value) in places {
            let text = masked_with(|document| {
                *document.pointer_mut(place).expect(place) = value;
            });
            let document: Value = serde_json::from_str(&text.expect("a text")).expect("JSON");
            assert_eq!(document["masked"], true, "{place}");
            let there = document.pointer(place).expect(place);
            let shown = there.get("base64").map_or_else(
                || there.as_str().expect("a text").to_owned(),
                |bytes| {
                    let bytes = STANDARD.decode(bytes.as_str().expect("a text"));
                    String::from_utf8_lossy(&bytes.expect("base64")).into_owned()
                },
            );
            assert!(shown.contains("[secret]"), "{place}: {shown}");
            assert!(!shown.contains("s3cr"), "{place}: {shown}");
        }
    }

    #[test]
    fn what_has_no_secret_stays_as_it_is() {
        let whole = serde_json::to_string(&recording()).expect("JSON");
        assert_eq!(masked_with(|_| {}), Some(whole));
    }

    #[test]
    fn a_recording_in_which_a_secret_remains_is_not_kept() {
        let scrubber = Scrubber::new([r#""path":"/v1/"#]);
        assert_eq!(masked(&recording(), &scrubber), None);
    }
}
