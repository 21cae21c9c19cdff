//! Runs every case of the conformance suite as a test of its own.

mod play;
mod suite;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use libtest_mimic::{Arguments, Failed, Trial};
use licet::internals::{
    add_file, add_revocations, compute_return_code, covers_domain, encode_request,
    find_fingerprint, hash_machine_id, judge, read_clock, read_verdict, verify_token, Binding,
    Claims, Content, Evidence, FallbackStore, Feed, Proof, Record, Rules, Ruling, Sources, Subject,
    Token, TokenType,
};
use licet::{
    json, HttpResponse, KeyCheck, Keys, MemoryStore, Store, Value, WebhookError, Webhooks,
};
use suite::{compare, list, optional, read_vectors, text, texts};

/// Many scenarios wait for a slow server.
const THREADS: usize = 16;
const HTTP_FILE: &str = "http.json";

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let fixture = Arc::new(suite::Fixture::start());
    let mut trials = Vec::new();
    trials.extend(key_trials());
    trials.extend(trials_of("tokens.json", check_token));
    trials.extend(domain_trials());
    trials.extend(hostname_trials());
    trials.extend(trials_of("clock.json", check_clock));
    trials.extend(trials_of("judge.json", check_judge));
    trials.extend(fingerprint_trials());
    trials.extend(offline_trials());
    trials.extend(trials_of("webhooks.json", check_webhook));
    for scenario in list(&read_vectors(HTTP_FILE)["scenarios"]) {
        let (scenario, fixture) = (scenario.clone(), Arc::clone(&fixture));
        let name = name_of(HTTP_FILE, &scenario);
        trials.push(Trial::test(name, move || Ok(play::play(&fixture.url, &scenario)?)));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(fixture);
    conclusion.exit();
}

fn name_of(file: &str, case: &Value) -> String {
    format!("{file}, {}: {}", text(&case["id"]), text(&case["description"]))
}

fn trials_of(file: &'static str, check: fn(&Value) -> Result<(), String>) -> Vec<Trial> {
    let vectors = read_vectors(file);
    let trial = |case: &Value| {
        let (name, case) = (name_of(file, case), case.clone());
        Trial::test(name, move || Ok(check(&case)?))
    };
    list(&vectors["cases"]).iter().map(trial).collect()
}

fn expect_equal<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), Failed> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{found:?} instead of {expected:?}").into())
}

fn key_trials() -> Vec<Trial> {
    let vectors = read_vectors("keys.json");
    let kinds = [
        ("valid", KeyCheck::Valid),
        ("reads_as", KeyCheck::Valid),
        ("malformed", KeyCheck::Malformed),
        ("foreign", KeyCheck::Foreign),
        ("unusable", KeyCheck::Unusable),
    ];
    let mut trials = Vec::new();
    for (kind, check) in kinds {
        for case in list(&vectors[kind]) {
            let own = if kind == "valid" { &case["key"] } else { &case["text"] };
            let canonical = if kind == "valid" { &case["key"] } else { &case["canonical"] };
            let (own, canonical) = (text(own), optional(canonical));
            trials.push(Trial::test(format!("keys.json: {own:?} is {check:?}"), move || {
                expect_equal(&Keys::check(&own), &check)?;
                if canonical.is_some() || check == KeyCheck::Unusable {
                    expect_equal(&Keys::normalize(&own), &canonical)?;
                }
                Ok(())
            }));
        }
    }
    trials
}

fn read_feed(feed: &Value) -> Option<Feed> {
    let times = |name: &str| -> BTreeMap<String, i64> {
        let members = feed[name].as_object().unwrap().iter();
        members.map(|(id, time)| (id.clone(), time.as_i64().unwrap())).collect()
    };
    let to = feed.get("to")?.as_i64().unwrap();
    Some(Feed { to, revoked: times("revoked"), keys: times("keys") })
}

fn read_proof(options: &Value) -> Proof {
    Proof {
        nonce: optional(&options["nonce"]),
        request_body: optional(&options["requestBody"]),
        route: optional(&options["route"]),
    }
}

fn read_binding(options: &Value) -> Binding {
    Binding {
        product: optional(&options["product"]),
        fingerprint: optional(&options["fingerprint"]),
        domain: optional(&options["domain"]),
    }
}

fn read_rules(options: &Value) -> Rules {
    Rules {
        public_keys: texts(&options["publicKeys"]),
        refresh: options["refresh"].as_i64().unwrap_or(86_400),
        hard_limit: options["hardLimit"].as_i64().unwrap_or(2_592_000),
        built_at: options["builtAt"].as_i64().unwrap_or(0),
    }
}

