//! No agency sees another's rows: every readable route of the OpenAPI document is tried.

use super::browser::Rig;
use super::engine::{database, kafka};
use super::sample::{BEGIN_MS, alert_id, plant, poison, uid};
use crate::Role;
use axum::http::Method;
use serde_json::{Value, json};

pub(super) const OWN: &str = "mof";
pub(super) const OTHER: &str = "moe";

/// Values to try for a parameter: such as would show the other agency's rows, if anything did.
fn values(name: &str) -> Vec<String> {
    let shown: &[String] = &match name {
        "from" => vec![(BEGIN_MS - 3_600_000).to_string()],
        "to" => vec![(BEGIN_MS + 3_600_000).to_string()],
        "agency" => vec![OTHER.into()],
        "host" => vec!["web-01".into()],
        "rule" => vec!["rule-1".into()],
        "q" => vec![
            poison(OTHER),
            "failed".into(),
            "failed+%7C+table+agency,user,raw,unmapped.x".into(),
            "failed+OR+agency:moe+%7C+count+by+agency,+user".into(),
            "failed+%7C+timechart+span=1m+by+user".into(),
        ],
        "group" => vec!["group-1".into()],
        "order" => {
            vec!["arrival".into(), "risk".into(), "title".into(), "alerts".into(), "last".into()]
        }
        "kind" => vec!["rule".into(), "exception".into(), "domain".into()],
        "stage" => vec!["draft".into(), "active".into()],
        "level" => vec!["high".into()],
        "over_sla" | "grouped" => vec!["true".into(), "false".into()],
        "source" => vec!["sshd".into()],
        "class_uid" => vec!["3002".into()],
        "state" => vec!["new,acknowledged,in_progress,closed".into()],
        "severity_min" => vec!["1".into()],
        "assignee" => vec!["none".into(), "me".into(), "other".into()],
        "actor" | "user" => vec!["other".into()],
        "after" => vec!["a".into(), "0".into()],
        "action" => vec!["session.begin".into()],
        "target" | "alert" => vec![alert_id(OTHER, 0)],
        "updated_since" => vec!["0".into()],
        "seconds" => vec!["0".into()],
        "said" => vec!["done".into()],
        "format" => vec!["ndjson".into(), "csv".into()],
        "columns" => vec!["agency,user,raw,unmapped.x".into()],
        "before" => vec!["1000000".into()],
        "feed" => vec!["1".into(), "2".into()],
        "value" => vec!["evil.example".into(), poison(OTHER)],
        "withdrawn" => vec!["true".into(), "false".into()],
        "back" => vec!["/alerts".into()],
        "code" | "iss" | "error" => vec!["x".into()],
        "limit" => vec!["500".into()],
        "buckets" => vec!["500".into()],
        "cursor" => vec![
            format!("{}.{}", BEGIN_MS + 3_600_000, alert_id(OTHER, 9)),
            format!("{}.{}", BEGIN_MS + 3_600_000, "f".repeat(32)),
            "1000".into(),
        ],
        other => panic!("give values to try for parameter {other:?}"),
    };
    shown.to_vec()
}

/// Every query of an operation: the required parameters, with each value of each parameter.
fn queries(operation: &Value) -> Vec<String> {
    let empty = Vec::new();
    let parameters = operation["parameters"].as_array().unwrap_or(&empty);
    let name = |parameter: &&Value| parameter["name"].as_str().unwrap().to_owned();
    let in_query = || parameters.iter().filter(|parameter| parameter["in"] == "query");
    let required: Vec<String> = in_query()
        // A stream would go on for minutes.
        .filter(|parameter| parameter["required"] == true || parameter["name"] == "seconds")
        .map(|parameter| format!("{}={}", name(&parameter), values(&name(&parameter))[0]))
        .collect();
    let mut queries = vec![required.join("&")];
    for parameter in in_query() {
        let key = format!("{}=", name(&parameter));
        for value in values(&name(&parameter)) {
            let others = required.iter().filter(|other| !other.starts_with(&key)).cloned();
            let query: Vec<String> = others.chain([format!("{key}{value}")]).collect();
            queries.push(query.join("&"));
        }
    }
    queries
}

