//! Feeds from an import to what the detectors take over, and collections of a TAXII server.

use super::browser::{Browser, Reply, Rig};
use super::engine::kafka;
use super::sample::poison;
use crate::Role;
use crate::intel::fetch::Fetcher;
use crate::intel::publish::Publisher;
use axum::http::Method;
use bus::TopicSpec;
use https::testing;
use indicators::observe::{Hits, observe};
use ruleset::Content;
use serde_json::{Value, json};
use service::{Shutdown, Status};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Store;

const OWN: &str = "mof";

fn body(agency: &str, name: &str) -> Value {
    json!({"agency": agency, "name": name, "origin": {"kind": "kept"}})
}

/// A feed of each agency whose words are full of its poison.
pub(super) async fn plant_feeds(rig: &Rig, agencies: &[&str]) {
    let mut admin = rig.signed_in("admin").await;
    for agency in agencies {
        let made = admin.post("/indicator-feeds", body(agency, &poison(agency))).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = format!("/indicator-feeds/{}/indicators", made.json()["id"].as_str().unwrap());
        let word = poison(agency);
        let one = json!({"value": "evil.example", "label": word, "reference": word});
        let added = admin.post(&path, json!({"indicators": [one]})).await;
        assert_eq!(added.status, 200, "{}", added.text);
    }
}

fn nowhere() -> Store {
    Store::connect(&store::Config::new("http://127.0.0.1:1", "prohori").unwrap())
}

/// With users: who looks after everybody's feeds, after those of one agency, and who only reads.
fn rig_of(bus: bus::Config, root: &str) -> Rig {
    let rig = Rig::with_taxii(nowhere(), bus, root);
    rig.add_user("cert", &[(Role::NationalAnalyst, "*")], None);
    rig.add_user("hunter", &[(Role::Hunter, OWN)], None);
    rig.add_user("reader", &[(Role::Viewer, OWN)], None);
    rig.add_user("stranger", &[(Role::Hunter, "moe")], None);
    rig
}

fn rig() -> Rig {
    rig_of(bus::Config::new("127.0.0.1:1"), "http://127.0.0.1:1/api1/")
}

fn id(reply: &Reply) -> String {
    reply.json()["id"].as_str().unwrap_or_else(|| panic!("{}", reply.text)).to_owned()
}

