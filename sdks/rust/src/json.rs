use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

pub type Object = Map<String, Value>;

/// 2⁵³ − 1, the largest number that every JSON library reads exactly.
const COUNT_MAX: i64 = (1 << 53) - 1;

/// Returns the JSON object in a text.
pub fn parse_object(text: &str) -> Option<Object> {
    serde_json::from_str(text).ok()
}

/// Like `parse_object`, but an object with two members of the same name, at any depth, is none.
pub fn parse_unique_object(bytes: &[u8]) -> Option<Object> {
    match serde_json::from_slice(bytes) {
        Ok(Unique(Value::Object(object))) => Some(object),
        _ => None,
    }
}

/// Reads a number without a fraction from 0 to 2⁵³ − 1, also one that is written as `1.0` or `1e3`.
pub fn as_count(value: &Value) -> Option<i64> {
    let number = match value.as_i64() {
        Some(integer) => integer,
        None => whole(value.as_f64()?)?,
    };
    (0..=COUNT_MAX).contains(&number).then_some(number)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn whole(number: f64) -> Option<i64> {
    let is_exact = number.fract() == 0.0 && (0.0..=COUNT_MAX as f64).contains(&number);
    is_exact.then_some(number as i64)
}

pub fn as_text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::to_owned)
}

/// A JSON value whose objects have no member twice (RFC 7515, §4).
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Unique)
    }
}

impl<'de> DeserializeSeed<'de> for UniqueVisitor {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON without duplicate members")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a finite number"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(UniqueVisitor)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(UniqueVisitor)?;
            if object.contains_key(&name) {
                return Err(de::Error::custom("a member is there twice"));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
