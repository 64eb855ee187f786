//! The audit log: every change and every read of events, written before the answer leaves.
//!
//! It is a table that cannot be changed through SQL, and a Merkle tree over it (`seal`), whose signed
//! checkpoints tell, once one of them is kept elsewhere, whether somebody changed the file itself.

mod export;
mod record;
mod seal;

#[cfg(test)]
mod tests;

pub(crate) use export::Sealed;
pub use export::{Breach, Verified, checkpoint, export, verifier, verify};
pub use record::Record;
pub(crate) use record::{Filter, hashes_after, newest};
pub(crate) use seal::{key, newest as newest_checkpoint, notes, seal};

use rusqlite::{Connection, params};
use serde_json::Value;

/// What was done: a closed list, so that the log can be searched by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    SessionBegin,
    SessionEnd,
    SignInFailed,
    LoginTokenCreate,
    UserCreate,
    UserChange,
    UserGrants,
    UserReset,
    UserSessionsEnd,
    SecondFactorConfirm,
    SecondFactorRemove,
    SecondFactorReset,
    KeyCreate,
    KeyRotate,
    KeyRevoke,
    PasswordChange,
    LanguageChange,
    AlertRead,
    AlertChange,
    AlertComment,
    EventsSearch,
    EventRead,
    TimelineRead,
    DeadLettersRead,
    AuditRead,
    AuditVerify,
    AlertsBulk,
    AlertExport,
    EntityRead,
    EventsExport,
    MeasuresRead,
    SearchChange,
    ScheduleChange,
    SlaChange,
    RetentionChange,
    RetentionDelete,
    ChannelChange,
    ChannelTest,
    FeedChange,
    IndicatorsImport,
    IndicatorWithdraw,
    CaseOpen,
    CaseRead,
    CaseChange,
    CaseComment,
    CaseAlerts,
    CaseTask,
    CaseShare,
    CaseMerge,
    CaseSplit,
    EvidenceAdd,
    EvidenceRead,
    RuleSave,
    RuleStage,
    RuleApprove,
    RuleReject,
    RuleHunt,
    ExceptionPreview,
    JobCancel,
    DeadLettersReplay,
}

impl Action {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SessionBegin => "session.begin",
            Self::SessionEnd => "session.end",
            Self::SignInFailed => "session.refuse",
            Self::LoginTokenCreate => "login_token.create",
            Self::UserCreate => "user.create",
            Self::UserChange => "user.change",
            Self::UserGrants => "user.grants",
            Self::UserReset => "user.reset",
            Self::UserSessionsEnd => "user.sessions.end",
            Self::SecondFactorConfirm => "user.factor.confirm",
            Self::SecondFactorRemove => "user.factor.remove",
            Self::SecondFactorReset => "user.factor.reset",
            Self::KeyCreate => "key.create",
            Self::KeyRotate => "key.rotate",
            Self::KeyRevoke => "key.revoke",
            Self::PasswordChange => "user.password",
            Self::LanguageChange => "user.language",
            Self::AlertRead => "alert.read",
            Self::AlertChange => "alert.change",
            Self::AlertComment => "alert.comment",
            Self::EventsSearch => "events.search",
            Self::EventRead => "event.read",
            Self::TimelineRead => "timeline.read",
            Self::DeadLettersRead => "dead_letters.read",
            Self::AuditRead => "audit.read",
            Self::AuditVerify => "audit.verify",
            Self::AlertsBulk => "alerts.bulk",
            Self::AlertExport => "alert.export",
            Self::EntityRead => "entity.read",
            Self::EventsExport => "events.export",
            Self::MeasuresRead => "measures.read",
            Self::SearchChange => "search.change",
            Self::ScheduleChange => "search.schedule",
            Self::SlaChange => "sla.change",
            Self::RetentionChange => "retention.change",
            Self::RetentionDelete => "retention.delete",
            Self::ChannelChange => "channel.change",
            Self::ChannelTest => "channel.test",
            Self::FeedChange => "feed.change",
            Self::IndicatorsImport => "indicators.import",
            Self::IndicatorWithdraw => "indicator.withdraw",
            Self::CaseOpen => "case.open",
            Self::CaseRead => "case.read",
            Self::CaseChange => "case.change",
            Self::CaseComment => "case.comment",
            Self::CaseAlerts => "case.alerts",
            Self::CaseTask => "case.task",
            Self::CaseShare => "case.share",
            Self::CaseMerge => "case.merge",
            Self::CaseSplit => "case.split",
            Self::EvidenceAdd => "evidence.add",
            Self::EvidenceRead => "evidence.read",
            Self::RuleSave => "rule.save",
            Self::RuleStage => "rule.stage",
            Self::RuleApprove => "rule.approve",
            Self::RuleReject => "rule.reject",
            Self::RuleHunt => "rule.hunt",
            Self::ExceptionPreview => "exception.preview",
            Self::JobCancel => "job.cancel",
            Self::DeadLettersReplay => "dead_letters.replay",
        }
    }
}

/// One entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The user, or `command line`.
    pub(crate) actor: String,
    pub(crate) action: Action,
    /// What it was done to: an id, or empty.
    pub(crate) target: String,
    /// More, as JSON: the search's parameters, the number of rows, the new state.
    pub(crate) detail: Value,
    pub(crate) trace_id: String,
}

/// Writes `entry` into the table and, as a structured line, into the log.
pub(crate) fn insert(
    connection: &Connection,
    entry: &Entry,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    let Entry { actor, action, target, detail, trace_id } = entry;
    let (action, detail) = (action.as_str(), detail.to_string());
    connection
        .prepare_cached(
            "INSERT INTO audit (at_ms, actor, action, target, detail, trace_id) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![now_ms, actor, action, target, detail, trace_id])?;
    tracing::info!(target: "audit", actor, action, on = target, detail, trace_id, "audit");
    Ok(())
}
