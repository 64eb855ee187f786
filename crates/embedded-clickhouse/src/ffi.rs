//! The engine's C interface (chdb.h), and nothing else: the only unsafe code of the project.
//!
//! What the header says and the wrapper keeps to:
//! * one engine per process on one path; a connection runs one statement at a time, so every
//!   method takes `&mut self` and a stream borrows its connection until it is dropped;
//! * `chdb_stream_insert_with_params_n` never returns null, and its handle must be destroyed on every path;
//! * results are owned by the caller and outlive their connection;
//! * without `chdb_close_conn` on every connection before exit the process hangs or crashes.
#![allow(unsafe_code, reason = "the engine is a C library; this module is its only caller")]

use crate::Error;
use crate::exception::{Exception, code};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::NonNull;

/// `chdb_connection`: opaque.
type Conn = *mut c_void;
/// `chdb_result`: opaque.
type RawResult = *mut c_void;
/// `chdb_insert_stream`: opaque.
type RawInsert = *mut c_void;

/// Statement, format, parameter names, parameter values: pointers and lengths.
type QueryFn = unsafe extern "C" fn(
    Conn,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *const *const c_char,
    *const usize,
    *const *const c_char,
    *const usize,
    usize,
) -> RawResult;

macro_rules! api {
    ($($name:ident: $signature:ty,)*) => {
        /// The functions of the loaded library.
        struct Symbols { $($name: $signature,)* }

        impl Symbols {
            /// # Safety
            /// `library` must be libchdb 26.7, whose functions have the signatures above.
            unsafe fn read(library: &libloading::Library, path: &Path) -> Result<Self, Error> {
                Ok(Self {
                    $($name: {
                        // SAFETY: promised by the caller.
                        let symbol = unsafe { library.get::<$signature>(stringify!($name)) };
                        *symbol.map_err(|source| Error::LibrarySymbol {
                            path: path.into(), symbol: stringify!($name), source,
                        })?
                    },)*
                })
            }
        }
    };
}

api! {
    chdb_version: unsafe extern "C" fn() -> *const c_char,
    chdb_set_signal_handlers_enabled: unsafe extern "C" fn(c_int),
    chdb_connect: unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut Conn,
    chdb_close_conn: unsafe extern "C" fn(*mut Conn),
    chdb_query_with_params_n: QueryFn,
    chdb_stream_query_with_params_n: QueryFn,
    chdb_stream_fetch_result: unsafe extern "C" fn(Conn, RawResult) -> RawResult,
    chdb_stream_cancel_query: unsafe extern "C" fn(Conn, RawResult),
    chdb_destroy_query_result: unsafe extern "C" fn(RawResult),
    chdb_stream_insert_with_params_n: QueryFn,
    chdb_stream_append: unsafe extern "C" fn(RawInsert, *const c_void, usize) -> c_int,
    chdb_stream_done: unsafe extern "C" fn(RawInsert) -> RawResult,
    chdb_stream_insert_error: unsafe extern "C" fn(RawInsert) -> *const c_char,
    chdb_destroy_insert_stream: unsafe extern "C" fn(RawInsert),
    chdb_result_buffer: unsafe extern "C" fn(RawResult) -> *const c_char,
    chdb_result_length: unsafe extern "C" fn(RawResult) -> usize,
    chdb_result_error: unsafe extern "C" fn(RawResult) -> *const c_char,
    chdb_result_rows_read: unsafe extern "C" fn(RawResult) -> u64,
    chdb_result_bytes_read: unsafe extern "C" fn(RawResult) -> u64,
    chdb_result_storage_rows_read: unsafe extern "C" fn(RawResult) -> u64,
    chdb_result_storage_bytes_read: unsafe extern "C" fn(RawResult) -> u64,
    chdb_result_rows_written: unsafe extern "C" fn(RawResult) -> u64,
    chdb_result_bytes_written: unsafe extern "C" fn(RawResult) -> u64,
}

