//! A backup of a platform that runs comes back: what it has, what Kafka has had since, and each
//! event once.

use e2e::{Stack, binary};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;

/// How long lines may take to be stored on a busy machine.
const STORED: Duration = Duration::from_secs(90);

fn lines(from: u32, to: u32) -> String {
    (from..to).fold(String::new(), |mut text, n| {
        let _ = writeln!(
            text,
            "2026-11-26T10:00:00+06:00 web-01 sshd[{n}]: Failed password for root from 203.0.113.9 port {n} ssh2"
        );
        text
    })
}

/// Rows, and how many of them are different.
fn stored(stack: &Stack) -> (u64, u64) {
    let count = |what: &str| {
        let sql = format!("SELECT {what} FROM events WHERE message LIKE 'Failed password%'");
        stack.count(&sql).unwrap_or_default()
    };
    (count("count()"), count("uniqExact(uid)"))
}

fn wait_for(stack: &Stack, rows: u64) {
    let began = std::time::Instant::now();
    while stored(stack).0 < rows {
        assert!(began.elapsed() < STORED, "{:?} of {rows}\n{}", stored(stack), stack.report());
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn prohori(args: &[&str], stack: &Stack, folder: (&str, &Path)) -> Output {
    Command::new(binary::prohori())
        .args(args)
        .arg("--config")
        .arg(stack.data().join("config"))
        .arg(folder.0)
        .arg(folder.1)
        .output()
        .expect("prohori runs")
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn what_was_backed_up_comes_back_and_each_event_is_there_once() {
    let stack = Stack::start(&[]);
    stack.append("app.log", &lines(0, 3_000));
    // In the middle of loading.
    wait_for(&stack, 1);
    let backup = stack.data().join("backups/one");
    let made = prohori(&["backup"], &stack, ("--to", &backup));
    assert!(made.status.success(), "{}", told(&made));
    stack.append("app.log", &lines(3_000, 4_000));
    wait_for(&stack, 4_000);

    // What is not as it was is not restored; nor is anything over what is there, nor backed up into
    // another backup.
    let damaged = stack.data().join("backups/damaged");
    copy(&backup, &damaged);
    std::fs::write(damaged.join("data/api/audit.key"), "another").expect("a damaged file");
    let refused = prohori(&["restore"], &stack, ("--from", &damaged));
    assert!(!refused.status.success(), "{}", told(&refused));
    assert!(told(&refused).contains("data/api/audit.key is not as it was"), "{}", told(&refused));
    let refused = prohori(&["restore"], &stack, ("--from", &backup));
    assert!(!refused.status.success() && told(&refused).contains("move them away"));
    let refused = prohori(&["backup"], &stack, ("--to", &backup));
    assert!(!refused.status.success() && told(&refused).contains("is there already"));

    // The store and the accounts are lost; Kafka is not.
    let folder = stack.stop_keeping();
    let data = folder.path().join("data");
    for lost in ["engine/data", "api"] {
        std::fs::remove_dir_all(data.join(lost)).expect("what is lost");
    }
    let moved = TempDir::new().expect("a temporary folder");
    copy(&backup, &moved.path().join("data/backups/one"));
    let stack = Stack::start_in(folder, &["--restore", &backup.to_string_lossy()]);
    assert!(stack.output().contains("the loader goes back"), "{}", stack.output());
    stack.append("app.log", &lines(4_000, 4_500));
    wait_for(&stack, 4_500);
    // A batch that came twice would be here by now.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(stored(&stack), (4_500, 4_500));
    stack.stop();

    // Everything is lost but the backup: it comes back, and a new Kafka, whose offsets begin
    // anew, does not hide what arrives from now on.
    let path = moved.path().join("data/backups/one").to_string_lossy().into_owned();
    let stack = Stack::start_in(moved, &["--restore", &path]);
    assert!(stack.output().contains("Kafka is another"), "{}", stack.output());
    let (had, different) = stored(&stack);
    assert!(had >= 1 && had == different && had <= 3_000, "{had} rows, {different} different");
    stack.append("other.log", &lines(5_000, 5_400));
    wait_for(&stack, had + 400);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(stored(&stack), (had + 400, had + 400));
    stack.stop();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let inner = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &inner);
        } else {
            std::fs::copy(entry.path(), inner).expect("a copy");
        }
    }
}
