//! Users and keys over HTTP: who may look after whom, and what ends at once.

use super::browser::{Browser, HOST, Reply, Rig};
use crate::Role;
use crate::server::Peer;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;

/// With an administrator of one agency, another agency's analyst, and a national one.
fn rig() -> Rig {
    let rig = Rig::alone();
    rig.add_user("salma", &[(Role::AgencyAdmin, "mof")], None);
    rig.add_user("rahima", &[(Role::Analyst, "mof")], None);
    rig.add_user("karim", &[(Role::Analyst, "moe")], None);
    rig.add_user("both", &[(Role::Analyst, "mof"), (Role::Viewer, "moe")], None);
    rig.add_user("national", &[(Role::NationalAnalyst, "*")], None);
    rig.add_user("platform", &[(Role::PlatformAdmin, "*")], None);
    rig
}

async fn tagged(browser: &mut Browser, method: Method, path: &str, v: u64, body: Value) -> Reply {
    let mut request = browser.request(method, path, Some(body));
    request.headers_mut().insert("if-match", format!("\"{v}\"").parse().unwrap());
    browser.send(request).await
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|u| u["name"].as_str().unwrap()).collect()
}

fn grants(list: &[(&str, &str)]) -> Value {
    list.iter().map(|(role, agency)| json!({"role": role, "agency": agency})).collect()
}

#[tokio::test]
async fn an_administrator_sees_and_staffs_the_own_agency() {
    let rig = rig();
    let mut salma = rig.signed_in("salma").await;
    let page = salma.get("/users").await.json();
    assert_eq!(names(&page), ["both", "rahima", "salma"]);
    let both = salma.get("/users/both").await;
    assert_eq!(both.json()["grants"], grants(&[("analyst", "mof")]), "nothing of moe");
    assert_eq!(both.json()["may_change"], false);
    assert_eq!(both.headers["etag"], "\"1\"");
    assert_eq!(salma.get("/users/karim").await.code(), "not_found");
    assert_eq!(salma.get("/users/national").await.code(), "not_found");

    let new = |name: &str, held: &[(&str, &str)]| json!({"name": name, "display_name": "নাদিয়া", "grants": grants(held)});
    for (body, code) in [
        (new("nadia", &[("analyst", "moe")]), "beyond_your_rights"),
        (new("nadia", &[("analyst", "*")]), "beyond_your_rights"),
        (new("nadia", &[("viewer", "mof"), ("auditor", "mof")]), "beyond_your_rights"),
        (new("nadia", &[("platform_admin", "mof")]), "beyond_your_rights"),
        (new("nadia", &[]), "invalid_body"),
        (new("Nadia", &[("viewer", "mof")]), "invalid_body"),
        (new("nadia", &[("viewer", "../x")]), "invalid_body"),
        (new("nadia", &[("root", "mof")]), "invalid_body"),
        (new("karim", &[("viewer", "mof")]), "name_taken"),
        (json!({"name": "n", "display_name": "n", "grants": [], "x": 1}), "unknown_parameter"),
    ] {
        let shown = body.to_string();
        assert_eq!(salma.post("/users", body).await.code(), code, "{shown}");
    }
    let made = salma.post("/users", new("nadia", &[("analyst", "mof")])).await;
    assert_eq!(
        (made.status, &made.headers["location"]),
        (StatusCode::CREATED, &"/api/v1/users/nadia".parse().unwrap())
    );
    // The link works within days, once, and there is no password yet.
    rig.wait(2 * DAY_MS);
    let mut nadia = rig.browser();
    let me = nadia.post("/session", json!({"token": made.json()["login_token"]})).await.json();
    assert_eq!((&me["has_password"], &me["language"]), (&json!(false), &json!("bn")));
    assert!(me["permissions"].as_array().unwrap().contains(&json!("triage_alerts")));
}

