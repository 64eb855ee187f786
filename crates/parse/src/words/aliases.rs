//! What many products call the same thing, folded to letters and digits.

use super::Target;
use crate::hash::Table;
use ocsf::Path;
use std::sync::LazyLock;

/// The longest name that is looked up, in bytes.
const NAME_BYTES_MAX: usize = 48;

/// What a field's name tells, whatever its case and joints.
pub(crate) fn alias(name: &str) -> Option<(Target, u8)> {
    let mut folded = [0; NAME_BYTES_MAX];
    let mut length = 0;
    for byte in name.bytes() {
        match FOLDED[usize::from(byte)] {
            JOINT => {}
            STRANGE => return None,
            letter => {
                *folded.get_mut(length)? = letter;
                length += 1;
            }
        }
    }
    ALIASES.get(&folded[..length]).copied()
}

/// What joins words in a name.
const JOINT: u8 = 0;
/// What no name has.
const STRANGE: u8 = 1;

/// Every byte as a folded letter or digit, or as one of the two.
const FOLDED: [u8; 256] = {
    let mut table = [STRANGE; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            letter if letter.is_ascii_alphanumeric() => letter.to_ascii_lowercase(),
            b'_' | b'-' | b'.' | b' ' | b'@' => JOINT,
            _ => STRANGE,
        };
        byte += 1;
    }
    table
};

static ALIASES: LazyLock<Table<&'static [u8], (Target, u8)>> = LazyLock::new(|| {
    let mut map = Table::default();
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
        "clientip client clientaddr clientaddress remoteip remoteaddr remoteaddress remotehost rip rhost callerip calleripaddress ipaddress ipaddr peerip userip hostip xrealip srchost oip orighost userhostaddress visitorip cip clienthost ssrcip remote",
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
    (Target::Host, 1, "devname devicename dvchost computer computername nodename agenthostname"),
    (Target::Host, 2, "hostname host syslogserver logsource"),
    (Target::Host, 3, "node device server1 dvc reportinghost"),
    (
        Target::Time,
        1,
        "timestamp eventtime time ts datetime utctime timecreated attimestamp eventtimestamp eventdatetime timegenerated unifiutctime published creationtime activitydatetime devtime ltime occurredat",
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
        "useragent httpuseragent ua agent csuseragent requestuseragent rawuseragent requestclientapplication callersupplieduseragent",
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
        "transip sourcetranslatedaddress natip nat srcpostnat xlatesrc natsourceaddress",
    ),
    (
        Target::Path(Path::DST_ENDPOINT_PROXY_ENDPOINT_IP),
        1,
        "tranip destinationtranslatedaddress dstpostnat xlatedst natdestinationaddress",
    ),
    (
        Target::Path(Path::SRC_ENDPOINT_PROXY_ENDPOINT_PORT),
        1,
        "transport1 sourcetranslatedport natsourceport xlatesport",
    ),
    (
        Target::Path(Path::DST_ENDPOINT_PROXY_ENDPOINT_PORT),
        1,
        "tranport destinationtranslatedport natdestinationport xlatedport",
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
