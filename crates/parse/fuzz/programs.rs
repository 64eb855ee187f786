//! Bodies of any bytes behind the header that chooses a parser: the first byte names the program or
//! the vendor's beginning.
#![cfg_attr(fuzzing, no_main)]

mod checked;

/// A beginning for each parser that a header or a mark chooses.
const BEGINNINGS: [&str; 64] = [
    "Mar  1 10:00:00 h sshd[7]: ",
    "Mar  1 10:00:00 h sudo: ",
    "Mar  1 10:00:00 h su[7]: ",
    "Mar  1 10:00:00 h CRON[7]: ",
    "Mar  1 10:00:00 h useradd[7]: ",
    "Mar  1 10:00:00 h groupadd[7]: ",
    "Mar  1 10:00:00 h systemd-logind[7]: ",
    "Mar  1 10:00:00 h login[7]: ",
    "Mar  1 10:00:00 h app: pam_unix(app:auth): ",
    "Mar  1 10:00:00 h filterlog: ",
    "Mar  1 10:00:00 h RT_FLOW: ",
    "Mar  1 10:00:00 h kernel: IN=eth0 SRC=1.2.3.4 DST=1.2.3.5 ",
    "Mar  1 10:00:00 h postfix/smtpd[7]: ",
    "Mar  1 10:00:00 h postfix/smtp[7]: 4F1A2B3C4D: ",
    "Mar  1 10:00:00 h dovecot: ",
    "Mar  1 10:00:00 h dovecot: imap-login: Login: user=<",
    "Mar  1 10:00:00 h exim[7]: ",
    "2026-03-01 10:00:00 1wEqLk-000001-AB ",
    "Mar  1 10:00:00 h sendmail[7]: u21A0x000007: ",
    "Mar  1 10:00:00 h postgres[7]: [3-1] ",
    "2026-03-01 10:00:00.123 UTC,\"a\",\"b\",",
    "2026-03-01 10:00:00 UTC [7] a@b LOG:  ",
    "Mar  1 10:00:00 h mysqld: ",
    "2026-03-01T10:00:00Z 14 [Note] ",
    "20260301 10:00:00,h,u,1.2.3.4,1,2,QUERY,",
    "# User@Host: ",
    "<AUDIT_RECORD ",
    "2026-03-01 10:00:00.12 Logon       ",
    "Oracle Audit[7]: LENGTH : '9' ACTION :[",
    "2026-03-01T10:00:00.123+0000 I  ACCESS   [conn1] ",
    "123:M 01 Mar 2026 10:00:00.123 * ",
    "Mar  1 10:00:00 h named[7]: ",
    "Mar  1 10:00:00 h named[7]: client 1.2.3.4#5 (a): ",
    "[1772359200] unbound[7:0] info: ",
    "Mar  1 10:00:00 h dnsmasq[7]: ",
    "3/1/2026 10:00:00 AM 0D2C PACKET  0 UDP Rcv 1.2.3.4 4b1a ",
    "Mar  1 10:00:00 h dhcpd[7]: DHCP",
    "Mar  1 10:00:00 h dnsmasq-dhcp[7]: DHCP",
    "2026-03-01 10:00:00.1 INFO  [kea-dhcp4.x/1.2] DHCP4_",
    "10,03/01/26,10:00:00,",
    "Mar  1 10:00:00 h Hostd: ",
    "<134>1 2026-03-01T10:00:00Z h vpxd 4 - - Event [",
    "Mar  1 10:00:00 fw : %ASA-6-302013: ",
    "<189>sw: *Mar  1 10:00:00.5: %SYS-5-",
    "<14>1 2026-03-01T10:00:00Z h RT_FLOW - RT_X [junos@2636 ",
    "Mar  1 10:00:00 h NetScreen device_id=x ",
    "Mar  1 10:00:00 h firewall,info ",
    "Mar  1 10:00:00 h firewall: Deny ",
    "Mar  1 10:00:00 h tmm[7]: 01490500:5: ",
    "Mar  1 10:00:00 h 1,2026/03/01 10:00:00,1,THREAT,",
    "CEF:0|a|b|c|d|e|5|",
    "LEEF:2.0|a|b|c|d|",
    "date=2026-03-01 time=10:00:00 devid=x logid=1 ",
    "time=1|loguid=x|origin=y|",
    "type=SYSCALL msg=audit(1772359200.123:7): ",
    "type=USER_LOGIN msg=audit(1.1:7): msg='",
    "<Event xmlns='x'><System>",
    "1.2.3.4 - - [01/Mar/2026:10:00:00 +0000] \"",
    "2026/03/01 10:00:00 [error] 1#1: *1 ",
    "[Sun Mar 01 10:00:00 2026] [error] ",
    "2026-03-01 10:00:00 1.2.3.4 GET ",
    "1772359200.123 45 1.2.3.4 ",
    "[2026-03-01 10:00:00] SecurityEvent=\"",
    "__CURSOR=x\nSYSLOG_IDENTIFIER=sshd\nMESSAGE=",
];

fuzz::target!(|bytes| {
    let Some((first, body)) = bytes.split_first() else { return };
    let beginning = BEGINNINGS[usize::from(*first) % BEGINNINGS.len()];
    let text = format!("{beginning}{}", String::from_utf8_lossy(body));
    checked::record(&text, &mut checked::scratch(), 0);
});
