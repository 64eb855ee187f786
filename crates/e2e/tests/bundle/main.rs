//! The bundle for a machine without a network: made, described, installed, run, upgraded, removed.
//!
//! It is installed by the real `dpkg` into a copy of this machine: an overlay over `/` in namespaces of
//! its own, whose network is a loopback and nothing else, and which is gone at the end.

#![expect(clippy::print_stdout, reason = "the steps are what a person wants to see")]

use e2e::binary;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// What the copy is made and entered with. `$1` is a folder for it, `$2` the bundle, `$3` the next
/// version, `$4` the script within.
const ENTER: &str = r#"
set -e
ip link set lo up
mount -t tmpfs prohori-bundle "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmp tmp && chmod 1777 tmp
mkdir -p mnt/bundle mnt/next
mount --bind "$2" mnt/bundle
mount --bind "$3" mnt/next
cp "$4" tmp/inside.sh
exec chroot . bash /tmp/inside.sh
"#;

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// Whether root is ours and an overlay can be mounted over `/`.
fn can_copy_the_machine(folder: &Path) -> bool {
    let mut tried = Command::new("unshare");
    tried.args(["--mount", "--net", "--pid", "--fork", "sh", "-c"]);
    tried.arg("mount -t tmpfs none \"$1\" && mkdir \"$1/u\" \"$1/w\" \"$1/r\" && mount -t overlay -o lowerdir=/,upperdir=$1/u,workdir=$1/w o \"$1/r\"");
    tried.arg("sh").arg(folder);
    tried.output().is_ok_and(|tried| tried.status.success())
}

#[test]
fn a_machine_without_a_network_is_installed_upgraded_and_cleared() {
    let folder = tempfile::tempdir().expect("a folder");
    let [bundle, next, copy] = ["bundle", "next", "copy"].map(|name| folder.path().join(name));
    for made in [&next, &copy] {
        std::fs::create_dir(made).expect("a folder is made");
    }
    let prohori = binary::prohori();
    let collector = prohori.with_file_name("prohori-collector");
    // Quick rather than small: what is tested is the way, not xz.
    let quick = [("PROHORI_DEB_COMPRESSION", "none"), ("PROHORI_TARBALL_LEVEL", "1")];
    let make = binary::root().join("deploy/bundle");
    run(Command::new(make).envs(quick).args([prohori, &collector, &bundle]));
    describes_what_is_shipped(&bundle);
    if !can_copy_the_machine(&copy) {
        eprintln!("NOT TESTED: the bundle's installation, as no overlay can be mounted here");
        return;
    }
    let build = binary::root().join("deploy/server/build-packages");
    let mut build = Command::new(build);
    build.envs(quick).env("PROHORI_PACKAGE_VERSION", "99.0");
    run(build.args([prohori, &next]).arg("server"));
    let mut enter = Command::new("setpriv");
    enter.args(["--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--fork"]);
    enter.args(["--kill-child", "sh", "-c", ENTER, "sh"]);
    enter.args([&copy, &bundle, &next]);
    let script = binary::root().join("crates/e2e/tests/bundle/inside.sh");
    let said = run(enter.arg(script));
    print!("{said}");
    assert!(said.trim_end().ends_with("ALL STEPS HELD"), "{said}");
}

/// The bill of materials names every jar with the hash that it has, links only what it names, and has
/// no entry twice.
fn describes_what_is_shipped(bundle: &Path) {
    let text = std::fs::read(bundle.join("prohori.cdx.json")).expect("the bill is there");
    let bill: Value = serde_json::from_slice(&text).expect("the bill is JSON");
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let of = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let components = list(&bill, "components");
    let refs: BTreeSet<String> = components.iter().map(|found| of(found, "bom-ref")).collect();
    assert_eq!(refs.len(), components.len(), "entries that are there twice");
    for needed in [
        "pkg:cargo/rdkafka@",
        "pkg:cargo/axum@",
        "pkg:maven/org.apache.kafka/kafka",
        "pkg:npm/react@",
        "pkg:npm/%40chdb/",
    ] {
        assert!(refs.iter().any(|found| found.starts_with(needed)), "nothing of {needed}");
    }
    for link in list(&bill, "dependencies") {
        let unknown = list(link, "dependsOn")
            .iter()
            .find(|to| !refs.contains(to.as_str().unwrap_or_default()));
        assert_eq!(unknown, None, "{}", link["ref"]);
    }
    let told: BTreeSet<&str> = components
        .iter()
        .filter(|found| of(found, "purl").starts_with("pkg:maven/"))
        .filter_map(|found| found["hashes"][0]["content"].as_str())
        .collect();
    let jars = binary::root().join(".prohori/kafka/libs");
    let jars = std::fs::read_dir(&jars).expect("the jars are there").flatten();
    let jars: Vec<_> = jars
        .map(|jar| jar.path())
        .filter(|jar| jar.extension().is_some_and(|of| of == "jar"))
        .collect();
    assert_eq!(told.len(), jars.len(), "jars of the bill, and jars");
    let sums = run(Command::new("sha256sum").args(&jars));
    for line in sums.lines() {
        let sum = line.split(' ').next().unwrap_or_default();
        assert!(told.contains(sum), "not in the bill: {line}");
    }
}
