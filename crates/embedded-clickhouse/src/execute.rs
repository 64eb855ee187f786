//! One statement from its text to its result, on a worker thread.

use crate::compress::{Decoder, Encoder, Encoding};
use crate::engine::{Engine, quote};
use crate::exception::{Exception, code};
use crate::ffi::{Connection, Counts, Insert, Output, Statement};
use crate::format::{self, Joiner, Pieces};
use crate::metrics::Outcome;
use crate::statement::Kind;
use bytes::Bytes;
use std::cell::Cell;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// What is appended to an INSERT at once. The engine queues 16 appended parts, so this bounds
/// that queue to 16 MiB.
const APPEND_BYTES_MAX: usize = 1 << 20;

/// An exception in the middle of a result is cut to this length, as ClickHouse does.
const EXCEPTION_BYTES_MAX: usize = 16 << 10;

/// A statement and how it is to be run.
pub(crate) struct Job {
    pub(crate) kind: Kind,
    /// The statement; for an INSERT with the data that was read along with it.
    pub(crate) text: Bytes,
    /// The rest of an INSERT's data.
    pub(crate) body: Option<mpsc::Receiver<BodyPart>>,
    /// Whether the rest is in ClickHouse's compressed blocks.
    pub(crate) decoder: Option<Decoder>,
    /// By which the statement is found if it must be ended.
    pub(crate) log_comment: String,
    pub(crate) database: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) params: Vec<(String, String)>,
    /// The output format for a statement that names none.
    pub(crate) format: String,
    pub(crate) whole: bool,
    pub(crate) result_bytes_max: u64,
    pub(crate) encoding: Encoding,
    /// Marks an exception that comes after rows.
    pub(crate) exception_tag: String,
}

/// A part of an INSERT's body. Without `End` nothing is stored: the client went away.
pub(crate) enum BodyPart {
    Data(Bytes),
    End,
    Failed(Exception),
}

/// What a statement answers: `Failed`, or `Head`, any number of `Data`, and `End` or `Broken`.
#[derive(Debug)]
pub(crate) enum Answer {
    Failed(Exception),
    Head(Head),
    Data(Bytes),
    End,
    /// The result ended with an exception, which has been sent within it.
    Broken,
}

/// What is known before the first row is sent.
#[derive(Debug)]
pub(crate) struct Head {
    /// The format, if there is an output.
    pub(crate) format: Option<String>,
    pub(crate) counts: Counts,
    pub(crate) elapsed: Duration,
}

/// The way to the client; sending fails when it is gone or does not read.
pub(crate) struct Replies {
    pub(crate) sender: mpsc::Sender<Answer>,
    pub(crate) runtime: Handle,
    pub(crate) idle: Duration,
    /// As told in the head.
    pub(crate) written_rows: Cell<u64>,
}

/// The client is gone: stop.
struct Gone;

impl Replies {
    fn send(&self, answer: Answer) -> Result<(), Gone> {
        if let Answer::Head(head) = &answer {
            self.written_rows.set(head.counts.written_rows);
        }
        // Within the future, because the timer is the runtime's.
        let sent = async { timeout(self.idle, self.sender.send(answer)).await };
        let sent = self.runtime.block_on(sent);
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }
}

/// Runs `job` to its end and answers it; how it ended, and the rows that it stored.
pub(crate) fn execute(engine: &Engine, job: Job, replies: &Replies) -> (Outcome, u64) {
    let ended = match run(engine, job, replies) {
        Ok(outcome) => outcome,
        Err(exception) => match replies.send(Answer::Failed(exception)) {
            Ok(()) => Outcome::Failed,
            Err(Gone) => Outcome::Gone,
        },
    };
    (ended, replies.written_rows.get())
}

fn run(engine: &Engine, mut job: Job, replies: &Replies) -> Result<Outcome, Exception> {
    let started = Instant::now();
    let plan = Plan::of(&mut job)?;
    let mut session = prepare(engine, &job)?;
    if replies.sender.is_closed() {
        return Ok(Outcome::Gone);
    }
    match plan {
        Plan::Insert => insert(&mut session, job, replies, started),
        Plan::Result(format, pieces) => {
            let run = Run { engine, job: &job, replies, started };
            match pieces {
                Pieces::Whole => run.whole(&mut session, format),
                pieces => run.stream(&mut session, format, pieces),
            }
        }
    }
}

