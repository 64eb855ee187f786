//! Servers that write JSON: MongoDB, OpenSearch, the journal.

use super::{Vendor, nothing};
use crate::json::{View, text_of};
use crate::{Cx, time};
use ocsf::{Event, Path, Severity, Status, class};

pub(super) const VENDORS: &[Vendor] = &[MONGODB, OPENSEARCH, DASHBOARDS, JOURNAL];

const MONGODB: Vendor = Vendor {
    source: "mongodb",
    parser: "mongodb/1",
    product: ("MongoDB", "MongoDB"),
    class: class::BASE,
    keep_all: true,
    detect: |root| root.at("t.$date").and(root.get("c")).map(|_| root),
    finish: |body, _, event| {
        let message = event.message.unwrap_or("");
        let failed = message.contains("failed");
        event.severity = match body.get("s").and_then(View::str) {
            Some("F") => Severity::Fatal,
            Some("E") => Severity::High,
            Some("W") => Severity::Medium,
            _ => Severity::Informational,
        };
        if message.starts_with("Authentication")
            || message.starts_with("Successfully authenticated")
        {
            event.set_if_absent(Path::USER_NAME, "(unknown)");
            event.status(if failed { Status::Failure } else { Status::Success });
            event.set(Path::SERVICE_NAME, "mongod");
            event.kind(class::AUTHENTICATION, 1);
        } else if event.has(Path::SRC_ENDPOINT_IP) {
            event.kind(class::NETWORK, 0);
        }
    },
    rows: &[
        ("t/$date", "@time"),
        ("s", "metadata.log_level"),
        ("c", "metadata.log_name"),
        ("id", "metadata.event_code"),
        ("msg", "@message"),
        ("attr/remote", "@src"),
        ("attr/client", "@src"),
        ("attr/principalName", "@user"),
        ("attr/user/user", "@user"),
        ("attr/error", "status_detail"),
        ("attr/mechanism", "auth_protocol"),
    ],
};

const OPENSEARCH: Vendor = Vendor {
    source: "opensearch",
    parser: "opensearch/1",
    product: ("OpenSearch", "OpenSearch"),
    class: class::BASE,
    keep_all: true,
    detect: |root| root.get("node.name").and(root.get("cluster.name")).map(|_| root),
    finish: nothing,
    rows: &[
        ("timestamp", "@time"),
        ("@timestamp", "@time"),
        ("level", "@severity"),
        ("component", "metadata.log_name"),
        ("node.name", "@host"),
        ("message", "@message"),
        ("type", "metadata.type"),
    ],
};

const DASHBOARDS: Vendor = Vendor {
    source: "opensearch-dashboard",
    parser: "dashboards/1",
    product: ("OpenSearch", "OpenSearch Dashboards"),
    class: class::BASE,
    keep_all: true,
    detect: |root| root.get("@timestamp").and(root.get("tags")).and(root.get("pid")).map(|_| root),
    finish: |_, _, event| {
        let src = event.has(Path::SRC_ENDPOINT_IP);
        if src && event.class != class::HTTP {
            event.kind(class::HTTP, 0);
        }
    },
    rows: &[
        ("@timestamp", "@time"),
        ("type", "metadata.type"),
        ("level", "@severity"),
        ("pid", "actor.process.pid"),
        ("message", "@message"),
        ("error/message", "status_detail"),
        ("url", "http_request.url.url_string"),
        ("req/url", "@url"),
        ("req/method", "@method"),
        ("req/remoteAddress", "@src"),
        ("req/userAgent", "http_request.user_agent"),
        ("req/referer", "http_request.referrer"),
        ("req/headers/user-agent", "http_request.user_agent"),
        ("statusCode", "@http_status"),
        ("res/statusCode", "@http_status"),
    ],
};

/// `journalctl -o json`.
const JOURNAL: Vendor = Vendor {
    source: "journald",
    parser: "journald/1",
    product: ("systemd", "systemd-journald"),
    class: class::BASE,
    keep_all: true,
    detect: |root| root.get("__REALTIME_TIMESTAMP").and(root.get("MESSAGE")).map(|_| root),
    finish: finish_journal,
    rows: &[
        ("_HOSTNAME", "@host"),
        ("SYSLOG_IDENTIFIER", "metadata.log_provider"),
        ("_COMM", "actor.process.name"),
        ("_PID", "actor.process.pid"),
        ("_UID", "actor.user.uid"),
        ("_EXE", "actor.process.file.path"),
        ("_CMDLINE", "actor.process.cmd_line"),
        ("MESSAGE", "@message"),
        ("__CURSOR", "metadata.original_event_uid"),
    ],
};

fn finish_journal<'a>(body: View<'_, 'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    let stamp = ["_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"];
    let stamp = stamp.iter().find_map(|name| text_of(body.get(name)?, cx));
    if let Some((text, micros)) = stamp.and_then(|text| Some((text, text.parse::<i64>().ok()?))) {
        time::Stamp::exact(micros / 1000).apply(event, text);
    }
    // Bytes that are no UTF-8 come as an array of numbers.
    if let Some(bytes) = body.get("MESSAGE").filter(|message| message.is_array()) {
        let byte = |item: View<'_, 'a>| u8::try_from(item.int()?).ok();
        let bytes: Vec<u8> = bytes.items().map_while(byte).collect();
        event.message = Some(cx.arena.alloc_str(&String::from_utf8_lossy(&bytes)));
    }
    if let Some(level) = body.get("PRIORITY").and_then(|v| text_of(v, cx)?.parse::<u8>().ok()) {
        event.severity = Severity::of_syslog(level);
    }
}
