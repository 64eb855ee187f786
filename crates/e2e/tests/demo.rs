//! The demo as a newcomer meets it: alerts within a minute, and a browser that works them.

use e2e::stack::wait_until;
use e2e::{Stack, binary};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long the whole story may take from its first line to its last alert.
const STORY_DEADLINE: Duration = Duration::from_secs(150);
/// Rules of ours that the story must set off.
const RULES_MIN: u64 = 25;

/// The one-time login that `prohori up` printed.
fn token(output: &str) -> String {
    let token = output.split_once("/login#token=").map(|(_, rest)| rest);
    let token = token.and_then(|rest| rest.split_whitespace().next());
    token.unwrap_or_else(|| panic!("no one-time login in:\n{output}")).to_owned()
}

#[test]
fn the_story_raises_alerts_and_an_analyst_works_them_in_a_browser() {
    let stack = Stack::start(&["--demo"]);
    wait_until("the story is told", STORY_DEADLINE, || {
        stack.output().contains("lines of the attack replayed")
    });
    wait_until("its alerts are stored", STORY_DEADLINE, || {
        stack.count("SELECT uniqExact(rule_id) FROM alerts").unwrap_or(0) >= RULES_MIN
    });
    assert_eq!(stack.count("SELECT count() FROM dead_letters"), Ok(0), "{}", stack.report());
    assert!(stack.output().contains("the first alert is in the queue"), "{}", stack.output());
    let output = Command::new("npm")
        .args(["--prefix", "dashboard-api/web", "run", "e2e"])
        .current_dir(binary::root())
        .env("PROHORI_URL", format!("http://{}", stack.address("dashboard")))
        .env("PROHORI_TOKEN", token(&stack.output()))
        .env("PROHORI_IN", stack.tailed())
        .env("PROHORI_BIN", binary::prohori())
        .env("PROHORI_DATA", stack.data())
        .stderr(Stdio::inherit())
        .output();
    let output = output.unwrap_or_else(|error| panic!("npm cannot be run: {error}"));
    let _ = std::io::stdout().write_all(&output.stdout);
    let said = String::from_utf8_lossy(&output.stdout);
    // What failed stands last: a report that is cut short keeps its end.
    let failed: Vec<&str> = said.split("FAILED  ").skip(1).collect();
    let failed = failed.join("FAILED  ");
    assert!(output.status.success(), "{}\nthe browser test failed:\n{failed}", stack.report());
    stack.stop();
}
