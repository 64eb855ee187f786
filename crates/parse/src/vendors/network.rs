//! Suricata, Zeek and web servers that write JSON.

use super::{Vendor, nothing};
use crate::json::View;
use crate::{Cx, time};
use ocsf::{Event, Path, Severity, Status, class, ip};

pub(super) const VENDORS: &[Vendor] = &[SURICATA, ZEEK, TRAEFIK, CADDY];

const SURICATA: Vendor = Vendor {
    source: "suricata",
    parser: "suricata/1",
    product: ("OISF", "Suricata"),
    class: class::NETWORK,
    keep_all: false,
    detect: |root| {
        if root.get("event_type")?.str().is_some()
            && (root.get("flow_id").is_some() || root.get("timestamp").is_some())
        {
            return Some(root);
        }
        None
    },
    finish: finish_suricata,
    rows: &[
        ("timestamp", "@time"),
        ("host", "@host"),
        ("event_type", "metadata.event_code"),
        ("flow_id", "connection_info.uid"),
        ("community_id", "connection_info.community_uid"),
        ("in_iface", "device.interface_name"),
        ("src_ip", "@src"),
        ("src_port", "@src_port"),
        ("dest_ip", "@dst"),
        ("dest_port", "@dst_port"),
        ("proto", "connection_info.protocol_name"),
        ("app_proto", "app_name"),
        ("flow/bytes_toserver", "traffic.bytes_out"),
        ("flow/bytes_toclient", "traffic.bytes_in"),
        ("flow/pkts_toserver", "traffic.packets_out"),
        ("flow/pkts_toclient", "traffic.packets_in"),
        ("alert/signature", "finding_info.title"),
        ("alert/signature_id", "finding_info.analytic.uid"),
        ("alert/category", "finding_info.analytic.category"),
        ("alert/rev", "finding_info.analytic.version"),
        ("alert/action", "action"),
        ("http/hostname", "http_request.url.hostname"),
        ("http/http_port", "http_request.url.port"),
        ("http/url", "@url"),
        ("http/http_user_agent", "http_request.user_agent"),
        ("http/http_method", "@method"),
        ("http/http_refer", "http_request.referrer"),
        ("http/protocol", "http_request.version"),
        ("http/status", "http_response.code"),
        ("http/length", "http_response.length"),
        ("http/http_content_type", "http_response.content_type"),
        ("dns/rrname", "query.hostname"),
        ("dns/rrtype", "query.type"),
        ("dns/rcode", "rcode"),
        ("dns/id", "query.packet_uid"),
        ("dns/query/rrname", "query.hostname"),
        ("dns/query/rrtype", "query.type"),
        ("dns/queries/rrname", "query.hostname"),
        ("dns/queries/rrtype", "query.type"),
        ("tls/sni", "tls.sni"),
        ("tls/version", "tls.version"),
        ("tls/subject", "tls.certificate.subject"),
        ("tls/issuerdn", "tls.certificate.issuer"),
        ("tls/serial", "tls.certificate.serial_number"),
        ("tls/ja3/hash", "tls.ja3_hash.value"),
        ("tls/ja3s/hash", "tls.ja3s_hash.value"),
        ("fileinfo/filename", "file.path"),
        ("fileinfo/size", "file.size"),
        ("smtp/mail_from", "email.smtp_from"),
        ("smtp/rcpt_to", "email.smtp_to"),
        ("email/from", "email.from"),
        ("email/to", "email.to"),
        ("email/subject", "email.subject"),
    ],
};

fn finish_suricata<'a>(body: View<'_, 'a>, _cx: &Cx<'a>, event: &mut Event<'a>) {
    let kind = event.text(Path::METADATA_EVENT_CODE).unwrap_or("");
    let (out, inward) = (event.get(Path::TRAFFIC_BYTES_OUT), event.get(Path::TRAFFIC_BYTES_IN));
    if let (Some(ocsf::Value::Int(out)), Some(ocsf::Value::Int(inward))) = (out, inward) {
        event.set(Path::TRAFFIC_BYTES, out.saturating_add(inward));
    }
    if !event.has(Path::APP_NAME)
        && matches!(
            kind,
            "dns"
                | "http"
                | "tls"
                | "ssh"
                | "smtp"
                | "ftp"
                | "smb"
                | "rdp"
                | "ntp"
                | "snmp"
                | "dhcp"
                | "krb5"
                | "nfs"
                | "tftp"
        )
    {
        event.set(Path::APP_NAME, kind);
    }
    if event.text(Path::APP_NAME) == Some("failed") {
        event.remove(Path::APP_NAME);
    }
    let http_activity = (event.class == class::HTTP).then_some(event.activity);
    match kind {
        "alert" => finish_alert(body, event),
        "http" => event.kind(class::HTTP, http_activity.unwrap_or(0)),
        "dns" => {
            let answer = body.at("dns.type").and_then(View::str);
            event.kind(
                class::DNS,
                if matches!(answer, Some("answer" | "response")) { 2 } else { 1 },
            );
        }
        "ssh" => event.kind(class::SSH, 6),
        "smtp" => event.kind(class::EMAIL, 0),
        "dhcp" => event.kind(class::DHCP, 0),
        "smb" => event.kind(class::SMB, 0),
        "ftp" => event.kind(class::FTP, 0),
        "fileinfo" => event.kind(class::NETWORK, 6),
        "stats" => event.kind(class::BASE, 99),
        _ => event.kind(class::NETWORK, 6),
    }
    if kind == "stats" {
        event.activity_name = Some("stats");
    }
}

