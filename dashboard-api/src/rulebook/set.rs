//! The files in force as one set: what detectors get, and what a trial needs of it.

use super::sheet::Kind;
use super::shelf::{self, Standing, Version};
use super::stage::Stage;
use ruleset::{Bundle, STAGES_FILE};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A rule file: its name in the set, and its text.
pub(crate) type File = (String, String);

/// The set that is to be in force, or none where no rule was ever kept.
pub(crate) fn bundle(connection: &Connection) -> rusqlite::Result<Option<Bundle>> {
    let standings = shelf::all(connection)?;
    if standings.is_empty() {
        return Ok(None);
    }
    let mut files = Vec::new();
    let mut stages = String::new();
    for standing in standings.iter().filter(|standing| in_force(standing)) {
        let live = standing.live.unwrap_or(standing.newest);
        let Some(version) = shelf::version(connection, &standing.rule, live)? else { continue };
        files.push((version.file, version.text));
        staged(standing, &shelf::ids(connection, &standing.rule)?, &mut stages);
    }
    files.sort();
    if !stages.is_empty() {
        files.push((STAGES_FILE.to_owned(), stages));
    }
    Ok(Some(Bundle::new(files)))
}

/// Whether detectors have it. An exception holds or it does not: it has no stages between.
pub(crate) fn in_force(standing: &Standing) -> bool {
    match standing.sheet.kind {
        Kind::Exception => standing.stage == Stage::Active,
        Kind::Rule | Kind::Correlation => standing.stage.is_loaded(),
    }
}

/// Adds the lines of `stages.yml` for a rule, as YAML that is JSON too.
fn staged(standing: &Standing, ids: &[String], stages: &mut String) {
    if standing.sheet.kind == Kind::Exception {
        return;
    }
    let stage = match standing.stage {
        Stage::Canary => json!({ "canary": standing.agencies }),
        Stage::Active if standing.quality.is_none() => return,
        other => json!({ "stage": other.as_str() }),
    };
    let mut entry = stage;
    if let Some(quality) = standing.quality {
        entry["quality"] = json!(quality);
    }
    if standing.stage == Stage::Shadow && standing.quality.is_none() {
        entry = json!("shadow");
    }
    for id in ids {
        stages.push_str(&format!("{}: {entry}\n", Value::String(id.clone())));
    }
}

/// The other files that a candidate cannot be tried without: those of the rules that it names, and
/// of those that these name.
pub(crate) fn needed(connection: &Connection, needs: &[String]) -> rusqlite::Result<Vec<File>> {
    let standings = shelf::all(connection)?;
    let mut open: Vec<String> = needs.to_vec();
    let mut taken = BTreeSet::new();
    let mut files = Vec::new();
    while let Some(name) = open.pop() {
        let known = |standing: &&Standing| {
            standing.sheet.kind != Kind::Exception && standing.sheet.known_as.contains(&name)
        };
        let Some(standing) = standings.iter().find(known) else { continue };
        if !taken.insert(&standing.rule) {
            continue;
        }
        let live = standing.live.unwrap_or(standing.newest);
        if let Some(Version { file, text, .. }) = shelf::version(connection, &standing.rule, live)?
        {
            files.push((file, text));
            open.extend(standing.sheet.needs.iter().cloned());
        }
    }
    Ok(files)
}

/// The exceptions in force for any of the rules with these ids or names.
pub(crate) fn exceptions(connection: &Connection, ids: &[String]) -> rusqlite::Result<Vec<File>> {
    let mut files = Vec::new();
    for standing in shelf::all(connection)?.iter().filter(|standing| in_force(standing)) {
        let Some(exception) = &standing.sheet.exception else { continue };
        if exception.any || standing.sheet.needs.iter().any(|name| ids.contains(name)) {
            files.extend(live(connection, standing)?);
        }
    }
    Ok(files)
}

/// The rules in force, without exceptions and stages.
pub(crate) fn rules(connection: &Connection) -> rusqlite::Result<Vec<File>> {
    let mut files = Vec::new();
    for standing in shelf::all(connection)?.iter().filter(|standing| in_force(standing)) {
        if standing.sheet.kind != Kind::Exception {
            files.extend(live(connection, standing)?);
        }
    }
    Ok(files)
}

/// The ids under which the rules with these ids or names raise alerts; of all rules for none named.
pub(crate) fn targets(connection: &Connection, names: &[String]) -> rusqlite::Result<Vec<String>> {
    let named = |standing: &Standing| {
        names.is_empty() || standing.sheet.known_as.iter().any(|name| names.contains(name))
    };
    let rules = shelf::all(connection)?.into_iter();
    let rules = rules.filter(|s| s.sheet.kind != Kind::Exception && named(s));
    Ok(rules.flat_map(|standing| standing.sheet.ids).collect())
}

/// The text in force of a rule, by its file's name.
fn live(connection: &Connection, standing: &Standing) -> rusqlite::Result<Option<File>> {
    let live = standing.live.unwrap_or(standing.newest);
    let version = shelf::version(connection, &standing.rule, live)?;
    Ok(version.map(|version| (version.file, version.text)))
}
