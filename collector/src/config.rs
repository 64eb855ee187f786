//! The collector's configuration: raw as in the file, then checked, before anything opens.
//!
//! `deploy/collector/collector.toml` has every key with its unit and default.

mod format;
mod raw;

use crate::Error;
use crate::files::glob::Globs;
use crate::files::{FileInput, Start};
use crate::journal::JournalInput;
use crate::queue::Limits;
use model::{Agency, origin};
use raw::{
    Raw, RawFile, RawHttpInput, RawJournal, RawListenTls, RawNetflow, RawSpool, RawSyslog,
    RawWhenFull,
};
use spool::WhenFull;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Rescans closer than this would cost more than they find; further apart, a new file on a file
/// system that tells nothing (NFS) would wait too long.
const RESCAN_S: std::ops::RangeInclusive<u64> = 1..=3600;

/// Below this a single record of the largest size would take a quarter of an hour.
const BYTES_PER_SECOND_MIN: u64 = 1024;

/// Heartbeats closer than this say nothing that the last one did not; further apart, a host that
/// is down is noticed late.
const HEARTBEAT_S: std::ops::RangeInclusive<u64> = 5..=3600;

/// A configuration that can work.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) agency: Agency,
    pub(crate) id: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) state_dir: PathBuf,
    pub(crate) rescan: Duration,
    /// How often it is told how far collecting is; `None`: never.
    pub(crate) heartbeat: Option<Duration>,
    /// What may go to Kafka in a second, before compression; `None`: any.
    pub(crate) bytes_per_second: Option<u64>,
    pub(crate) bus: bus::Config,
    pub(crate) http: service::config::Http,
    pub(crate) files: Vec<FileInput>,
    pub(crate) syslog: Vec<SyslogInput>,
    pub(crate) journal: Option<JournalInput>,
    pub(crate) http_inputs: Vec<HttpInput>,
    pub(crate) netflow: Vec<NetflowInput>,
    pub(crate) stdin: Option<StdinInput>,
}

/// One `[[netflow]]`.
#[derive(Debug, Clone)]
pub(crate) struct NetflowInput {
    pub(crate) listen: SocketAddr,
    pub(crate) source: Option<String>,
    pub(crate) spool: SpoolLimits,
}

/// One `[[syslog]]`.
#[derive(Debug, Clone)]
pub(crate) struct SyslogInput {
    pub(crate) udp: Option<SocketAddr>,
    pub(crate) tcp: Option<SocketAddr>,
    pub(crate) tls: Option<(SocketAddr, tls::Files)>,
    /// Records a second of one sender.
    pub(crate) rate_max: Option<u32>,
    pub(crate) source: Option<String>,
    pub(crate) spool: SpoolLimits,
}

/// One `[[http_input]]`.
#[derive(Debug, Clone)]
pub(crate) struct HttpInput {
    pub(crate) listen: SocketAddr,
    token_file: Option<PathBuf>,
    pub(crate) tls: Option<tls::Files>,
    pub(crate) source: Option<String>,
    pub(crate) spool: SpoolLimits,
}

impl HttpInput {
    /// The token that senders must show: the first line of its file.
    pub(crate) fn token(&self) -> Result<Option<Arc<str>>, Error> {
        let Some(path) = &self.token_file else { return Ok(None) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::ReadToken { path: path.clone(), source })?;
        let token = text.lines().next().unwrap_or_default().trim();
        if token.is_empty() {
            return Err(Error::EmptyToken { path: path.clone() });
        }
        Ok(Some(token.into()))
    }
}

/// `[stdin]`.
#[derive(Debug, Clone)]
pub(crate) struct StdinInput {
    pub(crate) source: Option<String>,
    pub(crate) spool: SpoolLimits,
}

/// How much of an input may wait on disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpoolLimits {
    bytes_max: u64,
    when_full: Option<WhenFull>,
}

/// Bytes on disk of an input that says nothing else: at 300 bytes a record and 1,000 records a
/// second, half an hour without Kafka.
const SPOOL_BYTES_MAX: u64 = 512 * 1024 * 1024;

