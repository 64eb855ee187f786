//! The two files that tell the broker and its log what to do, written anew at each start.

use crate::{Config, Error};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Room above the largest record for the frame of its batch.
const MESSAGE_BYTES_MAX: usize = bus::RECORD_BYTES_MAX + 128 * 1024;

/// Makes the directories and writes `server.properties` and `log4j2.properties`.
pub(crate) fn write(config: &Config) -> Result<(), Error> {
    let log = config.log();
    fs::create_dir_all(&log).map_err(Error::file("create", &log))?;
    write_file(&config.data.join("log4j2.properties"), &log_properties(&log))?;
    if let Some(secure) = &config.secure {
        secure.write(&config.data)?;
    }
    write_file(&server_file(config), &server_properties(config, &config.topics()))
}

pub(crate) fn server_file(config: &Config) -> PathBuf {
    config.data.join("server.properties")
}

pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::file("write", path))
}

/// The broker's settings, with its records in `topics`.
pub(crate) fn server_properties(config: &Config, topics: &Path) -> String {
    let own = config.own();
    let copies = config.nodes.len().min(3);
    // With three copies, two must have a record before it is confirmed, so that one may die.
    let copies_in_sync = if copies == 3 { 2 } else { 1 };
    let voters: Vec<_> = (1..)
        .zip(&config.nodes)
        .map(|(id, node)| format!("{id}@127.0.0.1:{}", node.controller_port))
        .collect();
    let mut text = String::from("# Written by embedded-kafka at each start.\n");
    let secure = config.secure.as_ref();
    let more = |part: fn(&crate::Secure) -> String| secure.map(part).unwrap_or_default();
    let mut set = |key: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{key}={value}");
    };
    set("process.roles", &"broker,controller");
    set("node.id", &(config.index + 1));
    set("controller.quorum.voters", &voters.join(","));
    // Loopback only: there is neither login nor encryption. Other hosts come in by `secure`.
    let (clients, quorum) = (own.port, own.controller_port);
    let loopback = format!("CLIENTS://127.0.0.1:{clients},QUORUM://127.0.0.1:{quorum}");
    set("listeners", &(loopback + &more(crate::Secure::listen)));
    let advertised = format!("CLIENTS://127.0.0.1:{clients}");
    set("advertised.listeners", &(advertised + &more(crate::Secure::advertise)));
    let protocols = "CLIENTS:PLAINTEXT,QUORUM:PLAINTEXT".to_owned();
    set("listener.security.protocol.map", &(protocols + &more(crate::Secure::protocols)));
    if let Some(secure) = secure {
        secure.set(&config.data, &mut set);
    }
    set("inter.broker.listener.name", &"CLIENTS");
    set("controller.listener.names", &"QUORUM");
    set("log.dirs", &topics.display());

    // Topics are made on purpose, with the partitions that the services agree on.
    set("auto.create.topics.enable", &false);
    set("default.replication.factor", &copies);
    set("min.insync.replicas", &copies_in_sync);
    set("message.max.bytes", &MESSAGE_BYTES_MAX);
    set("replica.fetch.max.bytes", &MESSAGE_BYTES_MAX);
    // The store sorts by Kafka's time, which no host's wrong clock may decide.
    set("log.message.timestamp.type", &"LogAppendTime");
    set("log.retention.hours", &config.retention_hours);
    // Retention deletes whole segments: with 128 MiB it keeps close to what it promises.
    set("log.segment.bytes", &(128 * 1024 * 1024));
    // A killed broker loses nothing that it confirmed: the system still holds it. A power cut on a
    // single machine may lose what was written since the last flush; a second of it is the price
    // of not waiting for the disk with every batch. With three brokers the others have it.
    set("log.flush.interval.ms", &1000);
    set("log.flush.scheduler.interval.ms", &1000);

    // Few, so that a group's first member waits for few to be made.
    set("offsets.topic.num.partitions", &4);
    set("offsets.topic.replication.factor", &copies);
    // Never: a stack that was switched off for a week must not forget where it stood.
    set("offsets.retention.minutes", &i32::MAX);
    // The loader notes its batch beside the offset: as much as the protocol can carry.
    set("offset.metadata.max.bytes", &bus::COMMIT_METADATA_BYTES_MAX);
    set("group.initial.rebalance.delay.ms", &0);
    set("transaction.state.log.num.partitions", &1);
    set("transaction.state.log.replication.factor", &copies);
    set("transaction.state.log.min.isr", &copies_in_sync);
    set("share.coordinator.state.topic.num.partitions", &1);
    set("share.coordinator.state.topic.replication.factor", &copies);
    set("share.coordinator.state.topic.min.isr", &copies_in_sync);

    // A killed broker is let in again only once its old session has ended, even by itself: three
    // seconds rather than nine. To miss six heartbeats on a busy machine costs a retry, no more.
    set("broker.heartbeat.interval.ms", &500);
    set("broker.session.timeout.ms", &3000);
    // Threads and buffers for one machine.
    set("num.network.threads", &2);
    set("num.io.threads", &4);
    set("background.threads", &2);
    set("num.recovery.threads.per.data.dir", &2);
    set("log.cleaner.dedupe.buffer.size", &(16 * 1024 * 1024));
    text
}

/// A log of at most 40 MB in four files.
fn log_properties(log: &Path) -> String {
    let file = log.join("server.log");
    format!(
        "status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {file}
appender.file.filePattern = {file}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}} %p %c{{1}}: %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
# Every start would print every setting, several times over.
logger.config.name = org.apache.kafka.common.config.AbstractConfig
logger.config.level = warn
logger.broker.name = kafka.server.KafkaConfig
logger.broker.level = warn
",
        file = file.display()
    )
}
