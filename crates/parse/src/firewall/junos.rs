//! Juniper: Junos' flows as text and as structured data, and NetScreen's pairs.

use crate::fields::{End, actor, address, logon, port, source, user};
use crate::scan::{after, between, cut_at, find, word};
use crate::words::{Guess, set_action, set_protocol};
use crate::{Cx, kv};
use ocsf::{Event, Path, Status, Value, class};

/// `RT_FLOW_SESSION_CREATE: session created A/P->B/P service A/P->B/P …`.
pub(crate) fn read_flow<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    let Some(at) = find(body, "->") else { return false };
    let left = body[..at].rsplit(' ').next().unwrap_or("");
    let right = word(&body[at + 2..]).0;
    let known = [(left, End::Src), (right, End::Dst)].into_iter().all(|(text, end)| {
        let (host, number) = text.split_once('/').unwrap_or((text, ""));
        port(event, end, number);
        ocsf::ip::parse(host).is_some() && address(event, end, host)
    });
    if known {
        mark(event);
        event.message = Some(body);
        event.set(Path::METADATA_EVENT_CODE, body.split(':').next().unwrap_or(""));
        let activity = activity(body, event);
        event.kind(class::NETWORK, activity);
    }
    known
}

fn mark(event: &mut Event<'_>) {
    source(event, "junos/1", "juniper");
    event.product("Juniper", "Junos");
}

fn activity<'a>(name: &'a str, event: &mut Event<'a>) -> u8 {
    if name.contains("CLOSE") {
        2
    } else if name.contains("DENY") {
        set_action(event, "deny");
        5
    } else if name.contains("CREATE") {
        1
    } else {
        6
    }
}

/// Structured data of Juniper's own: `[junos@2636.1.1.1.2.40 source-address="10.0.0.1" …]`.
pub(crate) fn read_data<'a>(data: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    if !data.starts_with("[junos@") {
        return false;
    }
    mark(event);
    let mut guess = Guess::default();
    kv::read_data(data, cx, event, &mut guess);
    let text = |event: &Event<'a>, name: &str| match event.native(name) {
        Some(Value::Str(text)) if !matches!(text, "" | "N/A" | "None" | "UNKNOWN") => text,
        _ => "",
    };
    for (name, path) in [
        ("source-zone-name", Path::SRC_ENDPOINT_ZONE),
        ("destination-zone-name", Path::DST_ENDPOINT_ZONE),
        ("nat-source-address", Path::SRC_ENDPOINT_PROXY_ENDPOINT_IP),
        ("nat-destination-address", Path::DST_ENDPOINT_PROXY_ENDPOINT_IP),
        ("nat-source-port", Path::SRC_ENDPOINT_PROXY_ENDPOINT_PORT),
        ("nat-destination-port", Path::DST_ENDPOINT_PROXY_ENDPOINT_PORT),
        ("session-id-32", Path::CONNECTION_INFO_UID),
        ("bytes-from-client", Path::TRAFFIC_BYTES_OUT),
        ("bytes-from-server", Path::TRAFFIC_BYTES_IN),
        ("packets-from-client", Path::TRAFFIC_PACKETS_OUT),
        ("packets-from-server", Path::TRAFFIC_PACKETS_IN),
        ("attack-name", Path::FIREWALL_RULE_NAME),
        ("policy-name", Path::POLICY_NAME),
        ("rule-name", Path::FIREWALL_RULE_UID),
        ("packet-incoming-interface", Path::SRC_ENDPOINT_INTERFACE_NAME),
        ("application", Path::APP_NAME),
        ("url", Path::URL_URL_STRING),
    ] {
        let value = text(event, name);
        if !matches!(value, "" | "0.0.0.0" | "0") {
            event.set(path, value);
        }
    }
    if let Some(number) = Some(text(event, "protocol-id")).filter(|n| !n.is_empty()) {
        set_protocol(event, number);
    }
    let name = event.text(Path::METADATA_EVENT_CODE).unwrap_or("");
    if event.has(Path::SRC_ENDPOINT_IP) {
        let activity = activity(name, event);
        event.kind(class::NETWORK, activity);
        if event.has(Path::FIREWALL_RULE_NAME) {
            event.set(Path::IS_ALERT, true);
        }
    }
    junos_logon(name, text(event, "username"), event);
    true
}

/// `UI_LOGIN_EVENT`, `SSHD_LOGIN_FAILED`, `LOGIN_FAILED`, `UI_LOGOUT_EVENT`.
fn junos_logon<'a>(name: &str, who: &'a str, event: &mut Event<'a>) {
    if !name.contains("LOGIN") && !name.contains("LOGOUT") && !name.contains("AUTH_FAIL") {
        return;
    }
    user(event, who);
    let failed = name.contains("FAIL") || name.contains("INVALID");
    logon(event, "Junos", Some(if failed { Status::Failure } else { Status::Success }));
    event.activity = if name.contains("LOGOUT") { 2 } else { 1 };
}

/// Messages of Junos' own processes as text: `UI_LOGIN_EVENT: User 'x' login, …, ssh-connection 'A P B
/// P'`, `SSHD_LOGIN_FAILED: Login failed for user 'x' from host 'A'`, `UI_CMDLINE_READ_LINE: User 'x',
/// command 'y'`.
pub(crate) fn read_text<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    if !["UI_", "SSHD_LOGIN", "LOGIN_"].iter().any(|tag| body.starts_with(tag)) {
        return false;
    }
    let Some((name, text)) = cut_at(body, ": ") else { return false };
    let who = between(text, "ser '", "'").or_else(|| between(text, "ser ", " "));
    let tag = |b: u8| b.is_ascii_uppercase() || b == b'_';
    let Some(who) = who.filter(|_| name.bytes().all(tag)) else { return false };
    mark(event);
    event.message = Some(body);
    event.set(Path::METADATA_EVENT_CODE, name);
    let host = ["from host '", "from host ", "ssh-connection '"].iter();
    if let Some(host) = host.filter_map(|key| after(text, key)).next() {
        address(event, End::Src, word(host).0.trim_matches(['\'', ',', '.']));
    }
    junos_logon(name, who, event);
    if event.class == class::BASE {
        actor(event, who);
        event.set(Path::ACTOR_PROCESS_CMD_LINE, between(text, "command '", "'").unwrap_or(""));
    }
    true
}

/// `NetScreen device_id=x [Root]system-notification-00257(traffic): start_time="…" … src zone=Trust
/// dst zone=Untrust action=Permit sent=0 rcvd=0 src=10.0.0.1 dst=10.0.0.2 src_port=1 dst_port=2`.
pub(crate) fn read_netscreen<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(at) = find(crate::generic::head(body, 64), "NetScreen device_id=") else {
        return false;
    };
    source(event, "netscreen/1", "juniper");
    event.product("Juniper", "ScreenOS");
    event.message = Some(body);
    let text = &body[at..];
    kv::read(text, b' ', cx, event, &mut Guess::default());
    if let Some(code) = between(text, "]system-", "(").or_else(|| between(text, "]system-", ":")) {
        event.set(Path::METADATA_EVENT_CODE, code);
    }
    for (key, path) in
        [("src zone=", Path::SRC_ENDPOINT_ZONE), ("dst zone=", Path::DST_ENDPOINT_ZONE)]
    {
        if let Some(zone) = after(text, key) {
            event.set(path, word(zone).0);
        }
    }
    let denied = event.get(Path::ACTION_ID) == Some(Value::Int(2));
    if event.has(Path::SRC_ENDPOINT_IP) {
        event.kind(class::NETWORK, if denied { 5 } else { 6 });
    }
    true
}
