//! What can happen to a file, one thing at a time.

use super::*;
use std::fs;

#[test]
fn lines_are_read_as_they_are_finished() {
    let mut lab = Lab::new("*.log");
    lab.append("a.log", "one\r\n\ntwo\nthr");
    assert_eq!(lab.rescan(), Step::Idle);
    assert_eq!(lab.texts(), ["one", "two"]);
    lab.append("a.log", "ee\n");
    lab.append("b.txt", "not wanted\n");
    lab.look("a.log");
    lab.run();
    lab.look("b.txt");
    lab.run();
    assert_eq!(lab.texts(), ["one", "two", "three"]);
    let places: Vec<_> = lab.out.taken.iter().map(|t| (t.sequence, t.offset)).collect();
    assert_eq!(places, [(0, 0), (1, 6), (2, 10)]);
    assert_eq!(lab.out.taken[0].stream, format!("file:{}", lab.path("a.log").display()));
}

#[test]
fn a_generation_is_on_disk_before_its_first_record_is_sent() {
    let mut lab = Lab::new("*.log");
    lab.append("a.log", "");
    lab.tailer.discover(lab.now_ms);
    assert_eq!(lab.tailer.step(&mut lab.out, lab.now_ms), Step::Idle, "an empty file can wait");
    lab.append("a.log", "one\n");
    lab.look("a.log");
    for _ in 0..3 {
        assert_eq!(lab.tailer.step(&mut lab.out, lab.now_ms), Step::Unsaved);
        assert!(lab.out.taken.is_empty());
    }
    lab.save();
    lab.run();
    assert_eq!(lab.saved.files[0].generation, lab.out.taken[0].generation);
    assert!(!lab.saved.files[0].prefix.is_empty());
}

#[test]
fn a_renamed_file_is_read_to_its_end_before_the_new_one() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\n");
    lab.rescan();
    lab.append("a.log", "two\n");
    lab.rename("a.log", "a.log.1");
    lab.append("a.log", "four\n");
    lab.append("a.log.1", "three\n");
    lab.look("a.log");
    lab.run();
    assert_eq!(lab.generations(), [(0, "one"), (0, "two"), (0, "three"), (1, "four")]);
    // Its writer has not noticed the rotation yet.
    lab.append("a.log.1", "late\n");
    lab.wait(1);
    assert_eq!(lab.generations()[4], (0, "late"));
}

#[test]
fn a_chain_of_renames_keeps_streams_and_generations() {
    let mut lab = Lab::new("a.log*");
    for round in 0..4 {
        lab.append("a.log", &format!("{round}\n"));
        lab.rescan();
        for n in (1..round + 1).rev() {
            lab.rename(&format!("a.log.{n}"), &format!("a.log.{}", n + 1));
        }
        lab.rename("a.log", "a.log.1");
    }
    lab.append("a.log", "4\n");
    lab.rescan();
    assert_eq!(lab.generations(), [(0, "0"), (1, "1"), (2, "2"), (3, "3"), (4, "4")]);
    assert!(lab.out.taken.iter().all(|t| t.stream.ends_with("/a.log")));
    lab.append("a.log.3", "late\n");
    lab.look("a.log.3");
    lab.run();
    assert_eq!(lab.generations()[5], (1, "late"));
}

#[test]
fn a_deleted_file_is_held_until_it_is_read_confirmed_and_quiet() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\n");
    lab.rescan();
    let writer = fs::OpenOptions::new().append(true).open(lab.path("a.log")).unwrap();
    lab.delete("a.log");
    std::io::Write::write_all(&mut &writer, b"two\n").unwrap();
    lab.look("a.log");
    lab.wait(200);
    assert_eq!(lab.texts(), ["one", "two"]);
    assert_eq!(lab.tailer.files().count(), 1, "not confirmed");
    lab.confirm();
    lab.wait(1);
    assert_eq!(lab.tailer.files().count(), 0);
    // What comes later at this path is another generation, and old tags are of nobody.
    lab.append("a.log", "three\n");
    lab.look("a.log");
    lab.run();
    lab.confirm_from(0);
    assert_eq!(lab.generations()[2], (1, "three"));
    assert_eq!(lab.tailer.in_flight(), 0);
}

