//! What is left after a crash, and what a lost producer leaves to be sent again.

use super::*;

/// Every (stream, generation, offset) has one text and one sequence, whatever was sent twice.
fn places_are_unique(taken: &[Taken]) {
    let mut seen = HashMap::new();
    for t in taken {
        let place = (t.stream.clone(), t.generation, t.offset);
        let first = seen.entry(place).or_insert((t.text.clone(), t.sequence));
        assert_eq!(first, &(t.text.clone(), t.sequence), "{t:?}");
    }
}

#[test]
fn the_checkpoint_is_the_lowest_unconfirmed_offset() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\ntwo\nthree\n\n\n");
    lab.rescan();
    let place = |lab: &mut Lab| {
        lab.save();
        (lab.saved.files[0].offset, lab.saved.files[0].sequence)
    };
    assert_eq!(place(&mut lab), (0, 0));
    for (confirm, expected) in [(2, (0, 0)), (0, (4, 1)), (1, (16, 3))] {
        lab.tailer.confirm(lab.out.taken[confirm].tag);
        assert_eq!(place(&mut lab), expected);
    }
}

#[test]
fn a_restart_sends_what_was_not_confirmed_with_the_same_places() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\ntwo\nthree\n");
    lab.rescan();
    lab.tailer.confirm(lab.out.taken[0].tag);
    lab.save();
    lab.crash();
    lab.append("a.log", "four\n");
    lab.rescan();
    assert_eq!(lab.texts(), ["one", "two", "three", "two", "three", "four"]);
    places_are_unique(&lab.out.taken);
}

#[test]
fn a_crash_before_the_first_save_reads_anew_as_if_for_the_first_time() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\n");
    lab.tailer.discover(lab.now_ms);
    assert_eq!(lab.tailer.step(&mut lab.out, lab.now_ms), Step::Unsaved);
    lab.crash();
    lab.rescan();
    assert_eq!(lab.texts(), ["one"]);
}

#[test]
fn a_file_renamed_out_of_the_pattern_while_down_is_found_by_its_inode() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\ntwo\n");
    lab.rescan();
    lab.tailer.confirm(lab.out.taken[0].tag);
    lab.save();
    lab.append("a.log", "three\n");
    lab.rename("a.log", "old-a");
    lab.append("a.log", "four\n");
    lab.crash();
    lab.rescan();
    let expected = [(0, "one"), (0, "two"), (0, "two"), (0, "three"), (1, "four")];
    assert_eq!(lab.generations(), expected);
    places_are_unique(&lab.out.taken);
    lab.confirm();
    lab.wait(3_700);
    assert_eq!(lab.tailer.files().count(), 1, "the renamed one was let go");
}

#[test]
fn a_file_truncated_while_down_is_read_anew_and_the_loss_is_counted() {
    for again in ["new\n", "new and longer than before\n"] {
        let mut lab = Lab::new("a.log");
        lab.append("a.log", "one\ntwo\n");
        lab.rescan();
        lab.tailer.confirm(lab.out.taken[0].tag);
        lab.save();
        lab.truncate("a.log");
        lab.append("a.log", again);
        lab.crash();
        lab.rescan();
        assert_eq!(lab.generations()[2..], [(1, again.trim_end())]);
        assert_eq!(lab.tailer.metrics.lost_bytes.get(), 4);
    }
}

#[test]
fn an_inode_given_to_another_file_is_not_taken_for_the_old_one() {
    let mut lab = Lab::new("*.log");
    lab.append("a.log", "one\n");
    lab.rescan();
    lab.confirm();
    lab.save();
    // What reuse looks like: the entry of the checkpoint has the new file's inode.
    lab.append("b.log", "two\nthree\n");
    lab.delete("a.log");
    let metadata = std::fs::metadata(lab.path("b.log")).unwrap();
    let id = FileId::of(&metadata);
    (lab.saved.files[0].device, lab.saved.files[0].inode) = (id.device, id.inode);
    lab.crash();
    lab.rescan();
    assert_eq!(lab.texts(), ["one", "two", "three"]);
    assert!(lab.out.taken[1].stream.ends_with("b.log"));
}

