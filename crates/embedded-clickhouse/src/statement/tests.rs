//! Tests of how a request becomes a statement.

use super::*;
use proptest::prelude::*;

fn select(format: Option<&str>, totals: bool) -> Kind {
    Kind::Select { format: format.map(str::to_owned), totals }
}

fn other(format: Option<&str>) -> Kind {
    Kind::Other { format: format.map(str::to_owned) }
}

#[test]
fn kinds_and_formats() {
    let check = |text: &str, expected: Kind| {
        assert_eq!(read(text.as_bytes()), Ok(expected), "{text}");
    };
    check("", Kind::Incomplete);
    check(" -- only a comment", Kind::Incomplete);
    check("SELECT 1", select(None, false));
    check("select 1 format JSON", select(Some("JSON"), false));
    check("select 1 FORMAT JSON;", select(Some("JSON"), false));
    check("select 1 FORMAT JSON SETTINGS max_threads = 1", select(Some("JSON"), false));
    check("select 1 SETTINGS max_threads = 1 FORMAT CSV", select(Some("CSV"), false));
    check("/* a */ # b\n -- c\n(select 1) union all (select 2)", select(None, false));
    check("WITH 1 AS a SELECT a", select(None, false));
    check("WITH 1 AS a INSERT INTO t SELECT a", other(None));
    check("select 'a format JSON'", select(None, false));
    check("select t.format x", select(None, false));
    check("select `FORMAT` x", select(None, false));
    check("select $$ ' format CSV $$ format TSV", select(Some("TSV"), false));
    check("select $a$ $$ $b$ $a$ format TSV", select(Some("TSV"), false));
    check("select 'it''s \\' format CSV' format TSV", select(Some("TSV"), false));
    check("select a, count() from t group by a with totals", select(None, true));
    check("SHOW TABLES FORMAT JSON", other(Some("JSON")));
    check("CREATE TABLE t (format String) ENGINE = Memory", other(None));
    check("DROP TABLE t", other(None));
    check("selec 1", other(None));
}

#[test]
fn inserts_and_their_data() {
    let check = |text: &str, head: &str, format: &str, data: &str| {
        let Ok(Kind::Insert { head: range, format: found, data: at }) = read(text.as_bytes())
        else {
            panic!("{text} is no insert: {:?}", read(text.as_bytes()));
        };
        assert_eq!((&text[range], &*found, &text[at..]), (head, format, data), "{text}");
    };
    check("INSERT INTO t FORMAT CSV", "INSERT INTO t ", "CSV", "");
    check("INSERT INTO t FORMAT CSV\n1,2", "INSERT INTO t ", "CSV", "1,2");
    check("INSERT INTO t FORMAT CSV \r\n\n1", "INSERT INTO t ", "CSV", "\n1");
    check("INSERT INTO t FORMAT CSV; 1", "INSERT INTO t ", "CSV", "1");
    check("insert t format TSV 1", "insert t ", "TSV", "1");
    check(
        "INSERT INTO TABLE d.t(a, b) VALUES (1, 'x')",
        "INSERT INTO TABLE d.t(a, b) ",
        "Values",
        " (1, 'x')",
    );
    check("INSERT INTO format FORMAT CSV x", "INSERT INTO format ", "CSV", "x");
    check(
        "INSERT INTO d.values (format) VALUES (1)",
        "INSERT INTO d.values (format) ",
        "Values",
        " (1)",
    );
    check(
        "INSERT INTO `a``b` (`format`) FORMAT RowBinary",
        "INSERT INTO `a``b` (`format`) ",
        "RowBinary",
        "",
    );
    check(
        "INSERT INTO t SETTINGS a = 1, b = 'FORMAT x' FORMAT CSV",
        "INSERT INTO t SETTINGS a = 1, b = 'FORMAT x' ",
        "CSV",
        "",
    );
    check("INSERT INTO {t:Identifier} FORMAT CSV", "INSERT INTO {t:Identifier} ", "CSV", "");
    check("INSERT INTO t (* EXCEPT(b)) FORMAT CSV", "INSERT INTO t (* EXCEPT(b)) ", "CSV", "");
}

#[test]
fn inserts_without_data() {
    for text in [
        "INSERT INTO t SELECT 1",
        "INSERT INTO t (a, b) WITH 1 AS x SELECT x, 2",
        "INSERT INTO t (SELECT 1)",
        "INSERT INTO t SELECT * FROM input('a UInt8') FORMAT CSV",
    ] {
        assert!(matches!(read(text.as_bytes()), Ok(Kind::Other { .. })), "{text}");
    }
    for text in
        ["INSERT", "INSERT INTO", "INSERT INTO t", "INSERT INTO t (a)", "INSERT INTO t FORMAT"]
    {
        assert_eq!(read(text.as_bytes()), Ok(Kind::Incomplete), "{text}");
    }
}

#[test]
fn files_of_the_server_are_refused() {
    for text in [
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "select 1 into /* a */ outfile 'x' truncate format CSV",
        "SHOW TABLES INTO OUTFILE 'x'",
        "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
        "INSERT INTO t SELECT 1 INTO OUTFILE 'x'",
    ] {
        let exception = read(text.as_bytes()).unwrap_err();
        assert!(exception.says("INTO_OUTFILE_NOT_ALLOWED"), "{text}");
    }
    assert!(read(b"SELECT 'into outfile', outfile FROM t").is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_ranges_lie_within(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(Kind::Insert { head, data, .. }) = read(&text) {
            prop_assert!(head.end <= data && data <= text.len());
        }
    }

    #[test]
    fn statement_like_text_is_read(text in "(INSERT|SELECT|INTO|t|\\.|FORMAT|CSV|VALUES|\\(|\\)|'|`|\\$|--|/\\*|\\*/|;| |\n|\\\\){0,30}") {
        if let Ok(Kind::Insert { head, data, .. }) = read(text.as_bytes()) {
            prop_assert!(head.end <= data && data <= text.len());
        }
    }
}
