//! A broker's life: it keeps its data over a stop and a kill, and does not outlive its parent.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use bus::{Outgoing, Producer, ProducerOptions, TopicSpec, admin};
use embedded_kafka::{Broker, Config, testing};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

fn end_offset(client: &bus::Config) -> i64 {
    admin::end_offsets(client, &["kept"]).unwrap()[&("kept".to_owned(), 0)]
}

fn send(client: &bus::Config, records: usize) {
    let producer =
        Producer::open(client, &ProducerOptions::default(), |_, outcome| _ = outcome.unwrap())
            .unwrap();
    for tag in 0..records as u64 {
        let record = Outgoing {
            topic: "kept",
            partition: Some(0),
            key: None,
            value: b"value",
            headers: &[],
        };
        producer.try_send(&record, tag).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

#[test]
fn data_outlive_a_stop_and_a_kill() {
    let config = Config::new(testing::raw_config("life")).unwrap();
    let broker = Broker::start(&config).unwrap();
    let client = bus::Config::new(broker.address());
    let topic = [TopicSpec::new("kept", 1)];
    admin::ensure_topics(&client, &topic).unwrap();
    send(&client, 100);
    assert!(broker.stop(PATIENCE).unwrap().code().is_some(), "ended by itself, not by a signal");

    let broker = Broker::start(&config).unwrap();
    admin::ensure_topics(&client, &topic).unwrap();
    assert_eq!(end_offset(&client), 100);
    send(&client, 100);
    assert_eq!(broker.try_wait(), None);
    assert_eq!(broker.kill().unwrap().code(), None, "killed by a signal");

    let broker = Broker::start(&config).unwrap();
    assert_eq!(end_offset(&client), 200);
    drop(broker);
}

/// Plays both roles: run again with the variable set, it is the parent that is killed.
#[test]
fn a_broker_dies_with_its_parent() {
    const PARENT: &str = "PROHORI_TEST_PARENT";
    if std::env::var_os(PARENT).is_some() {
        let broker = Broker::start(&Config::new(testing::raw_config("orphan")).unwrap()).unwrap();
        eprintln!("\npid {}", broker.pid());
        broker.wait();
        return;
    }
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_broker_dies_with_its_parent", "--nocapture"])
        .env(PARENT, "1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stderr.take().unwrap()).lines();
    let line = lines.find_map(|line| line.unwrap().strip_prefix("pid ").map(str::to_owned));
    let process = Path::new("/proc").join(line.expect("the parent started a broker"));
    assert!(process.exists());
    parent.kill().unwrap();
    parent.wait().unwrap();
    let begun = Instant::now();
    // A zombie of a process that init has yet to reap is dead enough.
    let alive = || {
        let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
        status.contains("State:") && !status.contains("State:\tZ")
    };
    while alive() {
        assert!(begun.elapsed() < PATIENCE, "the broker outlived its parent");
        std::thread::yield_now();
    }
}

#[test]
fn three_brokers_survive_the_death_of_one() {
    let ports: [u16; 6] = testing::free_ports();
    let node =
        |n: usize| embedded_kafka::Node { port: ports[2 * n], controller_port: ports[2 * n + 1] };
    let nodes: Vec<_> = (0..3).map(node).collect();
    let brokers: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|n| {
                let mut raw = testing::raw_config(&format!("cluster-{n}"));
                (raw.port, raw.controller_port) = (nodes[n].port, nodes[n].controller_port);
                (raw.node, raw.nodes) = (n + 1, nodes.clone());
                scope.spawn(move || Broker::start(&Config::new(raw).unwrap()).unwrap())
            })
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let addresses: Vec<_> = brokers.iter().map(Broker::address).collect();
    let client = bus::Config::new(addresses.join(","));
    admin::wait_ready(&client, 3, PATIENCE).unwrap();
    admin::ensure_topics(&client, &[TopicSpec::new("kept", 1)]).unwrap();
    send(&client, 100);
    brokers[0].kill().unwrap();
    send(&client, 100);
    assert_eq!(end_offset(&client), 200);
}
