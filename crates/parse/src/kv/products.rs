//! Products that are told by the names of their pairs, and what their events are.

use crate::fields::{End, address, is_nothing, logon, port, source, user};
use crate::scan::{between, has_ignore_case};
use crate::vendors;
use ocsf::{Event, Path, Severity, Status, Value, class};

/// What the keys of a record say about who wrote it; one bit a sign.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Signs(u32);

const FORTI: u32 = 1;
const FORTI_MAIL: u32 = 1 << 1;
const SOPHOS: u32 = 1 << 2;
const UTM: u32 = 1 << 3;
const SERIAL: u32 = 1 << 4;
const FIREWALL: u32 = 1 << 5;
const CHECKPOINT: u32 = 1 << 6;
const ZSCALER: u32 = 1 << 7;
const REALM: u32 = 1 << 8;
const CLIENT: u32 = 1 << 9;
const STORMSHIELD: u32 = 1 << 10;
const MODULE: u32 = 1 << 11;
const IRULE: u32 = 1 << 12;
const APM: u32 = 1 << 13;

impl Signs {
    /// Notes a pair.
    #[inline]
    pub(crate) fn note(&mut self, key: &str, value: &str) {
        self.0 |= match key {
            "devid" | "logid" => FORTI,
            "device_id" | "log_part" => FORTI_MAIL,
            "device" if value == "SFW" => SOPHOS,
            "log_component" => SOPHOS,
            "sub" | "sys" => UTM,
            "sn" => SERIAL,
            "fw" => FIREWALL,
            "loguid" | "originsicname" | "origin_sic_name" => CHECKPOINT,
            "vendor" if value == "Zscaler" => ZSCALER,
            "realmId" => REALM,
            "clientId" => CLIENT,
            "startime" => STORMSHIELD,
            "logtype" => MODULE,
            "f5_irule" => IRULE,
            "errdefs_msgno" => APM,
            _ => 0,
        };
    }

    fn has(self, sign: u32) -> bool {
        self.0 & sign == sign
    }

    /// Names the product and settles what its event is; `false` where none is known.
    pub(crate) fn settle(self, event: &mut Event<'_>) -> bool {
        if self.0 == 0 {
            return false;
        }
        if self.has(FORTI) {
            fortigate(event);
        } else if self.has(SOPHOS) {
            product(event, "sophos", "Sophos", "Firewall");
            sophos(event);
        } else if self.has(UTM) && event.native("id").is_some() {
            utm(event);
        } else if self.has(STORMSHIELD) {
            product(event, "stormshield", "Stormshield", "Network Security");
        } else if self.has(SERIAL | FIREWALL) {
            product(event, "sonicwall", "SonicWall", "SonicOS");
        } else if self.has(CHECKPOINT) {
            product(event, "checkpoint", "Check Point", "Check Point");
            checkpoint(event);
        } else if self.has(ZSCALER) {
            product(event, "zscaler", "Zscaler", "Nanolog");
            zscaler(event);
        } else if self.has(REALM | CLIENT) {
            keycloak(event);
        } else if self.has(IRULE) || self.has(APM) {
            product(event, "f5", "F5", "BIG-IP");
            irule(event);
        } else if self.has(FORTI_MAIL) {
            product(event, "fortinet", "Fortinet", "Fortinet");
            attachment(event);
        } else {
            return false;
        }
        total(event);
        true
    }
}

fn product(event: &mut Event<'_>, name: &'static str, vendor: &'static str, title: &'static str) {
    source(event, "kv/1", name);
    event.product(vendor, title);
}

fn text<'a>(event: &Event<'a>, name: &str) -> &'a str {
    match event.native(name) {
        Some(Value::Str(text)) => text,
        _ => "",
    }
}

/// FortiGate: `type=traffic|utm|event`, `subtype`, `action`.
fn fortigate(event: &mut Event<'_>) {
    product(event, "fortigate", "Fortinet", "FortiGate");
    let (kind, subtype, action) =
        (text(event, "type"), text(event, "subtype"), text(event, "action"));
    event.set(Path::METADATA_LOG_NAME, kind);
    event.set(Path::DST_ENDPOINT_SVC_NAME, text(event, "service"));
    let denied = ["deny", "block", "drop", "reset"].iter().any(|w| has_ignore_case(action, w));
    match (kind, subtype) {
        ("traffic", _) => {
            let activity = match action {
                "start" => 1,
                "close" => 2,
                "timeout" | "ip-conn" => 4,
                _ if denied => 5,
                _ => 6,
            };
            event.kind(class::NETWORK, activity);
        }
        (_, "webfilter" | "waf") if event.class == class::HTTP => {}
        (_, "webfilter" | "waf") if event.has(Path::HTTP_REQUEST_URL_URL_STRING) => {
            event.kind(class::HTTP, 0);
        }
        (_, "dns") if event.has(Path::QUERY_HOSTNAME) => event.kind(class::DNS, 1),
        ("utm" | "attack" | "virus" | "ips", _) => {
            event.set(Path::IS_ALERT, true);
            let name = [text(event, "attack"), text(event, "virus")];
            let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or("");
            event.set(Path::FIREWALL_RULE_NAME, name);
            event.kind(class::NETWORK, if denied { 5 } else { 6 });
        }
        ("event", "user" | "vpn" | "system") => fortigate_logon(action, event),
        _ => {}
    }
}

