//! Who is told of alerts: each once, only of the own agency, however often the service starts.

use super::browser::{NOWHERE, Rig};
use super::engine::database;
use super::sample::{alert_id, plant_at, poison};
use crate::Role;
use crate::rate::Rates;
use crate::telling::{Reading, Teller};
use axum::http::Method;
use https::testing;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

const OWN: &str = "mof";
const OTHER: &str = "moe";

/// A host that takes every webhook; the bodies of what came.
fn receiver() -> (SocketAddr, Receiver<Value>) {
    let (send, receive) = sync_channel(100);
    let address = testing::serve(move |request| {
        send.send(serde_json::from_str(&request.body).unwrap()).unwrap();
        testing::response(200, "", "")
    });
    (address.unwrap(), receive)
}

fn body(agency: &str, url: &str, severity_min: Option<u8>, platform: bool) -> Value {
    json!({"agency": agency, "name": "The duty officer", "target": {"kind": "webhook", "url": url},
        "language": "en", "severity_min": severity_min, "platform": platform})
}

/// A channel of each agency whose words are full of its poison.
pub(super) async fn plant_channels(rig: &Rig, agencies: &[&str]) {
    let mut admin = rig.signed_in("admin").await;
    for agency in agencies {
        let mut channel =
            body(agency, &format!("http://{NOWHERE}/{}", poison(agency)), Some(1), true);
        channel["name"] = poison(agency).into();
        let made = admin.post("/notification-channels", channel).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
}

async fn rig(hosts: &[SocketAddr]) -> Rig {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let rates = Rates { read: 1_000_000, write: 1_000_000, codes: 1_000_000, anonymous: 1_000_000 };
    let bus = bus::Config::new(NOWHERE);
    let rig = Rig::with_ways_out(database().await, bus, rates, &[], &hosts);
    rig.add_user("head", &[(Role::AgencyAdmin, OWN)], None);
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    rig.add_user("other-head", &[(Role::AgencyAdmin, OTHER)], None);
    rig.add_user("platform", &[(Role::PlatformAdmin, "*")], None);
    rig
}

/// Sends what is due; how many tries that were.
async fn send(teller: &Teller) -> usize {
    let mut tries = 0;
    loop {
        let due = teller.work.due_messages().await.unwrap();
        if due.is_empty() {
            return tries;
        }
        for due in due {
            teller.try_once(due, false).await.unwrap();
            tries += 1;
        }
    }
}

fn next(receive: &Receiver<Value>) -> Value {
    receive.recv_timeout(Duration::from_secs(10)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_told_once_and_a_storm_in_one_message() {
    let (address, receive) = receiver();
    let rig = rig(&[address]).await;
    let teller = Teller::of(&rig.app);
    let mut head = rig.signed_in("head").await;
    let made = head
        .post("/notification-channels", body(OWN, &format!("http://{address}/"), Some(4), false))
        .await;
    assert_eq!((made.status.as_u16(), made.json()["secret"].as_str().unwrap().len()), (201, 64));
    let path = format!("/notification-channels/{}", made.json()["channel"]["id"].as_str().unwrap());
    let mut reading = Reading::default();
    plant_at(&rig.app.store, OTHER, 2, rig.now_ms()).await;
    plant_at(&rig.app.store, OWN, 3, rig.now_ms()).await;
    teller.look(&mut reading).await.unwrap();
    let told = |value: &Value| value["alerts"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!((teller.work.make_messages().await.unwrap(), send(&teller).await), (3, 3));
    let ids: Vec<String> = (0..3).map(|_| told(&next(&receive))).collect();
    assert_eq!(ids, [0, 1, 2].map(|number| alert_id(OWN, number)));
    // Another start reads the same alerts again and says nothing.
    teller.look(&mut Reading::default()).await.unwrap();
    assert_eq!((teller.work.make_messages().await.unwrap(), send(&teller).await), (0, 0));
    // A storm: nothing at once, as something was just said; then all of it in one message.
    plant_at(&rig.app.store, OWN, 40, rig.now_ms()).await;
    teller.look(&mut reading).await.unwrap();
    assert_eq!(teller.work.make_messages().await.unwrap(), 0);
    assert_eq!(head.get(&path).await.json()["waiting"], 37);
    rig.wait(61_000);
    assert_eq!((teller.work.make_messages().await.unwrap(), send(&teller).await), (1, 1));
    let folded = next(&receive);
    assert_eq!((&folded["count"], &folded["rules"][0]["alerts"]), (&json!(37), &json!(37)));
    assert!(folded["text"].as_str().unwrap().starts_with("37 alerts"), "{folded}");
    assert!(
        folded["alerts"][0]["url"].as_str().unwrap().starts_with("http://127.0.0.1:8088/alerts/")
    );
    let channel = head.get(&path).await.json();
    let newest = &channel["messages"][0];
    assert_eq!((&newest["notices"], &newest["tries"]), (&json!(37), &json!(1)), "{channel}");
    assert!(
        newest["sent"].is_i64() && newest["next"].is_null() && channel["waiting"] == 0,
        "{channel}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_get_through_is_tried_again_and_given_up_after_a_day() {
    let nowhere: SocketAddr = NOWHERE.parse().unwrap();
    let rig = rig(&[nowhere]).await;
    let teller = Teller::of(&rig.app);
    let mut head = rig.signed_in("head").await;
    let made = head
        .post("/notification-channels", body(OWN, &format!("http://{NOWHERE}/"), Some(1), false))
        .await;
    let path = format!("/notification-channels/{}", made.json()["channel"]["id"].as_str().unwrap());
    // A try by hand is one try.
    let tried = head.post(&format!("{path}/test"), json!({})).await.json();
    assert!(tried["sent"].is_null() && tried["next"].is_null(), "{tried}");
    assert!(!tried["fault"].as_str().unwrap().is_empty(), "{tried}");
    plant_at(&rig.app.store, OWN, 1, rig.now_ms()).await;
    teller.look(&mut Reading::default()).await.unwrap();
    teller.work.make_messages().await.unwrap();
    assert_eq!(send(&teller).await, 1);
    let failed = head.get(&path).await.json()["messages"][0].clone();
    assert!(failed["next"].as_i64().unwrap() > rig.now_ms(), "{failed}");
    assert_eq!(send(&teller).await, 0, "not yet");
    // What comes while it fails waits to be folded.
    plant_at(&rig.app.store, OWN, 3, rig.now_ms()).await;
    teller.look(&mut Reading::default()).await.unwrap();
    assert_eq!(teller.work.make_messages().await.unwrap(), 0);
    assert_eq!(head.get(&path).await.json()["waiting"], 2);
    rig.wait(20_000);
    assert_eq!(send(&teller).await, 1);
    rig.wait(25 * 3_600_000);
    assert_eq!(send(&teller).await, 1);
    let id = made.json()["channel"]["id"].as_str().unwrap().parse().unwrap();
    let (outcomes, _) = teller.work.outcomes(id).await.unwrap();
    assert_eq!((outcomes[0].tries, outcomes[0].sent, outcomes[0].next), (3, None, None));
    rig.wait(3_600_000);
    assert_eq!(send(&teller).await, 0, "no more");
    // Switched off, what waits is dropped.
    let mut spec = teller.work.channel(id).await.unwrap().unwrap().spec;
    spec.enabled = false;
    teller.work.set_channel(id, 1, Some(spec), "head").await.unwrap().unwrap();
    assert_eq!(teller.work.outcomes(id).await.unwrap().1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_of_the_platform_is_told_to_who_asked_for_it() {
    let (address, receive) = receiver();
    let rig = rig(&[address]).await;
    let teller = Teller::of(&rig.app);
    let mut platform = rig.signed_in("platform").await;
    let url = format!("http://{address}/");
    let made = platform.post("/notification-channels", body("*", &url, None, true)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    plant_at(&rig.app.store, OWN, 1, rig.now_ms()).await;
    let mut watch = crate::telling::Watch::new(900_000);
    teller.look_at_platform(&mut watch).await.unwrap();
    assert_eq!(teller.work.make_messages().await.unwrap(), 0);
    rig.wait(901_000);
    for _ in 0..2 {
        teller.look_at_platform(&mut watch).await.unwrap();
    }
    // Also after a start it is told once.
    teller.look_at_platform(&mut crate::telling::Watch::new(900_000)).await.unwrap();
    assert_eq!((teller.work.make_messages().await.unwrap(), send(&teller).await), (1, 1));
    let told = next(&receive);
    assert_eq!(
        (&told["kind"], &told["platform"][0]["condition"]),
        (&json!("platform"), &json!("quiet"))
    );
    rig.wait(-901_000);
    teller.look_at_platform(&mut watch).await.unwrap();
    teller.work.make_messages().await.unwrap();
    send(&teller).await;
    assert_eq!(next(&receive)["platform"][0]["over"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_set_by_who_may_let_that_leave() {
    let (address, receive) = receiver();
    let rig = rig(&[address]).await;
    let url = format!("http://{address}/");
    let mut head = rig.signed_in("head").await;
    for (user, agency, severity_min, platform, code) in [
        ("rahima", OWN, Some(4), false, "forbidden"),
        ("head", OTHER, Some(4), false, "forbidden"),
        ("head", "*", Some(4), false, "forbidden"),
        ("head", "No", Some(4), false, "not_found"),
        // Who looks after the platform reads no alerts, and cannot have them sent either.
        ("platform", "*", Some(4), true, "forbidden"),
        ("head", OWN, None, false, "invalid_body"),
        ("head", OWN, Some(7), false, "invalid_body"),
    ] {
        let mut browser = rig.signed_in(user).await;
        let reply = browser
            .post("/notification-channels", body(agency, &url, severity_min, platform))
            .await;
        assert_eq!(reply.code(), code, "{user} {agency} {severity_min:?}");
    }
    for (target, field) in [
        (json!({"kind": "webhook", "url": "https://elsewhere.example/"}), "url"),
        (json!({"kind": "webhook", "url": "file:///etc/passwd"}), "url"),
        (json!({"kind": "email", "to": ["soc@example.gov.bd"]}), "kind"),
        (json!({"kind": "sms", "to": ["1"]}), "to"),
    ] {
        let mut new = body(OWN, &url, Some(4), false);
        new["target"] = target;
        let reply = head.post("/notification-channels", new).await;
        assert_eq!(
            (reply.code().as_str(), &reply.json()["params"]["field"]),
            ("invalid_body", &json!(field))
        );
    }
    let mut odd = body(OWN, &url, Some(4), false);
    odd["colour"] = "red".into();
    assert_eq!(head.post("/notification-channels", odd).await.status, 400);
    let made = head.post("/notification-channels", body(OWN, &url, Some(4), true)).await.json();
    let path = format!("/notification-channels/{}", made["channel"]["id"].as_str().unwrap());
    assert!(!head.get(&path).await.text.contains(made["secret"].as_str().unwrap()), "shown once");
    let tried = head.post(&format!("{path}/test"), json!({})).await.json();
    assert!(tried["sent"].is_i64(), "{tried}");
    assert_eq!(next(&receive)["kind"], "test");
    let mut other = rig.signed_in("other-head").await;
    assert_eq!(other.get(&path).await.code(), "not_found");
    assert_eq!(other.post(&format!("{path}/test"), json!({})).await.code(), "not_found");
    assert_eq!(other.get("/notification-channels").await.json()["items"], json!([]));
    let quieter = body(OWN, &url, Some(5), false);
    let changed = head.change(Method::PUT, &path, 1, quieter.clone()).await;
    assert_eq!(
        (changed.headers["etag"].to_str().unwrap(), &changed.json()["severity_min"]),
        ("\"2\"", &json!(5))
    );
    assert_eq!(head.change(Method::PUT, &path, 1, quieter).await.code(), "version_conflict");
    let moved = body(OTHER, &url, Some(5), false);
    assert_eq!(head.change(Method::PUT, &path, 2, moved).await.code(), "invalid_body");
    assert_eq!(head.change(Method::DELETE, &path, 2, Value::Null).await.status, 204);
    assert_eq!(head.get(&path).await.code(), "not_found");
    let audited = rig.app.accounts.audited("head").await.unwrap();
    assert_eq!(audited.iter().filter(|(action, ..)| action == "channel.change").count(), 4);
}
