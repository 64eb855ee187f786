//! Changing rules: only from what the writer saw, and into force only with others' word.

use super::{detail, no_rule};
use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, LongJson, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, Permission};
use crate::rulebook::sheet::{self, Kind};
use crate::rulebook::shelf::Standing;
use crate::rulebook::stage::Stage;
use crate::rulebook::{Changed, Draft, Refusal, Wish};
use crate::views::rule::{RuleDetail, current};
use crate::written::{WORDS_MAX, if_match, text_of};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::Agency;
use serde_json::json;

/// A rule to be kept.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleBody {
    /// The rule: Sigma, YAML, with an id.
    #[schema(max_length = 262_144)]
    text: String,
    /// Lines on which it must fire.
    #[serde(default)]
    #[schema(max_length = 262_144)]
    matching: String,
    /// Lines on which it must not.
    #[serde(default)]
    #[schema(max_length = 262_144)]
    missing: String,
    /// What was changed, and why.
    #[serde(default)]
    #[schema(max_length = 4_000)]
    note: String,
}

/// A stage that is asked for.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageBody {
    stage: Stage,
    /// Which version: the newest, or an earlier one to go back to.
    version: u32,
    /// Where a canary raises alerts.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 200)]
    agencies: Vec<Agency>,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 4_000)]
    note: String,
}

/// A word on what waits.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordBody {
    /// Why.
    #[serde(default)]
    #[schema(max_length = 4_000)]
    note: String,
}

/// Write a rule or an exception
///
/// It begins as a draft, which no detector has.
#[utoipa::path(post, path = "/rules", tag = "rules", request_body = RuleBody,
    responses((status = 201, description = "Kept.", body = RuleDetail,
        headers(("etag" = String, description = "The revision, quoted.")))))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    LongJson(body): LongJson<RuleBody>,
) -> Answer<Response> {
    let draft = draft(&app, &caller, body)?;
    let entry = caller.entry(Action::RuleSave, "", json!({"bytes": draft.text.len()}));
    let kept = done(app.rulebook.save(None, draft, entry).await?)?;
    let response = detail(&app, &caller, kept).await?;
    Ok((StatusCode::CREATED, response).into_response())
}

/// Keep a new version
///
/// What is in force stays in force until a stage is asked for this one. Only if the rule is still
/// at the revision in `If-Match`.
#[utoipa::path(put, path = "/rules/{id}", tag = "rules", request_body = RuleBody,
    params(("id" = String, Path, description = "The rule."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The revision seen, quoted.")),
    responses((status = 200, description = "Kept.", body = RuleDetail,
        headers(("etag" = String, description = "The new revision, quoted.")))))]
pub(crate) async fn save(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    LongJson(body): LongJson<RuleBody>,
) -> Answer<Response> {
    let seen = if_match(&headers)?;
    let before = app.rulebook.get(&id).await?.ok_or_else(no_rule)?;
    may_touch(&caller, &before)?;
    let draft = draft(&app, &caller, body)?;
    let entry = caller.entry(Action::RuleSave, &before.rule, json!({"bytes": draft.text.len()}));
    let kept = done(app.rulebook.save(Some((before.rule, seen)), draft, entry).await?)?;
    detail(&app, &caller, kept).await
}

/// Ask for a stage
///
/// What only counts, or alerts in some agencies, is done at once. What makes alerts everywhere
/// waits for two other people, what takes a rule out of force or goes back to a version for one.
#[utoipa::path(post, path = "/rules/{id}/stage", tag = "rules", request_body = StageBody,
    params(("id" = String, Path, description = "The rule."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The revision seen, quoted.")),
    responses((status = 200, description = "Done, or waiting: see `proposal`.", body = RuleDetail,
        headers(("etag" = String, description = "The new revision, quoted.")))))]
pub(crate) async fn ship(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    LongJson(body): LongJson<StageBody>,
) -> Answer<Response> {
    let seen = if_match(&headers)?;
    let before = app.rulebook.get(&id).await?.ok_or_else(no_rule)?;
    may_touch(&caller, &before)?;
    text_of("note", &body.note, WORDS_MAX)?;
    if (body.stage == Stage::Canary) == body.agencies.is_empty() {
        let detail = "a canary, and nothing else, names agencies";
        return Err(Problem::new(Code::InvalidBody, detail).with(json!({"field": "agencies"})));
    }
    for agency in &body.agencies {
        caller.scope_in(Permission::WriteRules, agency.as_str())?;
    }
    let agencies: Vec<String> = body.agencies.iter().map(ToString::to_string).collect();
    let asked = json!({"stage": body.stage, "version": body.version, "agencies": agencies});
    let entry = caller.entry(Action::RuleStage, &before.rule, asked);
    let wish = Wish { version: body.version, stage: body.stage, agencies, note: body.note };
    let now = done(app.rulebook.ship((before.rule, seen), wish, entry).await?)?;
    detail(&app, &caller, now).await
}

/// Agree to what waits
///
/// Neither the author of the version nor who asked for it. With the last word it is done.
#[utoipa::path(post, path = "/rules/{id}/approve", tag = "rules", request_body = WordBody,
    params(("id" = String, Path, description = "The rule."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The revision seen, quoted.")),
    responses((status = 200, description = "Agreed.", body = RuleDetail,
        headers(("etag" = String, description = "The new revision, quoted.")))))]
pub(crate) async fn approve(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    LongJson(body): LongJson<WordBody>,
) -> Answer<Response> {
    let seen = decider(&caller, &headers)?;
    text_of("note", &body.note, WORDS_MAX)?;
    let before = app.rulebook.get(&id).await?.ok_or_else(no_rule)?;
    let asked = json!({"proposal": before.proposal});
    let entry = caller.entry(Action::RuleApprove, &before.rule, asked);
    let now = done(app.rulebook.approve((before.rule, seen), body.note, entry).await?)?;
    detail(&app, &caller, now).await
}