impl SpoolLimits {
    /// The limits, where an input that is told nothing else does `otherwise` when it is full.
    pub(crate) fn limits(self, otherwise: WhenFull) -> Limits {
        let when_full = self.when_full.unwrap_or(otherwise);
        Limits { bytes_max: self.bytes_max, when_full }
    }
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
        let spool = SpoolLimits { bytes_max: SPOOL_BYTES_MAX, when_full: None };
        let spool = check.spool(&raw.spool, spool)?;
        let config = Self {
            agency: check.at("agency", &raw.agency, Agency::new)?,
            id: check.label("id", raw.id)?,
            host: check.label("host", raw.host)?,
            state_dir: raw.state_dir,
            rescan: check.rescan(raw.rescan_s)?,
            heartbeat: check.heartbeat(raw.heartbeat_s)?,
            bytes_per_second: check.ceiling(raw.bytes_per_second)?,
            bus: raw.bus,
            http: raw.http,
            files: check.files(raw.file)?,
            syslog: check.syslog(raw.syslog, spool)?,
            journal: raw.journal.map(|raw| check.journal(raw)).transpose()?,
            http_inputs: check.http_inputs(raw.http_input, spool)?,
            netflow: check.netflow(raw.netflow, spool)?,
            stdin: match raw.stdin {
                Some(raw) => Some(StdinInput {
                    source: check.label("source", raw.source)?,
                    spool: check.spool(&raw.spool, spool)?,
                }),
                None => None,
            },
        };
        let listens = !config.syslog.is_empty()
            || !config.http_inputs.is_empty()
            || !config.netflow.is_empty();
        let reads = !config.files.is_empty() || config.journal.is_some();
        if !reads && !listens && config.stdin.is_none() {
            let problem = "there is nothing to collect: add [[file]], [journal], [[syslog]], \
                           [[http_input]], [[netflow]] or [stdin]";
            return Err(check.error("file", &(0..0), problem));
        }
        Ok(config)
    }

    /// Where the spools of inputs that cannot be read again lie.
    pub(crate) fn spool_dir(&self) -> PathBuf {
        self.state_dir.join("spool")
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
            let tls = match &input.tls {
                None => String::new(),
                Some((address, tls)) => {
                    tls.acceptor()?;
                    format!(" tls {address}")
                }
            };
            let _ = writeln!(text, "syslog input:{udp}{tcp}{tls}");
        }
        if let Some(input) = &self.journal {
            let _ = writeln!(text, "journal, through {}", input.program.display());
        }
        for input in &self.http_inputs {
            input.token()?;
            input.tls.as_ref().map(tls::Files::acceptor).transpose()?;
            let _ = writeln!(text, "http input: {}", input.listen);
        }
        for input in &self.netflow {
            let _ = writeln!(text, "netflow input: {}", input.listen);
        }
        if self.stdin.is_some() {
            text.push_str("standard input\n");
        }
        Ok(text)
    }
}

