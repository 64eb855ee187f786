//! No agency changes another's things, and no answer to a change shows them: every operation of the
//! OpenAPI document that is no read is tried by every role, with every member of its body.

use super::browser::{Browser, NOWHERE, Reply, Rig};
use super::engine::{database, kafka};
use super::isolation::{OTHER, OWN, plant_cases};
use super::sample::{BEGIN_MS, alert_id, plant, poison, uid};
use crate::Role;
use axum::http::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Everybody's own, or without a session: what they do is looked at by tests of their own.
const PERSONAL: [&str; 3] = ["/session", "/me", "/lite"];
/// Operations that the administrator of all gets done with these bodies, at least.
const ADMIN_MIN: usize = 30;
/// Rules that would find the other agency's events, were they looked for there.
const RULE: &str = "title: Failed\nid: 7f3c1d52-0000-4000-8000-0000000000aa\nlogsource: {product: linux, \
    service: sshd}\ndetection: {s: {message|contains: 'Failed password'}, condition: s}\nlevel: low\n";
const EXCEPTION: &str = "title: e\nid: 7f3c1d52-0000-4000-8000-0000000000ab\nx-prohori-agencies: [moe]\n\
    logsource: {product: linux}\nfilter: {rules: any, s: {src_ip: 203.0.113.9}, condition: not s}\n";

/// A value for a member of a body: such as reaches for the other agency, if anything does.
fn sample(document: &Value, path: &str, name: &str, schema: &Value) -> Value {
    match name {
        "agency" => OTHER.into(),
        "agencies" => json!([OTHER]),
        "alert" => alert_id(OTHER, 0).into(),
        "alerts" | "ids" | "add" | "remove" => json!([alert_id(OTHER, 0)]),
        "event" => uid(OTHER, 0).into(),
        "evidence" => json!([format!("{OTHER}-1.e3")]),
        "tasks" => json!([format!("{OTHER}-1.t1")]),
        "into" => format!("{OTHER}-1").into(),
        "grants" => json!([{"role": "viewer", "agency": OTHER}]),
        "target" => json!({"kind": "webhook", "url": format!("http://{NOWHERE}/")}),
        "origin" => json!({"kind": "kept"}),
        "indicators" => json!([{"value": "evil2.example"}]),
        "permissions" => json!(["read_alerts"]),
        "user" | "assignee" | "name" => "other".into(),
        "from" => (BEGIN_MS - 3_600_000).into(),
        "to" => (BEGIN_MS + 3_600_000).into(),
        "expected" => 5.into(),
        "text" if path.starts_with("/exceptions") => EXCEPTION.into(),
        "text" if path.starts_with("/rules") => RULE.into(),
        "q" | "before" => "failed | table agency, user, raw".into(),
        "severity_min" => 1.into(),
        _ => of_schema(document, path, schema),
    }
}

fn of_schema(document: &Value, path: &str, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return of_schema(document, path, target.unwrap());
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|choices| choices.first()) {
            return of_schema(document, path, first);
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
    match kind {
        "boolean" => false.into(),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "array" => json!([]),
        "string" => "x".into(),
        _ => Value::Object(members(document, path, schema).into_iter().collect()),
    }
}

fn members(document: &Value, path: &str, schema: &Value) -> Vec<(String, Value)> {
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    let one =
        |(name, schema): (&String, &Value)| (name.clone(), sample(document, path, name, schema));
    properties.iter().map(one).collect()
}

/// The bodies to try: all members, those that must be there, and each of the others beside them.
fn bodies(document: &Value, path: &str, operation: &Value) -> Vec<Option<Value>> {
    let content = &operation["requestBody"]["content"]["application/json"];
    let Some(reference) = content["schema"]["$ref"].as_str() else { return vec![None] };
    let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
    let all = members(document, path, schema);
    let empty = Vec::new();
    let required = schema["required"].as_array().unwrap_or(&empty);
    let is_required = |name: &str| required.iter().any(|each| each == name);
    let object = |keep: &dyn Fn(&str) -> bool| {
        let kept = all.iter().filter(|(name, _)| keep(name)).cloned();
        Some(Value::Object(kept.collect()))
    };
    let mut bodies = vec![object(&|_| true), object(&is_required)];
    for (optional, _) in all.iter().filter(|(name, _)| !is_required(name)) {
        bodies.push(object(&|name| name == optional || is_required(name)));
    }
    bodies.dedup();
    bodies
}

fn path(path: &str) -> String {
    path.strip_prefix("/api/v1")
        .unwrap_or(path)
        .replace("/rules/{id}", "/rules/rule-1")
        .replace("{id}", &alert_id(OTHER, 0))
        .replace("{case}", &format!("{OTHER}-1"))
        .replace("{task}", &format!("{OTHER}-1.t1"))
        .replace("{name}", "other")
        .replace("{agency}", OTHER)
        .replace("{class}", "identity")
        .replace("{channel}", "2")
        .replace("{feed}", "2")
        .replace("{indicator}", "2")
        .replace("{search}", "1")
        .replace("{key}", "1")
        .replace("{job}", "1")
}

