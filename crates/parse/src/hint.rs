//! The source types that a collector's configuration may name, also under the names people use.
//!
//! A name decides where the text leaves it open: which server an access log is of, which program a
//! message without a header is from, what a log is that no parser knows. Where the text says plainly
//! that it is something else, the text counts, and a label says that the name was wrong.

use ocsf::{Event, Path};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The label of an event whose source type only its collector's configuration tells.
const ONLY: &str = "source:hint_only";
/// The label of an event that is of another source type than the configuration says.
const WRONG: &str = "source:hint_mismatch";

/// What a name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    /// The source type.
    pub(crate) source: &'static str,
    /// The program whose messages are read so where a record has no header.
    pub(crate) program: &'static str,
    /// Other source types that logs under this name may be of; `*` for any.
    kin: &'static str,
}

/// Source type, other names for it, program, kin.
const TABLE: &[(&str, &str, &str, &str)] = &[
    // Linux.
    ("sshd", "ssh openssh openssh-server sshd-session", "sshd", "pam"),
    ("sudo", "sudoers", "sudo", "pam"),
    ("su", "", "su", "pam"),
    ("pam", "", "", "sshd sudo su cron login"),
    ("cron", "crond crontab anacron", "cron", "pam"),
    ("login", "", "login", "pam"),
    ("useradd", "accounts shadow shadow-utils usermod passwd", "useradd", "pam"),
    ("systemd", "logind systemd-logind", "systemd-logind", "pam"),
    ("kernel", "kern dmesg kmsg", "kernel", "iptables"),
    ("iptables", "netfilter nftables ufw firewalld ip6tables", "", "kernel"),
    ("auditd", "audit audisp linux-audit laurel linux-auditd", "", "windows linux-sysmon"),
    ("linux-sysmon", "sysmonforlinux sysmon-linux", "", ""),
    // What may hold anything.
    (
        "syslog",
        "rsyslog syslog-ng messages linux linux-syslog linux-auth auth authlog secure",
        "",
        "*",
    ),
    ("journald", "journal systemd-journal", "", "*"),
    ("docker", "containerd podman container", "", "*"),
    ("text", "file log raw", "", "*"),
    ("json", "ndjson jsonl", "", "*"),
    ("cef", "arcsight", "", "*"),
    ("leef", "qradar", "", "*"),
    // Windows.
    (
        "windows",
        "winlog wineventlog windows-eventlog windows-event eventlog evtx winlogbeat nxlog wef \
         windows-security windows-system sysmon windows-sysmon active-directory",
        "",
        "linux-sysmon",
    ),
    ("windows-firewall", "pfirewall windows-defender-firewall", "", "w3c"),
    ("exchange", "msexchange ms-exchange", "", "w3c iis"),
    ("iis", "iis-w3c microsoft-iis", "", "w3c exchange"),
    // Web servers and proxies.
    ("nginx", "nginx-access nginx-error openresty", "", "modsecurity"),
    ("apache", "apache2 httpd apache-access apache-error apache-httpd", "", "modsecurity"),
    ("modsecurity", "modsec waf", "", "nginx apache"),
    ("haproxy", "", "haproxy", ""),
    ("traefik", "", "", "nginx apache"),
    ("caddy", "", "", ""),
    ("lighttpd", "", "", ""),
    ("squid", "squid-access", "squid", ""),
    ("bluecoat", "proxysg blue-coat edge-swg symantec-proxysg", "", "w3c"),
    ("zscaler", "zscaler-nss zia", "", "cef leef"),
    ("cloudfront", "aws-cloudfront", "", "w3c"),
    ("w3c", "elff w3c-extended", "", "iis exchange windows-firewall bluecoat cloudfront"),
    ("aws-elb", "elb alb aws-alb", "", ""),
    ("aws-s3access", "s3access s3-access aws-s3", "", ""),
    // Networks.
    ("suricata", "eve suricata-eve", "", ""),
    ("zeek", "bro corelight", "", ""),
    ("netflow", "ipfix sflow flow flows", "", ""),
    ("bind", "named bind9", "named", "dns"),
    ("unbound", "", "unbound", "dns"),
    ("nsd", "", "nsd", "dns"),
    ("dnsmasq", "", "dnsmasq", "dns dhcpd"),
    ("dns", "windows-dns ms-dns microsoft-dns dns-server", "", "bind unbound nsd dnsmasq"),
    ("dhcpd", "isc-dhcp isc-dhcpd dhcp-server", "dhcpd", "kea dhcp dnsmasq"),
    ("kea", "kea-dhcp4 kea-dhcp6", "kea-dhcp4", "dhcpd dhcp"),
    ("dhcp", "windows-dhcp ms-dhcp microsoft-dhcp", "", "dhcpd kea"),
    // Mail.
    ("postfix", "", "postfix/smtpd", ""),
    ("dovecot", "", "dovecot", ""),
    ("exim", "exim4 exim-main exim-reject", "exim", ""),
    ("sendmail", "", "sendmail", ""),
    ("domino", "lotus hcl-domino notes", "", ""),
    // Databases.
    ("postgresql", "postgres pgsql pgaudit", "postgres", ""),
    ("mysql", "mariadb mysqld percona mysql-audit", "mysqld", ""),
    ("mssql", "sqlserver sql-server ms-sql", "", ""),
    ("oracle", "oracle-audit oracledb oracle-database", "", ""),
    ("mongodb", "mongo mongod", "mongod", ""),
    ("redis", "redis-server valkey", "redis-server", ""),
    // Firewalls and network devices.
    ("pfsense", "pf filterlog opnsense", "filterlog", ""),
    ("cisco-asa", "asa ftd cisco-ftd pix fwsm firepower", "", ""),
    ("cisco-ios", "ios ios-xe ios-xr nx-os nxos cisco-nxos cisco", "", "cisco-asa"),
    ("cisco-sdwan", "viptela sd-wan sdwan", "", "cisco-ios"),
    ("panw", "paloalto palo-alto pan-os panos pan", "", "cef leef"),
    ("checkpoint", "check-point cp-log-exporter", "", "cef leef"),
    ("fortigate", "fortios fortinet-fortigate", "", "fortinet cef leef"),
    ("fortinet", "fortimail fortiweb", "", "fortigate cef leef"),
    ("f5", "bigip big-ip f5-bigip", "", "cef"),
    ("juniper", "junos srx netscreen juniper-srx", "", ""),
    ("sonicwall", "sonicos", "", "cef"),
    ("sophos", "sophos-xg sophos-firewall sfw xg", "", "sophos-utm"),
    ("sophos-utm", "utm astaro", "", "sophos"),
    ("watchguard", "firebox", "", ""),
    ("mikrotik", "routeros", "", ""),
    ("stormshield", "sns netasq", "", ""),
    // Clouds and identity.
    ("cloudtrail", "aws-cloudtrail aws", "", ""),
    ("azure-activity", "azure azure-monitor", "", "azure-signin azure-audit"),
    ("azure-signin", "entra-signin aad-signin signinlogs", "", "azure-activity azure-audit"),
    ("azure-audit", "entra-audit aad-audit auditlogs entra", "", "azure-activity azure-signin"),
    ("gcp-audit", "gcp google-cloud stackdriver", "", ""),
    ("kubernetes", "k8s kube-audit kubernetes-audit kube-apiserver", "", ""),
    (
        "m365",
        "o365 office365 microsoft365 office-365 unified-audit",
        "",
        "azure-activity azure-audit",
    ),
    ("okta", "okta-system", "", ""),
    ("auth0", "", "", ""),
    ("gsuite", "google-workspace gworkspace workspace", "", ""),
    ("github", "github-audit", "", ""),
    ("onelogin", "", "", ""),
    ("keycloak", "rhsso", "", ""),
    // Machines and applications.
    ("vmware", "esxi esx vcenter vsphere vpxd hostd", "hostd", ""),
    ("xroad-audit", "xroad x-road", "", "xroad-opmonitor"),
    ("xroad-opmonitor", "xroad-op-monitor op-monitor opmonitor", "", "xroad-audit"),
    ("asterisk", "freepbx", "", ""),
    ("roundcube", "", "", ""),
    ("xrdp", "", "", ""),
    ("webmin", "", "", ""),
    ("strongswan", "charon", "charon", ""),
    ("vsftpd", "", "vsftpd", ""),
    ("proftpd", "", "proftpd", ""),
    ("opensearch", "elasticsearch opensearch-server", "", ""),
];

