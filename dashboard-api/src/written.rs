//! What a person wrote, and which version of a thing that person had seen.

use crate::App;
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use axum::http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Deserializer};
use serde_json::json;

/// Longest reason and comment, in characters.
pub(crate) const WORDS_MAX: usize = 4_000;

/// Tells `null` from absence.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Checks a text that a person wrote, of at most `max` characters; an empty one is not refused.
pub(crate) fn text_of(field: &str, text: &str, max: usize) -> Answer<()> {
    let legal = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if text.chars().count() > max {
        return Err(bad(field, format!("{field} has more than {max} characters")));
    }
    if !text.chars().all(legal) {
        return Err(bad(field, format!("{field} holds a control character")));
    }
    Ok(())
}

/// The same, and something must stand in it.
pub(crate) fn words_of(field: &str, text: &str, max: usize) -> Answer<()> {
    if text.trim().is_empty() {
        return Err(bad(field, format!("{field} is empty")));
    }
    text_of(field, text, max)
}

/// The same, and it is one line.
pub(crate) fn line_of(field: &str, text: &str, max: usize) -> Answer<()> {
    if text.contains(['\n', '\t']) {
        return Err(bad(field, format!("{field} is one line")));
    }
    words_of(field, text, max)
}

/// A value of the body that does not do.
pub(crate) fn bad(field: &str, detail: impl Into<String>) -> Box<Problem> {
    Problem::new(Code::InvalidBody, detail).with(json!({"field": field}))
}

/// The version in `If-Match`: one strong tag, as we give it.
pub(crate) fn if_match(headers: &HeaderMap) -> Answer<u32> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        let detail = "send If-Match with the ETag of what you saw";
        return Err(Problem::new(Code::IfMatchRequired, detail));
    };
    let digits = value.to_str().ok().and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        let detail = "If-Match is one quoted version, such as \"3\"";
        Problem::parameter(Code::InvalidParameter, "If-Match", detail)
    })
}

/// A version as an ETag.
pub(crate) fn etag(version: u32) -> HeaderValue {
    let text = format!("\"{version}\"");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// Whoever gets something must be able to work on it in one of these agencies.
pub(crate) async fn check_assignee(app: &App, agencies: &[&str], name: &str) -> Answer<()> {
    let user = app.accounts.user(name).await?;
    let held = user.map(|user| user.grants.allow(Permission::TriageAlerts));
    if held.is_some_and(|held| agencies.iter().any(|agency| held.contains(agency))) {
        return Ok(());
    }
    let detail = "the assignee must be a user who may triage the agency";
    Err(Problem::new(Code::UnknownAssignee, detail).with(json!({"field": "assignee"})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_strong_tag_matches() {
        let check = |value: &str, expected: Option<u32>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, value.parse().unwrap());
            assert_eq!(if_match(&headers).ok(), expected, "{value}");
        };
        check("\"3\"", Some(3));
        check("3", None);
        check("*", None);
        check("W/\"3\"", None);
        check("\"3\", \"4\"", None);
        check("\"-1\"", None);
        let missing = if_match(&HeaderMap::new()).unwrap_err();
        assert_eq!(missing.code, Code::IfMatchRequired);
    }

    #[test]
    fn words_of_a_person() {
        assert!(words_of("text", "ঠিক আছে\nপরীক্ষিত", WORDS_MAX).is_ok());
        for bad in ["", "  \n", "a\u{0}b", &"x".repeat(4_001)] {
            assert!(words_of("text", bad, WORDS_MAX).is_err(), "{bad:?}");
        }
        assert!(text_of("reason", "", WORDS_MAX).is_ok());
        assert!(line_of("title", "a\nb", 9).is_err());
    }
}
