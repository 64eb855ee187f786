//! Accounts that an identity provider vouches for: made, brought up to date, ended. The way through a
//! browser and a real provider is a browser case.

use super::browser::Rig;
use crate::accounts::{Client, Flow, Language, NewSession, Refusal, Vouched};
use crate::roles::{Agencies, Grants, Role};
use axum::http::Method;
use serde_json::json;

const ISSUER: &str = "https://id.example";

fn person(subject: &str, name: &str, grants: &[(Role, &str)]) -> Vouched {
    let grant = |(role, agency): &(Role, &str)| (*role, Agencies::parse(agency).unwrap());
    Vouched {
        issuer: ISSUER.into(),
        subject: subject.into(),
        sid: Some(format!("sid-{subject}")),
        name: name.into(),
        display_name: format!("The {name}"),
        language: Language::En,
        grants: Grants::new(grants.iter().map(grant).collect()),
    }
}

async fn sign_in(rig: &Rig, vouched: Vouched) -> Result<NewSession, Refusal> {
    let client = Client { address: None, replaced: None, trace_id: "t".into(), code: None };
    rig.app.accounts.sign_in_by_provider(vouched, client).await.unwrap()
}

fn told(jti: &str, subject: Option<&str>, sid: Option<&str>) -> oidc::LoggedOut {
    let own = |text: Option<&str>| text.map(str::to_owned);
    oidc::LoggedOut { subject: own(subject), sid: own(sid), jti: jti.into(), issued: 0 }
}

#[tokio::test]
async fn the_groups_say_what_a_person_may() {
    let rig = Rig::alone();
    let first = sign_in(&rig, person("1", "rahima", &[(Role::Analyst, "mof")])).await.unwrap();
    assert!(first.user.by_provider && first.user.password_hash.is_none());
    // Others in the group do not share an account, and nobody takes a name that is there.
    let taken = sign_in(&rig, person("2", "rahima", &[(Role::Analyst, "mof")])).await;
    assert_eq!(taken.err(), Some(Refusal::NameTaken));
    let local = sign_in(&rig, person("3", "admin", &[(Role::PlatformAdmin, "*")])).await;
    assert_eq!(local.err(), Some(Refusal::NameTaken));
    // The name there may change; the person is the same.
    let moved = person("1", "rahima2", &[(Role::Viewer, "moe"), (Role::Analyst, "moe")]);
    let again = sign_in(&rig, moved).await.unwrap();
    assert_eq!((again.user.id, again.user.name.as_str()), (first.user.id, "rahima"));
    assert_eq!(again.user.grants.agencies().names(), ["moe"]);
    let mut admin = rig.signed_in("admin").await;
    let user = admin.get("/users/rahima").await.json();
    assert_eq!((&user["by_provider"], &user["has_password"]), (&json!(true), &json!(false)));
    // What the provider says is not changed here, and there is no other way in.
    let version = user["version"].as_u64().unwrap();
    let grants = json!({"grants": [{"role": "viewer", "agency": "mof"}]});
    let path = "/users/rahima/grants";
    let refused = admin.change(Method::PUT, path, version, grants).await;
    assert_eq!(refused.code(), "by_identity_provider");
    let reset = admin.post("/users/rahima/reset", json!({})).await;
    assert_eq!(reset.code(), "by_identity_provider");
    let mut browser = rig.browser();
    browser.cookie = Some(format!("prohori_session={}", again.cookie));
    assert_eq!(browser.get("/me").await.json()["user"], "rahima");
    let password = json!({"new": "a long enough password 7"});
    assert_eq!(browser.put("/me/password", password).await.code(), "by_identity_provider");
    // Out of every group: out, and what was open ends.
    let out = sign_in(&rig, person("1", "rahima", &[])).await;
    assert_eq!(out.err(), Some(Refusal::NoRole));
    assert_eq!(browser.get("/me").await.code(), "not_signed_in");
    assert_eq!(admin.get("/users/rahima").await.json()["grants"], json!([]));
    // Disabled here is disabled, whatever the provider says.
    let version = admin.get("/users/rahima").await.json()["version"].as_u64().unwrap();
    let body = json!({"disabled": true});
    let disabled = admin.change(Method::PATCH, "/users/rahima", version, body).await;
    assert_eq!(disabled.status, 200, "{}", disabled.text);
    let back = sign_in(&rig, person("1", "rahima", &[(Role::Analyst, "mof")])).await;
    assert_eq!(back.err(), Some(Refusal::Disabled));
}

