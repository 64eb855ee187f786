//! Events as auditd writes them: alone, interleaved, late, and without an end.

use super::*;
use proptest::prelude::*;

fn frames(chunks: &[&[u8]]) -> Vec<(u64, u64, String)> {
    let mut assembler = Assembler::new(1000);
    let mut found = Vec::new();
    for chunk in chunks {
        let mut rest = *chunk;
        while let Some(f) = assembler.next(&mut rest) {
            found.push((f.start, f.end, String::from_utf8_lossy(f.bytes).into_owned()));
        }
    }
    while let Some(f) = assembler.finish() {
        found.push((f.start, f.end, String::from_utf8_lossy(f.bytes).into_owned()));
    }
    assert_eq!(assembler.pending(), 0);
    found
}

fn line(kind: &str, second: u32, serial: u32) -> String {
    format!("type={kind} msg=audit({second}.5:{serial}): a{serial}=1")
}

/// `lines` are given as `kind second serial`; records as indices of lines.
fn check(lines: &[(&str, u32, u32)], expected: &[&[usize]]) {
    let lines: Vec<String> = lines.iter().map(|(k, s, n)| line(k, *s, *n)).collect();
    let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let found: Vec<String> =
        frames(&[text.as_bytes()]).into_iter().map(|(_, _, text)| text).collect();
    let join = |of: &&[usize]| of.iter().map(|n| lines[*n].as_str()).collect::<Vec<_>>().join("\n");
    assert_eq!(found, expected.iter().map(join).collect::<Vec<_>>());
}

#[test]
fn lines_of_an_event_become_one_record() {
    check(
        &[
            ("SYSCALL", 1, 7),
            ("CWD", 1, 7),
            ("PATH", 1, 7),
            ("PROCTITLE", 1, 7),
            ("USER_LOGIN", 1, 8),
        ],
        &[&[0, 1, 2, 3], &[4]],
    );
    check(&[("SYSCALL", 1, 7), ("SOCKADDR", 1, 7), ("EOE", 1, 7)], &[&[0, 1, 2]]);
    // Without an end, and nothing that follows: the caller says when to give up.
    check(&[("AVC", 1, 7), ("SYSCALL", 1, 7)], &[&[0, 1]]);
}

#[test]
fn interleaved_events_are_kept_apart_and_in_the_order_of_their_beginnings() {
    check(
        &[
            ("SYSCALL", 1, 7),
            ("SYSCALL", 1, 8),
            ("PATH", 1, 7),
            ("USER_CMD", 1, 9),
            ("EOE", 1, 8),
            ("PATH", 1, 7),
            ("PROCTITLE", 1, 7),
        ],
        &[&[0, 2, 5, 6], &[1, 4], &[3]],
    );
}

#[test]
fn an_event_without_end_is_over_when_time_has_gone_on() {
    check(
        &[("SYSCALL", 1, 7), ("SYSCALL", 2, 8), ("SYSCALL", 3, 9), ("PATH", 3, 7), ("EOE", 3, 9)],
        &[&[0], &[1], &[2, 4], &[3]],
    );
}

#[test]
fn too_many_open_events_push_out_the_oldest() {
    let lines: Vec<(&str, u32, u32)> = (0..600).map(|n| ("SYSCALL", 5, n)).collect();
    let expected: Vec<Vec<usize>> = (0..600).map(|n| vec![n]).collect();
    let expected: Vec<&[usize]> = expected.iter().map(Vec::as_slice).collect();
    check(&lines, &expected);
    let mut assembler = Assembler::new(1000);
    let text: String = lines.iter().map(|(k, s, n)| format!("{}\n", line(k, *s, *n))).collect();
    let mut rest = text.as_bytes();
    let mut out = 0;
    while assembler.next(&mut rest).is_some() {
        out += 1;
    }
    assert_eq!(out, 600 - OPEN_MAX);
}

#[test]
fn what_is_no_audit_line_is_a_record_and_a_node_is_passed_over() {
    let text = "node=web-1 type=SYSCALL msg=audit(1.5:7): x\nplain\nnode=web-1 type=EOE msg=audit(1.5:7): \n";
    let found: Vec<String> = frames(&[text.as_bytes()]).into_iter().map(|f| f.2).collect();
    let event =
        "node=web-1 type=SYSCALL msg=audit(1.5:7): x\nnode=web-1 type=EOE msg=audit(1.5:7): ";
    assert_eq!(found, [event, "plain"]);
}

proptest! {
    /// How the input was split changes nothing; no line is lost or comes twice; frames follow one
    /// another, so that whoever resumes at an end misses nothing.
    #[test]
    fn every_line_is_in_one_record(
        lines in prop::collection::vec((0usize..5, 0u32..4, 0u32..5), 0..30),
        at in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let kinds = ["SYSCALL", "PATH", "EOE", "PROCTITLE", "USER_AUTH"];
        let mut text = String::new();
        for (n, (kind, second, serial)) in lines.iter().enumerate() {
            text.push_str(&format!("{} n={n}\n", line(kinds[*kind], *second, *serial)));
        }
        let whole = frames(&[text.as_bytes()]);
        let mut cuts: Vec<usize> = at.iter().map(|at| at.index(text.len() + 1)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &text.as_bytes()[w[0]..w[1]]).collect();
        prop_assert_eq!(frames(&chunks), whole.clone());
        let mut seen: Vec<&str> = whole.iter().flat_map(|(_, _, text)| text.lines()).collect();
        let mut expected: Vec<&str> = text.lines().collect();
        seen.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(seen, expected);
        let mut end = 0;
        for (start, next, _) in &whole {
            prop_assert!(*start >= end && next > start, "{} {} {}", end, start, next);
            end = *next;
        }
        prop_assert!(whole.is_empty() || end == text.len() as u64);
    }
}
