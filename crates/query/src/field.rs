//! The names by which a field may be asked for: a column's short name, an OCSF path, a Sigma name.

use mapping::Tables;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// A column of the table.
    Column(Column),
    /// An OCSF path; arrays on the way stand for each of their elements.
    Ocsf(String),
    /// A name as Sigma rules and sources use it: the event's kind decides where it lies.
    Sigma(String),
    /// Every value of the event.
    Any,
}

/// A column of the table `events` that holds a member of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// Whose the event is.
    Agency,
    /// `device.hostname`
    Host,
    /// `user.name`, else `actor.user.name`
    User,
    /// `process.name`
    Process,
    /// `metadata.log_source`: the source type.
    Source,
    /// `metadata.log_name`
    LogName,
    /// `metadata.event_code`
    EventCode,
    /// `src_endpoint.ip`
    SrcIp,
    /// `src_endpoint.port`
    SrcPort,
    /// `dst_endpoint.ip`
    DstIp,
    /// `dst_endpoint.port`
    DstPort,
    /// `class_uid`
    Class,
    /// `activity_id`
    Activity,
    /// `severity_id`
    Severity,
    /// `status_id`
    Status,
    /// `message`
    Message,
    /// `raw_data`
    Raw,
    /// `metadata.uid`
    Uid,
}

/// What kind of values a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text; empty where the event has none.
    Text,
    /// A number; 0 where the event has none.
    Number,
    /// An address; `::` where the event has none.
    Address,
    /// Sixteen bytes, written as hexadecimal digits.
    Uid,
}

/// Column, short name, the OCSF path that it is.
const COLUMNS: [(Column, &str, &str); 18] = [
    (Column::Agency, "agency", "metadata.tenant_uid"),
    (Column::Host, "host", "device.hostname"),
    (Column::User, "user", "user.name"),
    (Column::Process, "process", "process.name"),
    (Column::Source, "source", "metadata.log_source"),
    (Column::LogName, "log_name", "metadata.log_name"),
    (Column::EventCode, "event_code", "metadata.event_code"),
    (Column::SrcIp, "src_ip", "src_endpoint.ip"),
    (Column::SrcPort, "src_port", "src_endpoint.port"),
    (Column::DstIp, "dst_ip", "dst_endpoint.ip"),
    (Column::DstPort, "dst_port", "dst_endpoint.port"),
    (Column::Class, "class", "class_uid"),
    (Column::Activity, "activity", "activity_id"),
    (Column::Severity, "severity", "severity_id"),
    (Column::Status, "status", "status_id"),
    (Column::Message, "message", "message"),
    (Column::Raw, "raw", "raw_data"),
    (Column::Uid, "uid", "metadata.uid"),
];

/// Short names of OCSF paths that are no columns.
const ALIASES: [(&str, &str); 8] = [
    ("command", "process.cmd_line"),
    ("domain", "query.hostname"),
    ("file", "file.path"),
    ("hash", "file.hashes.value"),
    ("image", "process.file.path"),
    ("method", "http_request.http_method"),
    ("parent", "actor.process.file.path"),
    ("url", "http_request.url.url_string"),
];

/// In front of a name that only Sigma uses although OCSF or the language has it too.
pub(crate) const SIGMA_PREFIX: &str = "sigma.";
/// In front of an OCSF path that would be taken for something else.
pub(crate) const OCSF_PREFIX: &str = "ocsf.";
/// Names with a meaning of their own.
pub(crate) const ANY: &str = "any";
pub(crate) const TIME: &str = "time";

/// Every short name with its OCSF path, and whether the table has a column for it.
pub fn short_names() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    let columns = COLUMNS.iter().map(|(_, short, path)| (*short, *path, true));
    columns.chain(ALIASES.iter().map(|(short, path)| (*short, *path, false)))
}

/// Names shorter than this are no slips of one another: our own short names, and those of sources.
const SHORT_BYTES_MIN: usize = 4;
const LONG_BYTES_MIN: usize = 8;

/// The first names of OCSF paths that may be asked for: those that we write, and `unmapped`.
static ROOTS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let paths = ocsf::Path::all().map(|path| path.text());
    let first = paths.map(|text| text.split(['.', '[']).next().unwrap_or(text));
    first.chain(["metadata", "unmapped", "observables", "enrichments", "type_uid"]).collect()
});

impl Column {
    /// Its short name, which is the column's in the table, mostly.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The OCSF path.
    pub fn path(self) -> &'static str {
        self.row().2
    }

    /// What its values are.
    pub fn kind(self) -> Kind {
        match self {
            Self::SrcIp | Self::DstIp => Kind::Address,
            Self::Uid => Kind::Uid,
            Self::SrcPort | Self::DstPort => Kind::Number,
            Self::Class | Self::Activity | Self::Severity | Self::Status => Kind::Number,
            _ => Kind::Text,
        }
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        // Rows stand in the order of the variants, which a test holds.
        &COLUMNS[self as usize]
    }
}

impl Field {
    /// The field of that name. Every name is one: what is neither a column nor an OCSF path is a
    /// name of the source's own.
    pub fn named(name: &str) -> Self {
        if name == ANY {
            return Self::Any;
        }
        if let Some(sigma) = name.strip_prefix(SIGMA_PREFIX) {
            return Self::Sigma(sigma.to_owned());
        }
        let (path, forced) = match name.strip_prefix(OCSF_PREFIX) {
            Some(path) => (path, true),
            None => (name, false),
        };
        if let Some((column, ..)) =
            COLUMNS.iter().find(|(_, short, long)| *short == path && !forced || *long == path)
        {
            return Self::Column(*column);
        }
        if let Some((_, path)) = ALIASES.iter().find(|(short, _)| *short == path && !forced) {
            return Self::Ocsf((*path).to_owned());
        }
        let root = path.split('.').next().unwrap_or(path);
        match forced || ROOTS.contains(root) {
            true => Self::Ocsf(path.to_owned()),
            false => Self::Sigma(path.to_owned()),
        }
    }

