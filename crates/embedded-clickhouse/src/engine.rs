//! The running engine: one per process, its sessions, and the threads that statements run on.

mod files;
mod killer;
mod workers;

pub(crate) use killer::{KillOnDrop, Killer};
pub(crate) use workers::Workers;

use crate::Error;
use crate::config::{Limits, Settings};
use crate::exception::{Exception, code};
use crate::ffi::{Connection, Library, Statement};
use crate::library;
use std::ffi::CString;
use std::fs::File;
use std::sync::Mutex;

/// The engine, open on its data directory until [`Engine::close`].
pub(crate) struct Engine {
    library: Library,
    arguments: Vec<CString>,
    /// Holds the engine up while no statement runs.
    keeper: Mutex<Option<Connection>>,
    /// Locked for as long as the process lives; the system releases it even after a crash.
    _lock: File,
    pub(crate) version: String,
    pub(crate) timezone: String,
}

impl Engine {
    /// Checks the library, takes the data directory and starts the engine on it.
    pub(crate) fn open(settings: &Settings) -> Result<Self, Error> {
        let files = files::Files::prepare(settings)?;
        if let Some(expected) = &settings.library_sha256 {
            library::verify(&settings.library, expected, &files.checksum_cache)?;
        }
        let library = Library::load(&settings.library)?;
        let arguments = arguments(&files, &settings.limits);
        let start = |message: String| Error::Start { path: settings.data.clone(), message };
        let mut keeper = library
            .connect(&arguments)
            .ok_or_else(|| start(format!("see {} and the lines above", files.log.display())))?;
        let mut ask = |sql: &str| {
            let answer = text(&mut keeper, sql);
            answer.map_err(|exception| start(exception.message("unknown")))
        };
        let (version, timezone) = (ask("SELECT version()")?, ask("SELECT timezone()")?);
        let chdb = library.version();
        tracing::info!(%version, %chdb, data = %settings.data.display(), "engine started");
        let keeper = Mutex::new(Some(keeper));
        Ok(Self { library, arguments, keeper, _lock: files.lock, version, timezone })
    }

    /// A new session with the server's defaults, whose statements bear `log_comment`; costs a
    /// fifth of a millisecond. Sessions are not reused, so no setting, database or temporary
    /// table of one statement reaches another.
    pub(crate) fn session(&self, log_comment: &str) -> Result<Connection, Exception> {
        let mut arguments = self.arguments.clone();
        // One with a zero byte, which no caller has, is left out.
        arguments.extend(CString::new(format!("--log_comment={log_comment}")));
        self.library.connect(&arguments).ok_or_else(|| {
            Exception::new(code::ABORTED, "the engine opens no session: see its log")
        })
    }

    /// Ends every running statement.
    pub(crate) fn kill_all(&self) {
        self.kill_where("1");
    }

    /// Ends the statements with this `log_comment`.
    fn kill(&self, log_comment: &str) {
        self.kill_where(&format!("Settings['log_comment'] = {}", quote(log_comment, '\'')));
    }

    fn kill_where(&self, condition: &str) {
        let sql = format!("KILL QUERY WHERE {condition} AND query_kind != 'KillQuery' ASYNC");
        let outcome = self.session("").and_then(|mut session| text(&mut session, &sql));
        if let Err(exception) = outcome {
            tracing::warn!(error = exception.message(&self.version), "cannot end a statement");
        }
    }

    /// Closes the engine; no session may be open. Without this the process hangs at its exit.
    pub(crate) fn close(&self) {
        let keeper = self.keeper.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        drop(keeper);
    }
}

/// `text` as a string or a name in SQL.
pub(crate) fn quote(text: &str, quote: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for letter in text.chars() {
        if letter == quote || letter == '\\' {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push(quote);
    quoted
}

fn text(session: &mut Connection, sql: &str) -> Result<String, Exception> {
    let statement = Statement { sql: sql.as_bytes(), format: "TabSeparated", params: &[] };
    let output = session.query(&statement)?;
    Ok(String::from_utf8_lossy(output.as_ref()).trim_end().to_owned())
}

/// What the engine is started with, and every session after it. Query settings that the engine's
/// own defaults have otherwise than a server needs them stand in the profile that `files` writes.
fn arguments(files: &files::Files, limits: &Limits) -> Vec<CString> {
    let path = |name: &str, path: &std::path::Path| {
        let mut argument = format!("--{name}=").into_bytes();
        argument.extend_from_slice(path.as_os_str().as_encoded_bytes());
        argument
    };
    let arguments = [
        b"clickhouse".to_vec(),
        path("path", &files.data),
        path("config-file", &files.config),
        b"--log-level=warning".to_vec(),
        // Given to every session again: these are what acknowledged rows depend on.
        b"--async_insert=0".to_vec(),
        b"--insert_deduplicate=1".to_vec(),
        format!("--max_threads={}", limits.threads).into_bytes(),
    ];
    // A path with a zero byte cannot have been opened before; nothing else here has one.
    arguments.into_iter().filter_map(|argument| CString::new(argument).ok()).collect()
}
