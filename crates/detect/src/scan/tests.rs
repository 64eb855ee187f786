//! Both readers against each other and against the tree reader.

use super::*;
use proptest::prelude::*;

fn tree() -> PathTree {
    let mut tree = PathTree::new();
    for path in
        ["a", "b.c", "unmapped.x", "unmapped.y z", "unmapped.o", "unmapped.o.p", "unmapped.q.r"]
    {
        let keys: Vec<String> = path.split('.').map(|key| key.replace(' ', "")).collect();
        tree.want(&keys);
    }
    let dotted = ["unmapped".to_owned(), "q.r".to_owned()];
    tree.want(&dotted);
    tree
}

fn shown(event: &str, captures: &[Capture]) -> Vec<String> {
    let text = |c: &Capture| event[c.start as usize..c.end as usize].to_owned();
    captures.iter().map(|c| format!("{} {:?} {}", c.path, c.kind, text(c))).collect()
}

#[test]
fn wanted_values_are_captured_where_they_lie() {
    let tree = tree();
    for (event, expected) in [
        (r#"{"a":1,"z":{"a":2}}"#, vec!["0 Number 1"]),
        (r#"{ "a" : "x\"y" , "b" : { "c" : true } }"#, vec![r#"0 Escaped x\"y"#, "1 True true"]),
        (r#"{"a":["p",["q"],null]}"#, vec!["0 Text p", "0 Text q", "0 Null null"]),
        (r#"{"a":[]}"#, vec!["0 Null "]),
        (r#"{"b":[{"c":1},{"c":2},{"d":3}]}"#, vec!["1 Number 1", "1 Number 2"]),
        (
            r#"{"unmapped":{"y z":1,"yz":2,"o":{"p":3}}}"#,
            vec!["3 Number 1", "3 Number 2", "5 Number 3", r#"4 Object {"p":3}"#],
        ),
        (r#"{"unmapped":{"q.r":1,"q":{"r":2}}}"#, vec!["7 Number 1", "6 Number 2"]),
        (r#"{"\u0061":-1.5e3}"#, vec!["0 Number -1.5e3"]),
        (r#"{"a":1,"a":2}"#, vec!["0 Number 1", "0 Number 2"]),
    ] {
        let mut scan = Scan::default();
        scan.read_general(event.as_bytes(), &tree).unwrap();
        assert_eq!(shown(event, &scan.captures), expected, "{event}");
    }
}

#[test]
fn malformed_events_are_refused() {
    let deep = "{\"a\":".repeat(200);
    for event in [
        "",
        "1",
        "[]",
        "{",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":[1,]}",
        "{\"a\":1}x",
        "{\"a\":\"",
        "{\"a\":tru}",
        &deep,
    ] {
        let mut scan = Scan::default();
        let mut shapes = Shapes::new();
        assert!(scan.read(event.as_bytes(), &tree(), &mut shapes).is_err(), "{event}");
        assert!(crate::Json::parse(event.as_bytes()).is_err(), "{event}");
    }
}

#[test]
fn keywords_want_every_value_but_ours() {
    let event = r#"{"class_uid":1,"metadata":{"uid":"x"},"message":"m","unmapped":{"metadata":2,"l":[3,{"k":4}]}}"#;
    let mut scan = Scan::default();
    scan.read_general(event.as_bytes(), &PathTree::keywords()).unwrap();
    scan.captures.retain(|capture| capture.kind != Kind::Object);
    assert_eq!(
        shown(event, &scan.captures),
        ["0 Text m", "0 Number 2", "0 Number 3", "0 Number 4"]
    );
}

fn json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        "-?[0-9]{1,3}",
        Just("true".to_owned()),
        Just("null".to_owned()),
        "[a-z,:{}\\[\\]]{0,9}".prop_map(|text| format!("\"{text}\"")),
        Just(r#""q\"\\u""#.to_owned()),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            Just("a"),
            Just("b"),
            Just("c"),
            Just("unmapped"),
            Just("x"),
            Just("o"),
            Just("y z"),
            Just("q.r"),
            Just("q"),
            Just("r")
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            (proptest::collection::vec((key, inner), 0..5), any::<bool>()).prop_map(
                |(members, blank)| {
                    let blank = if blank { " " } else { "" };
                    let members: Vec<_> =
                        members.iter().map(|(k, v)| format!("\"{k}\":{blank}{v}")).collect();
                    format!("{{{}}}", members.join(&format!(",{blank}")))
                }
            ),
        ]
    })
}

proptest! {
    #[test]
    fn a_learned_shape_reads_as_the_general_reader_does(
        events in proptest::collection::vec(json(), 1..12),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let tree = tree();
        let mut shapes = Shapes::new();
        for index in order {
            let event = format!("{{\"unmapped\":{}}}", index.get(&events));
            let (mut by_shape, mut general) = (Scan::default(), Scan::default());
            by_shape.read(event.as_bytes(), &tree, &mut shapes).unwrap();
            general.read_general(event.as_bytes(), &tree).unwrap();
            prop_assert_eq!(by_shape.captures, general.captures);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_alike(
        bytes in proptest::collection::vec(prop::sample::select(b"{}[]\",:\\ ab1-tn".to_vec()), 0..40),
    ) {
        let tree = tree();
        let mut shapes = Shapes::new();
        let (mut first, mut second) = (Scan::default(), Scan::default());
        let general = first.read(&bytes, &tree, &mut shapes);
        let again = second.read(&bytes, &tree, &mut shapes);
        prop_assert_eq!(&general, &again);
        prop_assert_eq!(general.is_ok(), crate::Json::parse(&bytes).is_ok());
        if general.is_ok() {
            prop_assert_eq!(first.captures, second.captures);
        }
    }
}
