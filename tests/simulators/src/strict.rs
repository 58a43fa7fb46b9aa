//! JSON objects and nothing that merely resembles one.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// A structure that was written as a JSON object. Serde's derived code would also take an array of its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::Object;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Priced {
        price: Box<RawValue>,
    }

    #[test]
    fn an_object_is_taken_with_its_numbers_as_written() {
        let taken: Object<Priced> = serde_json::from_str(r#"{"price":120.50}"#).unwrap();
        assert_eq!(taken.0.price.get(), "120.50");
    }

    #[test]
    fn an_array_of_the_fields_is_refused() {
        let refused = serde_json::from_str::<Object<Priced>>("[120.50]");
        assert!(refused.is_err_and(|error| error.to_string().contains("expected an object")));
    }

    #[test]
    fn an_unknown_field_is_still_refused() {
        assert!(serde_json::from_str::<Object<Priced>>(r#"{"price":1,"cost":1}"#).is_err());
    }
}
