//! Whoever owns the machine can change the file, but not unseen.

use super::{Action, Breach, Entry, Verified, checkpoint, export, insert, verifier, verify};
use crate::accounts::Database;
use std::path::Path;

const DAY_MS: i64 = 86_400_000;

fn write(data_dir: &Path, entries: std::ops::Range<i64>) {
    let database = Database::open(data_dir).unwrap();
    for number in entries {
        let entry = Entry {
            actor: "rahima".into(),
            action: Action::EventsSearch,
            target: String::new(),
            detail: serde_json::json!({"q": format!("দেখা {number}")}),
            trace_id: format!("{number:032x}"),
        };
        database.run("write", |c| insert(c, &entry, number * DAY_MS)).unwrap();
    }
}

/// A log of 30 entries with three checkpoints; the second is kept elsewhere.
fn log() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 0..10);
    checkpoint(dir.path()).unwrap().unwrap();
    write(dir.path(), 10..20);
    let kept = checkpoint(dir.path()).unwrap().unwrap();
    write(dir.path(), 20..30);
    checkpoint(dir.path()).unwrap().unwrap();
    (dir, kept)
}

fn check(data_dir: &Path, kept: &[String]) -> Result<Verified, Breach> {
    let key = verifier(data_dir).unwrap();
    let mut out = Vec::new();
    export(data_dir, &mut out).unwrap();
    verify(&*out, &key, kept)
}

/// Changes the file as who owns the machine can, past the triggers.
fn tamper(data_dir: &Path, sql: &str) {
    let database = Database::open(data_dir).unwrap();
    let triggers = "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted; \
        DROP TRIGGER audit_checkpoints_are_not_changed; \
        DROP TRIGGER audit_checkpoints_are_not_deleted;";
    database.run("tamper", |c| c.execute_batch(&format!("{triggers}{sql}"))).unwrap();
}

#[test]
fn a_log_that_nobody_touched_is_in_order() {
    let (dir, kept) = log();
    let verified = check(dir.path(), &[kept]).unwrap();
    assert_eq!(verified, Verified { entries: 30, checkpoints: 4, sealed: 30 });
    // Without new entries there is no new checkpoint, and the newest is handed out again.
    let newest = checkpoint(dir.path()).unwrap();
    assert_eq!(checkpoint(dir.path()).unwrap(), newest);
    assert_eq!(check(dir.path(), &[]).unwrap().checkpoints, 3);
}

#[test]
fn a_change_is_found_and_where() {
    for (sql, first, last) in [
        ("UPDATE audit SET detail = '{}' WHERE seq = 14", 11, 20),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 1", 1, 10),
        (
            "DELETE FROM audit WHERE seq = 25; INSERT INTO audit VALUES (31, 0, 'a', 'b', '', '{}', '')",
            21,
            30,
        ),
        (
            "UPDATE audit SET seq = -1 WHERE seq = 12; UPDATE audit SET seq = 12 WHERE seq = 13; \
          UPDATE audit SET seq = 13 WHERE seq = -1",
            11,
            20,
        ),
    ] {
        let (dir, _) = log();
        tamper(dir.path(), sql);
        match check(dir.path(), &[]).unwrap_err() {
            Breach::Changed { first: f, last: l } => assert_eq!((f, l), (first, last), "{sql}"),
            other => panic!("{sql}: {other}"),
        }
    }
}

#[test]
fn what_is_taken_from_the_end_is_missed() {
    let (dir, kept) = log();
    tamper(dir.path(), "DELETE FROM audit WHERE seq > 28");
    assert!(matches!(check(dir.path(), &[]), Err(Breach::Missing { size: 30, entries: 28 })));
    tamper_again(
        dir.path(),
        "DELETE FROM audit WHERE seq > 15; DELETE FROM audit_checkpoints WHERE size > 10",
    );
    // The file alone looks in order now; what was kept elsewhere tells.
    assert!(check(dir.path(), &[]).is_ok());
    assert!(matches!(check(dir.path(), &[kept]), Err(Breach::Missing { size: 20, entries: 15 })));
}

fn tamper_again(data_dir: &Path, sql: &str) {
    Database::open(data_dir).unwrap().run("tamper", |c| c.execute_batch(sql)).unwrap();
}

#[test]
fn a_log_written_and_sealed_anew_does_not_fit_what_was_kept() {
    let (dir, kept) = log();
    // With the secret key in hand all is sealed again, after a change.
    tamper(
        dir.path(),
        "UPDATE audit SET actor = 'nobody' WHERE seq = 5; DELETE FROM audit_checkpoints; \
         UPDATE audit_tree SET size = 0, seq = 0, peaks = x''",
    );
    assert!(check(dir.path(), &[]).is_ok(), "the file alone cannot tell");
    let breach = check(dir.path(), std::slice::from_ref(&kept)).unwrap_err();
    assert!(matches!(breach, Breach::Changed { first: 1, last: 20 }), "{breach}");
    // With another key the kept note is not of that key.
    std::fs::remove_file(dir.path().join("audit.key")).unwrap();
    assert!(matches!(check(dir.path(), &[kept]), Err(Breach::Note { .. })));
}

#[test]
fn what_is_no_log_is_said() {
    let (dir, _) = log();
    let key = verifier(dir.path()).unwrap();
    assert!(matches!(verify(&b""[..], &key, &[]), Err(Breach::NoCheckpoint)));
    assert!(matches!(
        verify(&b"{\"entry\": 1}\n"[..], &key, &[]),
        Err(Breach::Line { line: 1, .. })
    ));
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(checkpoint(empty.path()).unwrap(), None);
}

#[test]
fn a_damaged_tree_is_not_built_on() {
    let (dir, _) = log();
    tamper(dir.path(), "UPDATE audit_tree SET peaks = x'00'");
    write(dir.path(), 30..31);
    let newest = checkpoint(dir.path()).unwrap().unwrap();
    assert!(newest.contains("\n30\n"), "no new checkpoint: {newest}");
}
