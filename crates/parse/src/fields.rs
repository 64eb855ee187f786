//! Settings that several parsers share: addresses, users, syslog's process.

use crate::scan::{cut, cut_at, digits};
use ocsf::{Event, Path, Status, class, ip};

/// One of the two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Src,
    Dst,
}

impl End {
    fn paths(self) -> [Path; 5] {
        match self {
            Self::Src => [
                Path::SRC_ENDPOINT_IP,
                Path::SRC_ENDPOINT_HOSTNAME,
                Path::SRC_ENDPOINT_PORT,
                Path::SRC_ENDPOINT_ZONE,
                Path::SRC_ENDPOINT_INTERFACE_NAME,
            ],
            Self::Dst => [
                Path::DST_ENDPOINT_IP,
                Path::DST_ENDPOINT_HOSTNAME,
                Path::DST_ENDPOINT_PORT,
                Path::DST_ENDPOINT_ZONE,
                Path::DST_ENDPOINT_INTERFACE_NAME,
            ],
        }
    }
}

/// Text that stands for "nothing" in most logs.
pub(crate) fn is_nothing(text: &str) -> bool {
    matches!(
        text,
        "" | "-" | "--" | "?" | "(null)" | "null" | "none" | "N/A" | "n/a" | "unknown" | "UNKNOWN"
    )
}

/// Whether a text may be a host's name.
pub(crate) fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'%') || b >= 0x80
        })
        && text.bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80)
}

/// Sets an end by address or name; returns whether the text is either.
pub(crate) fn address<'a>(event: &mut Event<'a>, end: End, text: &'a str) -> bool {
    let [ip_path, host_path, ..] = end.paths();
    if let Some(ip) = ip::parse(text) {
        event.set(ip_path, ip.text);
        if let Some(zone) = ip.zone {
            event.set(
                if end == End::Src {
                    Path::SRC_ENDPOINT_INTERFACE_NAME
                } else {
                    Path::DST_ENDPOINT_INTERFACE_NAME
                },
                zone,
            );
        }
        return true;
    }
    if is_nothing(text) || !is_host(text) {
        return false;
    }
    event.set(host_path, text);
    true
}

/// Sets an end's port.
pub(crate) fn port<'a>(event: &mut Event<'a>, end: End, text: &'a str) -> bool {
    match digits(text) {
        Some(number) => {
            event.set(end.paths()[2], number);
            true
        }
        None => false,
    }
}

/// An address with a port behind it: `1.2.3.4:80`, `[::1]:80`, `host:80`, `1.2.3.4`.
pub(crate) fn split_port(text: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|t| cut(t, b']')) {
        return (address, rest.strip_prefix(':'));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && digits(port).is_some() => {
            // A bare IPv6 address has more colons and no port.
            if host.contains(':') && ip::parse(text).is_some() {
                (text, None)
            } else {
                (host, Some(port))
            }
        }
        _ => (text, None),
    }
}

/// Sets an end by an address that may have a port behind it.
pub(crate) fn address_port<'a>(event: &mut Event<'a>, end: End, text: &'a str) -> bool {
    let (host, number) = split_port(text);
    let known = address(event, end, host);
    if let Some(number) = number.filter(|_| known) {
        port(event, end, number);
    }
    known
}

/// Sets the user that an event is about; `DOMAIN\name` is split.
pub(crate) fn user<'a>(event: &mut Event<'a>, text: &'a str) {
    let name = text.trim();
    if name.is_empty() || matches!(name, "-" | "?" | "(null)") {
        return;
    }
    match name.split_once('\\') {
        Some((domain, name)) if !domain.is_empty() && !name.is_empty() && !name.contains('\\') => {
            event.set(Path::USER_DOMAIN, domain);
            event.set(Path::USER_NAME, name);
        }
        _ => {
            event.set(Path::USER_NAME, name);
            if ip::is_email(name) {
                event.set(Path::USER_EMAIL_ADDR, name);
            }
        }
    }
}

/// Sets the user that acts.
pub(crate) fn actor<'a>(event: &mut Event<'a>, text: &'a str) {
    let name = text.trim();
    if name.is_empty() || matches!(name, "-" | "?" | "(null)") {
        return;
    }
    match name.rsplit_once('\\') {
        Some((domain, name)) if !domain.is_empty() && !name.is_empty() => {
            event.set(Path::ACTOR_USER_DOMAIN, domain);
            event.set(Path::ACTOR_USER_NAME, name);
        }
        _ => event.set(Path::ACTOR_USER_NAME, name),
    }
}

