//! The filter as a whole.

use super::*;

fn rules() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rule =
        "title: t\nid: r\nlogsource: {product: linux}\ndetection: {s: [evil], condition: s}\n";
    std::fs::write(folder.path().join("r.yml"), rule).unwrap();
    std::fs::write(folder.path().join("bad.yml"), "title: x\n").unwrap();
    folder
}

/// The findings on `input`.
fn findings(input: &str, threads: usize) -> Vec<serde_json::Value> {
    let folder = rules();
    let options = Options { rules: vec![folder.path().to_owned()], threads: NonZero::new(threads) };
    let mut output = Vec::new();
    run(&options, input.as_bytes(), &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn events_become_alerts_and_odd_lines_are_passed_over() {
    let input = "{\"metadata\":{\"log_source\":\"sshd\"},\"message\":\"evil\"}\n\nnonsense\n{\"message\":\"evil\"}\n";
    let findings = findings(input, 1);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["evidences"][0]["data"]["message"], "evil");
}

#[test]
fn alerts_come_in_the_order_of_the_events_from_any_number_of_threads() {
    let event = |number: usize| {
        let word = if number % 3 == 0 { "evil" } else { "good" };
        format!(
            "{{\"metadata\":{{\"log_source\":\"sshd\"}},\"message\":\"{word}\",\"count\":{number},\"data\":\"{}\"}}\n",
            "x".repeat(number % 4000)
        )
    };
    let input: String = (0..3000).map(event).collect();
    let numbers = |threads| -> Vec<u64> {
        let count = |finding: &serde_json::Value| {
            finding["evidences"][0]["data"]["count"].as_u64().unwrap()
        };
        findings(&input, threads).iter().map(count).collect()
    };
    let expected: Vec<u64> = (0..3000).step_by(3).collect();
    for threads in [1, 2, 7] {
        assert_eq!(numbers(threads), expected, "{threads} threads");
    }
}
