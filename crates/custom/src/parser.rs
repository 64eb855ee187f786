//! One parser at work: which lines are its own, and what it makes of them.

use crate::field::{Field, Fixed, Target};
use crate::pattern::{Kind, Pattern};
use crate::split::{Columns, Fields, Pairs, json};
use bumpalo::collections::Vec as ArenaVec;
use ocsf::{Event, Path, Value};
use parse::{Cx, Unread};
use std::collections::HashMap;

pub(crate) use crate::pattern::Work;

/// How much of a message patterns look at; a text behind it belongs to no known form.
const PATTERN_BYTES_MAX: usize = 64 * 1024;

/// A parser, ready for use.
#[derive(Debug)]
pub struct Parser {
    /// Its name, which a collector's `source` may give.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// `name/version`, as events carry it.
    pub label: &'static str,
    /// `metadata.log_source` of its events.
    pub source: String,
    pub(crate) vendor: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) when: When,
    pub(crate) level: Level,
    pub(crate) shape: Shape,
    pub(crate) forms: Vec<Form>,
    /// What holds where no form's condition does.
    pub(crate) rest: Option<Body>,
}

/// Which lines are its own.
#[derive(Debug, Default)]
pub(crate) struct When {
    pub(crate) hints: Vec<String>,
    /// Names of programs; a `*` at the end stands for anything.
    pub(crate) programs: Vec<String>,
    /// Any of these must stand in the text.
    pub(crate) contains: Vec<String>,
    /// Any of these must begin it.
    pub(crate) begins: Vec<String>,
    /// Only lines whose hint names it.
    pub(crate) hinted_only: bool,
}

/// What of a line is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Message,
    Record,
}

/// How a line is taken apart.
#[derive(Debug)]
pub(crate) enum Shape {
    Pattern,
    Pairs(Pairs),
    Columns(Columns),
    Json,
}

/// One form of its lines.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) pattern: Option<Pattern>,
    /// Fields and the values of which each must have one.
    pub(crate) conditions: Vec<(String, Vec<String>)>,
    pub(crate) body: Body,
}

/// What is set, and where fields go.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) class: u32,
    pub(crate) set: Vec<(Target, Fixed)>,
    pub(crate) fields: HashMap<String, Field>,
}

impl When {
    /// Whether a program's name is one of those that are asked for; any is where none is.
    fn is_program(&self, program: Option<&str>) -> bool {
        if self.programs.is_empty() {
            return true;
        }
        let Some(program) = program else { return false };
        let base = program.rsplit('/').next().unwrap_or(program);
        self.programs.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(head) => base.starts_with(head) || program.starts_with(head),
            None => base == wanted || program == wanted,
        })
    }

    fn fits(&self, text: &str, program: Option<&str>, work: &mut Work) -> bool {
        let stands =
            |marker: &String| memchr::memmem::find(text.as_bytes(), marker.as_bytes()).is_some();
        work.spend(text.len() * self.contains.len());
        self.is_program(program)
            && (self.begins.is_empty() || self.begins.iter().any(|b| text.starts_with(b.as_str())))
            && (self.contains.is_empty() || self.contains.iter().any(stands))
    }
}