#[tokio::test]
async fn nobody_raises_himself_or_touches_a_higher_one() {
    let rig = rig();
    let mut salma = rig.signed_in("salma").await;
    let analyst = json!({"grants": grants(&[("analyst", "mof")])});
    let own = tagged(&mut salma, Method::PUT, "/users/salma/grants", 1, analyst.clone()).await;
    assert_eq!(own.code(), "own_account");
    let change = json!({"disabled": true});
    let both = tagged(&mut salma, Method::PATCH, "/users/both", 1, change.clone()).await;
    assert_eq!(both.code(), "beyond_your_rights", "who also serves another agency");
    assert_eq!(salma.post("/users/both/reset", json!({})).await.code(), "beyond_your_rights");
    assert_eq!(salma.delete("/users/both/sessions").await.code(), "beyond_your_rights");
    assert_eq!(salma.post("/users/karim/reset", json!({})).await.code(), "not_found");
    // In the own agency the roles of that user are still the administrator's to set.
    let none = tagged(&mut salma, Method::PUT, "/users/both/grants", 1, json!({"grants": []}));
    assert_eq!(none.await.status, 204);
    let mut admin = rig.signed_in("admin").await;
    let both = admin.get("/users/both").await.json();
    assert_eq!(both["grants"], grants(&[("viewer", "moe")]), "the other agency's stays");

    for name in ["rahima", "national"] {
        let mut browser = rig.signed_in(name).await;
        for path in ["/users", "/users/rahima", "/users/rahima/sessions"] {
            assert_eq!(browser.get(path).await.code(), "forbidden", "{name} {path}");
        }
        assert_eq!(browser.post("/users/karim/reset", json!({})).await.code(), "forbidden");
    }
    // Whoever runs the platform makes any role, but not for himself.
    let mut platform = rig.signed_in("platform").await;
    let grab = json!({"grants": grants(&[("platform_admin", "*"), ("national_analyst", "*")])});
    let grabbed = tagged(&mut platform, Method::PUT, "/users/platform/grants", 1, grab).await;
    assert_eq!(grabbed.code(), "own_account");
}

#[tokio::test]
async fn off_boarding_ends_sessions_and_keys_at_once() {
    let rig = rig();
    let mut rahima = rig.signed_in("rahima").await;
    let key = json!({"name": "report", "permissions": ["read_ledger"], "agencies": ["mof"], "expires_days": 30});
    let key = rahima.post("/api-keys", key).await.json();
    let secret = key["secret"].as_str().unwrap();
    assert_eq!(by_key(&rig, secret, "/me").await.status, 200);

    let mut salma = rig.signed_in("salma").await;
    let sessions = salma.get("/users/rahima/sessions").await.json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
    let stale = tagged(&mut salma, Method::PATCH, "/users/rahima", 7, json!({"disabled": true}));
    assert_eq!(stale.await.code(), "version_conflict");
    let out =
        tagged(&mut salma, Method::PATCH, "/users/rahima", 1, json!({"disabled": true})).await;
    assert!(out.json()["disabled_ms"].is_i64() && out.json()["version"] == 2, "{}", out.text);
    assert_eq!(rahima.get("/me").await.code(), "not_signed_in");
    assert_eq!(by_key(&rig, secret, "/me").await.code(), "invalid_api_key");
    assert_eq!(salma.post("/users/rahima/reset", json!({})).await.code(), "account_disabled");

    let back = tagged(&mut salma, Method::PATCH, "/users/rahima", 2, json!({"disabled": false}));
    assert_eq!(back.await.json()["disabled_ms"], json!(null));
    assert_eq!(rahima.get("/me").await.code(), "not_signed_in", "nothing comes back by itself");
    assert_eq!(by_key(&rig, secret, "/me").await.code(), "invalid_api_key");
    let token = salma.post("/users/rahima/reset", json!({})).await.json()["login_token"].clone();
    assert_eq!(rahima.post("/session", json!({"token": token})).await.status, 200);
    let entries = rig.app.accounts.audited("salma").await.unwrap();
    let actions: Vec<&str> = entries.iter().map(|entry| entry.0.as_str()).collect();
    assert_eq!(actions, ["session.begin", "user.change", "user.change", "user.reset"]);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let rig = rig();
    let mut admin = rig.signed_in("admin").await;
    let off = json!({"disabled": true});
    let first = tagged(&mut admin, Method::PATCH, "/users/platform", 1, off.clone()).await;
    assert_eq!(first.status, 200, "{}", first.text);
    rig.add_user("second", &[(Role::AgencyAdmin, "*")], None);
    let mut second = rig.signed_in("second").await;
    let code = tagged(&mut second, Method::PATCH, "/users/admin", 1, off).await.code();
    assert_eq!(code, "beyond_your_rights");
    let mut own = admin.get("/me/sessions").await.json()["items"].take();
    assert_eq!((own[0]["current"].take(), own.as_array().unwrap().len()), (json!(true), 1));
    let other = rig.signed_in("admin").await;
    let sessions = admin.get("/me/sessions").await.json();
    let newest = sessions["items"].as_array().unwrap().iter().find(|s| s["current"] == false);
    let id = newest.unwrap()["id"].as_str().unwrap();
    assert_eq!(admin.delete(&format!("/me/sessions/{id}")).await.status, 204);
    assert_eq!(admin.delete(&format!("/me/sessions/{id}")).await.code(), "not_found");
    assert_eq!(other.clone().get("/me").await.code(), "not_signed_in");
}

