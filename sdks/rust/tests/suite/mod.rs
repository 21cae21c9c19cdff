#![allow(dead_code, reason = "each test program uses a part of it")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use serde_json::{Map, Value};

const MAJOR_VERSION: &str = "1.";

pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Reads a file of test cases. Panics if it is for another major version of the suite.
pub fn read_vectors(name: &str) -> Value {
    let path = repository().join("sdks/conformance/vectors").join(name);
    let vectors: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(
        vectors["version"].as_str().unwrap().starts_with(MAJOR_VERSION),
        "{name} is of another version"
    );
    vectors
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub fn texts(value: &Value) -> Vec<String> {
    list(value).iter().map(text).collect()
}

pub fn optional(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Compares what `expected` contains. A member that is null there must be null or absent. Returns what
/// differs.
pub fn compare(found: &Value, expected: &Value) -> Result<(), String> {
    for (name, value) in expected.as_object().unwrap() {
        let own = found.get(name).unwrap_or(&Value::Null);
        if matches!(name.as_str(), "state" | "verdict") && value.is_object() {
            compare(own, value)?;
        } else if simplify(own) != simplify(value) {
            return Err(format!("{name} is {own} instead of {value}"));
        }
    }
    Ok(())
}

/// Drops null members, and writes numbers in one way.
fn simplify(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().filter(|(_, member)| !member.is_null());
            Value::Object(
                members
                    .map(|(name, member)| (name.clone(), simplify(member)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(values) => Value::Array(values.iter().map(simplify).collect()),
        Value::Number(number) => Value::from(number.as_f64().unwrap()),
        other => other.clone(),
    }
}

/// The fixture server of the conformance suite.
pub struct Fixture {
    server: Child,
    pub url: String,
}

impl Fixture {
    pub fn start() -> Self {
        let program = repository().join("sdks/conformance/fixture.ts");
        let mut server = Command::new(env::var_os("BUN").unwrap_or_else(|| "bun".into()))
            .arg(program)
            .stdout(Stdio::piped())
            .spawn()
            .expect("bun starts the fixture server");
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address: Value =
            serde_json::from_str(&line).expect("the fixture server prints its address");
        Self { server, url: text(&address["url"]) }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
