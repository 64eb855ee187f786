//! What a request got wrong, as an RFC 9457 problem document with a stable code.
//!
//! Handlers return a [`Problem`]; the outermost layer ([`crate::guard`]) writes the document,
//! because it knows the request's trace id. The dashboard translates by `code` and `params`;
//! `title` and `detail` are English for whoever reads the wire.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident, $title:literal;)+) => {
        /// The closed list of what can be wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// Every code.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as clients see it; it never changes its meaning.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status that goes with it.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    UnknownParameter = "unknown_parameter", BAD_REQUEST, "There is no such parameter";
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "A parameter has no valid value";
    MissingParameter = "missing_parameter", BAD_REQUEST, "A parameter is missing";
    InvalidBody = "invalid_body", BAD_REQUEST, "The body is not valid";
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor is not one of ours";
    ReversedRange = "reversed_range", BAD_REQUEST, "The time range ends before it begins";
    RangeTooLong = "range_too_long", BAD_REQUEST, "The time range is too long";
    NothingToChange = "nothing_to_change", BAD_REQUEST, "The body changes nothing";
    NotSignedIn = "not_signed_in", UNAUTHORIZED, "Not signed in";
    SignInFailed = "sign_in_failed", UNAUTHORIZED, "Sign-in failed";
    SecondFactorRequired = "second_factor_required", UNAUTHORIZED, "A code is needed too";
    SecondFactorWrong = "second_factor_wrong", FORBIDDEN, "The code is not right";
    SecondFactorMissing =
        "second_factor_missing", FORBIDDEN, "Your role asks for a second factor";
    InvalidKey = "invalid_api_key", UNAUTHORIZED, "The API key is not good";
    SessionRequired = "session_required", FORBIDDEN, "A key is not enough";
    Forbidden = "forbidden", FORBIDDEN, "Your roles do not allow this";
    OwnAccount = "own_account", FORBIDDEN, "Nobody changes his own rights";
    BeyondYourRights = "beyond_your_rights", FORBIDDEN, "The account or role is above your own";
    WrongPassword = "wrong_password", FORBIDDEN, "The current password is not right";
    CsrfHeaderMissing = "csrf_header_missing", FORBIDDEN, "The request header is missing";
    OriginNotAllowed = "origin_not_allowed", FORBIDDEN, "The request comes from another site";
    NotFound = "not_found", NOT_FOUND, "Not found";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    TimeLimit = "time_limit", REQUEST_TIMEOUT, "The request took too long";
    NameTaken = "name_taken", CONFLICT, "The name is taken";
    LastAdministrator = "last_administrator", CONFLICT, "Nobody would look after users";
    SecondFactorPresent = "second_factor_present", CONFLICT, "There is a second factor";
    AccountDisabled = "account_disabled", CONFLICT, "The account is disabled";
    DeadKey = "dead_api_key", CONFLICT, "The key has ended";
    TooManyKeys = "too_many_api_keys", CONFLICT, "Too many live keys";
    IdempotencyInProgress =
        "idempotency_in_progress", CONFLICT, "The same request is under way";
    IdempotencyDone = "idempotency_done", CONFLICT, "The same request was done";
    CountDiffers = "count_differs", CONFLICT, "Not as many as expected";
    CaseMerged = "case_merged", CONFLICT, "The case went into another";
    VersionConflict = "version_conflict", PRECONDITION_FAILED, "Changed by another";
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Not JSON";
    UnknownHost = "unknown_host", MISDIRECTED_REQUEST, "Not served under that name";
    VerdictRequired = "verdict_required", UNPROCESSABLE_ENTITY, "Closing needs a verdict";
    ReasonRequired = "reason_required", UNPROCESSABLE_ENTITY, "Closing needs a reason";
    VerdictWithoutClose =
        "verdict_without_close", UNPROCESSABLE_ENTITY, "Only a closed alert has a verdict";
    UnknownAssignee =
        "unknown_assignee", UNPROCESSABLE_ENTITY, "The assignee cannot work on this alert";
    ByProvider = "by_identity_provider", UNPROCESSABLE_ENTITY, "The identity provider says this";
    WrongKind = "wrong_account_kind", UNPROCESSABLE_ENTITY, "Not for this kind of account";
    ScopeTooWide = "scope_too_wide", UNPROCESSABLE_ENTITY, "The owner does not have that much";
    IdempotencyMismatch =
        "idempotency_mismatch", UNPROCESSABLE_ENTITY, "The key belongs to another request";
    TlpForbids = "tlp_forbids", UNPROCESSABLE_ENTITY, "The TLP does not let it be shared";
    TooMany = "too_many", UNPROCESSABLE_ENTITY, "There are too many of these";
    PasswordTooWeak = "password_too_weak", UNPROCESSABLE_ENTITY, "The password is not accepted";
    RuleInvalid = "rule_invalid", UNPROCESSABLE_ENTITY, "The text is no rule that could run";
    RuleExists = "rule_exists", CONFLICT, "Another rule has that id";
    RuleNeeded = "rule_needed", CONFLICT, "Rules depend on one another";
    FourEyes = "four_eyes", FORBIDDEN, "It takes somebody else";
    IfMatchRequired = "if_match_required", PRECONDITION_REQUIRED, "Header If-Match is required";
    LockedOut = "locked_out", TOO_MANY_REQUESTS, "Too many failed sign-ins";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    Busy = "busy", TOO_MANY_REQUESTS, "Too busy, come back";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something failed here";
    EvidenceBroken = "evidence_broken", INTERNAL_SERVER_ERROR, "The evidence was changed";
    Unreachable = "server_unreachable", BAD_GATEWAY, "The other server does not answer as it should";
    StoreUnavailable = "store_unavailable", SERVICE_UNAVAILABLE, "The store does not answer";
    BusUnavailable = "bus_unavailable", SERVICE_UNAVAILABLE, "Kafka does not answer";
}

