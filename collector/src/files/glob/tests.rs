//! Tests of the patterns, against folders made for them.

use super::*;
use std::fs;

fn globs(include: &[&str], exclude: &[&str]) -> Globs {
    let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    Globs::new(&owned(include), &owned(exclude)).unwrap()
}

#[test]
fn paths_are_wanted_or_not() {
    for (include, exclude, path, wanted) in [
        ("/var/log/*.log", "", "/var/log/a.log", true),
        ("/var/log/*.log", "", "/var/log/x/a.log", false),
        ("/var/log/*.log", "", "/var/log/.hidden.log", true),
        ("/var/log/**/*.log", "", "/var/log/a.log", true),
        ("/var/log/**/*.log", "", "/var/log/x/y/a.log", true),
        ("/var/log/auth.log", "", "/var/log/auth.log", true),
        ("/var/log/auth.log", "", "/var/log/auth.log.1", false),
        ("/var/log/auth.log*", "", "/var/log/auth.log.1", true),
        ("/var/log/auth.log*", "", "/var/log/auth.log.2.gz", true),
        ("/var/log/auth.log*", "", "/var/log/auth.log.2.xz", false),
        ("/var/log/*", "*.[0-9]", "/var/log/a.1", false),
        ("/var/log/*", "*.[0-9]", "/var/log/a.log", true),
        ("/var/log/*", "/var/log/a*", "/var/log/a.log", false),
        ("/var/log/*/*", "/var/log/x/*", "/var/log/y/a", true),
        ("/srv/[ab]/?.log", "", "/srv/b/x.log", true),
        ("/srv/[ab]/?.log", "", "/srv/c/x.log", false),
    ] {
        let exclude: &[&str] = if exclude.is_empty() { &[] } else { &[exclude] };
        let found = globs(&[include], exclude).wants(Path::new(path));
        assert_eq!(found, wanted, "{include} without {exclude:?}: {path}");
    }
}

#[test]
fn patterns_that_cannot_work_say_why() {
    for (pattern, expected) in [
        ("/var/log/[a", "invalid range pattern"),
        ("/var/log/***", "wildcards"),
        ("/var/log/**", "add '/*'"),
        ("/var/../etc/*", "'..'"),
        ("", ""),
    ] {
        let error = Globs::new(&[pattern.to_owned()], &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{pattern}: {error}");
    }
}

#[test]
fn a_walk_finds_files_and_the_directories_to_watch() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for name in ["a/x", "a/y/z", "b"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    for name in ["a/1.log", "a/x/2.log", "a/y/z/3.log", "a/y/z/3.txt", "b/4.log"] {
        fs::write(at(name), "").unwrap();
    }
    std::os::unix::fs::symlink(at("b"), at("a/link")).unwrap();
    std::os::unix::fs::symlink(at("b/4.log"), at("a/5.log")).unwrap();
    fs::create_dir(at("a/dir.log")).unwrap();
    let check = |pattern: &str, files: &[&str], dirs: &[&str]| {
        let pattern = at(pattern);
        let found = globs(&[pattern.to_str().unwrap()], &[]).walk();
        assert_eq!(found.files, files.iter().map(|f| at(f)).collect::<Vec<_>>(), "{pattern:?}");
        assert_eq!(found.dirs, dirs.iter().map(|d| at(d)).collect::<Vec<_>>(), "{pattern:?}");
    };
    check("a/*.log", &["a/1.log", "a/5.log"], &["a"]);
    check("a/1.log", &["a/1.log"], &["a"]);
    check("a/*/*.log", &["a/link/4.log", "a/x/2.log"], &["a", "a/dir.log", "a/link", "a/x", "a/y"]);
    check("*/y/z/3.*", &["a/y/z/3.log", "a/y/z/3.txt"], &["", "a", "a/y", "a/y/z", "b"]);
    check("c/d/*.log", &[], &[""]);
    check(
        "a/**/*.log",
        &["a/1.log", "a/5.log", "a/x/2.log", "a/y/z/3.log"],
        &["a", "a/dir.log", "a/x", "a/y", "a/y/z"],
    );
}
