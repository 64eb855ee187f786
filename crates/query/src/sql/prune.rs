//! Cheap conditions that every event that can be found meets, so that most need not be read.
//!
//! The detection engine finds its candidates alike: by what a log source demands, and by texts
//! without which a rule cannot match. Here the texts are looked for in the whole JSON of the
//! event, where an escape (`\u0041`) or a letter that folds to ASCII (`ſ`, the Kelvin sign, `İ`)
//! might hide one: an event with any of these stays.

use super::compile::{Compiler, joined, log_source, source_of};
use super::member::is_cut;
use super::{Condition, Param};
use crate::field::Field;
use crate::{Expr, Leaf};
use detect::keys;
use mapping::{Decision, Key, Path, Tables};
use sigma::{Matcher, Part, Pattern};

/// How many texts one search may look for.
const TEXTS_MAX: usize = 200;
/// A text shorter than this is in too many events.
const TEXT_BYTES_MIN: usize = 3;
/// How many searches are told apart in [`candidates`]; with more, only their log sources are.
const SEARCHES_MAX: usize = 40;
/// Characters beyond ASCII that fold to ASCII, whole or in part.
const FOLD_TO_ASCII: [&str; 3] = ["ſ", "\u{212a}", "\u{130}"];
/// A JSON escape of a character by its number.
const ESCAPE: &str = r"(^|[^\\])(\\\\)*\\u";

/// Texts of which every event that is found has one.
struct Needles {
    texts: Vec<String>,
    /// They may stand in the columns that are cut out of `rest`.
    whole: bool,
}

impl Needles {
    fn shortest(&self) -> usize {
        self.texts.iter().map(String::len).min().unwrap_or(0)
    }
}

/// A condition that holds for every event that any of `exprs` finds, and for others: what a hunt
/// reads. It says nothing that depends on how ClickHouse reads JSON.
pub fn candidates<'e>(
    exprs: impl IntoIterator<Item = &'e Expr>,
    tables: &Tables,
    now_ms: i64,
) -> Condition {
    let exprs: Vec<&Expr> = exprs.into_iter().collect();
    let mut compiler = Compiler::new(tables, now_ms);
    let many = exprs.len() > SEARCHES_MAX;
    let mut parts: Vec<String> = Vec::new();
    for expr in exprs {
        let mut conditions = compiler.hints(expr);
        if !many {
            conditions.extend(compiler.texts_demanded(expr));
        }
        let part = joined(conditions, " AND ", "1", "0");
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let whole = joined(parts, " OR ", "0", "1");
    compiler.finish(Vec::new(), vec![whole])
}

impl Compiler<'_> {
    /// The conditions for one search.
    pub(super) fn prunes(&mut self, expr: &Expr) -> Vec<String> {
        let mut parts = self.hints(expr);
        parts.extend(self.texts_demanded(expr));
        parts
    }

    /// Columns that the log sources around the whole demand.
    fn hints(&mut self, expr: &Expr) -> Vec<String> {
        let mut found = Vec::new();
        for part in expr.conjuncts() {
            let Expr::Leaf(Leaf::Source(source)) = part else { continue };
            let hints = self.tables.hints(&log_source(source));
            let mut ways = Vec::new();
            for hint in hints {
                let keys: Vec<String> =
                    hint.into_iter().filter_map(|(key, values)| self.hint(key, values)).collect();
                ways.push(joined(keys, " AND ", "1", "0"));
            }
            found.push(joined(ways, " OR ", "0", "1"));
        }
        found
    }

    /// A key has a column that holds its text, or nothing where it is no text.
    fn hint(&mut self, key: Key, mut values: Vec<String>) -> Option<String> {
        let column = match key {
            Key::LogName => "log_name",
            Key::EventCode => {
                // A number in JSON leaves the column empty.
                values.push(String::new());
                "event_code"
            }
            Key::LogSource => "source",
            Key::ClassUid => {
                let numbers: Option<Vec<u32>> = values.iter().map(|v| v.parse().ok()).collect();
                let numbers = numbers?.iter().map(u32::to_string).collect::<Vec<_>>();
                return Some(format!("class_uid IN ({})", numbers.join(", ")));
            }
            Key::LogProvider => return None,
        };
        let values = self.param(Param::Texts(values));
        Some(format!("{column} IN {values}"))
    }

    /// The best of the texts that the search demands.
    fn texts_demanded(&mut self, expr: &Expr) -> Option<String> {
        let around = self.source.clone();
        self.source = source_of(&expr.conjuncts());
        let needles = self.needles(expr);
        self.source = around;
        let Needles { texts, whole } = needles?;
        let json = match whole {
            true => r"concat(rest, '\n', message, '\n', raw)",
            false => "rest",
        };
        let folding = FOLD_TO_ASCII.map(str::to_owned);
        let texts = self.param(Param::Texts(texts.into_iter().chain(folding).collect()));
        let escape = self.text(ESCAPE);
        Some(format!("(multiSearchAny(lower({json}), {texts}) OR match({json}, {escape}))"))
    }

    fn needles(&self, expr: &Expr) -> Option<Needles> {
        match expr {
            Expr::All(parts) => {
                let found = parts.iter().filter_map(|part| self.needles(part));
                found.max_by_key(|n| (n.shortest().min(8), usize::MAX - n.texts.len()))
            }
            Expr::Any(parts) | Expr::AtLeast(1.., parts) => {
                let mut all = Needles { texts: Vec::new(), whole: false };
                for part in parts {
                    let mut needles = self.needles(part)?;
                    all.texts.append(&mut needles.texts);
                    all.whole |= needles.whole;
                }
                all.texts.sort();
                all.texts.dedup();
                let some = !all.texts.is_empty() && all.texts.len() <= TEXTS_MAX;
                some.then_some(all)
            }
            Expr::Leaf(Leaf::Field(field, matcher)) => {
                let texts = demanded(matcher)?;
                Some(Needles { texts, whole: self.is_whole(field)? })
            }
            Expr::AtLeast(0, _) | Expr::Not(_) | Expr::Leaf(_) => None,
        }
    }

    /// Whether a field's value may stand outside of `rest`; `None` for a column, which is cheaper.
    fn is_whole(&self, field: &Field) -> Option<bool> {
        let paths = match field {
            Field::Any => return Some(true),
            Field::Column(_) => return None,
            Field::Ocsf(path) => vec![Path::ocsf(path)],
            Field::Sigma(name) => {
                let mut paths = Vec::new();
                every(&self.tables.places(name, self.source.as_ref()), &mut paths);
                paths
            }
        };
        Some(paths.iter().flat_map(keys).any(|keys| is_cut(&keys)))
    }
}

