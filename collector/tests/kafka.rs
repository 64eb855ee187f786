//! The collector's process against the real Kafka.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "kafka/certificates.rs"]
mod certificates;
#[path = "kafka/enrolled.rs"]
mod enrolled;
#[path = "kafka/lab.rs"]
mod lab;
#[path = "kafka/secure.rs"]
mod secure;

use embedded_kafka::testing;
use lab::{Lab, Taken, check_places};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpStream, UdpSocket};
use std::process::Stdio;
use std::time::Duration;

fn texts(taken: &[Taken]) -> BTreeSet<&str> {
    taken.iter().map(|taken| taken.text.as_str()).collect()
}

#[test]
fn lines_arrive_with_their_origin_and_a_clean_restart_sends_none_again() {
    let lab = Lab::new("clean", &testing::broker().address(), 4);
    lab.append("app.log", "one\r\n\ntwo\n");
    let mut collector = lab.start();
    let mut taken = lab.take(|taken| taken.len() >= 2);
    lab.rename("app.log", "app.log.1");
    lab.append("app.log", "three\n");
    lab.append("app.log.1", "late\n");
    lab.take_more(&mut taken, |taken| taken.len() >= 4);
    assert_eq!(lab.get("/ready").lines().last(), Some("ready"));
    assert!(lab.get("/metrics").contains("prohori_collector_file_records_total 4"));
    collector.end();

    lab.append("app.log", "four\n");
    let mut collector = lab.start();
    lab.take_more(&mut taken, |taken| texts(taken).contains("four"));
    collector.end();
    assert_eq!(taken.len(), 5, "{taken:#?}");
    check_places(&taken);
    let stream = format!("file:{}", lab.path("app.log").display());
    for record in &taken {
        assert_eq!((&record.stream, &record.key), (&stream, &stream));
        assert!(record.collector.starts_with("c-") && record.source.as_deref() == Some("test"));
    }
    assert_eq!(BTreeSet::from_iter(taken.iter().map(|t| t.partition)).len(), 1, "one stream");
    let generations = BTreeSet::from_iter(taken.iter().map(|t| t.generation));
    assert_eq!(generations.len(), 2);
}

#[test]
fn kill_9_at_any_time_loses_no_line_and_gives_none_another_place() {
    const ROUNDS: usize = 8;
    const LINES: usize = 100_000;
    let lab = Lab::new("killed", &testing::broker().address(), 4);
    let mut written = 0;
    let mut taken = Vec::new();
    for round in 0..ROUNDS {
        let mut collector = lab.start();
        let mut text = String::new();
        for _ in 0..LINES / ROUNDS {
            let _ = writeln!(text, "line {written} of the test, with some text to give it length");
            written += 1;
        }
        let (first, rest) = text.split_at(text.len() / 2);
        lab.append("app.log", first);
        // The kill comes with what was read, sent and confirmed at every stage.
        let enough = taken.len() + 1 + round * LINES / ROUNDS / ROUNDS;
        lab.take_more(&mut taken, |taken| taken.len() >= enough);
        if round % 2 == 1 {
            lab.rename("app.log", &format!("app.log.{round}"));
        }
        lab.append("app.log", rest);
        collector.kill();
    }
    let mut collector = lab.start();
    lab.take_more(&mut taken, |taken| texts(taken).len() >= LINES);
    collector.end();
    assert_eq!(texts(&taken).len(), LINES);
    assert!(taken.len() > LINES, "nothing was sent twice: the kills came too late");
    check_places(&taken);
}

#[test]
fn a_broker_that_is_away_makes_lines_wait() {
    let config = embedded_kafka::Config::new(testing::raw_config("away")).unwrap();
    let broker = embedded_kafka::Broker::start(&config).unwrap();
    let lab = Lab::new("away", &broker.address(), 1);
    lab.append("app.log", "before\n");
    let mut collector = lab.start();
    let mut taken = lab.take(|taken| taken.len() == 1);
    broker.kill();
    // More than the producer holds, and a rotation whose old file is deleted.
    let mut expected = BTreeSet::from(["before".to_owned()]);
    for part in ["old", "new"] {
        let mut text = String::new();
        for n in 0..60_000 {
            let _ = writeln!(text, "{part} {n}");
            expected.insert(format!("{part} {n}"));
        }
        lab.append("app.log", &text);
        if part == "old" {
            lab.wait_for_metric("kafka_full_total", |count| count > 0.0);
            lab.rename("app.log", "gone");
            lab.append("app.log", "after the rename\n");
            expected.insert("after the rename".to_owned());
            lab.wait_for_metric("file_followed", |count| count == 2.0);
            std::fs::remove_file(lab.path("gone")).unwrap();
        }
    }
    drop(broker);
    let _broker = embedded_kafka::Broker::start(&config).unwrap();
    lab.take_more(&mut taken, |taken| texts(taken).len() >= expected.len());
    collector.end();
    assert!(texts(&taken).into_iter().eq(expected.iter().map(String::as_str)));
    check_places(&taken);
}

