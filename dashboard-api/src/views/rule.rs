//! Rules, exceptions and what became of them.

use crate::rulebook::sheet::{Exception, Kind};
use crate::rulebook::shelf::{Standing, Step, Version};
use crate::rulebook::stage::{Proposal, Stage};
use serde_json::{Value, json};
use store::RuleCounts;

/// Of fewer closed alerts no ratio is told: it would be chance.
const SAMPLE_MIN: u64 = 5;

/// What a rule's alerts came to within the last 30 days, in the caller's agencies.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RuleStats {
    /// Alerts raised.
    alerts: u64,
    /// When the last one was raised, in ms.
    last: Option<i64>,
    true_positives: u64,
    /// Alerts that were closed as false positives.
    false_positives: u64,
    /// Closed as benign: the rule was right, and what it saw is allowed.
    benign: u64,
    /// The share of false positives among those that are true or false positives or benign; none of fewer than 5.
    false_positive_ratio: Option<f64>,
}

impl RuleStats {
    /// What rules are ordered by.
    pub(crate) fn alerts(&self) -> u64 {
        self.alerts
    }

    /// What rules are ordered by.
    pub(crate) fn false_positives(&self) -> u64 {
        self.false_positives
    }

    /// What rules are ordered by.
    pub(crate) fn last(&self) -> Option<i64> {
        self.last
    }

    /// Adds what came of another document of the same file.
    pub(crate) fn add(&mut self, counts: &RuleCounts) {
        self.alerts += counts.alerts;
        self.last = self.last.max((counts.alerts > 0).then_some(counts.last_ms));
        self.true_positives += counts.true_positives;
        self.false_positives += counts.false_positives;
        self.benign += counts.benign;
        let judged = self.true_positives + self.false_positives + self.benign;
        self.false_positive_ratio =
            (judged >= SAMPLE_MIN).then(|| self.false_positives as f64 / judged as f64);
    }
}

/// A rule as a row of the list.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RuleSummary {
    id: String,
    kind: Kind,
    title: String,
    /// Empty where it has none.
    title_bn: String,
    /// Empty where it has none.
    level: String,
    /// Such as `linux/sshd`.
    logsource: String,
    tags: Vec<String>,
    stage: Stage,
    /// Of a canary.
    agencies: Vec<String>,
    /// Rises by one with each step; the rule's ETag.
    revision: u32,
    /// The newest version.
    newest: u32,
    /// The version in force; none before its first stage.
    live: Option<u32>,
    /// Whether a stage waits for approval.
    waits: bool,
    /// Of an exception.
    exception: Option<ExceptionView>,
    stats: RuleStats,
}

/// What an exception says of itself.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ExceptionView {
    owner: String,
    /// Empty: in every agency.
    agencies: Vec<String>,
    /// Its end, in ms; none: it has none.
    expires: Option<i64>,
    ticket: String,
    /// The rules that it names; empty: any of its log source.
    rules: Vec<ExceptedRule>,
}

/// A rule that an exception names.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ExceptedRule {
    /// An id, or a name.
    name: String,
    /// The rule's; none: there is no such rule.
    id: Option<String>,
    /// Empty where there is none.
    title: String,
    /// Empty where there is none.
    title_bn: String,
}

impl ExceptedRule {
    fn of(name: String, all: &[Standing]) -> Self {
        let found = all.iter().find(|standing| standing.sheet.known_as.contains(&name));
        Self {
            name,
            id: found.map(|standing| standing.rule.clone()),
            title: found.map(|standing| standing.sheet.title.clone()).unwrap_or_default(),
            title_bn: found.map(|standing| standing.sheet.title_bn.clone()).unwrap_or_default(),
        }
    }
}

impl RuleSummary {
    /// `all` tells what the rules are called that an exception names.
    pub(crate) fn new(standing: Standing, stats: RuleStats, all: &[Standing]) -> Self {
        let sheet = standing.sheet;
        let needs = sheet.needs;
        let view = |exception: Exception| ExceptionView {
            owner: exception.owner,
            agencies: exception.agencies,
            expires: exception.expires_ms,
            ticket: exception.ticket,
            rules: needs.into_iter().map(|name| ExceptedRule::of(name, all)).collect(),
        };
        Self {
            id: standing.rule,
            kind: sheet.kind,
            title: sheet.title,
            title_bn: sheet.title_bn,
            level: sheet.level,
            logsource: sheet.logsource,
            tags: sheet.tags,
            stage: standing.stage,
            agencies: standing.agencies,
            revision: standing.revision,
            newest: standing.newest,
            live: standing.live,
            waits: standing.proposal.is_some(),
            exception: sheet.exception.map(view),
            stats,
        }
    }
}

/// A page of the list.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RulePage {
    pub(crate) items: Vec<RuleSummary>,
    /// How many the filter finds, on all pages.
    pub(crate) total: usize,
    pub(crate) next_cursor: Option<String>,
}

/// A text that a rule had.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RuleVersion {
    version: u32,
    /// The file's name in the set.
    file: String,
    /// The rule: Sigma, YAML.
    text: String,
    /// Lines on which it must fire.
    matching: String,
    /// Lines on which it must not.
    missing: String,
    /// `folder` (from git) or `dashboard`.
    origin: String,
    author: String,
    note: String,
    /// When it was kept, in ms.
    at: i64,
}

impl From<Version> for RuleVersion {
    fn from(version: Version) -> Self {
        let Version { version, file, text, matching, missing, origin, author, note, at_ms } =
            version;
        Self { version, file, text, matching, missing, origin, author, note, at: at_ms }
    }
}

/// A version without its text.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct VersionHead {
    version: u32,
    origin: String,
    author: String,
    note: String,
    /// When it was kept, in ms.
    at: i64,
}

impl From<&Version> for VersionHead {
    fn from(version: &Version) -> Self {
        Self {
            version: version.version,
            origin: version.origin.clone(),
            author: version.author.clone(),
            note: version.note.clone(),
            at: version.at_ms,
        }
    }
}

/// A rule with its newest text.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RuleDetail {
    #[serde(flatten)]
    pub(crate) summary: RuleSummary,
    /// The newest version.
    pub(crate) content: RuleVersion,
    /// The stage that waits for approval.
    pub(crate) proposal: Option<Proposal>,
    /// Every version, the newest first.
    pub(crate) versions: Vec<VersionHead>,
    /// What was done, oldest first; nothing here is ever edited.
    pub(crate) history: Vec<Step>,
}

/// What somebody would overwrite.
pub(crate) fn current(standing: &Standing) -> Value {
    json!({
        "revision": standing.revision, "newest": standing.newest, "live": standing.live,
        "stage": standing.stage, "agencies": standing.agencies,
    })
}
