//! The rules and exceptions of the platform: their texts from git and from the dashboard, how far each
//! has come, and the set that detectors get.
//!
//! Git is the source: files of the configured folders are taken in as they change. What is written in
//! the dashboard is a version too. Nothing is overwritten: whichever came last is the newest, and
//! each can be gone back to. What is in force, the [`stage`] and the version, is decided here, and
//! leaves as one set through the topic `control` ([`keeper`]).

pub(crate) mod folder;
pub(crate) mod hunting;
pub(crate) mod keeper;
pub(crate) mod set;
pub(crate) mod sheet;
pub(crate) mod shelf;
pub(crate) mod stage;

#[cfg(test)]
mod tests;

use crate::accounts::Database;
use crate::audit::{self, Entry};
use crate::{Clock, Error};
use mapping::Tables;
use rusqlite::{Connection, Transaction};
use sheet::{Kind, Sheet};
use shelf::{Standing, Step, Version};
use sigma::Placeholders;
use stage::{Ask, Proposal, Stage};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Versions that were written in the dashboard.
pub(crate) const DASHBOARD: &str = "dashboard";
/// Versions that were read from a folder.
pub(crate) const FOLDER: &str = "folder";

/// The rules, as handlers and tasks reach them; clones share them.
#[derive(Clone)]
pub(crate) struct Rulebook {
    database: Arc<Database>,
    clock: Clock,
    pub(crate) tables: Arc<Tables>,
    pub(crate) placeholders: Arc<Placeholders>,
    /// Rings when the set may have changed.
    changed: Arc<Notify>,
    published: Arc<Mutex<Option<Published>>>,
    /// What could not be taken in from the folders.
    told: Arc<Mutex<Vec<String>>>,
}

/// The set that detectors were given last.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Published {
    /// Its name, which every alert has.
    pub(crate) version: String,
    /// When, in ms.
    pub(crate) at_ms: i64,
    pub(crate) files: usize,
}

/// A text to be kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) matching: String,
    pub(crate) missing: String,
    pub(crate) note: String,
}

/// A stage that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) version: u32,
    pub(crate) stage: Stage,
    pub(crate) agencies: Vec<String>,
    pub(crate) note: String,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// There is no such rule, or no such version of it.
    Unknown,
    /// Somebody changed it since.
    Conflict(Box<Standing>),
    /// The text is no rule: why, with places.
    Invalid(Vec<String>),
    /// An id of the text is another file's.
    Taken { id: String, rule: String },
    /// The text has another id than the rule.
    Renamed { id: String },
    /// There is no such step from where it is.
    NoStep,
    /// It names a rule that is not in force.
    Needs { name: String },
    /// Another rule in force names it.
    NeededBy { rule: String },
    /// Nothing waits for approval.
    NothingPending,
    /// The author, the one who asked, or who agreed already.
    FourEyes,
}

/// What a change came to.
pub(crate) type Changed = Result<Standing, Refusal>;

impl Rulebook {
    pub(crate) fn new(
        database: Arc<Database>,
        clock: Clock,
        tables: Arc<Tables>,
        placeholders: Placeholders,
    ) -> Self {
        Self {
            database,
            clock,
            tables,
            placeholders: Arc::new(placeholders),
            changed: Arc::default(),
            published: Arc::default(),
            told: Arc::default(),
        }
    }

