//! From files to hits.

use super::observe::Hits;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The set of files, with what was skipped and left out.
fn load(files: &[(&str, &str)], warnings: &Warnings) -> (Set, Vec<String>, LeftOut) {
    let mut builder = Builder::new(warnings);
    let mut told = Vec::new();
    for (name, text) in files {
        let skipped = read(name, text.as_bytes(), &mut |indicator| builder.add(indicator)).unwrap();
        told.extend(skipped.told);
    }
    let (set, left_out) = builder.build("v".into());
    (set, told, left_out)
}

/// What an event with these observables hits: `attribute indicator source`.
fn hits(set: &Set, observables: &[(&str, i64, &str)], at: i64) -> Vec<String> {
    let list: Vec<_> = observables
        .iter()
        .map(|(name, type_id, value)| serde_json::json!({"name": name, "type_id": type_id, "type": "x", "value": value}))
        .collect();
    let event =
        serde_json::json!({"message": "\"observables\":[", "observables": list}).to_string();
    let shown = |hit: &observe::Hit<'_>| {
        format!("{} {} {}", hit.name, hit.listing.indicator, hit.listing.note.source)
    };
    observe::observe(set, event.as_bytes(), at, Hits::default()).hits.iter().map(shown).collect()
}

const PLAIN: &str = "# a feed\n203.0.113.9\t7\n203.0.113.0/28 # net\nevil.example\n0.0.0.0 ads.example\n\
    hxxp://bad[.]example/x?y\nbad.man@evil.example\nD41D8CD98F00B204E9800998ECF8427E\n10.1.2.3\nnonsense\n";

#[test]
fn a_plain_list_is_matched_on_every_kind() {
    let (set, told, left_out) = load(&[("feeds/mine.txt", PLAIN)], &Warnings::none());
    assert_eq!(set.len(), 7);
    assert_eq!(left_out.0, BTreeMap::from([("private (RFC 1918)".to_owned(), 1)]));
    assert_eq!(told, ["line 10: \"nonsense\": no address, domain, hash, URL or e-mail address"]);
    for (observable, expected) in [
        (("src_endpoint.ip", 2, "203.0.113.9"), vec!["203.0.113.9", "203.0.113.0/28"]),
        (("src_endpoint.ip", 2, "::ffff:203.0.113.9"), vec!["203.0.113.9", "203.0.113.0/28"]),
        (("src_endpoint.ip", 2, "203.0.113.14"), vec!["203.0.113.0/28"]),
        (("src_endpoint.ip", 2, "203.0.113.16"), vec![]),
        (("query.hostname", 1, "a.b.EVIL.example."), vec!["evil.example"]),
        (("query.hostname", 1, "notevil.example"), vec![]),
        (("query.hostname", 1, "example"), vec![]),
        (("url.hostname", 1, "203.0.113.14:8080"), vec!["203.0.113.0/28"]),
        (("url.url_string", 6, "https://BAD.example/x?y"), vec!["bad.example/x?y"]),
        (("url.url_string", 6, "http://ads.example/any"), vec!["ads.example"]),
        (("url.url_string", 6, "/x?y"), vec![]),
        (("email.from", 5, "Bad.Man@evil.example"), vec!["bad.man@evil.example", "evil.example"]),
        (
            ("file.hashes", 8, "d41d8cd98f00b204e9800998ecf8427e"),
            vec!["d41d8cd98f00b204e9800998ecf8427e"],
        ),
        (("file.hashes", 8, "not a hash"), vec![]),
        (("user.name", 4, "evil.example"), vec![]),
    ] {
        let found = hits(&set, &[observable], 0);
        let expected: Vec<_> =
            expected.iter().map(|indicator| format!("{} {indicator} mine", observable.0)).collect();
        assert_eq!(found, expected, "{observable:?}");
    }
}

#[test]
fn notes_come_from_columns_and_end() {
    let csv = "Indicator,type,Confidence,valid_until,tlp,label,id\n\
        203.0.113.9,ip,90,2026-01-01T00:00:00Z,TLP:AMBER,\"C2, first\",x-1\n\
        evil.example,domain,high,,,,\n203.0.113.10,ip,,soon,,,\nhost,ip,,,,,\n";
    let (set, told, _) = load(&[("c.csv", csv)], &Warnings::none());
    assert_eq!(
        told,
        [
            "line 4: \"soon\": the expiry is no time",
            "line 5: \"host\": the value is not of its type"
        ]
    );
    let mut found = Vec::new();
    set.address("203.0.113.9".parse().unwrap(), 0, &mut |listing| found.push(listing));
    let note = Note {
        source: "c".into(),
        reference: Some("x-1".into()),
        label: Some("C2, first".into()),
        confidence: Some(90),
        tlp: Some(Tlp::Amber),
        expires: Some(1_767_225_600),
        agency: None,
    };
    assert_eq!(found[0].note, &note);
    assert_eq!(hits(&set, &[("a", 2, "203.0.113.9")], 1_767_225_599).len(), 1);
    assert_eq!(hits(&set, &[("a", 2, "203.0.113.9")], 1_767_225_600).len(), 0);
    let head = "first,second\n1,2\n";
    let error = read("h.csv", head.as_bytes(), &mut |_| {}).unwrap_err().to_string();
    assert_eq!(
        error,
        "h.csv: line 1: no column `value` (or `indicator`, `ioc`); columns are first, second"
    );
}

