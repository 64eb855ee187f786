//! What is asked of one value, as SQL over the values of a field.

use super::Param;
use super::compile::{Bound, Compiler, joined, like};
use super::regex;
use crate::evaluate::address;
use crate::field::{Column, Kind};
use sigma::{Anchor, Comparison, Matcher, Network, Number, Part, Pattern};

/// How many texts `multiSearchAny` takes.
const SEARCH_TEXTS_MAX: usize = 250;
/// A number, blanks around it allowed, that a decimal of SQL holds exactly: up to 38 digits on
/// either side of the point, where an exponent has been applied too.
const PLAIN: &str =
    r"^ *[+-]?([0-9]{1,38}(\.[0-9]{0,38})?|[0-9]{1,18}(\.[0-9]{0,18})?[eE][+-]?1?[0-9]) *$";
/// Any text that the engine may take for a number.
const NUMBER: &str = r"^\s*[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\s*$";
/// Digits behind the point of SQL's decimals.
const SCALE: usize = 38;

/// Tests of one field, of which one must hold, by what they look at.
#[derive(Default)]
pub(super) struct Tests<'a> {
    /// Of folded texts: whole ones, parts, and the rest.
    whole: Vec<String>,
    parts: Vec<String>,
    folded: Vec<&'a Pattern>,
    /// Of texts as they are.
    plain: Vec<&'a Matcher>,
    /// Of JSON values.
    numbers: Vec<(&'a Number, &'a str)>,
}

