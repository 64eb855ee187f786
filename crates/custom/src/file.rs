//! A parser's file: its keys, and where each is read.

mod body;
mod values;

use crate::parser::{Form, Level, Parser, Shape, When};
use crate::pattern::{Fault, Kind, Pattern};
use crate::problem::{Problem, Report};
use crate::split::{Columns, Pairs};
use body::{Bodies, Known};
use yaml::{Entry, Node, Position};

/// Forms of one parser: each may be tried on a line.
const FORMS_MAX: usize = 64;
/// The shortest text that tells a source's lines from others: three bytes stand in anything.
const MARKER_BYTES_MIN: usize = 4;
/// Columns of a row, and values of a condition.
const LIST_MAX: usize = 512;
/// The longest name.
const NAME_BYTES_MAX: usize = 40;

/// Reads one file: the parser, if nothing keeps it from running, and what is to be told.
pub(crate) fn read(file: &str, text: &str) -> (Option<Parser>, Vec<Problem>) {
    let mut reader = Reader { report: Report::new(file) };
    let parser = match yaml::documents(text) {
        Ok(documents) => match documents.as_slice() {
            [document] => reader.parser(document),
            [] => {
                let mend = "describe one parser: name, version, when, and how to read";
                reader.report.error(START, "yaml", "the file is empty", mend);
                None
            }
            [_, second, ..] => {
                reader.report.error(second.at, "yaml", "a second document", "one file a parser");
                None
            }
        },
        Err(error) => {
            let at = error.at().unwrap_or(START);
            reader.report.error(at, "yaml", error.to_string(), "");
            None
        }
    };
    let good = reader.report.is_good();
    let mut problems = reader.report.problems;
    problems.sort_by_key(|problem| problem.at);
    problems.dedup();
    (parser.filter(|_| good), problems)
}

const START: Position = Position { line: 1, column: 1 };

/// Keys that a parser may have.
const KEYS: &str = "name, version, title, source, product, when, read, pattern, pairs, columns, json, \
     set, fields, forms";

pub(crate) struct Reader {
    pub(crate) report: Report,
}

/// The values of a parser's keys.
#[derive(Default)]
struct Raw<'n> {
    name: Option<&'n Node>,
    version: Option<&'n Node>,
    source: Option<&'n Node>,
    product: Option<&'n Node>,
    when: Option<&'n Node>,
    read: Option<&'n Node>,
    pattern: Option<&'n Node>,
    split: Vec<&'n Entry>,
    set: Option<&'n Node>,
    fields: Option<&'n Node>,
    forms: Option<&'n Node>,
}

impl Reader {
    fn parser(&mut self, node: &Node) -> Option<Parser> {
        let mut raw = Raw::default();
        for entry in self.map(node)? {
            let value = Some(&entry.value);
            match entry.key.as_str() {
                "title" => drop(self.text(&entry.value)),
                "name" => raw.name = value,
                "version" => raw.version = value,
                "source" => raw.source = value,
                "product" => raw.product = value,
                "when" => raw.when = value,
                "read" => raw.read = value,
                "pattern" => raw.pattern = value,
                "set" => raw.set = value,
                "fields" => raw.fields = value,
                "forms" => raw.forms = value,
                "pairs" | "columns" | "json" => raw.split.push(entry),
                key => self.unknown_key(entry.at, key, KEYS),
            }
        }
        let name = self.name(raw.name, node.at)?;
        let version = self.version(raw.version, node.at)?;
        let when = self.when(raw.when)?;
        let level = self.level(raw.read);
        let shape = self.shape(&raw, node.at)?;
        let bodies = Bodies { set: raw.set, fields: raw.fields };
        let forms = self.forms(&raw, &shape, &bodies);
        let rest = match shape {
            Shape::Pattern => None,
            _ => {
                let known = self.known(&shape, None);
                Some(self.body(&bodies, None, &known))
            }
        };
        if raw.pattern.is_none() {
            self.check_shared(&bodies, &forms);
        }
        let named =
            !when.programs.is_empty() || !when.contains.is_empty() || !when.begins.is_empty();
        if !named && !when.hinted_only {
            let at = raw.when.map_or(node.at, |when| when.at);
            let what = "nothing tells its lines from others, so that every unknown line is tried";
            let mend = "add `program`, `contains` or `begins` to `when`, or `hint_only: true`";
            self.report.error(at, "slow", what, mend);
        }
        self.check_beginnings(&when, &forms, raw.when.map_or(node.at, |when| when.at));
        let (vendor, product) = self.product(raw.product);
        let source = raw.source.and_then(|node| self.text(node)).unwrap_or_else(|| name.clone());
        Some(Parser {
            label: crate::label::of(&name, version),
            name,
            version,
            source,
            vendor,
            product,
            when,
            level,
            shape,
            forms,
            rest,
        })
    }

