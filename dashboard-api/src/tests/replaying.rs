//! Dead letters by reason, and sent once more by the normalizer's own tool: within one's agencies.

use super::browser::Rig;
use super::engine::{database, kafka};
use super::sample::plant;
use crate::{ReplayAsked, ReplayCounts, Replayer, Role};
use bus::TopicSpec;
use model::Agency;
use normalizer::dead_letters::{self, Fate, Filter};
use serde_json::{Value, json};
use std::time::Duration;

/// The normalizer's tool, as the command hands it in.
pub(super) struct OfKafka(pub(super) bus::Config);

impl Replayer for OfKafka {
    fn replay(&self, asked: &ReplayAsked) -> Result<ReplayCounts, String> {
        let (agencies, codes) = (asked.agencies.clone(), asked.codes.clone());
        let filter = Filter { agencies, codes, ..Filter::default() };
        let found = dead_letters::read(&self.0, &filter).map_err(|error| error.to_string())?;
        let planned = dead_letters::plan(&found.list, &filter.codes);
        let again = planned.iter().filter(|(_, fate)| *fate == Fate::Again).count();
        let counts = ReplayCounts { found: found.list.len(), again, ..ReplayCounts::default() };
        if !asked.send {
            return Ok(counts);
        }
        let done =
            dead_letters::replay(&self.0, &planned, false).map_err(|error| error.to_string())?;
        Ok(ReplayCounts { sent: done.sent, gone: done.gone, ..counts })
    }
}

#[tokio::test]
async fn reasons_are_counted_and_letters_sent_again_only_where_one_may() {
    let store = database().await;
    plant(&store, "mof", 1).await;
    plant(&store, "moe", 1).await;
    let bus = kafka().await;
    let made = bus.clone();
    let topics = move || {
        let raw = ["mof", "moe"].map(|name| TopicSpec::raw(&Agency::new(name).unwrap(), 1));
        let topics: Vec<TopicSpec> = TopicSpec::shared(1).into_iter().chain(raw).collect();
        bus::admin::ensure_topics(&made, &topics)
    };
    tokio::task::spawn_blocking(topics).await.unwrap().unwrap();
    let rig = Rig::with_both(store, bus);
    rig.add_user("operator", &[(Role::CollectorOperator, "mof")], None);
    rig.add_user("analyst", &[(Role::Analyst, "mof")], None);
    let mut operator = rig.signed_in("operator").await;
    let reasons = operator.get("/dead-letters/reasons").await.json();
    assert_eq!(reasons["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&reasons["items"][0]["agency"], &reasons["items"][0]["letters"]),
        (&json!("mof"), &json!(1))
    );
    let mut analyst = rig.signed_in("analyst").await;
    let reply = analyst.post("/dead-letters:replay", json!({"dry_run": true})).await;
    assert_eq!(reply.code(), "forbidden", "an analyst reads them and sends none");
    let other = operator.post("/dead-letters:replay", json!({"agency": "moe"})).await;
    assert_eq!(other.code(), "forbidden");
    let unknown = operator.post("/dead-letters:replay", json!({"code": "x"})).await;
    assert_eq!(unknown.code(), "invalid_body");
    let begun = operator.post("/dead-letters:replay", json!({"code": "binary"})).await;
    assert_eq!(begun.status, 202);
    let path = format!("/jobs/{}", begun.json()["id"].as_str().unwrap());
    let mut job = Value::Null;
    for _ in 0..600 {
        job = operator.get(&path).await.json();
        if job["state"] != "running" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The letters of this test lie in the store only: Kafka has none to send.
    assert_eq!((&job["state"], &job["result"]["found"]), (&json!("done"), &json!(0)), "{job}");
}
