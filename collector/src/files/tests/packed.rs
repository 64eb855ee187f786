//! Logs that are packed before, while and after they are read.

use super::lab::Lab;
use super::*;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write as _;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

impl Lab {
    /// Packs `from` into `to`, as logrotate does: the old file goes when the new one is whole.
    fn pack(&self, from: &str, to: &str) {
        let text = fs::read(self.path(from)).unwrap();
        let packed =
            if to.ends_with("gz") { gzip(&text) } else { zstd::encode_all(&text[..], 1).unwrap() };
        fs::write(self.path(to), packed).unwrap();
        self.delete(from);
    }
}

fn lines(from: usize, to: usize) -> String {
    (from..to).map(|n| format!("line {n} with some length to it\n")).collect()
}

fn numbers(lab: &Lab) -> Vec<usize> {
    let number = |text: &str| text.split(' ').nth(1).unwrap().parse().unwrap();
    lab.texts().into_iter().map(number).collect()
}

#[test]
fn what_was_read_before_it_was_packed_is_not_read_again() {
    for name in ["a.log.2.gz", "a.log.2.zst"] {
        let mut lab = Lab::new("a.log*");
        lab.append("a.log.1", &lines(0, 100));
        lab.rescan();
        lab.pack("a.log.1", name);
        lab.rescan();
        lab.confirm();
        lab.wait(100);
        lab.save();
        // Over a restart, and under its next name.
        lab.crash();
        lab.rename(name, &name.replace('2', "3"));
        lab.rescan();
        lab.wait(100);
        assert_eq!(numbers(&lab), Vec::from_iter(0..100), "{name}");
    }
}

#[test]
fn a_copy_is_known_long_after_the_original_was_let_go() {
    let mut lab = Lab::new("a.log*");
    lab.append("a.log.1", &lines(0, 100));
    lab.rescan();
    lab.confirm();
    let text = fs::read(lab.path("a.log.1")).unwrap();
    lab.delete("a.log.1");
    lab.look("a.log.1");
    lab.wait(100);
    assert_eq!(lab.tailer.files().count(), 0);
    lab.save();
    lab.crash();
    fs::write(lab.path("a.log.2.gz"), gzip(&text)).unwrap();
    lab.rescan();
    assert_eq!(lab.texts().len(), 100);
}

#[test]
fn what_was_packed_while_the_collector_was_down_goes_on_where_it_was_left() {
    let mut lab = Lab::new("a.log*");
    lab.append("a.log", &lines(0, 100));
    lab.rescan();
    lab.confirm();
    lab.save();
    lab.crash();
    lab.append("a.log", &lines(100, 150));
    lab.pack("a.log", "a.log.1.gz");
    lab.append("a.log", &lines(150, 160));
    lab.rescan();
    lab.confirm();
    lab.wait(10);
    let mut all = numbers(&lab);
    all.sort_unstable();
    assert_eq!(all, Vec::from_iter(0..160));
    // The same stream and generation, numbers and offsets going on.
    let taken = &lab.out.taken;
    let packed = taken.iter().find(|taken| taken.text.starts_with("line 100 ")).unwrap();
    assert_eq!((packed.generation, packed.sequence), (taken[0].generation, 100));
    assert_eq!(&packed.stream, &taken[0].stream);
}

#[test]
fn a_packed_file_that_nobody_knows_is_read_once_and_while_it_is_written() {
    let mut lab = Lab::new("a.log*");
    let text = lines(0, 20_000);
    let packed = [gzip(&text.as_bytes()[..100_000]), gzip(&text.as_bytes()[100_000..])].concat();
    let (first, rest) = packed.split_at(packed.len() / 2);
    fs::write(lab.path("a.log.9.gz"), first).unwrap();
    lab.rescan();
    assert!(lab.texts().len() < 20_000);
    let mut file = fs::OpenOptions::new().append(true).open(lab.path("a.log.9.gz")).unwrap();
    file.write_all(rest).unwrap();
    lab.look("a.log.9.gz");
    lab.run();
    lab.confirm();
    lab.wait(3);
    assert_eq!(numbers(&lab), Vec::from_iter(0..20_000));
    assert_eq!(lab.tailer.files().count(), 0, "it is held open no more");
    lab.save();
    lab.crash();
    lab.rescan();
    assert_eq!(lab.texts().len(), 20_000);
}

#[test]
fn a_lost_producer_makes_a_packed_file_be_read_again() {
    let mut lab = Lab::new("a.log*");
    fs::write(lab.path("a.log.9.gz"), gzip(lines(0, 1000).as_bytes())).unwrap();
    lab.rescan();
    for at in 0..300 {
        lab.tailer.confirm(lab.out.taken[at].tag);
    }
    lab.tailer.rewind();
    lab.run();
    assert_eq!(numbers(&lab)[1000..], Vec::from_iter(300..1000));
}

#[test]
fn at_the_end_means_without_what_was_packed_before() {
    let mut lab = Lab::with("a.log*", &[], Start::End);
    fs::write(lab.path("a.log.9.gz"), gzip(b"old\n")).unwrap();
    lab.rescan();
    assert!(lab.texts().is_empty());
}
