//! Rules in SQLite: every text and every step, and how things stand.

use super::sheet::Sheet;
use super::stage::{Proposal, Stage};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde::de::DeserializeOwned;

/// How a rule stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    /// The file's id, by which it is asked for.
    pub(crate) rule: String,
    /// Counts every step.
    pub(crate) revision: u32,
    pub(crate) newest: u32,
    /// The version in force; none before its first stage.
    pub(crate) live: Option<u32>,
    /// The version that the folder had last.
    pub(crate) folder: Option<u32>,
    pub(crate) stage: Stage,
    /// Of a canary.
    pub(crate) agencies: Vec<String>,
    pub(crate) quality: Option<u8>,
    /// What the newest version says.
    pub(crate) sheet: Sheet,
    pub(crate) proposal: Option<Proposal>,
}

/// A text that a rule had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) version: u32,
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) matching: String,
    pub(crate) missing: String,
    pub(crate) origin: String,
    pub(crate) author: String,
    pub(crate) note: String,
    pub(crate) at_ms: i64,
}

/// What was done with a rule.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = RuleStep)]
pub(crate) struct Step {
    /// The rule's revision since.
    pub(crate) revision: u32,
    /// When, in ms.
    pub(crate) at_ms: i64,
    pub(crate) actor: String,
    /// `save`, `import`, `propose`, `approve`, `reject` or `ship`.
    pub(crate) kind: String,
    /// Which version it was about.
    pub(crate) version: u32,
    pub(crate) stage: Stage,
    /// Of a canary.
    pub(crate) agencies: Vec<String>,
    pub(crate) note: String,
}

const STANDING: &str =
    "rule, revision, newest, live, folder, stage, agencies, quality, sheet, proposal";

fn json<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            index,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

fn stage(row: &Row<'_>, index: usize) -> rusqlite::Result<Stage> {
    let name: String = row.get(index)?;
    Stage::named(&name).ok_or_else(|| {
        let error = format!("there is no stage {name:?}").into();
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, error)
    })
}

fn standing(row: &Row<'_>) -> rusqlite::Result<Standing> {
    let proposal: Option<String> = row.get(9)?;
    Ok(Standing {
        rule: row.get(0)?,
        revision: row.get(1)?,
        newest: row.get(2)?,
        live: row.get(3)?,
        folder: row.get(4)?,
        stage: stage(row, 5)?,
        agencies: json(row, 6)?,
        quality: row.get(7)?,
        sheet: json(row, 8)?,
        proposal: proposal.map(|_| json(row, 9)).transpose()?,
    })
}

/// All of them, by id.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Standing>> {
    let sql = format!("SELECT {STANDING} FROM rules ORDER BY rule");
    connection.prepare_cached(&sql)?.query_map([], standing)?.collect()
}

/// The one whose file holds a document with that id.
pub(crate) fn get(connection: &Connection, id: &str) -> rusqlite::Result<Option<Standing>> {
    let sql = format!(
        "SELECT {STANDING} FROM rules WHERE rule = ?1 \
         OR rule = (SELECT rule FROM rule_ids WHERE id = ?1) ORDER BY rule = ?1 DESC LIMIT 1"
    );
    connection.prepare_cached(&sql)?.query_row([id], standing).optional()
}

/// One text of a rule.
pub(crate) fn version(
    connection: &Connection,
    rule: &str,
    version: u32,
) -> rusqlite::Result<Option<Version>> {
    let sql = "SELECT version, file, text, matching, missing, origin, author, note, at_ms \
        FROM rule_versions WHERE rule = ?1 AND version = ?2";
    connection.prepare_cached(sql)?.query_row(params![rule, version], read_version).optional()
}

/// Every text of a rule, the newest first.
pub(crate) fn versions(connection: &Connection, rule: &str) -> rusqlite::Result<Vec<Version>> {
    let sql = "SELECT version, file, text, matching, missing, origin, author, note, at_ms \
        FROM rule_versions WHERE rule = ?1 ORDER BY version DESC";
    connection.prepare_cached(sql)?.query_map([rule], read_version)?.collect()
}

fn read_version(row: &Row<'_>) -> rusqlite::Result<Version> {
    Ok(Version {
        version: row.get(0)?,
        file: row.get(1)?,
        text: row.get(2)?,
        matching: row.get(3)?,
        missing: row.get(4)?,
        origin: row.get(5)?,
        author: row.get(6)?,
        note: row.get(7)?,
        at_ms: row.get(8)?,
    })
}

/// What was done with a rule, oldest first.
pub(crate) fn steps(connection: &Connection, rule: &str) -> rusqlite::Result<Vec<Step>> {
    let sql = "SELECT revision, at_ms, actor, kind, version, stage, agencies, note \
        FROM rule_steps WHERE rule = ?1 ORDER BY seq";
    let read = |row: &Row<'_>| {
        Ok(Step {
            revision: row.get(0)?,
            at_ms: row.get(1)?,
            actor: row.get(2)?,
            kind: row.get(3)?,
            version: row.get(4)?,
            stage: stage(row, 5)?,
            agencies: json(row, 6)?,
            note: row.get(7)?,
        })
    };
    connection.prepare_cached(sql)?.query_map([rule], read)?.collect()
}

/// Whether a version was in force for everybody before.
pub(crate) fn was_active(
    connection: &Connection,
    rule: &str,
    version: u32,
) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM rule_steps WHERE rule = ?1 AND version = ?2 \
        AND stage = 'active' AND kind IN ('ship', 'import'))";
    connection.prepare_cached(sql)?.query_row(params![rule, version], |row| row.get(0))
}

/// Whose file a document's id is of.
pub(crate) fn owner(connection: &Connection, id: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT rule FROM rule_ids WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()
}

/// The ids that the documents of a rule's texts have had.
pub(crate) fn ids(connection: &Connection, rule: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT id FROM rule_ids WHERE rule = ?1 ORDER BY id";
    connection.prepare_cached(sql)?.query_map([rule], |row| row.get(0))?.collect()
}

/// Keeps a text, and that its documents' ids are this file's.
pub(crate) fn keep(
    transaction: &Transaction<'_>,
    rule: &str,
    ids: &[String],
    version: &Version,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO rule_versions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            rule,
            version.version,
            version.file,
            version.text,
            version.matching,
            version.missing,
            version.origin,
            version.author,
            version.note,
            version.at_ms,
        ])?;
    for id in ids {
        transaction
            .prepare_cached("INSERT INTO rule_ids VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute([id, rule])?;
    }
    Ok(())
}

/// Writes how a rule stands, and the step that led there.
pub(crate) fn put(
    transaction: &Transaction<'_>,
    standing: &Standing,
    step: &Step,
) -> rusqlite::Result<()> {
    let text = |value: serde_json::Value| value.to_string();
    let sheet = serde_json::to_string(&standing.sheet).unwrap_or_default();
    let proposal = standing.proposal.as_ref().and_then(|p| serde_json::to_string(p).ok());
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO rules VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            standing.rule,
            standing.revision,
            standing.newest,
            standing.live,
            standing.folder,
            standing.stage.as_str(),
            text(standing.agencies.clone().into()),
            standing.quality,
            sheet,
            proposal,
        ])?;
    transaction
        .prepare_cached(
            "INSERT INTO rule_steps (rule, revision, at_ms, actor, kind, version, stage, agencies, \
             note) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            standing.rule,
            step.revision,
            step.at_ms,
            step.actor,
            step.kind,
            step.version,
            step.stage.as_str(),
            text(step.agencies.clone().into()),
            step.note,
        ])?;
    Ok(())
}
