//! Raw lines through the real normalizer and the real engine.

use crate::Error;
use detect::{Engine, Session};
use mapping::Tables;
use model::{Agency, Origin};
use normalizer::{Normalized, Normalizer, Settings};
use sigma::Rule;
use std::sync::Arc;

/// When samples are read, in milliseconds since the epoch: always the same moment, so that a rule
/// passes tomorrow what it passes today. It is 2026-01-01, near which years that lines leave out
/// are taken to be.
const NOW_MS: i64 = 1_767_225_600_000;

/// A raw record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Raw {
    /// The text.
    pub(crate) text: String,
    /// The source type that the collector's configuration would name.
    pub(crate) source: Option<String>,
}

/// The normalizer and the rules.
pub(crate) struct Bench {
    normalizer: Normalizer,
    session: Session,
    records: u64,
}

impl Bench {
    /// A bench with these rules.
    pub(crate) fn new(rules: Vec<Rule>, tables: &Arc<Tables>) -> Result<Self, Error> {
        let engine = Engine::new(rules, Arc::clone(tables))?;
        Ok(Self {
            normalizer: Normalizer::new(Arc::clone(tables), Settings::default()),
            session: Session::new(Arc::new(engine)),
            records: 0,
        })
    }

    /// The events of a record, or why there are none.
    pub(crate) fn events(&mut self, raw: &Raw) -> Result<Vec<Vec<u8>>, String> {
        let mut origin = Origin::stdin(self.records, self.records, NOW_MS);
        origin.source = raw.source.as_deref();
        self.records += 1;
        let agency = Agency::local();
        match self.normalizer.normalize(raw.text.as_bytes(), &origin, agency.as_str(), NOW_MS) {
            Normalized::Events(events) => Ok(events.iter().map(<[u8]>::to_vec).collect()),
            Normalized::Dead(dead) => Err(format!("{}: {}", dead.code, dead.reason)),
        }
    }

    /// The rules that match an event, as numbers.
    pub(crate) fn matching(&mut self, event: &[u8]) -> Result<Vec<u32>, detect::BadEvent> {
        self.session.matches(event).map(<[u32]>::to_vec)
    }

    /// The rules.
    pub(crate) fn rules(&self) -> &[Arc<Rule>] {
        self.session.engine().rules()
    }
}
