//! What fields are called: names that many products use for the same thing, and how sure they are.
//!
//! A name tells more or less: `srcip` is the source, `ip` may be anybody's. So each has a rank, and
//! the best ranked value of a record wins ([`Guess`]).

mod aliases;

pub(crate) use aliases::alias;

use crate::error_log::severity;
use crate::fields::{End, actor, address_port, device, http_method, is_nothing, port, url, user};
use crate::scan::{digits, find, has_ignore_case};
use crate::{Cx, time};
use ocsf::{Event, Path, Status, class, ip};

/// What a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// An attribute, as it stands.
    Path(Path),
    /// The source's address or name, maybe with a port.
    Src,
    SrcPort,
    Dst,
    DstPort,
    /// The user that it is about.
    User,
    /// The user that acts.
    Actor,
    /// The host that wrote the log.
    Host,
    Time,
    Severity,
    Status,
    /// What was done or decided.
    Action,
    Message,
    Method,
    Url,
    /// `GET / HTTP/1.1`.
    Request,
    HttpStatus,
    Protocol,
    /// The event's id or type.
    Code,
}

/// How many kinds of guesses there are; each kind's best rank so far is kept.
const KINDS: usize = 20;

impl Target {
    fn kind(self) -> usize {
        match self {
            Self::Path(_) => 0,
            Self::Src => 1,
            Self::SrcPort => 2,
            Self::Dst => 3,
            Self::DstPort => 4,
            Self::User => 5,
            Self::Actor => 6,
            Self::Host => 7,
            Self::Time => 8,
            Self::Severity => 9,
            Self::Status => 10,
            Self::Action => 11,
            Self::Message => 12,
            Self::Method => 13,
            Self::Url => 14,
            Self::Request => 15,
            Self::HttpStatus => 16,
            Self::Protocol => 17,
            Self::Code => 18,
        }
    }
}

/// The best ranks so far; 1 is the best, 0 means none.
#[derive(Default)]
pub(crate) struct Guess {
    ranks: [u8; KINDS],
}

impl Guess {
    /// Whether some value was taken for a kind.
    pub(crate) fn known(&self, target: Target) -> bool {
        self.ranks[target.kind()] != 0
    }

    /// Sets what `target` says to `value`, unless a better one is known.
    pub(crate) fn offer<'a>(
        &mut self,
        event: &mut Event<'a>,
        cx: &Cx<'a>,
        target: Target,
        rank: u8,
        value: &'a str,
    ) {
        let value = value.trim();
        let best = self.ranks[target.kind()];
        if is_nothing(value) || (best != 0 && best <= rank && !matches!(target, Target::Path(_))) {
            return;
        }
        if apply(event, cx, target, rank, value) {
            self.ranks[target.kind()] = rank;
        }
    }
}

fn apply<'a>(event: &mut Event<'a>, cx: &Cx<'a>, target: Target, rank: u8, value: &'a str) -> bool {
    match target {
        Target::Path(Path::HTTP_REQUEST_VERSION) => {
            event.set_if_absent(Path::HTTP_REQUEST_VERSION, version(value));
            true
        }
        Target::Path(path) => event.has(path) || event.try_set(path, value),
        Target::Src => {
            let host = endpoint(value, End::Src, event);
            address_port(event, End::Src, host)
        }
        Target::SrcPort => port(event, End::Src, value),
        Target::Dst => {
            let host = endpoint(value, End::Dst, event);
            address_port(event, End::Dst, host)
        }
        Target::DstPort => port(event, End::Dst, value),
        Target::User => {
            user(event, value);
            true
        }
        Target::Actor => {
            actor(event, value);
            true
        }
        // A plain `host` does not replace what syslog's header says; there it is the peer.
        Target::Host if rank > 1 && event.has(Path::DEVICE_HOSTNAME) => {
            ip::parse(value).is_some()
                && !event.has(Path::SRC_ENDPOINT_IP)
                && address_port(event, End::Src, value)
        }
        Target::Host => {
            device(event, value);
            true
        }
        // When something began, ended or was made says less than the log's own time.
        Target::Time if rank > 1 && event.time.is_some() => false,
        Target::Time => set_time(event, cx, value),
        Target::Severity => {
            event.set(Path::METADATA_LOG_LEVEL, value);
            event.severity = severity(value);
            true
        }
        Target::Status => set_status(event, value),
        Target::Action => {
            set_action(event, value);
            true
        }
        Target::Message => {
            event.message = Some(value);
            true
        }
        Target::Method | Target::Url | Target::Request | Target::HttpStatus => {
            web(event, target, value)
        }
        Target::Protocol => {
            set_protocol(event, value);
            true
        }
        Target::Code => {
            event.set(Path::METADATA_EVENT_CODE, value);
            true
        }
    }
}

