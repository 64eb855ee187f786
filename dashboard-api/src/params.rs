//! Strict reading of query strings and bodies: what is not understood is refused, never guessed.

use crate::problem::{Answer, Code, Problem};
use crate::written::if_match;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::json;

/// The longest body: no request of ours needs more than a comment.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// The longest body of a route that takes a rule: the text and the lines beside it.
const LONG_BODY_BYTES_MAX: usize = 1024 * 1024;
/// The longest query string.
const QUERY_BYTES_MAX: usize = 8 * 1024;
/// The longest text of a filter, in characters.
const TEXT_CHARACTERS_MAX: usize = 500;
/// The last moment that is taken for one: 2100-01-01, beyond which a time is a mistake.
const TIME_MS_MAX: i64 = 4_102_444_800_000;

/// The query string as a `T`, which must `deny_unknown_fields`.
pub(crate) struct Query<T>(pub(crate) T);

/// For a route without parameters.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParams {}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn query<T: DeserializeOwned>(text: &str) -> Answer<T> {
    if text.len() > QUERY_BYTES_MAX {
        let detail = format!("the query string is longer than {QUERY_BYTES_MAX} bytes");
        return Err(Problem::new(Code::InvalidParameter, detail));
    }
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let (path, message) = (error.path().to_string(), error.inner().to_string());
        let (code, name) = classify(&message, Code::InvalidParameter);
        Problem::parameter(code, name.unwrap_or(&path), message.clone())
    })
}

/// What serde's message says, and the field that it names. serde keeps these words stable; the
/// test below would notice if it did not.
fn classify(message: &str, otherwise: Code) -> (Code, Option<&str>) {
    for (prefix, code) in [
        ("unknown field `", Code::UnknownParameter),
        ("missing field `", Code::MissingParameter),
        ("duplicate field `", otherwise),
    ] {
        if let Some((name, _)) = message.strip_prefix(prefix).and_then(|m| m.split_once('`')) {
            return (code, Some(name));
        }
    }
    (otherwise, None)
}

/// A JSON body as a `T`, which must `deny_unknown_fields`.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        read(request, BODY_BYTES_MAX).await.map(Self)
    }
}

/// The body's type without its parameters, in lower case.
fn essence(headers: &HeaderMap) -> String {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// A JSON body that may be as long as a rule with its samples.
pub(crate) struct LongJson<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for LongJson<T> {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        read(request, LONG_BODY_BYTES_MAX).await.map(Self)
    }
}

async fn read<T: DeserializeOwned>(request: Request, bytes_max: usize) -> Answer<T> {
    if essence(request.headers()) != "application/json" {
        let detail = "send the body as application/json";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    body(&bytes(request.into_body(), bytes_max).await?)
}

async fn bytes(body: Body, bytes_max: usize) -> Answer<Vec<u8>> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::new(Code::BodyTooLarge, format!("a body has at most {bytes_max} bytes"))
                .with(json!({"bytes_max": bytes_max})))
        }
        Err(_) => Err(Problem::new(Code::InvalidBody, "the body ended before its end")),
    }
}

fn body<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let (path, message) = (error.path().to_string(), error.inner().to_string());
        let (code, name) = classify(&message, Code::InvalidBody);
        let field = name.map_or(path, str::to_owned);
        Problem::new(code, message.clone()).with(json!({"field": field}))
    })?;
    json.end().map_err(|error| Problem::new(Code::InvalidBody, error.to_string()))?;
    Ok(parsed)
}

/// The bytes of a form, at most as long as a JSON body.
pub(crate) async fn form_bytes(request: Request) -> Answer<Vec<u8>> {
    if essence(request.headers()) != "application/x-www-form-urlencoded" {
        let detail = "send the form as application/x-www-form-urlencoded";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    bytes(request.into_body(), BODY_BYTES_MAX).await
}

/// A file as the body, as it is.
pub(crate) struct File(pub(crate) Vec<u8>);

/// A file that may be as long as a feed of a million indicators.
pub(crate) struct LargeFile(pub(crate) Vec<u8>);

pub(crate) const LARGE_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The longest file: evidence is logs, mails, pictures and samples; disk images stay where they are.
pub(crate) const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;

impl<S: Sync> FromRequest<S> for File {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        file(request, FILE_BYTES_MAX).await.map(Self)
    }
}

impl<S: Sync> FromRequest<S> for LargeFile {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        file(request, LARGE_FILE_BYTES_MAX).await.map(Self)
    }
}

async fn file(request: Request, bytes_max: usize) -> Answer<Vec<u8>> {
    if essence(request.headers()) != "application/octet-stream" {
        let detail = "send the file as application/octet-stream";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let file = bytes(request.into_body(), bytes_max).await?;
    if file.is_empty() {
        return Err(Problem::new(Code::InvalidBody, "the file is empty"));
    }
    Ok(file)
}

/// A path's one parameter: an id, opaque here. What cannot be an id is not found.
pub(crate) struct Id(pub(crate) String);

/// The longest id that is looked up; ours have 32 characters.
const ID_BYTES_MAX: usize = 128;

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        let legal = |id: &str| {
            (1..=ID_BYTES_MAX).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
        };
        match id {
            Ok(Path(id)) if legal(&id) => Ok(Self(id)),
            _ => Err(Problem::new(Code::NotFound, "there is nothing under that id")),
        }
    }
}

