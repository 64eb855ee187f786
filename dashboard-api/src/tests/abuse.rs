//! What nobody sends by mistake: hostile values in every parameter, path and body of the document, and
//! requests from other sites to every route that changes something.

use super::browser::Rig;
use super::engine::{database, kafka};
use super::sample::{BEGIN_MS, plant, poison};
use crate::Role;
use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use serde_json::{Value, json};

/// Values for a query or a path, percent-encoded: SQL, our own search language, paths, other
/// encodings, numbers out of range.
const HOSTILE: [&str; 18] = [
    "%27%20OR%201=1%20--",
    "%27)%20UNION%20ALL%20SELECT%20*%20FROM%20events%20--",
    "%22%5C%27%60%24%7B7*7%7D",
    "1;DROP%20TABLE%20alerts",
    "%5C%27%5C",
    "*:*%20%7C%20count%20by%20agency%20%7C%20table%20raw",
    "agency:(moe%20OR%20*)",
    "%2F(a%2B)%2B%24%2F",
    "..%2F..%2F..%2Fetc%2Fpasswd",
    "..%5C..%5Cwindows%5Cwin.ini",
    "%00",
    "%0d%0aSet-Cookie:%20a=b",
    "%ff%fe",
    "%E2%80%AE%E0%A7%AB",
    "-1",
    "99999999999999999999999999",
    "1e309",
    "%7B%22%24ne%22:null%7D",
];

fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            // Pages for people answer with pages: `super::lite` looks at them.
            let Some(path) = path.strip_prefix("/api/v1").map(str::to_owned) else { continue };
            found.push((method, path, operation.clone()));
        }
    }
    found
}