async fn values(browser: &mut Browser, query: &str) -> Vec<String> {
    let reply = browser.get(&format!("/indicators?{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let items = reply.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["value"].as_str().unwrap().to_owned()).collect()
}

const CSV: &[u8] =
    b"value,confidence,label\nhxxp://evil[.]example/x,90,C2\n10.0.0.1,,\nnonsense,,\n\
    203.0.113.0/24,,\n";

#[tokio::test]
async fn files_are_imported_and_indicators_withdrawn() {
    let rig = rig();
    let mut hunter = rig.signed_in("hunter").await;
    let made = hunter.post("/indicator-feeds", body(OWN, "Own findings")).await;
    let feed = format!("/indicator-feeds/{}", id(&made));
    let import = format!("{feed}/import");
    let dry = hunter.upload(&format!("{import}?dry_run=true"), CSV).await.json();
    assert_eq!((&dry["indicators"], &dry["added"]), (&json!(2), &json!(0)));
    let told = hunter.upload(&import, CSV).await.json();
    assert_eq!(
        told,
        json!({"indicators": 2, "added": 2, "removed": 0, "skipped": 1,
            "first": ["line 4: \"nonsense\": the value is not of its type"],
            "left_out": {"private (RFC 1918)": 1}})
    );
    // Looked up by what an event would show.
    for (value, expected) in [
        ("203.0.113.77", vec!["203.0.113.0/24"]),
        ("https://EVIL.example/x?y", vec!["evil.example/x"]),
        ("other.example", vec![]),
    ] {
        assert_eq!(values(&mut hunter, &format!("value={value}")).await, expected, "{value}");
    }
    let all = hunter.get("/indicators").await.json();
    let net = all["items"][0]["id"].as_str().unwrap();
    let withdrawal = format!("/indicators/{net}/withdrawal");
    assert_eq!(hunter.put(&withdrawal, json!({"reason": " "})).await.code(), "invalid_body");
    let now = hunter.put(&withdrawal, json!({"reason": "our own scanner"})).await.json();
    assert_eq!(
        (&now["reason"], &now["withdrawn_by"]),
        (&json!("our own scanner"), &json!("hunter"))
    );
    // It stays withdrawn when the feed lists it again, and when the feed is replaced without it.
    for (file, removed) in [(CSV, 0), (b"evil2.example\n".as_slice(), 1)] {
        let told = hunter.upload(&format!("{import}?replace=true"), file).await.json();
        assert_eq!(told["removed"], removed, "{told}");
        assert_eq!(values(&mut hunter, "withdrawn=true").await, ["203.0.113.0/24"]);
    }
    assert_eq!(values(&mut hunter, "withdrawn=false").await, ["evil2.example"]);
    assert_eq!(hunter.delete(&withdrawal).await.json()["withdrawn"], Value::Null);
    let stix = br#"{"type":"bundle","objects":[{"type":"indicator","id":"indicator--1","pattern_type":"stix",
        "pattern":"[domain-name:value = 'stix.example']","valid_until":"2030-01-01T00:00:00Z"}]}"#;
    let misp = br#"{"Event":{"info":"Phish","Attribute":[{"type":"md5","to_ids":true,
        "value":"D41D8CD98F00B204E9800998ECF8427E"}]}}"#;
    for file in [stix.as_slice(), misp] {
        assert_eq!(hunter.upload(&import, file).await.json()["added"], 1);
    }
    let digest = "d41d8cd98f00b204e9800998ecf8427e";
    assert_eq!(values(&mut hunter, "kind=hash").await, [digest]);
    let stix = hunter.get("/indicators?value=a.stix.example").await.json();
    assert_eq!(stix["items"][0]["expires"], 1_893_456_000_000_i64);
    let page = hunter.get("/indicators?limit=1").await.json();
    let next = page["next_cursor"].as_str().unwrap();
    assert_eq!(values(&mut hunter, &format!("limit=1&cursor={next}")).await, ["stix.example"]);
    let wrong = hunter.upload(&import, b"{\"a\":1}").await;
    assert!(wrong.text.contains("the file: JSON of no known form"), "{}", wrong.text);
    let version = hunter.get(&feed).await.json()["version"].as_u64().unwrap();
    assert_eq!(hunter.change(Method::DELETE, &feed, 9, json!({})).await.code(), "version_conflict");
    let gone = hunter.change(Method::DELETE, &feed, version, json!({})).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert!(values(&mut hunter, "").await.is_empty());
}

#[tokio::test]
async fn whose_feed_it_is_says_who_sees_and_changes_it() {
    let rig = rig();
    let mut hunter = rig.signed_in("hunter").await;
    let mut cert = rig.signed_in("cert").await;
    let mut stranger = rig.signed_in("stranger").await;
    let mut reader = rig.signed_in("reader").await;
    assert_eq!(hunter.post("/indicator-feeds", body("*", "All")).await.code(), "forbidden");
    assert_eq!(hunter.post("/indicator-feeds", body("moe", "Theirs")).await.code(), "forbidden");
    assert_eq!(reader.post("/indicator-feeds", body(OWN, "Own")).await.code(), "forbidden");
    let own = id(&hunter.post("/indicator-feeds", body(OWN, "Own")).await);
    let all = id(&cert.post("/indicator-feeds", body("*", "National")).await);
    for (browser, seen) in [(&mut hunter, 2), (&mut cert, 2), (&mut reader, 2), (&mut stranger, 1)]
    {
        let list = browser.get("/indicator-feeds").await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), seen, "{list}");
    }
    let add = json!({"indicators": [{"value": "evil.example"}]});
    let to = |feed: &str| format!("/indicator-feeds/{feed}/indicators");
    assert_eq!(stranger.post(&to(&own), add.clone()).await.code(), "not_found");
    assert_eq!(stranger.post(&to(&all), add.clone()).await.code(), "forbidden");
    assert_eq!(reader.post(&to(&own), add.clone()).await.code(), "forbidden");
    assert_eq!(hunter.post(&to(&own), add).await.status, 200);
    assert!(values(&mut stranger, "value=evil.example").await.is_empty());
    assert_eq!(values(&mut reader, "value=evil.example").await, ["evil.example"]);
    let listed = hunter.get("/indicators").await.json()["items"][0]["id"].clone();
    let path = format!("/indicators/{}/withdrawal", listed.as_str().unwrap());
    assert_eq!(stranger.delete(&path).await.code(), "not_found");
    assert_eq!(reader.delete(&path).await.code(), "forbidden");
    // Nobody lists what cannot be meant.
    for (value, word) in [("10.0.0.1", "private"), ("gov.bd", "registers"), ("x y", "no address")] {
        let add = json!({"indicators": [{"value": "ok.example"}, {"value": value}]});
        let refused = hunter.post(&to(&own), add).await;
        assert_eq!(refused.code(), "invalid_body");
        assert_eq!(refused.json()["params"]["field"], "indicators[1].value");
        assert!(refused.text.contains(word), "{}", refused.text);
    }
    assert!(values(&mut hunter, "value=ok.example").await.is_empty(), "all or none");
}