fn listen_tls(raw: RawListenTls) -> (SocketAddr, tls::Files) {
    let RawListenTls { listen, certificate_file, key_file, client_ca_file } = raw;
    (listen.into_inner(), tls::Files { certificate_file, key_file, client_ca_file })
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

    fn heartbeat(&self, value: toml::Spanned<u64>) -> Result<Option<Duration>, Error> {
        match *value.get_ref() {
            0 => Ok(None),
            seconds if HEARTBEAT_S.contains(&seconds) => Ok(Some(Duration::from_secs(seconds))),
            seconds => {
                let (least, most) = (HEARTBEAT_S.start(), HEARTBEAT_S.end());
                let problem =
                    format!("{seconds} is neither 0 nor between {least} and {most} seconds");
                Err(self.error("heartbeat_s", &value.span(), problem))
            }
        }
    }

    fn ceiling(&self, value: Option<toml::Spanned<u64>>) -> Result<Option<u64>, Error> {
        let Some(value) = value else { return Ok(None) };
        let bytes = *value.get_ref();
        if bytes < BYTES_PER_SECOND_MIN {
            let problem = format!("{bytes} bytes a second are less than {BYTES_PER_SECOND_MIN}");
            return Err(self.error("bytes_per_second", &value.span(), problem));
        }
        Ok(Some(bytes))
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
        let format = self.format(&raw)?;
        Ok(FileInput {
            name: raw.name.into_inner(),
            globs,
            start: raw.start,
            source: self.label("source", raw.source)?,
            format: Arc::new(format),
        })
    }

    /// The limits in `raw`, or those that hold for all inputs.
    fn spool(&self, raw: &RawSpool, all: SpoolLimits) -> Result<SpoolLimits, Error> {
        let bytes_max = match &raw.bytes_max {
            None => all.bytes_max,
            Some(value) if *value.get_ref() >= spool::BYTES_MAX_MIN => *value.get_ref(),
            Some(value) => {
                let problem =
                    format!("{} bytes are less than {}", value.get_ref(), spool::BYTES_MAX_MIN);
                return Err(self.error("bytes_max", &value.span(), problem));
            }
        };
        let when_full = raw.when_full.map(|when_full| match when_full {
            RawWhenFull::Block => WhenFull::Block,
            RawWhenFull::DropOldest => WhenFull::DropOldest,
            RawWhenFull::DropNewest => WhenFull::DropNewest,
        });
        Ok(SpoolLimits { bytes_max, when_full: when_full.or(all.when_full) })
    }

    fn journal(&self, raw: RawJournal) -> Result<JournalInput, Error> {
        let unit = |unit: &toml::Spanned<String>| {
            self.at("units", unit, |name| match name {
                "" => Err("an empty name is no unit"),
                name if name.starts_with('-') => Err("no unit's name begins with '-'"),
                name => Ok(name.to_owned()),
            })
        };
        Ok(JournalInput {
            program: raw.program,
            directory: raw.directory,
            units: raw.units.iter().map(unit).collect::<Result<_, _>>()?,
            from_beginning: raw.start == Start::Beginning,
            source: self.label("source", raw.source)?,
        })
    }

    fn http_inputs(
        &self,
        raw: Vec<RawHttpInput>,
        spool: SpoolLimits,
    ) -> Result<Vec<HttpInput>, Error> {
        let input = |raw: RawHttpInput| {
            let away = !raw.listen.get_ref().ip().is_loopback();
            let open = raw.tls.as_ref().is_none_or(|tls| tls.client_ca_file.is_none());
            if away && open && raw.token_file.is_none() {
                let problem =
                    "anybody could send here: give a token_file, or tls with a client_ca_file";
                return Err(self.error("listen", &raw.listen.span(), problem));
            }
            Ok(HttpInput {
                listen: raw.listen.into_inner(),
                token_file: raw.token_file,
                tls: raw.tls,
                source: self.label("source", raw.source)?,
                spool: self.spool(&raw.spool, spool)?,
            })
        };
        raw.into_iter().map(input).collect()
    }

    fn netflow(
        &self,
        raw: Vec<RawNetflow>,
        spool: SpoolLimits,
    ) -> Result<Vec<NetflowInput>, Error> {
        let input = |raw: RawNetflow| {
            Ok(NetflowInput {
                listen: raw.listen,
                source: self.label("source", raw.source)?,
                spool: self.spool(&raw.spool, spool)?,
            })
        };
        raw.into_iter().map(input).collect()
    }

    fn syslog(
        &self,
        raw: Vec<toml::Spanned<RawSyslog>>,
        spool: SpoolLimits,
    ) -> Result<Vec<SyslogInput>, Error> {
        let mut taken = HashSet::new();
        raw.into_iter()
            .map(|raw| {
                let span = raw.span();
                let raw = raw.into_inner();
                if raw.udp.is_none() && raw.tcp.is_none() && raw.tls.is_none() {
                    let problem = "has none of udp, tcp and tls: give it at least one address";
                    return Err(self.error("syslog", &span, problem));
                }
                let tls = raw.tls.as_ref().map(|tls| &tls.listen);
                let addresses =
                    [("udp", raw.udp.as_ref()), ("tcp", raw.tcp.as_ref()), ("tls", tls)];
                for (protocol, address) in addresses {
                    let Some(address) = address else { continue };
                    let fixed = address.get_ref().port() != 0;
                    let is_udp = protocol == "udp";
                    if fixed && !taken.insert((is_udp, *address.get_ref())) {
                        let problem = "another [[syslog]] has this address";
                        return Err(self.error(protocol, &address.span(), problem));
                    }
                }
                Ok(SyslogInput {
                    udp: raw.udp.map(toml::Spanned::into_inner),
                    tcp: raw.tcp.map(toml::Spanned::into_inner),
                    tls: raw.tls.map(listen_tls),
                    rate_max: raw.rate_max.map(Into::into),
                    source: self.label("source", raw.source)?,
                    spool: self.spool(&raw.spool, spool)?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
