//! The SQL's form; that it finds the right rows is tested where an engine is at hand, in `store`.

use super::*;
use crate::sql::{candidates, condition};
use crate::{of_rule, sql};

#[test]
fn columns_are_compared_as_they_are() {
    for (text, expected) in [
        ("src_ip:10.0.0.1", "(NOT (src_ip = toIPv6('::')) AND src_ip = toIPv6('::ffff:10.0.0.1'))"),
        ("class:3002", "(NOT (class_uid = 0) AND class_uid = 3002)"),
        ("agency:mof", "(NOT (agency = '') AND agency = 'mof')"),
        ("failed", r"lower(concat(message, '\n', raw, '\n', folded)) LIKE '%failed%'"),
        ("লগ৫", r"lower(concat(message, '\n', raw, '\n', folded)) LIKE '%লগ5%'"),
        ("time>=1795564800000", "time >= fromUnixTimestamp64Milli(1795564800000)"),
        ("exists(host)", "NOT (host = '')"),
        ("*", "1"),
        ("NOT *", "0"),
    ] {
        let condition = condition(&tree(text), tables(), 0);
        assert_eq!(condition.inlined(&condition.text), expected, "{text}");
    }
}

#[test]
fn a_value_never_becomes_sql() {
    for hostile in ["'; DROP TABLE events; --", r"\' OR 1=1 --", "{q1:String}", "a\nb\0"] {
        let expr = Expr::field(
            Field::named("host"),
            Matcher::Text { pattern: Pattern::literal(hostile), cased: true },
        );
        let condition = condition(&expr, tables(), 0);
        assert_eq!(condition.text, "(NOT (host = '') AND host = {q0:String})");
        let inlined = condition.inlined(&condition.text);
        let literal = inlined.strip_prefix("(NOT (host = '') AND host = '").unwrap();
        let literal = literal.strip_suffix("')").unwrap();
        let unescaped = literal.replace("\\\\", "").replace("\\'", "");
        assert!(!unescaped.contains('\''), "{inlined}");
    }
}

#[test]
fn agencies_and_times_lead() {
    let query = parse("a time>=1795564800000 host:x", tables()).unwrap().scoped(vec!["mof".into()]);
    let condition = condition(&query.expr, tables(), 0);
    let inlined = condition.inlined(&condition.text);
    assert_eq!(condition.first, "");
    let start = "agency IN ['mof']\n    AND time >= fromUnixTimestamp64Milli(1795564800000)\n    AND lower(";
    assert!(inlined.starts_with(start), "{inlined}");
}

#[test]
fn what_leaves_out_most_rows_comes_before_their_json_is_read() {
    let condition = condition(&tree("CommandLine:*mimikatz* time>=1795564800000"), tables(), 0);
    let clauses = condition.inlined(&condition.clauses());
    let (first, then) = clauses.split_once("\nWHERE ").unwrap();
    assert!(first.starts_with("PREWHERE time >= "), "{first}");
    assert!(first.contains("multiSearchAny(lower(rest), ['mimikatz', "), "{first}");
    assert!(then.starts_with("arrayExists(x -> position(x, 'mimikatz') > 0, v"), "{then}");
}

#[test]
fn statements_of_searches() {
    let range = crate::Range { from_ms: 0, to_ms: 3_600_000 };
    for (text, columns, end) in [
        (
            "a",
            "time uid agency host source user src_ip message",
            "ORDER BY time DESC, uid DESC\nLIMIT 100",
        ),
        ("a | table user | head 3", "time uid user", "ORDER BY time DESC, uid DESC\nLIMIT 3"),
        (
            "a | count by host, dst_port | sort host, -count",
            "host dst_port count",
            "GROUP BY host, dst_port\nORDER BY host, count() DESC, count() DESC, cells\nLIMIT 100",
        ),
        ("a | count", "count", "ORDER BY count() DESC, cells\nLIMIT 100"),
        (
            "a | timechart by host",
            "time host count",
            "GROUP BY v0, host\nORDER BY cells\nLIMIT 100",
        ),
    ] {
        let query = parse(text, tables()).unwrap();
        let statement = sql::statement(&query, tables(), range, 0, 100);
        assert_eq!(statement.columns.join(" "), columns, "{text}");
        assert!(
            statement.text.ends_with(&format!("{end}\n{}", sql::settings())),
            "{}",
            statement.text
        );
    }
}

#[test]
fn many_searches_are_told_apart_by_their_log_sources_only() {
    let rule = |text: &str| {
        let text = format!(
            "title: t\nlogsource: {{product: windows, category: process_creation}}\ndetection: {{s: {{CommandLine|contains: {text}}}, condition: s}}\n"
        );
        let parsed = sigma::parse("r.yml", &text, &sigma::Placeholders::new());
        match parsed.documents.into_iter().next() {
            Some(sigma::Document::Rule(rule)) => of_rule(&rule),
            other => panic!("{other:?}"),
        }
    };
    let few = candidates(&[rule("mimikatz")], tables(), 0);
    assert!(few.inlined(&few.text).contains("'mimikatz'"), "{}", few.text);
    let many: Vec<Expr> = (0..41).map(|i| rule(&format!("needle{i}"))).collect();
    let many = candidates(&many, tables(), 0);
    let inlined = many.inlined(&many.text);
    assert!(!inlined.contains("needle"), "{inlined}");
    assert!(inlined.contains("log_name IN"), "{inlined}");
}
