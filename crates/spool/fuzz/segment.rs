//! A spool whose segments hold any bytes: it opens, what it reads is in order, and it goes on.
#![cfg_attr(fuzzing, no_main)]

use spool::{Chunk, Options, Pushed, Spool, WhenFull};
use std::fs;

fuzz::target!(|bytes| {
    let dir = std::env::temp_dir().join(format!("fuzz-spool-{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("a scratch directory");
    // The first byte says where the input is cut into two segments.
    let (at, rest) = bytes.split_first().map_or((0, bytes), |(at, rest)| (usize::from(*at), rest));
    let (older, newer) = rest.split_at(at.min(rest.len()));
    for (first, bytes) in [(0, older), (3, newer)] {
        fs::write(dir.join(format!("{first:020}.seg")), bytes).expect("a scratch file");
    }
    let options = Options { bytes_max: 0, when_full: WhenFull::Block, hook: None };
    let mut spool = Spool::open(&dir, options).expect("no segment keeps it from opening");
    let (confirmed, next) = (spool.confirmed(), spool.next());
    assert!(confirmed <= next);
    if next < u64::MAX {
        assert_eq!(spool.push(&[b"new"]), Pushed::Taken);
        spool.flush();
        let mut chunk = Chunk::default();
        let (mut at, mut last) = (confirmed, None);
        while spool.read(&mut chunk) {
            while let Some((number, payload)) = chunk.peek() {
                assert!(number >= at, "{number} after {at}");
                (at, last) = (number + 1, Some((number, payload.to_vec())));
                chunk.advance();
            }
        }
        assert_eq!(last, Some((next, b"new".to_vec())), "what is pushed now is read last");
        let read_or_lost = at - confirmed;
        assert!(spool.take_losses().damaged < read_or_lost);
    }
    drop(spool);
    let _ = fs::remove_dir_all(&dir);
});
