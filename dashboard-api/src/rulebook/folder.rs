//! Rules from git: the files of the configured folders, with the lines beside each.

use super::sheet;
use super::shelf::{self, Standing, Version};
use super::stage::Stage as Point;
use super::{FOLDER, Wish, put, shipped};
use ruleset::{Stage, Stages};
use rusqlite::Transaction;
use sigma::Placeholders;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

/// How many rule files are read: ten times SigmaHQ's, and few enough to notice a wrong folder.
const FILES_MAX: usize = 50_000;
/// How deep folders are gone into, which also ends loops of links.
const DEPTH_MAX: usize = 32;
/// Folders that stand among the rules and have none: mapping tables, and parsers.
const OTHERS: [&str; 2] = ["mappings", "parsers"];
/// In whose name files of a folder are taken in.
const ACTOR: &str = "git";
/// What is noted when a rule is retired because its file is gone.
const GONE: &str = "its file is gone";

/// A rule file as it lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its name within the folder.
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) matching: String,
    pub(crate) missing: String,
}

/// What lies in the folders.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    pub(crate) files: Vec<Found>,
    pub(crate) stages: Stages,
    /// What is wrong with files that hold stages.
    pub(crate) told: Vec<String>,
}

/// The rule files under `paths`, each with its folder, sorted.
fn files(paths: &[PathBuf]) -> io::Result<Vec<(&Path, PathBuf)>> {
    let mut found = Vec::new();
    for path in paths {
        let mut inner = Vec::new();
        walk(path, 0, &mut inner)?;
        inner.sort();
        found.extend(inner.into_iter().map(|file| (path.as_path(), file)));
    }
    Ok(found)
}

fn walk(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    for entry in std::fs::read_dir(path).map_err(named)? {
        let entry = entry?;
        let inner = entry.path();
        // A file that goes away between the two calls is no rule file any more.
        let Ok(meta) = std::fs::metadata(&inner) else { continue };
        if meta.is_dir() {
            if depth < DEPTH_MAX && !OTHERS.iter().any(|other| entry.file_name() == *other) {
                walk(&inner, depth + 1, found)?;
            }
        } else if inner.extension().is_some_and(|end| end == "yml" || end == "yaml") {
            found.push(inner);
        }
        if found.len() > FILES_MAX {
            return Err(io::Error::other(format!("more than {FILES_MAX} rule files")));
        }
    }
    Ok(())
}

/// The files with the lines beside `rule`: raw ones, and framed ones.
fn beside(rule: &Path, kind: &str) -> [PathBuf; 2] {
    ["log", "ndjson"].map(|end| rule.with_extension(format!("{kind}.{end}")))
}

/// What tells that something in the folders has changed: names, sizes and times.
pub(crate) fn fingerprint(paths: &[PathBuf]) -> io::Result<u64> {
    let mut hash = DefaultHasher::new();
    for (_, file) in files(paths)? {
        for path in
            [file.clone()].into_iter().chain(beside(&file, "match")).chain(beside(&file, "miss"))
        {
            if let Ok(meta) = std::fs::metadata(&path) {
                (path, meta.len(), meta.modified().ok()).hash(&mut hash);
            }
        }
    }
    Ok(hash.finish())
}

/// Reads the folders.
pub(crate) fn read(paths: &[PathBuf]) -> io::Result<Folder> {
    let mut folder = Folder::default();
    for (root, path) in files(paths)? {
        let file = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        if Stages::are_in(&file) {
            let errors = folder.stages.add(&file, &text);
            folder.told.extend(errors.iter().map(ToString::to_string));
            continue;
        }
        let (matching, missing) = (lines(&path, "match"), lines(&path, "miss"));
        folder.files.push(Found { file, text, matching, missing });
    }
    Ok(folder)
}

/// The lines beside a rule file; none where there are no files.
fn lines(rule: &Path, kind: &str) -> String {
    let texts = beside(rule, kind).into_iter().filter_map(|path| std::fs::read(path).ok());
    texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
}

/// Takes in what has changed in the folders since the last time; what could not be taken, in words.
///
/// A file that changed is a new version, in force at once in the stage that its rule has: it was
/// agreed to in git. A file that is gone retires its rule; one that comes back (a checkout that was
/// seen halfway) puts it back where it was.
pub(crate) fn take(
    transaction: &Transaction<'_>,
    folder: &Folder,
    placeholders: &Placeholders,
    now_ms: i64,
) -> rusqlite::Result<Vec<String>> {
    let mut told = folder.told.clone();
    let mut seen = BTreeSet::new();
    for found in &folder.files {
        match sheet::read(&found.file, &found.text, placeholders) {
            Err(errors) => {
                // What stood there before stays in force.
                told.extend(errors);
                seen.extend(of_file(transaction, &found.file)?);
            }
            Ok(sheet) if !seen.insert(sheet.id.clone()) => {
                told.push(format!("{}: another file has id {}", found.file, sheet.id));
            }
            Ok(sheet) => {
                let taken = take_file(transaction, folder, found, sheet, now_ms)?;
                told.extend(taken.err());
            }
        }
    }
    // An empty folder is rather one that is not mounted than one in which no rule is wanted.
    if !folder.files.is_empty() {
        for standing in shelf::all(transaction)? {
            let gone = standing.folder.is_some() && !seen.contains(&standing.rule);
            if gone && standing.stage.is_loaded() {
                let version = standing.live.unwrap_or(standing.newest);
                let (stage, agencies) = (Point::Retired, Vec::new());
                let wish = Wish { version, stage, agencies, note: GONE.to_owned() };
                shipped(transaction, standing, wish, (ACTOR, now_ms))?;
            }
        }
    }
    Ok(told)
}