impl Parser {
    /// Reads a line that is its own; `false` where it is not, and then the event is as it was.
    /// `hinted`: the collector's configuration says that it is.
    pub(crate) fn read<'a>(
        &'a self,
        unread: Unread<'a>,
        hinted: bool,
        cx: &Cx<'a>,
        event: &mut Event<'a>,
        work: &mut Work,
    ) -> bool {
        let text = match self.level {
            Level::Message => Some(unread.message),
            Level::Record => unread.record,
        };
        let Some(text) = text.map(str::trim) else { return false };
        if !hinted && (self.when.hinted_only || !self.when.fits(text, unread.program, work)) {
            return false;
        }
        let Some((body, fields)) = self.take_apart(text, cx, work) else { return false };
        if self.level == Level::Record {
            // What a header's reader saw in it was a guess.
            event.clear();
        }
        self.fill(text, body, &fields, cx, event);
        true
    }

    /// The fields of a line, and the form that it has.
    fn take_apart<'a>(
        &'a self,
        text: &'a str,
        cx: &Cx<'a>,
        work: &mut Work,
    ) -> Option<(&'a Body, Fields<'a>)> {
        let mut fields = Fields::new_in(cx.arena);
        let read = match &self.shape {
            Shape::Pattern => return self.by_pattern(text, cx, work),
            Shape::Pairs(pairs) => {
                pairs.read(text, &mut fields);
                !fields.is_empty()
            }
            Shape::Columns(columns) => columns.read(text, cx.arena, &mut fields),
            Shape::Json => json(text, cx.arena, &mut fields),
        };
        work.spend(text.len());
        if !read {
            return None;
        }
        let form = self.forms.iter().find(|form| form.holds(&fields, cx));
        Some((form.map(|form| &form.body).or(self.rest.as_ref())?, fields))
    }

    fn by_pattern<'a>(
        &'a self,
        text: &'a str,
        cx: &Cx<'a>,
        work: &mut Work,
    ) -> Option<(&'a Body, Fields<'a>)> {
        if text.len() > PATTERN_BYTES_MAX {
            return None;
        }
        let mut slots = ArenaVec::new_in(cx.arena);
        for form in &self.forms {
            let Some(pattern) = &form.pattern else { continue };
            slots.resize(pattern.captures.len(), None);
            if !work.left() {
                return None;
            }
            if !pattern.fits(text, &mut slots, work) {
                continue;
            }
            let mut fields = Fields::new_in(cx.arena);
            for (named, taken) in pattern.captures.iter().zip(&slots) {
                match (taken, &named.kind) {
                    (Some(taken), Kind::Pairs) => Pairs::default().read(taken, &mut fields),
                    (Some(taken), _) => fields.push((named.name.as_str(), Value::Str(taken))),
                    (None, _) => {}
                }
            }
            if form.holds(&fields, cx) {
                return Some((&form.body, fields));
            }
        }
        None
    }

    fn fill<'a>(
        &'a self,
        text: &'a str,
        body: &'a Body,
        fields: &Fields<'a>,
        cx: &Cx<'a>,
        event: &mut Event<'a>,
    ) {
        event.parser = self.label;
        event.set(Path::METADATA_LOG_SOURCE, self.source.as_str());
        if let Some(vendor) = &self.vendor {
            event.set(Path::METADATA_PRODUCT_VENDOR_NAME, vendor.as_str());
        }
        if let Some(product) = &self.product {
            event.set(Path::METADATA_PRODUCT_NAME, product.as_str());
        }
        event.message = Some(text);
        event.kind(body.class, 0);
        for (name, value) in fields {
            match body.fields.get(*name) {
                Some(field) => field.apply(*value, cx, event),
                None => event.unmapped(name, *value),
            }
        }
        // What a line says wins over what the file says for all of them.
        for (target, fixed) in &body.set {
            let told = match target {
                Target::Path(path) => event.has(*path),
                Target::Activity => event.activity != 0,
                Target::Status => event.has(Path::STATUS_ID),
                Target::Severity => body.tells(Target::Severity, fields),
                Target::Message => body.tells(Target::Message, fields),
                Target::Time | Target::Unmapped => true,
            };
            if !told {
                fixed.apply(target, "set", event);
            }
        }
    }
}

impl Body {
    /// Whether a field of the line goes to `target`.
    fn tells(&self, target: Target, fields: &Fields<'_>) -> bool {
        let goes = |name: &str| self.fields.get(name).is_some_and(|f| f.targets.contains(&target));
        fields.iter().any(|(name, _)| goes(name))
    }
}

impl Form {
    fn holds<'a>(&self, fields: &Fields<'a>, cx: &Cx<'a>) -> bool {
        self.conditions.iter().all(|(name, wanted)| {
            let found = fields.iter().find(|(field, _)| field == name);
            found.is_some_and(|(_, value)| {
                let text = crate::field::text(*value, cx);
                wanted.iter().any(|wanted| is_like(text, wanted))
            })
        })
    }
}

/// Whether a text is as a condition asks; a `*` at either end stands for anything.
fn is_like(text: &str, wanted: &str) -> bool {
    match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        (Some(_), Some(_)) if wanted.len() > 1 => text.contains(&wanted[1..wanted.len() - 1]),
        (_, Some(head)) => text.starts_with(head),
        (Some(tail), None) => text.ends_with(tail),
        (None, None) => text == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn conditions() {
        for (text, wanted, expected) in [
            ("a", "a", true),
            ("a", "b", false),
            ("abc", "a*", true),
            ("abc", "*c", true),
            ("abc", "*b*", true),
            ("abc", "b*", false),
            ("abc", "*", true),
            ("", "*", true),
            ("abc", "**", true),
        ] {
            assert_eq!(is_like(text, wanted), expected, "{text} {wanted}");
        }
    }
}
