//! What the kernel tells of directories (inotify), so that quiet files cost nothing.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Room for a few thousand events at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// What happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A file was written to.
    Written(PathBuf),
    /// A file came, went, or was replaced.
    Changed(PathBuf),
    /// A directory came or went.
    Dirs,
    /// Events were lost.
    Overflow,
}

/// An inotify instance and what it watches.
pub(super) struct Watch {
    fd: OwnedFd,
    buffer: Box<[MaybeUninit<u8>]>,
    table: Table,
}

/// Directories, and files that have a second name elsewhere.
#[derive(Default)]
struct Table {
    /// By watch. Several paths may lead to one.
    paths: HashMap<i32, Vec<PathBuf>>,
    watches: HashMap<PathBuf, i32>,
}

impl Watch {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            fd: inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?,
            buffer: vec![MaybeUninit::uninit(); BUFFER_BYTES].into(),
            table: Table::default(),
        })
    }

    /// Watches exactly `dirs` and the files behind `links`. How many could not be, for want of
    /// watches (`fs.inotify.max_user_watches`): rescans alone have to find what happens there.
    pub(super) fn set(&mut self, dirs: &BTreeSet<PathBuf>, links: &BTreeSet<PathBuf>) -> usize {
        let Self { fd, table, .. } = self;
        let wanted = |path: &PathBuf| dirs.contains(path) || links.contains(path);
        let watched = table.watches.keys();
        let stale: Vec<PathBuf> = watched.filter(|path| !wanted(path)).cloned().collect();
        for path in stale {
            table.forget(fd, &path);
        }
        let of_dir = WatchFlags::CREATE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE
            | WatchFlags::MODIFY
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::EXCL_UNLINK
            | WatchFlags::ONLYDIR;
        let failed = dirs.iter().filter(|dir| !table.add(fd, dir, of_dir)).count();
        failed + links.iter().filter(|link| !table.add(fd, link, WatchFlags::MODIFY)).count()
    }

    /// Waits until something happens, at most for `timeout`.
    pub(super) fn wait(&self, timeout: Duration) {
        let timeout = Timespec {
            tv_sec: timeout.as_secs().cast_signed(),
            tv_nsec: timeout.subsec_nanos().into(),
        };
        // Interrupted or not: the caller looks again.
        let _ = poll(&mut [PollFd::new(&self.fd, PollFlags::IN)], Some(&timeout));
    }

    /// Takes what has happened, at most one buffer of it. `false`: there may be more.
    pub(super) fn read(&mut self, events: &mut Vec<Event>) -> io::Result<bool> {
        let Self { fd, buffer, table } = self;
        let mut reader = inotify::Reader::new(&*fd, buffer);
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                    table.note(fd, event.wd(), event.events(), name, events);
                }
                Err(Errno::AGAIN) => return Ok(true),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            if reader.is_buffer_empty() {
                return Ok(false);
            }
        }
    }
}

impl Table {
    fn add(&mut self, fd: &OwnedFd, path: &Path, flags: WatchFlags) -> bool {
        if self.watches.contains_key(path) {
            return true;
        }
        match inotify::add_watch(fd, path, flags) {
            Ok(watch) => {
                self.watches.insert(path.into(), watch);
                self.paths.entry(watch).or_default().push(path.into());
                true
            }
            // Gone already; an event or the next rescan tells.
            Err(Errno::NOENT | Errno::NOTDIR) => true,
            Err(_) => false,
        }
    }

    fn forget(&mut self, fd: &OwnedFd, path: &Path) {
        let Some(watch) = self.watches.remove(path) else { return };
        let Some(paths) = self.paths.get_mut(&watch) else { return };
        paths.retain(|other| other != path);
        if paths.is_empty() {
            self.paths.remove(&watch);
            // It fails where the kernel has let go of it first, which is as well.
            let _ = inotify::remove_watch(fd, watch);
        }
    }

    fn note(
        &mut self,
        fd: &OwnedFd,
        watch: i32,
        flags: ReadFlags,
        name: Option<&OsStr>,
        events: &mut Vec<Event>,
    ) {
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            return events.push(Event::Overflow);
        }
        let gone = ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::IGNORED;
        if flags.intersects(gone) {
            for path in self.paths.get(&watch).cloned().unwrap_or_default() {
                self.forget(fd, &path);
            }
            return events.push(Event::Dirs);
        }
        if flags.contains(ReadFlags::ISDIR) {
            return events.push(Event::Dirs);
        }
        for path in self.paths.get(&watch).into_iter().flatten() {
            let path = name.map_or_else(|| path.clone(), |name| path.join(name));
            let event = if flags.contains(ReadFlags::MODIFY) {
                Event::Written(path)
            } else {
                Event::Changed(path)
            };
            // The kernel folds equal events only while nothing else comes between them.
            if events.last() != Some(&event) {
                events.push(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn events(watch: &mut Watch) -> Vec<Event> {
        let mut events = Vec::new();
        while !watch.read(&mut events).unwrap() {}
        events
    }

    #[test]
    fn what_happens_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("sub")).unwrap();
        let mut watch = Watch::new().unwrap();
        let dirs = [dir.path().to_owned(), at("sub")].into();
        assert_eq!(watch.set(&dirs, &BTreeSet::new()), 0);
        assert_eq!(events(&mut watch), []);

        fs::write(at("a"), "one").unwrap();
        assert_eq!(events(&mut watch), [Event::Changed(at("a")), Event::Written(at("a"))]);
        fs::rename(at("a"), at("sub/b")).unwrap();
        assert_eq!(events(&mut watch), [Event::Changed(at("a")), Event::Changed(at("sub/b"))]);
        fs::File::options().write(true).open(at("sub/b")).unwrap().set_len(0).unwrap();
        assert_eq!(events(&mut watch), [Event::Written(at("sub/b"))]);
        fs::remove_file(at("sub/b")).unwrap();
        assert_eq!(events(&mut watch), [Event::Changed(at("sub/b"))]);

        fs::remove_dir(at("sub")).unwrap();
        let gone = events(&mut watch);
        assert!(!gone.is_empty() && gone.iter().all(|event| *event == Event::Dirs), "{gone:?}");
        // It comes again and is watched again.
        fs::create_dir(at("sub")).unwrap();
        assert_eq!(events(&mut watch), [Event::Dirs]);
        assert_eq!(watch.set(&dirs, &BTreeSet::new()), 0);
        fs::write(at("sub/c"), "").unwrap();
        assert!(events(&mut watch).contains(&Event::Changed(at("sub/c"))));
    }

    #[test]
    fn what_is_written_behind_a_link_is_told_under_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("target"), "").unwrap();
        std::os::unix::fs::symlink(at("target"), at("link")).unwrap();
        let mut watch = Watch::new().unwrap();
        assert_eq!(watch.set(&BTreeSet::new(), &[at("link")].into()), 0);
        fs::write(at("target"), "one").unwrap();
        assert_eq!(events(&mut watch), [Event::Written(at("link"))]);
        assert_eq!(watch.set(&BTreeSet::new(), &BTreeSet::new()), 0);
        fs::write(at("target"), "two").unwrap();
        let left = events(&mut watch);
        assert!(left.iter().all(|event| *event == Event::Dirs), "{left:?}");
    }
}