static BY_NAME: LazyLock<HashMap<&'static str, Hint>> = LazyLock::new(|| {
    let mut map = HashMap::new();
    for &(source, names, program, kin) in TABLE {
        for name in std::iter::once(source).chain(names.split_ascii_whitespace()) {
            map.insert(name, Hint { source, program, kin });
        }
    }
    map
});

/// The longest name that is looked up.
const NAME_BYTES_MAX: usize = 32;

impl Hint {
    /// What a name stands for, whatever its case, with `_` and blanks as `-`.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let mut folded = [0; NAME_BYTES_MAX];
        let folded = folded.get_mut(..name.len())?;
        for (to, byte) in folded.iter_mut().zip(name.bytes()) {
            *to = match byte {
                b'_' | b' ' | b':' => b'-',
                byte => byte.to_ascii_lowercase(),
            };
        }
        BY_NAME.get(std::str::from_utf8(folded).ok()?)
    }

    fn fits(&self, source: &str) -> bool {
        source == self.source
            || self.kin == "*"
            || self.kin.split_ascii_whitespace().any(|kin| kin == source)
    }
}

/// The source type that a name stands for; a name that nothing is known of stands for itself.
pub fn source_named(name: &str) -> &str {
    Hint::named(name).map_or(name, |hint| hint.source)
}