fn every(places: &Decision<Vec<Path>>, found: &mut Vec<Path>) {
    match places {
        Decision::Is(paths) => found.extend(paths.iter().cloned()),
        Decision::By { cases, otherwise, .. } => {
            cases.iter().for_each(|(_, case)| every(case, found));
            every(otherwise, found);
        }
    }
}

/// Folded texts of which the JSON of every value that does what is asked has one.
fn demanded(matcher: &Matcher) -> Option<Vec<String>> {
    let texts = match matcher {
        Matcher::Text { pattern, cased } => {
            let pattern = if *cased { pattern.folded() } else { pattern.clone() };
            vec![longest(&pattern)?]
        }
        Matcher::Regex(regex) => {
            let texts = detect::demanded_texts(regex.source())?;
            texts.iter().map(|text| longest(&Pattern::literal(text))).collect::<Option<_>>()?
        }
        _ => return None,
    };
    Some(texts)
}

/// The longest piece that JSON writes as it is.
fn longest(pattern: &Pattern) -> Option<String> {
    let plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !"\"\\/".contains(c);
    let texts = pattern.parts().iter().filter_map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Any | Part::One => None,
    });
    let pieces = texts.flat_map(|text| text.split(|c| !plain(c)));
    pieces.filter(|piece| piece.len() >= TEXT_BYTES_MIN).max_by_key(|p| p.len()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_piece_that_json_leaves_alone() {
        for (pattern, expected) in [
            (r"*\\powershell.exe", Some("powershell.exe")),
            ("*ab*cde*", Some("cde")),
            (r"*a\\b\\c*", None),
            ("say \"hello\" to", Some("hello")),
            ("*লগইন*", None),
            ("a/b/http", Some("http")),
        ] {
            assert_eq!(longest(&Pattern::parse(pattern)).as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn a_negated_test_demands_nothing() {
        let tables = Tables::builtin().unwrap();
        let compiler = Compiler::new(&tables, 0);
        let texts = |text: &str| {
            let query = crate::parse(text, &tables).unwrap();
            compiler.needles(&query.expr).map(|needles| (needles.texts, needles.whole))
        };
        let some =
            |texts: &[&str], whole| Some((texts.iter().map(|t| (*t).to_owned()).collect(), whole));
        for (text, expected) in [
            ("CommandLine:*mimikatz*", some(&["mimikatz"], false)),
            ("NOT CommandLine:*mimikatz*", None),
            ("CommandLine:*mimikatz* OR NOT Image:*x.exe", None),
            ("CommandLine:*abc* Image:*longer*", some(&["longer"], false)),
            ("CommandLine:*abc* OR any:*xyz*", some(&["abc", "xyz"], true)),
            ("CommandLine:*abc* OR host:x", None),
            ("CommandLine:/Inv[o0]ke-Web/i", some(&["ke-web"], false)),
        ] {
            assert_eq!(texts(text), expected, "{text}");
        }
    }
}
