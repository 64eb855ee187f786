//! Names of classes, activities and attributes, and values as a file writes them.

use crate::field::{Fixed, Target};
use ocsf::classes::Class;
use ocsf::paths::Kind;
use ocsf::{Path, Severity, Status};

/// What is wrong, and what to do about it.
type Wrong = (String, String);

/// A class by its number or its name.
pub(super) fn class(text: &str) -> Option<&'static Class> {
    let number = text.parse::<u32>().ok();
    Class::all()
        .iter()
        .find(|class| Some(class.uid) == number || class.caption.eq_ignore_ascii_case(text))
}

/// The classes' names.
pub(super) fn classes() -> String {
    Class::all().iter().map(|class| class.caption).collect::<Vec<_>>().join(", ")
}

/// What an attribute's value is, in words.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Str => "text",
        Kind::Int => "a whole number",
        Kind::Bool => "true or false",
        Kind::Float => "a number",
        Kind::Ip => "an address",
        Kind::Mac => "a hardware address",
        Kind::Email => "a mail address",
        Kind::List => "a list of texts",
        Kind::IntList => "a list of numbers",
        Kind::Hashes => "a fingerprint",
        Kind::Json => "an object",
    }
}

/// The same attribute of whoever acts, where a class without `user` puts it.
pub(super) fn actor_of(path: Path) -> Option<Path> {
    let moved = path.text().starts_with("user.") || path.text().starts_with("process.");
    moved.then(|| Path::lookup(&format!("actor.{}", path.text()))).flatten()
}

/// Attributes that are written alike.
pub(super) fn near(text: &str) -> String {
    let wanted = words(text);
    let score =
        |path: &Path| words(path.text()).filter(|word| wanted.clone().any(|w| w == *word)).count();
    let mut found: Vec<(usize, &'static str)> = Path::all()
        .map(|path| (score(&path), path.text()))
        .filter(|(score, _)| *score > 0)
        .collect();
    found.sort_by_key(|(score, path)| (std::cmp::Reverse(*score), path.len()));
    let names: Vec<String> = found.iter().take(4).map(|(_, path)| path.replace("[]", "")).collect();
    if names.is_empty() {
        return "see docs/parsers.md; `unmapped` keeps it under its own name".to_owned();
    }
    format!("near are {}; `unmapped` keeps it under its own name", names.join(", "))
}

fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(['.', '_', '[', ']']).filter(|word| !word.is_empty())
}

/// A value for a target.
pub(super) fn fixed(text: &str, target: &Target, class: &'static Class) -> Result<Fixed, Wrong> {
    let wrong = |what: &str, known: String| Err((format!("{text:?} is no {what}"), known));
    match target {
        Target::Activity => {
            let number = text.parse::<u8>().ok();
            let is = |name: &str| name.eq_ignore_ascii_case(text);
            match class.activities.iter().find(|a| Some(a.id) == number || is(a.caption)) {
                Some(activity) => Ok(Fixed::Activity(activity.id)),
                None => {
                    let names: Vec<&str> = class.activities.iter().map(|a| a.caption).collect();
                    wrong(
                        &format!("activity of {}", class.caption),
                        format!("known are {}", names.join(", ")),
                    )
                }
            }
        }
        Target::Status => match text.to_ascii_lowercase().as_str() {
            "success" | "1" => Ok(Fixed::Status(Status::Success)),
            "failure" | "2" => Ok(Fixed::Status(Status::Failure)),
            _ => wrong("status", "known are success, failure".to_owned()),
        },
        Target::Severity => match SEVERITIES.iter().find(|s| s.name().eq_ignore_ascii_case(text)) {
            Some(severity) => Ok(Fixed::Severity(*severity)),
            None => {
                let names: Vec<&str> = SEVERITIES.iter().map(|s| s.name()).collect();
                wrong("severity", format!("known are {}", names.join(", ")))
            }
        },
        Target::Path(path) => match path.kind() {
            Kind::Int | Kind::IntList => match text.parse() {
                Ok(number) => Ok(Fixed::Int(number)),
                Err(_) => wrong("whole number", format!("{} is one", path.text())),
            },
            Kind::Float => match text.parse() {
                Ok(number) => Ok(Fixed::Float(number)),
                Err(_) => wrong("number", format!("{} is one", path.text())),
            },
            Kind::Bool => match text {
                "true" => Ok(Fixed::Bool(true)),
                "false" => Ok(Fixed::Bool(false)),
                _ => wrong("truth value", "write true or false".to_owned()),
            },
            Kind::Ip if ocsf::ip::parse(text).is_none() => {
                wrong("address", format!("{} is one", path.text()))
            }
            Kind::Hashes | Kind::Json => wrong("value that can be set", "use `fields`".to_owned()),
            _ => Ok(Fixed::Text(text.to_owned())),
        },
        Target::Message | Target::Unmapped | Target::Time => Ok(Fixed::Text(text.to_owned())),
    }
}

const SEVERITIES: [Severity; 7] = [
    Severity::Unknown,
    Severity::Informational,
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
    Severity::Fatal,
];
