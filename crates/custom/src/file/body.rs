//! What a form sets and where its fields go, checked against the classes that we emit.

use super::{Reader, values};
use crate::field::{Convert, Field, Fixed, Target};
use crate::parser::{Body, Form, When};
use crate::pattern::{Kind, Named, Pattern};
use crate::time::Format;
use ocsf::{Class, Path};
use parse::Zone;
use std::collections::HashMap;
use yaml::{Entry, Node, Position};

/// `set` and `fields`, of the parser or of one form.
#[derive(Default, Clone, Copy)]
pub(super) struct Bodies<'n> {
    pub(super) set: Option<&'n Node>,
    pub(super) fields: Option<&'n Node>,
}

/// A condition: the field, its values, and where it is written.
pub(super) type Condition = (String, Vec<String>, Position);

/// The fields that a record may have.
pub(super) struct Known {
    pub(super) captures: Vec<Named>,
    /// Whether the record's own keys are fields too.
    pub(super) open: bool,
}

impl Known {
    pub(super) fn columns(names: &[String]) -> Self {
        let named = |name: &String| Named { name: name.clone(), kind: Kind::Text, at: 0 };
        Self { captures: names.iter().map(named).collect(), open: false }
    }

    fn find(&self, name: &str) -> Option<&Named> {
        self.captures.iter().find(|named| named.name == name)
    }
}

/// The attributes that classes which require them get without being told (`ocsf::complete`).
const FILLED: [&str; 5] = ["actor", "device", "src_endpoint", "direction_id", "entity"];

impl Reader {
    /// Joins what the parser and a form say; the form goes before.
    pub(super) fn body(
        &mut self,
        top: &Bodies<'_>,
        form: Option<&Bodies<'_>>,
        known: &Known,
    ) -> Body {
        let class = self.class(top, form);
        let mut body = Body { class: class.uid, set: Vec::new(), fields: HashMap::new() };
        let sets = form.and_then(|form| form.set).into_iter().chain(top.set);
        let mut told: Vec<&str> = Vec::new();
        for entry in sets.filter_map(|node| self.map(node)).flatten().collect::<Vec<_>>() {
            if entry.key == "class" || told.contains(&entry.key.as_str()) {
                continue;
            }
            told.push(&entry.key);
            if let Some(set) = self.set(entry, class) {
                body.set.push(set);
            }
        }
        let own = form.and_then(|form| form.fields).into_iter();
        let fields =
            own.map(|node| (node, false)).chain(top.fields.map(|node| (node, form.is_some())));
        for (node, shared) in fields {
            for entry in self.map(node).unwrap_or_default() {
                let capture = known.find(&entry.key);
                if body.fields.contains_key(&entry.key) {
                    continue;
                }
                if capture.is_none() && !known.open {
                    // What a parser says for all its forms is about any of them.
                    if !shared {
                        self.not_captured(entry, known);
                    }
                    continue;
                }
                if let Some(field) = self.field(entry, capture, class) {
                    body.fields.insert(entry.key.clone(), field);
                }
            }
        }
        self.check_required(top, form, class, &body);
        body
    }

    fn not_captured(&mut self, entry: &Entry, known: &Known) {
        let names: Vec<&str> = known.captures.iter().map(|named| named.name.as_str()).collect();
        let what = format!("nothing is captured as {:?}", entry.key);
        self.report.error(
            entry.at,
            "unknown-capture",
            what,
            format!("there are {}", names.join(", ")),
        );
    }

    /// What a parser says for all its forms must be about one of them at least.
    pub(super) fn check_shared(&mut self, top: &Bodies<'_>, forms: &[Form]) {
        let patterns = || forms.iter().filter_map(|form| form.pattern.as_ref());
        let captures = || patterns().flat_map(|pattern| &pattern.captures);
        if patterns().next().is_none() || captures().any(|named| named.kind == Kind::Pairs) {
            return;
        }
        for entry in top.fields.and_then(Node::as_map).unwrap_or_default() {
            if !captures().any(|named| named.name == entry.key) {
                let known = Known { captures: captures().cloned().collect(), open: false };
                self.not_captured(entry, &known);
            }
        }
    }

