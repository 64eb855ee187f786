//! Which of ATT&CK's techniques rules look for, whether they have anything to look at, and fired.

use crate::App;
use crate::caller::Caller;
use crate::params::{NoParams, Query};
use crate::problem::Answer;
use crate::roles::Permission;
use crate::routes::rules::counts;
use crate::rulebook::set;
use crate::rulebook::sheet::Kind;
use crate::rulebook::shelf;
use attack::{Coverage, Covering, TACTICS, full_name};
use axum::Json;
use axum::extract::State;
use query::{Expr, Leaf, Range};
use serde_json::Value;
use sigma::{Document, LogSource};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::Scope;

/// How far back telemetry is looked for: what a day does not bring is not there.
const TELEMETRY_MS: i64 = 24 * 3_600_000;
/// The tactic that the newest release splits into two.
const OLD: &str = "defense-evasion";

/// What rules look for.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct CoverageView {
    /// The release of ATT&CK.
    attack: &'static str,
    /// Rules and correlations in force.
    rules: usize,
    /// Of these, such as name no technique.
    without: usize,
    /// Techniques and sub-techniques with rules.
    techniques: usize,
    /// Of these, such as have a rule that has events to look at.
    seeing: usize,
    tactics: Vec<TacticView>,
}

/// A tactic, with each of its techniques.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct TacticView {
    /// Such as `initial-access`.
    id: &'static str,
    name: &'static str,
    techniques: Vec<TechniqueView>,
}

/// A technique with its sub-techniques.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct TechniqueView {
    /// Such as `T1078`.
    id: &'static str,
    name: &'static str,
    /// Rules in force for it or a part of it.
    rules: usize,
    /// Of these, such as have lines beside them on which they must fire and must not.
    tested: usize,
    /// Of these, such as have had events to look at within a day, in the caller's agencies.
    seeing: usize,
    /// Alerts of these rules within 30 days, in the caller's agencies.
    alerts: u64,
    /// Sub-techniques with rules.
    parts: Vec<PartView>,
    /// The rules themselves.
    rules_named: Vec<NamedRule>,
}

/// A rule by its name.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct NamedRule {
    /// By which it is asked for.
    id: String,
    title: String,
}

/// A sub-technique.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct PartView {
    id: &'static str,
    name: String,
    rules: usize,
}

/// A rule file as coverage sees it.
struct Rule {
    id: String,
    title: String,
    tags: Vec<String>,
    ids: Vec<String>,
    tested: bool,
    sources: BTreeSet<LogSource>,
}

impl Rule {
    fn named(&self) -> NamedRule {
        NamedRule { id: self.id.clone(), title: self.title.clone() }
    }
}

/// ATT&CK coverage
///
/// By rules in force × telemetry of the last day × tests × alerts of 30 days.
#[utoipa::path(get, path = "/coverage/attack", tag = "rules",
    responses((status = 200, description = "The coverage.", body = CoverageView)))]
