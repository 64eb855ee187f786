//! What the collector counts.

use prometheus::{IntCounter, IntGauge, Registry};

/// Counters of the file inputs.
#[derive(Debug, Clone)]
pub(crate) struct FileMetrics {
    pub(crate) records: IntCounter,
    pub(crate) bytes: IntCounter,
    pub(crate) cut: IntCounter,
    pub(crate) found: IntCounter,
    pub(crate) followed: IntGauge,
    pub(crate) missing: IntGauge,
    pub(crate) waiting: IntCounter,
    pub(crate) open_errors: IntCounter,
    pub(crate) read_errors: IntCounter,
    pub(crate) truncations: IntCounter,
    pub(crate) resent: IntCounter,
    pub(crate) lost: IntCounter,
    pub(crate) lost_bytes: IntCounter,
    pub(crate) overflows: IntCounter,
    pub(crate) unwatched: IntCounter,
    pub(crate) checkpoints: IntCounter,
    pub(crate) checkpoint_errors: IntCounter,
}

impl FileMetrics {
    /// Registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = |name, help| counter(registry, &format!("file_{name}_total"), help);
        let level = |name, help| gauge(registry, &format!("file_{name}"), help);
        Ok(Self {
            records: count("records", "Records read from files and handed to the producer.")?,
            bytes: count("bytes", "Bytes read from files.")?,
            cut: count("cut", "Lines longer than a record may be, which were cut.")?,
            found: count("found", "Files that were begun or gone on with.")?,
            followed: level("followed", "Files held open.")?,
            missing: level("missing", "Files of the checkpoint that are not on disk.")?,
            waiting: count("waiting", "Times a file was not opened because too many are.")?,
            open_errors: count("open_errors", "Files that could not be opened.")?,
            read_errors: count("read_errors", "Reads that failed.")?,
            truncations: count("truncations", "Files found truncated while they were followed.")?,
            resent: count("resent", "Records read again because the producer failed.")?,
            lost: count("lost", "Records that a truncation took before they were confirmed.")?,
            lost_bytes: count("lost_bytes", "Bytes of files gone while the collector was down.")?,
            overflows: count("overflows", "Times the kernel's queue of file events ran over.")?,
            unwatched: count("unwatched", "Directories that could not be watched.")?,
            checkpoints: count("checkpoints", "Checkpoints written.")?,
            checkpoint_errors: count("checkpoint_errors", "Checkpoints that failed.")?,
        })
    }
}

/// Counters of the queue.
#[derive(Debug, Clone)]
pub(crate) struct QueueMetrics {
    pub(crate) records: IntCounter,
    pub(crate) record_bytes: IntCounter,
    pub(crate) cut: IntCounter,
    pub(crate) resent: IntCounter,
    pub(crate) full: IntCounter,
    pub(crate) waiting: IntGauge,
    pub(crate) disk_bytes: IntGauge,
    pub(crate) memory_bytes: IntGauge,
    pub(crate) dropped_oldest: IntCounter,
    pub(crate) dropped_newest: IntCounter,
    pub(crate) damaged: IntCounter,
    pub(crate) spool_errors: IntCounter,
}

impl QueueMetrics {
    /// Registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = |name, help| counter(registry, &format!("queue_{name}_total"), help);
        let level = |name, help| gauge(registry, &format!("queue_{name}"), help);
        let spool = |name, help| counter(registry, &format!("spool_{name}_total"), help);
        Ok(Self {
            records: count("records", "Records received by sockets and standard input.")?,
            record_bytes: count("bytes", "Bytes of those records.")?,
            cut: count("cut", "Records longer than allowed, which were cut.")?,
            resent: count("resent", "Records sent again because the producer failed.")?,
            full: count("full", "Times an input had to wait because the queue was full.")?,
            waiting: level("waiting", "Records that wait or are not confirmed yet.")?,
            disk_bytes: gauge(registry, "spool_bytes", "Bytes of them and of others on disk.")?,
            memory_bytes: gauge(
                registry,
                "spool_memory_bytes",
                "Bytes held in memory because the disk cannot be written.",
            )?,
            dropped_oldest: spool("dropped_oldest", "Records dropped for newer ones: lost.")?,
            dropped_newest: spool("dropped_newest", "Records dropped for want of room: lost.")?,
            damaged: spool("damaged", "Records on damaged or missing parts of the disk: lost.")?,
            spool_errors: spool("errors", "Seconds in which the spool could not be written.")?,
        })
    }
}

/// Counters of the way to Kafka.
#[derive(Debug, Clone)]
pub(crate) struct KafkaMetrics {
    pub(crate) confirmed: IntCounter,
    pub(crate) refused: IntCounter,
    pub(crate) full: IntCounter,
    pub(crate) renewed: IntCounter,
    pub(crate) held_back: IntCounter,
    pub(crate) in_flight: IntGauge,
}

impl KafkaMetrics {
    /// Registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = |name, help| counter(registry, &format!("kafka_{name}_total"), help);
        Ok(Self {
            confirmed: count("confirmed", "Records that Kafka has confirmed.")?,
            refused: count("refused", "Records that Kafka refused; they are sent again.")?,
            full: count("full", "Times an input had to wait because the producer was full.")?,
            renewed: count("renewed", "Producers opened because the one before failed.")?,
            held_back: count("held_back", "Times a record had to wait for the ceiling.")?,
            in_flight: gauge(registry, "kafka_in_flight", "Records at the producer.")?,
        })
    }
}

