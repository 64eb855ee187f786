//! What keeps a broker from starting is said clearly, and before anything is left behind.

use embedded_kafka::{Broker, Config, Error, RawConfig, testing};
use std::fs::Permissions;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;

fn error(raw: RawConfig) -> Error {
    match Config::new(raw).and_then(|config| Broker::start(&config)) {
        Ok(broker) => panic!("started as {}", broker.pid()),
        Err(error) => error,
    }
}

fn says(error: &Error, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{text:?} should say {word:?}");
    }
}

#[test]
fn no_java() {
    let raw =
        RawConfig { java: Some("/nonexistent/java".into()), ..testing::raw_config("no-java") };
    let error = error(raw);
    assert!(matches!(error, Error::NoJava { .. }), "{error:?}");
    says(&error, &["Java 17", "/nonexistent/java", "apt-get install openjdk-17-jre-headless"]);
}

#[test]
fn old_java() {
    let raw = testing::raw_config("old-java");
    std::fs::create_dir_all(&raw.data).unwrap();
    let java = raw.data.join("java");
    std::fs::write(&java, "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n").unwrap();
    std::fs::set_permissions(&java, Permissions::from_mode(0o755)).unwrap();
    let error = error(RawConfig { java: Some(java), ..raw });
    assert!(matches!(error, Error::OldJava { .. }), "{error:?}");
    says(&error, &["Java 17", "11.0.2", "apt-get install"]);
}

#[test]
fn no_jars() {
    let error = error(RawConfig { libs: "/nonexistent".into(), ..testing::raw_config("no-jars") });
    assert!(matches!(error, Error::NoJars { .. }), "{error:?}");
    says(&error, &["/nonexistent", "make setup"]);
}

#[test]
fn a_taken_port_is_named_with_its_field() {
    for field in ["port", "controller_port"] {
        // Taken first and told after: a port that was free a moment ago may be another's by now.
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = holder.local_addr().unwrap().port();
        let mut raw = testing::raw_config(field);
        *(if field == "port" { &mut raw.port } else { &mut raw.controller_port }) = port;
        let error = error(raw);
        drop(holder);
        assert!(matches!(error, Error::PortTaken { .. }), "{error:?}");
        says(&error, &[&port.to_string(), field]);
    }
}

#[test]
fn a_full_disk_is_told_in_numbers() {
    let needed = u64::MAX / 2;
    let error = error(RawConfig { disk_free_mib_min: needed, ..testing::raw_config("full") });
    assert!(matches!(error, Error::DiskFull { .. }), "{error:?}");
    says(&error, &["MiB free", &needed.to_string(), "full"]);
}

#[test]
fn a_broker_that_dies_at_once_shows_its_log() {
    let raw = testing::raw_config("broken");
    let topics = raw.data.join("topics");
    std::fs::create_dir_all(&topics).unwrap();
    std::fs::write(topics.join("meta.properties"), "version=1\ncluster.id=x\nnode.id=7\n").unwrap();
    let error = error(raw);
    assert!(matches!(error, Error::Ended { .. }), "{error:?}");
    says(&error, &["server.log", "ERROR", "node"]);
}