#[test]
fn stix_bundles() {
    let bundle = r#"{"type":"bundle","id":"bundle--1","objects":[
        {"type":"identity","id":"identity--1","name":"Some CERT"},
        {"type":"marking-definition","id":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"},
        {"type":"indicator","spec_version":"2.1","id":"indicator--1","name":"C2","pattern_type":"stix",
         "pattern":"[ipv4-addr:value = '203.0.113.9' OR domain-name:value = 'evil.example']",
         "valid_until":"2027-01-01T00:00:00.000Z","confidence":80,"created_by_ref":"identity--1",
         "object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]},
        {"type":"indicator","id":"indicator--2","pattern":"[process:name = 'x']"},
        {"type":"indicator","id":"indicator--3","pattern":"[ipv4-addr:value = '203.0.113.7']","revoked":true},
        {"type":"indicator","id":"indicator--4","pattern":"rule x {}","pattern_type":"yara"}]}"#;
    let (set, told, _) = load(&[("b.json", bundle)], &Warnings::none());
    assert_eq!(set.len(), 2);
    assert_eq!(told.len(), 3, "{told:?}");
    let mut found = Vec::new();
    set.domain("x.evil.example", 0, &mut |listing| found.push(listing));
    let note = found[0].note;
    assert_eq!(
        (note.source.as_str(), note.confidence, note.tlp),
        ("b (Some CERT)", Some(80), Some(Tlp::Red))
    );
    assert_eq!(note.reference.as_deref(), Some("indicator--1"));
    assert_eq!(note.expires, Some(1_798_761_600));
}

#[test]
fn misp_events_and_searches() {
    let event = r#"{"Event":{"uuid":"e-1","info":"Phishing","Orgc":{"name":"CIRT"},
        "Tag":[{"name":"tlp:green"},{"name":"misp:confidence-level=\"usually-confident\""}],
        "Attribute":[{"type":"ip-dst|port","value":"203.0.113.9|443","to_ids":true},
            {"type":"domain|ip","value":"evil.example|203.0.113.8","to_ids":"1"},
            {"type":"comment","value":"x","to_ids":false},
            {"type":"mutex","value":"x","to_ids":true}],
        "Object":[{"name":"file","Attribute":[{"type":"filename|md5","value":"a.exe|d41d8cd98f00b204e9800998ecf8427e","to_ids":true}]}]}}"#;
    let (set, told, _) = load(&[("m.json", event)], &Warnings::none());
    assert_eq!((set.len(), told.len()), (4, 2), "{told:?}");
    let mut found = Vec::new();
    set.address("203.0.113.9".parse().unwrap(), 0, &mut |listing| found.push(listing));
    let note = found[0].note;
    assert_eq!((note.source.as_str(), note.label.as_deref()), ("m (CIRT)", Some("Phishing")));
    assert_eq!((note.confidence, note.tlp), (Some(75), Some(Tlp::Green)));
    let search = r#"{"response":{"Attribute":[{"type":"domain","value":"evil.example","Event":{"uuid":"e-2","info":"i"}}]}}"#;
    let list = format!("[{event}]");
    let (set, ..) = load(&[("s.json", search), ("l.json", &list)], &Warnings::none());
    assert_eq!(set.len(), 5);
    assert_eq!(
        hits(&set, &[("q", 1, "evil.example")], 0),
        ["q evil.example s", "q evil.example l (CIRT)"]
    );
}

#[test]
fn what_a_warning_list_names_is_left_out() {
    let mut warnings = Warnings::none();
    let list = r#"{"name":"Resolvers","type":"cidr","list":["203.0.113.0/24"],"matching_attributes":["ip-src"]}"#;
    assert_eq!(warnings.add("r.json", list.as_bytes()).unwrap(), (1, 0));
    assert_eq!(
        warnings.add("own.txt", b"portal.example # ours\n.cdn.example\nword\n").unwrap(),
        (2, 1)
    );
    let regex = r#"{"name":"x","type":"regex","list":["a.*"]}"#;
    assert_eq!(warnings.add("x.json", regex.as_bytes()).unwrap(), (0, 1));
    let plain =
        "203.0.113.9\n203.0.112.0/23\nportal.example\nx.portal.example\na.cdn.example\ngov.bd\n";
    let (set, _, left_out) = load(&[("p.txt", plain)], &warnings);
    assert_eq!(set.len(), 2);
    let expected =
        [("Resolvers", 1), ("own.txt", 2), ("a domain under which anybody registers", 1)];
    assert_eq!(left_out.0, expected.map(|(reason, n)| (reason.to_owned(), n)).into());
}

