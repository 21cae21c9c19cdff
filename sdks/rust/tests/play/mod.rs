//! Plays the scenarios of http.json.

use std::collections::HashSet;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use licet::{
    json, Check, Error, Licet, LicetAdmin, MemoryStore, Store, UreqTransport, Validation, Value,
};

use crate::suite::{compare, list, read_vectors, text, texts};

const SEAT: &str = "seat_01kf0000000000000000000003";

/// A store that clients share, like the one of an app that is restarted.
#[derive(Clone, Default)]
pub struct SharedStore(Arc<MemoryStore>);

impl Store for SharedStore {
    fn get(&self, name: &str) -> std::io::Result<Option<String>> {
        self.0.get(name)
    }

    fn put(&self, name: &str, text: &str) -> std::io::Result<()> {
        self.0.put(name, text)
    }

    fn delete(&self, name: &str) -> std::io::Result<()> {
        self.0.delete(name)
    }
}

#[derive(Clone)]
struct Player {
    licet: Licet,
    url: String,
    problems: Arc<Mutex<Vec<String>>>,
}

pub fn play(fixture: &str, scenario: &Value) -> Result<(), String> {
    let id = text(&scenario["id"]);
    let run = format!("{:?}-{}", thread::current().id(), std::process::id());
    let run: String = run.chars().filter(char::is_ascii_alphanumeric).collect();
    let url = format!("{fixture}/s/{id}/{run}");
    let client = &scenario["client"];
    let mut store = SharedStore::default();
    let mut player = make_player(&url, client, &store);
    for (index, step) in list(&scenario["steps"]).iter().enumerate() {
        if step["client"] == "empty" {
            store = SharedStore::default();
        }
        if !step["client"].is_null() {
            player = make_player(&url, client, &store);
        }
        play_step(&player, step).map_err(|why| format!("step {index}: {why}"))?;
        wait_for_requests(&url, step["thenRequests"].as_u64().unwrap_or(0));
        player.licet.wait_idle();
    }
    check_requests(&read_log(&url), &scenario["requests"])
}

fn make_player(url: &str, client: &Value, store: &SharedStore) -> Player {
    let problems: Arc<Mutex<Vec<String>>> = Arc::default();
    let reported = Arc::clone(&problems);
    let keys = read_vectors("http.json")["publicKeys"].clone();
    let is_pinned = client["pinned"].as_bool().unwrap();
    let licet = Licet::builder(url, "com.example.conformance")
        .key(text(&client["key"]))
        .product(text(&client["product"]))
        .fingerprint(text(&client["fingerprint"]))
        .store(store.clone())
        .timeout(Duration::from_millis(client["timeoutMs"].as_u64().unwrap()))
        .public_keys(if is_pinned { texts(&keys) } else { Vec::new() })
        .on_problem(move |problem| {
            reported.lock().unwrap().extend(problem.code().map(str::to_owned));
        })
        .build()
        .unwrap();
    Player { licet, url: url.to_owned(), problems }
}

fn play_step(player: &Player, step: &Value) -> Result<(), String> {
    let started = Instant::now();
    let times = usize::try_from(step["times"].as_u64().unwrap_or(1)).unwrap();
    let together = Arc::new(Barrier::new(times));
    let run = || {
        let (player, step, together) = (player.clone(), step.clone(), Arc::clone(&together));
        thread::spawn(move || {
            together.wait();
            call(&player, &step)
        })
    };
    let calls: Vec<_> = (0..times).map(|_| run()).collect();
    for result in calls {
        compare(&result.join().unwrap(), &step["expected"])?;
    }
    let (passed, within) = (started.elapsed(), step["withinMs"].as_u64().unwrap_or(u64::MAX));
    if passed > Duration::from_millis(within) {
        return Err(format!("it took {passed:?}"));
    }
    let problems = player.problems.lock().unwrap();
    match step["problem"].as_str() {
        Some(code) if !problems.iter().any(|own| own == code) => Err(format!("no problem {code}")),
        _ => Ok(()),
    }
}