/// The host that a log is about: its name, or its address.
pub(crate) fn device<'a>(event: &mut Event<'a>, text: &'a str) {
    if is_nothing(text) {
        return;
    }
    event.set(Path::DEVICE_HOSTNAME, text);
    if let Some(ip) = ip::parse(text) {
        event.set(Path::DEVICE_IP, ip.text);
    }
}

/// Sets the parser and the source type.
pub(crate) fn source(event: &mut Event<'_>, parser: &'static str, source: &'static str) {
    event.parser = parser;
    event.set(Path::METADATA_LOG_SOURCE, source);
}

/// Makes the event a logon to `service`; a user that nobody named stands as unknown.
pub(crate) fn logon<'a>(event: &mut Event<'a>, service: &'a str, status: Option<Status>) {
    event.kind(class::AUTHENTICATION, 1);
    event.set_if_absent(Path::USER_NAME, "(unknown)");
    event.set(Path::SERVICE_NAME, service);
    if let Some(status) = status {
        event.status(status);
    }
}

/// The HTTP activity of a method, and whether OCSF knows the method.
pub(crate) fn http_activity(method: &str) -> Option<u8> {
    Some(match method {
        "CONNECT" => 1,
        "DELETE" => 2,
        "GET" => 3,
        "HEAD" => 4,
        "OPTIONS" => 5,
        "POST" => 6,
        "PUT" => 7,
        "TRACE" => 8,
        "PATCH" => 9,
        _ => return None,
    })
}

/// Sets class, activity and method of an HTTP request.
///
/// OCSF has nine methods; another one (WebDAV's) is the activity's own name and stays in
/// `unmapped`.
pub(crate) fn http_method<'a>(event: &mut Event<'a>, method: &'a str) {
    let known = METHODS.iter().find(|m| m.eq_ignore_ascii_case(method));
    match known.and_then(|m| Some((*m, http_activity(m)?))) {
        Some((name, activity)) => {
            event.kind(class::HTTP, activity);
            event.set(Path::HTTP_REQUEST_HTTP_METHOD, name);
        }
        None => {
            event.kind(class::HTTP, 99);
            event.activity_name = Some(method);
            event.unmapped("http_method", method);
        }
    }
}

const METHODS: [&str; 9] =
    ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE"];

/// Sets a request's URL from its target: a path with query, or a whole URL.
pub(crate) fn url<'a>(event: &mut Event<'a>, target: &'a str) {
    event.set(Path::HTTP_REQUEST_URL_URL_STRING, target);
    let rest = match cut_at(target, "://") {
        Some((scheme, rest)) if !scheme.is_empty() && scheme.len() <= 10 && is_host(scheme) => {
            event.set(Path::HTTP_REQUEST_URL_SCHEME, scheme);
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            authority(event, &rest[..end]);
            &rest[end..]
        }
        _ => target,
    };
    let (path, query) = match cut(rest, b'?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    event.set(Path::HTTP_REQUEST_URL_PATH, path);
    if let Some(query) = query {
        event.set(Path::HTTP_REQUEST_URL_QUERY_STRING, query);
    }
}

/// Sets a URL's host and port.
pub(crate) fn authority<'a>(event: &mut Event<'a>, text: &'a str) {
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let (host, port) = split_port(text);
    event.set(Path::HTTP_REQUEST_URL_HOSTNAME, host);
    if let Some(port) = port.and_then(digits) {
        event.set(Path::HTTP_REQUEST_URL_PORT, port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        for (text, expected) in [
            ("1.2.3.4:80", ("1.2.3.4", Some("80"))),
            ("1.2.3.4", ("1.2.3.4", None)),
            ("[::1]:80", ("::1", Some("80"))),
            ("[::1]", ("::1", None)),
            ("::1", ("::1", None)),
            ("2001:db8::5:80", ("2001:db8::5:80", None)),
            ("host:80", ("host", Some("80"))),
            ("host:", ("host:", None)),
        ] {
            assert_eq!(split_port(text), expected, "{text}");
        }
    }
}
