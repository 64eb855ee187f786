//! The Debian package: built, installed below a scratch root, and run from there; and its unit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The exposure that `systemd-analyze security` gives the unit at most, in tenths.
const EXPOSURE_MAX: &str = "20";

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/collector")
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_package_is_built_installed_and_works() {
    let dir = tempfile::tempdir().unwrap();
    let mut build = Command::new(deploy().join("build-deb"));
    let package = run(build.arg(env!("CARGO_BIN_EXE_prohori-collector")).arg(dir.path()));
    let package = package.trim();
    let fields = run(Command::new("dpkg-deb").args(["--field", package]));
    let version = format!("Version: {}\n", env!("CARGO_PKG_VERSION"));
    assert!(fields.contains("Package: prohori-collector\n") && fields.contains(&version));

    // As dpkg installs it, below a root of its own: its database too.
    let root = dir.path().join("root");
    for folder in ["info", "updates", "parts"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(folder)).unwrap();
    }
    for file in ["status", "available"] {
        fs::write(root.join("var/lib/dpkg").join(file), "").unwrap();
    }
    let mut install = Command::new("dpkg");
    install.arg("--root").arg(&root).args([
        "--force-depends",
        "--force-not-root",
        "--log=/dev/null",
    ]);
    run(install.args(["--install", package]));
    let conffiles = fs::read_to_string(root.join("var/lib/dpkg/info/prohori-collector.conffiles"));
    assert_eq!(conffiles.unwrap(), "/etc/prohori/collector.toml\n");
    let config = root.join("etc/prohori/collector.toml");
    let mode = fs::metadata(&config).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "it may hold what others must not read");

    let check = run(Command::new(root.join("usr/bin/prohori-collector")).arg("check").arg(config));
    assert!(check.contains("agency demo, topic raw.demo"), "{check}");
    let unit = root.join("lib/systemd/system/prohori-collector.service");
    assert_eq!(
        fs::read(unit).unwrap(),
        fs::read(deploy().join("prohori-collector.service")).unwrap()
    );
}

#[test]
fn the_unit_is_hardened_and_well_formed() {
    let dir = tempfile::tempdir().unwrap();
    // What it starts, so that nothing but the unit itself is looked at.
    let unit = fs::read_to_string(deploy().join("prohori-collector.service")).unwrap();
    let unit = unit.replace("/usr/bin/prohori-collector", env!("CARGO_BIN_EXE_prohori-collector"));
    let file = dir.path().join("prohori-collector.service");
    fs::write(&file, unit).unwrap();
    let Ok(verify) = Command::new("systemd-analyze").arg("verify").arg(&file).output() else {
        eprintln!("NOT TESTED: there is no systemd-analyze here");
        return;
    };
    let said = text(&verify);
    assert!(!said.contains("prohori-collector.service:"), "{said}");
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--no-pager", "--offline=true"]);
    run(security.arg(format!("--threshold={EXPOSURE_MAX}")).arg(&file));
}
