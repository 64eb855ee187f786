//! Links in the documentation lead somewhere: to a file that is there, and to a heading that it has.

use e2e::binary;
use regex::Regex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Pages of ours.
fn pages() -> Vec<PathBuf> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"]);
    let output = git.current_dir(binary::root()).output().expect("git runs");
    let names = String::from_utf8(output.stdout).expect("our file names are UTF-8");
    names.lines().map(|name| binary::root().join(name)).filter(|path| path.exists()).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The anchors of a page's headings, as they are made of them: lower case, words joined by hyphens.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = read(page);
    let heading = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept =
            words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c) || !c.is_ascii());
        kept.collect::<String>().replace(' ', "-")
    };
    text.lines().filter(|line| line.starts_with('#')).map(heading).collect()
}

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a pattern");
    let (mut broken, mut count) = (Vec::new(), 0);
    for page in pages() {
        let folder = page.parent().expect("a page is in a folder");
        for found in link.captures_iter(&read(&page)) {
            let target = &found[1];
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.clone() } else { folder.join(file) };
            let is_page = file.extension().is_some_and(|of| of == "md");
            let leads =
                file.exists() && (anchor.is_empty() || !is_page || anchors(&file).contains(anchor));
            if !leads {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(count > 30, "{count} links are too few to be all");
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}