#[tokio::test]
async fn somebody_is_left_who_looks_after_users() {
    let rig = Rig::alone();
    let root = [(Role::PlatformAdmin, "*")];
    sign_in(&rig, person("1", "root", &root)).await.unwrap();
    rig.app
        .accounts
        .database()
        .run("disable", |c| c.execute("UPDATE users SET disabled_ms = 1 WHERE name = 'admin'", []))
        .unwrap();
    let now = sign_in(&rig, person("1", "root", &[(Role::Viewer, "mof")])).await.unwrap();
    assert_eq!(now.user.grants.roles(), [Role::PlatformAdmin], "the last one keeps it");
}

#[tokio::test]
async fn who_signs_out_there_is_signed_out_here() {
    let rig = Rig::alone();
    let grants = [(Role::Analyst, "mof")];
    let open = async |subject: &str, name: &str, sid: &str| {
        let vouched = Vouched { sid: Some(sid.into()), ..person(subject, name, &grants) };
        let session = sign_in(&rig, vouched).await.unwrap();
        let mut browser = rig.browser();
        browser.cookie = Some(format!("prohori_session={}", session.cookie));
        browser
    };
    let mut desk = open("1", "rahima", "a").await;
    let mut phone = open("1", "rahima", "b").await;
    let mut other = open("2", "karim", "c").await;
    let end = async |told: oidc::LoggedOut| {
        rig.app.accounts.signed_out_at_provider(ISSUER, told, "t").await.unwrap()
    };
    assert_eq!(end(told("j1", None, Some("a"))).await, Some(1));
    assert_eq!(desk.get("/me").await.code(), "not_signed_in");
    assert_eq!(phone.get("/me").await.status, 200);
    assert_eq!(end(told("j1", Some("2"), None)).await, None, "a token is taken once");
    assert_eq!(end(told("j2", Some("2"), Some("b"))).await, Some(0), "another's session");
    assert_eq!(end(told("j3", Some("1"), None)).await, Some(1));
    assert_eq!(phone.get("/me").await.code(), "not_signed_in");
    assert_eq!(other.get("/me").await.status, 200);
    let elsewhere =
        rig.app.accounts.signed_out_at_provider("https://x", told("j4", None, Some("c")), "t");
    assert_eq!(elsewhere.await.unwrap(), Some(0));
    let audited = rig.app.accounts.audited("identity provider").await.unwrap();
    assert_eq!(audited.iter().filter(|(action, ..)| action == "session.end").count(), 2);
}

#[tokio::test]
async fn a_sign_in_ends_once_and_where_it_began() {
    let rig = Rig::alone();
    let flow = Flow { nonce: "n".into(), verifier: "v".into(), back: "/alerts".into() };
    let accounts = &rig.app.accounts;
    let one = accounts.begin_at_provider("state", flow.clone()).await.unwrap();
    let two = accounts.begin_at_provider("other", flow.clone()).await.unwrap();
    assert_eq!(accounts.back_from_provider("state", &two).await.unwrap(), None);
    assert_eq!(accounts.back_from_provider("state", "x").await.unwrap(), None);
    assert_eq!(accounts.back_from_provider("state", &one).await.unwrap(), Some(flow));
    assert_eq!(accounts.back_from_provider("state", &one).await.unwrap(), None);
    rig.wait(10 * 60_000);
    assert_eq!(accounts.back_from_provider("other", &two).await.unwrap(), None);
}

#[tokio::test]
async fn without_a_provider_its_routes_are_not_there() {
    let rig = Rig::alone();
    let mut browser = rig.browser();
    for path in ["/session/provider", "/session/provider/callback?code=a&state=b"] {
        assert_eq!(browser.get(path).await.code(), "not_found", "{path}");
    }
    assert_eq!(browser.get("/meta").await.json()["identity_provider"], json!(null));
}
