//! What a request asks for: its query string, headers and multipart fields, sorted.

use super::auth::Credentials;
use crate::compress::Encoding;
use crate::exception::{Exception, code};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

/// A request for a statement, without its body.
#[derive(Debug, Default)]
pub(crate) struct Call {
    /// The statement, or its beginning: the body follows it.
    pub(crate) query: String,
    pub(crate) query_id: String,
    pub(crate) database: Option<String>,
    /// The output format for a statement that names none.
    pub(crate) format: Option<String>,
    /// Settings for this statement only.
    pub(crate) settings: Vec<(String, String)>,
    /// Values for `{name:Type}`.
    pub(crate) params: Vec<(String, String)>,
    pub(crate) roles: Vec<String>,
    /// GET and HEAD must not change anything.
    pub(crate) read_only: bool,
    /// The result is to be built whole, so that an error in it still has its status.
    pub(crate) whole: bool,
    /// The body is in ClickHouse's compressed blocks.
    pub(crate) decompress: bool,
    pub(crate) encoding: Encoding,
    pub(crate) credentials: Credentials,
}

/// Known to ClickHouse and without meaning here: one connection is one statement, quotas are not
/// kept, and answers are never buffered unless whole.
const IGNORED: [&str; 6] =
    ["buffer_size", "quota_key", "stacktrace", "client_protocol_version", "session_timeout", ""];

impl Call {
    /// Reads the head of a request.
    pub(crate) fn read(parts: &Parts) -> Result<Self, Exception> {
        let headers = &parts.headers;
        let mut call = Self {
            read_only: matches!(parts.method, Method::GET | Method::HEAD),
            database: text(headers, "x-clickhouse-database"),
            format: text(headers, "x-clickhouse-format"),
            credentials: Credentials::from_headers(headers)?,
            ..Self::default()
        };
        let (mut compress, mut http_compression) = (false, true);
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes()) {
            match &*name {
                "compress" => compress = flag(&name, &value)?,
                "enable_http_compression" => http_compression = flag(&name, &value)?,
                _ => call.field(&name, value.into_owned())?,
            }
        }
        refuse_content_encoding(headers)?;
        call.encoding = match compress {
            true => Encoding::Native,
            false if http_compression && accepts_lz4(headers) => Encoding::Lz4,
            false => Encoding::Plain,
        };
        if call.query_id.is_empty() {
            call.query_id = super::random_id();
        }
        Ok(call)
    }

    /// One parameter of the query string, or one field of a multipart body.
    pub(crate) fn field(&mut self, name: &str, value: String) -> Result<(), Exception> {
        match name {
            "query" => self.query = value,
            "query_id" if valid_id(&value) => self.query_id = value,
            "query_id" => return Err(bad("query_id has bytes that no header can carry")),
            // A header's database goes before this one, as ClickHouse has it.
            "database" => drop(self.database.get_or_insert(value)),
            "default_format" => drop(self.format.get_or_insert(value)),
            "user" => self.credentials.param_user(value)?,
            "password" => self.credentials.param_password(value)?,
            "wait_end_of_query" => self.whole = flag(name, &value)?,
            "decompress" => self.decompress = flag(name, &value)?,
            "role" => self.roles.push(value),
            "session_id" | "session_check" | "close_session" => {
                let why = "sessions: give settings with each request, and no temporary tables";
                return Err(Exception::new(code::NOT_IMPLEMENTED, why));
            }
            _ if IGNORED.contains(&name) => {}
            _ => match name.strip_prefix("param_") {
                Some(name) => self.params.push((name.to_owned(), value)),
                None => self.setting(name, value)?,
            },
        }
        Ok(())
    }

    fn setting(&mut self, name: &str, value: String) -> Result<(), Exception> {
        let known = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !known || name.len() > 100 {
            let why = format!("Unknown setting '{}'", name.escape_default());
            return Err(Exception::new(code::UNKNOWN_SETTING, why));
        }
        self.settings.push((name.to_owned(), value));
        Ok(())
    }
}

/// A request's own id goes back in a header.
fn valid_id(id: &str) -> bool {
    id.len() <= 256 && id.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

fn flag(name: &str, value: &str) -> Result<bool, Exception> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(bad(format!("{name} is {value:?}, not 0 or 1"))),
    }
}

fn bad(why: impl std::fmt::Display) -> Exception {
    Exception::new(code::BAD_ARGUMENTS, why)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}

fn accepts_lz4(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let lz4 = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("lz4"));
        lz4 && !parts.any(|weight| weight == "q=0")
    })
}

fn refuse_content_encoding(headers: &HeaderMap) -> Result<(), Exception> {
    match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"" | b"identity") => Ok(()),
        Some(other) => {
            let other = String::from_utf8_lossy(other);
            let why = format!("Content-Encoding {other:?} of a request: use decompress=1 with LZ4");
            Err(Exception::new(code::NOT_IMPLEMENTED, why))
        }
    }
}
