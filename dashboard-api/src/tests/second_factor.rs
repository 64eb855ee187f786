//! The second factor over HTTP, and how much one caller may ask for.

use super::browser::{NOWHERE, Reply, Rig};
use crate::Role;
use crate::accounts::totp::code_at;
use crate::accounts::{one_time_login, reset_second_factor};
use crate::rate::Rates;
use crate::server::Peer;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use store::Store;

const PASSWORD: &str = "correct horse battery";
const STEP_MS: i64 = 30_000;

fn rig(rates: Rates, factor_for: &[Role]) -> Rig {
    let config = store::Config::new(&format!("http://{NOWHERE}"), "prohori").unwrap();
    let rig = Rig::of(Store::connect(&config), bus::Config::new(NOWHERE), rates, factor_for);
    rig.add_user("rahima", &[(Role::Analyst, "mof")], Some(PASSWORD));
    rig.add_user("salma", &[(Role::AgencyAdmin, "mof")], None);
    rig
}

async fn sign_in(rig: &Rig, code: Option<&str>) -> Reply {
    let mut body = json!({"user": "rahima", "password": PASSWORD});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    rig.browser().post("/session", body).await
}

/// Takes a second factor up: the secret and the recovery codes.
async fn enrol(rig: &Rig) -> (String, Vec<String>) {
    let mut rahima = rig.signed_in("rahima").await;
    let begun = rahima.post("/me/second-factor", json!({})).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text);
    let secret = begun.json()["secret"].as_str().unwrap().to_owned();
    assert!(begun.json()["uri"].as_str().unwrap().contains(&secret));
    assert!(begun.json()["qr"]["path"].as_str().unwrap().starts_with("M0 0h1v1h-1z"));
    // Nothing is asked for before the first code was shown.
    assert_eq!(sign_in(rig, None).await.status, 200);
    let wrong = rahima.put("/me/second-factor", json!({"code": "000000"})).await;
    assert_eq!(wrong.code(), "second_factor_wrong");
    let code = code_at(&secret, rig.now_ms());
    let codes = rahima.put("/me/second-factor", json!({"code": code})).await.json();
    let codes: Vec<String> = serde_json::from_value(codes["codes"].clone()).unwrap();
    assert_eq!(codes.len(), 10);
    assert_eq!(rahima.post("/me/second-factor", json!({})).await.code(), "second_factor_present");
    rig.wait(STEP_MS);
    (secret, codes)
}

#[tokio::test]
async fn a_sign_in_asks_for_a_code_and_takes_it_once() {
    let rig = rig(Rates::default(), &[]);
    let (secret, codes) = enrol(&rig).await;
    assert_eq!(sign_in(&rig, None).await.code(), "second_factor_required");
    assert_eq!(sign_in(&rig, Some("000000")).await.code(), "second_factor_wrong");
    let code = code_at(&secret, rig.now_ms());
    assert_eq!(sign_in(&rig, Some(&code)).await.json()["second_factor"], true);
    assert_eq!(sign_in(&rig, Some(&code)).await.code(), "second_factor_wrong", "used");
    let code = code_at(&secret, rig.now_ms() + STEP_MS);
    assert_eq!(sign_in(&rig, Some(&code)).await.status, 200, "a clock a little ahead");

    let typed = codes[3].to_uppercase().replace('-', " ");
    assert_eq!(sign_in(&rig, Some(&typed)).await.status, 200);
    assert_eq!(sign_in(&rig, Some(&codes[3])).await.code(), "second_factor_wrong", "used");
    let token = one_time_login(rig.dir.path(), "rahima").unwrap();
    let by_token = |code: Option<&str>| {
        let body = json!({"token": token, "code": code});
        let mut browser = rig.browser();
        async move { (browser.post("/session", body).await, browser) }
    };
    assert_eq!(by_token(None).await.0.code(), "second_factor_required");
    assert_eq!(by_token(Some("1")).await.0.code(), "second_factor_wrong");
    let (signed_in, mut rahima) = by_token(Some(&codes[4])).await;
    assert_eq!(signed_in.status, 200, "the token was not used up: {}", signed_in.text);
    let state = rahima.get("/me/second-factor").await.json();
    assert_eq!((&state["enrolled"], &state["recovery_codes_left"]), (&json!(true), &json!(8)));
    let removed = rahima.post("/me/second-factor:remove", json!({"code": "x"})).await;
    assert_eq!(removed.code(), "second_factor_wrong");
    let removed = rahima.post("/me/second-factor:remove", json!({"code": codes[5]})).await;
    assert_eq!(removed.status, 204);
    assert_eq!(sign_in(&rig, None).await.status, 200);
    // Nothing of it lies in the data folder's database.
    for entry in std::fs::read_dir(rig.dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for held in [secret.as_str(), codes[0].as_str(), &codes[0].replace('-', "")] {
            assert!(!bytes.windows(held.len()).any(|w| w == held.as_bytes()), "{held}");
        }
    }
}