/// Holds what an event was read as against what the configuration says.
pub(crate) fn settle<'a>(name: &'a str, hint: Option<&Hint>, event: &mut Event<'a>) {
    let found = event.text(Path::METADATA_LOG_SOURCE).unwrap_or("");
    let open = crate::is_guess(event.parser) && matches!(found, "" | "text" | "syslog" | "json")
        || event.parser == "kv/1" && matches!(found, "" | "text" | "syslog");
    match hint {
        Some(hint) if found == hint.source => {}
        // What may hold anything says nothing of what it holds.
        Some(hint) if open && hint.kin != "*" => {
            event.set(Path::METADATA_LOG_SOURCE, hint.source);
            event.label(ONLY);
        }
        Some(hint) if !hint.fits(found) => event.label(WRONG),
        None if open => {
            event.set(Path::METADATA_LOG_SOURCE, name);
            event.label(ONLY);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_has_one_meaning() {
        let mut seen = HashSet::new();
        for (source, names, ..) in TABLE {
            for name in std::iter::once(source).copied().chain(names.split_ascii_whitespace()) {
                assert!(seen.insert(name), "{name} twice");
                assert!(name.len() <= NAME_BYTES_MAX && source_named(name) == *source, "{name}");
            }
        }
        for (source, _, _, kin) in TABLE {
            for kin in kin.split_ascii_whitespace().filter(|kin| *kin != "*") {
                assert!(TABLE.iter().any(|row| row.0 == kin), "{source}: {kin}");
            }
        }
    }

    /// An event has a source type's own name: a table that asks for another would never be asked.
    #[test]
    fn no_table_asks_for_another_name_of_a_source_type() {
        let tables = mapping::Tables::builtin().unwrap();
        let wrong: std::collections::BTreeSet<_> = tables
            .kinds()
            .iter()
            .filter_map(|kind| Some((kind.file, kind.line, kind.key.log_source?)))
            .filter(|(_, _, name)| source_named(name) != *name)
            .map(|(file, line, name)| format!("{file}:{line}: {name} is {}", source_named(name)))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn names_as_people_write_them() {
        assert_eq!(source_named("Palo_Alto"), "panw");
        assert_eq!(source_named("SSH"), "sshd");
        assert_eq!(source_named("my app"), "my app");
        assert_eq!(source_named(&"x".repeat(99)), "x".repeat(99));
    }

    /// The page that says what may be named, and this table, name the same.
    #[test]
    fn every_documented_source_type_is_a_hint() {
        let page = include_str!("../../../docs/sources.md");
        let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
        let mut documented = 0;
        for row in rows.take_while(|row| !row.contains("IPv4Address")) {
            let types = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap();
            for name in types.split('`').skip(1).step_by(2) {
                assert!(TABLE.iter().any(|row| row.0 == name), "{name} is no hint");
                documented += 1;
            }
        }
        assert!(documented > 80, "{documented}");
    }
}
