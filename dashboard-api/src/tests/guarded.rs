//! What stands between the network and a handler.

use super::browser::{HOST, ORIGIN, Rig};
use crate::accounts::one_time_login;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, header};
use serde_json::json;

#[tokio::test]
async fn a_change_from_another_site_is_refused() {
    let rig = Rig::alone();
    let mut browser = rig.signed_in("admin").await;
    let change = |browser: &super::browser::Browser| {
        browser.request(Method::PUT, "/me/language", Some(json!({"language": "bn"})))
    };
    let set = |name: &'static str, value: Option<&'static str>| {
        let mut request = change(&browser);
        let name = HeaderName::from_static(name);
        match value {
            Some(value) => {
                request.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            None => {
                request.headers_mut().remove(name);
            }
        }
        request
    };
    let cases = [
        (set("x-prohori-request", None), "csrf_header_missing"),
        (set("x-prohori-request", Some("0")), "csrf_header_missing"),
        (set("origin", None), "origin_not_allowed"),
        (set("origin", Some("null")), "origin_not_allowed"),
        (set("origin", Some("http://evil.example")), "origin_not_allowed"),
        (set("origin", Some("https://soc.example")), "origin_not_allowed"),
        (set("origin", Some("https://127.0.0.1:8088")), "origin_not_allowed"),
        (set("origin", Some("http://127.0.0.1:80881")), "origin_not_allowed"),
        (set("origin", Some("http://127.0.0.1:8088.evil.example")), "origin_not_allowed"),
        (set("host", Some("evil.example:8088")), "unknown_host"),
        (set("host", None), "unknown_host"),
    ];
    for (request, code) in cases {
        let shown = format!("{:?}", request.headers());
        assert_eq!(browser.send(request).await.code(), code, "{shown}");
    }
    let me = browser.get("/me").await.json();
    assert_eq!(me["language"], "en", "nothing was changed");
    assert_eq!(browser.send(change(&browser)).await.json()["language"], "bn");
}

#[tokio::test]
async fn every_answer_has_the_headers() {
    let rig = Rig::alone();
    let mut browser = rig.browser();
    for path in ["/", "/assets/none.js", "/api/v1/me", "/api/v1/meta", "/api/v2", "/live"] {
        let request = Request::get(path).header(header::HOST, HOST).body(Body::empty()).unwrap();
        let headers = browser.send(request).await.headers;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(headers["x-trace-id"].len(), 32, "{path}");
        let in_api = path.starts_with("/api/");
        let stored = headers.get("cache-control").is_none_or(|value| value != "no-store");
        assert_eq!(stored, !in_api, "{path}");
    }
}

#[tokio::test]
async fn a_cookie_given_by_https_stays_there() {
    let rig = Rig::alone();
    let mut browser = rig.browser();
    for (host, origin, secure) in
        [(HOST, ORIGIN, false), ("soc.example", "https://soc.example", true)]
    {
        let token = one_time_login(rig.dir.path(), "admin").unwrap();
        let mut request = browser.request(Method::POST, "/session", Some(json!({"token": token})));
        request.headers_mut().insert(header::HOST, HeaderValue::from_static(host));
        request.headers_mut().insert(header::ORIGIN, HeaderValue::from_static(origin));
        let headers = browser.send(request).await.headers;
        let cookie = headers[header::SET_COOKIE].to_str().unwrap();
        assert_eq!(cookie.contains("; Secure"), secure, "{host}");
        assert_eq!(headers.contains_key("strict-transport-security"), secure, "{host}");
    }
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let rig = Rig::alone();
    let mut browser = rig.signed_in("admin").await;
    for (path, code) in [
        ("/me?x=1", "unknown_parameter"),
        ("/meta?verbose", "unknown_parameter"),
        ("/nothing", "not_found"),
        ("/alerts/%00", "not_found"),
        ("/alerts/..%2f..%2fetc", "not_found"),
    ] {
        assert_eq!(browser.get(path).await.code(), code, "{path}");
    }
    let bodies = [
        (json!({"language": "bn", "x": 1}), "unknown_parameter"),
        (json!({"language": "fr"}), "invalid_body"),
        (json!({}), "missing_parameter"),
        (json!([]), "invalid_body"),
    ];
    for (body, code) in bodies {
        let shown = body.to_string();
        assert_eq!(browser.put("/me/language", body).await.code(), code, "{shown}");
    }
    assert_eq!(browser.delete("/me").await.code(), "method_not_allowed");
    let long = json!({"language": "x".repeat(70_000)});
    assert_eq!(browser.put("/me/language", long).await.code(), "body_too_large");
    let mut form = browser.request(Method::PUT, "/me/language", Some(json!({})));
    let media_type = HeaderValue::from_static("text/plain");
    form.headers_mut().insert(header::CONTENT_TYPE, media_type);
    assert_eq!(browser.send(form).await.code(), "unsupported_media_type");
}

#[tokio::test]
async fn nothing_but_the_open_routes_answers_without_a_session() {
    let rig = Rig::alone();
    let document: serde_json::Value = serde_json::from_str(&crate::openapi()).unwrap();
    let mut looked_at = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let open = operation["security"] == json!([{}]);
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            // Pages for people answer with a page to sign in: `super::lite` looks at them.
            let Some(path) = path.strip_prefix("/api/v1") else { continue };
            let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
            let path = parts.collect::<Vec<_>>().join("/");
            let mut browser = rig.browser();
            let body = (!method.is_safe()).then(|| json!({}));
            let reply = browser.send(browser.request(method.clone(), &path, body)).await;
            if open {
                assert_ne!(reply.status, 401, "{method} {path}");
            } else {
                assert_eq!(reply.code(), "not_signed_in", "{method} {path}");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at >= 14, "{looked_at}");
}

#[tokio::test]
async fn a_store_that_is_away_is_said_to_be() {
    let rig = Rig::alone();
    let mut browser = rig.signed_in("admin").await;
    for path in [
        "/alerts",
        "/alerts/counts",
        "/alerts/x",
        "/events?from=1&to=2",
        "/events/00112233445566778899aabbccddeeff",
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.code(), "store_unavailable", "{path}");
        assert!(reply.headers.contains_key(header::RETRY_AFTER), "{path}");
    }
}