fn fortigate_logon(action: &str, event: &mut Event<'_>) {
    let status = text(event, "status");
    let failed = has_ignore_case(action, "fail")
        || has_ignore_case(status, "fail")
        || matches!(action, "negotiate-error" | "auth-timeout");
    let on = ["login", "logon", "authentication", "tunnel-up", "ssl-new-con", "ssl-login-fail"];
    let off = ["logout", "logoff", "tunnel-down", "auth-logout"];
    let is = |words: &[&str]| words.iter().any(|w| has_ignore_case(action, w));
    if !is(&on) && !is(&off) {
        return;
    }
    let leaves = is(&off);
    logon(event, "FortiGate", Some(if failed { Status::Failure } else { Status::Success }));
    event.activity = if leaves { 2 } else { 1 };
}

/// Sophos UTM: the program is what its messages are told by, `sub` the part of the product.
fn utm(event: &mut Event<'_>) {
    product(event, "sophos", "Sophos", "UTM");
    if let Some(program) = event.text(Path::METADATA_LOG_PROVIDER) {
        event.set(Path::METADATA_EVENT_CODE, program);
    }
    event.set(Path::METADATA_PRODUCT_FEATURE_NAME, text(event, "sub"));
}

/// A message of the UTM that has no pairs.
pub(crate) fn utm_message<'a>(body: &'a str, event: &mut Event<'a>) {
    utm(event);
    // The reverse proxy is Apache: `[module:level] [pid 12:tid 34] …`.
    if let Some(pid) = between(body, "[pid ", ":").and_then(crate::scan::digits) {
        event.set(Path::ACTOR_PROCESS_PID, pid);
    }
}

/// FortiMail: `Attachment file (NAME) has sha1 hash value: DIGEST`.
fn attachment(event: &mut Event<'_>) {
    let message = text(event, "msg");
    if let Some(name) = between(message, "ttachment file (", ") has ") {
        event.set(Path::FILE_NAME, name);
    }
}

/// Sophos: `log_type`, `log_component`, `log_subtype`.
fn sophos(event: &mut Event<'_>) {
    let (kind, part, subtype) =
        (text(event, "log_type"), text(event, "log_component"), text(event, "log_subtype"));
    event.set(Path::METADATA_LOG_NAME, kind);
    event.set(Path::METADATA_EVENT_CODE, text(event, "log_id"));
    if !subtype.is_empty() && !event.has(Path::ACTION) {
        crate::words::set_action(event, subtype);
    }
    // The id has a zero in front; Sophos' own tools show it as a number.
    if let Some(number) = crate::scan::digits(text(event, "log_id")) {
        event.unmapped("log_id_number", number);
    }
    if subtype == "Authentication" || has_ignore_case(part, "Authentication") {
        let status = crate::words::outcome(text(event, "status"));
        logon(event, "Sophos Firewall", status);
        if has_ignore_case(text(event, "message"), "logged out") {
            event.activity = 2;
        }
    } else if matches!(kind, "IDP" | "ATP" | "Anti-Virus" | "WAF") {
        event.set(Path::IS_ALERT, true);
        event.set(Path::FIREWALL_RULE_UID, text(event, "signature_id"));
        for name in ["signature_msg", "threatname", "virus"] {
            if !event.has(Path::FIREWALL_RULE_NAME) {
                event.set(Path::FIREWALL_RULE_NAME, text(event, name));
            }
        }
    } else if !text(event, "fw_rule_id").is_empty() {
        event.set_if_absent(Path::FIREWALL_RULE_UID, text(event, "fw_rule_id"));
    }
    if kind == "WAF" {
        // The firewall stands for the server: what it received the client sent.
        event.set(Path::TRAFFIC_BYTES_OUT, text(event, "bytesrcv"));
        event.set(Path::TRAFFIC_BYTES_IN, text(event, "bytessent"));
    } else if event.class == class::BASE && !text(event, "protocol").is_empty() {
        // A mail that it passes on or keeps is a connection to a firewall, also before its ends
        // are known.
        event.kind(class::NETWORK, 6);
        event.set(Path::DST_ENDPOINT_SVC_NAME, part);
        event.set(Path::APP_NAME, part);
    }
}

