//! Changes of rule folders as the kernel tells of them (inotify), so that rules are read when they
//! have changed and not at the next look.
//!
//! A look every so often stays beside it: for folders that the kernel cannot watch, and for those
//! that come while nobody watches.

use crate::live::Origin;
use crate::rules;
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::unix::pipe::Receiver;

/// After a change, how long nothing more may happen before it is looked at: whoever writes many
/// files is not done with the first.
const SETTLE: Duration = Duration::from_millis(50);
/// How long a change waits at most while others go on.
const SETTLE_MAX: Duration = Duration::from_millis(400);
/// Room for some hundred notices at a time.
const BUFFER_BYTES: usize = 16 * 1024;

/// What tells of changes.
pub(crate) struct Notice {
    /// Nothing where rules lie in no folder, or where the kernel has no more instances.
    notices: Option<Receiver>,
    buffer: Box<[u8]>,
}

impl Notice {
    /// Nothing is watched yet.
    pub(crate) fn new(origin: &Origin) -> Self {
        let open = || {
            let fd = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
            // It is no pipe, but read like one; what the notices say does not matter.
            Receiver::from_owned_fd_unchecked(fd)
        };
        let notices = match origin {
            Origin::Folders(_) => open()
                .inspect_err(
                    |error| tracing::warn!(%error, "rule folders are looked at by time only"),
                )
                .ok(),
            Origin::Control(_) | Origin::Texts(_) => None,
        };
        Self { notices, buffer: vec![0; BUFFER_BYTES].into() }
    }

    /// Watches the folders of the rule files as they are now, besides those watched already.
    pub(crate) fn watch(&self, origin: &Origin) {
        let (Some(notices), Origin::Folders(paths)) = (&self.notices, origin) else { return };
        let flags = WatchFlags::CLOSE_WRITE
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO;
        for folder in folders(paths) {
            // What cannot be watched is looked at by time.
            if let Err(error) = inotify::add_watch(notices, &folder, flags) {
                tracing::debug!(folder = %folder.display(), %error, "a rule folder is not watched");
            }
        }
    }

    /// Ends when something has changed and come to rest; never where nothing is watched.
    ///
    /// # Cancel safety
    /// A change that was taken from the kernel when this is dropped is found by the next look.
    pub(crate) async fn changed(&mut self) {
        if !self.any().await {
            return std::future::pending().await;
        }
        let rest = tokio::time::timeout(SETTLE_MAX, async {
            while tokio::time::timeout(SETTLE, self.any()).await.is_ok_and(|any| any) {}
        });
        // At rest or not, it is time to look.
        let _ = rest.await;
    }

    /// Waits for notices and takes them all; `false` where there will be none.
    async fn any(&mut self) -> bool {
        let Some(notices) = &self.notices else { return false };
        if notices.readable().await.is_err() {
            return false;
        }
        loop {
            match notices.try_read(&mut self.buffer).map_err(|error| error.kind()) {
                Ok(1..) | Err(ErrorKind::Interrupted) => {}
                Err(ErrorKind::WouldBlock) => return true,
                Ok(0) | Err(_) => return false,
            }
        }
    }
}

/// The folders that hold rule files, those above them up to `paths`, and of files among `paths` the
/// folder that each is in.
fn folders(paths: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for path in paths {
        if !path.is_dir() {
            found.extend(path.parent().map(Path::to_owned));
            continue;
        }
        found.insert(path.clone());
        for file in rules::files(std::slice::from_ref(path)).unwrap_or_default() {
            let above = file.ancestors().skip(1).take_while(|folder| *folder != path);
            found.extend(above.map(Path::to_owned));
        }
    }
    found
}
