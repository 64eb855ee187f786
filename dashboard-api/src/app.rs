//! What every handler reaches: accounts, store, ledger, clock, metrics.

use crate::accounts::Accounts;
use crate::collectors::Board;
use crate::config::Origin;
use crate::feed::Feed;
use crate::idempotency::Running;
use crate::intel::Intel;
use crate::jobs::Jobs;
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::provider::IdentityProvider;
use crate::rate::Limiter;
use crate::rulebook::Rulebook;
use crate::seats::Seats;
use crate::work::Work;
use crate::{Clock, Replayer};
use mapping::Tables;
use notice::Senders;
use std::sync::Arc;
use store::Store;

/// The handlers' state; clones share it.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) accounts: Accounts,
    /// Cases and what else analysts keep.
    pub(crate) work: Work,
    /// Where people may sign in besides here.
    pub(crate) provider: Option<IdentityProvider>,
    /// Feeds of indicators.
    pub(crate) intel: Intel,
    /// What is new among the alerts.
    pub(crate) feed: Feed,
    /// Places of those who watch events arrive: each looks by itself.
    pub(crate) tails: Seats,
    pub(crate) store: Store,
    /// Which fields there are, for searches.
    pub(crate) tables: Arc<Tables>,
    pub(crate) ledger: Arc<Ledger>,
    /// What collectors tell of themselves.
    pub(crate) fleet: Arc<Board>,
    pub(crate) rulebook: Rulebook,
    pub(crate) jobs: Jobs,
    /// Where rules are tried.
    pub(crate) bench: Arc<dyn trial::Bench>,
    /// Who sends dead letters once more.
    pub(crate) replayer: Arc<dyn Replayer>,
    pub(crate) clock: Clock,
    /// The ways out, for messages.
    pub(crate) senders: Arc<Senders>,
    /// Where people reach the dashboard, for links in messages.
    pub(crate) base: Arc<str>,
    /// Checks the audit log's checkpoints.
    pub(crate) auditor: Arc<tlog::Verifier>,
    pub(crate) metrics: Metrics,
    /// Requests with an `Idempotency-Key` that are under way.
    pub(crate) running: Running,
    /// How much each caller has asked for.
    pub(crate) rate: Limiter,
    /// The origins that may send changes, and whose names may stand in `Host`.
    pub(crate) origins: Arc<[Origin]>,
}