/// What is to be done with a statement.
enum Plan {
    Insert,
    /// Send its result in this format, made of such pieces.
    Result(String, Pieces),
}

impl Plan {
    fn of(job: &mut Job) -> Result<Self, Exception> {
        let format = |named: &Option<String>| named.clone().unwrap_or_else(|| job.format.clone());
        match &job.kind {
            Kind::Insert { .. } => Ok(Self::Insert),
            Kind::Incomplete => {
                Err(Exception::new(code::SYNTAX_ERROR, "Empty or unfinished query"))
            }
            Kind::Other { format: named } => Ok(Self::Result(format(named), Pieces::Whole)),
            Kind::Select { format: named, totals } => {
                let format = format(named);
                let mut names = job.settings.iter().map(|(name, _)| &**name);
                let limited = names.any(|name| name == "max_result_bytes");
                let pieces = match job.whole {
                    true => Pieces::Whole,
                    false => {
                        let names = job.settings.iter().map(|(name, _)| &**name);
                        format::pieces(&format, *totals, &job.text, names)
                    }
                };
                if pieces == Pieces::Whole && !limited {
                    // Ends it early; what it counts is the result before it is formatted.
                    let max = job.result_bytes_max.to_string();
                    job.settings.insert(0, ("max_result_bytes".to_owned(), max));
                }
                Ok(Self::Result(format, pieces))
            }
        }
    }
}

/// A session with the settings of this statement.
fn prepare(engine: &Engine, job: &Job) -> Result<Connection, Exception> {
    let mut session = engine.session(&job.log_comment)?;
    let mut run = |sql: String| {
        session.query(&Statement { sql: sql.as_bytes(), format: "", params: &[] }).map(drop)
    };
    if !job.roles.is_empty() {
        let roles: Vec<_> = job.roles.iter().map(|role| quote(role, '`')).collect();
        run(format!("SET ROLE {}", roles.join(", ")))?;
    }
    if let Some(database) = job.database.as_deref().filter(|name| !matches!(*name, "" | "default"))
    {
        run(format!("USE {}", quote(database, '`')))?;
    }
    if !job.settings.is_empty() {
        let pairs =
            job.settings.iter().map(|(name, value)| format!("{name}={}", quote(value, '\'')));
        run(format!("SET {}", pairs.collect::<Vec<_>>().join(", ")))?;
    }
    Ok(session)
}

/// A statement that is being run.
struct Run<'a> {
    engine: &'a Engine,
    job: &'a Job,
    replies: &'a Replies,
    started: Instant,
}