/// One problem, to be returned from a handler.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    detail: String,
    params: Value,
    retry_after_s: Option<i64>,
}

/// Handlers' results; boxed so that the usual answer stays small.
pub(crate) type Answer<T> = Result<T, Box<Problem>>;

impl Problem {
    /// A problem with a sentence for a person.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Box<Self> {
        Box::new(Self { code, detail: detail.into(), params: json!({}), retry_after_s: None })
    }

    /// The same with `params`, an object that the code's meaning defines.
    pub(crate) fn with(mut self: Box<Self>, params: Value) -> Box<Self> {
        self.params = params;
        self
    }

    /// The same with header `Retry-After`.
    pub(crate) fn retry_after(mut self: Box<Self>, seconds: i64) -> Box<Self> {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A wrong parameter of the query.
    pub(crate) fn parameter(code: Code, name: &str, detail: impl Into<String>) -> Box<Self> {
        Self::new(code, detail).with(json!({"parameter": name}))
    }

    /// A failure of ours, which the log tells whole and the client by its trace id only.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Box<Self> {
        tracing::error!(error = %service::telemetry::chain(error), "request failed");
        Self::new(Code::Internal, "it was logged under the trace id; nothing was changed by halves")
    }

    /// The document's members.
    fn document(&self, trace_id: &str) -> Value {
        let code = self.code.as_str();
        json!({
            "type": format!("urn:prohori:problem:{code}"),
            "title": self.code.title(),
            "status": self.code.status().as_u16(),
            "code": code,
            "detail": self.detail,
            "params": self.params,
            "trace_id": trace_id,
        })
    }

    /// The whole response.
    pub(crate) fn render(&self, trace_id: &str) -> Response {
        let mut response =
            (self.code.status(), self.document(trace_id).to_string()).into_response();
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media_type);
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Box<Problem> {
    /// A bodiless response that carries the problem to the outermost layer.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(*self);
        response
    }
}

impl From<crate::Error> for Box<Problem> {
    fn from(error: crate::Error) -> Self {
        Problem::internal(&error)
    }
}

/// The document's form, for the OpenAPI document.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument {
    /// `urn:prohori:problem:` and the code.
    r#type: String,
    title: String,
    status: u16,
    /// Stable: clients decide and translate by it.
    code: String,
    /// For a person, in English.
    detail: String,
    /// What the code's meaning defines: the parameter's name, the current version, …
    #[schema(value_type = Object)]
    params: Value,
    /// Names the request in the log.
    trace_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_no_success() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code:?} twice");
            assert!(code.status().as_u16() >= 400, "{code:?}");
        }
    }

    #[test]
    fn a_document_has_its_members() {
        let problem = Problem::parameter(Code::UnknownParameter, "x", "no").retry_after(3);
        let document = problem.document("t");
        assert_eq!(document["type"], "urn:prohori:problem:unknown_parameter");
        assert_eq!(document["status"], 400);
        assert_eq!(document["params"]["parameter"], "x");
        assert_eq!(document["trace_id"], "t");
        assert_eq!(problem.render("t").headers()["retry-after"], "3");
    }
}