fn check_token(case: &Value) -> Result<(), String> {
    let options = &case["options"];
    let types = [TokenType::Lease, TokenType::File, TokenType::Answer, TokenType::Revocations];
    let kind = types.into_iter().find(|kind| options["type"] == kind.name()).unwrap();
    let (keys, now) = (texts(&options["publicKeys"]), options["now"].as_i64().unwrap());
    let (proof, binding) = (read_proof(options), read_binding(options));
    let feed = read_feed(&options["feed"]);
    let text = text(&case["text"]);
    let verified = verify_token(&text, kind, &keys, &proof, &binding, feed.as_ref(), now);
    let found = match verified {
        Err(fault) => json!({ "ok": false, "code": fault.code() }),
        Ok(token) => describe_token(token, now, &read_rules(options), &binding),
    };
    compare(&found, &case["expected"])
}

fn describe_token(token: Token, now: i64, rules: &Rules, binding: &Binding) -> Value {
    match &token.claims.content {
        Content::Valid(_) => json!({ "ok": true, "valid": true }),
        Content::Refused(_) => json!({ "ok": true, "valid": false }),
        Content::Revocations(feed) => json!({ "ok": true, "to": feed.to, "more": feed.more }),
        Content::License(_) => {
            let evidence = Evidence { record: Record::default(), tokens: vec![token] };
            let Ruling { state, refresh, .. } = judge(&evidence, now, None, rules, binding);
            let behind = read_clock(&evidence, now, 0).is_behind;
            json!({ "ok": true, "state": json!(state.status), "refresh": refresh, "clockBehind": behind })
        }
    }
}

fn domain_trials() -> Vec<Trial> {
    let vectors = read_vectors("domains.json");
    let trial = |case: &Value| {
        let (dom, domain) = (texts(&case["dom"]), text(&case["domain"]));
        let covered = case["covered"].as_bool().unwrap();
        let verb = if covered { "covers" } else { "does not cover" };
        let name = format!("domains.json: {dom:?} {verb} {domain:?} ({})", text(&case["note"]));
        Trial::test(name, move || expect_equal(&covers_domain(&dom, &domain), &covered))
    };
    list(&vectors["cases"]).iter().map(trial).collect()
}

/// A host that the server refuses is in no license. Others must be read like there.
fn hostname_trials() -> Vec<Trial> {
    let vectors = read_vectors("hostnames.json");
    let trial = |case: &Value| {
        let (own, host) = (text(&case["text"]), optional(&case["host"])?);
        let trial = Trial::test(format!("hostnames.json: {own:?} is {host}"), move || {
            expect_equal(&covers_domain(&[host], &own), &true)
        });
        Some(trial)
    };
    list(&vectors["hostnames"]).iter().filter_map(trial).collect()
}

fn check_clock(case: &Value) -> Result<(), String> {
    let number = |name: &str| case[name].as_i64().unwrap_or(0);
    let token = |iat: &Value| Token {
        kind: TokenType::Lease,
        kid: String::new(),
        claims: Claims { iat: iat.as_i64().unwrap(), ..Claims::default() },
    };
    let record = Record { floor: number("floor"), ..Record::default() };
    let tokens = list(&case["issuedAt"]).iter().map(token).collect();
    let clock = read_clock(&Evidence { record, tokens }, number("now"), number("builtAt"));
    let found = json!({ "time": clock.time, "behind": clock.is_behind, "floor": clock.next_floor });
    compare(&found, &case["expected"])
}

fn check_judge(case: &Value) -> Result<(), String> {
    let mut stored = case["record"].to_string();
    for (index, step) in list(&case["steps"]).iter().enumerate() {
        let mut options = case["options"].as_object().unwrap().clone();
        options.extend(step["options"].as_object().cloned().unwrap_or_default());
        let record = Record::parse(&stored);
        let found = run_step(&record, step, &Value::Object(options));
        compare(&found, &step["expected"]).map_err(|why| format!("step {index}: {why}"))?;
        stored = found["record"].to_string();
    }
    Ok(())
}

