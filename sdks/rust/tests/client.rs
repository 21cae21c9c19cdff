//! The parts of a client that the conformance suite leaves to each language.

mod suite;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use licet::admin::List;
use licet::internals::ROUTES;
use licet::{
    json, Check, Error, FileStore, HttpRequest, HttpResponse, Licet, LicetAdmin, MemoryStore,
    Status, Store, Transport, TransportError, Validation, Value, WebhookError, Webhooks,
};

const URL: &str = "https://licenses.example.com";
const KEY: &str = "TO-04HM-ASW9-NF6Y-Y0CN";

/// A transport that plays responses, and keeps the requests.
#[derive(Clone, Default)]
struct Script {
    replies: Arc<Mutex<Vec<(u16, Value)>>>,
    requests: Arc<Mutex<Vec<HttpRequest>>>,
}

impl Script {
    fn of(replies: &[(u16, Value)]) -> Self {
        let mut replies = replies.to_vec();
        replies.reverse();
        Self { replies: Arc::new(Mutex::new(replies)), requests: Arc::default() }
    }

    fn requests(&self) -> Vec<HttpRequest> {
        self.requests.lock().unwrap().clone()
    }
}

impl Transport for Script {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        self.requests.lock().unwrap().push(request.clone());
        let reply = self.replies.lock().unwrap().pop();
        let (status, body) = reply.ok_or(TransportError::Timeout)?;
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Ok(HttpResponse { status, headers, body: body.to_string() })
    }
}

fn valid() -> (u16, Value) {
    let license = json!({ "id": "lic_1", "plan": "pro", "features": { "sso": true, "seats": 0 }, "expiresAt": null });
    (200, json!({ "valid": true, "license": license, "warnings": [] }))
}

fn client(script: &Script) -> licet::Builder {
    Licet::builder(URL, "com.example.editor")
        .key(KEY)
        .fingerprint("device-1")
        .store(MemoryStore::default())
        .transport(script.clone())
}

fn new_directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("licet-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    directory
}

#[test]
fn wrong_options_are_named_at_the_start() {
    let small_order = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let builders = [
        Licet::builder("licenses.example.com", "com.example.editor"),
        Licet::builder("https://user@licenses.example.com", "com.example.editor"),
        Licet::builder(URL, "../editor"),
        Licet::builder(URL, "com.example.editor").public_keys(["not a key"]),
        Licet::builder(URL, "com.example.editor").public_keys([small_order]),
        Licet::builder(URL, "com.example.editor").timeout(Duration::ZERO),
    ];
    for builder in builders {
        assert!(matches!(builder.build(), Err(Error::Usage(_))));
    }
}

#[test]
fn the_url_may_have_a_path_and_a_slash_at_its_end() {
    let script = Script::of(&[valid()]);
    let licet = Licet::builder("https://example.com/licet/", "com.example.editor")
        .key(KEY)
        .fingerprint("device-1")
        .store(MemoryStore::default())
        .transport(script.clone())
        .build()
        .unwrap();
    assert!(licet.check().allowed);
    assert_eq!(script.requests()[0].url, "https://example.com/licet/api/v1/validate");
}

#[test]
fn a_request_says_what_it_is_about() {
    let script = Script::of(&[valid()]);
    let licet = client(&script).product("editor").device_name("Ada’s laptop").app_version("1.2");
    assert!(licet.build().unwrap().check().allowed);
    let request = script.requests().remove(0);
    let body: Value = serde_json::from_str(&request.body.unwrap()).unwrap();
    let expected = json!({ "key": KEY, "product": "editor", "fingerprint": "device-1",
        "name": "Ada’s laptop", "version": "1.2" });
    assert_eq!(body, expected);
    let agent = request.headers.iter().find(|(name, _)| name == "user-agent").unwrap();
    assert_eq!(agent.1, "licet-rust/0.1.0");
}

#[test]
fn without_a_key_nothing_is_asked_and_a_check_says_why() {
    let script = Script::default();
    let licet = client(&script).key("  ").build().unwrap();
    let state = licet.check();
    assert_eq!(state.status, Status::Unknown);
    assert_eq!(state.message.as_deref(), Some("There is no license key yet."));
    assert!(matches!(licet.validate(), Err(Error::Usage(_))));
    assert!(script.requests().is_empty());
}