/// What is said of an HTTP request.
fn web<'a>(event: &mut Event<'a>, target: Target, value: &'a str) -> bool {
    match target {
        Target::Method => {
            let plain = value.len() <= 20 && value.bytes().all(|b| b.is_ascii_alphabetic());
            if plain {
                http_method(event, value);
            }
            plain
        }
        Target::Url => {
            url(event, value);
            true
        }
        Target::Request => {
            crate::access::request_line(value, event);
            true
        }
        _ => digits(value).is_some_and(|code| {
            let fits = (100..1000).contains(&code);
            if fits {
                event.set(Path::HTTP_RESPONSE_CODE, code);
            }
            fits
        }),
    }
}

/// `HTTP/1.1` as `1.1`.
pub(crate) fn version(value: &str) -> &str {
    value.strip_prefix("HTTP/").unwrap_or(value)
}

/// SonicWall writes `10.0.0.1:80:X1`; mails `name [10.0.0.1]`.
fn endpoint<'a>(value: &'a str, end: End, event: &mut Event<'a>) -> &'a str {
    if ip::is_v4(value) {
        return value;
    }
    if let Some(inner) = crate::scan::between(value, "[", "]").filter(|i| ip::parse(i).is_some()) {
        return inner;
    }
    // Asterisk writes `IPV4/UDP/10.0.0.1/5060`.
    let transport = ["/UDP/", "/TCP/", "/TLS/"].iter().find_map(|mark| find(value, mark));
    if let Some(at) = transport {
        let (host, number) = value[at + 5..].split_once('/').unwrap_or((&value[at + 5..], ""));
        if digits(number).is_some() {
            let path =
                if end == End::Src { Path::SRC_ENDPOINT_PORT } else { Path::DST_ENDPOINT_PORT };
            event.set(path, number);
        }
        return host;
    }
    let mut parts = value.splitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(address), Some(number), Some(_))
            if ip::is_v4(address) && digits(number).is_some() =>
        {
            &value[..address.len() + 1 + number.len()]
        }
        _ => value,
    }
}

/// A time as text, or seconds since the epoch.
pub(crate) fn set_time<'a>(event: &mut Event<'a>, cx: &Cx<'a>, value: &'a str) -> bool {
    if let Some((civil, length)) = time::scan(value) {
        time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &value[..length]);
        return true;
    }
    match time::scan_epoch(value) {
        Some((ms, length)) if length == value.len() => {
            time::Stamp::exact(ms).apply(event, value);
            true
        }
        _ => false,
    }
}

/// Whether a word says that it worked or that it did not.
pub(crate) fn outcome(value: &str) -> Option<Status> {
    const FAILURE: [&str; 10] = [
        "fail",
        "denied",
        "deny",
        "error",
        "unsuccess",
        "reject",
        "invalid",
        "blocked",
        "refused",
        "unauthorized",
    ];
    const SUCCESS: [&str; 7] = ["succe", "allow", "accept", "permit", "granted", "pass", "ok"];
    let is = |words: &[&str]| {
        words.iter().any(|word| word.len() <= value.len() && has_ignore_case(value, word))
    };
    // What firewalls mostly say, in one look.
    match value {
        "accept" | "allow" | "Accept" | "Allow" | "ACCEPT" | "permitted" | "pass" => {
            Some(Status::Success)
        }
        "deny" | "Deny" | "denied" | "DENY" | "reject" | "Reject" => Some(Status::Failure),
        "drop" | "Drop" | "DROP" | "block" | "Block" | "BLOCK" | "close" | "timeout" => None,
        _ if is(&FAILURE) => Some(Status::Failure),
        _ if is(&SUCCESS) => Some(Status::Success),
        _ => None,
    }
}