/// The ids to try in a path: the other agency's, and our own, whose answers must hold no other's.
fn paths(path: &str) -> Vec<String> {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let fill = |agency: &str, case: u32| {
        path.replace("{id}", &alert_id(agency, 0))
            .replace("{uid}", &uid(agency, 0))
            .replace("{kind}", "user")
            .replace("{value}", &poison(OWN))
            .replace("{field}", "user")
            .replace("{case}", &format!("{agency}-{case}"))
            .replace("{name}", if agency == OWN { "viewer" } else { "other" })
            .replace("{agency}", agency)
            .replace("{channel}", if agency == OWN { "1" } else { "2" })
            .replace("{feed}", if agency == OWN { "1" } else { "2" })
            .replace("{server}", "nobody")
            .replace("{search}", "1")
            .replace("{evidence}", &format!("{agency}-{case}.e3"))
    };
    // A rule is everybody's; what its alerts came to is not.
    if path.starts_with("/rules/") {
        return vec![path.replace("{id}", "rule-1").replace("{version}", "1")];
    }
    let mut filled = vec![fill(OWN, 1), fill(OTHER, 1), fill(OTHER, 2)];
    if path.contains("{kind}") {
        // Whose name the asker knows, and what is the same everywhere.
        filled.push(fill(OWN, 1).replace(&format!("user/{}", poison(OWN)), "ip/203.0.113.9"));
        filled.push(fill(OWN, 1).replace(&format!("user/{}", poison(OWN)), "host/web-01"));
    }
    filled.dedup();
    assert!(!filled[0].contains('{'), "give ids to try for {path}");
    filled
}

/// A case of each agency with an alert and evidence full of its poison; the own one holds an alert
/// of the other too, and the other shares its second one, whose words are harmless.
pub(super) async fn plant_cases(rig: &Rig) {
    rig.add_user("national", &[(Role::NationalAnalyst, "*")], None);
    let mut national = rig.signed_in("national").await;
    for (agency, title, alerts) in [
        (OWN, poison(OWN), vec![alert_id(OWN, 0), alert_id(OTHER, 0)]),
        (OTHER, poison(OTHER), vec![alert_id(OTHER, 0)]),
        (OTHER, "Shared".into(), vec![alert_id(OTHER, 0)]),
    ] {
        let new = json!({"title": title, "agency": agency, "alerts": alerts, "tlp": "amber"});
        let case = national.post("/cases", new).await.json();
        let path = format!("/cases/{}", case["id"].as_str().unwrap());
        let frozen = json!({"alert": alert_id(agency, 0), "note": poison(agency)});
        let case = national.post(&format!("{path}/evidence"), frozen).await.json();
        let frozen = json!({"event": uid(agency, 0)});
        let case = match national.post(&format!("{path}/evidence"), frozen).await {
            reply if reply.status == 201 => reply.json(),
            reply => panic!("{} after {case}", reply.text),
        };
        if title == "Shared" {
            let (version, body) = (case["version"].as_u64().unwrap(), json!({"agencies": [OWN]}));
            let path = format!("{path}/agencies");
            assert_eq!(national.change(Method::PUT, &path, version, body).await.status, 200);
        }
    }
}

