//! The collector's configuration: raw as in the file, then checked, before anything opens.
//!
//! `deploy/collector/collector.toml` has every key with its unit and default.

mod raw;

use crate::Error;
use crate::files::FileInput;
use crate::files::glob::Globs;
use model::{Agency, origin};
use raw::{Raw, RawFile, RawSyslog};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Rescans closer than this would cost more than they find; further apart, a new file on a file
/// system that tells nothing (NFS) would wait too long.
const RESCAN_S: std::ops::RangeInclusive<u64> = 1..=3600;

/// A configuration that can work.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) agency: Agency,
    pub(crate) id: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) state_dir: PathBuf,
    pub(crate) rescan: Duration,
    pub(crate) bus: bus::Config,
    pub(crate) http: service::config::Http,
    pub(crate) files: Vec<FileInput>,
    pub(crate) syslog: Vec<SyslogInput>,
    pub(crate) stdin: Option<StdinInput>,
}

/// One `[[syslog]]`.
#[derive(Debug, Clone)]
pub(crate) struct SyslogInput {
    pub(crate) udp: Option<SocketAddr>,
    pub(crate) tcp: Option<SocketAddr>,
    pub(crate) source: Option<String>,
}

/// `[stdin]`.
#[derive(Debug, Clone)]
pub(crate) struct StdinInput {
    pub(crate) source: Option<String>,
}

impl Config {
    /// Reads and checks the file at `path`.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| service::Error::ReadConfig { path: path.into(), source })?;
        Self::parse(path, &text)
    }

    /// Checks `text`, naming `path` in errors.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let raw: Raw = service::config::parse(path, text)?;
        let check = Check { path, text };
        let config = Self {
            agency: check.at("agency", &raw.agency, Agency::new)?,
            id: check.label("id", raw.id)?,
            host: check.label("host", raw.host)?,
            state_dir: raw.state_dir,
            rescan: check.rescan(raw.rescan_s)?,
            bus: raw.bus,
            http: raw.http,
            files: check.files(raw.file)?,
            syslog: check.syslog(raw.syslog)?,
            stdin: match raw.stdin {
                Some(raw) => Some(StdinInput { source: check.label("source", raw.source)? }),
                None => None,
            },
        };
        if config.files.is_empty() && config.syslog.is_empty() && config.stdin.is_none() {
            let problem = "there is nothing to collect: add [[file]], [[syslog]] or [stdin]";
            return Err(check.error("file", &(0..0), problem));
        }
        Ok(config)
    }

    /// Makes a Kafka client as the collector would, which checks addresses and certificates, and
    /// says what each input would read now. Sends nothing.
    pub fn try_out(&self) -> Result<String, Error> {
        drop(bus::Producer::open(&self.bus, &bus::ProducerOptions::default(), |_, _| {})?);
        let mut text =
            format!("agency {}, topic {}\n", self.agency, model::topic::raw(&self.agency));
        for input in &self.files {
            let found = input.globs.walk();
            let _ = writeln!(
                text,
                "file input {}: {} files now, {} directories watched",
                input.name,
                found.files.len(),
                found.dirs.len()
            );
        }
        for input in &self.syslog {
            let udp = input.udp.map(|address| format!(" udp {address}")).unwrap_or_default();
            let tcp = input.tcp.map(|address| format!(" tcp {address}")).unwrap_or_default();
            let _ = writeln!(text, "syslog input:{udp}{tcp}");
        }
        if self.stdin.is_some() {
            text.push_str("standard input\n");
        }
        Ok(text)
    }
}

/// Checks values and names the line of one that cannot work.
struct Check<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Check<'_> {
    fn error(&self, key: &'static str, span: &Range<usize>, problem: impl ToString) -> Error {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        Error::Config {
            path: self.path.into(),
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            key,
            problem: problem.to_string(),
        }
    }

    fn at<T, E: ToString>(
        &self,
        key: &'static str,
        value: &toml::Spanned<String>,
        check: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Error> {
        check(value.get_ref()).map_err(|problem| self.error(key, &value.span(), problem))
    }

    /// A text that is to stand in the `origin` header.
    fn label(
        &self,
        key: &'static str,
        value: Option<toml::Spanned<String>>,
    ) -> Result<Option<String>, Error> {
        let Some(value) = value else { return Ok(None) };
        self.at(key, &value, |text| origin::check_name(key, text).map(ToOwned::to_owned)).map(Some)
    }

    fn rescan(&self, value: toml::Spanned<u64>) -> Result<Duration, Error> {
        if !RESCAN_S.contains(value.get_ref()) {
            let problem = format!(
                "{} is not between {} and {} seconds",
                value.get_ref(),
                RESCAN_S.start(),
                RESCAN_S.end()
            );
            return Err(self.error("rescan_s", &value.span(), problem));
        }
        Ok(Duration::from_secs(value.into_inner()))
    }

    fn files(&self, raw: Vec<RawFile>) -> Result<Vec<FileInput>, Error> {
        let mut names = HashSet::new();
        raw.into_iter()
            .map(|raw| {
                self.at("name", &raw.name, |name| match names.insert(name.to_owned()) {
                    _ if name.is_empty() => Err("is empty: give the input a name"),
                    false => Err("another [[file]] has this name: checkpoints need different ones"),
                    true => Ok(()),
                })?;
                self.file(raw)
            })
            .collect()
    }

    fn file(&self, raw: RawFile) -> Result<FileInput, Error> {
        if raw.include.get_ref().is_empty() {
            let problem = "is empty: name at least one file or pattern";
            return Err(self.error("include", &raw.include.span(), problem));
        }
        let text = |list: &[toml::Spanned<String>]| -> Vec<String> {
            list.iter().map(|item| item.get_ref().clone()).collect()
        };
        // One by one first, so that the error names the line of the pattern.
        for include in raw.include.get_ref() {
            self.at("include", include, |text| Globs::new(&[text.to_owned()], &[]))?;
        }
        for exclude in &raw.exclude {
            self.at("exclude", exclude, |text| Globs::new(&[], &[text.to_owned()]))?;
        }
        let (include, exclude) = (text(raw.include.get_ref()), text(&raw.exclude));
        let globs = Globs::new(&include, &exclude)
            .map_err(|problem| self.error("include", &raw.include.span(), problem))?;
        Ok(FileInput {
            name: raw.name.into_inner(),
            globs,
            start: raw.start,
            source: self.label("source", raw.source)?,
        })
    }

    fn syslog(&self, raw: Vec<toml::Spanned<RawSyslog>>) -> Result<Vec<SyslogInput>, Error> {
        let mut taken = HashSet::new();
        raw.into_iter()
            .map(|raw| {
                let span = raw.span();
                let raw = raw.into_inner();
                if raw.udp.is_none() && raw.tcp.is_none() {
                    let problem = "has neither udp nor tcp: give it at least one address";
                    return Err(self.error("syslog", &span, problem));
                }
                for (protocol, address) in [("udp", &raw.udp), ("tcp", &raw.tcp)] {
                    let Some(address) = address else { continue };
                    let fixed = address.get_ref().port() != 0;
                    if fixed && !taken.insert((protocol, *address.get_ref())) {
                        let problem = "another [[syslog]] has this address";
                        return Err(self.error(protocol, &address.span(), problem));
                    }
                }
                Ok(SyslogInput {
                    udp: raw.udp.map(toml::Spanned::into_inner),
                    tcp: raw.tcp.map(toml::Spanned::into_inner),
                    source: self.label("source", raw.source)?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