#[test]
fn another_device_number_after_a_reboot_is_the_same_file() {
    let mut lab = Lab::new("*.log");
    lab.append("a.log", "one\n");
    lab.rescan();
    lab.confirm();
    lab.save();
    lab.saved.files[0].device += 1;
    lab.append("a.log", "two\n");
    lab.crash();
    lab.rescan();
    assert_eq!(lab.generations(), [(0, "one"), (0, "two")]);
}

#[test]
fn a_file_that_is_away_for_a_while_is_not_read_anew() {
    let mut lab = Lab::new("mount/*.log");
    std::fs::create_dir(lab.path("mount")).unwrap();
    lab.append("mount/a.log", "one\n");
    lab.rescan();
    lab.confirm();
    lab.save();
    lab.rename("mount", "unmounted");
    lab.crash();
    lab.rescan();
    lab.wait(5);
    lab.save();
    lab.crash();
    lab.rename("unmounted", "mount");
    lab.append("mount/a.log", "two\n");
    lab.rescan();
    assert_eq!(lab.generations(), [(0, "one"), (0, "two")]);
}

#[test]
fn the_end_where_an_input_began_outlives_a_restart() {
    let mut lab = Lab::with("*.log", &[], Start::End);
    lab.append("a.log", "old\n");
    lab.rescan();
    lab.save();
    lab.append("a.log", "new\n");
    lab.append("b.log", "came while down\n");
    lab.crash();
    lab.rescan();
    assert_eq!(lab.texts(), ["new", "came while down"]);
}

#[test]
fn an_unfinished_line_that_was_sent_is_sent_the_same_after_a_crash() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\nunfin");
    lab.rescan();
    lab.rename("a.log", "a.log.1");
    lab.look("a.log");
    lab.wait(6);
    assert_eq!(lab.texts(), ["one", "unfin"]);
    lab.append("a.log.1", "ished\n");
    lab.crash();
    lab.rescan();
    assert_eq!(lab.texts()[2..], ["one", "unfin", "ished"]);
    places_are_unique(&lab.out.taken);
}

#[test]
fn a_lost_producer_leaves_the_unconfirmed_to_be_sent_again() {
    let mut lab = Lab::new("*.log");
    lab.append("a.log", "one\ntwo\nthree\n");
    lab.append("b.log", "four\n");
    lab.rescan();
    for sent in [0, 3] {
        lab.tailer.confirm(lab.out.taken[sent].tag);
    }
    lab.tailer.rewind();
    lab.append("a.log", "five\n");
    lab.look("a.log");
    lab.run();
    assert_eq!(lab.texts()[4..], ["two", "three", "five"]);
    places_are_unique(&lab.out.taken);
    assert_eq!(lab.tailer.metrics.resent.get(), 2);
    // What the old producer still says is of no account.
    lab.tailer.confirm(lab.out.taken[1].tag);
    assert_eq!(lab.tailer.in_flight(), 3);
    lab.confirm_from(4);
    assert_eq!(lab.tailer.in_flight(), 0);
}

#[test]
fn a_rewind_in_the_middle_of_a_chunk_sends_nothing_twice_and_nothing_never() {
    for taken in 0..8 {
        let mut lab = Lab::new("a.log");
        lab.append("a.log", "1\n2\n3\n4\n5\n6\n7\nhalf");
        lab.out.room = taken;
        let end = lab.rescan();
        assert_eq!(end == Step::Idle, taken >= 7);
        lab.confirm();
        lab.tailer.rewind();
        lab.out.room = usize::MAX;
        lab.run();
        lab.append("a.log", " whole\n");
        lab.look("a.log");
        lab.run();
        assert_eq!(lab.texts(), ["1", "2", "3", "4", "5", "6", "7", "half whole"], "{taken}");
    }
}

#[test]
fn what_a_truncation_took_before_it_was_confirmed_is_counted_as_lost() {
    let mut lab = Lab::new("a.log");
    lab.append("a.log", "one\ntwo\nunfin");
    lab.rescan();
    lab.truncate("a.log");
    lab.out.room = 0;
    lab.look("a.log");
    lab.run();
    lab.append("a.log", "new\n");
    lab.tailer.rewind();
    // Two records were at the old producer; the third was still here.
    assert_eq!(lab.tailer.metrics.lost.get(), 2);
    lab.out.room = usize::MAX;
    lab.look("a.log");
    lab.run();
    assert_eq!(lab.generations(), [(0, "one"), (0, "two"), (0, "unfin"), (1, "new")]);
}
