//! What fields are called: names that many products use for the same thing, and how sure they are.
//!
//! A name tells more or less: `srcip` is the source, `ip` may be anybody's. So each has a rank, and
//! the best ranked value of a record wins ([`Guess`]).

use crate::error_log::severity;
use crate::fields::{End, actor, address_port, device, http_method, is_nothing, port, url, user};
use crate::scan::{digits, has_ignore_case};
use crate::{Cx, time};
use ocsf::{Event, Path, Status, class, ip};
use std::collections::HashMap;
use std::sync::LazyLock;

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
        if apply(event, cx, target, value) {
            self.ranks[target.kind()] = rank;
        }
    }
}

fn apply<'a>(event: &mut Event<'a>, cx: &Cx<'a>, target: Target, value: &'a str) -> bool {
    match target {
        Target::Path(path) => event.has(path) || event.try_set(path, value),
        Target::Src => address_port(event, End::Src, endpoint(value)),
        Target::SrcPort => port(event, End::Src, value),
        Target::Dst => address_port(event, End::Dst, endpoint(value)),
        Target::DstPort => port(event, End::Dst, value),
        Target::User => {
            user(event, value);
            true
        }
        Target::Actor => {
            actor(event, value);
            true
        }
        Target::Host => {
            device(event, value);
            true
        }
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
        Target::HttpStatus => digits(value).is_some_and(|code| {
            let fits = (100..1000).contains(&code);
            if fits {
                event.set(Path::HTTP_RESPONSE_CODE, code);
            }
            fits
        }),
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

/// SonicWall writes `10.0.0.1:80:X1`; mails `name [10.0.0.1]`.
fn endpoint(value: &str) -> &str {
    if let Some(inner) = crate::scan::between(value, "[", "]").filter(|i| ip::parse(i).is_some()) {
        return inner;
    }
    // Asterisk writes `IPV4/UDP/10.0.0.1/5060`.
    if let Some(at) = value.find("/UDP/").or(value.find("/TCP/")).or(value.find("/TLS/")) {
        return value[at + 5..].split('/').next().unwrap_or(value);
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
    let is = |words: &[&str]| words.iter().any(|word| has_ignore_case(value, word));
    if is(&[
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
    ]) {
        Some(Status::Failure)
    } else if is(&["succe", "allow", "accept", "permit", "granted", "pass", "ok"]) {
        Some(Status::Success)
    } else {
        None
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

/// The longest name that is looked up, in bytes.
const NAME_BYTES_MAX: usize = 48;

/// What a field's name tells, whatever its case and joints.
pub(crate) fn alias(name: &str) -> Option<(Target, u8)> {
    let mut folded = [0; NAME_BYTES_MAX];
    let mut length = 0;
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() {
            *folded.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        } else if !b"_-. @".contains(&byte) {
            return None;
        }
    }
    ALIASES.get(&folded[..length]).copied()
}

static ALIASES: LazyLock<HashMap<&'static [u8], (Target, u8)>> = LazyLock::new(|| {
    let mut map = HashMap::new();
    for (target, rank, names) in TABLE {
        for name in names.split_ascii_whitespace() {
            map.insert(name.as_bytes(), (*target, *rank));
        }
    }
    map
});

/// Names, folded to letters and digits.
const TABLE: &[(Target, u8, &str)] = &[
    (
        Target::Src,
        1,
        "srcip sourceip src sourceaddress srcaddr ipsrc sip saddr sourceipaddress idorigh",
    ),
    (
        Target::Src,
        2,
        "clientip client clientaddr clientaddress remoteip remoteaddr remoteaddress remotehost rip rhost callerip calleripaddress ipaddress ipaddr peerip userip hostip xrealip srchost oip orighost userhostaddress cip clienthost ssrcip remote",
    ),
    (Target::Src, 4, "ip addr address remoteclient peer from srcname shost locationip ipaddr1"),
    (Target::SrcPort, 1, "srcport sourceport spt sport clientport remoteport idorigp rport"),
    (
        Target::Dst,
        1,
        "dstip destip destinationip dst destination destinationaddress dstaddr daddr ipdst dip idresph targetip",
    ),
    (Target::Dst, 3, "localip serverip lip destaddr dsthost desthost dhost localaddr serveraddr"),
    (Target::DstPort, 1, "dstport destport destinationport dpt dport idrespp"),
    (Target::DstPort, 3, "serverport localport lport"),
    (
        Target::User,
        1,
        "user username usrname targetusername accountname acct login loginname duser dstuser logonuser",
    ),
    (
        Target::User,
        2,
        "userid account useremail email principal principalname loginuser suser srcuser sourceuser uname userprincipalname principalemail actoremail owner administrator accountid",
    ),
    (Target::User, 4, "name1 displayname usr"),
    (
        Target::Host,
        2,
        "hostname host computer computername devname devicename dvchost syslogserver nodename agenthostname logsource",
    ),
    (Target::Host, 3, "node device server1 dvc reportinghost"),
    (
        Target::Time,
        1,
        "timestamp eventtime time ts datetime utctime timecreated attimestamp eventtimestamp eventdatetime timegenerated published creationtime activitydatetime devtime ltime occurredat",
    ),
    (
        Target::Time,
        2,
        "timecreated1 createdat date logtime starttime timereceived receivetime requestreceivedtimestamp time1 created end start t",
    ),
    (
        Target::Severity,
        1,
        "level loglevel severity lvl levelname pri priority sev severitytext logseverity",
    ),
    (Target::Status, 1, "outcome result success eventoutcome"),
    (Target::Status, 3, "status"),
    (
        Target::Action,
        1,
        "action act fwaction disposition devicecustomaction deviceaction utmaction",
    ),
    (Target::Message, 1, "msg message logmessage description"),
    (Target::Message, 2, "log text displaymessage logdesc eventname reason"),
    (Target::Method, 1, "httpmethod requestmethod method verb csmethod"),
    (
        Target::Url,
        1,
        "url uri requesturi requesturl requesturipath csuristem urloriginal fullurl requestpath originaluri",
    ),
    (Target::Url, 3, "httppath path1"),
    (Target::Request, 1, "request1 requestline"),
    (
        Target::HttpStatus,
        1,
        "httpstatus statuscode responsecode responsestatus httpstatuscode scstatus httpresponsecode downstreamstatus",
    ),
    (Target::HttpStatus, 3, "status1 returncode code1"),
    (Target::Protocol, 1, "proto protocol transport ipprotocol networktransport"),
    (Target::Code, 1, "eventid eventcode logid signatureid msgid messageid eventtype1"),
    (
        Target::Path(Path::HTTP_REQUEST_USER_AGENT),
        1,
        "useragent httpuseragent ua agent csuseragent rawuseragent requestclientapplication callersupplieduseragent",
    ),
    (
        Target::Path(Path::HTTP_REQUEST_REFERRER),
        1,
        "referer referrer httpreferer httpreferrer httprefer csreferer",
    ),
    (Target::Path(Path::HTTP_REQUEST_VERSION), 1, "httpversion"),
    (
        Target::Path(Path::TRAFFIC_BYTES_OUT),
        1,
        "bytesout sentbyte sentbytes sent bytessent outbytes bytesfromclient",
    ),
    (
        Target::Path(Path::TRAFFIC_BYTES_IN),
        1,
        "bytesin rcvdbyte recvbytes rcvd bytesreceived receivedbytes inbytes bytesfromserver",
    ),
    (Target::Path(Path::TRAFFIC_BYTES), 1, "bytestotal totalbytes"),
    (Target::Path(Path::TRAFFIC_PACKETS_OUT), 1, "sentpkt pktssent packetsout"),
    (Target::Path(Path::TRAFFIC_PACKETS_IN), 1, "rcvdpkt pktsreceived packetsin"),
    (Target::Path(Path::SRC_ENDPOINT_MAC), 1, "srcmac sourcemac smac"),
    (Target::Path(Path::DST_ENDPOINT_MAC), 1, "dstmac dmac destmac"),
    (
        Target::Path(Path::SRC_ENDPOINT_INTERFACE_NAME),
        1,
        "srcintf srcinterface inintf ifnamein inzone",
    ),
    (Target::Path(Path::DST_ENDPOINT_INTERFACE_NAME), 1, "dstintf dstinterface outintf outzone"),
    (
        Target::Path(Path::SRC_ENDPOINT_PROXY_ENDPOINT_IP),
        1,
        "transip sourcetranslatedaddress natip tranip nat",
    ),
    (Target::Path(Path::POLICY_UID), 1, "policyid fwruleid ruleid1"),
    (Target::Path(Path::POLICY_NAME), 1, "policyname"),
    (Target::Path(Path::FIREWALL_RULE_NAME), 1, "rulename rule"),
    (Target::Path(Path::FIREWALL_RULE_UID), 1, "ruleid ruleuid"),
    (
        Target::Path(Path::ACTOR_PROCESS_NAME),
        1,
        "process processname program app application service1 appname",
    ),
    (Target::Path(Path::ACTOR_PROCESS_PID), 1, "pid processid procid"),
    (
        Target::Path(Path::METADATA_CORRELATION_UID),
        1,
        "correlationid traceid requestid reqid xrequestid sessionid flowid",
    ),
    (Target::Path(Path::METADATA_ORIGINAL_EVENT_UID), 1, "eventuid uuid logref documentid"),
    (Target::Path(Path::USER_GROUPS_NAME), 1, "group usergroup groupname usergroupname"),
    (
        Target::Path(Path::HTTP_REQUEST_URL_HOSTNAME),
        2,
        "httphost requesthost cshost vhost virtualhost domain1 downstreamhost",
    ),
    (Target::Path(Path::DURATION), 3, "durationms elapsedms"),
    (Target::Path(Path::ACTOR_USER_DOMAIN), 3, "userdomain ntdomain"),
    (Target::Path(Path::CLOUD_REGION), 3, "awsregion region"),
    (Target::Path(Path::CLOUD_ACCOUNT_UID), 3, "recipientaccountid accountid1"),
    (Target::Path(Path::QUERY_HOSTNAME), 1, "queryname qname rrname dnsquery"),
    (Target::Path(Path::TLS_SNI), 1, "sni servername1"),
    (Target::Path(Path::APP_NAME), 3, "serverapp appcat"),
];

/// Settles the class of an event that was read by names and words only.
pub(crate) fn settle(event: &mut Event<'_>, is_logon: bool) {
    if event.class != class::BASE {
        return;
    }
    let (src, dst) = (
        event.has(Path::SRC_ENDPOINT_IP) || event.has(Path::SRC_ENDPOINT_HOSTNAME),
        event.has(Path::DST_ENDPOINT_IP) || event.has(Path::DST_ENDPOINT_HOSTNAME),
    );
    if is_logon && (event.has(Path::USER_NAME) || src) {
        event.kind(class::AUTHENTICATION, 1);
        event.set_if_absent(Path::USER_NAME, "(unknown)");
        let service =
            event.text(Path::METADATA_LOG_PROVIDER).or(event.text(Path::METADATA_PRODUCT_NAME));
        event.set_if_absent(Path::SERVICE_NAME, service.unwrap_or("unknown"));
    } else if event.has(Path::HTTP_REQUEST_URL_URL_STRING) && (src || dst) {
        event.kind(class::HTTP, 0);
    } else if event.has(Path::QUERY_HOSTNAME) && (src || dst) {
        event.kind(class::DNS, 1);
    } else if src || dst {
        event.kind(class::NETWORK, 0);
    }
}