    /// The class of a form, of its own or of the parser.
    fn class(&mut self, top: &Bodies<'_>, form: Option<&Bodies<'_>>) -> &'static Class {
        let get = |bodies: &Bodies<'_>| bodies.set.and_then(|set| set.get("class")).cloned();
        let node = form.and_then(get).or_else(|| get(top));
        let Some(node) = node else { return Class::of(0) };
        let text = node.as_str().unwrap_or_default();
        values::class(text).unwrap_or_else(|| {
            let mend = format!("known are {}", values::classes());
            self.report.error(node.at, "unknown-class", format!("unknown class {text:?}"), mend);
            Class::of(0)
        })
    }

    fn set(&mut self, entry: &Entry, class: &'static Class) -> Option<(Target, Fixed)> {
        let target = self.target(&entry.key, entry.at, class)?;
        if matches!(target, Target::Time | Target::Unmapped) {
            let what = format!("{:?} cannot be set", entry.key);
            self.report.error(entry.at, "unknown-path", what, "set an attribute, or use `fields`");
            return None;
        }
        let fixed = self.fixed(&entry.value, &target, class)?;
        Some((target, fixed))
    }

    /// A value as the file writes it, of the kind that a target needs.
    fn fixed(&mut self, node: &Node, target: &Target, class: &'static Class) -> Option<Fixed> {
        let text = self.text(node)?;
        values::fixed(&text, target, class)
            .map_err(|(what, mend)| {
                self.report.error(node.at, "unknown-value", what, mend);
            })
            .ok()
    }

    fn target(&mut self, text: &str, at: Position, class: &'static Class) -> Option<Target> {
        Some(match text {
            "time" => Target::Time,
            "message" => Target::Message,
            "activity" => Target::Activity,
            "status" => Target::Status,
            "severity" => Target::Severity,
            "unmapped" => Target::Unmapped,
            path => {
                let Some(path) = Path::lookup(path) else {
                    let what = format!("{text:?} is no attribute that we emit");
                    self.report.error(at, "unknown-path", what, values::near(text));
                    return None;
                };
                if !class.allows(path)
                    && values::actor_of(path).is_none_or(|path| !class.allows(path))
                {
                    let what = format!("{} ({}) has no {text:?}", class.caption, class.uid);
                    let mend =
                        "choose another class or attribute; without one it stays in unmapped";
                    self.report.error(at, "class-attribute", what, mend);
                    return None;
                }
                Target::Path(path)
            }
        })
    }

    fn field(
        &mut self,
        entry: &Entry,
        capture: Option<&Named>,
        class: &'static Class,
    ) -> Option<Field> {
        let node = &entry.value;
        let mut field = Field {
            name: entry.key.clone(),
            targets: Vec::new(),
            convert: Convert::Text,
            map: HashMap::new(),
            other: None,
        };
        let (mut to, mut convert, mut map, mut other) = (None, None, None, None);
        let (mut format, mut zone) = (None, None);
        match node.as_map() {
            None => to = Some(node),
            Some(entries) => {
                for entry in entries {
                    let value = Some(&entry.value);
                    match entry.key.as_str() {
                        "to" => to = value,
                        "as" => convert = value,
                        "map" => map = value,
                        "else" => other = value,
                        "format" => format = value,
                        "zone" => zone = value,
                        key => self.unknown_key(entry.at, key, "to, as, map, else, format, zone"),
                    }
                }
            }
        }
        let Some(to) = to else {
            let mend = "add `to: user.name`, or `to: unmapped`";
            self.report.error(node.at, "unknown-path", "the field goes nowhere", mend);
            return None;
        };
        for target in to.items() {
            let text = self.text(target)?;
            field.targets.push(self.target(&text, target.at, class)?);
        }
        let format = self.format(format, capture);
        let zone = self.zone(zone);
        field.convert = self.convert(convert, &field.targets, capture, format, zone)?;
        let first = field.targets.first()?.clone();
        for entry in map.and_then(|map| self.map(map)).unwrap_or_default() {
            let fixed = self.fixed(&entry.value, &first, class)?;
            field.map.insert(entry.key.clone(), fixed);
        }
        field.other = match other {
            Some(other) => Some(self.fixed(other, &first, class)?),
            None => None,
        };
        self.check_field(&field, to.at);
        Some(field)
    }

    fn format(&mut self, node: Option<&Node>, capture: Option<&Named>) -> Format {
        match (node, capture.map(|named| &named.kind)) {
            (Some(node), _) => {
                let text = self.text(node).unwrap_or_default();
                Format::new(&text).unwrap_or_else(|(what, mend)| {
                    self.report.error(node.at, "format", what, mend);
                    Format::Any
                })
            }
            (None, Some(Kind::Time(format))) => format.clone(),
            _ => Format::Any,
        }
    }

    fn zone(&mut self, node: Option<&Node>) -> Option<Zone> {
        let name = node.and_then(Node::as_str)?;
        let zone = if name == "UTC" { Some(Zone::UTC) } else { Zone::named(name) };
        if zone.is_none() {
            let at = node.map_or(Position::default(), |node| node.at);
            let mend = "use an IANA name such as Asia/Dhaka";
            self.report.error(at, "zone", format!("unknown time zone {name:?}"), mend);
        }
        zone
    }

    fn convert(
        &mut self,
        node: Option<&Node>,
        targets: &[Target],
        capture: Option<&Named>,
        format: Format,
        zone: Option<Zone>,
    ) -> Option<Convert> {
        let time = Convert::Time { format, zone };
        if let Some(node) = node {
            return match self.text(node)?.as_str() {
                "text" => Some(Convert::Text),
                "lower" => Some(Convert::Lower),
                "int" => Some(Convert::Int),
                "float" => Some(Convert::Float),
                "bool" => Some(Convert::Bool),
                "ip" => Some(Convert::Ip),
                "hash" => Some(Convert::Hash),
                "time" => Some(time),
                other => {
                    let known = "known are text, lower, int, float, bool, ip, hash, time";
                    self.report.error(
                        node.at,
                        "wrong-type",
                        format!("unknown type {other:?}"),
                        known,
                    );
                    None
                }
            };
        }
        Some(match (targets.first(), capture.map(|named| &named.kind)) {
            (Some(Target::Time), _) | (_, Some(Kind::Time(_))) => time,
            (_, Some(Kind::Int)) => Convert::Int,
            (_, Some(Kind::Float)) => Convert::Float,
            (_, Some(Kind::Ip)) => Convert::Ip,
            (Some(Target::Path(path)), _) => Convert::of_kind(path.kind()),
            _ => Convert::Text,
        })
    }

    /// The value must be of the kind that the attribute is.
    fn check_field(&mut self, field: &Field, at: Position) {
        for target in &field.targets {
            match target {
                Target::Path(path) if field.map.is_empty() && !field.convert.fits(path.kind()) => {
                    let what = format!(
                        "{} is {}, and {:?} makes {}",
                        path.text(),
                        values::kind(path.kind()),
                        field.name,
                        field.convert.name()
                    );
                    let mend = match Convert::of_kind(path.kind()).name() {
                        "text" => "choose another attribute".to_owned(),
                        name => format!("add `as: {name}`, or capture it as `:{name}`"),
                    };
                    self.report.error(at, "wrong-type", what, mend);
                }
                Target::Time if !matches!(field.convert, Convert::Time { .. }) => {
                    let what = format!("time is a time, and {:?} is none", field.name);
                    self.report.error(at, "wrong-type", what, "add `as: time`");
                }
                Target::Activity | Target::Status | Target::Severity if field.map.is_empty() => {
                    let what = format!("no value of {:?} is mapped", field.name);
                    self.report.error(at, "wrong-type", what, "add `map: {theirs: ours}`");
                }
                _ => {}
            }
        }
    }

    /// An event that lacks what its class requires becomes one of another class.
    fn check_required(
        &mut self,
        top: &Bodies<'_>,
        form: Option<&Bodies<'_>>,
        class: &'static Class,
        body: &Body,
    ) {
        if !self.report.is_good() {
            // What sets it may be what is wrong.
            return;
        }
        let at = form.and_then(|form| form.set).or(top.set).map(|node| node.at);
        let targets = body.set.iter().map(|(target, _)| target);
        let targets = targets.chain(body.fields.values().flat_map(|field| &field.targets));
        let paths: Vec<&str> = targets
            .filter_map(|target| match target {
                Target::Path(path) => Some(path.text()),
                _ => None,
            })
            .collect();
        let has = |name: &str| {
            let within = |text: &str| text.split(['.', '[']).next() == Some(name);
            paths.iter().any(|path| within(path))
        };
        for attribute in class.required.iter().filter(|a| !FILLED.contains(&a.name) && !has(a.name))
        {
            let what =
                format!("{} requires {:?}, which nothing sets", class.caption, attribute.name);
            let mend = "map a field to it, or the event becomes one of another class";
            self.report.warning(at.unwrap_or_default(), "required", what, mend);
        }
        let network = class.category_uid == 4 && class.uid != ocsf::class::EMAIL;
        if network && !has("src_endpoint") && !has("dst_endpoint") {
            let what = format!("{} needs one of its ends", class.caption);
            let mend = "map a field to src_endpoint.ip or dst_endpoint.ip";
            self.report.warning(at.unwrap_or_default(), "required", what, mend);
        }
    }

    /// Captures that nothing names go to `unmapped`, which should be said.
    pub(super) fn check_captures(
        &mut self,
        pattern: Option<&Pattern>,
        node: &Node,
        top: &Bodies<'_>,
        form: Option<(&Bodies<'_>, &[Condition])>,
    ) {
        let mapped = |bodies: &Bodies<'_>, name: &str| {
            bodies.fields.is_some_and(|fields| fields.get(name).is_some())
        };
        for named in pattern.map(|pattern| pattern.captures.as_slice()).unwrap_or_default() {
            let name = named.name.as_str();
            let asked = form.is_some_and(|(form, conditions)| {
                mapped(form, name) || conditions.iter().any(|(field, ..)| field == name)
            });
            if !asked && !mapped(top, name) && named.kind != Kind::Pairs {
                let what = format!("nothing uses the capture {name:?}");
                let mend = format!("add `{name}: unmapped` to `fields`, or write `{{_}}`");
                self.report.warning(super::within(node, named.at), "unused-capture", what, mend);
            }
        }
    }

    /// A condition must be about what is captured, and about a value that can be.
    pub(super) fn check_conditions(&mut self, pattern: Option<&Pattern>, conditions: &[Condition]) {
        let Some(pattern) = pattern else { return };
        let open = pattern.captures.iter().any(|named| named.kind == Kind::Pairs);
        for (name, wanted, at) in conditions {
            match pattern.captures.iter().find(|named| named.name == *name) {
                None if !open => {
                    let what = format!("nothing is captured as {name:?}");
                    self.report.error(
                        *at,
                        "unknown-capture",
                        what,
                        "name a capture of the pattern",
                    );
                }
                Some(Named { kind: Kind::Int, .. })
                    if !wanted.iter().any(|v| v.contains('*') || v.parse::<i64>().is_ok()) =>
                {
                    let what = format!("{name:?} is a number, and none is asked for");
                    self.report.error(*at, "never", what, "ask for numbers");
                }
                _ => {}
            }
        }
    }

    /// An earlier form that fits the same lines, and whatever they hold, leaves none.
    pub(super) fn check_reached(
        &mut self,
        node: &Node,
        form: &Form,
        seen: &mut Vec<(String, bool)>,
    ) {
        let Some(pattern) = &form.pattern else { return };
        let shape = pattern.shape();
        if seen.iter().any(|(other, takes_all)| *takes_all || *other == shape) {
            let what = "no line comes to this form: an earlier one takes them all";
            self.report.error(node.at, "never", what, "put the more exact form first");
        }
        if form.conditions.is_empty() {
            seen.push((shape, pattern.takes_all()));
        }
    }

    /// A pattern that begins otherwise than all lines do never fits.
    pub(super) fn check_beginnings(&mut self, when: &When, forms: &[Form], at: Position) {
        if when.begins.is_empty() {
            return;
        }
        for pattern in forms.iter().filter_map(|form| form.pattern.as_ref()) {
            let prefix = pattern.prefix();
            let meets =
                |begins: &String| begins.starts_with(prefix) || prefix.starts_with(begins.as_str());
            if !prefix.is_empty() && !when.begins.iter().any(meets) {
                let what = format!("a pattern begins with {prefix:?}, and no line does");
                self.report.error(at, "never", what, "mend `begins`, or the pattern");
            }
        }
    }
}