pub(crate) async fn attack_matrix(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<CoverageView>> {
    caller.scope(Permission::ReadRules)?;
    let rules = rules(&app).await?;
    let fired = counts(&app, &caller).await?;
    // Who may not read events hears nothing of which there are.
    let seen = match caller.scope(Permission::ReadEvents) {
        Ok(scope) => telemetry(&app, &scope, &rules).await?,
        Err(_) => HashSet::new(),
    };
    let by_id: HashMap<&str, &Rule> = rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let sees = |rule: &Rule| rule.sources.iter().any(|source| seen.contains(source));
    let alerts = |rule: &Rule| -> u64 {
        rule.ids.iter().filter_map(|id| fired.get(id)).map(|counts| counts.alerts).sum()
    };
    let coverage = coverage(&rules);
    let techniques = coverage.techniques();
    let covered = |rules: &BTreeSet<&Covering>| {
        rules.iter().any(|rule| by_id.get(rule.uid.as_str()).is_some_and(|rule| sees(rule)))
    };
    let seeing = techniques.values().filter(|rules| covered(rules)).count();
    let technique = |place: usize, technique: &'static attack::Technique| {
        let of = |id: &str| {
            id == technique.id || id.split_once('.').is_some_and(|(w, _)| w == technique.id)
        };
        let cells: BTreeMap<&'static str, &BTreeSet<Covering>> = coverage
            .cells
            .iter()
            .filter(|((tactic, id), _)| *tactic == place && of(id))
            .map(|((_, id), rules)| (*id, rules))
            .collect();
        let ids: BTreeSet<&str> =
            cells.values().flat_map(|rules| rules.iter().map(|rule| rule.uid.as_str())).collect();
        let rules: Vec<&Rule> = ids.iter().filter_map(|id| by_id.get(id).copied()).collect();
        let part = |(id, rules): (&&'static str, &&BTreeSet<Covering>)| PartView {
            id,
            name: full_name(id),
            rules: rules.len(),
        };
        TechniqueView {
            id: technique.id,
            name: technique.name,
            rules: rules.len(),
            tested: rules.iter().filter(|rule| rule.tested).count(),
            seeing: rules.iter().filter(|rule| sees(rule)).count(),
            alerts: rules.iter().map(|rule| alerts(rule)).sum(),
            parts: cells.iter().filter(|(id, _)| id.contains('.')).map(part).collect(),
            rules_named: rules.iter().map(|rule| rule.named()).collect(),
        }
    };
    let tactics = TACTICS.iter().enumerate().filter_map(|(place, tactic)| {
        let whole = attack::techniques().filter(|t| !t.id.contains('.') && t.serves(tactic));
        let techniques: Vec<TechniqueView> = whole.map(|t| technique(place, t)).collect();
        // The tactic of an older release stands beside those that it was split into.
        let is_empty = techniques.iter().all(|technique| technique.rules == 0);
        let is_hidden = techniques.is_empty() || tactic.tag == OLD && is_empty;
        (!is_hidden).then_some(TacticView { id: tactic.tag, name: tactic.name, techniques })
    });
    Ok(Json(CoverageView {
        attack: attack::RELEASE,
        rules: coverage.rules,
        without: coverage.without.len(),
        techniques: techniques.len(),
        seeing,
        tactics: tactics.collect(),
    }))
}

/// A layer for the ATT&CK Navigator
///
/// In its format 4.5: a technique's score is the number of its rules in force.
#[utoipa::path(get, path = "/coverage/attack/navigator", tag = "rules",
    responses((status = 200, description = "The layer.", body = Object)))]
pub(crate) async fn navigator(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<Value>> {
    caller.scope(Permission::ReadRules)?;
    Ok(Json(attack::layer(&coverage(&rules(&app).await?))))
}

fn coverage(rules: &[Rule]) -> Coverage {
    let mut coverage = Coverage::default();
    for rule in rules {
        let Rule { id, title, tags, tested, .. } = rule;
        coverage.add(tags, Covering { uid: id.clone(), title: title.clone(), tested: *tested });
    }
    coverage
}

/// The rules in force.
async fn rules(app: &App) -> Answer<Vec<Rule>> {
    let placeholders = app.rulebook.placeholders.clone();
    let read = move |connection: &rusqlite::Connection| {
        let mut rules = Vec::new();
        for standing in shelf::all(connection)?.into_iter().filter(set::in_force) {
            if standing.sheet.kind == Kind::Exception {
                continue;
            }
            let live = standing.live.unwrap_or(standing.newest);
            let Some(version) = shelf::version(connection, &standing.rule, live)? else { continue };
            let parsed = sigma::parse(&version.file, &version.text, &placeholders);
            let sources = parsed.documents.iter().filter_map(|document| match document {
                Document::Rule(rule) => Some(rule.logsource.clone()),
                _ => None,
            });
            let has = |lines: &str| !lines.trim().is_empty();
            rules.push(Rule {
                id: standing.rule,
                title: standing.sheet.title,
                tags: standing.sheet.tags,
                ids: standing.sheet.ids,
                tested: has(&version.matching) && has(&version.missing),
                sources: sources.collect(),
            });
        }
        Ok(rules)
    };
    Ok(app.rulebook.read(read).await?)
}

/// The log sources of the rules that have had events within a day.
async fn telemetry(app: &App, scope: &Scope, rules: &[Rule]) -> Answer<HashSet<LogSource>> {
    let wanted: BTreeSet<&LogSource> = rules.iter().flat_map(|rule| &rule.sources).collect();
    let now_ms = app.clock.now_ms();
    let range = Range { from_ms: now_ms - TELEMETRY_MS, to_ms: now_ms };
    let mut seen = HashSet::new();
    for source in wanted {
        let expr = Expr::Leaf(Leaf::Source(source.clone()));
        let condition = query::sql::condition(&expr, &app.tables, now_ms);
        if app.store.has_event(scope, &condition, range).await? {
            seen.insert(source.clone());
        }
    }
    Ok(seen)
}