/// Counters of the syslog sockets.
#[derive(Debug, Clone)]
pub(crate) struct SyslogMetrics {
    pub(crate) datagrams: IntCounter,
    pub(crate) kernel_drops: IntCounter,
    pub(crate) connections: IntGauge,
    pub(crate) accepted: IntCounter,
    pub(crate) turned_away: IntCounter,
    pub(crate) read_errors: IntCounter,
    pub(crate) tls_errors: IntCounter,
    pub(crate) rate_dropped: IntCounter,
    pub(crate) rate_waits: IntCounter,
}

impl SyslogMetrics {
    /// Registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = |name, help| counter(registry, &format!("syslog_{name}_total"), help);
        Ok(Self {
            datagrams: count("datagrams", "UDP datagrams received.")?,
            kernel_drops: count("kernel_drops", "Datagrams that the kernel dropped: lost.")?,
            connections: gauge(registry, "syslog_connections", "TCP connections that are open.")?,
            accepted: count("accepted", "TCP connections accepted.")?,
            turned_away: count("turned_away", "TCP connections closed because of too many.")?,
            read_errors: count("read_errors", "TCP connections that failed.")?,
            tls_errors: count("tls_errors", "TLS handshakes that failed.")?,
            rate_dropped: count("rate_dropped", "Datagrams beyond their sender's rate: lost.")?,
            rate_waits: count("rate_waits", "Times a TCP sender had to wait for its rate.")?,
        })
    }
}

/// Counters of the journal.
#[derive(Debug, Clone)]
pub(crate) struct JournalMetrics {
    pub(crate) entries: IntCounter,
    pub(crate) unknown: IntCounter,
    pub(crate) gaps: IntCounter,
    pub(crate) missing: IntCounter,
    pub(crate) resent: IntCounter,
}

impl JournalMetrics {
    /// Registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = |name, help| counter(registry, &format!("journal_{name}_total"), help);
        Ok(Self {
            entries: count("entries", "Entries of the journal handed to the producer.")?,
            unknown: count("unknown", "Lines of journalctl that are no entry.")?,
            gaps: count("gaps", "Times entries were gone before they were read.")?,
            missing: count(
                "missing",
                "Entries that were gone, where their number is known: lost.",
            )?,
            resent: count("resent", "Entries read again because the producer failed.")?,
        })
    }
}

/// Counters of the NetFlow input.
#[derive(Debug, Clone)]
pub(crate) struct NetflowMetrics {
    pub(crate) datagrams: IntCounter,
    pub(crate) flows: IntCounter,
    pub(crate) waiting: IntCounter,
    pub(crate) given_up: IntCounter,
    pub(crate) missed: IntCounter,
    pub(crate) damaged: IntCounter,
    pub(crate) kernel_drops: IntCounter,
}

impl NetflowMetrics {
    /// Registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = |name, help| counter(registry, &format!("netflow_{name}_total"), help);
        Ok(Self {
            datagrams: count("datagrams", "NetFlow and IPFIX datagrams received.")?,
            flows: count("flows", "Flows in them that became records.")?,
            waiting: count("waiting", "Sets of flows that had to wait for their template.")?,
            given_up: count("given_up", "Sets of flows whose template did not come: lost.")?,
            missed: count("missed", "Flows or datagrams that never came, by exporters' numbers.")?,
            damaged: count("damaged", "Datagrams that cannot be read, or not to their end.")?,
            kernel_drops: count("kernel_drops", "Datagrams that the kernel dropped: lost.")?,
        })
    }
}

/// Counters of the heartbeats.
#[derive(Debug, Clone)]
pub(crate) struct HeartbeatMetrics {
    pub(crate) sent: IntCounter,
    pub(crate) failed: IntCounter,
}

impl HeartbeatMetrics {
    /// Registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = |name, help| counter(registry, &format!("heartbeats_{name}_total"), help);
        Ok(Self {
            sent: count("sent", "Heartbeats that Kafka has confirmed.")?,
            failed: count("failed", "Times heartbeats were refused.")?,
        })
    }
}

/// Counters of the HTTP input.
#[derive(Debug, Clone)]
pub(crate) struct HttpMetrics {
    pub(crate) requests: IntCounter,
    pub(crate) busy: IntCounter,
    pub(crate) unauthorized: IntCounter,
    pub(crate) bad: IntCounter,
    pub(crate) tls_errors: IntCounter,
    pub(crate) turned_away: IntCounter,
}

impl HttpMetrics {
    /// Registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = |name, help| counter(registry, &format!("http_{name}_total"), help);
        Ok(Self {
            requests: count("requests", "Requests to the HTTP input.")?,
            busy: count("busy", "Requests whose sender was told to come again.")?,
            unauthorized: count("unauthorized", "Requests without the right token.")?,
            bad: count("bad", "Requests that cannot be understood.")?,
            tls_errors: count("tls_errors", "TLS handshakes that failed.")?,
            turned_away: count("turned_away", "Connections closed because of too many.")?,
        })
    }
}

fn counter(registry: &Registry, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
    let counter = IntCounter::new(format!("prohori_collector_{name}"), help)?;
    registry.register(Box::new(counter.clone()))?;
    Ok(counter)
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
    let gauge = IntGauge::new(format!("prohori_collector_{name}"), help)?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}