    fn name(&mut self, node: Option<&Node>, at: Position) -> Option<String> {
        let Some(node) = node else {
            self.report.error(at, "name", "the parser has no name", "add `name: my_source`");
            return None;
        };
        let name = self.text(node)?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
        if name.len() > NAME_BYTES_MAX || !name.bytes().all(plain) {
            let mend = format!("use at most {NAME_BYTES_MAX} of a-z, 0-9, `_`, `-`");
            self.report.error(node.at, "name", format!("{name:?} is no name"), mend);
            return None;
        }
        Some(name)
    }

    fn version(&mut self, node: Option<&Node>, at: Position) -> Option<u32> {
        let number = node.and_then(Node::as_str).and_then(|text| text.parse().ok());
        if number.is_none() {
            let mend = "add `version: 1`, and count it up with every change";
            self.report.error(node.map_or(at, |n| n.at), "version", "no version", mend);
        }
        number
    }

    fn product(&mut self, node: Option<&Node>) -> (Option<String>, Option<String>) {
        let (mut vendor, mut name) = (None, None);
        for entry in node.and_then(|node| self.map(node)).unwrap_or_default() {
            match entry.key.as_str() {
                "vendor" => vendor = self.text(&entry.value),
                "name" => name = self.text(&entry.value),
                key => self.unknown_key(entry.at, key, "vendor, name"),
            }
        }
        (vendor, name)
    }

    fn when(&mut self, node: Option<&Node>) -> Option<When> {
        let mut when = When::default();
        let Some(node) = node else { return Some(when) };
        for entry in self.map(node)? {
            let value = &entry.value;
            match entry.key.as_str() {
                "hint" => when.hints = self.texts(value),
                "program" => when.programs = self.texts(value),
                "contains" => when.contains = self.markers(value),
                "begins" => when.begins = self.markers(value),
                "hint_only" => {
                    when.hinted_only =
                        value.as_scalar().and_then(yaml::Scalar::as_bool) == Some(true);
                }
                key => {
                    self.unknown_key(entry.at, key, "hint, program, contains, begins, hint_only");
                }
            }
        }
        Some(when)
    }

    fn markers(&mut self, node: &Node) -> Vec<String> {
        let texts = self.texts(node);
        for text in texts.iter().filter(|text| text.len() < MARKER_BYTES_MIN) {
            let what = format!("{text:?} stands in too many lines");
            let mend = format!("use {MARKER_BYTES_MIN} bytes or more that only this source writes");
            self.report.error(node.at, "slow", what, mend);
        }
        texts
    }

    fn level(&mut self, node: Option<&Node>) -> Level {
        match node.and_then(|node| node.as_str().map(|text| (node.at, text))) {
            None | Some((_, "message")) => Level::Message,
            Some((_, "record")) => Level::Record,
            Some((at, other)) => {
                let mend = "use `message` (behind syslog's header) or `record` (the whole line)";
                self.report.error(at, "read", format!("unknown {other:?}"), mend);
                Level::Message
            }
        }
    }

