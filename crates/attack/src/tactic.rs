//! The tactics, and a bit for each in a technique's set of them.

/// Why an adversary does something.
#[derive(Debug, PartialEq, Eq)]
pub struct Tactic {
    /// As tags name it, such as `lateral-movement`.
    pub tag: &'static str,
    /// ATT&CK's id; the ids of the two that replaced defense evasion are not in the release that
    /// is pinned, so they are left out.
    pub uid: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    pub(crate) bit: u32,
}

pub(crate) const RECON: u32 = 1;
pub(crate) const RESOURCE: u32 = 1 << 1;
pub(crate) const ACCESS: u32 = 1 << 2;
pub(crate) const EXECUTION: u32 = 1 << 3;
pub(crate) const PERSISTENCE: u32 = 1 << 4;
pub(crate) const PRIVILEGE: u32 = 1 << 5;
pub(crate) const EVASION: u32 = 1 << 6;
pub(crate) const STEALTH: u32 = 1 << 7;
pub(crate) const IMPAIRMENT: u32 = 1 << 8;
pub(crate) const CREDENTIAL: u32 = 1 << 9;
pub(crate) const DISCOVERY: u32 = 1 << 10;
pub(crate) const LATERAL: u32 = 1 << 11;
pub(crate) const COLLECTION: u32 = 1 << 12;
pub(crate) const CONTROL: u32 = 1 << 13;
pub(crate) const EXFILTRATION: u32 = 1 << 14;
pub(crate) const IMPACT: u32 = 1 << 15;
pub(crate) const INHIBIT: u32 = 1 << 16;

/// Defense evasion and the two tactics that it was split into: tags of one release are to be read
/// with techniques of the other.
const EVASIVE: u32 = EVASION | STEALTH | IMPAIRMENT;

const fn row(tag: &'static str, uid: Option<&'static str>, name: &'static str, bit: u32) -> Tactic {
    Tactic { tag, uid, name, bit }
}

/// Every tactic, in the order in which an attack goes.
pub static TACTICS: [Tactic; 17] = [
    row("reconnaissance", Some("TA0043"), "Reconnaissance", RECON),
    row("resource-development", Some("TA0042"), "Resource Development", RESOURCE),
    row("initial-access", Some("TA0001"), "Initial Access", ACCESS),
    row("execution", Some("TA0002"), "Execution", EXECUTION),
    row("persistence", Some("TA0003"), "Persistence", PERSISTENCE),
    row("privilege-escalation", Some("TA0004"), "Privilege Escalation", PRIVILEGE),
    row("defense-evasion", Some("TA0005"), "Defense Evasion", EVASION),
    row("stealth", None, "Stealth", STEALTH),
    row("defense-impairment", None, "Defense Impairment", IMPAIRMENT),
    row("credential-access", Some("TA0006"), "Credential Access", CREDENTIAL),
    row("discovery", Some("TA0007"), "Discovery", DISCOVERY),
    row("lateral-movement", Some("TA0008"), "Lateral Movement", LATERAL),
    row("collection", Some("TA0009"), "Collection", COLLECTION),
    row("command-and-control", Some("TA0011"), "Command and Control", CONTROL),
    row("exfiltration", Some("TA0010"), "Exfiltration", EXFILTRATION),
    row("impact", Some("TA0040"), "Impact", IMPACT),
    row("inhibit-response-function", Some("TA0107"), "Inhibit Response Function", INHIBIT),
];

impl Tactic {
    /// Whether it is one of `tactics`, or the other release's name for one.
    pub(crate) fn is_in(&self, tactics: u32) -> bool {
        let mine = if self.bit & EVASIVE != 0 { EVASIVE } else { self.bit };
        mine & tactics != 0
    }
}
