//! The language as a whole: texts and trees, rules and searches, what is refused and why.

mod language;
mod rules;
mod sql;

use crate::{Expr, Field, Leaf, Moment, parse};
use mapping::Tables;
use proptest::prelude::*;
use sigma::{Anchor, Comparison, DatePart, LogSource, Matcher, Network, Number, Pattern, Regex};
use std::sync::OnceLock;

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| Tables::builtin().unwrap())
}

fn tree(text: &str) -> Expr {
    parse(text, tables()).unwrap_or_else(|error| panic!("{text}: {error}")).expr
}

/// Text with the characters that mean something somewhere.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        r#"[a-zA-Z0-9 :=~<>()\[\]|,\\"*?/_.!-]{0,8}"#,
        "\\PC{0,6}",
        "(and|OR|not|in|of|to|by|[0-9]{1,5})",
        "(C:\\\\x|/etc/passwd|http://a/b|::1|fe80::1|\n|\t)",
        "[ক-হািীু৫ ]{1,5}",
    ]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let part = prop_oneof![
        4 => text().prop_map(sigma::Part::Text),
        2 => Just(sigma::Part::Any),
        1 => Just(sigma::Part::One),
    ];
    proptest::collection::vec(part, 0..4).prop_map(|parts| {
        let mut pattern = Pattern::default();
        parts.into_iter().for_each(|part| pattern.push(part));
        pattern
    })
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        4 => proptest::sample::select(vec![
            "host", "user", "src_ip", "dst_port", "class", "severity", "message", "raw", "agency", "uid", "any",
            "process.cmd_line", "file.hashes.value", "unmapped.x", "CommandLine", "Image", "EventID", "id.orig_h",
        ])
        .prop_map(Field::named),
        1 => text().prop_map(Field::Sigma),
        1 => "[a-z._]{1,8}".prop_map(|path| match Field::named(&format!("ocsf.{path}")) {
            Field::Any => Field::Ocsf(path),
            field => field,
        }),
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison as C;
    proptest::sample::select(vec![C::Equal, C::Less, C::LessOrEqual, C::Greater, C::GreaterOrEqual])
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let number = || "-?[0-9]{1,5}(\\.[0-9]{1,3})?";
    prop_oneof![
        6 => (pattern(), any::<bool>()).prop_map(|(pattern, cased)| Matcher::Text {
            pattern: if cased { pattern } else { pattern.folded() },
            cased,
        }),
        1 => (r"[a-z./\\]{1,6}", "i?m?s?").prop_filter_map("an expression", |(source, flags)| {
            Regex::new(&source, &flags).ok().map(Matcher::Regex)
        }),
        1 => ("[0-9]{1,2}\\.[0-9]\\.0\\.1/[0-9]{1,1}|2001:db8::[0-9]{1,3}/[0-9]{2,2}")
            .prop_filter_map("a network", |text| Network::parse(&text).map(Matcher::Network)),
        1 => (comparison(), number())
            .prop_map(|(comparison, text)| Matcher::Compare(comparison, Number::parse(&text).unwrap())),
        1 => number().prop_map(|text| Matcher::Equals(Number::parse(&text).unwrap(), text)),
        1 => (comparison(), -5i64..3000).prop_map(|(c, number)| Matcher::Date(DatePart::Hour, c, number)),
        1 => Just(Matcher::Null),
        1 => any::<bool>().prop_map(Matcher::Exists),
        1 => (text(), any::<bool>(), 0usize..4).prop_map(|(field, cased, anchor)| Matcher::Reference {
            field,
            anchor: [Anchor::Whole, Anchor::Start, Anchor::End, Anchor::Anywhere][anchor],
            cased,
        }),
    ]
}

fn leaf() -> impl Strategy<Value = Expr> {
    let part = || proptest::option::of(text());
    prop_oneof![
        8 => (field(), matcher()).prop_map(|(field, matcher)| Leaf::Field(field, matcher)),
        2 => pattern().prop_filter("some text", |p| *p != Pattern::default()).prop_map(Leaf::Words),
        1 => (part(), part(), part()).prop_filter_map("a source", |(product, category, service)| {
            let source = LogSource { product, category, service };
            (source != LogSource::default()).then_some(Leaf::Source(source))
        }),
        1 => (comparison(), prop_oneof![
            (0i64..4_000_000_000_000).prop_map(Moment::At),
            (0i64..1_000_000).prop_map(Moment::Ago),
        ])
        .prop_map(|(comparison, moment)| Leaf::Time(comparison, moment)),
    ]
    .prop_map(Expr::Leaf)
}

fn expr() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        let many = || proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            many().prop_map(Expr::All),
            many().prop_map(Expr::Any),
            inner.clone().prop_map(Expr::negated),
            (1usize..3, proptest::collection::vec(inner.clone(), 1..4))
                .prop_map(|(count, parts)| Expr::AtLeast(count, parts)),
            Just(Expr::All(Vec::new())),
        ]
    })
}