#[tokio::test]
async fn guessed_codes_lock_the_name_although_the_password_is_known() {
    let rig = rig(Rates::default(), &[]);
    let (secret, _) = enrol(&rig).await;
    for _ in 0..5 {
        assert_eq!(sign_in(&rig, None).await.code(), "second_factor_required");
        assert_eq!(sign_in(&rig, Some("000000")).await.code(), "second_factor_wrong");
    }
    let code = code_at(&secret, rig.now_ms());
    assert_eq!(sign_in(&rig, Some(&code)).await.code(), "locked_out");
    let token = one_time_login(rig.dir.path(), "rahima").unwrap();
    let body = json!({"token": token, "code": code});
    assert_eq!(rig.browser().post("/session", body).await.code(), "locked_out");
    rig.wait(STEP_MS);
    let code = code_at(&secret, rig.now_ms());
    assert_eq!(sign_in(&rig, Some(&code)).await.status, 200);
}

#[tokio::test]
async fn a_lost_app_is_an_administrator_s_to_take_away() {
    let rig = rig(Rates::default(), &[]);
    enrol(&rig).await;
    let mut salma = rig.signed_in("salma").await;
    assert_eq!(salma.get("/users/rahima").await.json()["second_factor"], true);
    // A new one-time login alone does not go round the factor.
    let token = salma.post("/users/rahima/reset", json!({})).await.json()["login_token"].clone();
    let reply = rig.browser().post("/session", json!({"token": token})).await;
    assert_eq!(reply.code(), "second_factor_required");
    assert_eq!(salma.delete("/users/rahima/second-factor").await.status, 204);
    assert_eq!(salma.delete("/users/rahima/second-factor").await.code(), "not_found");
    assert_eq!(salma.delete("/users/salma/second-factor").await.code(), "own_account");
    assert_eq!(rig.browser().post("/session", json!({"token": token})).await.status, 200);
    // On the host it can be done without anybody signed in.
    rig.add_user("karim", &[(Role::Analyst, "mof")], None);
    assert!(!reset_second_factor(rig.dir.path(), "karim").unwrap());
    assert!(reset_second_factor(rig.dir.path(), "nobody").is_err());
}

#[tokio::test]
async fn whose_role_asks_for_it_can_do_nothing_before() {
    let rig = rig(Rates::default(), &[Role::Analyst]);
    let mut rahima = rig.signed_in("rahima").await;
    assert_eq!(rahima.get("/me").await.json()["must_enrol"], true);
    for path in ["/alerts", "/ledger", "/roles", "/users", "/api-keys"] {
        assert_eq!(rahima.get(path).await.code(), "second_factor_missing", "{path}");
    }
    let key = json!({"name": "k", "permissions": ["read_ledger"], "agencies": ["mof"],
        "expires_days": 1});
    assert_eq!(rahima.post("/api-keys", key).await.code(), "second_factor_missing");
    let secret = rahima.post("/me/second-factor", json!({})).await.json()["secret"].clone();
    let code = code_at(secret.as_str().unwrap(), rig.now_ms());
    assert_eq!(rahima.put("/me/second-factor", json!({"code": code})).await.status, 200);
    assert_eq!(rahima.get("/me").await.json()["must_enrol"], false);
    assert_eq!(rahima.get("/roles").await.status, 200);
    let mut salma = rig.signed_in("salma").await;
    assert_eq!(salma.get("/roles").await.status, 200, "other roles are not asked");
}

#[tokio::test]
async fn who_asks_for_too_much_waits() {
    let rates = Rates { read: 5, write: 3, codes: 2, anonymous: 4 };
    let rig = rig(rates, &[]);
    let mut rahima = rig.signed_in("rahima").await;
    let mut second = rig.signed_in("rahima").await;
    for left in (1..5).rev() {
        let reply = rahima.get("/me").await;
        assert_eq!(reply.headers["ratelimit-policy"], "\"read\";q=5;w=60");
        assert_eq!(reply.headers["ratelimit"], format!("\"read\";r={left};t=0"));
    }
    assert_eq!(second.get("/me").await.headers["ratelimit"], "\"read\";r=0;t=12");
    let refused = second.get("/alerts").await;
    assert_eq!(refused.code(), "rate_limited");
    assert_eq!(
        (refused.status.as_u16(), &refused.headers["retry-after"]),
        (429, &"12".parse().unwrap())
    );
    assert_eq!(refused.json()["params"]["policy"], "read");
    let code = |browser: &super::browser::Browser| {
        browser.request(Method::PUT, "/me/second-factor", Some(json!({"code": "1"})))
    };
    for expected in ["second_factor_wrong", "second_factor_wrong", "rate_limited"] {
        assert_eq!(rahima.send(code(&rahima)).await.code(), expected);
    }
    rig.wait(12_000);
    assert_eq!(rahima.get("/me").await.status, 200);
    assert_eq!(rahima.get("/me").await.code(), "rate_limited");
    assert_eq!(rig.signed_in("salma").await.get("/me").await.status, 200, "others go on");
    // Nobody's requests count by address.
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let mut request = rig.browser().request(Method::GET, "/meta", None::<Value>);
        request.extensions_mut().insert(Peer([203, 0, 113, 7].into()));
        statuses.push(rig.browser().send(request).await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 200, 429]);
}