#[test]
fn a_domain_names_no_device() {
    let script = Script::of(&[valid()]);
    let licet = Licet::builder(URL, "com.example.site").key(KEY).domain("example.com");
    let licet = licet.store(MemoryStore::default()).transport(script.clone()).build().unwrap();
    assert!(licet.check().allowed);
    let body: Value = serde_json::from_str(script.requests()[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(body, json!({ "key": KEY, "domain": "example.com" }));
}

#[test]
fn features_are_checked_by_the_client() {
    let script = Script::of(&[valid()]);
    let licet = client(&script).build().unwrap();
    let check = |features: &[&str]| licet.check_with(Check { features, ..Check::default() });
    assert!(check(&["sso"]).allowed);
    for name in ["seats", "reports"] {
        assert_eq!(check(&[name]).code.as_deref(), Some("FEATURE_NOT_INCLUDED"));
    }
    assert_eq!(script.requests().len(), 1);
}

#[test]
fn a_refusal_is_a_result_of_validate() {
    let refusal =
        json!({ "valid": false, "error": "LICENSE_EXPIRED", "message": "It has expired." });
    let script = Script::of(&[(200, refusal)]);
    let verdict = client(&script).build().unwrap().validate().unwrap();
    assert!(matches!(verdict, Validation::Refused { code, .. } if code == "LICENSE_EXPIRED"));
}

#[test]
fn a_store_that_fails_is_reported_and_the_client_works() {
    struct Broken;
    impl Store for Broken {
        fn get(&self, _: &str) -> io::Result<Option<String>> {
            Err(io::Error::other("no disk"))
        }
        fn put(&self, _: &str, _: &str) -> io::Result<()> {
            Err(io::Error::other("no disk"))
        }
        fn delete(&self, _: &str) -> io::Result<()> {
            Err(io::Error::other("no disk"))
        }
    }
    let script = Script::of(&[valid()]);
    let problems = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&problems);
    let licet = client(&script)
        .store(Broken)
        .on_problem(move |problem| {
            assert!(matches!(problem, Error::Store(_)));
            *seen.lock().unwrap() += 1;
        })
        .build()
        .unwrap();
    assert!(licet.check().allowed);
    assert!(licet.check().allowed);
    assert_eq!(script.requests().len(), 1);
    assert!(*problems.lock().unwrap() > 0);
}

#[test]
fn a_file_store_replaces_and_deletes_its_files() {
    let directory = new_directory("files");
    let store = FileStore::new(directory.join("nested"));
    assert_eq!(store.get("licet-1").unwrap(), None);
    store.put("licet-1", "one").unwrap();
    store.put("licet-1", "two").unwrap();
    assert_eq!(store.get("licet-1").unwrap().as_deref(), Some("two"));
    assert_eq!(fs::read_dir(directory.join("nested")).unwrap().count(), 1);
    store.delete("licet-1").unwrap();
    store.delete("licet-1").unwrap();
    assert_eq!(store.get("licet-1").unwrap(), None);
    fs::remove_dir_all(directory).unwrap();
}

#[cfg(unix)]
#[test]
fn a_stored_file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = new_directory("mode");
    FileStore::new(&directory).put("licet-1", "{}").unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(directory.join("licet-1.json")), 0o600);
    assert_eq!(mode(directory.clone()), 0o700);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_damaged_file_counts_as_empty() {
    let directory = new_directory("damaged");
    let script = Script::of(&[valid(), valid()]);
    let check = || {
        let store = FileStore::new(&directory);
        client(&script).store(store).build().unwrap().check().allowed
    };
    assert!(check());
    let path = fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
    fs::write(path, b"\xff{\"v\":1").unwrap();
    assert!(check());
    assert_eq!(script.requests().len(), 2);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_client_can_be_used_by_many_threads() {
    fn assert_shared<T: Send + Sync + Clone>() {}
    fn assert_sent<T: Send + Sync>() {}
    assert_shared::<Licet>();
    assert_shared::<LicetAdmin>();
    assert_sent::<licet::SeatHold>();
    assert_sent::<Error>();
}

#[test]
fn a_held_seat_is_given_back_when_it_is_dropped() {
    let seat = (200, json!({ "id": "seat_1", "expires_at": "2999-01-01T00:00:00Z" }));
    let script = Script::of(&[seat, (200, json!({}))]);
    let licet = client(&script).build().unwrap();
    {
        let hold = licet.seats().hold().unwrap();
        assert_eq!(hold.seat().id, "seat_1");
        assert!(hold.lost().is_none());
    }
    let paths: Vec<_> = script.requests().iter().map(|each| each.url.replace(URL, "")).collect();
    assert_eq!(paths, ["/api/v1/seats/acquire", "/api/v1/seats/release"]);
}

#[test]
fn a_seat_that_the_server_refuses_to_renew_is_lost() {
    let soon = json!({ "id": "seat_1", "expires_at": "1999-01-01T00:00:00Z" });
    let refusal = json!({ "code": "LICENSE_REVOKED", "detail": "It was revoked." });
    let script = Script::of(&[(200, soon), (422, refusal)]);
    let hold = client(&script).build().unwrap().seats().hold().unwrap();
    let problem = hold.wait_lost(Duration::from_secs(30)).unwrap();
    assert_eq!(problem.code, "LICENSE_REVOKED");
    hold.release();
    assert_eq!(script.requests().len(), 2);
}

#[test]
fn an_outage_keeps_a_seat_and_an_unknown_one_is_acquired_again() {
    let soon = |id| json!({ "id": id, "expires_at": "1999-01-01T00:00:00Z" });
    let unknown = json!({ "code": "SEAT_NOT_FOUND", "detail": "There is no such seat." });
    let refusal = json!({ "code": "SEAT_LIMIT_REACHED", "detail": "All are in use." });
    let script = Script::of(&[
        (200, soon("seat_1")),
        (503, json!({})),
        (404, unknown),
        (200, soon("seat_2")),
        (409, refusal),
    ]);
    let hold = client(&script).build().unwrap().seats().hold().unwrap();
    assert_eq!(hold.wait_lost(Duration::from_secs(30)).unwrap().code, "SEAT_LIMIT_REACHED");
    assert_eq!(hold.seat().id, "seat_2");
}

fn admin(script: &Script) -> LicetAdmin {
    LicetAdmin::with_transport(URL, "licet_fake", script.clone()).unwrap()
}

fn header(request: &HttpRequest, name: &str) -> Option<String> {
    request.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
}

#[test]
fn a_post_is_repeated_with_the_same_idempotency_key() {
    let script = Script::of(&[(503, json!({})), (201, json!({ "id": "lic_1" }))]);
    let license = admin(&script).licenses().create(&json!({ "plan": "pro" })).unwrap();
    assert_eq!(license["id"], "lic_1");
    let keys: Vec<_> =
        script.requests().iter().map(|each| header(each, "idempotency-key")).collect();
    assert!(keys[0].is_some() && keys[0] == keys[1]);
    assert_eq!(header(&script.requests()[0], "authorization").unwrap(), "Bearer licet_fake");
}

#[test]
fn a_problem_has_its_fields_and_is_not_repeated() {
    let body = json!({ "code": "validation_failed", "detail": "A field is wrong.",
        "request_id": "req_1", "errors": [{ "pointer": "/plan", "detail": "It does not exist." }] });
    let script = Script::of(&[(422, body)]);
    let Err(Error::Problem(problem)) = admin(&script).plans().create(&json!({})) else {
        panic!("there is a problem");
    };
    assert_eq!((problem.status, problem.code.as_str()), (422, "validation_failed"));
    assert_eq!(problem.errors[0].pointer, "/plan");
    assert_eq!(problem.request_id.as_deref(), Some("req_1"));
    assert_eq!(script.requests().len(), 1);
}

#[test]
fn a_list_reads_its_pages_one_by_one_and_ends_after_an_error() {
    let page =
        |id: &str, cursor: Value| (200, json!({ "data": [{ "id": id }], "next_cursor": cursor }));
    let script = Script::of(&[page("a", json!("next")), page("b", Value::Null)]);
    let own = admin(&script);
    let mut list: List = own.licenses().list(&[("plan", "pro & more"), ("limit", "1")]);
    assert!(script.requests().is_empty());
    assert_eq!(list.next().unwrap().unwrap()["id"], "a");
    assert_eq!(script.requests().len(), 1);
    assert_eq!(list.next().unwrap().unwrap()["id"], "b");
    assert!(list.next().is_none());
    let urls: Vec<_> = script.requests().iter().map(|each| each.url.clone()).collect();
    assert!(urls[0].ends_with("/licenses?plan=pro+%26+more&limit=1"), "{}", urls[0]);
    assert!(urls[1].ends_with("&cursor=next"), "{}", urls[1]);
    let failing = admin(&Script::default()).retries(0);
    let mut broken = failing.events().list(&[]);
    assert!(matches!(broken.next(), Some(Err(Error::NoAnswer(_)))));
    assert!(broken.next().is_none());
}

#[test]
fn options_of_a_call_are_sent_with_it() {
    let script = Script::of(&[(200, json!({})), (200, json!({}))]);
    let own = admin(&script);
    own.if_match(3).licenses().update("lic_1", &json!({})).unwrap();
    own.idempotency_key("order-1001").licenses().create(&json!({})).unwrap();
    assert_eq!(header(&script.requests()[0], "if-match").as_deref(), Some("\"3\""));
    assert_eq!(header(&script.requests()[1], "idempotency-key").as_deref(), Some("order-1001"));
}

#[test]
fn a_path_without_a_slash_cannot_change_the_host() {
    let result = admin(&Script::default()).request("GET", ".evil.example/", None);
    assert!(matches!(result, Err(Error::Usage(_))));
}

#[test]
fn every_route_is_in_the_openapi_document() {
    let path = suite::repository().join("openapi.json");
    let document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    for (operation, method, path) in ROUTES {
        let found = &document["paths"][path][method.to_lowercase()]["operationId"];
        assert_eq!(found, operation, "{method} {path}");
    }
}

#[test]
fn an_empty_secret_is_a_mistake_of_the_app() {
    let header = |name: &str| Some(if name == "webhook-timestamp" { "1800000000" } else { "x" });
    let now = std::time::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    for secret in ["", "whsec_", "whsec_?"] {
        let verified = Webhooks::verify_at(b"{}", header, &[secret], now);
        assert_eq!(verified, Err(WebhookError::SecretInvalid));
    }
}

#[test]
fn a_blank_or_dangerous_app_id_has_no_fingerprint() {
    for app_id in ["", ".hidden", "a/b", "a b"] {
        assert!(matches!(licet::fingerprint(app_id), Err(Error::Usage(_))), "{app_id}");
    }
}
