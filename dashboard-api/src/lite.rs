//! The queue and an alert as plain HTML: for a thin link, an old browser, one without scripts.
//!
//! A page takes under 30 KB with its style. Forms carry a token of their session; the guard lets them
//! through without the header that only scripts can send, and still looks at where they come from.

mod form;
mod html;
mod pages;
mod words;

use crate::App;
use crate::accounts::secret::hex;
use crate::accounts::{Credentials, Language};
use crate::audit::Action;
use crate::caller::{Caller, Proof};
use crate::params::{Id, NoParams, Query, Text};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::routes::session::{From, refused, set_cookie};
use crate::store_answers::page;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use form::Form;
use html::Html;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use store::{AlertFilter, Change, Outcome, State as AlertState};
use words::{Words, words};

/// Where these pages are.
pub(crate) const PREFIX: &str = "/lite";
/// Rows of a page: what fits into the budget with long titles.
const ROWS: u32 = 25;
const STYLE: &str = include_str!("lite/style.css");

/// Who asks; nobody where there is no session.
pub(crate) struct Reader(Option<Caller>);

impl FromRequestParts<App> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(Caller::from_request_parts(parts, app).await.ok()))
    }
}

impl Reader {
    fn words(&self) -> &'static Words {
        words(self.0.as_ref().map_or(Language::Bn, |caller| caller.user.language))
    }

    fn caller(self) -> Answer<Caller> {
        self.0.ok_or_else(|| Problem::new(Code::NotSignedIn, "sign in first"))
    }
}

/// The token that forms of a session carry. Who cannot read the cookie cannot reckon it.
fn token(caller: &Caller) -> String {
    let begin = Sha256::new().chain_update("prohori lite form");
    hex(&match &caller.proof {
        Proof::Session(session) => begin.chain_update(session.0).finalize(),
        Proof::Key(id) => begin.chain_update(id).finalize(),
    })
}

fn check_token(caller: &Caller, given: &str) -> Answer<()> {
    // Compared by hash: how far two texts agree must not show in the time that it takes.
    if Sha256::digest(given) == Sha256::digest(token(caller)) {
        return Ok(());
    }
    let detail = "the form is not of this session: open the page anew";
    Err(Problem::new(Code::CsrfHeaderMissing, detail))
}

/// Which page of the queue.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QueueParams {
    /// Where the page begins.
    #[param(value_type = Option<String>, pattern = r"^-?[0-9]{1,15}\.[0-9A-Za-z_.:-]{1,128}$")]
    cursor: Option<Text>,
}

/// What was just done.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertParams {
    /// `done` or `conflict`.
    #[param(value_type = Option<String>, min_length = 1, max_length = 20)]
    said: Option<Text>,
}

/// How to sign in.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInForm {
    #[schema(max_length = 64)]
    user: String,
    password: String,
    /// Of the authenticator app, or a recovery code, where the user has one.
    #[serde(default)]
    code: String,
}

/// What to do with an alert.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertForm {
    token: String,
    /// The version that was shown.
    version: u32,
    /// `acknowledge` or `close`.
    action: String,
    /// With `close`.
    #[serde(default)]
    verdict: String,
    /// With `close`.
    #[serde(default)]
    #[schema(max_length = 4_000)]
    reason: String,
}

/// Which language.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageForm {
    token: String,
    language: Language,
}

/// The queue in plain HTML
///
/// What is still open, newest first; the sign-in where there is no session.
#[utoipa::path(get, path = "/lite", tag = "lite", params(QueueParams),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(crate) async fn queue(
    State(app): State<App>,
    reader: Reader,
    Query(params): Query<QueueParams>,
) -> Response {
    let words = reader.words();
    let Reader(Some(caller)) = reader else {
        return answer(words, Ok(respond(StatusCode::OK, &pages::sign_in(words, None))));
    };
    answer(words, queue_page(&app, &caller, words, params.cursor).await)
}

