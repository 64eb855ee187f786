//! `prohori rules explain`: a rule in words, or why it matched an event or did not.

mod fate;
mod render;

use crate::run::{Bench, Raw};
use crate::words::words;
use crate::{Error, Format, Input, Language, Verdict};
use detect::trace::trace;
use fate::Fates;
use lint::{Fields, log_source};
use mapping::{LogSource, Tables};
use serde_json::{Value, json};
use sigma::{Document, Item, Matcher, Node, Rule};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use render::failing;

/// What the command line asks for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The events, with the name of where they come from, to hold the rule against.
    pub events: Option<(PathBuf, Vec<u8>)>,
    /// Whether these are raw log lines rather than OCSF events.
    pub raw: bool,
    /// More rule files and folders, for the exceptions and stages in them.
    pub with: Vec<PathBuf>,
    /// The language of the rule in words.
    pub language: Language,
    /// For whom to write.
    pub format: Format,
}

/// Explains each rule of the input to `out`. Held against events, the verdict is good if every
/// event is matched.
pub fn run(input: &Input, options: &Options, out: &mut impl Write) -> Result<Verdict, Error> {
    let rules = rules(input)?;
    let tables = Arc::new(Tables::builtin()?);
    let Some((path, bytes)) = &options.events else {
        let mut fields = Fields::new(&tables);
        for rule in &rules {
            in_words(rule, options, &mut fields, out).map_err(Error::Write)?;
        }
        return Ok(Verdict::Good);
    };
    let events = events(path, bytes, options.raw, &tables)?;
    let fates = Fates::new(input, &options.with)?;
    let mut all = true;
    for rule in &rules {
        for (line, event) in &events {
            let found = trace(&tables, rule, event).map_err(|source| Error::Event {
                path: path.clone(),
                line: *line,
                source,
            })?;
            all &= found.matches;
            let of = || fates.unloaded(rule).or_else(|| fates.of(event).remove(rule.uid()));
            let fate = found.matches.then(of).flatten();
            let fate = fate.as_deref();
            let written = match options.format {
                Format::Text => render::text(rule, *line, &found, fate, out),
                Format::Json => writeln!(out, "{}", render::document(rule, *line, &found, fate)),
            };
            written.map_err(Error::Write)?;
        }
    }
    Ok(Verdict::of(all))
}

/// The rules over single events in the input, all of which must be without errors.
fn rules(input: &Input) -> Result<Vec<Rule>, Error> {
    let mut rules = Vec::new();
    for file in input.rules()? {
        let parsed = sigma::parse(&file.name, &file.text, &input.placeholders);
        if let Some(error) = parsed.errors.into_iter().next() {
            return Err(Error::Rule(Box::new(error)));
        }
        rules.extend(parsed.documents.into_iter().filter_map(|document| match document {
            Document::Rule(rule) => Some(*rule),
            _ => None,
        }));
    }
    match rules.is_empty() {
        true => Err(Error::NoRule { path: input.paths.first().cloned().unwrap_or_default() }),
        false => Ok(rules),
    }
}

/// Events with the number of the line that each comes from.
fn events(
    path: &Path,
    bytes: &[u8],
    raw: bool,
    tables: &Arc<Tables>,
) -> Result<Vec<(usize, Vec<u8>)>, Error> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let lines = lines.map(|(number, line)| (number + 1, line));
    if !raw {
        // One event may be written over several lines, as people print them.
        let whole = text.trim();
        if detect::Json::parse(whole.as_bytes()).is_ok() {
            return Ok(vec![(1, whole.as_bytes().to_vec())]);
        }
        return Ok(lines.map(|(number, line)| (number, line.as_bytes().to_vec())).collect());
    }
    let mut bench = Bench::new(Vec::new(), tables)?;
    let mut events = Vec::new();
    for (number, line) in lines {
        let raw = Raw { text: line.to_owned(), source: None };
        let found = bench.events(&raw).map_err(|why| Error::Read {
            path: path.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, why),
        })?;
        events.extend(found.into_iter().map(|event| (number, event)));
    }
    Ok(events)
}

fn in_words(
    rule: &Rule,
    options: &Options,
    fields: &mut Fields<'_>,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let words = words(rule, options.language);
    let wanted = log_source(rule);
    let names = field_names(rule);
    if options.format == Format::Json {
        let resolved = |name: &String| {
            let kinds = fields.resolve(&wanted, name);
            let kinds = kinds.into_iter().map(|kind| {
                let paths: Vec<String> = kind.paths.iter().map(ToString::to_string).collect();
                json!({"kind": kind.kind, "paths": paths, "produced": kind.produced})
            });
            (name.clone(), Value::Array(kinds.collect()))
        };
        let selections = words.selections.iter().cloned().map(|(name, text)| (name, text.into()));
        let selections: serde_json::Map<String, Value> = selections.collect();
        let document = json!({
            "rule": rule.uid(),
            "file": rule.file,
            "title": words.title,
            "looks_at": words.looks_at,
            "fires": words.fires,
            "folds": words.folds,
            "selections": selections,
            "falsepositives": words.otherwise,
            "fields": names.iter().map(resolved).collect::<serde_json::Map<_, _>>(),
        });
        return writeln!(out, "{document:#}");
    }
    let language = options.language;
    writeln!(out, "{} ({})\n\n{}\n{}", words.title, rule.uid(), words.looks_at, words.fires)?;
    for (name, text) in &words.selections {
        writeln!(out, "  {name}: {text}")?;
    }
    if let Some(folds) = &words.folds {
        writeln!(out, "{folds}")?;
    }
    if !words.otherwise.is_empty() {
        let label = language.of("What else may cause it", "আর যে কারণে হতে পারে");
        writeln!(out, "{label}: {}", words.otherwise.join("; "))?;
    }
    writeln!(out, "\n{}", language.of("Where its fields lie:", "এর ক্ষেত্রগুলো যেখানে থাকে:"))?;
    for name in &names {
        places(name, &wanted, fields, out)?;
    }
    writeln!(out)
}

/// Where a field lies, the same places of several kinds of events said once.
fn places(
    name: &str,
    wanted: &LogSource,
    fields: &mut Fields<'_>,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for kind in fields.resolve(wanted, name) {
        let paths: Vec<String> = kind.paths.iter().map(ToString::to_string).collect();
        let note = if kind.produced { "" } else { " (not known to be produced)" };
        let text = format!("{}{note}", paths.join(", else "));
        match said.iter_mut().find(|(known, _)| *known == text) {
            Some((_, kinds)) => kinds.push(kind.kind),
            None => said.push((text, vec![kind.kind])),
        }
    }
    for (text, kinds) in said {
        writeln!(out, "  {name}: {text}  [{}]", kinds.join("; "))?;
    }
    Ok(())
}

/// Every field that the rule reads.
fn field_names(rule: &Rule) -> BTreeSet<String> {
    fn item(item: &Item, names: &mut BTreeSet<String>) {
        names.extend(item.field.clone());
        for matcher in item.tests.iter().flat_map(|test| &test.alternatives) {
            if let Matcher::Reference { field, .. } = matcher {
                names.insert(field.clone());
            }
        }
    }
    fn walk(node: &Node, names: &mut BTreeSet<String>) {
        match node {
            Node::Item(inner) => item(inner, names),
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|n| walk(n, names)),
        }
    }
    let mut names = BTreeSet::new();
    rule.detection.selections.iter().for_each(|selection| walk(&selection.node, &mut names));
    names
}
