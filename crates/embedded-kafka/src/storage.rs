//! Formatting the data directory, once.

use crate::files::{server_properties, write_file};
use crate::{Config, Error, archive, java};
use base64::Engine as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The id of a cluster of several brokers, sixteen bytes in base64 (`Prohori-Kafka-01`). One for
/// all, so that they need not be told: they share a machine and listen on loopback only.
const SHARED_ID: &str = "UHJvaG9yaS1LYWZrYS0wMQ";
const ID_BYTES: usize = 16;
/// How much of the tool's output goes into an error.
const OUTPUT_LINES: usize = 5;

/// Formats the directory for records where that has not been done.
///
/// The tool works in a directory beside it that is renamed at the end, so that a kill midway
/// leaves nothing that looks formatted.
pub(crate) fn format_once(config: &Config, java: &Path) -> Result<(), Error> {
    let topics = config.topics();
    if topics.join("meta.properties").exists() {
        return Ok(());
    }
    let fresh = config.data.join("topics.new");
    match fs::remove_dir_all(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::file("remove", &fresh)(error));
        }
        _ => {}
    }
    let file = config.data.join("format.properties");
    write_file(&file, &server_properties(config, &fresh))?;
    let id = cluster_id(config)?;
    let users = config.secure.as_ref().map(crate::Secure::format_flags).transpose()?;
    let output = Command::new(java)
        .args(archive::flags(config))
        .args(java::flags(config))
        .args(["kafka.tools.StorageTool", "format", "--cluster-id", &id, "--config"])
        .arg(&file)
        .args(users.unwrap_or_default())
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::NoJava { tried: java.display().to_string(), source })?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<_> = text.lines().rev().take(OUTPUT_LINES).collect();
        let output = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
        return Err(Error::Format { path: config.data.clone(), output });
    }
    fs::remove_file(&file).map_err(Error::file("remove", &file))?;
    fs::rename(&fresh, &topics).map_err(Error::file("rename", &fresh))
}

/// The id of a broker that is alone is its own: a restored backup tells by it whether Kafka is still
/// the one whose offsets it knows.
fn cluster_id(config: &Config) -> Result<String, Error> {
    if config.nodes.len() > 1 {
        return Ok(SHARED_ID.to_owned());
    }
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes).map_err(|source| Error::Random { source })?;
    // An id that begins with a dash would look like a flag.
    bytes[0] &= 0x7f;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}
