//! The tools on files.

use super::*;

const PARSER: &str = "name: gate\nversion: 4\nwhen: {program: gated}\npattern: 'in {u} at {t:time}'\n\
     set: {class: 3002, activity: Logon}\nfields: {u: user.name, t: time}\n";
const SAMPLES: &str = "- raw: 'Mar  1 10:00:00 h gated: in eve at 2026-03-01 11:00:00'\n  \
     expect: {class_uid: 3002, user.name: eve, time: 2026-03-01T11:00:00Z, user.domain: ~}\n\
     - raw: 'Mar  1 10:00:00 h other: in eve at 2026-03-01 11:00:00'\n  miss: true\n";

fn ran(
    tool: fn(&Options, &mut Vec<u8>) -> Result<Verdict, Error>,
    files: &[(&str, &str)],
    strict: bool,
    format: Format,
) -> (Verdict, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let options = Options { paths: vec![folder.path().to_owned()], strict, format };
    let mut out = Vec::new();
    let verdict = tool(&options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    (verdict, text.replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn checked() {
    let (verdict, text) = ran(check, &[("g.yml", PARSER)], false, Format::Text);
    let expected = "g.yml:1:1: warning [no-samples]: no samples stand beside it; write g.samples.yml\n\
                    1 files: 1 parsers, 0 errors, 1 warnings\n";
    assert_eq!((verdict, text.as_str()), (Verdict::Good, expected));
    assert_eq!(ran(check, &[("g.yml", PARSER)], true, Format::Text).0, Verdict::Bad);
    let both = [("g.yml", PARSER), ("g.samples.yml", SAMPLES)];
    assert_eq!(ran(check, &both, true, Format::Text).0, Verdict::Good);
    let wrong = PARSER.replace("user.name", "user.nam");
    let (verdict, text) = ran(check, &[("g.yml", &wrong)], false, Format::Json);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((verdict, &json["errors"]), (Verdict::Bad, &json!(1)));
    assert_eq!(json["findings"][0]["code"], "unknown-path");
    assert_eq!(json["findings"][0]["line"], 6);
}

#[test]
fn tested() {
    let both = [("g.yml", PARSER), ("g.samples.yml", SAMPLES)];
    let (verdict, text) = ran(test, &both, true, Format::Text);
    assert_eq!(verdict, Verdict::Good, "{text}");
    assert_eq!(text, "1 parsers: 2 samples, 0 failed; 0 errors\n");
    let wrong = SAMPLES.replace("user.name: eve", "user.name: bob").replace("h other", "h gated");
    let (verdict, text) = ran(test, &[both[0], ("g.samples.yml", &wrong)], false, Format::Text);
    let expected = "FAIL g.samples.yml:1: Mar  1 10:00:00 h gated: in eve at 2026-03-01 11:00:00\n     \
                    user.name: expected \"bob\", found \"eve\"\n\
                    FAIL g.samples.yml:3: Mar  1 10:00:00 h gated: in eve at 2026-03-01 11:00:00\n     \
                    it must not be read, and was\n\
                    1 parsers: 2 samples, 2 failed; 0 errors\n";
    assert_eq!((verdict, text.as_str()), (Verdict::Bad, expected));
    let known = SAMPLES.replace("h gated: in eve", "h sshd[1]: in eve");
    let (_, text) = ran(test, &[both[0], ("g.samples.yml", &known)], false, Format::Json);
    let json: Value = serde_json::from_str(&text).unwrap();
    let sample = &json["parsers"][0]["samples"][0];
    assert_eq!((&sample["passes"], &sample["kind"]), (&json!(false), &json!("match")));
    assert!(sample["read_by"].as_str().unwrap().starts_with("sshd/"), "{sample}");
    assert_eq!(ran(test, &[both[0]], false, Format::Text).0, Verdict::Good);
    assert_eq!(ran(test, &[both[0]], true, Format::Text).0, Verdict::Bad);
    for (samples, expected) in [
        ("a: 1\n", "g.samples.yml:1:1: expected a list"),
        ("- raw: x\n", "g.samples.yml:1:3: a sample has either"),
        ("- row: x\n", "g.samples.yml:1:3: unknown key"),
        ("- raw: [\n", "g.samples.yml:"),
    ] {
        let (verdict, text) =
            ran(test, &[both[0], ("g.samples.yml", samples)], false, Format::Text);
        assert!(verdict == Verdict::Bad && text.contains(expected), "{text}");
    }
}

#[test]
fn our_own_parsers_are_clean_and_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/parsers");
    let options = Options { paths: vec![folder], strict: true, format: Format::Text };
    for tool in [check, test] {
        let mut out = Vec::new();
        let verdict = tool(&options, &mut out).unwrap();
        assert_eq!(verdict, Verdict::Good, "{}", String::from_utf8_lossy(&out));
    }
}