/// What the detectors would say of an event of that agency.
fn hits(set: &indicators::Set, agency: &str) -> Vec<String> {
    let event = br#"{"observables":[{"name":"a","type_id":1,"value":"own.example"},
        {"name":"b","type_id":2,"value":"203.0.113.9"}]}"#;
    let found = observe(set, event, 1_800_000_000, Hits::of(agency)).hits;
    found
        .iter()
        .map(|hit| format!("{} {}", hit.listing.indicator, hit.listing.note.source))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn detectors_get_what_counts() {
    let bus = kafka().await;
    bus::admin::ensure_topics(&bus, &TopicSpec::shared(1)).unwrap();
    let rig = rig_of(bus.clone(), "http://127.0.0.1:1/api1/");
    let (status, shutdown) = (Status::new(), Shutdown::new());
    let publisher = Publisher {
        intel: rig.app.intel.clone(),
        bus: bus.clone(),
        part: status.part("indicators"),
    };
    let mut tasks = service::Tasks::new(&shutdown);
    tasks.spawn("indicators", publisher.run(shutdown.clone()));
    let mut cert = rig.signed_in("cert").await;
    let all = id(&cert.post("/indicator-feeds", body("*", "National")).await);
    let own = id(&cert.post("/indicator-feeds", body(OWN, "Finance")).await);
    let add = |value: &str| json!({"indicators": [{"value": value, "confidence": 90}]});
    for (feed, value) in [(&all, "203.0.113.9"), (&own, "own.example")] {
        let path = format!("/indicator-feeds/{feed}/indicators");
        assert_eq!(cert.post(&path, add(value)).await.status, 200);
    }
    let source = feeds::Source { published: Some(bus), ..feeds::Source::default() };
    let expect = async |agency: &str, expected: &[&str]| {
        let mut seen = Vec::new();
        for _ in 0..200 {
            let source = source.clone();
            let loaded = tokio::task::spawn_blocking(move || source.load()).await.unwrap();
            if let Ok((set, _)) = loaded {
                seen = hits(&set, agency);
                if seen == expected {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{agency}: {seen:?} instead of {expected:?}");
    };
    expect(OWN, &["own.example Finance", "203.0.113.9 National"]).await;
    expect("moe", &["203.0.113.9 National"]).await;
    let listed = cert.get("/indicators?value=203.0.113.9").await.json();
    let path = format!("/indicators/{}/withdrawal", listed["items"][0]["id"].as_str().unwrap());
    assert_eq!(cert.put(&path, json!({"reason": "a scanner"})).await.status, 200);
    expect("moe", &[]).await;
    // What a detector has may not yet be known to have arrived.
    let mut set = json!(null);
    while set["indicators"] != 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        set = cert.get("/indicator-feeds").await.json()["published"].clone();
    }
    let published = control::published(&source.published.unwrap(), Content::Indicators).unwrap();
    assert_eq!(set["version"], published.unwrap().version);
    shutdown.begin();
    tasks.join(Duration::from_secs(10)).await.unwrap();
}

/// A TAXII server that answers with what stands in `pages`, by what the path holds.
fn server(pages: Arc<Mutex<Vec<(&'static str, String)>>>) -> String {
    let address = testing::serve(move |request| {
        let pages = pages.lock().unwrap();
        let found = pages.iter().find(|(part, _)| request.path().contains(part));
        let headers = "X-TAXII-Date-Added-Last: 2026-11-01T00:00:00Z\r\n";
        match found {
            Some((_, body)) => testing::response(200, headers, body),
            None => testing::response(404, "", ""),
        }
    });
    format!("http://{}/api1/", address.unwrap())
}

fn object(number: u32, domain: &str, revoked: bool) -> String {
    format!(
        r#"{{"type":"indicator","id":"indicator--{number}","pattern_type":"stix","revoked":{revoked},
            "pattern":"[domain-name:value = '{domain}']"}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_is_followed() {
    let envelope = |objects: &[String]| format!(r#"{{"objects":[{}]}}"#, objects.join(","));
    let first = format!(
        r#"{{"more":true,"next":"2","objects":[{},{}]}}"#,
        object(1, "one.example", false),
        object(2, "two.example", false)
    );
    let pages = Arc::new(Mutex::new(vec![
        ("&next=2", envelope(&[object(3, "three.example", false)])),
        ("added_after", "{}".to_owned()),
        ("c-1/objects/", first),
        ("collections/", r#"{"collections":[{"id":"c-1","title":"Adv","can_read":true}]}"#.into()),
    ]));
    let rig = rig_of(bus::Config::new("127.0.0.1:1"), &server(pages.clone()));
    let mut cert = rig.signed_in("cert").await;
    let known = cert.get("/taxii-servers/cert/collections").await.json();
    assert_eq!(known["items"], json!([{"id": "c-1", "title": "Adv"}]));
    assert_eq!(cert.get("/taxii-servers/other/collections").await.code(), "not_found");
    let origin = json!({"kind": "taxii", "server": "cert", "collection": "c-1", "minutes": 30});
    let new =
        json!({"agency": "*", "name": "CERT", "origin": origin, "confidence": 70, "days": 30});
    let mut wrong = new.clone();
    wrong["origin"]["server"] = "other".into();
    assert_eq!(cert.post("/indicator-feeds", wrong).await.json()["params"]["field"], "server");
    let feed = format!("/indicator-feeds/{}", id(&cert.post("/indicator-feeds", new).await));
    let fetcher = Fetcher { intel: rig.app.intel.clone(), metrics: rig.app.metrics.clone() };
    fetcher.look().await.unwrap();
    let domains = ["three.example", "two.example", "one.example"];
    assert_eq!(values(&mut cert, "").await, domains);
    let view = cert.get(&feed).await.json();
    assert_eq!((&view["fault"], &view["indicators"]), (&json!(""), &json!(3)));
    assert!(view["read"].as_i64().unwrap() > 0);
    let one = cert.get("/indicators?value=one.example").await.json()["items"][0].clone();
    assert_eq!((&one["confidence"], &one["added_by"]), (&json!(70), &json!("taxii")));
    let month = one["expires"].as_i64().unwrap() - one["added"].as_i64().unwrap();
    assert!((month - 30 * 86_400_000).abs() < 1_000, "{one}");
    // Not before its time; then what changed meanwhile: one is revoked, one means another domain.
    pages.lock().unwrap()[1].1 =
        envelope(&[object(1, "one.example", true), object(2, "zwei.example", false)]);
    fetcher.look().await.unwrap();
    assert_eq!(values(&mut cert, "").await, domains);
    rig.wait(1_800_000);
    fetcher.look().await.unwrap();
    assert_eq!(values(&mut cert, "").await, ["zwei.example", "three.example"]);
    // A server that fails is said so, and what it listed stays.
    pages.lock().unwrap().clear();
    assert_eq!(cert.post(&format!("{feed}/fetch"), json!({})).await.status, 202);
    fetcher.look().await.unwrap();
    let view = cert.get(&feed).await.json();
    let fault = "cert at collections/c-1/objects/: it answers 404 Not Found";
    assert_eq!((&view["fault"], &view["indicators"]), (&json!(fault), &json!(2)));
    let refused = cert.upload(&format!("{feed}/import"), b"x.example\n").await;
    assert_eq!(refused.code(), "invalid_parameter");
    assert_eq!(cert.get("/taxii-servers/cert/collections").await.code(), "server_unreachable");
}