fn set_status(event: &mut Event<'_>, value: &str) -> bool {
    match outcome(value) {
        Some(status) => {
            event.status(status);
            true
        }
        None => match value {
            "true" | "yes" => {
                event.status(Status::Success);
                true
            }
            "false" | "no" => {
                event.status(Status::Failure);
                true
            }
            _ => false,
        },
    }
}

/// `action` of the security control: what the product did about it, in its own word.
pub(crate) fn set_action<'a>(event: &mut Event<'a>, value: &'a str) {
    event.set(Path::ACTION, value);
    let id = match outcome(value) {
        _ if has_ignore_case(value, "drop") || has_ignore_case(value, "block") => 2,
        Some(Status::Failure) => 2,
        Some(Status::Success) => 1,
        None => 99,
    };
    event.set(Path::ACTION_ID, id);
}

/// A transport's or application's name or number.
pub(crate) fn set_protocol<'a>(event: &mut Event<'a>, value: &'a str) {
    if let Some(number) = digits(value) {
        // FortiGate's `transport` is a translated port.
        if number > 255 {
            return event.set(Path::SRC_ENDPOINT_PROXY_ENDPOINT_PORT, number);
        }
        event.set(Path::CONNECTION_INFO_PROTOCOL_NUM, number);
        if let Some(name) = protocol_name(number) {
            event.set(Path::CONNECTION_INFO_PROTOCOL_NAME, name);
        }
        return;
    }
    // `tcp/50000`, `udp/dns`.
    let name = value.split('/').next().unwrap_or(value);
    event.set(Path::CONNECTION_INFO_PROTOCOL_NAME, name);
}

/// IANA's protocol numbers that logs show.
pub(crate) fn protocol_name(number: i64) -> Option<&'static str> {
    Some(match number {
        1 => "icmp",
        2 => "igmp",
        6 => "tcp",
        17 => "udp",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "ipv6-icmp",
        89 => "ospf",
        112 => "vrrp",
        132 => "sctp",
        _ => return None,
    })
}

/// Settles the class of an event that was read by names and words only.
pub(crate) fn settle(event: &mut Event<'_>, is_logon: bool) {
    if event.class != class::BASE {
        return;
    }
    let (src, dst) = (
        event.has(Path::SRC_ENDPOINT_IP) || event.has(Path::SRC_ENDPOINT_HOSTNAME),
        event.has(Path::DST_ENDPOINT_IP) || event.has(Path::DST_ENDPOINT_HOSTNAME),
    );
    // Between two ports it is a connection, whoever is logged on.
    let ports = event.has(Path::SRC_ENDPOINT_PORT) && event.has(Path::DST_ENDPOINT_PORT);
    if is_logon && !ports && (event.has(Path::USER_NAME) || src) {
        event.kind(class::AUTHENTICATION, 1);
        event.set_if_absent(Path::USER_NAME, "(unknown)");
        let service =
            event.text(Path::METADATA_LOG_PROVIDER).or(event.text(Path::METADATA_PRODUCT_NAME));
        event.set_if_absent(Path::SERVICE_NAME, service.unwrap_or("unknown"));
    } else if (event.has(Path::HTTP_REQUEST_URL_URL_STRING)
        || event.has(Path::HTTP_REQUEST_USER_AGENT)
        || event.has(Path::HTTP_RESPONSE_CODE))
        && (src || dst)
    {
        event.kind(class::HTTP, 0);
    } else if event.has(Path::QUERY_HOSTNAME) && (src || dst) {
        event.kind(class::DNS, 1);
    } else if src || dst {
        event.kind(class::NETWORK, 0);
    }
}