/// The rule that was read from the file with that name.
fn of_file(transaction: &Transaction<'_>, file: &str) -> rusqlite::Result<Option<String>> {
    for standing in shelf::all(transaction)? {
        if let Some(folder) = standing.folder
            && shelf::version(transaction, &standing.rule, folder)?.is_some_and(|v| v.file == file)
        {
            return Ok(Some(standing.rule));
        }
    }
    Ok(None)
}

fn take_file(
    transaction: &Transaction<'_>,
    folder: &Folder,
    found: &Found,
    sheet: sheet::Sheet,
    now_ms: i64,
) -> rusqlite::Result<Result<(), String>> {
    for id in &sheet.ids {
        if let Some(rule) = shelf::owner(transaction, id)?.filter(|rule| *rule != sheet.id) {
            return Ok(Err(format!("{}: id {id} is of rule {rule}", found.file)));
        }
    }
    let before = shelf::get(transaction, &sheet.id)?;
    let quality = folder.stages.quality(&sheet.id);
    let back = before_gone(transaction, &sheet.id)?;
    if let Some(before) = &before
        && let Some(folder) = before.folder
        && before.quality == quality
        && shelf::version(transaction, &before.rule, folder)?.is_some_and(|kept| same(&kept, found))
    {
        if let Some((stage, agencies)) = back {
            let version = before.live.unwrap_or(folder);
            let wish = Wish { version, stage, agencies, note: "its file is back".to_owned() };
            shipped(transaction, before.clone(), wish, (ACTOR, now_ms))?;
        }
        return Ok(Ok(()));
    }
    let version = Version {
        version: before.as_ref().map_or(1, |before| before.newest + 1),
        file: found.file.clone(),
        text: found.text.clone(),
        matching: found.matching.clone(),
        missing: found.missing.clone(),
        origin: FOLDER.to_owned(),
        author: ACTOR.to_owned(),
        note: String::new(),
        at_ms: now_ms,
    };
    shelf::keep(transaction, &sheet.id, &sheet.ids, &version)?;
    let (stage, agencies) = match (back, &before) {
        (Some(back), _) => back,
        (None, Some(before)) if before.live.is_some() => (before.stage, before.agencies.clone()),
        _ => first(&folder.stages.get(&sheet.id)),
    };
    let number = version.version;
    let standing = Standing {
        rule: sheet.id.clone(),
        revision: before.as_ref().map_or(0, |before| before.revision),
        newest: number,
        live: Some(number),
        folder: Some(number),
        stage,
        agencies: agencies.clone(),
        quality,
        sheet,
        proposal: before.and_then(|before| before.proposal),
    };
    let wish = Wish { version: number, stage, agencies, note: String::new() };
    put(transaction, standing, "import", wish, (ACTOR, now_ms)).map(|_| Ok(()))
}

/// Where a rule stood before it was retired because its file was gone, if nothing was decided since.
fn before_gone(
    transaction: &Transaction<'_>,
    rule: &str,
) -> rusqlite::Result<Option<(Point, Vec<String>)>> {
    let mut steps = shelf::steps(transaction, rule)?;
    if steps.pop().is_none_or(|last| last.actor != ACTOR || last.note != GONE) {
        return Ok(None);
    }
    let stood = steps.into_iter().rfind(|step| ["ship", "import"].contains(&step.kind.as_str()));
    Ok(stood.map(|step| (step.stage, step.agencies)))
}

fn same(kept: &Version, found: &Found) -> bool {
    (&kept.file, &kept.text, &kept.matching, &kept.missing)
        == (&found.file, &found.text, &found.matching, &found.missing)
}

/// The stage that a rule begins with: as `stages.yml` says.
fn first(stage: &Stage) -> (Point, Vec<String>) {
    match stage {
        Stage::Draft => (Point::Draft, Vec::new()),
        Stage::Shadow => (Point::Shadow, Vec::new()),
        Stage::Canary(agencies) => (Point::Canary, agencies.clone()),
        Stage::Active => (Point::Active, Vec::new()),
        Stage::Retired => (Point::Retired, Vec::new()),
    }
}