fn key_request(method: Method, secret: &str, path: &str, body: Option<Value>) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {secret}"))
        .header(header::CONTENT_TYPE, "application/json");
    request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap()
}

async fn by_key(rig: &Rig, secret: &str, path: &str) -> Reply {
    rig.browser().send(key_request(Method::GET, secret, path, None)).await
}

#[tokio::test]
async fn a_key_does_no_more_than_it_says_and_than_its_owner_may() {
    let rig = rig();
    let mut both = rig.signed_in("both").await;
    let key = |change: Value| {
        let mut body = json!({"name": "feed", "permissions": ["read_users", "read_rules"],
            "agencies": ["mof"], "expires_days": 30});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    };
    for (change, code) in [
        (json!({}), "scope_too_wide"),
        (json!({"permissions": ["read_rules"], "agencies": ["mod"]}), "scope_too_wide"),
        (json!({"permissions": ["read_rules"], "agencies": ["*"]}), "scope_too_wide"),
        (json!({"permissions": []}), "invalid_body"),
        (json!({"agencies": []}), "invalid_body"),
        (json!({"permissions": ["everything"]}), "invalid_body"),
        (json!({"expires_days": 0}), "invalid_body"),
        (json!({"expires_days": 366}), "invalid_body"),
        (json!({"networks": ["10.0.0.0/33"]}), "invalid_body"),
        (json!({"name": " "}), "invalid_body"),
        (json!({"user": "rahima", "permissions": ["read_rules"]}), "not_found"),
    ] {
        let shown = change.to_string();
        assert_eq!(both.post("/api-keys", key(change)).await.code(), code, "{shown}");
    }
    let mut salma = rig.signed_in("salma").await;
    let made =
        salma.post("/api-keys", key(json!({"permissions": ["read_users", "manage_users"]}))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let (secret, id) = (made.json()["secret"].clone(), made.json()["key"]["id"].clone());
    let (secret, id) = (secret.as_str().unwrap(), id.as_str().unwrap());
    assert!(secret.starts_with("prohori_"));
    assert_eq!(names(&by_key(&rig, secret, "/users").await.json()), ["both", "rahima", "salma"]);
    assert_eq!(by_key(&rig, secret, "/alerts").await.code(), "forbidden", "the owner may, it not");
    // No header against forged requests is needed, and no cookie is looked at beside it.
    let reset = key_request(Method::POST, secret, "/users/rahima/reset", None);
    assert_eq!(rig.browser().send(reset).await.status, 200);
    let mut forged = key_request(Method::GET, "prohori_x", "/me", None);
    let cookie = salma.cookie.clone().unwrap();
    forged.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
    assert_eq!(rig.browser().send(forged).await.code(), "invalid_api_key");
    // It cannot breed, nor stand in for the person.
    for (method, path, body) in [
        (Method::POST, "/api-keys", Some(key(json!({"permissions": ["read_users"]})))),
        (Method::DELETE, "/session", None),
        (Method::PUT, "/me/language", Some(json!({"language": "bn"}))),
        (Method::PUT, "/me/password", Some(json!({"new": "correct horse battery"}))),
        (Method::GET, "/me/sessions", None),
    ] {
        let request = key_request(method, secret, path, body);
        assert_eq!(rig.browser().send(request).await.code(), "session_required", "{path}");
    }
    let entries = rig.app.accounts.audited("salma").await.unwrap();
    assert!(entries.iter().any(|e| e.0 == "user.reset" && e.1.contains(id)), "{entries:?}");
    // What the owner loses the key loses.
    let mut admin = rig.signed_in("admin").await;
    let less = json!({"grants": grants(&[("viewer", "mof")])});
    assert_eq!(tagged(&mut admin, Method::PUT, "/users/salma/grants", 1, less).await.status, 204);
    assert_eq!(by_key(&rig, secret, "/users").await.code(), "forbidden");
}

#[tokio::test]
async fn a_key_ends_by_age_rotation_and_revocation_and_keeps_to_its_network() {
    let rig = rig();
    let mut salma = rig.signed_in("salma").await;
    let body = json!({"name": "feed", "permissions": ["read_users"], "agencies": ["mof"],
        "expires_days": 1, "networks": ["10.1.0.0/16"]});
    let made = salma.post("/api-keys", body).await.json();
    let id = made["key"]["id"].as_str().unwrap();
    let from = |secret: &Value, address: Option<[u8; 4]>| {
        let mut request = key_request(Method::GET, secret.as_str().unwrap(), "/me", None);
        if let Some(address) = address {
            request.extensions_mut().insert(Peer(address.into()));
        }
        request
    };
    let inside = Some([10, 1, 2, 3]);
    let first = &made["secret"];
    assert_eq!(rig.browser().send(from(first, inside)).await.status, 200);
    assert_eq!(
        rig.browser().send(from(first, Some([10, 2, 0, 1]))).await.code(),
        "invalid_api_key"
    );
    assert_eq!(rig.browser().send(from(first, None)).await.code(), "invalid_api_key");
    let rotated = salma.post(&format!("/api-keys/{id}/rotate"), json!({})).await.json();
    let second = &rotated["secret"];
    assert_eq!(rig.browser().send(from(first, inside)).await.code(), "invalid_api_key");
    assert_eq!(rig.browser().send(from(second, inside)).await.status, 200);
    rig.wait(DAY_MS);
    assert_eq!(rig.browser().send(from(second, inside)).await.code(), "invalid_api_key");
    rig.wait(-DAY_MS);
    assert_eq!(rig.browser().send(from(second, inside)).await.status, 200);
    assert_eq!(salma.delete(&format!("/api-keys/{id}")).await.status, 204);
    assert_eq!(rig.browser().send(from(second, inside)).await.code(), "invalid_api_key");
    let rotated = salma.post(&format!("/api-keys/{id}/rotate"), json!({})).await;
    assert_eq!(rotated.code(), "dead_api_key");
    let keys = salma.get("/api-keys").await.json();
    assert!(keys["items"][0]["revoked_ms"].is_i64() && keys["items"][0]["secret"].is_null());
    for wrong in ["", "prohori_", &"0".repeat(64), &format!("prohori_{}", "0".repeat(64))] {
        assert_eq!(by_key(&rig, wrong, "/me").await.code(), "invalid_api_key", "{wrong}");
    }
}

#[tokio::test]
async fn a_service_account_has_keys_and_never_signs_in() {
    let rig = rig();
    let mut salma = rig.signed_in("salma").await;
    let body = json!({"name": "siem-feed", "display_name": "Feed", "kind": "service",
        "grants": grants(&[("viewer", "mof")])});
    let made = salma.post("/users", body).await.json();
    assert_eq!(made["login_token"], json!(null));
    assert_eq!(salma.post("/users/siem-feed/reset", json!({})).await.code(), "wrong_account_kind");
    let key = |user: &str| {
        json!({"name": "feed", "user": user, "permissions": ["read_alerts"], "agencies": ["mof"],
            "expires_days": 90})
    };
    assert_eq!(salma.post("/api-keys", key("rahima")).await.code(), "wrong_account_kind");
    assert_eq!(salma.post("/api-keys", key("karim")).await.code(), "not_found");
    let made = salma.post("/api-keys", key("siem-feed")).await.json();
    assert_eq!(made["key"]["created_by"], "salma");
    let me = by_key(&rig, made["secret"].as_str().unwrap(), "/me").await.json();
    assert_eq!((&me["user"], &me["permissions"]), (&json!("siem-feed"), &json!(["read_alerts"])));
    // Others neither see nor end it.
    let id = made["key"]["id"].as_str().unwrap();
    for name in ["rahima", "karim"] {
        let mut browser = rig.signed_in(name).await;
        assert_eq!(browser.get("/api-keys").await.json()["items"], json!([]), "{name}");
        assert_eq!(browser.delete(&format!("/api-keys/{id}")).await.code(), "not_found");
        assert_eq!(
            browser.post(&format!("/api-keys/{id}/rotate"), json!({})).await.code(),
            "not_found"
        );
    }
    // A secret is in no answer but the first, also of a request that is sent again.
    let mut request = salma.request(Method::POST, "/api-keys", Some(key("siem-feed")));
    request.headers_mut().insert("idempotency-key", "once".parse().unwrap());
    assert_eq!(salma.send(request).await.status, 201);
    let mut again = salma.request(Method::POST, "/api-keys", Some(key("siem-feed")));
    again.headers_mut().insert("idempotency-key", "once".parse().unwrap());
    assert_eq!(salma.send(again).await.code(), "idempotency_done");
    assert_eq!(
        salma.get("/api-keys?user=siem-feed").await.json()["items"].as_array().unwrap().len(),
        2
    );
}
