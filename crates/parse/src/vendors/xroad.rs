//! X-Road security and central servers: the audit log (SPEC-AL) and operational monitoring
//! records (PR-OPMON), which say who called which service of whom.

use super::{Vendor, crud};
use crate::Cx;
use crate::fields::logon;
use crate::json::{View, text_of};
use ocsf::{Event, Path, Severity, Status, class};

pub(super) const VENDORS: &[Vendor] = &[AUDIT, MONITORING];

/// `{"event", "user", "ipaddress"?, "reason"?, "warning"?, "auth"?, "url"?, "data"}`.
const AUDIT: Vendor = Vendor {
    source: "xroad-audit",
    parser: "xroad/1",
    product: ("NIIS", "X-Road"),
    class: class::ENTITY,
    keep_all: true,
    detect: |root| {
        let named = root.get("event")?.str().is_some() && root.get("user").is_some();
        let theirs = ["auth", "data", "url", "reason", "ipaddress"];
        (named && root.len() <= 10 && theirs.iter().any(|name| root.get(name).is_some()))
            .then_some(root)
    },
    finish: finish_audit,
    rows: &[
        ("event", "metadata.event_code"),
        ("user", "@actor"),
        ("ipaddress", "@src"),
        ("ip", "@src"),
        ("reason", "status_detail"),
        ("url", "http_request.url.path"),
    ],
};

/// A name of an X-Road member or subsystem: `INSTANCE/CLASS/CODE[/SUBSYSTEM]`.
fn identifier<'a>(view: View<'_, 'a>, cx: &Cx<'a>) -> Option<&'a str> {
    let part = |name: &str| view.get(name).and_then(View::str);
    let (class, code) = (part("memberClass")?, part("memberCode")?);
    let instance = part("xRoadInstance").unwrap_or("");
    Some(match part("subsystemCode").or(part("memberSubsystemCode")) {
        Some(subsystem) => cx.write(format_args!("{instance}/{class}/{code}/{subsystem}")),
        None => cx.write(format_args!("{instance}/{class}/{code}")),
    })
}

fn finish_audit<'a>(body: View<'_, 'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    let whole = event.text(Path::METADATA_EVENT_CODE).unwrap_or("unknown");
    let failed = whole.ends_with(" failed")
        || body.get("reason").and_then(View::str).is_some_and(|reason| !reason.is_empty());
    let name = whole.strip_suffix(" failed").unwrap_or(whole);
    event.message = Some(whole);
    event.severity = if failed { Severity::Medium } else { Severity::Informational };
    event.status(if failed { Status::Failure } else { Status::Success });
    event.set(Path::AUTH_PROTOCOL, body.get("auth").and_then(View::str).unwrap_or(""));
    if let Some(data) = body.get("data").filter(|data| data.is_object()) {
        let of = ["clientIdentifier", "memberIdentifier", "ownerIdentifier", "providerIdentifier"];
        let member = of.iter().find_map(|name| identifier(data.get(name)?, cx));
        let member = member.or_else(|| identifier(data, cx));
        event.set(Path::ENTITY_UID, member.unwrap_or(""));
    }
    if name.starts_with("Log in user") || name.starts_with("Log out user") {
        if let Some(who) = event.get(Path::ACTOR_USER_NAME) {
            event.set(Path::USER_NAME, who);
        }
        logon(event, "X-Road", None);
        event.activity = if name.starts_with("Log out") { 2 } else { 1 };
        return;
    }
    // What an administrator does to the server's own settings, keys and members.
    crud(event, name);
    if event.activity == 99 {
        event.activity_name = Some(name);
    }
    event.set(Path::ENTITY_NAME, name.split_once(' ').map_or(name, |(_, thing)| thing));
    event.class = class::ENTITY;
}

/// One record of the operational monitoring daemon.
const MONITORING: Vendor = Vendor {
    source: "xroad-opmonitor",
    parser: "xroad/1",
    product: ("NIIS", "X-Road"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        let is = root.get("securityServerType").is_some()
            && (root.get("requestInTs").is_some() || root.get("messageId").is_some());
        is.then_some(root)
    },
    finish: finish_monitoring,
    rows: &[
        ("requestInTs", "@time"),
        ("messageId", "api.request.uid"),
        ("xRequestId", "metadata.correlation_uid"),
        ("messageUserId", "actor.user.uid"),
        ("serviceCode", "api.operation"),
        ("serviceVersion", "api.version"),
        ("clientSecurityServerAddress", "@src"),
        ("serviceSecurityServerAddress", "@dst"),
        ("securityServerInternalIp", "device.ip"),
        ("faultCode", "api.response.error"),
        ("soapFaultCode", "api.response.error"),
        ("faultString", "api.response.error_message"),
        ("soapFaultString", "api.response.error_message"),
        ("statusCode", "http_response.code"),
        ("restMethod", "@method"),
        ("restPath", "http_request.url.path"),
    ],
};

fn finish_monitoring<'a>(body: View<'_, 'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    let part = |name: &str| body.get(name).and_then(|v| text_of(v, cx)).unwrap_or("");
    let member = |side: &str| {
        let names = ["XRoadInstance", "MemberClass", "MemberCode", "SubsystemCode"];
        let mut joined = bumpalo::collections::String::new_in(cx.arena);
        for name in names {
            let mut key = bumpalo::collections::String::from_str_in(side, cx.arena);
            key.push_str(name);
            let value = part(&key);
            if !value.is_empty() {
                if !joined.is_empty() {
                    joined.push('/');
                }
                joined.push_str(value);
            }
        }
        joined.into_bump_str()
    };
    // The calling subsystem acts; the service's owner is the interface's service.
    event.set(Path::ACTOR_APP_NAME, member("client"));
    event.set(Path::API_SERVICE_NAME, member("service"));
    let name = event.text(Path::API_OPERATION).unwrap_or("unknown");
    event.message = Some(name);
    let succeeded = body.get("succeeded").and_then(View::bool).unwrap_or(true);
    event.status(if succeeded { Status::Success } else { Status::Failure });
    event.severity = if succeeded { Severity::Informational } else { Severity::Low };
    let stamp = |name: &str| body.get(name).and_then(View::int);
    if let (Some(begin), Some(end)) = (stamp("requestInTs"), stamp("responseOutTs")) {
        event.set(Path::DURATION, end.saturating_sub(begin).max(0));
    }
    crud(event, name);
    if event.activity == 99 {
        event.activity_name = Some(name);
    }
    event.class = class::API;
}