fn call(Player { licet, url, .. }: &Player, step: &Value) -> Value {
    let described = match step["call"].as_str().unwrap() {
        "check" => {
            let features = texts(&step["with"]["features"]);
            let features: Vec<_> = features.iter().map(String::as_str).collect();
            let fresh = step["with"]["fresh"].as_bool().unwrap_or(false);
            let state = licet.check_with(Check { features: &features, fresh });
            Ok(json!({ "state": state }))
        }
        "validate" => licet.validate().map(|verdict| json!({ "verdict": describe(verdict) })),
        "activate" => licet.activate().map(|activation| json!({ "id": activation.id })),
        "deactivate" => licet.deactivate().map(|activation| json!({ "id": activation.id })),
        "seats.acquire" => licet.seats().acquire().map(|seat| describe_seat(&seat)),
        "seats.renew" => licet.seats().renew(SEAT).map(|seat| describe_seat(&seat)),
        "seats.release" => licet.seats().release(SEAT).map(|()| json!({ "ok": true })),
        "admin.licenses.create" => {
            let order = json!({ "plan": "professional", "customer_email": "dev@example.com" });
            LicetAdmin::new(url, "licet_fake").unwrap().licenses().create(&order)
        }
        other => panic!("The call {other} is unknown."),
    };
    described.unwrap_or_else(|error| match error {
        Error::NoAnswer(_) => json!({ "throws": "NoAnswer" }),
        Error::Problem(problem) => json!({
            "throws": "ApiProblem",
            "status": problem.status,
            "code": problem.code,
            "details": problem.details,
        }),
        other => panic!("{other}"),
    })
}

fn describe(verdict: Validation) -> Value {
    match verdict {
        Validation::Valid { license, warnings } => {
            json!({ "valid": true, "license": license, "warnings": warnings })
        }
        Validation::Refused { code, message, details } => {
            json!({ "valid": false, "error": code, "message": message, "details": details })
        }
    }
}

fn describe_seat(seat: &licet::Seat) -> Value {
    json!({ "id": seat.id, "expiresAt": seat.expires_at })
}

fn wait_for_requests(url: &str, count: u64) {
    while (read_log(url).len() as u64) < count {
        thread::sleep(Duration::from_millis(20));
    }
}

fn read_log(url: &str) -> Vec<Value> {
    let reader = LicetAdmin::with_transport(url, "licet_fake", UreqTransport::default()).unwrap();
    list(&reader.request("GET", "/log", None).unwrap()["requests"]).to_vec()
}

fn check_requests(log: &[Value], expected: &Value) -> Result<(), String> {
    let limits = expected["min"].as_u64().unwrap()..=expected["max"].as_u64().unwrap();
    if !limits.contains(&(log.len() as u64)) {
        return Err(format!("{} requests", log.len()));
    }
    let paths: Vec<_> = log.iter().map(|request| request["path"].clone()).collect();
    if expected["paths"].is_array() && expected["paths"] != json!(paths) {
        return Err(format!("the paths are {paths:?}"));
    }
    for (pair, gap) in log.windows(2).zip(list(&expected["gapsMs"])) {
        let passed = pair[1]["atMs"].as_f64().unwrap() - pair[0]["atMs"].as_f64().unwrap();
        if passed < gap.as_f64().unwrap() {
            return Err(format!("a gap of {passed} ms"));
        }
    }
    let read_body = |request: &Value| -> Value {
        serde_json::from_str(request["body"].as_str().unwrap_or("")).unwrap_or_default()
    };
    let bodies: Vec<_> = log.iter().map(read_body).collect();
    for body in &bodies {
        let lacks = |name: &&String| body.get(name.as_str()).is_none();
        let (has, has_not) = (texts(&expected["has"]), texts(&expected["hasNot"]));
        if let Some(name) = has.iter().find(lacks) {
            return Err(format!("{name} is missing"));
        }
        if let Some(name) = has_not.iter().find(|name| !lacks(name)) {
            return Err(format!("{name} is there"));
        }
    }
    let count = |values: Vec<String>| values.into_iter().collect::<HashSet<_>>().len();
    if let Some(name) = expected["distinctMember"].as_str() {
        let values = bodies.iter().map(|body| body[name].to_string()).collect();
        if count(values) != log.len() {
            return Err(format!("{name} is repeated"));
        }
    }
    if let Some(name) = expected["sameHeader"].as_str() {
        let values = log.iter().map(|request| request["headers"][name].to_string()).collect();
        if count(values) != 1 || log[0]["headers"][name].is_null() {
            return Err(format!("{name} differs"));
        }
    }
    Ok(())
}
