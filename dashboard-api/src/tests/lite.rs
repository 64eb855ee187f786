//! The pages without scripts, as a plain browser meets them; and searches that are kept.

use super::browser::{Browser, HOST, ORIGIN, Reply, Rig};
use super::engine::database;
use super::sample::{alert_id, plant, poison};
use crate::Role;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;

const OWN: &str = "mof";
const OTHER: &str = "moe";
/// All of a page with its style.
const PAGE_BYTES_MAX: usize = 30_000;

async fn rig() -> Rig {
    let store = database().await;
    plant(&store, OWN, 40).await;
    plant(&store, OTHER, 2).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, OWN)], Some("padma meghna jamuna"));
    rig.add_user("viewer", &[(Role::Viewer, OWN)], None);
    rig
}

/// A form as a browser without scripts sends it.
async fn post(browser: &mut Browser, path: &str, form: &str) -> Reply {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, HOST)
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(cookie) = &browser.cookie {
        request = request.header(header::COOKIE, cookie);
    }
    browser.send(request.body(Body::from(form.to_owned())).unwrap()).await
}

/// The value of a hidden field.
fn field(html: &str, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let at = html.find(&begin).unwrap_or_else(|| panic!("no {name} in {html}")) + begin.len();
    html[at..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_alert_is_acknowledged_and_closed_without_scripts() {
    let rig = rig().await;
    let mut browser = rig.browser();
    let page = browser.get("/lite").await;
    assert!(page.text.contains("name=\"password\"") && page.status == 200);
    let wrong = post(&mut browser, "/lite/session", "user=rahima&password=x").await;
    assert_eq!(wrong.status, 401);
    let right = "user=rahima&password=padma+meghna+jamuna";
    let signed = post(&mut browser, "/lite/session", right).await;
    assert_eq!(
        (signed.status.as_u16(), &signed.headers["location"]),
        (303, &"/lite".parse().unwrap())
    );

    let queue = browser.get("/lite").await;
    assert_eq!(queue.headers["content-type"], "text/html; charset=utf-8");
    assert!(queue.text.contains("lang=\"en\"") && queue.text.contains("40 open alerts"));
    assert!(!queue.text.contains(&poison(OTHER)) && !queue.text.contains("<script"));
    let next = queue.text.split("href=\"/lite?cursor=").nth(1).unwrap().split('"').next().unwrap();
    let older = browser.get(&format!("/lite?cursor={next}")).await;
    assert!(older.text.contains(&alert_id(OWN, 3)) && !older.text.contains(&alert_id(OWN, 39)));

    let path = format!("/lite/alerts/{}", alert_id(OWN, 39));
    let page = browser.get(&path).await;
    let style = browser.get("/lite/style.css").await;
    for page in [&queue, &page] {
        let bytes = page.text.len() + style.text.len();
        assert!(bytes < PAGE_BYTES_MAX, "{bytes} bytes");
    }
    assert!(page.text.contains("Failed") && page.text.contains("SSH brute force"));
    let token = field(&page.text, "token");
    let form = format!("token={token}&version=1&action=acknowledge");
    let done = post(&mut browser, &path, &form).await;
    assert_eq!(done.headers["location"], format!("{path}?said=done").as_str());
    let again = post(&mut browser, &path, &form).await;
    assert_eq!(again.headers["location"], format!("{path}?said=conflict").as_str());
    let close = format!(
        "token={token}&version=2&action=close&verdict=false_positive&reason=%E0%A6%86%E0%A6%AE%E0%A6%BE%E0%A6%A6%E0%A7%87%E0%A6%B0"
    );
    assert_eq!(post(&mut browser, &path, &close).await.status, 303);
    let closed = browser.get(&format!("{path}?said=done")).await;
    assert!(
        closed.text.contains("False positive") && closed.text.contains("আমাদের"),
        "{}",
        closed.text
    );
    assert!(!closed.text.contains("<textarea"), "nothing is left to do");
    let bangla = format!("token={token}&language=bn");
    assert_eq!(post(&mut browser, "/lite/language", &bangla).await.status, 303);
    assert!(browser.get("/lite").await.text.contains("খোলা সতর্কতা"));
}

#[tokio::test]
async fn forged_and_foreign_forms_are_refused() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let path = format!("/lite/alerts/{}", alert_id(OWN, 0));
    let token = field(&rahima.get(&path).await.text, "token");
    let mut viewer = rig.signed_in("viewer").await;
    let theirs = field(&viewer.get(&path).await.text, "token");
    let ack = |token: &str| format!("token={token}&version=1&action=acknowledge");
    assert_eq!(post(&mut rahima, &path, &ack("")).await.status, 403);
    assert_eq!(post(&mut rahima, &path, &ack(&theirs)).await.status, 403, "of another session");
    assert_eq!(post(&mut viewer, &path, &ack(&theirs)).await.status, 403, "of one who only reads");
    let other = format!("/lite/alerts/{}", alert_id(OTHER, 0));
    assert_eq!(post(&mut rahima, &other, &ack(&token)).await.status, 404);
    assert_eq!(rahima.get(&other).await.status, 404);
    let bare = format!("token={token}&version=1&action=close&verdict=benign&reason=+");
    assert!(post(&mut rahima, &path, &bare).await.text.contains("Closing needs"));
    let more = format!("{}&x=1", ack(&token));
    assert_eq!(post(&mut rahima, &path, &more).await.code(), "invalid_body");
    let foreign = Request::builder()
        .method(Method::POST)
        .uri(&path)
        .header(header::HOST, HOST)
        .header(header::ORIGIN, "https://evil.example")
        .header(header::COOKIE, rahima.cookie.clone().unwrap())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(ack(&token)))
        .unwrap();
    assert_eq!(rahima.send(foreign).await.code(), "origin_not_allowed");
    let version = &rahima.get(&format!("/alerts/{}", alert_id(OWN, 0))).await.json()["version"];
    assert_eq!(version, 1, "nothing was changed");
}