/// What the other agency has, as who sees everything sees it.
async fn belongings(admin: &mut Browser) -> String {
    let mut text = String::new();
    for path in [
        format!("/alerts/{}", alert_id(OTHER, 0)),
        format!("/alerts/{}/history", alert_id(OTHER, 0)),
        format!("/cases/{OTHER}-1"),
        format!("/cases/{OTHER}-1/history"),
        "/notification-channels/2".into(),
        "/indicator-feeds/2".into(),
        "/indicators?feed=2".into(),
        "/users/other".into(),
        "/users/other/sessions".into(),
        "/retention-policies".into(),
        "/sla-policies".into(),
    ] {
        let reply = admin.get(&path).await;
        text += &format!("{} {path} {}\n", reply.status.as_u16(), reply.text);
    }
    text
}

/// A job's result, once it has ended.
async fn result(browser: &mut Browser, begun: &Value) -> String {
    let path = format!("/jobs/{}", begun["id"].as_str().unwrap());
    for _ in 0..600 {
        let reply = browser.get(&path).await;
        if reply.json()["state"] != "running" {
            return reply.text;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} does not end");
}

/// What came of trying everything.
#[derive(Default)]
struct Tried {
    /// Operations with their answers' codes.
    answers: BTreeMap<String, BTreeSet<u16>>,
    /// Answers that show the other agency's things, or that are none.
    faults: Vec<String>,
}

impl Tried {
    /// Operations that some body made succeed.
    fn done(&self) -> usize {
        let good = |codes: &&BTreeSet<u16>| codes.iter().any(|code| (200..300).contains(code));
        self.answers.values().filter(good).count()
    }
}

async fn send(
    browser: &mut Browser,
    method: &Method,
    path: &str,
    body: &Option<Value>,
    version: u64,
) -> Reply {
    let mut request = browser.request(method.clone(), path, body.clone());
    request.headers_mut().insert("if-match", format!("\"{version}\"").parse().unwrap());
    browser.send(request).await
}

/// The version that a conflict names.
fn version_of(reply: &Reply) -> Option<u64> {
    let problem: Value = serde_json::from_str(&reply.text).ok()?;
    let params = &problem["params"];
    let named = [&params["version"], &params["current"]["version"], &params["current"]["revision"]];
    named.into_iter().find_map(Value::as_u64)
}

/// Tries every operation with every body.
async fn try_all(browser: &mut Browser, who: &str, document: &Value) -> Tried {
    let (secret, id) = (poison(OTHER), uid(OTHER, 0));
    let mut tried = Tried::default();
    for (pattern, item) in document["paths"].as_object().unwrap() {
        let path = path(pattern);
        if PERSONAL.iter().any(|own| path.starts_with(own)) {
            continue;
        }
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let operation = &item[method.as_str().to_lowercase()];
            if operation.is_null() {
                continue;
            }
            assert!(!path.contains('{'), "give ids to try for {pattern}");
            for body in bodies(document, &path, operation) {
                let shown = format!("{who}: {method} {path} {body:?}");
                let mut reply = send(browser, &method, &path, &body, 1).await;
                // Whoever is told which version there is can name it.
                if let Some(version) = version_of(&reply).filter(|_| reply.status == 412) {
                    reply = send(browser, &method, &path, &body, version).await;
                }
                let (code, mut text) = (reply.status.as_u16(), reply.text.clone());
                if code == 202 {
                    text += &result(browser, &reply.json()).await;
                }
                if text.contains(&secret) || text.contains(&id[..16]) || code >= 500 {
                    tried.faults.push(format!("{shown} -> {code} {text}"));
                }
                tried.answers.entry(format!("{method} {pattern}")).or_default().insert(code);
            }
        }
    }
    tried
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_what_is_another_agency_s() {
    let store = database().await;
    plant(&store, OWN, 3).await;
    plant(&store, OTHER, 5).await;
    let rig = Rig::with_both(store, kafka().await);
    rig.add_named("other", &poison(OTHER), &[(Role::Analyst, OTHER)]);
    plant_cases(&rig).await;
    super::rules::keep(&rig, "rule-1").await;
    super::telling::plant_channels(&rig, &[OWN, OTHER]).await;
    super::intel::plant_feeds(&rig, &[OWN, OTHER]).await;
    let mut admin = rig.signed_in("admin").await;
    let before = belongings(&mut admin).await;
    assert!(before.lines().all(|line| line.starts_with("200 ")), "{before}");
    let document: Value = serde_json::from_str(&crate::openapi()).unwrap();
    for role in Role::ALL {
        let name = role.as_str().replace('_', "-");
        rig.add_user(&name, &[(role, OWN)], None);
        let mut browser = rig.signed_in(&name).await;
        let Tried { faults, .. } = try_all(&mut browser, &name, &document).await;
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
        assert_eq!(belongings(&mut admin).await, before, "after {name}");
    }
    // They were no empty threats: who may do it all does much of it by the same requests.
    let tried = try_all(&mut admin, "admin", &document).await;
    assert!(tried.done() >= ADMIN_MIN, "{} of {:#?}", tried.done(), tried.answers);
    assert_ne!(belongings(&mut rig.signed_in("admin").await).await, before);
}
