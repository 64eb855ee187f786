//! Raw lines: of one source, of a wanted size, or made to be hard.

use anyhow::Context as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many bytes a file of lines has.
const BYTES: usize = 32 << 20;
/// The largest record.
const RECORD_BYTES: usize = 1_000_000;

/// Repeats lines until they are enough to measure; how many there are then.
pub(crate) fn write_repeated(lines: &[&str], path: &Path) -> anyhow::Result<usize> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let (mut bytes, mut count) = (0, 0);
    while bytes < BYTES && !lines.is_empty() {
        for line in lines {
            writeln!(file, "{line}")?;
            bytes += line.len() + 1;
        }
        count += lines.len();
    }
    file.flush()?;
    Ok(count)
}

/// Those of about a size.
pub(crate) fn of_size(lines: &str, bytes: usize) -> Vec<&str> {
    let fits = |line: &&str| (bytes * 7 / 10..=bytes * 13 / 10).contains(&line.len());
    lines.lines().filter(fits).collect()
}

/// Lines by the source that the normalizer takes each for.
pub(crate) fn by_source<'l>(
    prohori: &Path,
    lines: &'l str,
    scratch: &Path,
) -> anyhow::Result<BTreeMap<String, Vec<&'l str>>> {
    let path: PathBuf = scratch.join("framed.ndjson");
    let all: Vec<&str> = lines.lines().collect();
    let framed = all
        .iter()
        .enumerate()
        .map(|(id, raw)| serde_json::json!({ "id": id, "raw": raw }).to_string() + "\n");
    std::fs::write(&path, framed.collect::<String>())?;
    let output = Command::new(prohori)
        .args(["normalize", "--stdin", "--framed"])
        .stdin(std::fs::File::open(&path)?)
        .stderr(Stdio::null())
        .output()
        .with_context(|| prohori.display().to_string())?;
    let mut sources: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for answer in String::from_utf8_lossy(&output.stdout).lines() {
        let answer: Value = serde_json::from_str(answer)?;
        let source = answer.pointer("/events/0/metadata/log_source").and_then(Value::as_str);
        let line = answer["id"].as_u64().and_then(|id| all.get(id as usize));
        if let (Some(source), Some(line)) = (source, line) {
            sources.entry(source.to_owned()).or_default().push(line);
        }
    }
    Ok(sources)
}

/// Records of the largest size that tempt a parser to make much of little, each a line.
pub(crate) fn hostile() -> Vec<(&'static str, String)> {
    let filled = |begin: &str, part: &str, end: &str| {
        let parts = (RECORD_BYTES - begin.len() - end.len()) / part.len();
        format!("{begin}{}{end}", part.repeat(parts))
    };
    let mut keys = String::from("{\"k\":0");
    for number in 0.. {
        let member = format!(",\"k{number}\":{number}");
        if keys.len() + member.len() >= RECORD_BYTES {
            break;
        }
        keys += &member;
    }
    let nested = format!(",{}1{}", "[".repeat(97), "]".repeat(97));
    vec![
        ("an object of many keys", keys + "}"),
        ("arrays nested 98 deep, often", filled("{\"a\":[0", &nested, "]}")),
        ("too deep", "[".repeat(RECORD_BYTES)),
        ("a batch of empty objects", filled("[{}", ",{}", "]")),
        ("an array of numbers", filled("{\"a\":[1", ",1", "]}")),
        ("escapes only", filled("{\"a\":\"", "\\u0001", "\"}")),
        ("pairs", filled("", "a=b ", "")),
        (
            "a long line repeated 1,000 times",
            filled("<13>Mar  1 10:00:00 h p[1]: message repeated 1000 times: [ ", "x", "]"),
        ),
    ]
}