/// The loaded library. It is never unloaded: it leaves threads and exit handlers behind.
#[derive(Clone, Copy)]
pub(crate) struct Library(&'static Symbols);

impl Library {
    /// Loads `path`, and keeps the library from taking the process's signal handlers.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        // SAFETY: the caller has checked that `path` is the pinned library when a checksum is
        // configured; its initialisers run without preconditions.
        let library = unsafe { libloading::Library::new(path) }
            .map_err(|source| Error::LibraryLoad { path: path.into(), source })?;
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        // SAFETY: signatures are those of chdb.h; names that another library lacks are refused.
        let symbols = Box::leak(Box::new(unsafe { Symbols::read(library, path) }?));
        // SAFETY: the header asks for this call before the first connection.
        unsafe { (symbols.chdb_set_signal_handlers_enabled)(0) };
        Ok(Self(symbols))
    }

    /// The library's own version.
    pub(crate) fn version(self) -> String {
        // SAFETY: the header promises a static, terminated string.
        unsafe { text((self.0.chdb_version)()) }.unwrap_or_default()
    }

    /// Opens a session; the first starts the engine with these arguments, later ones take only
    /// query settings from theirs. `None` when the engine refuses; it says why on stderr or in
    /// its log only.
    pub(crate) fn connect(self, arguments: &[CString]) -> Option<Connection> {
        let mut argv: Vec<*mut c_char> =
            arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
        let argc = c_int::try_from(argv.len()).ok()?;
        // SAFETY: argv holds argc terminated strings, which the engine reads and does not keep.
        let pointer = unsafe { (self.0.chdb_connect)(argc, argv.as_mut_ptr()) };
        Some(Connection { api: self.0, pointer: NonNull::new(pointer)? })
    }
}

/// One session of the engine; closed when dropped.
pub(crate) struct Connection {
    api: &'static Symbols,
    pointer: NonNull<Conn>,
}

// SAFETY: the engine serialises a connection's calls by a mutex of its own and ties none of its
// state to the thread that opened it; `&mut self` keeps calls from overlapping.
unsafe impl Send for Connection {}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: opened by `connect`, closed once; streams borrow the connection, so none is open.
        unsafe { (self.api.chdb_close_conn)(self.pointer.as_ptr()) };
    }
}

impl Connection {
    fn handle(&self) -> Conn {
        // SAFETY: the pointer is valid until `drop`.
        unsafe { *self.pointer.as_ptr() }
    }

    /// Runs a statement and returns its whole result.
    pub(crate) fn query(&mut self, statement: &Statement<'_>) -> Result<Output, Exception> {
        let result = self.call(self.api.chdb_query_with_params_n, statement);
        Output::checked(self.api, result)
    }

    /// Starts a SELECT whose result is fetched in pieces.
    pub(crate) fn stream(&mut self, statement: &Statement<'_>) -> Result<Rows<'_>, Exception> {
        let result = self.call(self.api.chdb_stream_query_with_params_n, statement);
        let result = Output::checked(self.api, result)?;
        Ok(Rows { connection: self, result })
    }

    fn call(&self, function: QueryFn, statement: &Statement<'_>) -> RawResult {
        let params = Params::of(statement.params);
        let (sql, format) = (statement.sql, statement.format);
        // SAFETY: every pointer is valid for its length during the call; the engine copies.
        unsafe {
            function(
                self.handle(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                params.names.as_ptr(),
                params.name_lengths.as_ptr(),
                params.values.as_ptr(),
                params.value_lengths.as_ptr(),
                params.names.len(),
            )
        }
    }

    /// Starts an INSERT; the text has neither a FORMAT clause nor data, the format is that of
    /// the data.
    pub(crate) fn insert(&mut self, statement: &Statement<'_>) -> Result<Insert<'_>, Exception> {
        let handle = self.call(self.api.chdb_stream_insert_with_params_n, statement);
        let handle = NonNull::new(handle).ok_or_else(no_result)?;
        let insert = Insert { connection: self, handle };
        match insert.error() {
            Some(message) => Err(Exception::from_engine(&message)),
            None => Ok(insert),
        }
    }
}

/// What to run.
pub(crate) struct Statement<'a> {
    /// The text, which need not be UTF-8.
    pub(crate) sql: &'a [u8],
    /// The output format when the text names none; for an INSERT, the input format.
    pub(crate) format: &'a str,
    /// Values for `{name:Type}`, in ClickHouse's escaped form.
    pub(crate) params: &'a [(String, String)],
}

/// Parameters as four arrays that borrow from the pairs.
struct Params {
    names: Vec<*const c_char>,
    name_lengths: Vec<usize>,
    values: Vec<*const c_char>,
    value_lengths: Vec<usize>,
}

impl Params {
    fn of(pairs: &[(String, String)]) -> Self {
        Self {
            names: pairs.iter().map(|(name, _)| name.as_ptr().cast()).collect(),
            name_lengths: pairs.iter().map(|(name, _)| name.len()).collect(),
            values: pairs.iter().map(|(_, value)| value.as_ptr().cast()).collect(),
            value_lengths: pairs.iter().map(|(_, value)| value.len()).collect(),
        }
    }
}

/// A result's bytes and counts; freed when dropped.
pub(crate) struct Output {
    api: &'static Symbols,
    result: NonNull<c_void>,
}

// SAFETY: a result is a plain heap object that nothing else refers to; it is read-only.
unsafe impl Send for Output {}
// SAFETY: as above; the accessors only read.
unsafe impl Sync for Output {}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { (self.api.chdb_destroy_query_result)(self.result.as_ptr()) };
    }
}

