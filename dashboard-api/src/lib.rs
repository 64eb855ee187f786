//! The analyst's API and dashboard: sessions, alerts, events and the ledger over HTTP.
//!
//! In reading order: [`roles`] says who may do what, [`accounts`] who somebody is; a request passes
//! the guard, becomes a caller with a scope, and reaches one of the routes, which ask the store.
//! The web app in `web/dist` is part of the binary. [`run`] joins it all.

mod server;

mod guard;
mod web;

mod identity;

mod caller;
mod idempotency;
mod params;
mod problem;
mod provider;
pub(crate) mod rate;
mod written;

mod routes;
mod store_answers;
mod views;

mod work;

mod feed;
mod lite;

mod app;
mod clock;
mod collectors;
mod error;
mod expiring;
mod intel;
mod jobs;
mod ledger;
mod listening;
mod metrics;
mod replaying;
mod rulebook;
mod searching;
mod seats;
mod sla;
mod telling;

pub mod accounts;
pub mod audit;
pub mod config;
pub mod roles;

pub use clock::Clock;
pub use config::{Config, RawConfig};
pub use error::Error;
pub use rate::Rates;
pub use replaying::{ReplayAsked, ReplayCounts, Replayer};
pub use roles::Role;
pub use routes::openapi;

use accounts::Accounts;
use app::App;
use config::Origin;
use intel::Intel;
use jobs::Jobs;
use ledger::Ledger;
use metrics::Metrics;
use provider::IdentityProvider;
use rulebook::Rulebook;
use rulebook::keeper::Keeper;
use service::{Part, Registry, Shutdown, Status, Tasks};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use work::Work;

/// How long the tasks have once the shutdown has begun; the server's own drain is shorter.
const SHUTDOWN_TIME: Duration = Duration::from_secs(10);
/// How long what is written to the audit log may wait to be sealed.
const SEAL_PAUSE: Duration = Duration::from_secs(60);
/// Pause between two looks at whether the store answers.
const STORE_CHECK_PAUSE: Duration = Duration::from_secs(5);

/// Those who watch events arrive, of all and of one user: each is a query a second.
const TAILS_MAX: usize = 50;
const TAILS_OF_USER_MAX: usize = 4;

/// What other services' tools do for the API, handed in by whoever starts it: services do not import
/// one another.
#[derive(Clone)]
pub struct Tools {
    /// Tries rules.
    pub bench: Arc<dyn trial::Bench>,
    /// Sends dead letters once more.
    pub replayer: Arc<dyn Replayer>,
}

/// Serves until the shutdown begins.
pub async fn run(
    config: Config,
    tools: Tools,
    registry: &Registry,
    shutdown: Shutdown,
) -> Result<(), Error> {
    Api::bind(config, tools, registry).await?.serve(shutdown).await
}

/// The service with its port bound, before it answers.
pub struct Api {
    app: App,
    bus: bus::Config,
    /// Where rules come from.
    rules: Vec<PathBuf>,
    seal: Arc<tlog::Key>,
    listener: TcpListener,
    tls: Option<tls::Renewing>,
    registry: Registry,
    address: SocketAddr,
}

impl Api {
    /// Opens the accounts and binds the port; ClickHouse and Kafka may come later.
    pub async fn bind(config: Config, tools: Tools, registry: &Registry) -> Result<Self, Error> {
        let clock = Clock::system();
        let metrics = Metrics::register(registry)?;
        let accounts = Accounts::open(&config.data_dir, config.session, clock.clone())?
            .with_second_factor_for(&config.second_factor);
        let seal = Arc::new(audit::key(&config.data_dir)?);
        let store = Store::connect(&config.store);
        let listener = server::bind(config.listen).await?;
        let address = listener
            .local_addr()
            .map_err(|source| Error::Bind { address: config.listen, source })?;
        let tls = config.tls.map(tls::Renewing::open).transpose()?;
        let mut origins = Origin::of_listener(address, tls.is_some());
        let named = config.origins.iter().find(|origin| origin.secure).or(config.origins.first());
        let base: Arc<str> = named.or(origins.first()).map(Origin::url).unwrap_or_default().into();
        origins.extend(config.origins);
        let senders = Arc::new(notice::Senders::open(config.notice)?);
        let rules = config.rules;
        let tables = Arc::new(mapping::Tables::builtin()?);
        let rulebook = Rulebook::new(
            Arc::clone(accounts.database()),
            clock.clone(),
            Arc::clone(&tables),
            config.placeholders,
        );
        let jobs = Jobs::open(Arc::clone(accounts.database()), clock.clone())?;
        let app = App {
            work: Work::open(&config.data_dir, clock.clone())?,
            provider: config.oidc.map(IdentityProvider::open).transpose()?,
            intel: Intel::open(&config.data_dir, clock.clone(), config.taxii)?,
            ledger: Arc::new(Ledger::new(config.bus.clone(), store.clone())),
            fleet: Arc::default(),
            accounts,
            feed: feed::Feed::new(),
            tails: seats::Seats::new(TAILS_MAX, TAILS_OF_USER_MAX),
            store,
            tables,
            rulebook,
            jobs,
            bench: tools.bench,
            replayer: tools.replayer,
            clock,
            senders,
            base,
            auditor: Arc::new(seal.verifier()),
            metrics,
            running: idempotency::Running::new(),
            rate: rate::Limiter::new(config.rate),
            origins: origins.into(),
        };
        let (bus, registry) = (config.bus, registry.clone());
        Ok(Self { app, bus, rules, seal, listener, tls, registry, address })
    }

