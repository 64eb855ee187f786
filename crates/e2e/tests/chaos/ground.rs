//! Disks and a network of the test's own, so that they can be filled and cut without harm to others.
//!
//! The test runs itself once more in a mount and a network namespace. What it mounts there nobody
//! else sees, its loopback is no other's, and both are gone when its last process is.

use e2e::binary;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set for the run within the namespaces.
const INSIDE: &str = "PROHORI_CHAOS_INSIDE";

/// What may be broken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Namespaces of our own: disks and network too.
    Private,
    /// The kernel gives us none: processes and messages only.
    Shared,
}

/// The ground to run `test` on; `None` in the outer run, once the inner one has passed.
pub(crate) fn enter(test: &str) -> Option<Ground> {
    if std::env::var_os(INSIDE).is_some() {
        return Some(Ground::Private);
    }
    if !unshare(&["true"]).output().is_ok_and(|tried| tried.status.success()) {
        eprintln!(
            "NOT TESTED: full disks and a cut network, as there is no unshare(1) for us here"
        );
        return Some(Ground::Shared);
    }
    // Outside, where cargo may use the network.
    binary::prohori();
    let own = std::env::current_exe().expect("the test has a path");
    let own = own.to_str().expect("a plain path");
    let mut inner = unshare(&[own, "--exact", test, "--nocapture", "--test-threads=1"]);
    let status = inner.env(INSIDE, "1").status().expect("unshare runs");
    assert!(status.success(), "{test}: {status}");
    None
}

/// `command` with disks and a network of its own; it is killed with us.
fn unshare(command: &[&str]) -> Command {
    let mut unshare = Command::new("setpriv");
    unshare.args(["--pdeathsig", "KILL", "unshare", "--mount", "--net"]);
    if !rustix::process::geteuid().is_root() {
        unshare.arg("--map-root-user");
    }
    unshare.args(["sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]).args(command);
    unshare
}

fn run(program: &str, args: &[&str]) {
    let output = Command::new(program).args(args).output().expect("a program of every system");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {args:?}: {said}");
}

/// Cuts every connection of this namespace, without a word to either side, or lets them be again.
pub(crate) fn network(is_up: bool) {
    run("ip", &["link", "set", "lo", if is_up { "up" } else { "down" }]);
}

/// A small file system, which can be filled.
#[derive(Debug)]
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// Mounts one of `mib` at `folder`.
    pub(crate) fn mount(folder: &Path, mib: u32) -> Self {
        std::fs::create_dir_all(folder).expect("a folder is made");
        let path = folder.to_str().expect("a plain path");
        run("mount", &["-t", "tmpfs", "-o", &format!("size={mib}m"), "prohori-chaos", path]);
        Self(folder.to_owned())
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Takes all the room that is left.
    pub(crate) fn fill(&self) {
        let mut zeros = std::io::repeat(0);
        let mut file = std::fs::File::create(self.filler()).expect("there is room for a name");
        let end = std::io::copy(&mut zeros, &mut file).expect_err("the disk has an end");
        assert_eq!(end.kind(), std::io::ErrorKind::StorageFull);
    }

    /// Gives it back.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.filler()).expect("the filler is there");
    }
}

impl Drop for Disk {
    /// So that the folder below can be removed.
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