    /// How a record is taken apart.
    fn shape(&mut self, raw: &Raw<'_>, at: Position) -> Option<Shape> {
        match (raw.split.as_slice(), raw.pattern) {
            ([], _) if raw.pattern.is_some() || raw.forms.is_some() => Some(Shape::Pattern),
            ([entry], None) => match entry.key.as_str() {
                "pairs" => Some(Shape::Pairs(self.pairs(&entry.value))),
                "columns" => self.columns(&entry.value).map(Shape::Columns),
                _ => Some(Shape::Json),
            },
            ([], _) => {
                let mend = "add `pattern`, `forms`, `pairs`, `columns` or `json`";
                self.report.error(at, "shape", "nothing says how to read a line", mend);
                None
            }
            ([entry, ..], _) => {
                let what = "a second way to read a line";
                self.report.error(entry.at, "shape", what, "keep one of them");
                None
            }
        }
    }

    fn pairs(&mut self, node: &Node) -> Pairs {
        let mut pairs = Pairs::default();
        if node.is_null() || node.as_scalar().and_then(yaml::Scalar::as_bool) == Some(true) {
            return pairs;
        }
        for entry in self.map(node).unwrap_or_default() {
            match entry.key.as_str() {
                "separator" => pairs.separator = self.byte(&entry.value, b' '),
                "equals" => pairs.equals = self.byte(&entry.value, b'='),
                key => self.unknown_key(entry.at, key, "separator, equals"),
            }
        }
        pairs
    }

    fn columns(&mut self, node: &Node) -> Option<Columns> {
        let mut columns = Columns { names: Vec::new(), separator: b',', least: 0 };
        match node.as_list() {
            Some(_) => columns.names = self.texts(node),
            None => {
                for entry in self.map(node)? {
                    match entry.key.as_str() {
                        "names" => columns.names = self.texts(&entry.value),
                        "separator" => columns.separator = self.byte(&entry.value, b','),
                        "least" => {
                            let number = entry.value.as_str().and_then(|text| text.parse().ok());
                            columns.least = number.unwrap_or(0);
                        }
                        key => self.unknown_key(entry.at, key, "names, separator, least"),
                    }
                }
            }
        }
        if columns.names.is_empty() || columns.least > columns.names.len() {
            let what = "too few names of columns";
            self.report.error(node.at, "columns", what, "name each column, `_` for unwanted ones");
            return None;
        }
        if columns.least == 0 {
            columns.least = columns.names.len();
        }
        Some(columns)
    }

    fn byte(&mut self, node: &Node, default: u8) -> u8 {
        match node.as_scalar().map(|scalar| scalar.text.as_bytes()) {
            Some(b"tab") => b'\t',
            Some([byte]) if byte.is_ascii() && *byte != b'"' => *byte,
            _ => {
                let mend = "use one character of ASCII in quotes, or `tab`";
                self.report.error(node.at, "separator", "no single character", mend);
                default
            }
        }
    }

    fn forms(&mut self, raw: &Raw<'_>, shape: &Shape, bodies: &Bodies<'_>) -> Vec<Form> {
        let mut forms = Vec::new();
        if let Some(node) = raw.pattern {
            let pattern = self.pattern(node);
            let known = self.known(shape, pattern.as_ref());
            self.check_captures(pattern.as_ref(), node, bodies, None);
            let body = self.body(bodies, None, &known);
            forms.extend(pattern.map(|pattern| Form {
                pattern: Some(pattern),
                conditions: Vec::new(),
                body,
            }));
        }
        let listed = raw.forms.map(|node| self.list(node)).unwrap_or_default();
        if listed.len() > FORMS_MAX {
            let what = format!("{} forms, more than {FORMS_MAX}", listed.len());
            self.report.error(listed[FORMS_MAX].at, "slow", what, "make it several parsers");
        }
        let mut seen: Vec<(String, bool)> = Vec::new();
        for node in listed.iter().take(FORMS_MAX) {
            if let Some(form) = self.form(node, shape, bodies) {
                self.check_reached(node, &form, &mut seen);
                forms.push(form);
            }
        }
        forms
    }