    /// The bound address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the shutdown begins.
    pub async fn serve(self, shutdown: Shutdown) -> Result<(), Error> {
        let Self { app, bus, rules, seal, listener, tls, registry, address } = self;
        let status = Status::new();
        let part = status.part("store");
        let rules_part = status.part("rules");
        let indicators_part = status.part("indicators");
        let mut tasks = Tasks::new(&shutdown);
        tasks.spawn("store", watch_store(app.store.clone(), part, shutdown.clone()));
        let (rulebook, part) = (app.rulebook.clone(), rules_part);
        let keeper = Keeper { rulebook, folders: rules, bus: bus.clone(), part };
        tasks.spawn("rules", keeper.run(shutdown.clone()));
        let (intel, bus_of, part) = (app.intel.clone(), bus.clone(), indicators_part);
        let publisher = intel::publish::Publisher { intel, bus: bus_of, part };
        tasks.spawn("indicators", publisher.run(shutdown.clone()));
        let fetcher =
            intel::fetch::Fetcher { intel: app.intel.clone(), metrics: app.metrics.clone() };
        tasks.spawn("feeds", fetcher.run(shutdown.clone()));
        let (fleet, until) = (app.fleet.clone(), shutdown.clone());
        tasks.spawn_blocking("collectors", move || fleet.follow(&bus, &until));
        tasks.spawn("audit", seal_audit(app.accounts.clone(), seal, shutdown.clone()));
        let feed = app.feed.clone();
        let store = app.store.clone();
        tasks.spawn("news", feed.run(store, app.clock.clone(), shutdown.clone()));
        let expirer = expiring::Expirer {
            store: app.store.clone(),
            work: app.work.clone(),
            accounts: app.accounts.clone(),
            clock: app.clock.clone(),
        };
        tasks.spawn("retention", expirer.run(shutdown.clone()));
        let teller = telling::Teller::of(&app);
        tasks.spawn("notices", teller.clone().follow(shutdown.clone()));
        tasks.spawn("platform", teller.clone().watch(shutdown.clone()));
        tasks.spawn("messages", teller.send(shutdown.clone()));
        tasks.spawn("searches", searching::Searcher::of(&app).run(shutdown.clone()));
        let router = routes::router(app.clone(), service::status::router(registry, status));
        if let Some(tls) = tls.clone() {
            tasks.spawn("certificate", server::renew(tls, shutdown.clone()));
        }
        tasks.spawn("http", server::serve(listener, tls, router, app.metrics, shutdown.clone()));
        tracing::info!(%address, "serving the dashboard and its API");
        Ok(tasks.join(SHUTDOWN_TIME).await?)
    }
}

/// Seals the audit log every minute, and once more at the end.
async fn seal_audit(
    accounts: Accounts,
    key: Arc<tlog::Key>,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let mut begun = false;
    while !begun {
        tokio::select! {
            () = tokio::time::sleep(SEAL_PAUSE) => {}
            () = shutdown.begun() => begun = true,
        }
        // What could not be sealed now is sealed the next time; the service goes on.
        if let Err(error) = accounts.seal(Arc::clone(&key)).await {
            let error = service::telemetry::chain(&error);
            tracing::error!(error, "the audit log could not be sealed");
        }
    }
    Ok(())
}

/// Prepares ClickHouse and tells the service's status whether it answers.
async fn watch_store(store: Store, part: Part, shutdown: Shutdown) -> Result<(), Error> {
    let watch = async {
        let mut prepared = false;
        loop {
            match check_store(&store, &mut prepared).await {
                Ok(()) => part.up(),
                Err(error) => part.down(service::telemetry::chain(&error)),
            }
            tokio::time::sleep(STORE_CHECK_PAUSE).await;
        }
    };
    // Cancel safety: a migration that is broken off is done again at the next start.
    tokio::select! {
        () = watch => {}
        () = shutdown.begun() => {}
    }
    Ok(())
}

/// The first time it answers, the tables are made, whether or not the loader was faster, and
/// alerts whose change was broken off are mended.
async fn check_store(store: &Store, prepared: &mut bool) -> Result<(), store::Error> {
    store.ping().await?;
    if !*prepared {
        store.migrate().await?;
        store.mend_alerts().await?;
        *prepared = true;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
