//! `prohori normalize --stdin`: raw lines in, OCSF NDJSON out.
//!
//! Unframed, each line is a record and each event a line, in order. Framed, each line is
//! `{"id", "raw", "source"?}` and answers with `{"id", "events": […], "error"}`, in order, so that
//! a record may hold line breaks.

mod lines;

use crate::engine::{Dead, Normalized, Normalizer, Settings};
use crate::{Enrichment, Error, Masks, Parsers, Zones, parsers, zones};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lines::{Line, Lines, Piece};
use mapping::Tables;
use model::{Agency, Cut, Origin, RAW_BYTES_MAX};
use serde_json::value::RawValue;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The longest framed line: a record of ten million bytes, each escaped to six.
const FRAME_BYTES_MAX: usize = 64 << 20;

/// Room for a piece's output that is asked for beforehand, at most: a piece is a quarter of a
/// megabyte, and events are some times as long as lines.
const ROOM_BYTES_MAX: usize = 4 << 20;

/// What the command line asks for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The source type of every line; without it each is told by its content.
    pub source: Option<String>,
    /// Where dead letters go, as NDJSON; without it they are only counted at the end.
    pub dead_letters: Option<PathBuf>,
    /// Whether lines are framed.
    pub framed: bool,
    /// The file of keys that personal data is hidden with; without it nothing is.
    pub privacy_key: Option<PathBuf>,
    /// Folders of parsers that users wrote, or files.
    pub parsers: Vec<PathBuf>,
    /// The zone of times that name none, as an IANA name; `None`: UTC.
    pub zone: Option<String>,
    /// A TOML file whose table `[enrich]` names what events are enriched from; without it nothing.
    pub enrich: Option<PathBuf>,
    /// How many threads; `None`: as many as the machine has cores.
    pub threads: Option<NonZero<usize>>,
}

/// A framed line.
#[derive(serde::Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    raw: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    source: Option<std::borrow::Cow<'a, str>>,
}

/// Reads all of `input` and writes what it becomes to `output`, on several threads and in order.
pub fn run(
    options: &Options,
    input: impl Read + Send,
    output: impl Write + Send,
) -> Result<(), Error> {
    let tables = Arc::new(Tables::builtin().map_err(Error::Mapping)?);
    let masks = match &options.privacy_key {
        Some(path) => Masks::of_agency(&Agency::local(), path)?,
        None => Masks::default(),
    };
    let parsers = match options.parsers.as_slice() {
        [] => Parsers::default(),
        paths => Parsers::new(parsers::load(paths)?),
    };
    let zone = zones::named(options.zone.as_deref().unwrap_or("UTC"))?;
    let enrichment = options.enrich.as_deref().map(Enrichment::of_file).transpose()?;
    let enrichment = enrichment.unwrap_or_default();
    let zones = Zones::all(zone);
    let settings = Settings { zones, masks: masks.clone(), parsers, enrichment };
    let line_bytes_max = if options.framed { FRAME_BYTES_MAX } else { RAW_BYTES_MAX };
    let lines = Lines::new(input, line_bytes_max);
    let mut sink = Written { output, dead: DeadLetters::open(options)? };
    turns::run(turns::threads(options.threads), lines, &mut sink, || {
        let normalizer = Normalizer::new(Arc::clone(&tables), settings.clone());
        let mut worker =
            Worker { options, masks: &masks, normalizer, done: Done::default(), now_ms: 0 };
        move |piece: &mut Piece| {
            worker.now_ms = now_ms();
            piece.headers().for_each(|header| worker.header(header));
            piece.lines().for_each(|line| worker.line(&line));
            worker.take()
        }
    })?;
    sink.output.flush().map_err(Error::Write)?;
    sink.dead.finish()
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

/// What came of a piece of the input.
#[derive(Debug, Default)]
struct Done {
    out: Vec<u8>,
    dead: u64,
    /// The dead letters as NDJSON, where a file takes them.
    letters: Vec<u8>,
}

/// What one thread works with.
struct Worker<'o> {
    options: &'o Options,
    masks: &'o Masks,
    normalizer: Normalizer,
    done: Done,
    /// When the piece was read: a piece is some milliseconds of work.
    now_ms: i64,
}

