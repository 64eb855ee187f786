//! What makes any event valid: required attributes, and the class that the attributes allow.
//!
//! A parser says what it read; this fills what the schema demands besides. Where a class demands
//! something that the record does not tell, the event falls back to a class that does not.

use crate::classes::{Class, class};
use crate::event::{Event, bits};
use crate::paths::{COUNT, Path};
use crate::value::Value;
use std::ops::Range;
use std::sync::LazyLock;

/// An object with a required attribute and what stands there when nothing is known.
struct Rule {
    required: Path,
    default: Value<'static>,
}

const UNKNOWN: Value<'static> = Value::Str("unknown");
const NONE: Value<'static> = Value::Int(0);

/// Required attributes within objects, innermost objects first.
const REQUIRED: &[(&str, Path, Value<'static>)] = &[
    ("device.os", Path::DEVICE_OS_TYPE_ID, NONE),
    ("device.os", Path::DEVICE_OS_NAME, UNKNOWN),
    ("device", Path::DEVICE_TYPE_ID, NONE),
    ("src_endpoint.os", Path::SRC_ENDPOINT_OS_TYPE_ID, NONE),
    ("src_endpoint.os", Path::SRC_ENDPOINT_OS_NAME, UNKNOWN),
    ("connection_info", Path::CONNECTION_INFO_DIRECTION_ID, NONE),
    ("evidences[].connection_info", Path::EVIDENCES_CONNECTION_INFO_DIRECTION_ID, NONE),
    ("tls.ja3_hash", Path::TLS_JA3_HASH_ALGORITHM_ID, Value::Int(1)),
    ("tls.ja3_hash", Path::TLS_JA3_HASH_VALUE, UNKNOWN),
    ("tls.ja3s_hash", Path::TLS_JA3S_HASH_ALGORITHM_ID, Value::Int(1)),
    ("tls.ja3s_hash", Path::TLS_JA3S_HASH_VALUE, UNKNOWN),
    ("tls.certificate", Path::TLS_CERTIFICATE_SERIAL_NUMBER, UNKNOWN),
    ("tls", Path::TLS_VERSION, UNKNOWN),
    ("certificate", Path::CERTIFICATE_SERIAL_NUMBER, UNKNOWN),
    ("http_response", Path::HTTP_RESPONSE_CODE, NONE),
    ("finding_info.analytic", Path::FINDING_INFO_ANALYTIC_TYPE_ID, Value::Int(1)),
    ("finding_info", Path::FINDING_INFO_UID, UNKNOWN),
    ("malware[]", Path::MALWARE_CLASSIFICATION_IDS, NONE),
    ("query", Path::QUERY_HOSTNAME, UNKNOWN),
    ("database", Path::DATABASE_TYPE_ID, NONE),
    ("databucket", Path::DATABUCKET_TYPE_ID, NONE),
    ("cloud", Path::CLOUD_PROVIDER, UNKNOWN),
    ("api.request", Path::API_REQUEST_UID, UNKNOWN),
    ("api", Path::API_OPERATION, UNKNOWN),
    ("reg_value", Path::REG_VALUE_PATH, UNKNOWN),
    ("reg_value", Path::REG_VALUE_NAME, Value::Str("(Default)")),
    ("prev_reg_value", Path::PREV_REG_VALUE_PATH, UNKNOWN),
    ("prev_reg_value", Path::PREV_REG_VALUE_NAME, UNKNOWN),
    ("win_service", Path::WIN_SERVICE_NAME, UNKNOWN),
    ("script.script_content", Path::SCRIPT_SCRIPT_CONTENT_VALUE, UNKNOWN),
    ("script", Path::SCRIPT_SCRIPT_CONTENT_VALUE, UNKNOWN),
    ("script", Path::SCRIPT_TYPE_ID, NONE),
    ("job", Path::JOB_NAME, UNKNOWN),
    ("kernel", Path::KERNEL_NAME, UNKNOWN),
    ("kernel", Path::KERNEL_TYPE_ID, NONE),
    ("query_info", Path::QUERY_INFO_QUERY_STRING, UNKNOWN),
    ("module", Path::MODULE_LOAD_TYPE_ID, NONE),
    ("win_resource", Path::WIN_RESOURCE_TYPE_ID, NONE),
    ("peripheral_device", Path::PERIPHERAL_DEVICE_NAME, UNKNOWN),
    ("peripheral_device", Path::PERIPHERAL_DEVICE_CLASS, UNKNOWN),
    ("peripheral_device", Path::PERIPHERAL_DEVICE_TYPE_ID, NONE),
];

/// For each path, the rules and the files whose objects it lies in, a bit for each. So the objects
/// of an event are found by its few attributes and not by asking for each object there may be.
struct Objects {
    rules: Vec<Rule>,
    files: Vec<File>,
    of: Box<[(u64, u64)]>,
}

static OBJECTS: LazyLock<Objects> = LazyLock::new(|| {
    let mut of = vec![(0, 0); COUNT].into_boxed_slice();
    let rules = REQUIRED.iter().enumerate().map(|(bit, &(object, required, default))| {
        object_paths(object).for_each(|path| of[usize::from(path)].0 |= 1 << bit);
        Rule { required, default }
    });
    let rules = rules.collect();
    let files = files();
    for (bit, (object, _)) in files.iter().enumerate() {
        object.clone().for_each(|path| of[usize::from(path)].1 |= 1 << bit);
    }
    Objects { rules, files: files.into_iter().map(|(_, file)| file).collect(), of }
});

/// A `file` object.
struct File {
    path: Option<Path>,
    name: Path,
    type_id: Path,
}

/// Every `file` object that an event may have, with its paths.
fn files() -> Vec<(Range<u16>, File)> {
    let objects = Path::all().filter_map(|p| p.text().strip_suffix(".type_id"));
    let files = objects.filter(|o| o.ends_with("file") || *o == "file_result");
    let find = |object: &str, name: &str| Path::lookup(&format!("{object}.{name}"));
    files
        .filter_map(|o| {
            let (name, type_id) = (find(o, "name")?, find(o, "type_id")?);
            Some((object_paths(o), File { path: find(o, "path"), name, type_id }))
        })
        .collect()
}

fn object_paths(object: &str) -> Range<u16> {
    let within = |p: &Path| p.text().strip_prefix(object).is_some_and(|r| r.starts_with('.'));
    let mut paths = Path::all().filter(within).map(|p| p.0);
    let start = paths.next().unwrap_or(0);
    start..paths.last().unwrap_or(start) + 1
}

/// Attributes that most classes lack, with the same of whoever acts: in a class without `user` the
/// user is the actor's.
static ACTORS: LazyLock<Vec<(Path, Path)>> = LazyLock::new(|| {
    let moved =
        Path::all().filter(|p| p.text().starts_with("user.") || p.text().starts_with("process."));
    moved.filter_map(|p| Some((p, Path::lookup(&format!("actor.{}", p.text()))?))).collect()
});
static ACTED: LazyLock<[Range<u16>; 2]> =
    LazyLock::new(|| [object_paths("user"), object_paths("process")]);

/// Moves a user or process that the class does not have to the actor.
fn move_to_actor(event: &mut Event<'_>, class: &Class) {
    let lacks = |paths: &Range<u16>| {
        let first = usize::from(paths.start);
        class.allowed[first / 64] >> (first % 64) & 1 == 0
    };
    if !ACTED.iter().any(|paths| event.any(paths) && lacks(paths)) {
        return;
    }
    for (from, to) in ACTORS.iter() {
        let foreign = class.allowed[usize::from(from.0) / 64] >> (from.0 % 64) & 1 == 0;
        if foreign && event.has(*from) && !event.has(*to) {
            let value = event.value(*from);
            event.put(*to, value);
            event.remove(*from);
        }
    }
}

/// Fills what is required and settles the class.
pub fn complete(event: &mut Event<'_>) -> &'static Class {
    let class = settle_class(event);
    move_to_actor(event, class);
    // What is filled in lies within objects that are there, so that none appears by it.
    let (mut rules, mut files) = (0, 0);
    for path in event.paths() {
        let of = OBJECTS.of[usize::from(path.0)];
        rules |= of.0;
        files |= of.1;
    }
    bits(files).for_each(|bit| complete_file(event, &OBJECTS.files[bit]));
    for (file_name, name) in NAMES {
        if event.has(file_name) && !event.has(name) {
            let value = event.value(file_name);
            event.put(name, value);
        }
    }
    for bit in bits(rules) {
        let rule = &OBJECTS.rules[bit];
        if !event.has(rule.required) {
            event.put(rule.required, rule.default);
        }
    }
    class
}

/// A process is called as its program's file, unless it has a name of its own.
const NAMES: [(Path, Path); 4] = [
    (Path::PROCESS_FILE_NAME, Path::PROCESS_NAME),
    (Path::PROCESS_PARENT_PROCESS_FILE_NAME, Path::PROCESS_PARENT_PROCESS_NAME),
    (Path::ACTOR_PROCESS_FILE_NAME, Path::ACTOR_PROCESS_NAME),
    (Path::ACTOR_PROCESS_PARENT_PROCESS_FILE_NAME, Path::ACTOR_PROCESS_PARENT_PROCESS_NAME),
];

fn complete_file(event: &mut Event<'_>, file: &File) {
    if !event.has(file.name) {
        let base = file.path.and_then(|p| event.text(p)).map(base_name);
        event.put(file.name, base.map_or(UNKNOWN, Value::Str));
    }
    if !event.has(file.type_id) {
        event.put(file.type_id, NONE);
    }
}

/// The last part of a path of either kind of system.
pub fn base_name(path: &str) -> &str {
    let end = path.trim_end_matches(['/', '\\']);
    let base = end.rsplit(['/', '\\']).next().unwrap_or(end);
    if base.is_empty() { path } else { base }
}

/// Checks that the class has what it requires; if not, the nearest class that needs less.
fn settle_class(event: &mut Event<'_>) -> &'static Class {
    let class = Class::of(event.class);
    let missing = |event: &Event<'_>, class: &Class| {
        class
            .required
            .iter()
            .any(|attribute| !event.any(&attribute.paths) && !can_fill(attribute.name))
    };
    let endpoints = event.any(&SRC) || event.any(&DST);
    let network = class.category_uid == 4;
    if missing(event, class) || (network && class.uid != class::EMAIL && !endpoints) {
        event.class = if endpoints { class::NETWORK } else { class::BASE };
        event.activity = 0;
        event.activity_name = None;
    }
    let class = Class::of(event.class);
    for attribute in &class.required {
        if !event.any(&attribute.paths) {
            fill(event, attribute.name);
        }
    }
    class
}

static SRC: LazyLock<Range<u16>> = LazyLock::new(|| object_paths("src_endpoint"));
static DST: LazyLock<Range<u16>> = LazyLock::new(|| object_paths("dst_endpoint"));

fn can_fill(name: &str) -> bool {
    matches!(name, "actor" | "device" | "src_endpoint" | "direction_id" | "entity")
}

fn fill(event: &mut Event<'_>, name: &str) {
    match name {
        "actor" => {
            let provider = event.text(Path::METADATA_LOG_PROVIDER);
            let provider = provider.or(event.text(Path::METADATA_LOG_SOURCE)).unwrap_or("unknown");
            event.put(Path::ACTOR_APP_NAME, Value::Str(provider));
        }
        "device" => event.put(Path::DEVICE_TYPE_ID, NONE),
        "src_endpoint" => event.put(Path::SRC_ENDPOINT_TYPE_ID, NONE),
        "direction_id" => event.put(Path::DIRECTION_ID, NONE),
        _ => event.put(Path::ENTITY_NAME, UNKNOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_has_a_bit_of_its_own() {
        assert!(OBJECTS.rules.len() <= 64 && OBJECTS.files.len() <= 64);
        assert!(REQUIRED.iter().all(|(object, ..)| !object_paths(object).is_empty()));
    }
}