#[tokio::test]
async fn no_route_shows_another_agency() {
    let store = database().await;
    plant(&store, OWN, 3).await;
    plant(&store, OTHER, 5).await;
    // A broker of its own: with none, every look at the ledger would wait for it.
    let rig = Rig::with_both(store, kafka().await);
    let roles: Vec<(String, Role)> =
        Role::ALL.iter().map(|role| (role.as_str().replace('_', "-"), *role)).collect();
    for (name, role) in &roles {
        rig.add_user(name, &[(*role, OWN)], None);
    }
    rig.add_named("other", &poison(OTHER), &[(Role::Analyst, OTHER)]);
    rig.add_named("own", &poison(OWN), &[(Role::Analyst, OWN)]);
    plant_cases(&rig).await;
    super::rules::keep(&rig, "rule-1").await;
    super::telling::plant_channels(&rig, &[OWN, OTHER]).await;
    super::intel::plant_feeds(&rig, &[OWN, OTHER]).await;
    let document: Value = serde_json::from_str(&crate::openapi()).unwrap();
    let (secret, mut answered, mut own_seen) = (poison(OTHER), 0, 0);
    for (name, _) in &roles {
        let mut browser = rig.signed_in(name).await;
        for (path, item) in document["paths"].as_object().unwrap() {
            let operation = &item["get"];
            if operation.is_null() {
                continue;
            }
            for path in paths(path) {
                for query in queries(operation) {
                    let reply = browser.get(&format!("{path}?{query}")).await;
                    let shown = format!("{name}: GET {path}?{query} -> {}", reply.text);
                    // The cursor is the caller's own text; nothing echoes it.
                    assert!(!reply.text.contains(&secret), "{shown}");
                    assert!(!reply.text.contains(&uid(OTHER, 0)[..16]), "{shown}");
                    assert!(!reply.text.contains(&alert_id(OTHER, 0)), "{shown}");
                    assert!(reply.status.as_u16() < 500, "{shown}");
                    answered += usize::from(reply.status == 200);
                    own_seen += usize::from(reply.text.contains(&poison(OWN)));
                }
            }
        }
    }
    assert!(answered > 100 && own_seen > 50, "{answered} answered, {own_seen} with own rows");
}

#[tokio::test]
async fn counts_count_only_the_own_agency() {
    let store = database().await;
    plant(&store, OWN, 3).await;
    plant(&store, OTHER, 5).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    let mut browser = rig.signed_in("rahima").await;
    assert_eq!(browser.get("/alerts/counts").await.json()["total"], 3);
    let path = format!("/events/histogram?from={}&to={}", BEGIN_MS, BEGIN_MS + 60_000);
    let histogram = browser.get(&path).await.json();
    let total: u64 =
        histogram["items"].as_array().unwrap().iter().map(|b| b["count"].as_u64().unwrap()).sum();
    assert_eq!(total, 3);
    let other = browser.get(&format!("/alerts?agency={OTHER}")).await.json();
    assert_eq!(other["items"], json!([]));
    let mut admin = rig.signed_in("admin").await;
    assert_eq!(admin.get("/alerts/counts").await.json()["total"], 8, "every agency's");
}

#[tokio::test]
async fn another_agency_s_alert_cannot_be_changed() {
    let store = database().await;
    plant(&store, OWN, 1).await;
    plant(&store, OTHER, 1).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, OWN), (Role::Viewer, "mod")], None);
    rig.add_user("karim", &[(Role::Analyst, OTHER), (Role::Viewer, OWN)], None);
    let mut rahima = rig.signed_in("rahima").await;
    let mut karim = rig.signed_in("karim").await;
    let change = |browser: &super::browser::Browser, agency: &str| {
        let path = format!("/alerts/{}", alert_id(agency, 0));
        let mut request =
            browser.request(Method::PATCH, &path, Some(json!({"state": "acknowledged"})));
        request.headers_mut().insert("if-match", "\"1\"".parse().unwrap());
        request
    };
    assert_eq!(rahima.send(change(&rahima, OTHER)).await.code(), "not_found");
    let path = format!("/alerts/{}/comments", alert_id(OTHER, 0));
    assert_eq!(rahima.post(&path, json!({"text": "x"})).await.code(), "not_found");
    // Who only reads there sees it and may not change it.
    assert_eq!(karim.send(change(&karim, OWN)).await.code(), "forbidden");
    let path = format!("/alerts/{}/comments", alert_id(OWN, 0));
    assert_eq!(karim.post(&path, json!({"text": "x"})).await.code(), "forbidden");
    let path = format!("/alerts/{}", alert_id(OWN, 0));
    assert_eq!(karim.get(&path).await.json()["version"], 1);
}
