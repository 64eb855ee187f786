//! Squid's own access log: `1772359200.123 45 10.0.0.1 TCP_MISS/200 1234 GET http://a/ user
//! HIER_DIRECT/1.2.3.4 text/html`.

use crate::fields::{End, actor, address, http_method, is_nothing, source, url};
use crate::scan::{digits, word};
use crate::words::set_action;
use crate::{Cx, time};
use ocsf::{Event, Path, Status, class, ip};

/// Reads a line or a syslog body.
pub(crate) fn read<'a>(text: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let (stamp, rest) = word(text);
    let Some((ms, length)) = time::scan_epoch(stamp) else { return false };
    let (elapsed, rest) = word(rest);
    let (client, rest) = word(rest);
    let (result, rest) = word(rest);
    let Some((result, code)) = result.split_once('/') else { return false };
    let named = result.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    if length != stamp.len() || digits(elapsed).is_none() || !named || ip::parse(client).is_none() {
        return false;
    }
    time::Stamp::exact(ms).apply(event, stamp);
    source(event, "squid/1", "squid");
    event.product("Squid", "Squid");
    event.message = Some(text);
    address(event, End::Src, client);
    event.set(Path::DURATION, elapsed);
    let (bytes, rest) = word(rest);
    let (method, rest) = word(rest);
    let (target, rest) = word(rest);
    let (name, rest) = word(rest);
    let (peer, rest) = word(rest);
    http_method(event, method);
    url(event, target);
    if method == "CONNECT" {
        crate::fields::authority(event, target);
    }
    if !is_nothing(name) {
        actor(event, name);
    }
    if let Some((_, host)) = peer.split_once('/') {
        address(event, End::Dst, host);
    }
    event.set(Path::HTTP_RESPONSE_LENGTH, bytes);
    let kind = word(rest).0;
    if !is_nothing(kind) {
        event.set(Path::HTTP_RESPONSE_CONTENT_TYPE, kind);
    }
    if let Some(code) = digits(code) {
        event.set(Path::HTTP_RESPONSE_CODE, code);
        event.status(if code >= 400 || code == 0 { Status::Failure } else { Status::Success });
    }
    event.unmapped("result", result);
    if result.contains("DENIED") {
        set_action(event, "denied");
    }
    if event.class != class::HTTP {
        event.kind(class::HTTP, 0);
    }
    true
}