async fn queue_page(
    app: &App,
    caller: &Caller,
    words: &Words,
    cursor: Option<Text>,
) -> Answer<Response> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let page = page(Some(ROWS), cursor.as_ref().map(|cursor| cursor.0.as_str()))?;
    let open = [AlertState::New, AlertState::Acknowledged, AlertState::InProgress];
    let filter = AlertFilter { state: open.into(), ..AlertFilter::default() };
    let found = app.store.alerts(&scope, &filter, &page).await?;
    let total = app.store.alert_counts(&scope, &filter).await?.total;
    let next = found.next.map(|cursor| cursor.to_string());
    let html = pages::queue(words, caller, &found.items, total, next, &token(caller));
    Ok(respond(StatusCode::OK, &html))
}

/// One alert in plain HTML
///
/// What happened, why it fired, the raw log, its history, and a form to acknowledge or close it.
#[utoipa::path(get, path = "/lite/alerts/{id}", tag = "lite",
    params(AlertParams, ("id" = String, Path, description = "The alert.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(crate) async fn alert(
    State(app): State<App>,
    reader: Reader,
    Id(id): Id,
    Query(params): Query<AlertParams>,
) -> Response {
    let words = reader.words();
    let page = async {
        let caller = reader.caller()?;
        let said = params.said.map(|said| said.0);
        alert_page(&app, &caller, words, &id, said.as_deref(), StatusCode::OK).await
    };
    answer(words, page.await)
}

async fn alert_page(
    app: &App,
    caller: &Caller,
    words: &Words,
    id: &str,
    said: Option<&str>,
    status: StatusCode,
) -> Answer<Response> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let alert = app.store.alert(&scope, id).await?.ok_or_else(no_alert)?;
    let history = app.store.alert_history(&scope, id).await?;
    let detail = json!({"what": "lite"});
    app.accounts.audit(caller.entry(Action::AlertRead, id, detail)).await?;
    let may = caller.scope_in(Permission::TriageAlerts, &alert.summary.agency).is_ok();
    let form = may.then(|| token(caller));
    let html = pages::alert(words, caller, alert, &history, form, said, &token(caller));
    Ok(respond(status, &html))
}