#[test]
fn what_came_by_syslog_while_the_broker_was_away_outlives_a_kill() {
    const LINES: usize = 30_000;
    let config = embedded_kafka::Config::new(testing::raw_config("spooled")).unwrap();
    let broker = embedded_kafka::Broker::start(&config).unwrap();
    let lab = Lab::new("spooled", &broker.address(), 1);
    let (_, tcp) = lab.add_syslog();
    let mut collector = lab.start();
    lab.wait_for_metric("kafka_in_flight", |_| true);
    let send = |from: usize| {
        let mut text = String::new();
        for n in from..from + LINES {
            let _ = writeln!(text, "<13>line {n}");
        }
        TcpStream::connect(tcp).unwrap().write_all(text.as_bytes()).unwrap();
    };
    send(0);
    let mut taken = lab.take(|taken| !taken.is_empty());
    broker.kill();
    send(LINES);
    let all = 2 * LINES;
    lab.wait_for_metric("queue_records_total", |count| count == all as f64);
    collector.kill();
    // Another kill, of a collector that could send nothing.
    let mut collector = lab.start();
    lab.wait_for_metric("queue_waiting", |count| count > 0.0);
    collector.kill();
    drop(broker);
    let _broker = embedded_kafka::Broker::start(&config).unwrap();
    let mut collector = lab.start();
    lab.take_more(&mut taken, |taken| texts(taken).len() >= all);
    lab.wait_for_metric("queue_waiting", |count| count == 0.0);
    collector.end();
    let expected: BTreeSet<String> = (0..all).map(|n| format!("<13>line {n}")).collect();
    assert!(texts(&taken).into_iter().eq(expected.iter().map(String::as_str)));
    check_places(&taken);
    let spool = lab.path("state/spool");
    let files = |dir: std::fs::DirEntry| std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(std::fs::read_dir(spool).unwrap().map(|dir| files(dir.unwrap())).sum::<usize>(), 0);
}

#[test]
fn syslog_and_standard_input_arrive_with_their_sender() {
    let lab = Lab::new("sockets", &testing::broker().address(), 4);
    let (udp, tcp) = lab.add_syslog();
    let mut collector = lab.start();
    lab.wait_for_metric("kafka_in_flight", |_| true);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"<13>by udp\n", udp).unwrap();
    let mut stream = TcpStream::connect(tcp).unwrap();
    stream.write_all(b"10 <13>by tcp<13>by\0line\r\n<13>cut short").unwrap();
    drop(stream);
    let taken = lab.take(|taken| taken.len() >= 4);
    collector.end();
    let expected = BTreeSet::from(["<13>by udp", "<13>by tcp", "<13>by\0line", "<13>cut short"]);
    assert_eq!(texts(&taken), expected);
    check_places(&taken);
    for record in &taken {
        let address = if record.text.ends_with("udp") { udp } else { tcp };
        assert!(record.stream.ends_with(&address.to_string()), "{record:?}");
        assert_eq!(record.sender.as_deref(), Some("127.0.0.1"));
    }

    let lab = Lab::new("stdin", &testing::broker().address(), 4);
    lab.only_stdin();
    let mut collector = lab.spawn(Stdio::piped());
    let mut input = collector.stdin();
    input.write_all(b"one\ntwo").unwrap();
    drop(input);
    assert!(collector.wait(Duration::from_secs(60)), "it ends with its only input");
    let taken = lab.take(|taken| taken.len() >= 2);
    assert_eq!(texts(&taken), BTreeSet::from(["one", "two"]));
    assert!(taken.iter().all(|record| record.stream == "stdin"));
}

#[test]
fn a_hangup_takes_a_good_configuration_and_leaves_a_bad_one_alone() {
    let lab = Lab::new("hangup", &testing::broker().address(), 1);
    lab.append("app.log", "one\n");
    lab.append("other.log", "two\n");
    let mut collector = lab.start();
    let mut taken = lab.take(|taken| texts(taken).contains("one"));
    let good = lab.config();
    lab.change(&good.replace("include", "includes"));
    collector.hang_up();
    lab.append("app.log", "still\n");
    lab.take_more(&mut taken, |taken| texts(taken).contains("still"));
    lab.change(&good.replace("app.log*", "o*.log"));
    collector.hang_up();
    lab.take_more(&mut taken, |taken| texts(taken).contains("two"));
    collector.end();
    assert_eq!(taken.len(), 3, "{taken:#?}");
    check_places(&taken);
}

#[test]
fn heartbeats_tell_how_far_each_stream_is_and_that_the_collector_ends() {
    let lab = Lab::new("beats", &testing::broker().address(), 1);
    let (udp, _) = lab.add_syslog();
    lab.append("app.log", "one\ntwo\nthree\nunfinished");
    let mut collector = lab.start();
    lab.wait_for_metric("kafka_in_flight", |_| true);
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"<13>by udp\n", udp).unwrap();
    lab.take(|taken| taken.len() >= 4);
    let file = format!("file:{}", lab.path("app.log").display());
    lab.wait_for_fleet(|known| {
        let place = |stream: &str| known.streams.get(stream).map(|stream| stream.beat.clone());
        let (file, udp) = (place(&file), place(&format!("udp:{udp}")));
        file.is_some_and(|beat| (beat.sequence, beat.offset, beat.waiting_bytes) == (3, 14, 10))
            && udp.is_some_and(|beat| (beat.sequence, beat.waiting_records) == (1, Some(0)))
            && known.beat.counters["kafka_confirmed"] == 4
            && known.state(known.seen_ms) == fleet::State::Alive
    });
    collector.end();
    lab.wait_for_fleet(|known| known.state(known.seen_ms) == fleet::State::Stopped);
}

#[test]
fn a_ceiling_spreads_what_comes_at_once() {
    let lab = Lab::new("ceiling", &testing::broker().address(), 1);
    let line = "x".repeat(1_000);
    lab.append("app.log", &format!("{line}\n").repeat(100));
    lab.change_first(&lab.config().replace("heartbeat_s = 5", "bytes_per_second = 20000"));
    let begun = std::time::Instant::now();
    let mut collector = lab.start();
    let taken = lab.take(|taken| taken.len() >= 100);
    // A second's worth goes at once, the other hundred thousand bytes and more take four.
    assert!(begun.elapsed() >= Duration::from_secs(4), "{:?}", begun.elapsed());
    lab.wait_for_metric("kafka_held_back_total", |times| times > 0.0);
    collector.end();
    check_places(&taken);
}