/// Check Point: the gateway is `origin`, an administrator acts from `client_ip`.
fn checkpoint(event: &mut Event<'_>) {
    event.set(Path::METADATA_PRODUCT_NAME, text(event, "product"));
    if !event.has(Path::DEVICE_HOSTNAME) {
        crate::fields::device(event, text(event, "origin"));
    }
    let operation = text(event, "operation");
    let denied = event.get(Path::ACTION_ID) == Some(Value::Int(2));
    if matches!(operation, "Log In" | "Log Out" | "Failed Log In") {
        user(event, text(event, "administrator"));
        let failed = denied || operation.starts_with("Failed");
        logon(event, "Check Point", Some(if failed { Status::Failure } else { Status::Success }));
        event.activity = if operation == "Log Out" { 2 } else { 1 };
    } else if event.class == class::NETWORK {
        event.activity = if denied { 5 } else { 6 };
        if !event.has(Path::DST_ENDPOINT_PORT) {
            port(event, End::Dst, text(event, "service"));
        }
    }
}

/// Keycloak's log: `type=LOGIN_ERROR, realmId=…, clientId=…, ipAddress=…, error=…, username=…`.
fn keycloak(event: &mut Event<'_>) {
    product(event, "keycloak", "Keycloak", "Keycloak");
    let operation = text(event, "operationType").trim_matches('"');
    if !operation.is_empty() {
        address(event, End::Src, text(event, "ipAddress").trim_matches('"'));
        event.remove(Path::USER_NAME);
        event.set(Path::ACTOR_USER_UID, text(event, "userId").trim_matches('"'));
        event.set(Path::METADATA_EVENT_CODE, operation);
        event.set(Path::STATUS_DETAIL, text(event, "error").trim_matches('"'));
        let [kind, path] =
            ["resourceType", "resourcePath"].map(|name| text(event, name).trim_matches('"'));
        return vendors::keycloak::admin_event(operation, kind, path, event);
    }
    let kind = text(event, "type").trim_matches('"');
    event.set(Path::METADATA_EVENT_CODE, kind);
    let name = text(event, "username").trim_matches('"');
    if !is_nothing(name) {
        user(event, name);
    }
    address(event, End::Src, text(event, "ipAddress").trim_matches('"'));
    event.set(Path::STATUS_DETAIL, text(event, "error").trim_matches('"'));
    let failed = kind.ends_with("_ERROR");
    vendors::keycloak::user_event(kind, event);
    event.severity = if failed { Severity::Low } else { Severity::Informational };
}

/// F5's rules for a SIEM: `f5_irule=…DNS_REQUEST,src_ip=…,question_name=…`.
fn irule(event: &mut Event<'_>) {
    let asked = text(event, "question_name");
    if asked.is_empty() {
        return;
    }
    event.set(Path::QUERY_HOSTNAME, asked);
    event.set(Path::QUERY_TYPE, text(event, "question_type"));
    event.set(Path::QUERY_CLASS, text(event, "question_class"));
    address(event, End::Dst, text(event, "dns_server_ip"));
    event.kind(class::DNS, if text(event, "f5_irule").contains("RESPONSE") { 2 } else { 1 });
}

/// Whole bytes of a connection, where both ways are known.
fn total(event: &mut Event<'_>) {
    let way = |path| match event.get(path) {
        Some(Value::Int(bytes)) => Some(bytes),
        _ => None,
    };
    if let (Some(out), Some(back)) = (way(Path::TRAFFIC_BYTES_OUT), way(Path::TRAFFIC_BYTES_IN)) {
        event.set_if_absent(Path::TRAFFIC_BYTES, out.saturating_add(back));
    }
}

/// Zscaler's Nanolog: `hostname` is the URL's, `status` the answer's.
fn zscaler(event: &mut Event<'_>) {
    let host = text(event, "hostname");
    if !host.is_empty() && event.text(Path::DEVICE_HOSTNAME) == Some(host) {
        event.remove(Path::DEVICE_HOSTNAME);
        event.set(Path::HTTP_REQUEST_URL_HOSTNAME, host);
    }
    crate::fields::device(event, text(event, "host"));
    event.set(Path::HTTP_RESPONSE_CODE, text(event, "status"));
    event.set(Path::TRAFFIC_BYTES_OUT, text(event, "requestsize"));
    event.set(Path::TRAFFIC_BYTES_IN, text(event, "responsesize"));
    event.set(Path::TRAFFIC_BYTES, text(event, "transactionsize"));
    event.set(
        Path::MALWARE_NAME,
        Some(text(event, "threatname")).filter(|n| *n != "None").unwrap_or(""),
    );
}

/// `name (10.0.0.1)` as FortiMail's `ui` has it: where an administrator came from.
pub(crate) fn interface<'a>(value: &'a str, event: &mut Event<'a>) {
    if let Some(host) = between(value, "(", ")") {
        address(event, End::Src, host);
    }
}