impl<'a> Tests<'a> {
    pub(super) fn new(matchers: &[&'a Matcher]) -> Self {
        let mut tests = Self::default();
        for matcher in matchers {
            match matcher {
                Matcher::Text { pattern, cased: false } => match pattern.parts() {
                    [Part::Any, Part::Text(text), Part::Any] => tests.parts.push(text.clone()),
                    _ => match pattern.as_literal() {
                        Some(text) => tests.whole.push(text.to_owned()),
                        None => tests.folded.push(pattern),
                    },
                },
                Matcher::Equals(number, written) => tests.numbers.push((number, written)),
                other => tests.plain.push(other),
            }
        }
        tests
    }

    /// Whether one of the JSON texts in the array `values` does one of them.
    pub(super) fn sql(self, compiler: &mut Compiler<'_>, values: &str, bound: Bound) -> String {
        let mut found = Vec::new();
        if !self.whole.is_empty() {
            let folded = compiler.folded(values);
            let whole = compiler.param(Param::Texts(self.whole));
            found.push(format!("hasAny({folded}, {whole})"));
        }
        let mut folded_tests = Vec::new();
        if let [part] = self.parts.as_slice() {
            folded_tests.push(format!("position(x, {}) > 0", compiler.text(part)));
        } else {
            for parts in self.parts.chunks(SEARCH_TEXTS_MAX) {
                let parts = compiler.param(Param::Texts(parts.to_vec()));
                folded_tests.push(format!("multiSearchAny(x, {parts})"));
            }
        }
        folded_tests.extend(self.folded.iter().map(|pattern| pattern_sql(compiler, pattern, "x")));
        if !folded_tests.is_empty() {
            let folded = compiler.folded(values);
            found.push(exists(joined(folded_tests, " OR ", "0", "1"), &folded));
        }
        if !self.plain.is_empty() {
            let tests = self.plain.iter().map(|matcher| text_sql(compiler, matcher, "x", bound));
            let tests = joined(tests.collect(), " OR ", "0", "1");
            let texts = compiler.texts(values);
            found.push(exists(tests, &texts));
        }
        if !self.numbers.is_empty() {
            let mut tests = Vec::new();
            for (number, written) in self.numbers {
                let text = compiler.text(written);
                let same = format!("startsWith(x, '\"') AND JSONExtractString(x) = {text}");
                let equal = compare(compiler, Comparison::Equal, number, "x", bound);
                tests.push(format!("(({same}) OR (NOT startsWith(x, '\"') AND {equal}))"));
            }
            found.push(exists(joined(tests, " OR ", "0", "1"), values));
        }
        joined(found, " OR ", "0", "1")
    }
}

fn exists(test: String, array: &str) -> String {
    match test.as_str() {
        "0" => "0".into(),
        "1" => format!("notEmpty({array})"),
        test => format!("arrayExists(x -> {test}, {array})"),
    }
}

/// Whether the text `x` fits a pattern, both folded or neither.
fn pattern_sql(compiler: &mut Compiler<'_>, pattern: &Pattern, x: &str) -> String {
    match pattern.parts() {
        [] => format!("{x} = ''"),
        [Part::Any] => "1".into(),
        [Part::Text(text)] => format!("{x} = {}", compiler.text(text)),
        [Part::Text(text), Part::Any] => format!("startsWith({x}, {})", compiler.text(text)),
        [Part::Any, Part::Text(text)] => format!("endsWith({x}, {})", compiler.text(text)),
        [Part::Any, Part::Text(text), Part::Any] => {
            format!("position({x}, {}) > 0", compiler.text(text))
        }
        _ => format!("{x} LIKE {}", compiler.text(&like(pattern))),
    }
}

/// Whether the text `x`, as it is, does what is asked.
fn text_sql(compiler: &mut Compiler<'_>, matcher: &Matcher, x: &str, bound: Bound) -> String {
    match matcher {
        Matcher::Text { pattern, cased: true } => pattern_sql(compiler, pattern, x),
        Matcher::Text { pattern, cased: false } => {
            let folded = compiler.fold(x);
            pattern_sql(compiler, pattern, &folded)
        }
        Matcher::Regex(expression) => regex_sql(compiler, expression.source(), x, bound),
        Matcher::Network(network) => {
            let address = format!("toIPv6OrNull(splitByChar('%', {x})[1])");
            format!("ifNull({}, 0)", within(compiler, network, &address))
        }
        Matcher::Compare(comparison, number) => compare(compiler, *comparison, number, x, bound),
        Matcher::Equals(_, written) => format!("{x} = {}", compiler.text(written)),
        Matcher::Date(..) => {
            compiler.notes.insert("parts of dates (minute to year) are left to the engine".into());
            bound.guess().into()
        }
        Matcher::Null | Matcher::Exists(_) | Matcher::Reference { .. } => "0".into(),
    }
}

fn regex_sql(compiler: &mut Compiler<'_>, source: &str, x: &str, bound: Bound) -> String {
    let Some(translated) = regex::translate(source) else {
        let note = format!("regular expression {source:?} is left to the engine");
        compiler.notes.insert(note);
        return bound.guess().into();
    };
    let expression = compiler.text(&translated.text);
    let matches = format!("match({x}, {expression})");
    if translated.exact {
        return matches;
    }
    compiler.notes.insert(format!(
        "regular expression {source:?} names classes of all of Unicode: texts beyond ASCII are left to the engine"
    ));
    match bound {
        Bound::Upper => format!("({matches} OR length({x}) != lengthUTF8({x}))"),
        Bound::Lower => format!("({matches} AND length({x}) = lengthUTF8({x}))"),
    }
}

fn within(compiler: &mut Compiler<'_>, network: &Network, address: &str) -> String {
    let (low, high) = network.bounds();
    let (first, last) = (compiler.text(&low.to_string()), compiler.text(&high.to_string()));
    match low == high {
        true => format!("{address} = toIPv6({first})"),
        false => format!("({address} >= toIPv6({first}) AND {address} <= toIPv6({last}))"),
    }
}

/// Whether the text `x` is a number that compares so. Whole numbers and fractions of up to 38
/// digits are compared exactly.
fn compare(
    compiler: &mut Compiler<'_>,
    comparison: Comparison,
    number: &Number,
    x: &str,
    bound: Bound,
) -> String {
    let sign = match comparison {
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    };
    let written = number.to_string();
    if !is_plain(&written) {
        compiler.notes.insert(format!("the number {written} is left to the engine"));
        return match bound {
            Bound::Upper => format!("match({x}, {})", compiler.text(NUMBER)),
            Bound::Lower => "0".into(),
        };
    }
    let (plain, written) = (compiler.text(PLAIN), compiler.text(&written));
    let otherwise = match bound {
        Bound::Upper => format!("match({x}, {})", compiler.text(NUMBER)),
        Bound::Lower => "0".into(),
    };
    format!(
        "if(match({x}, {plain}), toDecimal256OrZero(trimBoth({x}), {SCALE}) {sign} toDecimal256({written}, {SCALE}), {otherwise})"
    )
}

/// Whether [`PLAIN`] fits.
fn is_plain(written: &str) -> bool {
    let unsigned = written.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.len() <= SCALE && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(fraction)
}

impl Compiler<'_> {
    /// The test of two fields.
    pub(super) fn reference(&mut self, values: &str, matcher: &Matcher) -> String {
        let Matcher::Reference { field, anchor, cased } = matcher else { return "0".into() };
        let mine = if *cased { self.texts(values) } else { self.folded(values) };
        let other = self.values(&crate::Field::Sigma(field.clone()));
        let other = if *cased { self.texts(&other) } else { self.folded(&other) };
        let lies = lies(*anchor);
        format!("arrayExists(x -> arrayExists(y -> {lies}, {other}), {mine})")
    }