#[test]
fn a_truncated_file_begins_a_generation() {
    let head = format!("{}\n", "x".repeat(1100));
    for (name, before, after) in [
        ("shorter", "one\ntwo\n", "new\n"),
        ("as long", "one\ntwo\n", "neww\ntwo\n"),
        ("longer", "one\ntwo\n", "new\nmuch longer than it was before\n"),
        ("longer, with the same first line", "one\ntwo\n", "one\nother\nmore and more\n"),
        (
            "longer, with a long preamble that is the same",
            &format!("{head}one\ntwo\n"),
            &format!("{head}three\nfour\nfive\n"),
        ),
    ] {
        let mut lab = Lab::new("a.log");
        lab.append("a.log", before);
        lab.rescan();
        lab.truncate("a.log");
        lab.append("a.log", after);
        lab.look("a.log");
        lab.run();
        let mut expected: Vec<_> = before.lines().map(|line| (0, line)).collect();
        let first = expected.len();
        expected.extend(after.lines().map(|line| (1, line)));
        assert_eq!(lab.generations(), expected, "{name}");
        assert_eq!(lab.out.taken[first].offset, 0, "{name}");
    }
}

#[test]
fn what_was_read_of_an_unfinished_line_is_sent_when_a_truncation_takes_it() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\nunfin");
    lab.rescan();
    lab.truncate("a.log");
    lab.append("a.log", "new\n");
    lab.look("a.log");
    lab.run();
    assert_eq!(lab.generations(), [(0, "one"), (0, "unfin"), (1, "new")]);
}

#[test]
fn an_unfinished_line_is_sent_when_the_file_was_rotated_and_is_quiet() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\nunfin");
    lab.rescan();
    lab.wait(100);
    assert_eq!(lab.texts(), ["one"], "it may yet be finished");
    lab.rename("a.log", "a.log.1");
    lab.append("a.log.1", "ish");
    lab.look("a.log");
    lab.wait(3);
    assert_eq!(lab.texts(), ["one"]);
    lab.wait(3);
    assert_eq!(lab.texts(), ["one", "unfinish"]);
    assert_eq!(lab.tailer.files().next().unwrap().barrier, Some(12));
    lab.append("a.log.1", "ed\n");
    lab.wait(1);
    assert_eq!(lab.texts(), ["one", "unfinish", "ed"]);
    lab.confirm();
    lab.wait(1);
    assert_eq!(lab.tailer.files().next().unwrap().barrier, None);
}

#[test]
fn a_full_output_is_waited_for_and_changes_nothing() {
    let content: String = (0..200).map(|n| format!("line {n} {}\n", "x".repeat(n))).collect();
    let mut lab = Lab::new("*.log");
    lab.append("a.log", &content);
    lab.append("b.log", &content);
    lab.out.room = 0;
    assert_eq!(lab.rescan(), Step::Full);
    let mut rounds = 0;
    loop {
        lab.out.room = 7;
        rounds += 1;
        if lab.run() == Step::Idle {
            break;
        }
    }
    assert!(rounds >= 400 / 7);
    for name in ["a.log", "b.log"] {
        let of_file: String = lab
            .out
            .taken
            .iter()
            .filter(|taken| taken.stream.ends_with(name))
            .map(|taken| format!("{}\n", taken.text))
            .collect();
        assert!(of_file == content, "{name}");
    }
}

#[test]
fn long_lines_are_cut_and_flagged_and_bad_bytes_kept() {
    let mut lab = Lab::new("a.log");
    let long = "y".repeat(10_000_000);
    fs::write(lab.path("a.log"), [long.as_bytes(), b"\n\xff\x00bad\n"].concat()).unwrap();
    lab.rescan();
    let [cut, bad] = &lab.out.taken[..] else { panic!("{}", lab.out.taken.len()) };
    assert!(cut.cut && cut.text.len() == ::model::RAW_BYTES_MAX);
    assert_eq!((bad.text.as_str(), bad.offset, bad.sequence), ("\u{fffd}\0bad", 10_000_001, 1));
    lab.confirm();
    lab.save();
    assert_eq!(lab.saved.files[0].offset, 10_000_007);
}

#[test]
fn second_names_excluded_and_packed_files_are_not_read_again() {
    let mut lab = Lab::with("*", &["*.bak"], Start::Beginning);
    lab.append("a.log", "one\n");
    fs::hard_link(lab.path("a.log"), lab.path("b.log")).unwrap();
    std::os::unix::fs::symlink(lab.path("a.log"), lab.path("c.log")).unwrap();
    lab.append("a.bak", "no\n");
    lab.append("a.log.1.xz", "no\n");
    lab.append("a.log.2.gz", "not packed, whatever its name says\n");
    fs::create_dir(lab.path("dir")).unwrap();
    for _ in 0..3 {
        lab.rescan();
    }
    assert_eq!(lab.texts(), ["one"]);
    assert_eq!(lab.tailer.files().count(), 1);
    // The first name goes; the second takes over.
    lab.delete("a.log");
    lab.append("b.log", "two\n");
    lab.rescan();
    assert_eq!(lab.generations(), [(0, "one"), (0, "two")]);
}

