//! The values of a field: from the columns, and from `rest`, the event's JSON without them.
//!
//! Values are arrays of JSON texts, as the engine's `collect` finds them: several where arrays are
//! on the way, none where the field is absent, `null` for a null and for an empty array.

use super::compile::Compiler;
use crate::field::Field;
use detect::{KEYWORDS_EXCEPT, UNMAPPED, keys};
use mapping::{Decision, Path};

/// How deep keywords are looked for; an event that is deeper is kept for the engine.
const KEYWORD_LEVELS: usize = 8;

/// The event's own members: its JSON is read once for all fields.
const ROOT: (&str, &str) = ("root", "JSONExtractKeysAndValuesRaw(rest)");
/// Functions of SQL's own making, each on the ones before it.
const FLAT: (&str, &str) = (
    "elements",
    "xs -> arrayFlatten(arrayMap(x -> multiIf(x = '[]', ['null'], startsWith(x, '['), JSONExtractArrayRaw(x), [x]), \
     arrayFlatten(arrayMap(x -> multiIf(x = '[]', ['null'], startsWith(x, '['), JSONExtractArrayRaw(x), [x]), xs))))",
);
const MEMBER: (&str, &str) = (
    "member",
    "(xs, k) -> arrayFlatten(arrayMap(x -> arrayMap(m -> m.2, arrayFilter(m -> m.1 = k, \
     JSONExtractKeysAndValuesRaw(x))), elements(xs)))",
);
const BARE_MEMBER: (&str, &str) = (
    "bare_member",
    "(xs, k) -> arrayFlatten(arrayMap(x -> arrayMap(m -> m.2, arrayFilter(m -> replaceAll(m.1, ' ', '') = k, \
     JSONExtractKeysAndValuesRaw(x))), elements(xs)))",
);
const CHILDREN: (&str, &str) = (
    "children",
    "xs -> arrayFlatten(arrayMap(x -> multiIf(startsWith(x, '{'), arrayMap(m -> m.2, JSONExtractKeysAndValuesRaw(x)), \
     startsWith(x, '['), JSONExtractArrayRaw(x), []), xs))",
);
const TEXTS: (&str, &str) =
    ("texts", "xs -> arrayMap(x -> JSONExtractString(x), arrayFilter(x -> x != 'null', xs))");
/// Case, as crate `sigma` folds it.
const FOLD: (&str, &str) =
    ("fold", "x -> replaceAll(replaceAll(lowerUTF8(x), 'ς', 'σ'), 'ſ', 's')");

