//! rsyslog with the same promises, as far as it has them: acks=all, idempotence, zstd.

use super::{Input, Place};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Where Debian's package rsyslog-kafka puts its module.
const OMKAFKA: &str = "/usr/lib/x86_64-linux-gnu/rsyslog/omkafka.so";

/// Whether it can be measured here.
pub(super) fn is_installed() -> bool {
    Path::new(OMKAFKA).exists()
}

/// Its command, with its configuration written.
pub(super) fn command(place: &Place<'_>, logs: &Path) -> anyhow::Result<Command> {
    let Place { dir, input, address, brokers, topic } = place;
    let port = address.port();
    let (module, input, field) = match input {
        Input::Files => (
            "module(load=\"imfile\")".to_owned(),
            format!("input(type=\"imfile\" File=\"{}/*.log\" Tag=\"b\")", logs.display()),
            "msg",
        ),
        Input::Tcp => (
            "module(load=\"imtcp\")".to_owned(),
            format!("input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\")"),
            "rawmsg",
        ),
        Input::Udp => (
            "module(load=\"imudp\")".to_owned(),
            format!(
                "input(type=\"imudp\" address=\"127.0.0.1\" port=\"{port}\" rcvbufSize=\"8m\")"
            ),
            "rawmsg",
        ),
    };
    let work = dir.display();
    let text = format!(
        "global(workDirectory=\"{work}\")\n{module}\nmodule(load=\"omkafka\")\n\
         template(name=\"raw\" type=\"string\" string=\"%{field}%\")\n\
         main_queue(queue.type=\"LinkedList\" queue.size=\"100000\" queue.dequeueBatchSize=\"1024\")\n\
         {input}\n\
         action(type=\"omkafka\" broker=\"{brokers}\" topic=\"{topic}\" template=\"raw\" \
         partitions.auto=\"on\" resubmitOnFailure=\"on\" \
         confParam=[\"acks=all\",\"enable.idempotence=true\",\"compression.codec=zstd\",\
         \"compression.level=1\",\"linger.ms=50\",\"queue.buffering.max.messages=32768\"])\n"
    );
    let file = dir.join("rsyslog.conf");
    fs::write(&file, text)?;
    let mut command = Command::new("rsyslogd");
    command.arg("-n").arg("-f").arg(file).arg("-i").arg(dir.join("rsyslog.pid"));
    Ok(command)
}