/// An alert stays what it is about, with the finding in `firewall_rule` and as Detection Finding
/// where there is nothing else: `src_endpoint` belongs to the connection's class.
fn finish_alert<'a>(body: View<'_, 'a>, event: &mut Event<'a>) {
    let http = event.has(Path::HTTP_REQUEST_URL_URL_STRING) || event.has(Path::HTTP_RESPONSE_CODE);
    if !http {
        event.kind(class::NETWORK, 6);
    } else if event.class != class::HTTP {
        event.kind(class::HTTP, 0);
    }
    event.set(Path::IS_ALERT, true);
    for (from, to) in [
        (Path::FINDING_INFO_TITLE, Path::FIREWALL_RULE_NAME),
        (Path::FINDING_INFO_ANALYTIC_UID, Path::FIREWALL_RULE_UID),
        (Path::FINDING_INFO_ANALYTIC_CATEGORY, Path::FIREWALL_RULE_CATEGORY),
        (Path::FINDING_INFO_ANALYTIC_VERSION, Path::FIREWALL_RULE_VERSION),
    ] {
        if let Some(value) = event.get(from) {
            event.set(to, value);
            event.remove(from);
        }
    }
    event.message = event.text(Path::FIREWALL_RULE_NAME);
    let denied = event.text(Path::ACTION) == Some("blocked");
    event.set(Path::ACTION_ID, if denied { 2 } else { 1 });
    event.severity = match body.at("alert.severity").and_then(View::int) {
        Some(1) => Severity::High,
        Some(2) => Severity::Medium,
        Some(3) => Severity::Low,
        _ => Severity::Informational,
    };
}

const ZEEK: Vendor = Vendor {
    source: "zeek",
    parser: "zeek/1",
    product: ("Zeek", "Zeek"),
    class: class::NETWORK,
    keep_all: true,
    detect: |root| {
        let zeek = root.get("id.orig_h").is_some()
            || root.at("id.orig_h").is_some()
            || root.get("_path").is_some() && root.get("ts").is_some();
        zeek.then_some(root)
    },
    finish: finish_zeek,
    rows: &[
        ("_path", "metadata.log_name"),
        ("uid", "connection_info.uid"),
        ("id.orig_h", "@src"),
        ("id.orig_p", "@src_port"),
        ("id.resp_h", "@dst"),
        ("id.resp_p", "@dst_port"),
        ("id/orig_h", "@src"),
        ("id/orig_p", "@src_port"),
        ("id/resp_h", "@dst"),
        ("id/resp_p", "@dst_port"),
        ("proto", "connection_info.protocol_name"),
        ("service", "app_name"),
        ("orig_bytes", "traffic.bytes_out"),
        ("resp_bytes", "traffic.bytes_in"),
        ("orig_pkts", "traffic.packets_out"),
        ("resp_pkts", "traffic.packets_in"),
        ("query", "query.hostname"),
        ("qtype_name", "query.type"),
        ("qclass_name", "query.class"),
        ("rcode_name", "rcode"),
        ("method", "@method"),
        ("host", "http_request.url.hostname"),
        ("uri", "@url"),
        ("referrer", "http_request.referrer"),
        ("user_agent", "http_request.user_agent"),
        ("status_code", "http_response.code"),
        ("response_body_len", "http_response.length"),
        ("server_name", "tls.sni"),
        ("cipher", "tls.cipher"),
        ("ja3", "tls.ja3_hash.value"),
        ("ja3s", "tls.ja3s_hash.value"),
        ("from", "email.from"),
        ("mailfrom", "email.smtp_from"),
        ("rcptto", "email.smtp_to"),
        ("subject", "email.subject"),
        ("username", "actor.user.name"),
        ("note", "firewall_rule.name"),
        ("msg", "@message"),
        ("path", "file.path"),
    ],
};