#[tokio::test]
async fn searches_are_kept_for_oneself_or_for_an_agency() {
    let rig = rig().await;
    rig.add_user("karim", &[(Role::Analyst, OWN)], None);
    rig.add_user("other", &[(Role::Analyst, OTHER)], None);
    let mut rahima = rig.signed_in("rahima").await;
    let mut karim = rig.signed_in("karim").await;
    let mut other = rig.signed_in("other").await;
    let mine = rahima.post("/searches", json!({"name": "Mine", "q": "user:root"})).await;
    assert_eq!((mine.status.as_u16(), &mine.json()["agency"]), (201, &json!(null)));
    let ours = json!({"name": "Ours", "q": "", "range": "-7d", "agency": OWN});
    let ours = rahima.post("/searches", ours).await.json();
    let names = |reply: Reply| -> Vec<String> {
        let items = reply.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(rahima.get("/searches").await), ["Mine", "Ours"]);
    assert_eq!(names(karim.get("/searches").await), ["Ours"]);
    assert!(names(other.get("/searches").await).is_empty());
    let path = format!("/searches/{}", ours["id"].as_str().unwrap());
    let body = json!({"name": "Ours too", "q": "user:root", "agency": OWN});
    assert_eq!(karim.change(Method::PUT, &path, 1, body.clone()).await.code(), "not_found");
    let changed = rahima.change(Method::PUT, &path, 1, body.clone()).await;
    assert_eq!(
        (changed.status.as_u16(), &changed.headers["etag"]),
        (200, &"\"2\"".parse().unwrap())
    );
    assert_eq!(rahima.change(Method::PUT, &path, 1, body).await.code(), "version_conflict");
    let mut request = rahima.request(Method::DELETE, &path, None);
    request.headers_mut().insert("if-match", "\"2\"".parse().unwrap());
    assert_eq!(rahima.send(request).await.status, 204);
    assert_eq!(names(rahima.get("/searches").await), ["Mine"]);
    // A view of the queue is one too; its words are an address and no search.
    let view =
        json!({"name": "Night", "page": "queue", "q": "severity=4&q=a%20AND", "agency": OWN});
    let view = rahima.post("/searches", view).await;
    assert_eq!(
        (view.status.as_u16(), &view.json()["page"]),
        (201, &json!("queue")),
        "{}",
        view.text
    );
    assert_eq!(names(karim.get("/searches").await), ["Night"]);
    for (body, code) in [
        (json!({"name": "x", "page": "queue", "q": "", "range": "-1h"}), "invalid_body"),
        (json!({"name": "x", "page": "fleet", "q": ""}), "invalid_body"),
        (json!({"name": "", "q": "a"}), "invalid_body"),
        (json!({"name": "x", "q": "a AND"}), "invalid_parameter"),
        (json!({"name": "x", "q": "a", "agency": OTHER}), "invalid_body"),
        (json!({"name": "x", "y": 1}), "unknown_parameter"),
    ] {
        let shown = body.to_string();
        assert_eq!(rahima.post("/searches", body).await.code(), code, "{shown}");
    }
}
