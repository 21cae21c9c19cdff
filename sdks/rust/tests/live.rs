//! Uses a running server: `LICET_URL`, and `LICET_TOKEN` as its API key.

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use licet::{
    json, Check, Error, Licet, LicetAdmin, MemoryStore, Source, Status, Validation, Value, Verify,
};

const NOWHERE: &str = "http://127.0.0.1:9";

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} must be set: see sdks/rust/scripts/test.sh"))
}

fn admin() -> LicetAdmin {
    LicetAdmin::new(&variable("LICET_URL"), &variable("LICET_TOKEN")).unwrap()
}

/// A product with a plan, for one test.
struct Shop {
    admin: LicetAdmin,
    product: String,
    plan: String,
    public_keys: Vec<String>,
}

impl Shop {
    fn open(name: &str) -> Self {
        let (admin, time) =
            (admin(), SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap());
        let product = format!("rust-{name}-{}", time.as_millis());
        let prefix = format!("{}{:06}", name[..2].to_uppercase(), time.as_millis() % 1_000_000);
        let body = json!({ "slug": product, "name": name, "key_prefix": prefix });
        admin.products().create(&body).unwrap();
        let plan = format!("{product}-pro");
        let body = json!({
            "slug": plan, "product": product, "name": "Pro", "features": { "sso": true },
            "max_domains": 3, "max_devices": 2, "max_seats": 1,
            "offline": { "refresh_days": 1, "valid_days": 7, "hard_days": 30, "file_days": 365 },
        });
        admin.plans().create(&body).unwrap();
        let keys = admin.request("GET", "/.well-known/licet/jwks.json", None).unwrap();
        let keys = keys["keys"].as_array().unwrap().iter();
        let public_keys = keys.map(|key| key["x"].as_str().unwrap().to_owned()).collect();
        Self { admin, product, plan, public_keys }
    }

    /// Issues a license. Returns its ID and its key.
    fn issue(&self) -> (String, String) {
        let order = json!({ "plan": self.plan, "customer_email": "dev@example.com" });
        let license = self.admin.licenses().create(&order).unwrap();
        (text(&license["id"]), text(&license["key"]))
    }

    /// Returns a client on a device of its own, which remembers nothing.
    fn device(&self, key: &str, device: &str, url: &str) -> Licet {
        Licet::builder(url, "live-client")
            .key(key)
            .product(&self.product)
            .public_keys(&self.public_keys)
            .fingerprint(format!("{}-{device}", self.product))
            .store(MemoryStore::default())
            .build()
            .unwrap()
    }