    /// The name by which [`Self::named`] finds it again.
    pub fn name(&self) -> String {
        match self {
            Self::Any => ANY.to_owned(),
            Self::Column(column) => column.name().to_owned(),
            Self::Ocsf(path) if Self::named(path) == *self => path.clone(),
            Self::Ocsf(path) => format!("{OCSF_PREFIX}{path}"),
            Self::Sigma(name) => {
                let begins =
                    name.chars().next().is_some_and(|c| c.is_alphabetic() || "_@".contains(c));
                let short = name.len() < 2 || name == TIME;
                match begins && !short && Self::named(name) == *self {
                    true => name.clone(),
                    false => format!("{SIGMA_PREFIX}{name}"),
                }
            }
        }
    }

    /// A short name or a well-known one that `name` is probably a slip of, where no source is known
    /// to have a field of that name.
    pub fn suggestion(name: &str, tables: &Tables) -> Option<String> {
        let Self::Sigma(sigma) = Self::named(name) else { return None };
        if name.starts_with(SIGMA_PREFIX) || tables.names().any(|known| known == sigma) {
            return None;
        }
        let lower = name.to_lowercase();
        let near = |known: &&str| name == lower && one_apart(&lower, known);
        let short = COLUMNS.iter().map(|(_, short, _)| *short);
        let short = short.chain(ALIASES.iter().map(|(short, _)| *short)).chain([TIME]);
        // Short names of sources are often like one another: `path` is Zeek's, `Path` Sysmon's.
        let mut short = short.filter(|known| known.len() >= SHORT_BYTES_MIN);
        // So is `FileName` to `Filename`; but who writes `commandline` has not looked it up.
        let cased = |known: &&str| name == lower && known.to_lowercase() == lower;
        let long = tables.names().filter(|known| known.len() >= LONG_BYTES_MIN);
        short.find(near).or_else(|| long.filter(cased).min()).map(str::to_owned)
    }
}

/// Whether a dotted name is an OCSF path rather than, say, a host's name.
pub(crate) fn is_path(name: &str) -> bool {
    name.split('.').next().is_some_and(|root| ROOTS.contains(root))
}

/// Whether two names differ by case, or by one letter too many, too few or other.
fn one_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[same..], &b[same..]);
    match a.len() as isize - b.len() as isize {
        0 => rest_a.is_empty() || rest_a[1..] == rest_b[1..] || swapped(rest_a, rest_b),
        1 => rest_a[1..] == *rest_b,
        -1 => *rest_a == rest_b[1..],
        _ => false,
    }
}

fn swapped(a: &[char], b: &[char]) -> bool {
    a.len() > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_their_order() {
        for (index, (column, name, path)) in COLUMNS.iter().enumerate() {
            assert_eq!((*column as usize, column.name(), column.path()), (index, *name, *path));
        }
    }

    #[test]
    fn names_find_their_fields_and_are_found_again() {
        let ocsf = |path: &str| Field::Ocsf(path.into());
        let sigma = |name: &str| Field::Sigma(name.into());
        for (name, field, shown) in [
            ("host", Field::Column(Column::Host), "host"),
            ("device.hostname", Field::Column(Column::Host), "host"),
            ("ocsf.device.hostname", Field::Column(Column::Host), "host"),
            ("command", ocsf("process.cmd_line"), "process.cmd_line"),
            ("process.cmd_line", ocsf("process.cmd_line"), "process.cmd_line"),
            ("ocsf.command", ocsf("command"), "ocsf.command"),
            ("sigma.command", sigma("command"), "sigma.command"),
            ("unmapped.x.y", ocsf("unmapped.x.y"), "unmapped.x.y"),
            ("CommandLine", sigma("CommandLine"), "CommandLine"),
            ("sigma.CommandLine", sigma("CommandLine"), "CommandLine"),
            ("id.orig_h", sigma("id.orig_h"), "id.orig_h"),
            ("sigma.user.name", sigma("user.name"), "sigma.user.name"),
            ("sigma.time", sigma("time"), "sigma.time"),
            ("any", Field::Any, "any"),
            ("sigma.any", sigma("any"), "sigma.any"),
            ("sigma.sigma.x", sigma("sigma.x"), "sigma.sigma.x"),
            ("ocsf.ocsf.x", ocsf("ocsf.x"), "ocsf.ocsf.x"),
        ] {
            assert_eq!(Field::named(name), field, "{name}");
            assert_eq!(field.name(), shown, "{name}");
            assert_eq!(Field::named(&field.name()), field, "{name}");
        }
    }

    #[test]
    fn slips_are_guessed_and_native_names_are_not() {
        let tables = Tables::builtin().unwrap();
        for (name, expected) in [
            ("hots", Some("host")),
            ("USER", None),
            ("scr_ip", Some("src_ip")),
            ("commandline", Some("CommandLine")),
            ("FileName", None),
            ("path", None),
            ("CommandLine", None),
            ("some_native_field", None),
            ("host", None),
        ] {
            assert_eq!(Field::suggestion(name, &tables).as_deref(), expected, "{name}");
        }
    }
}
