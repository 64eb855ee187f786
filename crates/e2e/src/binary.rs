//! The built binaries, and pipes through them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The top of the repository.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The corpora beside the repository, or `None` (said on standard error) where there are none.
pub fn corpora() -> Option<PathBuf> {
    let named = std::env::var_os("PROHORI_SHARED").map(PathBuf::from);
    let shared = named.unwrap_or_else(|| root().join("../shared"));
    let corpora = shared.join("corpora");
    if !corpora.is_dir() {
        eprintln!("skipped: shared corpora absent ({})", corpora.display());
        return None;
    }
    Some(corpora)
}

/// `prohori`, built from the present sources in the profile of this very test.
///
/// Cargo gives tests of one package no path to another's binary; asking cargo is what keeps a test
/// from running yesterday's build.
pub fn prohori() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        // The very arguments of `make unit`: with others, cargo would choose other features and
        // build the dependencies once more.
        build.args(["build", "--quiet", "--locked", "--bins"]).current_dir(root());
        // And its environment: what cargo says to this test about its package, build scripts of
        // dependencies (ring's) take for a change, and half of the tree would be built anew.
        let told = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for name in told.filter(|name| OF_PACKAGE.iter().any(|of| name.starts_with(of))) {
            build.env_remove(name);
        }
        let status = build.status();
        assert!(status.is_ok_and(|s| s.success()), "cargo build of the binaries failed");
        let mut folder = std::env::current_exe().unwrap_or_else(|e| panic!("no own path: {e}"));
        while folder.file_name().is_some_and(|name| name != "debug" && name != "release") {
            folder.pop();
        }
        folder.join("prohori")
    })
}

/// Beginnings of the variables that cargo sets for a test.
const OF_PACKAGE: [&str; 5] =
    ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"];

/// Runs `prohori` with `args` and `input`; its standard output.
pub fn pipe(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(prohori())
        .args(args)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start prohori: {error}"));
    let mut stdin = child.stdin.take().unwrap_or_else(|| panic!("standard input is piped"));
    let output = std::thread::scope(|scope| {
        // From another thread: a filter that answers before it has read all would block us both.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    });
    let output = output.unwrap_or_else(|error| panic!("prohori {args:?}: {error}"));
    assert!(output.status.success(), "prohori {args:?}: {}", output.status);
    output.stdout
}
