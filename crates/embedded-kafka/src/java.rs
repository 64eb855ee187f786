//! Finding Java, and the flags that every Kafka process gets.

use crate::{Config, Error};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest Java that Kafka 4 runs on.
const JAVA_MIN: u32 = 17;

/// The Java program, after asking it for its version.
pub(crate) fn find(configured: Option<&Path>) -> Result<PathBuf, Error> {
    let home = || std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    let java = configured.map(Path::to_owned).or_else(home).unwrap_or_else(|| "java".into());
    let output = Command::new(&java)
        .arg("-version")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::NoJava { tried: java.display().to_string(), source })?;
    let text = String::from_utf8_lossy(&output.stderr);
    match version(&text) {
        Some(version) if version >= JAVA_MIN => Ok(java),
        _ => Err(Error::OldJava { java, version: text.lines().next().unwrap_or("").into() }),
    }
}

/// The major version in what `java -version` prints: `openjdk version "17.0.15" 2025-04-15`,
/// before Java 9 as `"1.8.0_392"`.
fn version(text: &str) -> Option<u32> {
    let quoted = text.split('"').nth(1)?;
    let mut numbers = quoted.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().ok());
    match numbers.next()?? {
        1 => numbers.next()?,
        major => Some(major),
    }
}

/// The flags of a Kafka process, before those of its own.
pub(crate) fn flags(config: &Config) -> Vec<String> {
    let log = config.log();
    [
        format!("-Xmx{}m", config.heap_mib),
        // One thread collects the garbage: on a machine that also runs the rest of the stack, the
        // default collector's threads and memory cost more than its shorter pauses gain.
        "-XX:+UseSerialGC".into(),
        // The fast compiler only: half the processor time of a start, and over the first millions
        // of records a third less of it a record, for the second compiler works longer than it saves.
        "-XX:TieredStopAtLevel=1".into(),
        "-XX:+ExitOnOutOfMemoryError".into(),
        // No statistics file in /tmp.
        "-XX:-UsePerfData".into(),
        format!("-XX:ErrorFile={}/crash-%p.log", log.display()),
        // Java keeps a direct buffer per thread of the size of the largest request it ever saw.
        "-Djdk.nio.maxCachedBufferSize=1048576".into(),
        "-Djava.awt.headless=true".into(),
        format!("-Dlog4j2.configurationFile={}", config.data.join("log4j2.properties").display()),
        "-cp".into(),
        format!("{}/*", config.libs.display()),
    ]
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, expected) in [
            ("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime", Some(17)),
            ("openjdk version \"21\" 2023-09-19 LTS", Some(21)),
            ("openjdk version \"25-ea\" 2025-09-16", Some(25)),
            ("java version \"1.8.0_392\"", Some(8)),
            ("openjdk version \"11.0.2\"", Some(11)),
            ("command not found", None),
            ("\"x\"", None),
            ("", None),
        ] {
            assert_eq!(version(text), expected, "{text:?}");
        }
    }
}
