//! Which files an input wants: patterns over paths, and the walk that finds what is there.

use crate::error::PatternError;
use glob::{MatchOptions, Pattern};
use std::ffi::OsStr;
use std::fs::FileType;
use std::path::{Component, Path, PathBuf};

/// How deep `**` goes below the directory it stands in.
const DEPTH_MAX: usize = 32;

/// Files that are not read as text, whatever a pattern says: they are packed in ways that are not
/// unpacked here.
const PACKED: [&str; 5] = ["xz", "bz2", "lz4", "zip", "Z"];

/// A star stops at `/`; a leading dot is nothing special: logs of hidden applications count too.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// The files of one input: those that an include pattern matches and no exclude pattern.
#[derive(Debug, Clone)]
pub(crate) struct Globs {
    include: Vec<Include>,
    exclude: Vec<Exclude>,
}

#[derive(Debug, Clone)]
struct Include {
    whole: Pattern,
    /// The directory above the first component that holds a wildcard.
    root: PathBuf,
    rest: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Name(Pattern),
    /// `**`
    AnyDirs,
}

#[derive(Debug, Clone)]
enum Exclude {
    /// A pattern without `/`: of the file's name alone.
    Name(Pattern),
    Path(Pattern),
}

/// What a walk came across.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Files that match (or links to what may be one), sorted.
    pub(crate) files: Vec<PathBuf>,
    /// Directories in which matching files are or may come to be, sorted; also of a directory
    /// that does not exist yet the nearest one above it that does.
    pub(crate) dirs: Vec<PathBuf>,
}

impl Globs {
    /// Compiles patterns. Relative ones count from the working directory.
    pub(crate) fn new(include: &[String], exclude: &[String]) -> Result<Self, PatternError> {
        Ok(Self {
            include: include.iter().map(|text| Include::new(text)).collect::<Result<_, _>>()?,
            exclude: exclude.iter().map(|text| Exclude::new(text)).collect::<Result<_, _>>()?,
        })
    }

    /// Whether the file at `path` is wanted.
    pub(crate) fn wants(&self, path: &Path) -> bool {
        let text = path.to_string_lossy();
        let packed = path.extension().is_some_and(|e| PACKED.iter().any(|packed| e == *packed));
        let included = |i: &Include| i.whole.matches_with(&text, OPTIONS);
        !packed && self.include.iter().any(included) && !self.excludes(path)
    }

    fn excludes(&self, path: &Path) -> bool {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        let text = path.to_string_lossy();
        self.exclude.iter().any(|exclude| match exclude {
            Exclude::Name(pattern) => pattern.matches_with(&name, OPTIONS),
            Exclude::Path(pattern) => pattern.matches_with(&text, OPTIONS),
        })
    }

    /// Looks at what is there now. What cannot be read is passed over: it may come to be readable,
    /// and the next walk finds it.
    pub(crate) fn walk(&self) -> Found {
        let mut found = Found::default();
        for include in &self.include {
            if include.root.is_dir() {
                walk(&include.root, &include.rest, 0, &mut found);
            } else {
                found.dirs.extend(include.root.ancestors().find(|d| d.is_dir()).map(Into::into));
            }
        }
        found.files.retain(|path| self.wants(path));
        for list in [&mut found.files, &mut found.dirs] {
            list.sort();
            list.dedup();
        }
        found
    }
}

impl Include {
    fn new(text: &str) -> Result<Self, PatternError> {
        let path = absolute(text)?;
        let whole = compile(&path.to_string_lossy())?;
        let mut root = PathBuf::new();
        let mut rest = Vec::new();
        for component in path.components() {
            let name = component.as_os_str().to_string_lossy();
            let wild = name.contains(['*', '?', '[']);
            match component {
                Component::Normal(_) if name == "**" => rest.push(Part::AnyDirs),
                Component::Normal(_) if wild || !rest.is_empty() => {
                    rest.push(Part::Name(compile(&name)?));
                }
                _ => root.push(component),
            }
        }
        if rest.is_empty() {
            // A plain path: its name is the only thing to look for.
            let name = root.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
            rest.push(Part::Name(compile(&Pattern::escape(&name))?));
            root.pop();
        }
        if let Some(Part::AnyDirs) = rest.last() {
            return Err(PatternError::new(text, "ends with '**': add '/*' to mean every file"));
        }
        Ok(Self { whole, root, rest })
    }
}

impl Exclude {
    fn new(text: &str) -> Result<Self, PatternError> {
        if text.contains('/') {
            return Ok(Self::Path(compile(&absolute(text)?.to_string_lossy())?));
        }
        Ok(Self::Name(compile(text)?))
    }
}

fn absolute(text: &str) -> Result<PathBuf, PatternError> {
    let path = std::path::absolute(text).map_err(|error| PatternError::new(text, error))?;
    if path.components().any(|c| c == Component::ParentDir) {
        return Err(PatternError::new(text, "holds '..': write the path out"));
    }
    Ok(path)
}

fn compile(text: &str) -> Result<Pattern, PatternError> {
    Pattern::new(text).map_err(|error| PatternError::new(text, error.msg))
}

fn walk(dir: &Path, parts: &[Part], depth: usize, found: &mut Found) {
    let Some((part, rest)) = parts.split_first() else { return };
    found.dirs.push(dir.into());
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        match part {
            Part::Name(pattern) => {
                if !pattern.matches_with(&entry.file_name().to_string_lossy(), OPTIONS) {
                    continue;
                }
                if !rest.is_empty() {
                    if leads_to_dir(&path, kind) {
                        walk(&path, rest, depth + 1, found);
                    }
                } else if kind.is_file() || kind.is_symlink() {
                    found.files.push(path);
                }
            }
            // Links are not followed here: they may lead round in circles.
            Part::AnyDirs if kind.is_dir() && depth < DEPTH_MAX => {
                walk(&path, parts, depth + 1, found);
            }
            Part::AnyDirs => {}
        }
    }
    if matches!(part, Part::AnyDirs) {
        // `**` is also no directory at all.
        walk(dir, rest, depth, found);
    }
}

fn leads_to_dir(path: &Path, kind: FileType) -> bool {
    kind.is_dir() || (kind.is_symlink() && path.is_dir())
}

#[cfg(test)]
mod tests;