#[test]
fn a_file_that_is_none_says_where() {
    for (name, bytes, expected) in [
        (
            "a.json",
            &b"{\"objects\": [\n{]}"[..],
            "a.json: not valid JSON at line 2, column 2: key must be a string",
        ),
        (
            "b.json",
            b"{\"x\": 1}",
            "b.json: JSON of no known form: expected a STIX 2.1 bundle, a MISP event, or MISP attributes",
        ),
        ("c.txt", b"203.0.113.9\n\xff\n", "c.txt: line 2: not UTF-8 text"),
        (
            "d.txt",
            b"# x\n\nhello world\nfoo\n",
            "d.txt: 2 lines and no indicator in them; line 3: \"hello world\" is no address, domain, hash, URL or e-mail address",
        ),
    ] {
        let error = read(name, bytes, &mut |_| {}).unwrap_err().to_string();
        assert_eq!(error, expected);
    }
    assert_eq!(read("e.txt", b"", &mut |_| {}).unwrap().total(), 0);
}

#[test]
fn an_event_without_a_list_of_observables_is_walked() {
    let (set, ..) = load(&[("p.txt", PLAIN)], &Warnings::none());
    let event = br#"{"src_endpoint":{"ip":"203.0.113.9"},"file":{"hashes":[{"value":"d41d8cd98f00b204e9800998ecf8427e"}]},
        "email":{"to":["bad.man@evil.example"]},"unmapped":{"ip":"203.0.113.9"}}"#;
    let mut found: Vec<_> = observe::observe(&set, event, 0, Hits::default())
        .hits
        .into_iter()
        .map(|hit| hit.name)
        .collect();
    found.sort();
    assert_eq!(
        found,
        ["email.to", "email.to", "file.hashes.value", "src_endpoint.ip", "src_endpoint.ip"]
    );
}

#[test]
fn one_event_is_told_a_bounded_number_of_hits() {
    let list: String = (0..100).map(|n| format!("h{n}.evil.example\n")).collect();
    let (set, ..) = load(&[("p.txt", &list)], &Warnings::none());
    let mut hits = observe::Hits::default();
    for n in 0..100 {
        hits.ask(&set, "n", 1, &format!("h{n}.evil.example"), 0);
    }
    assert_eq!((hits.hits.len(), hits.left_out), (observe::HITS_MAX, 100 - observe::HITS_MAX));
}

#[test]
fn what_is_an_agencys_own_counts_in_its_events_alone() {
    let csv = "value,agency\n203.0.113.9,mof\nevil.example,\n";
    let (set, ..) = load(&[("own.csv", csv)], &Warnings::none());
    assert!(set.has_agencies());
    let event = br#"{"observables":[{"name":"a","type_id":2,"value":"203.0.113.9"},
        {"name":"b","type_id":1,"value":"evil.example"}]}"#;
    for (agency, expected) in [("mof", vec!["a", "b"]), ("moh", vec!["b"])] {
        let found = observe::observe(&set, event, 0, Hits::of(agency));
        let names: Vec<_> = found.hits.iter().map(|hit| hit.name.as_str()).collect();
        assert_eq!(names, expected, "{agency}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(/[0-9]{1,2})?",
        "[a-f0-9:]{3,12}::[a-f0-9]{1,4}",
        "[a-z]{1,5}\\.(example|বাংলা)",
        "(hxxp|https)://[a-z]{1,5}\\.example(/[a-z,\";# ]{0,8})?",
        "[a-z,;]{1,5}@[a-z]{1,5}\\.example",
        "[0-9a-fA-F]{32}|[0-9a-fA-F]{64}",
    ];
    texts.prop_filter_map("no indicator", |text| Value::guess(&text))
}

fn any_indicator() -> impl Strategy<Value = Indicator> {
    let text = || proptest::option::of("[a-z\",;#ক]{1,8}( [a-z\"]{1,5})?");
    let colour = proptest::sample::select(vec![
        None,
        Some(Tlp::Clear),
        Some(Tlp::Green),
        Some(Tlp::Amber),
        Some(Tlp::AmberStrict),
        Some(Tlp::Red),
    ]);
    let rest = (proptest::option::of(0..=100_u8), proptest::option::of(0..4_000_000_000_i64));
    (any_value(), "[a-z\",]{1,8}", text(), text(), text(), colour, rest).prop_map(
        |(value, source, reference, label, agency, tlp, (confidence, expires))| {
            let note = Note { source, reference, label, confidence, tlp, expires, agency };
            Indicator { value, note }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        indicators in proptest::collection::vec(any_indicator(), 0..20),
        bytes_max in 100..2_000_usize,
    ) {
        let mut found = Vec::new();
        for (name, text) in write("feed", bytes_max, &indicators) {
            let skipped = read(&name, text.as_bytes(), &mut |one| found.push(one)).unwrap();
            prop_assert_eq!(skipped.total(), 0, "{:?}", skipped.told);
        }
        prop_assert_eq!(found, indicators);
    }
}