    /// The set that detectors were given last, as far as this process knows.
    pub(crate) fn published(&self) -> Option<Published> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What could not be taken in from the folders the last time.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads, where that may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.database.call("read the rules", move |connection| read(connection)).await
    }

    /// Every rule and exception, by id.
    pub(crate) async fn all(&self) -> Result<Vec<Standing>, Error> {
        self.read(shelf::all).await
    }

    /// The rule whose file holds a document with that id.
    pub(crate) async fn get(&self, id: &str) -> Result<Option<Standing>, Error> {
        let id = id.to_owned();
        self.read(move |connection| shelf::get(connection, &id)).await
    }

    /// Keeps a new rule as a draft, or a new version of the one with the revision that was seen.
    pub(crate) async fn save(
        &self,
        seen: Option<(String, u32)>,
        draft: Draft,
        entry: Entry,
    ) -> Result<Changed, Error> {
        let name = seen.as_ref().map_or("rule", |(rule, _)| rule).to_owned();
        let sheet = match sheet::read(&format!("{name}.yml"), &draft.text, &self.placeholders) {
            Ok(sheet) => sheet,
            Err(errors) => return Ok(Err(Refusal::Invalid(errors))),
        };
        self.change("save a rule", entry, move |transaction, actor, now_ms| {
            save(transaction, seen, sheet, draft, (actor, now_ms))
        })
        .await
    }

    /// Puts a version into a stage, or asks others to agree to it.
    pub(crate) async fn ship(
        &self,
        seen: (String, u32),
        wish: Wish,
        entry: Entry,
    ) -> Result<Changed, Error> {
        self.change("change a rule's stage", entry, move |transaction, actor, now_ms| {
            ship(transaction, seen, wish, (actor, now_ms))
        })
        .await
    }

    /// Agrees to what waits; with the last word needed it is done.
    pub(crate) async fn approve(
        &self,
        seen: (String, u32),
        note: String,
        entry: Entry,
    ) -> Result<Changed, Error> {
        self.change("approve a rule's stage", entry, move |transaction, actor, now_ms| {
            approve(transaction, seen, note, (actor, now_ms))
        })
        .await
    }

    /// Takes back what waits.
    pub(crate) async fn reject(
        &self,
        seen: (String, u32),
        note: String,
        entry: Entry,
    ) -> Result<Changed, Error> {
        self.change("reject a rule's stage", entry, move |transaction, actor, now_ms| {
            let mut standing = match seen_now(transaction, &seen)? {
                Ok(standing) => standing,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let Some(proposal) = standing.proposal.take() else {
                return Ok(Err(Refusal::NothingPending));
            };
            let wish = Wish { note, ..of_proposal(proposal) };
            put(transaction, standing, "reject", wish, (actor, now_ms)).map(Ok)
        })
        .await
    }

    /// Does `work` and writes `entry` in one transaction, and rings for the publisher.
    async fn change(
        &self,
        what: &'static str,
        entry: Entry,
        work: impl FnOnce(&Transaction<'_>, &str, i64) -> rusqlite::Result<Changed> + Send + 'static,
    ) -> Result<Changed, Error> {
        let now_ms = self.clock.now_ms();
        let changed = self
            .database
            .call(what, move |connection| {
                let transaction = connection.transaction()?;
                let changed = work(&transaction, &entry.actor, now_ms)?;
                if changed.is_ok() {
                    audit::insert(&transaction, &entry, now_ms)?;
                    transaction.commit()?;
                }
                Ok(changed)
            })
            .await?;
        self.changed.notify_one();
        Ok(changed)
    }
}

/// The rule, if it is as it was seen.
fn seen_now(
    transaction: &Transaction<'_>,
    (rule, revision): &(String, u32),
) -> rusqlite::Result<Changed> {
    Ok(match shelf::get(transaction, rule)? {
        None => Err(Refusal::Unknown),
        Some(standing) if standing.revision != *revision => {
            Err(Refusal::Conflict(Box::new(standing)))
        }
        Some(standing) => Ok(standing),
    })
}

fn of_proposal(proposal: Proposal) -> Wish {
    let Proposal { version, stage, agencies, note, .. } = proposal;
    Wish { version, stage, agencies, note }
}

/// Writes a standing one revision further, with the step that led there.
fn put(
    transaction: &Transaction<'_>,
    mut standing: Standing,
    kind: &str,
    wish: Wish,
    (actor, at_ms): (&str, i64),
) -> rusqlite::Result<Standing> {
    standing.revision += 1;
    let step = Step {
        revision: standing.revision,
        at_ms,
        actor: actor.to_owned(),
        kind: kind.to_owned(),
        version: wish.version,
        stage: wish.stage,
        agencies: wish.agencies,
        note: wish.note,
    };
    shelf::put(transaction, &standing, &step)?;
    Ok(standing)
}

fn save(
    transaction: &Transaction<'_>,
    seen: Option<(String, u32)>,
    sheet: Sheet,
    draft: Draft,
    by: (&str, i64),
) -> rusqlite::Result<Changed> {
    let before = match &seen {
        Some(seen) => match seen_now(transaction, seen)? {
            Ok(standing) => Some(standing),
            refused => return Ok(refused),
        },
        None => None,
    };
    if let Some(before) = before.as_ref().filter(|before| before.rule != sheet.id) {
        return Ok(Err(Refusal::Renamed { id: before.rule.clone() }));
    }
    for id in &sheet.ids {
        let owner = shelf::owner(transaction, id)?;
        if let Some(rule) = owner.filter(|owner| before.is_none() || *owner != sheet.id) {
            return Ok(Err(Refusal::Taken { id: id.clone(), rule }));
        }
    }
    let Draft { text, matching, missing, note } = draft;
    let file = match &before {
        Some(before) => shelf::version(transaction, &before.rule, before.newest)?.map(|v| v.file),
        None => None,
    };
    let folder = if sheet.kind == Kind::Exception { "exceptions" } else { "dashboard" };
    let version = Version {
        version: before.as_ref().map_or(1, |before| before.newest + 1),
        file: file.unwrap_or_else(|| format!("{folder}/{}.yml", sheet.id)),
        text,
        matching,
        missing,
        origin: DASHBOARD.to_owned(),
        author: by.0.to_owned(),
        note: note.clone(),
        at_ms: by.1,
    };
    shelf::keep(transaction, &sheet.id, &sheet.ids, &version)?;
    let standing = match before {
        Some(before) => Standing { newest: version.version, sheet, ..before },
        None => Standing {
            rule: sheet.id.clone(),
            revision: 0,
            newest: 1,
            live: None,
            folder: None,
            stage: Stage::Draft,
            agencies: Vec::new(),
            quality: None,
            sheet,
            proposal: None,
        },
    };
    let (stage, agencies) = (standing.stage, standing.agencies.clone());
    let wish = Wish { version: version.version, stage, agencies, note };
    put(transaction, standing, "save", wish, by).map(Ok)
}

fn ship(
    transaction: &Transaction<'_>,
    seen: (String, u32),
    wish: Wish,
    by: (&str, i64),
) -> rusqlite::Result<Changed> {
    let mut standing = match seen_now(transaction, &seen)? {
        Ok(standing) => standing,
        refused => return Ok(refused),
    };
    if shelf::version(transaction, &standing.rule, wish.version)?.is_none() {
        return Ok(Err(Refusal::Unknown));
    }
    let ask = Ask {
        is_exception: standing.sheet.kind == Kind::Exception,
        from: (standing.stage, standing.live),
        to: (wish.stage, wish.version),
        was_active: shelf::was_active(transaction, &standing.rule, wish.version)?,
        guards_high: guards_high(transaction, &standing.sheet)?,
    };
    if !ask.is_possible() {
        return Ok(Err(Refusal::NoStep));
    }
    if let Some(refusal) = loose(transaction, &standing, wish.stage)? {
        return Ok(Err(refusal));
    }
    let needed = ask.approvals();
    if needed == 0 {
        return shipped(transaction, standing, wish, by).map(Ok);
    }
    standing.proposal = Some(Proposal {
        version: wish.version,
        stage: wish.stage,
        agencies: wish.agencies.clone(),
        by: by.0.to_owned(),
        at_ms: by.1,
        note: wish.note.clone(),
        needed,
        approved_by: Vec::new(),
    });
    put(transaction, standing, "propose", wish, by).map(Ok)
}

/// What would hang loose in the set: what a correlation names and nobody has, or what others name
/// and would be gone. Detectors refuse such a set.
fn loose(
    transaction: &Transaction<'_>,
    standing: &Standing,
    to: Stage,
) -> rusqlite::Result<Option<Refusal>> {
    let all = shelf::all(transaction)?;
    let others = || all.iter().filter(|other| other.rule != standing.rule && set::in_force(other));
    match standing.sheet.kind {
        Kind::Correlation if to.is_loaded() => {
            let known = |name: &String| others().any(|other| other.sheet.known_as.contains(name));
            let missing = standing.sheet.needs.iter().find(|name| !known(name));
            Ok(missing.map(|name| Refusal::Needs { name: name.clone() }))
        }
        Kind::Rule | Kind::Correlation if !to.is_loaded() => {
            let names = |other: &&Standing| {
                other.sheet.kind == Kind::Correlation
                    && other.sheet.needs.iter().any(|name| standing.sheet.known_as.contains(name))
            };
            Ok(others().find(names).map(|other| Refusal::NeededBy { rule: other.rule.clone() }))
        }
        _ => Ok(None),
    }
}

/// Whether an exception is for a rule of level high or critical. One for any rule may be.
fn guards_high(transaction: &Transaction<'_>, sheet: &Sheet) -> rusqlite::Result<bool> {
    let Some(exception) = &sheet.exception else { return Ok(false) };
    if exception.any {
        return Ok(true);
    }
    let all = shelf::all(transaction)?;
    let named = |standing: &&Standing| {
        standing.sheet.known_as.iter().any(|name| sheet.needs.contains(name))
    };
    let high = |standing: &Standing| ["high", "critical"].contains(&standing.sheet.level.as_str());
    Ok(all.iter().filter(named).any(high))
}

fn approve(
    transaction: &Transaction<'_>,
    seen: (String, u32),
    note: String,
    by: (&str, i64),
) -> rusqlite::Result<Changed> {
    let mut standing = match seen_now(transaction, &seen)? {
        Ok(standing) => standing,
        refused => return Ok(refused),
    };
    let Some(mut proposal) = standing.proposal.take() else {
        return Ok(Err(Refusal::NothingPending));
    };
    let version = shelf::version(transaction, &standing.rule, proposal.version)?;
    let author = version.map(|version| version.author).unwrap_or_default();
    let own = [author.as_str(), proposal.by.as_str()].contains(&by.0);
    if own || proposal.approved_by.iter().any(|name| name == by.0) {
        return Ok(Err(Refusal::FourEyes));
    }
    proposal.approved_by.push(by.0.to_owned());
    let wish = Wish { note, ..of_proposal(proposal.clone()) };
    if proposal.approved_by.len() >= usize::from(proposal.needed) {
        let standing = put(transaction, standing, "approve", wish, by)?;
        return shipped(transaction, standing, of_proposal(proposal), by).map(Ok);
    }
    standing.proposal = Some(proposal);
    put(transaction, standing, "approve", wish, by).map(Ok)
}

/// A version in its new stage.
fn shipped(
    transaction: &Transaction<'_>,
    standing: Standing,
    wish: Wish,
    by: (&str, i64),
) -> rusqlite::Result<Standing> {
    let standing = Standing {
        live: Some(wish.version),
        stage: wish.stage,
        agencies: wish.agencies.clone(),
        proposal: None,
        ..standing
    };
    put(transaction, standing, "ship", wish, by)
}