    fn form(&mut self, node: &Node, shape: &Shape, bodies: &Bodies<'_>) -> Option<Form> {
        let (mut pattern_node, mut set, mut fields) = (None, None, None);
        let mut conditions = Vec::new();
        for entry in self.map(node)? {
            match entry.key.as_str() {
                "pattern" => pattern_node = Some(&entry.value),
                "set" => set = Some(&entry.value),
                "fields" => fields = Some(&entry.value),
                "if" => {
                    for entry in self.map(&entry.value).unwrap_or_default() {
                        let values = self.texts(&entry.value);
                        conditions.push((entry.key.clone(), values, entry.at));
                    }
                }
                key => self.unknown_key(entry.at, key, "pattern, if, set, fields"),
            }
        }
        let pattern = pattern_node.and_then(|node| self.pattern(node));
        if matches!(shape, Shape::Pattern) && pattern.is_none() {
            if pattern_node.is_none() {
                let mend = "add `pattern: '…'`";
                self.report.error(node.at, "pattern", "the form has no pattern", mend);
            }
            return None;
        }
        if let (Some(node), false) = (pattern_node, matches!(shape, Shape::Pattern)) {
            let what = "a pattern beside another way to read";
            self.report.error(node.at, "shape", what, "remove it, and use `if`");
        }
        self.check_conditions(pattern.as_ref(), &conditions);
        let known = self.known(shape, pattern.as_ref());
        let form = Bodies { set, fields };
        self.check_captures(
            pattern.as_ref(),
            pattern_node.unwrap_or(node),
            bodies,
            Some((&form, &conditions)),
        );
        let body = self.body(bodies, Some(&form), &known);
        let conditions = conditions.into_iter().map(|(name, values, _)| (name, values)).collect();
        Some(Form { pattern, conditions, body })
    }

    fn pattern(&mut self, node: &Node) -> Option<Pattern> {
        let text = self.text(node)?;
        match Pattern::new(&text) {
            Ok(pattern) => Some(pattern),
            Err(Fault { at, code, what, mend }) => {
                self.report.error(within(node, at), code, what, mend);
                None
            }
        }
    }

    /// What a condition or a mapping may name: the captures, or anything where keys are the record's.
    fn known(&self, shape: &Shape, pattern: Option<&Pattern>) -> Known {
        match shape {
            Shape::Pattern => {
                let captures = pattern.map(|pattern| pattern.captures.clone()).unwrap_or_default();
                match captures.iter().any(|named| named.kind == Kind::Pairs) {
                    true => Known { captures, open: true },
                    false => Known { captures, open: false },
                }
            }
            Shape::Columns(columns) => Known::columns(&columns.names),
            Shape::Pairs(_) | Shape::Json => Known { captures: Vec::new(), open: true },
        }
    }
}

/// A place within a scalar on one line.
fn within(node: &Node, characters: usize) -> Position {
    let quote = usize::from(node.as_scalar().is_some_and(|scalar| !scalar.plain));
    Position { line: node.at.line, column: node.at.column + characters + quote }
}

/// Small readers, which tell what is not as it should be.
impl Reader {
    pub(crate) fn map<'n>(&mut self, node: &'n Node) -> Option<&'n [Entry]> {
        let map = node.as_map();
        if map.is_none() {
            let what = format!("expected a map, found {}", node.what());
            self.report.error(node.at, "yaml", what, "write `key: value` lines below it");
        }
        map
    }

    fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        node.as_list().unwrap_or_else(|| {
            let what = format!("expected a list, found {}", node.what());
            self.report.error(node.at, "yaml", what, "write `- ` before each item");
            &[]
        })
    }

    pub(crate) fn text(&mut self, node: &Node) -> Option<String> {
        let text = node.as_str().map(str::to_owned);
        if text.is_none() {
            let what = format!("expected text, found {}", node.what());
            self.report.error(node.at, "yaml", what, "write a text, in quotes if need be");
        }
        text
    }

    /// One text or a list of them.
    pub(crate) fn texts(&mut self, node: &Node) -> Vec<String> {
        if node.items().len() > LIST_MAX {
            let what = format!("a list of more than {LIST_MAX}");
            self.report.error(node.at, "slow", what, "make it shorter");
        }
        node.items().iter().take(LIST_MAX).filter_map(|item| self.text(item)).collect()
    }

    pub(crate) fn unknown_key(&mut self, at: Position, key: &str, known: &str) {
        let what = format!("unknown key {key:?}");
        self.report.error(at, "unknown-key", what, format!("known are {known}"));
    }
}

#[cfg(test)]
mod tests;