impl AsRef<[u8]> for Output {
    fn as_ref(&self) -> &[u8] {
        let result = self.result.as_ptr();
        // SAFETY: the result is alive; both calls only read.
        let (buffer, length) = unsafe {
            ((self.api.chdb_result_buffer)(result), (self.api.chdb_result_length)(result))
        };
        if buffer.is_null() || length == 0 {
            return &[];
        }
        // SAFETY: the header promises `length` bytes at `buffer` for as long as the result lives.
        unsafe { std::slice::from_raw_parts(buffer.cast(), length) }
    }
}

/// What a result says of the work behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) result_rows: u64,
    pub(crate) result_bytes: u64,
    pub(crate) read_rows: u64,
    pub(crate) read_bytes: u64,
    pub(crate) written_rows: u64,
    pub(crate) written_bytes: u64,
}

impl Output {
    fn checked(api: &'static Symbols, result: RawResult) -> Result<Self, Exception> {
        let output = Self { api, result: NonNull::new(result).ok_or_else(no_result)? };
        // SAFETY: the result is alive, its error is a terminated string within it or null.
        match unsafe { text((api.chdb_result_error)(result)) } {
            Some(message) => Err(Exception::from_engine(&message)),
            None => Ok(output),
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let (api, result) = (self.api, self.result.as_ptr());
        // SAFETY: the result is alive; the accessors only read.
        unsafe {
            Counts {
                result_rows: (api.chdb_result_rows_read)(result),
                result_bytes: (api.chdb_result_bytes_read)(result),
                read_rows: (api.chdb_result_storage_rows_read)(result),
                read_bytes: (api.chdb_result_storage_bytes_read)(result),
                written_rows: (api.chdb_result_rows_written)(result),
                written_bytes: (api.chdb_result_bytes_written)(result),
            }
        }
    }
}

/// A running SELECT; cancelled when dropped before its end.
pub(crate) struct Rows<'a> {
    connection: &'a mut Connection,
    result: Output,
}

impl Rows<'_> {
    /// The next piece, `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Output>, Exception> {
        let api = self.connection.api;
        // SAFETY: connection and stream are alive, and `&mut` keeps calls from overlapping.
        let piece = unsafe {
            (api.chdb_stream_fetch_result)(self.connection.handle(), self.result.result.as_ptr())
        };
        let piece = Output::checked(api, piece)?;
        Ok((!piece.as_ref().is_empty()).then_some(piece))
    }
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        // SAFETY: connection and stream are alive; cancelling a finished stream does nothing.
        unsafe {
            (self.connection.api.chdb_stream_cancel_query)(
                self.connection.handle(),
                self.result.result.as_ptr(),
            );
        }
    }
}

/// A running INSERT; cancelled when dropped before `finish`.
pub(crate) struct Insert<'a> {
    connection: &'a mut Connection,
    handle: NonNull<c_void>,
}

impl Insert<'_> {
    /// Gives the engine more of the body, waiting while it is behind.
    pub(crate) fn append(&mut self, data: &[u8]) -> Result<(), Exception> {
        // SAFETY: the stream is alive; the engine copies the bytes.
        let state = unsafe {
            (self.connection.api.chdb_stream_append)(
                self.handle.as_ptr(),
                data.as_ptr().cast(),
                data.len(),
            )
        };
        if state == 0 {
            return Ok(());
        }
        // The reason is complete only once the stream has been finished.
        self.done().and_then(|_| {
            let why = "the engine refused a part of the body and gave no reason";
            Err(Exception::new(code::LOGICAL_ERROR, why))
        })
    }

    /// Ends the body and waits until the rows are stored.
    pub(crate) fn finish(mut self) -> Result<Counts, Exception> {
        self.done()
    }

    fn done(&mut self) -> Result<Counts, Exception> {
        let api = self.connection.api;
        // SAFETY: the stream is alive; a second call returns an error result.
        let result = unsafe { (api.chdb_stream_done)(self.handle.as_ptr()) };
        Ok(Output::checked(api, result)?.counts())
    }

    fn error(&self) -> Option<String> {
        // SAFETY: the stream is alive, its error is a terminated string within it or null.
        unsafe { text((self.connection.api.chdb_stream_insert_error)(self.handle.as_ptr())) }
    }
}

impl Drop for Insert<'_> {
    fn drop(&mut self) {
        // SAFETY: destroyed once; the library cancels what was not finished.
        unsafe { (self.connection.api.chdb_destroy_insert_stream)(self.handle.as_ptr()) };
    }
}

/// # Safety
/// `pointer` must be null or a terminated string that lives during the call.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

fn no_result() -> Exception {
    Exception::new(code::LOGICAL_ERROR, "the engine returned no result")
}
