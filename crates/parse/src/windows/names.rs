//! Names for the numbers that Windows writes: well-known security identifiers, access rights.

use crate::Cx;
use ocsf::{Event, Path, Value};

/// Well-known identifiers of accounts and groups: identifier, domain, name.
///
/// Microsoft, "Well-known SIDs" (MS-DTYP, section 2.4.2.4).
const SIDS: &[(&str, &str, &str)] = &[
    ("S-1-0-0", "", "NULL SID"),
    ("S-1-1-0", "", "Everyone"),
    ("S-1-2-0", "", "LOCAL"),
    ("S-1-3-0", "", "CREATOR OWNER"),
    ("S-1-3-1", "", "CREATOR GROUP"),
    ("S-1-5-1", "NT AUTHORITY", "DIALUP"),
    ("S-1-5-2", "NT AUTHORITY", "NETWORK"),
    ("S-1-5-3", "NT AUTHORITY", "BATCH"),
    ("S-1-5-4", "NT AUTHORITY", "INTERACTIVE"),
    ("S-1-5-6", "NT AUTHORITY", "SERVICE"),
    ("S-1-5-7", "NT AUTHORITY", "ANONYMOUS LOGON"),
    ("S-1-5-8", "NT AUTHORITY", "PROXY"),
    ("S-1-5-9", "NT AUTHORITY", "ENTERPRISE DOMAIN CONTROLLERS"),
    ("S-1-5-10", "NT AUTHORITY", "SELF"),
    ("S-1-5-11", "NT AUTHORITY", "Authenticated Users"),
    ("S-1-5-12", "NT AUTHORITY", "RESTRICTED"),
    ("S-1-5-13", "NT AUTHORITY", "TERMINAL SERVER USER"),
    ("S-1-5-14", "NT AUTHORITY", "REMOTE INTERACTIVE LOGON"),
    ("S-1-5-15", "NT AUTHORITY", "This Organization"),
    ("S-1-5-17", "NT AUTHORITY", "IUSR"),
    ("S-1-5-18", "NT AUTHORITY", "SYSTEM"),
    ("S-1-5-19", "NT AUTHORITY", "LOCAL SERVICE"),
    ("S-1-5-20", "NT AUTHORITY", "NETWORK SERVICE"),
    ("S-1-5-113", "NT AUTHORITY", "Local account"),
    ("S-1-5-114", "NT AUTHORITY", "Local account and member of Administrators group"),
    ("S-1-5-32-544", "BUILTIN", "Administrators"),
    ("S-1-5-32-545", "BUILTIN", "Users"),
    ("S-1-5-32-546", "BUILTIN", "Guests"),
    ("S-1-5-32-547", "BUILTIN", "Power Users"),
    ("S-1-5-32-548", "BUILTIN", "Account Operators"),
    ("S-1-5-32-549", "BUILTIN", "Server Operators"),
    ("S-1-5-32-550", "BUILTIN", "Print Operators"),
    ("S-1-5-32-551", "BUILTIN", "Backup Operators"),
    ("S-1-5-32-552", "BUILTIN", "Replicator"),
    ("S-1-5-32-554", "BUILTIN", "Pre-Windows 2000 Compatible Access"),
    ("S-1-5-32-555", "BUILTIN", "Remote Desktop Users"),
    ("S-1-5-32-556", "BUILTIN", "Network Configuration Operators"),
    ("S-1-5-32-558", "BUILTIN", "Performance Monitor Users"),
    ("S-1-5-32-559", "BUILTIN", "Performance Log Users"),
    ("S-1-5-32-562", "BUILTIN", "Distributed COM Users"),
    ("S-1-5-32-568", "BUILTIN", "IIS_IUSRS"),
    ("S-1-5-32-569", "BUILTIN", "Cryptographic Operators"),
    ("S-1-5-32-573", "BUILTIN", "Event Log Readers"),
    ("S-1-5-32-574", "BUILTIN", "Certificate Service DCOM Access"),
    ("S-1-5-32-578", "BUILTIN", "Hyper-V Administrators"),
    ("S-1-5-32-580", "BUILTIN", "Remote Management Users"),
];

/// Domain and name of a well-known identifier.
fn well_known(sid: &str) -> Option<(&'static str, &'static str)> {
    // Accounts of domains and machines are no fixed numbers.
    if sid.starts_with("S-1-5-21-") {
        return None;
    }
    SIDS.iter().find(|(known, ..)| *known == sid).map(|(_, domain, name)| (*domain, *name))
}

/// Names whoever is told only by a well-known identifier.
pub(super) fn name_sids(event: &mut Event<'_>) {
    for (uid, name, domain) in [
        (Path::USER_UID, Path::USER_NAME, Path::USER_DOMAIN),
        (Path::ACTOR_USER_UID, Path::ACTOR_USER_NAME, Path::ACTOR_USER_DOMAIN),
        (Path::GROUP_UID, Path::GROUP_NAME, Path::GROUP_DOMAIN),
    ] {
        if !event.has(uid) || event.has(name) {
            continue;
        }
        if let Some((of, called)) = event.text(uid).and_then(well_known) {
            event.set(name, called);
            event.set_if_absent(domain, of);
        }
    }
}