fn filled(path: &str, value: &str) -> String {
    let parts = path.split('/').map(|part| if part.contains('{') { value } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn document() -> Value {
    serde_json::from_str(&crate::openapi()).unwrap()
}

#[tokio::test]
async fn no_value_of_any_parameter_breaks_out() {
    let store = database().await;
    plant(&store, "mof", 3).await;
    plant(&store, "moe", 3).await;
    let rig = Rig::with_both(store, kafka().await);
    let all = |agency| Role::ALL.map(|role| (role, agency)).to_vec();
    rig.add_user("rahima", &all("mof"), None);
    let mut rahima = rig.signed_in("rahima").await;
    let mut sent = 0;
    for (method, path, operation) in operations(&document()) {
        if method != Method::GET {
            continue;
        }
        let none = Vec::new();
        let parameters = operation["parameters"].as_array().unwrap_or(&none);
        // A stream would go on for minutes.
        let needed = |p: &&Value| p["required"] == true || p["name"] == "seconds";
        let required = parameters.iter().filter(|p| p["in"] == "query").filter(needed);
        let base: Vec<String> = required
            .map(|p| match p["name"].as_str().unwrap() {
                "to" => format!("to={}", BEGIN_MS + 3_600_000),
                "seconds" => "seconds=0".into(),
                name => format!("{name}={BEGIN_MS}"),
            })
            .collect();
        for value in HOSTILE {
            let mut requests = vec![format!("{}?{}", filled(&path, value), base.join("&"))];
            for parameter in parameters.iter().filter(|p| p["in"] == "query") {
                let name = parameter["name"].as_str().unwrap();
                let others = base.iter().filter(|b| !b.starts_with(&format!("{name}="))).cloned();
                let query: Vec<String> = others.chain([format!("{name}={value}")]).collect();
                requests.push(format!("{}?{}", filled(&path, "x"), query.join("&")));
            }
            for request in requests {
                let reply = rahima.get(&request).await;
                let shown = format!("GET {request} -> {} {:.300}", reply.status, reply.text);
                assert!(reply.status.as_u16() < 500, "{shown}");
                assert!(!reply.text.contains(&poison("moe")), "{shown}");
                assert!(!reply.headers.contains_key(header::SET_COOKIE), "{shown}");
                sent += 1;
            }
        }
    }
    assert!(sent > 1_000, "{sent}");
    let counts = rahima.get("/alerts/counts").await.json();
    assert_eq!(counts["total"], 3, "everything is still there");
}

#[tokio::test]
async fn no_body_breaks_a_route() {
    let rig = Rig::with(database().await);
    let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    let keys = format!(
        "{{{}}}",
        (0..5_000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(",")
    );
    let bodies: Vec<Vec<u8>> = vec![
        deep.into_bytes(),
        keys.into_bytes(),
        vec![b' '; 40_000_000],
        b"{\"name\":\"\xff\xfe\"}".to_vec(),
        br#"{"name":"\ud800","grants":[],"display_name":1e999}"#.to_vec(),
        br#"{"__proto__":{"a":1},"constructor":{}}"#.to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"".to_vec(),
    ];
    let mut admin = rig.signed_in("admin").await;
    let mut sent = 0;
    for (method, path, operation) in operations(&document()) {
        let content = &operation["requestBody"]["content"];
        if content.is_null() || path == "/session" {
            continue;
        }
        let media_type = content.as_object().unwrap().keys().next().unwrap().clone();
        if media_type != "application/json" {
            continue;
        }
        for body in &bodies {
            let mut request = admin.request(method.clone(), &filled(&path, "x"), Some(json!({})));
            request.headers_mut().insert(header::IF_MATCH, HeaderValue::from_static("\"1\""));
            *request.body_mut() = Body::from(body.clone());
            let reply = admin.send(request).await;
            let start = String::from_utf8_lossy(&body[..body.len().min(30)]).into_owned();
            let shown = format!("{method} {path} {start} -> {} {:.300}", reply.status, reply.text);
            assert!(reply.status.is_client_error(), "{shown}");
            sent += 1;
        }
    }
    assert!(sent > 80, "{sent}");
    assert_eq!(admin.get("/me").await.status, 200);
}

#[tokio::test]
async fn no_change_comes_from_another_site() {
    let rig = Rig::alone();
    let mut admin = rig.signed_in("admin").await;
    let mut sent = 0;
    for (method, path, _) in operations(&document()) {
        // A token that the provider signed says it all there: no cookie counts.
        let by_token = crate::routes::provider::LOGOUT_PATH.ends_with(&path);
        if method.is_safe() || by_token {
            continue;
        }
        let request = || admin.request(method.clone(), &filled(&path, "x"), Some(json!({})));
        // A form of another site: our cookie comes along, our header does not.
        let mut form = request();
        form.headers_mut().remove("x-prohori-request");
        let mut foreign = request();
        let origin = HeaderValue::from_static("https://evil.example");
        foreign.headers_mut().insert(header::ORIGIN, origin);
        let mut other_name = request();
        other_name.headers_mut().insert(header::HOST, HeaderValue::from_static("evil.example"));
        // A key that is none does not fall back on the cookie beside it.
        let mut keyed = request();
        keyed.headers_mut().remove("x-prohori-request");
        let junk = HeaderValue::from_static("Bearer junk");
        keyed.headers_mut().insert(header::AUTHORIZATION, junk);
        for (request, code) in [
            (form, "csrf_header_missing"),
            (foreign, "origin_not_allowed"),
            (other_name, "unknown_host"),
        ] {
            let reply = rig.browser().send(request).await;
            assert_eq!(reply.code(), code, "{method} {path}");
            sent += 1;
        }
        if path != "/session" || method != Method::POST {
            let reply = rig.browser().send(keyed).await;
            assert_eq!(reply.code(), "invalid_api_key", "{method} {path}");
        }
    }
    assert!(sent > 60, "{sent}");
    assert_eq!(admin.get("/me").await.status, 200, "the session was not ended");
}

#[tokio::test]
async fn every_route_refuses_a_parameter_that_it_does_not_know() {
    let rig = Rig::alone();
    let admin = rig.signed_in("admin").await;
    let mut asked = 0;
    for (method, path, _) in operations(&document()) {
        // OpenID Connect has a client pass over what it does not know.
        if path.contains("/session/provider/") {
            continue;
        }
        // A number is an id, a name and a version alike.
        let path = format!("{}?zzz=1", filled(&path, "1"));
        let body = (!method.is_safe()).then(|| json!({}));
        let mut request = admin.request(method.clone(), &path, body);
        request.headers_mut().insert(header::IF_MATCH, HeaderValue::from_static("\"1\""));
        let reply = rig.browser().send(request).await;
        assert_eq!(reply.code(), "unknown_parameter", "{method} {path}");
        assert_eq!(reply.json()["params"]["parameter"], "zzz", "{method} {path}");
        asked += 1;
    }
    assert!(asked > 40, "{asked}");
}
