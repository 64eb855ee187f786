//! An error as ClickHouse reports it: a code, a text, and the HTTP status they have.

use axum::http::StatusCode;

/// A ClickHouse error code and its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code(u32, &'static str);

/// The codes that this server raises itself; `errorCodeToName` in the engine lists them all.
pub(crate) mod code {
    use super::Code;
    pub(crate) const ABORTED: Code = Code(236, "ABORTED");
    pub(crate) const AUTHENTICATION_FAILED: Code = Code(516, "AUTHENTICATION_FAILED");
    pub(crate) const BAD_ARGUMENTS: Code = Code(36, "BAD_ARGUMENTS");
    pub(crate) const CANNOT_DECOMPRESS: Code = Code(271, "CANNOT_DECOMPRESS");
    pub(crate) const CANNOT_READ_ALL_DATA: Code = Code(33, "CANNOT_READ_ALL_DATA");
    pub(crate) const CHECKSUM_DOESNT_MATCH: Code = Code(40, "CHECKSUM_DOESNT_MATCH");
    pub(crate) const INTO_OUTFILE_NOT_ALLOWED: Code = Code(358, "INTO_OUTFILE_NOT_ALLOWED");
    pub(crate) const LOGICAL_ERROR: Code = Code(49, "LOGICAL_ERROR");
    pub(crate) const NOT_IMPLEMENTED: Code = Code(48, "NOT_IMPLEMENTED");
    pub(crate) const QUERY_IS_TOO_LARGE: Code = Code(229, "QUERY_IS_TOO_LARGE");
    pub(crate) const REQUIRED_PASSWORD: Code = Code(194, "REQUIRED_PASSWORD");
    pub(crate) const SOCKET_TIMEOUT: Code = Code(209, "SOCKET_TIMEOUT");
    pub(crate) const SYNTAX_ERROR: Code = Code(62, "SYNTAX_ERROR");
    pub(crate) const TOO_LARGE_SIZE_COMPRESSED: Code = Code(39, "TOO_LARGE_SIZE_COMPRESSED");
    pub(crate) const TOO_MANY_ROWS_OR_BYTES: Code = Code(396, "TOO_MANY_ROWS_OR_BYTES");
    pub(crate) const TOO_MANY_SIMULTANEOUS_QUERIES: Code =
        Code(202, "TOO_MANY_SIMULTANEOUS_QUERIES");
    pub(crate) const UNKNOWN_COMPRESSION_METHOD: Code = Code(89, "UNKNOWN_COMPRESSION_METHOD");
    pub(crate) const UNKNOWN_EXCEPTION: Code = Code(1002, "UNKNOWN_EXCEPTION");
    pub(crate) const UNKNOWN_SETTING: Code = Code(115, "UNKNOWN_SETTING");
}

/// One error, in ClickHouse's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exception {
    /// ClickHouse's number for it.
    pub(crate) code: u32,
    /// `Code: N. DB::Exception: …. (NAME)`, without the version.
    text: String,
}

impl Exception {
    /// One of our own.
    pub(crate) fn new(Code(code, name): Code, message: impl std::fmt::Display) -> Self {
        Self { code, text: format!("Code: {code}. DB::Exception: {message}. ({name})") }
    }

    /// What the engine said. Its texts begin with the code; one that does not is kept whole.
    pub(crate) fn from_engine(text: &str) -> Self {
        let text = without_version(text.trim());
        let code = text
            .strip_prefix("Code: ")
            .and_then(|rest| rest.split_once('.'))
            .and_then(|(code, _)| code.parse().ok());
        match code {
            Some(code) => Self { code, text: text.to_owned() },
            None => Self::new(code::UNKNOWN_EXCEPTION, text),
        }
    }

    /// The text with the version at its end, where ClickHouse's clients look for it.
    pub(crate) fn message(&self, version: &str) -> String {
        format!("{} (version {version} (embedded))", self.text)
    }

    /// Whether the text contains `needle`.
    #[cfg(test)]
    pub(crate) fn says(&self, needle: &str) -> bool {
        self.text.contains(needle)
    }

    /// The status with which ClickHouse answers this code.
    pub(crate) fn status(&self) -> StatusCode {
        match self.code {
            // REQUIRED_PASSWORD
            194 => StatusCode::UNAUTHORIZED,
            // UNKNOWN_USER, WRONG_PASSWORD, ACCESS_DENIED, SET_NON_GRANTED_ROLE,
            // AUTHENTICATION_FAILED
            192 | 193 | 497 | 512 | 516 => StatusCode::FORBIDDEN,
            // What cannot be parsed, or does not fit its type.
            6 | 8 | 15 | 25 | 26 | 27 | 36 | 37 | 38 | 41 | 44 | 53 | 62 | 72 | 117 | 123 | 167
            | 168 | 223 | 321 | 376 | 427 | 441 | 675 | 676 => StatusCode::BAD_REQUEST,
            // UNKNOWN_FUNCTION, _IDENTIFIER, _TYPE, _STORAGE, _TABLE, and so on.
            46 | 47 | 50 | 56 | 60 | 63 | 73 | 78 | 81 | 115 | 152 | 336 | 511 => {
                StatusCode::NOT_FOUND
            }
            // QUERY_IS_TOO_LARGE
            229 => StatusCode::PAYLOAD_TOO_LARGE,
            // NOT_IMPLEMENTED
            48 => StatusCode::NOT_IMPLEMENTED,
            // CANNOT_OPEN_FILE, SOCKET_TIMEOUT, CANNOT_SCHEDULE_TASK; and, otherwise than
            // ClickHouse's 500, TOO_MANY_SIMULTANEOUS_QUERIES: it is worth another try.
            76 | 202 | 209 | 439 => StatusCode::SERVICE_UNAVAILABLE,
            // TIMEOUT_EXCEEDED
            159 => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The engine adds ` (version 26.7.2.1)` to some of its texts and not to others.
fn without_version(text: &str) -> &str {
    match text.rfind(" (version ") {
        Some(at) if text.ends_with(')') => &text[..at],
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_texts_are_read() {
        let check = |text: &str, code: u32, message: &str, status: u16| {
            let exception = Exception::from_engine(text);
            assert_eq!((exception.code, exception.message("1")), (code, message.to_owned()));
            assert_eq!(exception.status().as_u16(), status, "{text}");
        };
        check(
            "Code: 60. DB::Exception: Table t does not exist. (UNKNOWN_TABLE) (version 26.7.2.1)\n",
            60,
            "Code: 60. DB::Exception: Table t does not exist. (UNKNOWN_TABLE) (version 1 (embedded))",
            404,
        );
        check(
            "Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)",
            62,
            "Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR) (version 1 (embedded))",
            400,
        );
        check(
            "no code (version of mine) here",
            1002,
            "Code: 1002. DB::Exception: no code (version of mine) here. (UNKNOWN_EXCEPTION) (version 1 (embedded))",
            500,
        );
        check(
            "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)",
            243,
            "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE) (version 1 (embedded))",
            500,
        );
    }
}