impl Worker<'_> {
    /// What has been done since the last time; the next piece will need about as much room.
    fn take(&mut self) -> Done {
        let room = self.done.out.len().min(ROOM_BYTES_MAX);
        let next = Done { out: Vec::with_capacity(room), ..Done::default() };
        std::mem::replace(&mut self.done, next)
    }

    /// Learns what a line before the piece says of the columns after it.
    fn header(&mut self, header: &[u8]) {
        if self.options.framed {
            return;
        }
        let now = self.now_ms;
        let mut origin = Origin::stdin(0, 0, now);
        origin.source = self.options.source.as_deref();
        self.normalizer.normalize(header, &origin, Agency::local().as_str(), now);
    }

    fn line(&mut self, line: &Line<'_>) {
        match self.options.framed {
            true => self.framed(line),
            false => self.plain(line),
        }
    }

    fn plain(&mut self, line: &Line<'_>) {
        let now = self.now_ms;
        let mut origin = Origin::stdin(line.sequence, line.offset, now);
        origin.source = self.options.source.as_deref();
        origin.cut = line.cut.map(|(bytes, sha256)| Cut { bytes, sha256 });
        match self.normalizer.normalize(line.bytes, &origin, Agency::local().as_str(), now) {
            Normalized::Events(events) => {
                for json in events.iter() {
                    self.done.out.extend_from_slice(json);
                    self.done.out.push(b'\n');
                }
            }
            Normalized::Dead(dead) => self.bury(dead, line, line.bytes),
        }
    }

    fn framed(&mut self, line: &Line<'_>) {
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let frame: Frame<'_> = match serde_json::from_slice(line.bytes) {
            Ok(frame) => frame,
            Err(error) => {
                let message = serde_json::Value::from(format!("malformed frame: {error}"));
                let answer = format!("{{\"id\":null,\"events\":[],\"error\":{message}}}\n");
                return self.done.out.extend_from_slice(answer.as_bytes());
            }
        };
        let now = self.now_ms;
        let mut origin = Origin::stdin(line.sequence, line.offset, now);
        origin.source = frame.source.as_deref().or(self.options.source.as_deref());
        let cut = lines::cut(frame.raw.as_bytes());
        let (raw, whole) =
            cut.as_ref().map_or((frame.raw.as_bytes(), None), |(r, w)| (*r, Some(w)));
        origin.cut = whole.map(|(bytes, sha256)| Cut { bytes: *bytes, sha256 });
        let head = format!("{{\"id\":{},\"events\":[", frame.id);
        self.done.out.extend_from_slice(head.as_bytes());
        match self.normalizer.normalize(raw, &origin, Agency::local().as_str(), now) {
            Normalized::Events(events) => {
                for (at, json) in events.iter().enumerate() {
                    if at > 0 {
                        self.done.out.push(b',');
                    }
                    self.done.out.extend_from_slice(json);
                }
                self.done.out.extend_from_slice(b"],\"error\":null}\n");
            }
            Normalized::Dead(dead) => {
                let tail = format!("],\"error\":\"{}: {}\"}}\n", dead.code, dead.reason);
                self.done.out.extend_from_slice(tail.as_bytes());
                self.bury(dead, line, raw);
            }
        }
    }

    fn bury(&mut self, dead: Dead, line: &Line<'_>, raw: &[u8]) {
        self.done.dead += 1;
        if self.options.dead_letters.is_none() {
            return;
        }
        let row = serde_json::json!({
            "code": dead.code.as_str(),
            "reason": dead.reason,
            "parser": dead.parser,
            "sequence": line.sequence,
            "offset": line.offset,
            "raw_base64": STANDARD.encode(self.masks.hide(Agency::local().as_str(), raw)),
        });
        self.done.letters.extend_from_slice(row.to_string().as_bytes());
        self.done.letters.push(b'\n');
    }
}

/// Where everything is written.
struct Written<W> {
    output: W,
    dead: DeadLetters,
}

impl<W: Write + Send> turns::Sink for Written<W> {
    type Done = Done;
    type Error = Error;

    fn take(&mut self, done: Done) -> Result<(), Error> {
        self.output.write_all(&done.out).map_err(Error::Write)?;
        self.dead.add(&done)
    }
}

/// The dead letters of a run.
struct DeadLetters {
    file: Option<(PathBuf, BufWriter<File>)>,
    count: u64,
}

impl DeadLetters {
    fn open(options: &Options) -> Result<Self, Error> {
        let open = |path: &PathBuf| -> Result<_, Error> {
            let file = File::create(path)
                .map_err(|source| Error::DeadLetters { path: path.clone(), source })?;
            Ok((path.clone(), BufWriter::new(file)))
        };
        Ok(Self { file: options.dead_letters.as_ref().map(open).transpose()?, count: 0 })
    }

    fn add(&mut self, done: &Done) -> Result<(), Error> {
        self.count += done.dead;
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        file.write_all(&done.letters)
            .map_err(|source| Error::DeadLetters { path: path.clone(), source })
    }

    fn finish(mut self) -> Result<(), Error> {
        if self.count > 0 {
            tracing::warn!(count = self.count, "records became dead letters");
        }
        match &mut self.file {
            Some((path, file)) => {
                file.flush().map_err(|source| Error::DeadLetters { path: path.clone(), source })
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