    /// A test of a column.
    pub(super) fn column(&mut self, column: Column, matcher: &Matcher, bound: Bound) -> String {
        let name = column_sql(column);
        let (absent, text) = match column.kind() {
            Kind::Text => (format!("{name} = ''"), name.to_owned()),
            Kind::Number => (format!("{name} = 0"), format!("toString({name})")),
            Kind::Address => (
                format!("{name} = toIPv6('::')"),
                format!("replaceOne(toString({name}), '::ffff:', '')"),
            ),
            Kind::Uid => ("0".into(), format!("lower(hex({name}))")),
        };
        let test = match matcher {
            Matcher::Null | Matcher::Exists(false) => return absent,
            Matcher::Exists(true) => "1".into(),
            Matcher::Reference { field, anchor, cased } => {
                let other = self.values(&crate::Field::Sigma(field.clone()));
                let other = if *cased { self.texts(&other) } else { self.folded(&other) };
                let x = if *cased { text } else { self.fold(&text) };
                let lies = lies(*anchor);
                format!("arrayExists(x -> arrayExists(y -> {lies}, {other}), [{x}])")
            }
            _ => match self.direct(column, matcher) {
                Some(direct) => direct,
                None => text_sql(self, matcher, &text, bound),
            },
        };
        match (test.as_str(), absent.as_str()) {
            ("0", _) => "0".into(),
            (_, "0") => test,
            ("1", absent) => format!("NOT ({absent})"),
            (test, absent) => format!("(NOT ({absent}) AND {test})"),
        }
    }

    /// A test that compares the column itself, so that its index or its place in the sort key serves.
    fn direct(&mut self, column: Column, matcher: &Matcher) -> Option<String> {
        let name = column_sql(column);
        match (column.kind(), matcher) {
            (Kind::Address, Matcher::Network(network)) => Some(within(self, network, name)),
            (Kind::Address, Matcher::Text { pattern, cased: false }) => {
                let network = address(pattern.as_literal()?)?;
                Some(within(self, &network, name))
            }
            (Kind::Number, Matcher::Text { pattern, .. }) => {
                let number = pattern.as_literal()?.parse::<u32>().ok()?;
                let same = number.to_string() == pattern.as_literal()?;
                same.then(|| format!("{name} = {number}"))
            }
            (Kind::Number, Matcher::Equals(number, _)) => Some(compare(
                self,
                Comparison::Equal,
                number,
                &format!("toString({name})"),
                Bound::Upper,
            )),
            (Kind::Uid, Matcher::Text { pattern, .. }) => {
                let text = pattern.as_literal().filter(|text| text.len() == 32)?;
                let lower = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                let text = self.text(text);
                lower.then(|| format!("{name} = toFixedString(unhex({text}), 16)"))
            }
            // Agencies have no upper case.
            (Kind::Text, Matcher::Text { pattern, .. }) if column == Column::Agency => {
                let text = self.text(pattern.as_literal()?);
                Some(format!("{name} = {text}"))
            }
            _ => None,
        }
    }
}

/// Where `y` lies in `x`.
fn lies(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::Whole => "x = y",
        Anchor::Start => "startsWith(x, y)",
        Anchor::End => "endsWith(x, y)",
        Anchor::Anywhere => "position(x, y) > 0",
    }
}

/// The column's name in the table.
pub(super) fn column_sql(column: Column) -> &'static str {
    match column {
        Column::Class => "class_uid",
        Column::Activity => "activity_id",
        Column::Severity => "severity_id",
        Column::Status => "status_id",
        other => other.name(),
    }
}
