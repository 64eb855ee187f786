//! Event classes: what they are called, what they may hold and what they must hold.

mod table;

use crate::paths::{Path, WORDS};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Class uids by name, for parsers.
pub mod class {
    /// Anything that no other class fits.
    pub const BASE: u32 = 0;
    /// A file was read, written, removed.
    pub const FILE: u32 = 1001;
    /// A driver or kernel module was loaded.
    pub const KERNEL_EXTENSION: u32 = 1002;
    /// A library was loaded.
    pub const MODULE: u32 = 1005;
    /// A scheduled job changed.
    pub const SCHEDULED_JOB: u32 = 1006;
    /// A process began, ended or was touched.
    pub const PROCESS: u32 = 1007;
    /// A log was cleared, rotated, switched off.
    pub const EVENT_LOG: u32 = 1008;
    /// A script ran.
    pub const SCRIPT: u32 = 1009;
    /// A product found something.
    pub const DETECTION: u32 = 2004;
    /// An account was created, changed, removed.
    pub const ACCOUNT_CHANGE: u32 = 3001;
    /// Somebody logged on or off, or tried to.
    pub const AUTHENTICATION: u32 = 3002;
    /// A session got its privileges.
    pub const AUTHORIZE_SESSION: u32 = 3003;
    /// A managed thing was created, changed, removed.
    pub const ENTITY: u32 = 3004;
    /// A group or its members changed.
    pub const GROUP: u32 = 3006;
    /// A connection.
    pub const NETWORK: u32 = 4001;
    /// An HTTP request.
    pub const HTTP: u32 = 4002;
    /// A DNS query or answer.
    pub const DNS: u32 = 4003;
    /// An address lease.
    pub const DHCP: u32 = 4004;
    /// A remote desktop's connection.
    pub const RDP: u32 = 4005;
    /// An SMB request.
    pub const SMB: u32 = 4006;
    /// An SSH connection.
    pub const SSH: u32 = 4007;
    /// An FTP command.
    pub const FTP: u32 = 4008;
    /// A mail passed.
    pub const EMAIL: u32 = 4009;
    /// A tunnel such as a VPN's.
    pub const TUNNEL: u32 = 4014;
    /// A device's configuration changed.
    pub const DEVICE_CONFIG: u32 = 5019;
    /// An application began or ended.
    pub const APPLICATION_LIFECYCLE: u32 = 6002;
    /// A call of a service's interface.
    pub const API: u32 = 6003;
    /// A database was used.
    pub const DATASTORE: u32 = 6005;
    /// An application failed.
    pub const APPLICATION_ERROR: u32 = 6008;
    /// A registry key was touched.
    pub const REGISTRY_KEY: u32 = 201_001;
    /// A registry value was touched.
    pub const REGISTRY_VALUE: u32 = 201_002;
    /// A Windows service changed.
    pub const WINDOWS_SERVICE: u32 = 201_004;
}

/// A row of the table, as written there.
struct Raw {
    uid: u32,
    caption: &'static str,
    category: &'static str,
    activities: &'static str,
    required: &'static str,
    attributes: &'static str,
}

/// A class, ready for use.
pub struct Class {
    /// Its number.
    pub uid: u32,
    /// Its name, as events carry it.
    pub caption: &'static str,
    /// Its category's number.
    pub category_uid: u32,
    /// Its category's name.
    pub category: &'static str,
    /// Its activities: number, name, and the head of an event, already written.
    pub activities: Vec<Activity>,
    /// Attributes beyond Base Event's that an event must have.
    pub required: Vec<Attribute>,
    /// Which paths an event may have.
    pub(crate) allowed: [u64; WORDS],
}

/// An activity of a class.
pub struct Activity {
    /// Its number within the class.
    pub id: u8,
    /// Its name.
    pub caption: &'static str,
    /// `"class_uid":…` to `"type_name":…`, and the activity unless it is 99.
    pub(crate) head: String,
}

/// A top-level attribute: its name and the paths within it.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Its paths, a run of the table.
    pub(crate) paths: Range<u16>,
}

/// Top-level attributes of Base Event, which every class has.
const BASE_ATTRIBUTES: &str = "action action_id api authorizations confidence confidence_id \
    confidence_score count disposition disposition_id duration end_time enrichments firewall_rule \
    is_alert malware metadata osint policy risk_level risk_level_id risk_score start_time status status_code \
    status_detail status_id timezone_offset actor device cloud";

static CLASSES: LazyLock<Vec<Class>> = LazyLock::new(|| {
    let mut classes: Vec<Class> = table::TABLE.iter().map(Class::new).collect();
    classes.sort_by_key(|c| c.uid);
    classes
});

