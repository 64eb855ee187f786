//! `prohori normalize --stdin`: raw lines in, OCSF NDJSON out.
//!
//! Unframed, each line is a record and each event a line, in order. Framed, each line is
//! `{"id", "raw", "source"?}` and answers with `{"id", "events": […], "error"}`, in order, so that
//! a record may hold line breaks.

mod lines;

use crate::engine::{Dead, Normalized, Normalizer, Settings};
use crate::{Error, Masks, filter::lines::Line};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mapping::Tables;
use model::{Agency, Cut, Origin};
use serde_json::value::RawValue;
use std::fs::File;
use std::io::{BufRead, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of output that are gathered before they are written.
const OUT_BYTES: usize = 256 * 1024;

/// The longest framed line: a record of ten million bytes, each escaped to six.
const FRAME_BYTES_MAX: usize = 64 << 20;

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

/// Reads all of `input` and writes what it becomes to `output`.
pub fn run(options: &Options, input: impl BufRead, output: impl Write) -> Result<(), Error> {
    let tables = Arc::new(Tables::builtin().map_err(Error::Mapping)?);
    let masks = match &options.privacy_key {
        Some(path) => Masks::of_agency(&Agency::local(), path)?,
        None => Masks::default(),
    };
    let settings = Settings { masks: masks.clone(), ..Settings::default() };
    let normalizer = Normalizer::new(tables, settings);
    let out = BufWriter::with_capacity(OUT_BYTES, output);
    let mut filter = Filter { options, normalizer, out, dead: DeadLetters::open(options, masks)? };
    let mut lines = lines::Lines::new(input);
    if options.framed {
        lines = lines.with_limit(FRAME_BYTES_MAX);
    }
    while let Some(line) = lines.next().map_err(Error::Read)? {
        match options.framed {
            true => filter.framed(&line)?,
            false => filter.plain(&line)?,
        }
    }
    filter.out.flush().map_err(Error::Write)?;
    filter.dead.finish()
}

struct Filter<'o, W: Write> {
    options: &'o Options,
    normalizer: Normalizer,
    out: BufWriter<W>,
    dead: DeadLetters,
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

impl<W: Write> Filter<'_, W> {
    fn plain(&mut self, line: &Line<'_>) -> Result<(), Error> {
        let now = now_ms();
        let mut origin = Origin::stdin(line.sequence, line.offset, now);
        origin.source = self.options.source.as_deref();
        origin.cut = line.cut.as_ref().map(|(bytes, sha256)| Cut { bytes: *bytes, sha256 });
        match self.normalizer.normalize(line.bytes, &origin, Agency::local().as_str(), now) {
            Normalized::Events(events) => {
                for json in events.iter() {
                    self.out.write_all(json).map_err(Error::Write)?;
                    self.out.write_all(b"\n").map_err(Error::Write)?;
                }
                Ok(())
            }
            Normalized::Dead(dead) => self.dead.add(dead, line, line.bytes),
        }
    }

    fn framed(&mut self, line: &Line<'_>) -> Result<(), Error> {
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let frame: Frame<'_> = match serde_json::from_slice(line.bytes) {
            Ok(frame) => frame,
            Err(error) => {
                let message = serde_json::Value::from(format!("malformed frame: {error}"));
                let answer = format!("{{\"id\":null,\"events\":[],\"error\":{message}}}\n");
                return self.out.write_all(answer.as_bytes()).map_err(Error::Write);
            }
        };
        let now = now_ms();
        let mut origin = Origin::stdin(line.sequence, line.offset, now);
        origin.source = frame.source.as_deref().or(self.options.source.as_deref());
        let cut = lines::cut(frame.raw.as_bytes());
        let (raw, whole) =
            cut.as_ref().map_or((frame.raw.as_bytes(), None), |(r, w)| (*r, Some(w)));
        origin.cut = whole.map(|(bytes, sha256)| Cut { bytes: *bytes, sha256 });
        let head = format!("{{\"id\":{},\"events\":[", frame.id);
        self.out.write_all(head.as_bytes()).map_err(Error::Write)?;
        match self.normalizer.normalize(raw, &origin, Agency::local().as_str(), now) {
            Normalized::Events(events) => {
                for (at, json) in events.iter().enumerate() {
                    if at > 0 {
                        self.out.write_all(b",").map_err(Error::Write)?;
                    }
                    self.out.write_all(json).map_err(Error::Write)?;
                }
                self.out.write_all(b"],\"error\":null}\n").map_err(Error::Write)
            }
            Normalized::Dead(dead) => {
                let tail = format!("],\"error\":\"{}: {}\"}}\n", dead.code, dead.reason);
                self.out.write_all(tail.as_bytes()).map_err(Error::Write)?;
                self.dead.add(dead, line, raw)
            }
        }
    }
}

/// The dead letters of a run.
struct DeadLetters {
    masks: Masks,
    file: Option<(PathBuf, BufWriter<File>)>,
    count: u64,
}

impl DeadLetters {
    fn open(options: &Options, masks: Masks) -> Result<Self, Error> {
        let open = |path: &PathBuf| -> Result<_, Error> {
            let file = File::create(path)
                .map_err(|source| Error::DeadLetters { path: path.clone(), source })?;
            Ok((path.clone(), BufWriter::new(file)))
        };
        Ok(Self { masks, file: options.dead_letters.as_ref().map(open).transpose()?, count: 0 })
    }

    fn add(&mut self, dead: Dead, line: &Line<'_>, raw: &[u8]) -> Result<(), Error> {
        self.count += 1;
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let row = serde_json::json!({
            "code": dead.code.as_str(),
            "reason": dead.reason,
            "parser": dead.parser,
            "sequence": line.sequence,
            "offset": line.offset,
            "raw_base64": STANDARD.encode(self.masks.hide(Agency::local().as_str(), raw)),
        });
        writeln!(file, "{row}").map_err(|source| Error::DeadLetters { path: path.clone(), source })
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
