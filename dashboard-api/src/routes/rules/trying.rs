//! Trying a rule before it counts: what is wrong with it, and how it does on its lines.

use crate::App;
use crate::caller::Caller;
use crate::params::{LongJson, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::rulebook::{set, shelf};
use axum::Json;
use axum::extract::State;
use lint::RuleFile;
use std::sync::Arc;
use trial::Candidate;

/// The name of a text that has no file.
const NAME: &str = "rule.yml";
/// Findings that are told: more is another file than was meant.
const FINDINGS_MAX: usize = 200;

/// A rule under way.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrialBody {
    /// The rule: Sigma, YAML.
    #[schema(max_length = 262_144)]
    text: String,
    /// Lines on which it must fire, raw or framed (`{"raw", "source"?}`), one a line. Of a
    /// correlation, or a rule with a threshold, they are one sequence.
    #[serde(default)]
    #[schema(max_length = 262_144)]
    matching: String,
    /// Lines on which it must not.
    #[serde(default)]
    #[schema(max_length = 262_144)]
    missing: String,
}

/// One thing that is wrong with a rule.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct FindingView {
    /// `error`: it cannot run; `warning`: it can, and is probably not what was meant.
    severity: &'static str,
    /// What it is about; docs/rules.md lists them.
    code: &'static str,
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    message: String,
    /// What to do about it; may be empty.
    mend: String,
    /// In Bangla, but for names and Sigma's own words.
    message_bn: String,
    mend_bn: String,
}

/// What is wrong with a rule.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Linted {
    findings: Vec<FindingView>,
    errors: usize,
    warnings: usize,
}

/// What is wrong with this rule
///
/// As `prohori rules check`: errors with their place and the mend, and what is probably not meant.
#[utoipa::path(post, path = "/rules:lint", tag = "rules", request_body = TrialBody,
    responses((status = 200, description = "What was found.", body = Linted)))]
pub(crate) async fn lint(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    LongJson(body): LongJson<TrialBody>,
) -> Answer<Json<Linted>> {
    caller.scope(Permission::ReadRules)?;
    let others = others(&app, &body.text).await?;
    let now_ms = app.clock.now_ms();
    let (tables, placeholders) =
        (Arc::clone(&app.rulebook.tables), Arc::clone(&app.rulebook.placeholders));
    let work = move || {
        let mut files = vec![RuleFile {
            name: NAME.into(),
            text: body.text,
            has_match_samples: !body.matching.trim().is_empty(),
            has_miss_samples: !body.missing.trim().is_empty(),
        }];
        let beside = |(name, text)| RuleFile { name, text, ..RuleFile::default() };
        files.extend(others.into_iter().map(beside));
        lint::check(&files, &tables, &placeholders, now_ms)
    };
    let mut report = blocking(work).await?;
    report.findings.retain(|finding| finding.file == NAME);
    let count = |severity| report.count(severity);
    let (errors, warnings) = (count(lint::Severity::Error), count(lint::Severity::Warning));
    let view = |finding: lint::Finding| {
        let lint::Told { message: message_bn, mend: mend_bn } = finding.bangla();
        FindingView {
            severity: finding.severity.as_str(),
            code: finding.code,
            line: finding.at.line,
            column: finding.at.column,
            message: finding.message,
            mend: finding.mend,
            message_bn,
            mend_bn,
        }
    };
    let findings = report.findings.into_iter().take(FINDINGS_MAX).map(view).collect();
    Ok(Json(Linted { findings, errors, warnings }))
}

/// How a line, or a sequence of them, did.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SampleView {
    /// `match`: it must fire; `miss`: it must not.
    kind: &'static str,
    /// Among those of its kind, from 1.
    line: usize,
    passes: bool,
    /// How many events it became.
    events: usize,
    /// Which of the file's rules fired.
    fired: Vec<String>,
    /// Why it became no event, or what a rule that should have fired did not find.
    why: Vec<String>,
}

/// How a rule did on its lines.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct TestedView {
    /// Nothing is wrong, every line does as it should, and every rule fires on one.
    passes: bool,
    /// There are lines of both kinds.
    whole: bool,
    /// What keeps it from being tried.
    errors: Vec<String>,
    samples: Vec<SampleView>,
    /// Rules of the file that fire on no line.
    silent: Vec<String>,
}

/// How does this rule do on its lines
///
/// As `prohori rules test`: through the normalizer and the engine that production runs.
#[utoipa::path(post, path = "/rules:test", tag = "rules", request_body = TrialBody,
    responses((status = 200, description = "How it did.", body = TestedView)))]
pub(crate) async fn test(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    LongJson(body): LongJson<TrialBody>,
) -> Answer<Json<TestedView>> {
    caller.scope(Permission::WriteRules)?;
    let others = others(&app, &body.text).await?;
    let TrialBody { text, matching, missing } = body;
    let candidate = Candidate { name: NAME.into(), text, matching, missing };
    let bench = Arc::clone(&app.bench);
    let tested = blocking(move || bench.test(&candidate, &others)).await?;
    let tested = tested.map_err(|failed| {
        Problem::new(Code::RuleInvalid, failed.to_string()).with(serde_json::json!({}))
    })?;
    let view = |sample: trial::Outcome| SampleView {
        kind: sample.kind.as_str(),
        line: sample.line,
        passes: sample.passes,
        events: sample.events,
        fired: sample.fired,
        why: sample.why,
    };
    Ok(Json(TestedView {
        passes: tested.passes(),
        whole: tested.is_whole(),
        samples: tested.samples.into_iter().map(view).collect(),
        errors: tested.errors,
        silent: tested.silent,
    }))
}

/// The files of the rules that a text names and does not hold.
pub(crate) async fn others(app: &App, text: &str) -> Answer<Vec<set::File>> {
    let Ok(sheet) = crate::rulebook::sheet::read(NAME, text, &app.rulebook.placeholders) else {
        return Ok(Vec::new());
    };
    let read = move |connection: &rusqlite::Connection| {
        // The text may be a newer version of a file that is in the set: that one is not beside it.
        let own = shelf::owner(connection, &sheet.id)?;
        let mut files = set::needed(connection, &sheet.needs)?;
        if let Some(own) = own {
            files.retain(|(name, _)| !name.ends_with(&format!("/{own}.yml")));
        }
        Ok(files)
    };
    Ok(app.rulebook.read(read).await?)
}

/// Does work that takes a core for a while where that stands in nobody's way.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Answer<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::new(Code::Internal, "it was logged under the trace id"))
}