    fn online(&self, key: &str, device: &str) -> Licet {
        self.device(key, device, &variable("LICET_URL"))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text")).to_owned()
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().code().unwrap_or_default().to_owned()
}

#[test]
fn a_license_is_checked_online_and_then_without_the_server() {
    let shop = Shop::open("check");
    let (id, key) = shop.issue();
    let licet = shop.online(&key, "laptop");
    let state = licet.check();
    assert_eq!((state.status, state.source), (Status::Licensed, Source::Server), "{state:?}");
    assert_eq!(state.license.unwrap().plan, shop.plan);
    assert_eq!(licet.check().source, Source::Lease);
    shop.admin.licenses().suspend(&id, &json!({ "reason": "payment failed" })).unwrap();
    let state = licet.check_with(Check { fresh: true, ..Check::default() });
    assert_eq!(state.code.as_deref(), Some("LICENSE_SUSPENDED"));
    assert_eq!(licet.check().status, Status::Refused);
}

#[test]
fn a_validation_asks_the_server_each_time_and_returns_a_refusal() {
    let shop = Shop::open("validate");
    let (id, key) = shop.issue();
    let licet = shop.online(&key, "laptop");
    assert!(matches!(licet.validate().unwrap(), Validation::Valid { .. }));
    shop.admin.licenses().suspend(&id, &json!({})).unwrap();
    let refused = licet.validate().unwrap();
    assert!(matches!(refused, Validation::Refused { code, .. } if code == "LICENSE_SUSPENDED"));
    shop.admin.licenses().reinstate(&id).unwrap();
    assert!(licet.check_with(Check { fresh: true, ..Check::default() }).allowed);
    assert_eq!(code(shop.device(&key, "other", NOWHERE).validate()), "NO_ANSWER");
}

#[test]
fn devices_are_activated_up_to_the_limit_and_deactivated() {
    let shop = Shop::open("devices");
    let (id, key) = shop.issue();
    let [first, second, third] = ["first", "second", "third"].map(|name| shop.online(&key, name));
    let activation = first.activate().unwrap();
    assert_eq!(first.activate().unwrap().id, activation.id);
    second.activate().unwrap();
    assert_eq!(code(third.activate()), "DEVICE_LIMIT_REACHED");
    first.deactivate().unwrap();
    third.activate().unwrap();
    assert_eq!(shop.admin.licenses().get(&id).unwrap()["devices"], 2);
    assert_eq!(shop.admin.licenses().activations(&id, &[]).count(), 2);
}

#[test]
fn a_floating_seat_is_used_by_one_device_at_a_time() {
    let shop = Shop::open("seats");
    let (_, key) = shop.issue();
    let (one, other) = (shop.online(&key, "one"), shop.online(&key, "other"));
    let hold = one.seats().hold().unwrap();
    assert_eq!(code(other.seats().acquire()), "SEAT_LIMIT_REACHED");
    drop(hold);
    let seat = other.seats().acquire().unwrap();
    assert_eq!(other.seats().renew(&seat.id).unwrap().id, seat.id);
    other.seats().release(&seat.id).unwrap();
}

#[test]
fn a_license_file_works_without_any_server_until_it_is_returned() {
    let shop = Shop::open("files");
    let (id, key) = shop.issue();
    let island = shop.device(&key, "island", NOWHERE);
    let body = json!({ "fingerprint": format!("{}-island", shop.product) });
    let file = text(&shop.admin.licenses().create_file(&id, &body).unwrap()["file"]);
    let state = island.import_file(&file).unwrap();
    assert_eq!((state.status, state.source), (Status::Licensed, Source::File));
    assert_eq!(island.check().source, Source::File);
    let options = Verify { fingerprint: Some("another-device"), ..Verify::default() };
    let elsewhere = Licet::verify(&file, &shop.public_keys, options);
    assert_eq!(elsewhere.code.as_deref(), Some("FINGERPRINT_MISMATCH"));
    let returned = json!({ "key": key, "code": island.return_file().unwrap() });
    shop.admin.request("POST", "/api/v1/offline/deactivate", Some(&returned)).unwrap();
    assert_eq!(shop.admin.licenses().get(&id).unwrap()["devices"], 0);
    assert_eq!(island.check().code.as_deref(), Some("FILE_RETURNED"));
}

#[test]
fn a_request_code_yields_a_license_file_and_a_feed_revokes_it() {
    let shop = Shop::open("offline");
    let (id, key) = shop.issue();
    let island = shop.device(&key, "air-gap", NOWHERE);
    let request = json!({ "request": island.create_offline_request().unwrap().code });
    let answer = shop.admin.request("POST", "/api/v1/offline/activate", Some(&request)).unwrap();
    assert!(island.import_file(&text(&answer["file"])).unwrap().allowed);
    shop.admin.licenses().revoke(&id, &json!({})).unwrap();
    let feed = shop.admin.request("GET", "/api/v1/revocations?format=file", None).unwrap();
    let state = island.import_revocations(&text(&feed)).unwrap();
    assert_eq!((state.status, state.code.as_deref()), (Status::Refused, Some("LICENSE_REVOKED")));
}

#[test]
fn a_license_lives_from_its_first_key_to_its_end() {
    let shop = Shop::open("lifecycle");
    let (id, key) = shop.issue();
    let licenses = shop.admin.licenses();
    assert_eq!(licenses.lookup(&key.to_lowercase()).unwrap()["id"], id.as_str());
    let end = json!({ "expires_at": "2099-01-01T00:00:00Z" });
    assert_eq!(licenses.update(&id, &end).unwrap()["expires_at"], end["expires_at"]);
    let renewed = licenses.renew(&id, &json!({ "days": 10 })).unwrap();
    assert_eq!(renewed["expires_at"], "2099-01-11T00:00:00Z");
    let rotated = licenses.rotate_key(&id, &json!({})).unwrap();
    assert!(rotated["id"] == id.as_str() && rotated["key"] != key.as_str());
    assert_eq!(licenses.revoke(&id, &json!({})).unwrap()["status"], "revoked");
    let events: Vec<_> = licenses.events(&id, &[("limit", "2")]).map(Result::unwrap).collect();
    assert_eq!(events[0]["type"], "license.revoked");
    assert_eq!(events.last().unwrap()["type"], "license.created");
}

#[test]
fn the_same_idempotency_key_issues_one_license_and_a_list_yields_each_once() {
    let shop = Shop::open("pages");
    let order = json!({ "plan": shop.plan, "customer_email": "dev@example.com" });
    let once = shop.admin.idempotency_key(format!("order-{}", shop.product));
    let first = once.licenses().create(&order).unwrap();
    assert_eq!(once.licenses().create(&order).unwrap()["id"], first["id"]);
    let many = json!({ "plan": shop.plan, "customer_email": "dev@example.com", "quantity": 6 });
    shop.admin.licenses().create_many(&many).unwrap();
    let query = [("product", shop.product.as_str()), ("limit", "3")];
    let found: Result<Vec<_>, _> = shop.admin.licenses().list(&query).collect();
    let ids: BTreeSet<_> = found.unwrap().iter().map(|each| text(&each["id"])).collect();
    assert_eq!(ids.len(), 7);
    let (id, version) = (text(&first["id"]), first["version"].as_u64().unwrap());
    let change = |name| {
        shop.admin.if_match(version).licenses().update(&id, &json!({ "customer_name": name }))
    };
    change("Ada").unwrap();
    let Err(Error::Problem(problem)) = change("Eve") else { panic!("the version is outdated") };
    assert_eq!(problem.status, 412);
}

#[test]
fn endpoints_of_webhooks_are_managed_and_a_problem_names_the_field() {
    let admin = admin();
    let body = json!({ "url": "https://hooks.example.com", "events": ["*"] });
    let created = admin.webhooks().create(&body).unwrap();
    let id = text(&created["id"]);
    assert!(text(&created["secret"]).starts_with("whsec_"));
    assert_ne!(admin.webhooks().rotate_secret(&id).unwrap()["secret"], created["secret"]);
    admin.webhooks().delete(&id).unwrap();
    assert_eq!(code(admin.webhooks().get(&id)), "not_found");
    let order = json!({ "plan": "none", "customer_email": "dev@example.com" });
    let Err(Error::Problem(problem)) = admin.licenses().create(&order) else {
        panic!("there is no such plan");
    };
    assert_eq!(
        (problem.code.as_str(), problem.errors[0].pointer.as_str()),
        ("validation_failed", "/plan")
    );
    assert!(problem.request_id.is_some());
}

/// Runs the example app in a home of its own.
fn run_editor(shop: &Shop, key: &str, url: &str, words: &[&str]) -> Output {
    let home = env::temp_dir().join(&shop.product);
    let tests = env::current_exe().unwrap();
    let program: PathBuf = tests.parent().unwrap().parent().unwrap().join("examples/editor");
    Command::new(program)
        .args(words)
        .env("LICET_URL", url)
        .env("LICET_PUBLIC_KEYS", shop.public_keys.join(","))
        .env("LICENSE_KEY", key)
        .env("LICET_FINGERPRINT", format!("{}-editor", shop.product))
        .env("XDG_CONFIG_HOME", home)
        .output()
        .unwrap()
}

#[test]
fn the_example_app_is_licensed_online_and_at_its_next_start_without_the_server() {
    let shop = Shop::open("example");
    let (_, key) = shop.issue();
    let url = variable("LICET_URL");
    let run = |key: &str, url: &str, words: &[&str]| {
        let output = run_editor(&shop, key, url, words);
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    };
    let unknown = run("an-unknown-license-key", &url, &["status"]);
    assert_eq!(unknown.0, 1);
    assert!(unknown.1.starts_with("not licensed: LICENSE_NOT_FOUND"), "{}", unknown.1);
    assert_eq!(run(&key, &url, &["status"]), (0, format!("licensed: {} (Server)\n", shop.plan)));
    assert_eq!(run(&key, NOWHERE, &["status"]), (0, format!("licensed: {} (Lease)\n", shop.plan)));
    let export = run(&key, NOWHERE, &["export"]);
    assert!(export.1.starts_with("not licensed: FEATURE_NOT_INCLUDED"), "{}", export.1);
    assert_eq!(run(&key, &url, &["deactivate"]).0, 0);
    let home = env::temp_dir().join(&shop.product).join("com.example.editor");
    assert!(home.is_dir());
    std::fs::remove_dir_all(home.parent().unwrap()).unwrap();
}

#[test]
fn events_are_read_on_from_the_last_one_that_was_seen() {
    let shop = Shop::open("events");
    let mut newest = shop.admin.events().list(&[("limit", "1")]);
    let last = text(&newest.page().unwrap()["data"][0]["id"]);
    let (id, _) = shop.issue();
    let after: Vec<_> =
        shop.admin.events().list(&[("after", &last), ("limit", "1")]).map(Result::unwrap).collect();
    assert!(after.iter().any(|event| event["license_id"] == id.as_str()));
    let usage = shop.admin.licenses().usage(&id, &[]).page().unwrap();
    assert_eq!(usage["summary"]["valid"], 0);
    let quick = shop.admin.timeout(Duration::from_secs(5)).retries(0);
    assert!(quick.licenses().explain(&id, &[]).unwrap()["valid"].as_bool().unwrap());
}