fn finish_zeek<'a>(body: View<'_, 'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    if let Some(text) = body.get("ts").and_then(|ts| crate::json::text_of(ts, cx)) {
        match time::scan_epoch(text) {
            Some((ms, length)) if length == text.len() => {
                time::Stamp::exact(ms).apply(event, text);
            }
            _ => {
                crate::words::set_time(event, cx, text);
            }
        }
    }
    let log = event.text(Path::METADATA_LOG_NAME);
    let has = |name: &str| body.get(name).is_some();
    // `path` is a file's in SMB's log, and relays' in mail's; `host` a known host in others.
    let log = log.unwrap_or("");
    if !matches!(log, "" | "smb_files" | "smb_mapping") {
        event.remove(Path::FILE_PATH);
    }
    if matches!(log, "known_hosts" | "known_services" | "software" | "known_devices") {
        event.remove(Path::HTTP_REQUEST_URL_HOSTNAME);
        let host = body.get("host").and_then(View::str).unwrap_or("");
        crate::fields::address(event, crate::fields::End::Src, host);
    }
    match log {
        "dns" => event.kind(class::DNS, if has("rcode_name") { 2 } else { 1 }),
        "http" if event.class != class::HTTP => event.kind(class::HTTP, 0),
        "http" => {}
        "ssh" => event.kind(class::SSH, 6),
        "smtp" => event.kind(class::EMAIL, 0),
        "dhcp" => event.kind(class::DHCP, 0),
        "rdp" => event.kind(class::RDP, 0),
        "smb_files" | "smb_mapping" | "smb_cmd" => event.kind(class::SMB, 0),
        "ftp" => event.kind(class::FTP, 0),
        "ntlm" | "kerberos" | "radius" => zeek_logon(body, event),
        "" if has("qtype_name") || has("query") => event.kind(class::DNS, 1),
        "" if has("uri") && event.class != class::HTTP => event.kind(class::HTTP, 0),
        _ if event.class == class::HTTP => {}
        _ => event.kind(class::NETWORK, 6),
    }
    if log == "notice" {
        event.set(Path::IS_ALERT, true);
    }
}

/// NTLM, Kerberos, RADIUS: who logged on, and whether it worked.
fn zeek_logon<'a>(body: View<'_, 'a>, event: &mut Event<'a>) {
    let name = ["username", "client"].iter().find_map(|name| body.get(name)?.str()).unwrap_or("");
    crate::fields::user(event, name);
    let success = body
        .get("success")
        .and_then(View::bool)
        .or_else(|| body.get("result").and_then(View::str).map(|result| result == "success"));
    let status = success.map(|ok| if ok { Status::Success } else { Status::Failure });
    crate::fields::logon(event, event.text(Path::METADATA_LOG_NAME).unwrap_or("zeek"), status);
}

const TRAEFIK: Vendor = Vendor {
    source: "traefik",
    parser: "traefik/1",
    product: ("Traefik Labs", "Traefik"),
    class: class::HTTP,
    keep_all: true,
    detect: |root| root.get("ClientAddr").and(root.get("RequestMethod")).map(|_| root),
    finish: |body, _, event| {
        // Behind other proxies a list: the first of the internet, else the first.
        let listed = body.get("ClientHost").and_then(View::str).unwrap_or("");
        if !event.has(Path::SRC_ENDPOINT_IP) && listed.contains(',') {
            let mut hosts = listed.split([',', ' ']).filter(|host| ip::parse(host).is_some());
            let first = hosts.clone().next().unwrap_or("");
            let client = hosts.find(|host| ip::is_public(host)).unwrap_or(first);
            crate::fields::address(event, crate::fields::End::Src, client);
        }
    },
    rows: &[
        ("StartUTC", "@time"),
        ("time", "@time"),
        ("ClientHost", "@src"),
        ("ClientPort", "@src_port"),
        ("ClientUsername", "actor.user.name"),
        ("RequestMethod", "@method"),
        ("RequestPath", "@url"),
        ("RequestHost", "http_request.url.hostname"),
        ("RequestProtocol", "http_request.version"),
        ("request_User-Agent", "http_request.user_agent"),
        ("request_Referer", "http_request.referrer"),
        ("DownstreamStatus", "@http_status"),
        ("DownstreamContentSize", "http_response.length"),
    ],
};

const CADDY: Vendor = Vendor {
    source: "caddy",
    parser: "caddy/1",
    product: ("Caddy", "Caddy"),
    class: class::HTTP,
    keep_all: true,
    detect: |root| root.get("request")?.get("uri").and(root.get("logger")).map(|_| root),
    finish: nothing,
    rows: &[
        ("ts", "@time"),
        ("level", "@severity"),
        ("request/client_ip", "@src"),
        ("request/remote_ip", "@src"),
        ("request/remote_addr", "@src"),
        ("request/remote_port", "@src_port"),
        ("request/proto", "http_request.version"),
        ("request/method", "@method"),
        ("request/host", "http_request.url.hostname"),
        ("request/uri", "@url"),
        ("request/headers/User-Agent", "http_request.user_agent"),
        ("request/headers/Referer", "http_request.referrer"),
        ("user_id", "actor.user.name"),
        ("status", "@http_status"),
        ("size", "http_response.length"),
        ("msg", "@message"),
    ],
};
