//! Opening a spool: what is there, whatever a crash has left.

use crate::frame::Kind;
use crate::read::Reader;
use crate::segment::{self, HEADER_BYTES, Segment};
use crate::{BYTES_MAX_MIN, Error, Losses, Options, Spool};
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

impl Spool {
    /// Opens the spool in `dir`, making it if need be; reading begins with the first record that
    /// is not confirmed. Only one may be open there at a time: the caller sees to that.
    pub fn open(dir: &Path, mut options: Options) -> Result<Self, Error> {
        let failed = |source| Error::Dir { path: dir.into(), source };
        options.bytes_max = options.bytes_max.max(BYTES_MAX_MIN);
        fs::create_dir_all(dir).map_err(failed)?;
        let mut found = list(dir).map_err(failed)?;
        let mut confirmed = found.iter().filter_map(confirmed_in).max().unwrap_or(0);
        let (mut next, mut marked) = (0, true);
        // The newest segment alone says where the numbers and the marks end. One that holds no
        // record is in the way of the next one, which begins with the same number.
        while let Some(last) = found.back() {
            let end = last_of(last);
            next = next.max(last.first);
            confirmed = confirmed.max(end.marked);
            match end.number {
                Some(number) => {
                    next = next.max(number + 1);
                    break;
                }
                None => {
                    marked = false;
                    drop_file(found.pop_back());
                }
            }
        }
        next = next.max(confirmed);
        let mut spool = Self {
            dir: dir.into(),
            options,
            segments: found,
            open: false,
            next,
            confirmed,
            marked: if marked { confirmed } else { 0 },
            reader: Reader::at(confirmed),
            out: Vec::new(),
            out_first: next,
            losses: Losses::default(),
            failure: None,
            retry: true,
            disk_bytes: 0,
            memory_bytes: 0,
            dir_changed: false,
        };
        spool.measure();
        spool.confirm(confirmed);
        if confirmed == next {
            spool.remove_all();
        }
        Ok(spool)
    }
}

/// The segments in `dir`, oldest first.
fn list(dir: &Path) -> io::Result<VecDeque<Segment>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path: PathBuf = entry.path();
        let Some(first) = segment::first_of(&path) else { continue };
        found.push(Segment::found(path, first, entry.metadata()?.len()));
    }
    found.sort_by_key(|segment| segment.first);
    Ok(found.into())
}

fn path_of(segment: &Segment) -> Option<&Path> {
    match &segment.store {
        segment::Store::Disk { path, .. } => Some(path),
        segment::Store::Memory(_) => None,
    }
}

fn confirmed_in(segment: &Segment) -> Option<u64> {
    let mut header = [0; HEADER_BYTES as usize];
    File::open(path_of(segment)?).ok()?.read_exact(&mut header).ok()?;
    segment::confirmed_in(&header, segment.first)
}

/// The highest number of a record in a segment, and the highest of a mark.
struct End {
    number: Option<u64>,
    marked: u64,
}

fn last_of(segment: &Segment) -> End {
    let bytes = path_of(segment).map(fs::read).and_then(Result::ok).unwrap_or_default();
    let mut end = End { number: None, marked: 0 };
    segment::scan(&bytes, |kind, number| match kind {
        Kind::Record if number >= segment.first => end.number = end.number.max(Some(number)),
        Kind::Record => {}
        Kind::Mark => end.marked = end.marked.max(number),
    });
    end
}

fn drop_file(segment: Option<Segment>) {
    let path = segment.as_ref().and_then(path_of);
    if let Some(Err(error)) = path.map(fs::remove_file) {
        tracing::warn!(%error, "cannot delete an empty spool segment");
    }
}
