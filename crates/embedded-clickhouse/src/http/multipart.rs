//! Statements with parameters, as the official client sends them: `multipart/form-data`.

use super::call::Call;
use crate::exception::{Exception, code};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

/// Fields of one body; the client sends one per parameter.
const FIELDS_MAX: usize = 10_000;

/// The boundary, if the body is `multipart/form-data`.
pub(crate) fn boundary(headers: &HeaderMap) -> Result<Option<String>, Exception> {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    let mut parts = value.split(';').map(str::trim);
    if !parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data")) {
        return Ok(None);
    }
    let boundary = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"').to_owned())
    });
    // RFC 2046 has 70 characters at most.
    match boundary.filter(|boundary| (1..=70).contains(&boundary.len())) {
        Some(boundary) => Ok(Some(boundary)),
        None => Err(malformed("a boundary of 1 to 70 characters is missing")),
    }
}

/// Puts the fields `query`, `param_…` and settings of `body` into `call`.
pub(crate) fn read(body: &[u8], boundary: &str, call: &mut Call) -> Result<(), Exception> {
    let delimiter = format!("--{boundary}");
    let mut rest = body
        .strip_prefix(delimiter.as_bytes())
        .ok_or_else(|| malformed("it does not begin with its boundary"))?;
    let delimiter = format!("\r\n--{boundary}");
    for _ in 0..FIELDS_MAX {
        if rest.starts_with(b"--") {
            return Ok(());
        }
        let field = rest.strip_prefix(b"\r\n").ok_or_else(|| malformed("a boundary ends oddly"))?;
        let end = find(field, delimiter.as_bytes())
            .ok_or_else(|| malformed("its last boundary is missing"))?;
        rest = &field[end + delimiter.len()..];
        read_field(&field[..end], call)?;
    }
    Err(malformed(format!("it has more than {FIELDS_MAX} fields")))
}

fn read_field(field: &[u8], call: &mut Call) -> Result<(), Exception> {
    let end = find(field, b"\r\n\r\n").ok_or_else(|| malformed("a field without headers"))?;
    let (headers, value) = (&field[..end], &field[end + 4..]);
    let headers = String::from_utf8_lossy(headers);
    let disposition = headers.lines().find(|line| {
        let name = line.split(':').next().unwrap_or("");
        name.eq_ignore_ascii_case("content-disposition")
    });
    let mut parts = disposition.unwrap_or("").split(';').map(str::trim);
    let name = parts.find_map(|part| part.strip_prefix("name=")).map(|name| name.trim_matches('"'));
    let name = name.ok_or_else(|| malformed("a field without a name"))?;
    if headers.contains("filename=") {
        let why = format!("external table {name:?}: insert its rows, or use an array parameter");
        return Err(Exception::new(code::NOT_IMPLEMENTED, why));
    }
    let value = String::from_utf8(value.to_vec())
        .map_err(|_| malformed(format!("field {name:?} is not UTF-8")))?;
    call.field(name, value)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

fn malformed(why: impl std::fmt::Display) -> Exception {
    Exception::new(code::BAD_ARGUMENTS, format!("multipart body: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn body(fields: &[(String, String)]) -> Vec<u8> {
        let field = |(name, value): &(String, String)| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let fields: String = fields.iter().map(field).collect();
        format!("{fields}--b--\r\n").into_bytes()
    }

    #[test]
    fn boundaries() {
        let check = |value: &'static str, expected: Option<Option<&str>>| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            let found = boundary(&headers).ok();
            assert_eq!(found, expected.map(|b| b.map(str::to_owned)), "{value}");
        };
        check("text/plain", Some(None));
        check("multipart/form-data; boundary=a-b", Some(Some("a-b")));
        check("Multipart/Form-Data; charset=x; Boundary=\"a b\"", Some(Some("a b")));
        check("multipart/form-data", None);
        check("multipart/form-data; boundary=", None);
    }

    proptest! {
        #[test]
        fn fields_come_out_as_they_went_in(
            values in proptest::collection::vec("[^b]{0,20}", 0..5),
        ) {
            let named = values.iter().enumerate();
            let params: Vec<_> = named.map(|(n, v)| (format!("p{n}"), v.clone())).collect();
            let fields: Vec<_> =
                params.iter().map(|(n, v)| (format!("param_{n}"), v.clone())).collect();
            let mut call = Call::default();
            read(&body(&fields), "b", &mut call).unwrap();
            prop_assert_eq!(call.params, params);
        }

        #[test]
        fn any_bytes_end_in_fields_or_an_error(
            text in "(--b|--|\r\n|name=|;|\"|Content-Disposition:|x|filename=){0,20}",
        ) {
            let _ = read(text.as_bytes(), "b", &mut Call::default());
        }
    }
}
