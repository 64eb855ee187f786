//! A spool against a model, and each kind of damage by name.

use super::*;
use proptest::prelude::*;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const BLOCK: WhenFull = WhenFull::Block;

fn options(when_full: WhenFull) -> Options {
    Options { bytes_max: BYTES_MAX_MIN, when_full, hook: None }
}

fn open(dir: &Path, when_full: WhenFull) -> Spool {
    Spool::open(dir, options(when_full)).unwrap()
}

/// The text of record `number`, `length` bytes long.
fn text(number: u64, length: usize) -> Vec<u8> {
    let mut text = format!("record {number} ").into_bytes();
    text.resize(length.max(text.len()), b'x');
    text
}

fn push(spool: &mut Spool, count: usize, length: usize) -> usize {
    (0..count)
        .filter(|_| {
            let text = text(spool.next(), length);
            spool.push(&[&text[..3], &text[3..]]) == Pushed::Taken
        })
        .count()
}

/// Everything that can be read now.
fn read_all(spool: &mut Spool) -> Vec<u64> {
    let (mut chunk, mut numbers) = (Chunk::default(), Vec::new());
    while spool.read(&mut chunk) {
        while let Some((number, payload)) = chunk.peek() {
            assert_eq!(payload, text(number, payload.len()));
            numbers.push(number);
            chunk.advance();
        }
    }
    numbers
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_was_flushed_is_there_after_a_kill_and_what_was_confirmed_is_not() {
    let dir = TempDir::new().unwrap();
    let mut spool = open(dir.path(), BLOCK);
    push(&mut spool, 10, 100);
    assert_eq!(read_all(&mut spool), [0; 0], "nothing is read before it is flushed");
    spool.flush();
    assert_eq!(read_all(&mut spool), Vec::from_iter(0..10));
    spool.confirm(4);
    spool.tend();
    drop(spool);
    let mut spool = open(dir.path(), BLOCK);
    assert_eq!((spool.confirmed(), spool.next()), (4, 10));
    assert_eq!(read_all(&mut spool), Vec::from_iter(4..10));
    // It goes on in a segment of its own.
    push(&mut spool, 2, 100);
    spool.flush();
    assert_eq!(read_all(&mut spool), [10, 11]);
    assert_eq!(spool.rewind(7), 0);
    assert_eq!(read_all(&mut spool), Vec::from_iter(7..12));
    spool.confirm(12);
    spool.close();
    assert!(files(dir.path()).is_empty());
    assert_eq!(spool.take_losses(), Losses::default());
}

#[test]
fn a_torn_end_is_no_loss_at_any_byte() {
    let dir = TempDir::new().unwrap();
    let mut spool = open(dir.path(), BLOCK);
    push(&mut spool, 3, 40);
    spool.flush();
    drop(spool);
    let file = &files(dir.path())[0];
    let whole = fs::read(file).unwrap();
    let frame = (whole.len() - 32) / 3;
    for torn in (0..whole.len()).rev() {
        fs::write(file, &whole[..torn]).unwrap();
        let mut spool = open(dir.path(), BLOCK);
        let left = torn.saturating_sub(32) / frame;
        assert_eq!(read_all(&mut spool), Vec::from_iter(0..left as u64), "torn at {torn}");
        assert_eq!(spool.take_losses(), Losses::default());
        // What is pushed now is read after what is left.
        push(&mut spool, 1, 40);
        spool.flush();
        assert_eq!(read_all(&mut spool), [left as u64]);
        for file in files(dir.path()) {
            fs::remove_file(file).unwrap();
        }
    }
}

#[test]
fn damage_costs_the_records_it_touches() {
    for (name, at) in [("header", 9), ("first frame", 40), ("middle", 32 + 60 * 5 + 3)] {
        let dir = TempDir::new().unwrap();
        let mut spool = open(dir.path(), BLOCK);
        push(&mut spool, 10, 40);
        spool.flush();
        drop(spool);
        let file = &files(dir.path())[0];
        let mut bytes = fs::read(file).unwrap();
        bytes[at] ^= 0x40;
        fs::write(file, &bytes).unwrap();
        let mut spool = open(dir.path(), BLOCK);
        let lost = u64::from(name != "header");
        assert_eq!(read_all(&mut spool).len() as u64, 10 - lost, "{name}");
        assert_eq!(spool.take_losses(), Losses { damaged: lost, ..Losses::default() }, "{name}");
    }
}

#[test]
fn a_missing_segment_is_counted_and_the_rest_is_read() {
    for missing in 0..3 {
        let dir = TempDir::new().unwrap();
        let mut spool = open(dir.path(), BLOCK);
        while files(dir.path()).len() < 4 {
            push(&mut spool, 100, 2000);
            spool.flush();
        }
        let total = spool.next();
        drop(spool);
        let files = files(dir.path());
        let firsts: Vec<u64> = files.iter().map(|f| segment::first_of(f).unwrap()).collect();
        fs::remove_file(&files[missing]).unwrap();
        let mut spool = open(dir.path(), BLOCK);
        let gap = firsts[missing]..firsts[missing + 1];
        let expected: Vec<u64> = (0..total).filter(|number| !gap.contains(number)).collect();
        assert_eq!(read_all(&mut spool), expected);
        assert_eq!(spool.take_losses().damaged, gap.end - gap.start);
    }
}

#[test]
fn a_full_spool_does_what_it_was_told() {
    const RECORD: usize = 50_000;
    let fits = BYTES_MAX_MIN as usize / RECORD;
    let dir = TempDir::new().unwrap();
    let mut spool = open(dir.path(), BLOCK);
    assert!((fits - 8..=fits).contains(&push(&mut spool, 1000, RECORD)));
    spool.flush();
    assert!(spool.level().disk_bytes <= BYTES_MAX_MIN && !spool.has_room_for(RECORD));
    assert_eq!(spool.take_losses(), Losses::default());
    // Room comes with a segment that is confirmed.
    spool.confirm(spool.segments[1].first);
    assert!(spool.has_room_for(RECORD));

    let dir = TempDir::new().unwrap();
    let mut spool = open(dir.path(), WhenFull::DropNewest);
    let taken = push(&mut spool, 1000, RECORD);
    spool.flush();
    assert_eq!(read_all(&mut spool), Vec::from_iter(0..taken as u64));
    let newest = (1000 - taken) as u64;
    assert_eq!(spool.take_losses(), Losses { newest, ..Losses::default() });

    let dir = TempDir::new().unwrap();
    let mut spool = open(dir.path(), WhenFull::DropOldest);
    assert_eq!(push(&mut spool, 10, RECORD), 10);
    spool.flush();
    // Ten are under way when the rest comes; they are not counted as dropped.
    assert_eq!(read_all(&mut spool).len(), 10);
    assert_eq!(push(&mut spool, 1000, RECORD), 1000);
    spool.flush();
    assert!(spool.level().disk_bytes <= BYTES_MAX_MIN);
    let losses = spool.take_losses();
    let rest = read_all(&mut spool);
    assert_eq!(losses, Losses { oldest: 1000 - rest.len() as u64, ..Losses::default() });
    assert_eq!(rest, Vec::from_iter(10 + losses.oldest..1010));
    // What was dropped under way cannot be sent again; that is told once, a restart included.
    assert_eq!(spool.rewind(3), 10 + losses.oldest - 3);
    drop(spool);
    let mut spool = open(dir.path(), WhenFull::DropOldest);
    assert_eq!(read_all(&mut spool), rest);
    assert_eq!(spool.take_losses(), Losses::default());
}

/// A disk that fails while `failing`, with a full disk's error.
fn failing_disk(failing: &Arc<AtomicBool>) -> Hook {
    let failing = failing.clone();
    Arc::new(move |point| {
        let writes = !matches!(point, Point::Delete | Point::Deleted);
        let fails = writes && failing.load(Ordering::Relaxed);
        if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    })
}

#[test]
fn while_the_disk_fails_records_go_on_in_memory_and_come_to_disk_afterwards() {
    let failing = Arc::new(AtomicBool::new(false));
    let dir = TempDir::new().unwrap();
    let options = Options { hook: Some(failing_disk(&failing)), ..options(BLOCK) };
    let mut spool = Spool::open(dir.path(), options).unwrap();
    push(&mut spool, 5, 100);
    spool.flush();
    failing.store(true, Ordering::Relaxed);
    push(&mut spool, 5, 100);
    spool.flush();
    assert!(spool.failure().is_some() && spool.level().memory_bytes > 0);
    assert_eq!(read_all(&mut spool), Vec::from_iter(0..10));
    for _ in 0..20 {
        push(&mut spool, 1000, 50_000);
        spool.tend();
        assert!(spool.level().memory_bytes <= MEMORY_BYTES_MAX + 32);
    }
    failing.store(false, Ordering::Relaxed);
    let pushed = spool.next();
    spool.tend();
    assert!(spool.failure().is_none());
    assert_eq!(spool.level().memory_bytes, 0);
    drop(spool);
    let mut spool = open(dir.path(), BLOCK);
    assert_eq!(read_all(&mut spool), Vec::from_iter(0..pushed));
    assert_eq!(spool.take_losses(), Losses::default());
}

#[test]
fn what_is_synced_is_not_synced_again() {
    let dir = TempDir::new().unwrap();
    let mut spool = open(dir.path(), BLOCK);
    assert!(spool.unsynced().is_none());
    push(&mut spool, 5, 100);
    spool.flush();
    let unsynced = spool.unsynced().unwrap();
    unsynced.sync().unwrap();
    push(&mut spool, 1, 100);
    spool.flush();
    spool.synced(&unsynced);
    let unsynced = spool.unsynced().expect("it has grown since");
    unsynced.sync().unwrap();
    spool.synced(&unsynced);
    assert!(spool.unsynced().is_none());
}

#[test]
fn a_directory_that_cannot_be_is_named() {
    let error = Spool::open(Path::new("/proc/spool"), options(BLOCK)).err().unwrap();
    assert!(error.to_string().contains("/proc/spool"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever is done in whatever order, the disk failing now and then: what was flushed is read
    /// in order until it is confirmed, over restarts too.
    #[test]
    fn agrees_with_a_list(steps in prop::collection::vec((0u8..10, 0usize..40), 0..80)) {
        let failing = Arc::new(AtomicBool::new(false));
        let dir = TempDir::new().unwrap();
        let fresh = || {
            let options = Options { hook: Some(failing_disk(&failing)), ..options(BLOCK) };
            Spool::open(dir.path(), options).unwrap()
        };
        let mut spool = fresh();
        // The next number to be read, how many are flushed, and the lowest not confirmed.
        let (mut at, mut flushed, mut confirmed) = (0, 0, 0);
        for (step, n) in steps {
            match step {
                0..=2 => {
                    push(&mut spool, n, n * n * 700);
                }
                3 => {
                    spool.flush();
                    flushed = spool.next();
                }
                4 => {
                    spool.flush();
                    flushed = spool.next();
                    prop_assert_eq!(read_all(&mut spool), Vec::from_iter(at..flushed));
                    at = flushed;
                }
                5 => {
                    confirmed = (confirmed + n as u64).min(at);
                    spool.confirm(confirmed);
                }
                6 => {
                    prop_assert_eq!(spool.rewind(confirmed), 0);
                    at = confirmed;
                }
                7 => {
                    spool.tend();
                    flushed = spool.next();
                }
                8 => failing.store(n % 2 == 0, Ordering::Relaxed),
                _ => {
                    failing.store(false, Ordering::Relaxed);
                    spool.tend();
                    drop(spool);
                    spool = fresh();
                    let owed = spool.next() - spool.confirmed();
                    prop_assert!(owed >= flushed.saturating_sub(confirmed));
                    // Where nothing is left, numbers begin anew.
                    (at, flushed, confirmed) = (spool.confirmed(), spool.next(), spool.confirmed());
                }
            }
        }
        prop_assert_eq!(spool.take_losses(), Losses::default());
    }
}