#[test]
fn at_the_end_means_the_end_of_what_was_there_first() {
    for (content, first) in [("old\n", "new"), ("old\nhalf ", "half new"), ("", "new")] {
        let mut lab = Lab::with("*.log", &[], Start::End);
        lab.append("a.log", content);
        lab.rescan();
        assert!(lab.out.taken.is_empty());
        lab.append("a.log", "new\n");
        lab.append("b.log", "all\nof it\n");
        lab.rescan();
        assert_eq!(lab.texts(), [first, "all", "of it"]);
    }
}

#[test]
fn a_symbolic_link_is_followed_to_its_new_target() {
    let mut lab = Lab::new("links/*.log");
    fs::create_dir(lab.path("links")).unwrap();
    lab.append("0.data", "one\n");
    std::os::unix::fs::symlink(lab.path("0.data"), lab.path("links/a.log")).unwrap();
    lab.rescan();
    assert!(lab.tailer.links().contains(&lab.path("links/a.log")));
    lab.delete("links/a.log");
    lab.append("1.data", "two\n");
    std::os::unix::fs::symlink(lab.path("1.data"), lab.path("links/a.log")).unwrap();
    lab.rescan();
    assert_eq!(lab.generations(), [(0, "one"), (1, "two")]);
}

#[test]
fn what_is_no_file_is_left_alone() {
    let mut lab = Lab::new("*");
    let pipe = lab.path("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    lab.rescan();
    assert_eq!(lab.tailer.files().count(), 0);
    lab.delete("pipe");
    lab.append("pipe", "now a file\n");
    lab.rescan();
    assert_eq!(lab.texts(), ["now a file"]);
}

#[test]
fn ten_thousand_quiet_files_need_no_buffers() {
    let mut lab = Lab::new("*.log");
    for n in 0..300 {
        lab.append(&format!("{n}.log"), "one\ntwo");
    }
    lab.rescan();
    lab.confirm();
    assert_eq!(lab.out.taken.len(), 300);
    assert_eq!(lab.tailer.step(&mut lab.out, lab.now_ms), Step::Idle);
    assert_eq!((lab.tailer.in_flight(), lab.tailer.ready.len()), (0, 0));
}

#[test]
fn joined_lines_wait_for_more_of_them_only_so_long() {
    let mut lab = Lab::joined("a", framer::Join::Indented);
    lab.append("a", "one\n at a\ntwo\n at b\n");
    lab.rescan();
    assert_eq!(lab.texts(), ["one\n at a"]);
    lab.wait(2);
    assert_eq!(lab.texts().len(), 1);
    lab.wait(2);
    assert_eq!(lab.texts(), ["one\n at a", "two\n at b"]);
    lab.confirm();
    // What comes later begins anew, and after a crash the same records come at the same places.
    lab.append("a", " at c\nthree\n");
    lab.rescan();
    lab.wait(5);
    let first: Vec<_> =
        lab.out.taken.iter().map(|t| (t.offset, t.sequence, t.text.clone())).collect();
    assert_eq!(first.iter().map(|t| t.2.as_str()).skip(2).collect::<Vec<_>>(), [" at c", "three"]);
    let before = first.len();
    lab.crash();
    lab.rescan();
    lab.wait(5);
    let again: Vec<_> =
        lab.out.taken[before..].iter().map(|t| (t.offset, t.sequence, t.text.clone())).collect();
    let kept = first.len() - again.len();
    assert_eq!(again, first[kept..]);
}

#[test]
fn audit_events_are_assembled_and_a_truncation_hands_out_every_open_one() {
    let mut lab = Lab::joined("a", framer::Join::Auditd);
    let line = |kind: &str, serial: u32| format!("type={kind} msg=audit(9.1:{serial}): n\n");
    let (a, b) = (line("SYSCALL", 1), line("SYSCALL", 2));
    lab.append("a", &format!("{a}{b}{}{}", line("PATH", 1), line("EOE", 2)));
    lab.rescan();
    assert_eq!(lab.texts(), [""; 0]);
    lab.truncate("a");
    lab.look("a");
    lab.run();
    let expected = [format!("{a}{}", line("PATH", 1)), format!("{b}{}", line("EOE", 2))];
    let texts: Vec<String> = lab.texts().iter().map(|text| format!("{text}\n")).collect();
    assert_eq!(texts, expected);
    lab.append("a", &line("USER_CMD", 3));
    lab.look("a");
    lab.run();
    assert_eq!(lab.texts().len(), 3);
    assert_eq!(lab.generations()[2].0, 1);
}