/// Take back what waits
///
/// By who may approve it, or by who asked for it.
#[utoipa::path(post, path = "/rules/{id}/reject", tag = "rules", request_body = WordBody,
    params(("id" = String, Path, description = "The rule."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The revision seen, quoted.")),
    responses((status = 200, description = "Taken back.", body = RuleDetail,
        headers(("etag" = String, description = "The new revision, quoted.")))))]
pub(crate) async fn reject(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    LongJson(body): LongJson<WordBody>,
) -> Answer<Response> {
    let seen = if_match(&headers)?;
    caller.scope(Permission::ReadRules)?;
    text_of("note", &body.note, WORDS_MAX)?;
    let before = app.rulebook.get(&id).await?.ok_or_else(no_rule)?;
    if before.proposal.as_ref().is_none_or(|proposal| proposal.by != caller.user.name) {
        decider(&caller, &headers)?;
    }
    let entry = caller.entry(Action::RuleReject, &before.rule, json!({}));
    let now = done(app.rulebook.reject((before.rule, seen), body.note, entry).await?)?;
    detail(&app, &caller, now).await
}

/// Who decides for all agencies must answer for all of them. The revision that was seen.
fn decider(caller: &Caller, headers: &HeaderMap) -> Answer<u32> {
    let seen = if_match(headers)?;
    if caller.user.grants.allow(Permission::ApproveRules) != Agencies::All {
        let detail = "a rule that is in force is so in all agencies: it takes an approver of all";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    Ok(seen)
}

/// Checks that the caller may write this text, and in whose agencies.
fn draft(app: &App, caller: &Caller, body: RuleBody) -> Answer<Draft> {
    let RuleBody { text, matching, missing, note } = body;
    text_of("note", &note, WORDS_MAX)?;
    match sheet::read("rule.yml", &text, &app.rulebook.placeholders) {
        Ok(sheet) => {
            let agencies = sheet.exception.as_ref().map(|exception| exception.agencies.as_slice());
            may_write(caller, sheet.kind, agencies.unwrap_or_default())?;
            let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            if !(8..=64).contains(&sheet.id.len()) || !sheet.id.bytes().all(legal) {
                let detail = "give it an id of its own, such as a UUID";
                return Err(invalid(vec![detail.to_owned()]));
            }
        }
        Err(errors) => {
            // Whoever may not write at all hears that first.
            let either = caller.scope(Permission::WriteRules);
            either.or_else(|_| caller.scope(Permission::ManageExceptions))?;
            return Err(invalid(errors));
        }
    }
    Ok(Draft { text, matching, missing, note })
}

/// Checks that the caller may change what is there.
fn may_touch(caller: &Caller, standing: &Standing) -> Answer<()> {
    let agencies = standing.sheet.exception.as_ref().map(|e| e.agencies.as_slice());
    may_write(caller, standing.sheet.kind, agencies.unwrap_or_default())
}

/// An exception hides alerts: it takes the right to in every agency that it is for.
fn may_write(caller: &Caller, kind: Kind, agencies: &[String]) -> Answer<()> {
    if kind != Kind::Exception {
        return caller.scope(Permission::WriteRules).map(drop);
    }
    let held = caller.user.grants.allow(Permission::ManageExceptions);
    let covers = match agencies {
        [] => held == Agencies::All,
        named => named.iter().all(|agency| held.contains(agency)),
    };
    if covers {
        return Ok(());
    }
    let detail = "name agencies of yours in x-prohori-agencies: an exception for all takes the \
        right in all";
    Err(Problem::new(Code::Forbidden, detail))
}

fn invalid(errors: Vec<String>) -> Box<Problem> {
    let detail = errors.first().cloned().unwrap_or_default();
    Problem::new(Code::RuleInvalid, detail).with(json!({"errors": errors}))
}

/// What was done, or the problem that a refusal is.
fn done(changed: Changed) -> Answer<Standing> {
    changed.map_err(|refusal| match refusal {
        Refusal::Unknown => no_rule(),
        Refusal::Conflict(now) => {
            let detail = "somebody changed the rule since; look at params.current";
            Problem::new(Code::VersionConflict, detail).with(json!({"current": current(&now)}))
        }
        Refusal::Invalid(errors) => invalid(errors),
        Refusal::Taken { id, rule } => {
            let detail = format!("id {id} is of rule {rule}: give the new one an id of its own");
            Problem::new(Code::RuleExists, detail).with(json!({"id": id, "rule": rule}))
        }
        Refusal::Renamed { id } => {
            let detail = format!("the rule's id is {id} and stays so; write another rule instead");
            Problem::new(Code::RuleInvalid, detail.clone()).with(json!({"errors": [detail]}))
        }
        Refusal::NoStep => {
            let detail = "it is there already, or there is no way to that stage from here";
            Problem::new(Code::NothingToChange, detail)
        }
        Refusal::Needs { name } => {
            let detail = format!("it counts rule {name}, which is not in force");
            Problem::new(Code::RuleNeeded, detail).with(json!({"rule": name}))
        }
        Refusal::NeededBy { rule } => {
            let detail = format!("correlation {rule}, which is in force, counts it");
            Problem::new(Code::RuleNeeded, detail).with(json!({"rule": rule}))
        }
        Refusal::NothingPending => {
            Problem::new(Code::NothingToChange, "no stage waits for approval")
        }
        Refusal::FourEyes => {
            let detail = "another than the author, than who asked, and than who agreed already";
            Problem::new(Code::FourEyes, detail)
        }
    })
}