fn run_step(record: &Record, step: &Value, options: &Value) -> Value {
    let (rules, binding) = (read_rules(options), read_binding(options));
    let now = step["now"].as_i64().unwrap();
    let evidence = Evidence::open(record.clone(), &rules.public_keys);
    let imported = if let Some(text) = step["importFile"].as_str() {
        add_file(evidence, now, text, &rules, &binding)
    } else if let Some(text) = step["importRevocations"].as_str() {
        add_revocations(evidence, now, text, &rules, &binding)
    } else {
        let (proof, product) = (read_proof(options), binding.product.as_deref());
        let feed = record.feed.as_ref();
        let response = read_response(&step["outcome"]);
        let verdict = response.and_then(|response| {
            read_verdict(&response, &rules.public_keys, product, &proof, feed).ok()
        });
        Ok(judge(&evidence, now, verdict.as_ref(), &rules, &binding))
    };
    match imported {
        Ok(Ruling { state, record, refresh }) => {
            let state = state.requiring(&texts(&options["features"]));
            json!({ "state": state, "record": record, "refresh": refresh })
        }
        Err(fault) => json!({ "error": fault.code(), "record": record }),
    }
}

fn read_response(outcome: &Value) -> Option<HttpResponse> {
    let status = u16::try_from(outcome.get("status")?.as_u64()?).unwrap();
    let headers = outcome["headers"].as_object().unwrap().iter();
    let headers = headers.map(|(name, value)| (name.clone(), text(value))).collect();
    Some(HttpResponse { status, headers, body: text(&outcome["body"]) })
}

fn store_with(id: &Value) -> FallbackStore {
    let store = MemoryStore::default();
    store.put("licet-device", &text(id)).unwrap();
    FallbackStore::new(Box::new(store), |error| panic!("{error}"))
}

fn fingerprint_trials() -> Vec<Trial> {
    let vectors = read_vectors("fingerprints.json");
    let machines = list(&vectors["machines"]).iter().map(|case| {
        let [app_id, id, expected] =
            ["appId", "machineId", "fingerprint"].map(|name| text(&case[name]));
        let name = format!("fingerprints.json: the machine {id:?} ({})", text(&case["note"]));
        Trial::test(name, move || expect_equal(&hash_machine_id(&app_id, &id), &expected))
    });
    let sources = list(&vectors["sources"]).iter().map(|case| {
        let case = case.clone();
        let name = format!("fingerprints.json: {}", text(&case["description"]));
        Trial::test(name, move || {
            let is_container = case["container"].as_bool().unwrap();
            let sources = Sources {
                environment: optional(&case["environment"]),
                machine_id: optional(&case["machineId"]).filter(|_| !is_container),
            };
            let (app_id, option) = (text(&case["appId"]), optional(&case["option"]));
            let store = store_with(&case["random"]);
            let found = find_fingerprint(&app_id, option.as_deref(), &sources, &store);
            let kind = format!("{:?}", found.kind).to_lowercase();
            Ok(compare(&json!({ "kind": kind, "value": found.value }), &case["expected"])?)
        })
    });
    let stores = list(&vectors["stores"]).iter().map(|case| {
        let case = case.clone();
        let name = format!("fingerprints.json: the name of the file for {}", text(&case["note"]));
        Trial::test(name, move || {
            let key = text(&case["key"]);
            let key = Some(Keys::normalize(&key).unwrap_or(key));
            let subject = Subject { key, binding: read_binding(&case) };
            expect_equal(&format!("{}.json", subject.record_name()), &text(&case["name"]))
        })
    });
    machines.chain(sources).chain(stores).collect()
}

fn offline_trials() -> Vec<Trial> {
    let vectors = read_vectors("offline.json");
    let requests = list(&vectors["requests"]).iter().map(|case| {
        let (request, code) = (case["request"].clone(), text(&case["code"]));
        Trial::test(format!("offline.json: the request code of {request}"), move || {
            let member = |name: &str| request[name].as_str();
            let [key, fp, nonce] = ["key", "fp", "nonce"].map(|name| text(&request[name]));
            expect_equal(
                &encode_request(member("product"), &key, &fp, member("name"), &nonce),
                &code,
            )
        })
    });
    let returns = list(&vectors["returns"]).iter().map(|case| {
        let [ret, jti, code] = ["ret", "jti", "code"].map(|name| text(&case[name]));
        Trial::test(format!("offline.json: the return code {code}"), move || {
            expect_equal(&compute_return_code(&ret, &jti), &code)
        })
    });
    requests.chain(returns).collect()
}

fn check_webhook(case: &Value) -> Result<(), String> {
    let headers = case["headers"].as_object().unwrap();
    let header = |name: &str| {
        let found = headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| text(value))
    };
    let secrets = texts(&case["secrets"]);
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    let now = UNIX_EPOCH + Duration::from_secs(case["now"].as_u64().unwrap());
    let verified: Result<_, WebhookError> =
        Webhooks::verify_at(text(&case["body"]).as_bytes(), header, &secrets, now);
    compare(&json!({ "ok": verified.is_ok() }), &case["expected"])
}