/// Rights that every object has (MS-DTYP, section 2.4.3).
const STANDARD: &[(u64, &str)] = &[
    (0x1_0000, "DELETE"),
    (0x2_0000, "READ_CONTROL"),
    (0x4_0000, "WRITE_DAC"),
    (0x8_0000, "WRITE_OWNER"),
    (0x10_0000, "SYNCHRONIZE"),
    (0x100_0000, "ACCESS_SYSTEM_SECURITY"),
    (0x200_0000, "MAXIMUM_ALLOWED"),
    (0x1000_0000, "GENERIC_ALL"),
    (0x2000_0000, "GENERIC_EXECUTE"),
    (0x4000_0000, "GENERIC_WRITE"),
    (0x8000_0000, "GENERIC_READ"),
];
const FILE: &[(u64, &str)] = &[
    (0x1, "FILE_READ_DATA"),
    (0x2, "FILE_WRITE_DATA"),
    (0x4, "FILE_APPEND_DATA"),
    (0x8, "FILE_READ_EA"),
    (0x10, "FILE_WRITE_EA"),
    (0x20, "FILE_EXECUTE"),
    (0x40, "FILE_DELETE_CHILD"),
    (0x80, "FILE_READ_ATTRIBUTES"),
    (0x100, "FILE_WRITE_ATTRIBUTES"),
];
const KEY: &[(u64, &str)] = &[
    (0x1, "KEY_QUERY_VALUE"),
    (0x2, "KEY_SET_VALUE"),
    (0x4, "KEY_CREATE_SUB_KEY"),
    (0x8, "KEY_ENUMERATE_SUB_KEYS"),
    (0x10, "KEY_NOTIFY"),
    (0x20, "KEY_CREATE_LINK"),
];
const PROCESS: &[(u64, &str)] = &[
    (0x1, "PROCESS_TERMINATE"),
    (0x2, "PROCESS_CREATE_THREAD"),
    (0x4, "PROCESS_SET_SESSIONID"),
    (0x8, "PROCESS_VM_OPERATION"),
    (0x10, "PROCESS_VM_READ"),
    (0x20, "PROCESS_VM_WRITE"),
    (0x40, "PROCESS_DUP_HANDLE"),
    (0x80, "PROCESS_CREATE_PROCESS"),
    (0x100, "PROCESS_SET_QUOTA"),
    (0x200, "PROCESS_SET_INFORMATION"),
    (0x400, "PROCESS_QUERY_INFORMATION"),
    (0x800, "PROCESS_SUSPEND_RESUME"),
    (0x1000, "PROCESS_QUERY_LIMITED_INFORMATION"),
];
const DIRECTORY: &[(u64, &str)] = &[
    (0x1, "ADS_RIGHT_DS_CREATE_CHILD"),
    (0x2, "ADS_RIGHT_DS_DELETE_CHILD"),
    (0x4, "ADS_RIGHT_ACTRL_DS_LIST"),
    (0x8, "ADS_RIGHT_DS_SELF"),
    (0x10, "ADS_RIGHT_DS_READ_PROP"),
    (0x20, "ADS_RIGHT_DS_WRITE_PROP"),
    (0x40, "ADS_RIGHT_DS_DELETE_TREE"),
    (0x80, "ADS_RIGHT_DS_LIST_OBJECT"),
    (0x100, "ADS_RIGHT_DS_CONTROL_ACCESS"),
];

/// The rights that an object of this type has besides the standard ones.
fn specific(object: &str, server: &str) -> &'static [(u64, &'static str)] {
    match object {
        "File" => FILE,
        "Key" => KEY,
        "Process" => PROCESS,
        _ if server == "DS" => DIRECTORY,
        _ => &[],
    }
}

/// Keeps the names of an access mask's rights beside it.
pub(super) fn name_rights<'a>(data: &[(&'a str, Value<'a>)], cx: &Cx<'a>, event: &mut Event<'a>) {
    let text = |name: &str| match data.iter().find(|(n, _)| *n == name) {
        Some((_, Value::Str(text))) => *text,
        _ => "",
    };
    let (mask, object) = match text("GrantedAccess") {
        // Sysmon's ProcessAccess.
        "" => (text("AccessMask"), text("ObjectType")),
        mask => (mask, "Process"),
    };
    let Some(bits) = mask.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok())
    else {
        return;
    };
    let rights = specific(object, text("ObjectServer")).iter().chain(STANDARD);
    let mut names = bumpalo::collections::Vec::new_in(cx.arena);
    names.extend(rights.filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name));
    if !names.is_empty() {
        event.unmapped("AccessRights", Value::List(names.into_bump_slice()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        assert_eq!(well_known("S-1-5-18"), Some(("NT AUTHORITY", "SYSTEM")));
        assert_eq!(well_known("S-1-5-32-544"), Some(("BUILTIN", "Administrators")));
        assert_eq!(well_known("S-1-5-21-1-2-3-500"), None);
        assert_eq!(well_known("S-1-5-180"), None);
    }
}