/// The version in `If-Match`: one strong tag, as we give it.
pub(crate) struct IfMatch(pub(crate) u32);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        if_match(&parts.headers).map(Self)
    }
}

/// A path's two parameters: an id and a number.
pub(crate) struct IdAndNumber(pub(crate) String, pub(crate) u32);

impl<S: Send + Sync> FromRequestParts<S> for IdAndNumber {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let found = Path::<(String, String)>::from_request_parts(parts, state).await;
        let found = found.ok().and_then(|Path((id, number))| Some(Self(id, number.parse().ok()?)));
        found.ok_or_else(|| Problem::new(Code::NotFound, "there is nothing under that id"))
    }
}

/// A text to filter by: not empty, at most 500 characters, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Text(pub(crate) String);

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() {
            Err("empty: leave the parameter out")
        } else if text.chars().count() > TEXT_CHARACTERS_MAX {
            Err("longer than 500 characters")
        } else if text.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
            Err("holds a control character or is not UTF-8")
        } else {
            Ok(Self(text))
        }
    }
}

/// A time: milliseconds since the epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct TimeMs(pub(crate) i64);

impl TimeMs {
    /// The last.
    pub(crate) const MAX: i64 = TIME_MS_MAX;
}

impl TryFrom<i64> for TimeMs {
    type Error = &'static str;

    fn try_from(ms: i64) -> Result<Self, Self::Error> {
        if (0..=TIME_MS_MAX).contains(&ms) {
            Ok(Self(ms))
        } else {
            Err("not a time: milliseconds since 1970-01-01 UTC, before 2100")
        }
    }
}

/// Checks that `from` lies before `to`, where both are given.
pub(crate) fn in_order(from: Option<TimeMs>, to: Option<TimeMs>) -> Answer<()> {
    match (from, to) {
        (Some(from), Some(to)) if from >= to => {
            Err(Problem::parameter(Code::ReversedRange, "to", "from must lie before to"))
        }
        _ => Ok(()),
    }
}

/// How many rows a page has, checked.
pub(crate) fn page_limit(limit: Option<u32>) -> Answer<u32> {
    /// What one answer may carry: more is slower to draw than to page through.
    const MAX: u32 = 500;
    const DEFAULT: u32 = 50;
    match limit.unwrap_or(DEFAULT) {
        limit if (1..=MAX).contains(&limit) => Ok(limit),
        _ => Err(Problem::parameter(Code::InvalidParameter, "limit", "limit is 1 to 500")
            .with(json!({"parameter": "limit", "min": 1, "max": MAX}))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is looked at")]
    struct Sample {
        from: TimeMs,
        q: Option<Text>,
        limit: Option<u32>,
    }

    fn problem<T>(answer: Answer<T>) -> (Code, String) {
        let problem = answer.err().unwrap();
        let document = problem.render("t");
        assert!(document.status().is_client_error());
        (problem.code, format!("{problem:?}"))
    }

    #[test]
    fn queries() {
        for (text, code, names) in [
            ("from=1&x=2", Code::UnknownParameter, "\"x\""),
            ("q=a", Code::MissingParameter, "\"from\""),
            ("from=yesterday", Code::InvalidParameter, "\"from\""),
            ("from=-1", Code::InvalidParameter, "\"from\""),
            ("from=99999999999999", Code::InvalidParameter, "\"from\""),
            ("from=1&from=2", Code::InvalidParameter, "\"from\""),
            ("from=1&q=", Code::InvalidParameter, "\"q\""),
            ("from=1&q=%00", Code::InvalidParameter, "\"q\""),
            ("from=1&q=%ff", Code::InvalidParameter, "\"q\""),
            ("from=1&limit=1e3", Code::InvalidParameter, "\"limit\""),
        ] {
            let (got, shown) = problem(query::<Sample>(text));
            assert_eq!(got, code, "{text}");
            assert!(shown.contains(names), "{text}: {shown}");
        }
        let sample: Sample = query("from=1&q=%E0%A6%95+%25").unwrap();
        assert_eq!(sample.q, Some(Text("ক %".into())));
        assert_eq!(problem(query::<Sample>(&"x".repeat(9000))).0, Code::InvalidParameter);
    }

    #[test]
    fn bodies() {
        let deep = "[".repeat(10_000);
        for (text, code) in [
            (r#"{"from": 1, "y": 2}"#, Code::UnknownParameter),
            (r#"{"q": "a"}"#, Code::MissingParameter),
            (r#"{"from": "1"}"#, Code::InvalidBody),
            (r#"{"from": 1, "from": 1}"#, Code::InvalidBody),
            (r#"{"from": 1} {}"#, Code::InvalidBody),
            ("", Code::InvalidBody),
            ("{", Code::InvalidBody),
            (deep.as_str(), Code::InvalidBody),
        ] {
            assert_eq!(problem(body::<Sample>(text.as_bytes())).0, code, "{text}");
        }
        assert!(body::<Sample>(br#"{"from": 1}"#).is_ok());
    }

    #[test]
    fn limits() {
        assert_eq!(page_limit(None).unwrap(), 50);
        assert_eq!(page_limit(Some(500)).unwrap(), 500);
        assert!(page_limit(Some(0)).is_err() && page_limit(Some(501)).is_err());
        assert!(in_order(Some(TimeMs(1)), Some(TimeMs(2))).is_ok());
        assert!(in_order(Some(TimeMs(2)), Some(TimeMs(2))).is_err());
        assert!(in_order(None, Some(TimeMs(0))).is_ok());
    }
}