impl Run<'_> {
    fn statement<'s>(&'s self, format: &'s str) -> Statement<'s> {
        Statement { sql: &self.job.text, format, params: &self.job.params }
    }

    fn head(&self, format: Option<String>, counts: Counts) -> Answer {
        Answer::Head(Head { format, counts, elapsed: self.started.elapsed() })
    }

    /// Sends the result piece by piece.
    fn stream(
        &self,
        session: &mut Connection,
        format: String,
        pieces: Pieces,
    ) -> Result<Outcome, Exception> {
        let mut rows = session.stream(&self.statement(&format))?;
        // Fetched before anything is sent: most errors are found here and have their status.
        let first = rows.next()?;
        let counts = first.as_ref().map(Output::counts).unwrap_or_default();
        if self.replies.send(self.head(Some(format), counts)).is_err() {
            return Ok(Outcome::Gone);
        }
        let mut encoder = Encoder::new(self.job.encoding);
        let mut joiner = Joiner::new(pieces);
        let mut piece = Ok(first);
        loop {
            let part = match piece {
                Ok(None) => return Ok(self.end(encoder)),
                Ok(Some(output)) => joiner
                    .skip(output.as_ref())
                    .and_then(|skip| encoder.encode(Bytes::from_owner(output).slice(skip..))),
                Err(exception) => Err(exception),
            };
            match part.map(|part| self.replies.send(Answer::Data(part))) {
                Ok(Ok(())) => piece = rows.next(),
                Ok(Err(Gone)) => return Ok(Outcome::Gone),
                Err(exception) => return Ok(self.broken(encoder, &exception)),
            }
        }
    }

    /// Builds the result whole and sends it then.
    fn whole(&self, session: &mut Connection, format: String) -> Result<Outcome, Exception> {
        let output = session.query(&self.statement(&format))?;
        let (length, max) = (output.as_ref().len() as u64, self.job.result_bytes_max);
        if length > max {
            let why = format!(
                "the result has {length} bytes, which is more than {max}: add LIMIT, or ask for \
                 a format that is streamed, such as JSONEachRow"
            );
            return Err(Exception::new(code::TOO_MANY_ROWS_OR_BYTES, why));
        }
        let counts = output.counts();
        let mut encoder = Encoder::new(self.job.encoding);
        let format = (length > 0 || matches!(self.job.kind, Kind::Select { .. })).then_some(format);
        let part = match length {
            0 => Bytes::new(),
            _ => encoder.encode(Bytes::from_owner(output))?,
        };
        let sent = self.replies.send(self.head(format, counts));
        match sent.and_then(|()| self.send_part(part)) {
            Ok(()) => Ok(self.end(encoder)),
            Err(Gone) => Ok(Outcome::Gone),
        }
    }

    fn send_part(&self, part: Bytes) -> Result<(), Gone> {
        match part.is_empty() {
            true => Ok(()),
            false => self.replies.send(Answer::Data(part)),
        }
    }

    fn end(&self, encoder: Encoder) -> Outcome {
        // After the head, errors have no other way out than the end of the connection.
        let Ok(rest) = encoder.finish() else {
            let _ = self.replies.send(Answer::Broken);
            return Outcome::Broken;
        };
        match self.send_part(rest).and_then(|()| self.replies.send(Answer::End)) {
            Ok(()) => Outcome::Ok,
            Err(Gone) => Outcome::Gone,
        }
    }

    /// Ends a result with an exception, in the form that ClickHouse 25.11 began.
    fn broken(&self, mut encoder: Encoder, exception: &Exception) -> Outcome {
        let mut message = exception.message(&self.engine.version);
        message.truncate(message.floor_char_boundary(EXCEPTION_BYTES_MAX));
        message.push('\n');
        let (tag, length) = (&self.job.exception_tag, message.len());
        let block =
            format!("\r\n__exception__\r\n{tag}\r\n{message}{length} {tag}\r\n__exception__\r\n");
        let parts = encoder.encode(block.into()).and_then(|part| Ok([part, encoder.finish()?]));
        let mut parts = parts.into_iter().flatten();
        let sent = parts.try_for_each(|part| self.send_part(part));
        match sent.and_then(|()| self.replies.send(Answer::Broken)) {
            Ok(()) => Outcome::Broken,
            Err(Gone) => Outcome::Gone,
        }
    }
}

/// Stores the data of an INSERT as it comes.
fn insert(
    session: &mut Connection,
    job: Job,
    replies: &Replies,
    started: Instant,
) -> Result<Outcome, Exception> {
    let Job { kind, text, body, mut decoder, params, .. } = job;
    let Kind::Insert { head, format, data } = kind else {
        return Err(Exception::new(code::LOGICAL_ERROR, "not an INSERT"));
    };
    let statement = Statement { sql: &text[head], format: &format, params: &params };
    let mut insert = session.insert(&statement)?;
    append(&mut insert, &text[data..])?;
    if let Some(mut body) = body {
        loop {
            match body.blocking_recv() {
                Some(BodyPart::Data(part)) => take(&mut insert, decoder.as_mut(), &part)?,
                Some(BodyPart::End) => break,
                Some(BodyPart::Failed(exception)) => return Err(exception),
                None => return Err(Exception::new(code::ABORTED, "the client went away")),
            }
        }
        decoder.as_ref().map_or(Ok(()), Decoder::finish)?;
    }
    let counts = insert.finish()?;
    let head = Head { format: None, counts, elapsed: started.elapsed() };
    match replies.send(Answer::Head(head)).and_then(|()| replies.send(Answer::End)) {
        Ok(()) => Ok(Outcome::Ok),
        Err(Gone) => Ok(Outcome::Gone),
    }
}

fn take(
    insert: &mut Insert<'_>,
    decoder: Option<&mut Decoder>,
    part: &[u8],
) -> Result<(), Exception> {
    let Some(decoder) = decoder else { return append(insert, part) };
    decoder.push(part);
    while let Some(data) = decoder.next()? {
        append(insert, &data)?;
    }
    Ok(())
}

fn append(insert: &mut Insert<'_>, data: &[u8]) -> Result<(), Exception> {
    data.chunks(APPEND_BYTES_MAX).try_for_each(|part| insert.append(part))
}