/// Where the class of a number stands, for numbers of up to four digits; 0, which is Base Event's
/// place, where there is none.
static PLACES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut places = vec![0; 10_000];
    for (at, class) in CLASSES.iter().enumerate() {
        if let Some(place) = places.get_mut(class.uid as usize) {
            *place = at as u8;
        }
    }
    places
});

impl Class {
    /// The class of a number; Base Event where the product does not emit it.
    pub fn of(uid: u32) -> &'static Self {
        // Uids are of four digits, but for those of extensions.
        if let Some(at) = PLACES.get(uid as usize) {
            return &CLASSES[usize::from(*at)];
        }
        match CLASSES.binary_search_by_key(&uid, |c| c.uid) {
            Ok(at) => &CLASSES[at],
            Err(_) => &CLASSES[0],
        }
    }

    /// Every class that the product emits.
    pub fn all() -> &'static [Self] {
        &CLASSES
    }

    /// Whether an event of the class may have an attribute.
    pub fn allows(&self, path: Path) -> bool {
        self.allowed[usize::from(path.0) / 64] >> (path.0 % 64) & 1 == 1
    }

    /// The activity of a number; `Unknown` where the class has none such.
    pub fn activity(&self, id: u8) -> &Activity {
        self.activities.iter().find(|a| a.id == id).unwrap_or(&self.activities[0])
    }

    fn new(raw: &Raw) -> Self {
        let (category_uid, category) = category(raw.category);
        let mut allowed = [0; WORDS];
        for name in BASE_ATTRIBUTES.split_whitespace().chain(raw.attributes.split_whitespace()) {
            for at in attribute(name).paths {
                allowed[usize::from(at) / 64] |= 1 << (at % 64);
            }
        }
        let mut class = Self {
            uid: raw.uid,
            caption: raw.caption,
            category_uid,
            category,
            activities: Vec::new(),
            required: raw.required.split_whitespace().map(attribute).collect(),
            allowed,
        };
        class.activities = raw.activities.split(';').map(|row| class.read_activity(row)).collect();
        class
    }

    fn read_activity(&self, row: &'static str) -> Activity {
        let (id, caption) = row.split_once('=').unwrap_or(("0", "Unknown"));
        let id: u8 = id.parse().unwrap_or(0);
        let named =
            if id == 99 { String::new() } else { format!(",\"activity_name\":\"{caption}\"") };
        let head = format!(
            "\"class_uid\":{uid},\"class_name\":\"{class}\",\"category_uid\":{category_uid},\
             \"category_name\":\"{category}\",\"type_uid\":{type_uid},\
             \"type_name\":\"{class}: {caption}\",\"activity_id\":{id}{named}",
            uid = self.uid,
            class = self.caption,
            category_uid = self.category_uid,
            category = self.category,
            type_uid = u64::from(self.uid) * 100 + u64::from(id),
        );
        Activity { id, caption, head }
    }
}

/// The paths of every top-level attribute, each a run of the table.
static RUNS: LazyLock<HashMap<&'static str, Range<u16>>> = LazyLock::new(|| {
    let mut runs: HashMap<_, Range<u16>> = HashMap::new();
    for path in Path::all() {
        let name = path.text().split(['.', '[']).next().unwrap_or_default();
        runs.entry(name).or_insert(path.0..path.0).end = path.0 + 1;
    }
    runs
});

/// The run of paths of a top-level attribute.
pub(crate) fn attribute(name: &'static str) -> Attribute {
    Attribute { name, paths: RUNS.get(name).cloned().unwrap_or(0..1) }
}

fn category(name: &str) -> (u32, &'static str) {
    match name {
        "system" => (1, "System Activity"),
        "findings" => (2, "Findings"),
        "iam" => (3, "Identity & Access Management"),
        "network" => (4, "Network Activity"),
        "discovery" => (5, "Discovery"),
        "application" => (6, "Application Activity"),
        _ => (0, "Uncategorized"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_numbers_fall_back() {
        assert_eq!(Class::of(3002).caption, "Authentication");
        assert_eq!(Class::of(77).uid, 0);
        assert_eq!(Class::of(u32::MAX).uid, 0);
        assert!(Class::all().len() <= 256);
        for class in Class::all() {
            assert_eq!(Class::of(class.uid).uid, class.uid);
        }
        assert_eq!(Class::of(3002).activity(1).caption, "Logon");
        assert_eq!(Class::of(3002).activity(77).caption, "Unknown");
    }

    #[test]
    fn every_named_attribute_has_paths() {
        for class in Class::all() {
            for attribute in &class.required {
                assert!(
                    !attribute.paths.is_empty() && attribute.paths.start > 0,
                    "{}: {}",
                    class.caption,
                    attribute.name
                );
            }
        }
    }
}
