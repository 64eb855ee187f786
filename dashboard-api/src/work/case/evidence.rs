//! The evidence of a case: bytes kept with their SHA-256, and who had them in hand.

use super::step::{Pen, StepKind};
use super::{Case, EVIDENCE_MAX, Evidence, EvidenceKind, Refusal};
use crate::Error;
use crate::accounts::secret::hex;
use crate::work::names::names;
use crate::work::{Reach, Work};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde_json::json;
use sha2::{Digest, Sha256};

names! {
    /// What was done with a piece of evidence.
    CustodyAction {
        /// It came in; the hash was reckoned.
        Received = "received",
        /// Somebody took a copy; the hash still held.
        Read = "read",
    }
}

/// One line of the chain of custody.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Custody {
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) action: CustodyAction,
}

/// A piece of evidence with its chain of custody.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct EvidenceDetail {
    #[serde(flatten)]
    pub(crate) evidence: Evidence,
    pub(crate) case_id: String,
    /// Oldest first.
    pub(crate) custody: Vec<Custody>,
}

/// Evidence to be kept.
#[derive(Debug, Clone)]
pub(crate) struct NewEvidence {
    /// Whose it is; `None`: of the agency as which the caller works on the case.
    pub(crate) agency: Option<String>,
    pub(crate) kind: EvidenceKind,
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) media_type: &'static str,
    pub(crate) note: String,
    pub(crate) content: Vec<u8>,
}

impl Work {
    /// Keeps a piece of evidence in a case, whatever its version.
    pub(crate) async fn add_evidence(
        &self,
        reach: &Reach,
        id: &str,
        new: NewEvidence,
    ) -> Result<Result<Case, Refusal>, Error> {
        let id = id.to_owned();
        self.write("keep evidence", reach, move |pen| {
            let case = match pen.to_add(&id)? {
                Ok(case) => case,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if case.evidence.len() >= EVIDENCE_MAX {
                return Ok(Err(Refusal::TooMany { what: "evidence", max: EVIDENCE_MAX }));
            }
            pen.keep(&case, &new)?;
            pen.read(&id)
        })
        .await
    }

    /// A piece of evidence, where the caller reads its agency and sees its case.
    pub(crate) async fn evidence(
        &self,
        reach: &Reach,
        id: &str,
    ) -> Result<Option<EvidenceDetail>, Error> {
        let (reach, id) = (reach.clone(), id.to_owned());
        self.database
            .call("read evidence", move |connection| {
                let transaction = connection.transaction()?;
                detail(&transaction, &reach, &id)
            })
            .await
    }

    /// Its bytes, once their hash has been found to hold; the copy goes into the chain of custody.
    /// `Ok(None)` where the caller sees no such evidence, an empty answer where the hash is broken.
    pub(crate) async fn evidence_content(
        &self,
        reach: &Reach,
        id: &str,
    ) -> Result<Option<(Evidence, Option<Vec<u8>>)>, Error> {
        let (reach, id, now_ms) = (reach.clone(), id.to_owned(), self.clock.now_ms());
        self.database
            .call("read evidence", move |connection| {
                let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let Some(found) = detail(&tx, &reach, &id)? else { return Ok(None) };
                let content: Vec<u8> = tx.query_row(
                    "SELECT content FROM evidence_contents WHERE sha256 = ?1",
                    [&found.evidence.sha256],
                    |row| row.get(0),
                )?;
                if hex(&Sha256::digest(&content)) != found.evidence.sha256 {
                    return Ok(Some((found.evidence, None)));
                }
                let pen = Pen { tx: &tx, reach: &reach, now_ms };
                pen.hand(&id, CustodyAction::Read)?;
                tx.commit()?;
                Ok(Some((found.evidence, Some(content))))
            })
            .await
    }
}

impl Pen<'_> {
    fn keep(&self, case: &Case, new: &NewEvidence) -> Result<(), rusqlite::Error> {
        let works = &self.reach.works;
        let own = new.agency.as_ref().or_else(|| {
            let shared = case.shared_with.iter();
            [&case.agency].into_iter().chain(shared).find(|agency| works.contains(agency))
        });
        let agency = own.unwrap_or(&case.agency);
        let id = format!("{}.e{}", case.id, case.version + 1);
        let sha256 = hex(&Sha256::digest(&new.content));
        self.tx.execute(
            "INSERT OR IGNORE INTO evidence_contents VALUES (?1, ?2)",
            params![sha256, new.content],
        )?;
        self.tx.execute(
            "INSERT INTO case_evidence VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                id,
                case.id,
                agency,
                new.kind,
                new.name,
                new.source,
                new.media_type,
                u32::try_from(new.content.len()).unwrap_or(u32::MAX),
                sha256,
                new.note,
                self.now_ms,
                self.reach.actor
            ],
        )?;
        self.hand(&id, CustodyAction::Received)?;
        let detail = json!({"evidence": id, "kind": new.kind, "name": new.name,
            "bytes": new.content.len(), "sha256": sha256});
        self.step(&case.id, StepKind::EvidenceAdded, agency, &detail)?;
        Ok(())
    }

    /// Writes a line of the chain of custody.
    fn hand(&self, evidence: &str, action: CustodyAction) -> Result<(), rusqlite::Error> {
        let sql = "INSERT INTO evidence_custody SELECT ?1, ifnull(max(seq), 0) + 1, ?2, ?3, ?4 \
             FROM evidence_custody WHERE evidence_id = ?1";
        let values = params![evidence, self.now_ms, self.reach.actor, action];
        self.tx.prepare_cached(sql)?.execute(values).map(drop)
    }
}

fn detail(
    connection: &Connection,
    reach: &Reach,
    id: &str,
) -> Result<Option<EvidenceDetail>, rusqlite::Error> {
    let sql = format!("{} WHERE id = ?1", super::read::EVIDENCE);
    let found = connection
        .prepare_cached(&sql)?
        .query_row([id], |row| Ok((super::read::piece(row)?, row.get::<_, String>(11)?)))
        .optional()?;
    let Some((evidence, case_id)) = found else { return Ok(None) };
    let seen = super::read::case(connection, reach, &case_id)?.is_some();
    if !seen || !reach.reads.contains(&evidence.agency) {
        return Ok(None);
    }
    let custody = connection
        .prepare_cached(
            "SELECT at_ms, actor, action FROM evidence_custody WHERE evidence_id = ?1 ORDER BY seq",
        )?
        .query_map([id], |row| {
            Ok(Custody { at: row.get(0)?, actor: row.get(1)?, action: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(EvidenceDetail { evidence, case_id, custody }))
}