impl Compiler<'_> {
    fn function(&mut self, (name, body): (&str, &str)) {
        self.define(name, body);
    }

    /// The values of a field, as the name of an array of JSON texts.
    pub(super) fn values(&mut self, field: &Field) -> String {
        match field {
            Field::Any => self.keywords(),
            Field::Ocsf(path) => self.first_present(&[Path::ocsf(path)]),
            Field::Sigma(name) => {
                let places = self.tables.places(name, self.source.as_ref());
                let values = self.placed(&places);
                self.alias(values)
            }
            Field::Column(column) => self.first_present(&[Path::ocsf(column.path())]),
        }
    }

    /// Their texts; null has none.
    pub(super) fn texts(&mut self, values: &str) -> String {
        self.function(TEXTS);
        self.alias(format!("texts({values})"))
    }

    /// Their texts, folded.
    pub(super) fn folded(&mut self, values: &str) -> String {
        let texts = self.texts(values);
        self.function(FOLD);
        self.alias(format!("arrayMap(x -> fold(x), {texts})"))
    }

    /// One text, folded.
    pub(super) fn fold(&mut self, text: &str) -> String {
        self.function(FOLD);
        self.alias(format!("fold({text})"))
    }

    fn placed(&mut self, places: &Decision<Vec<Path>>) -> String {
        match places {
            Decision::Is(paths) => self.first_present(paths),
            Decision::By { key, cases, otherwise } => {
                let mut branches = String::new();
                for (values, case) in cases {
                    let case = self.placed(case);
                    let is = self.key_is(*key, values);
                    branches.push_str(&format!("{is}, {case}, "));
                }
                let otherwise = self.placed(otherwise);
                format!("multiIf({branches}{otherwise})")
            }
        }
    }

    /// The first of the paths, in each of the ways to split it, that is present.
    fn first_present(&mut self, paths: &[Path]) -> String {
        let mut places: Vec<String> = Vec::new();
        for keys in paths.iter().flat_map(keys) {
            let place = self.place(&keys);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let Some((last, first)) = places.split_last() else { return "[]".into() };
        let first: String = first.iter().map(|p| format!("notEmpty({p}), {p}, ")).collect();
        match first.is_empty() {
            true => last.clone(),
            false => self.alias(format!("multiIf({first}{last})")),
        }
    }

    /// The values at these keys.
    fn place(&mut self, keys: &[String]) -> String {
        self.function(FLAT);
        self.function(MEMBER);
        let (mut at, mut bare) = (String::new(), false);
        for (depth, key) in keys.iter().enumerate() {
            let name = self.text(key);
            let function = match bare {
                true => {
                    self.function(BARE_MEMBER);
                    BARE_MEMBER.0
                }
                false => MEMBER.0,
            };
            let member = match depth {
                0 => {
                    self.function(ROOT);
                    format!("arrayMap(m -> m.2, arrayFilter(m -> m.1 = {name}, {}))", ROOT.0)
                }
                _ => format!("{function}({at}, {name})"),
            };
            at = match cut(&keys[..=depth]) {
                Some((present, value)) => self.alias(format!("if({present}, [{value}], {member})")),
                None => self.alias(member),
            };
            bare |= key == UNMAPPED;
        }
        self.alias(format!("elements({at})"))
    }

    /// Every value that keywords look into.
    fn keywords(&mut self) -> String {
        let levels = self.keyword_levels();
        let all = levels[..KEYWORD_LEVELS].join(", ");
        self.alias(format!(
            "arrayFilter(x -> NOT startsWith(x, '{{') AND NOT startsWith(x, '['), arrayConcat({all}))"
        ))
    }

    /// Whether the event has values deeper than keywords are looked for.
    pub(super) fn deeper(&mut self) -> String {
        let levels = self.keyword_levels();
        format!("notEmpty({})", levels[KEYWORD_LEVELS])
    }

    fn keyword_levels(&mut self) -> Vec<String> {
        self.function(CHILDREN);
        self.function(ROOT);
        let except: Vec<String> = KEYWORDS_EXCEPT.iter().map(|key| format!("'{key}'")).collect();
        let first = format!(
            "arrayConcat(if(message = '', [], [toJSONString(message)]), if(raw = '', [], [toJSONString(raw)]), \
             arrayMap(m -> m.2, arrayFilter(m -> m.1 NOT IN ({}), root)))",
            except.join(", ")
        );
        let mut levels = vec![self.alias(first)];
        for level in 0..KEYWORD_LEVELS {
            let inner = format!("children({})", levels[level]);
            levels.push(self.alias(inner));
        }
        levels
    }
}

/// Members that stand in columns of their own instead of `rest`, where they are what they should
/// be: whether they do, and their JSON.
fn cut(keys: &[String]) -> Option<(&'static str, &'static str)> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    Some(match keys.as_slice() {
        ["message"] => ("message != ''", "toJSONString(message)"),
        ["raw_data"] => ("raw != ''", "toJSONString(raw)"),
        ["time"] => ("toUnixTimestamp64Milli(time) != 0", "toString(toUnixTimestamp64Milli(time))"),
        ["metadata", "uid"] => ("1", "concat('\"', lower(hex(uid)), '\"')"),
        ["metadata", "logged_time"] => (
            "toUnixTimestamp64Milli(logged_time) != 0",
            "toString(toUnixTimestamp64Milli(logged_time))",
        ),
        ["metadata", "processed_time"] => (
            "toUnixTimestamp64Milli(processed_time) != 0",
            "toString(toUnixTimestamp64Milli(processed_time))",
        ),
        _ => return None,
    })
}

/// Whether a path leads to a member that is not in `rest`.
pub(super) fn is_cut(keys: &[String]) -> bool {
    cut(keys).is_some()
}
