//! Every rule of the pack is without fault, fires on its `match` lines and on none of its `miss`
//! lines, by the very tools that a rule writer uses.

use e2e::binary;
use serde_json::Value;

/// Runs `prohori rules` with `args`; what it wrote, parsed. A bad verdict is no failure here, so
/// that the test can say what is wrong.
fn tool(args: &[&str]) -> Value {
    let output = std::process::Command::new(binary::prohori())
        .arg("rules")
        .args(args)
        .current_dir(binary::root())
        .output()
        .expect("prohori runs");
    let code = output.status.code();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(code, Some(0 | 1)), "prohori rules {args:?}: {code:?}: {told}");
    serde_json::from_slice(&output.stdout).expect("the tool writes JSON")
}

#[test]
fn rules_fire_on_their_samples_and_not_on_their_near_misses() {
    let tested = tool(&["test", "--format", "json", "rules"]);
    let files = tested["files"].as_array().expect("files is a list");
    assert!(files.len() >= 10, "only {} rule files found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = &file["file"];
        if file["whole"] != true {
            wrong.push(format!("{name} has no samples of both kinds"));
        }
        let samples = file["samples"].as_array().expect("samples is a list");
        for sample in samples.iter().filter(|sample| sample["passes"] != true) {
            wrong.push(format!("{}:{}: {}", sample["file"], sample["line"], sample["why"]));
        }
        wrong.extend(file["silent"].as_array().into_iter().flatten().map(Value::to_string));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(tested["passes"], true, "{tested:#}");
}

#[test]
fn rules_have_no_fault() {
    let checked = tool(&["check", "--format", "json", "rules"]);
    assert!(checked["rules"].as_u64() >= Some(10), "{checked:#}");
    assert_eq!(checked["errors"], 0, "{checked:#}");
}