/// Acknowledge or close an alert from plain HTML
///
/// Only if it is still at the version that was shown; else the page says what stands now.
#[utoipa::path(post, path = "/lite/alerts/{id}", tag = "lite",
    params(("id" = String, Path, description = "The alert.")),
    request_body(content = AlertForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Done; back to the alert.")))]
pub(crate) async fn change(
    State(app): State<App>,
    reader: Reader,
    Id(id): Id,
    Form(form): Form<AlertForm>,
) -> Response {
    let words = reader.words();
    let done = async {
        let caller = reader.caller()?;
        change_alert(&app, &caller, &id, form).await
    };
    answer(words, done.await)
}

async fn change_alert(app: &App, caller: &Caller, id: &str, form: AlertForm) -> Answer<Response> {
    check_token(caller, &form.token)?;
    let change = form.change()?;
    let seen = caller.scope(Permission::ReadAlerts)?;
    let alert = app.store.alert(&seen, id).await?.ok_or_else(no_alert)?;
    let scope = caller.scope_in(Permission::TriageAlerts, &alert.summary.agency)?;
    let asked = json!({"version": form.version, "state": change.state, "verdict": change.verdict});
    app.accounts.audit(caller.entry(Action::AlertChange, id, asked)).await?;
    let actor = &caller.user.name;
    let said = match app.store.change_alert(&scope, id, form.version, &change, actor).await? {
        Outcome::Changed(_) => "done",
        Outcome::Conflict(_) => "conflict",
        Outcome::Refused(_) => return Err(Problem::new(Code::ReasonRequired, "say why, in words")),
        Outcome::NotFound => return Err(no_alert()),
    };
    see_other(&format!("{PREFIX}/alerts/{id}?said={said}"))
}

impl AlertForm {
    fn change(&self) -> Answer<Change> {
        match self.action.as_str() {
            "acknowledge" => {
                Ok(Change { state: Some(AlertState::Acknowledged), ..Change::default() })
            }
            "close" => {
                crate::written::words_of("reason", &self.reason, crate::written::WORDS_MAX)?;
                let verdict = store::Verdict::ALL.into_iter().find(|v| v.as_str() == self.verdict);
                let verdict = verdict.ok_or_else(|| {
                    Problem::new(Code::VerdictRequired, "say what the alert turned out to be")
                })?;
                Ok(Change {
                    state: Some(AlertState::Closed),
                    verdict: Some(verdict),
                    reason: Some(self.reason.trim().to_owned()),
                    ..Change::default()
                })
            }
            _ => Err(crate::written::bad("action", "action is acknowledge or close")),
        }
    }
}

/// Sign in from plain HTML
#[utoipa::path(post, path = "/lite/session", tag = "lite", security(()),
    request_body(content = SignInForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Signed in; on to the queue.")))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    From(mut client, by_tls): From,
    Form(form): Form<SignInForm>,
) -> Response {
    let words = words(Language::Bn);
    let user = form.user.trim().to_lowercase();
    client.code = Some(form.code.trim().to_owned()).filter(|code| !code.is_empty());
    let credentials = Credentials::Password { user, password: form.password };
    let result = match app.accounts.sign_in(credentials, client).await {
        Ok(result) => result.map_err(refused),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(session) => answer(
            words,
            set_cookie(by_tls, &session).and_then(|cookie| {
                let mut response = see_other(PREFIX)?;
                response.headers_mut().insert(header::SET_COOKIE, cookie);
                Ok(response)
            }),
        ),
        Err(problem) => {
            let html = pages::sign_in(words, Some(problem.code));
            respond(problem.code.status(), &html)
        }
    }
}

/// Choose the language from plain HTML
#[utoipa::path(post, path = "/lite/language", tag = "lite",
    request_body(content = LanguageForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Done; back to the queue.")))]
pub(crate) async fn language(
    State(app): State<App>,
    reader: Reader,
    Form(form): Form<LanguageForm>,
) -> Response {
    let words = reader.words();
    let done = async {
        let caller = reader.caller()?;
        check_token(&caller, &form.token)?;
        let detail = json!({"language": form.language});
        let entry = caller.entry(Action::LanguageChange, &caller.user.name, detail);
        app.accounts.set_language(caller.user.id, form.language, entry).await?;
        see_other(PREFIX)
    };
    answer(words, done.await)
}

/// The style of these pages
#[utoipa::path(get, path = "/lite/style.css", tag = "lite", security(()),
    responses((status = 200, description = "The style.", body = String, content_type = "text/css")))]
pub(crate) async fn style(Query(NoParams {}): Query<NoParams>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
    ];
    (headers, STYLE).into_response()
}

fn no_alert() -> Box<Problem> {
    Problem::new(Code::NotFound, "there is no such alert in your agencies")
}

fn see_other(to: &str) -> Answer<Response> {
    let to = HeaderValue::from_str(to).map_err(|error| Problem::internal(&error))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
}

/// A page of our own that leads on to `path`, which is one of ours.
pub(crate) fn leading_to(path: &str) -> Response {
    let mut html = Html::new();
    html.raw("<!doctype html><meta charset=\"utf-8\"><title>…</title>");
    html.raw("<meta http-equiv=\"refresh\" content=\"0;url=").put(path).raw("\">");
    html.raw("<p><a href=\"").put(path).raw("\">→</a>");
    respond(StatusCode::OK, &html)
}

fn respond(status: StatusCode, html: &Html) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, html.text().to_owned()).into_response()
}

/// A page, or a page about why there is none.
fn answer(words: &Words, answer: Answer<Response>) -> Response {
    match answer {
        Ok(response) => response,
        Err(problem) => respond(problem.code.status(), &pages::failed(words, problem.code)),
    }
}
