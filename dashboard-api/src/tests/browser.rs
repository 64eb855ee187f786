//! A rig with the whole service, and browsers that talk to it as the dashboard does.

use crate::accounts::{Accounts, Language, NewUser, SessionLimits, add_user, one_time_login};
use crate::app::App;
use crate::config::Origin;
use crate::intel::Intel;
use crate::jobs::Jobs;
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::rate::{Limiter, Rates};
use crate::roles::{Agencies, Grants, Role};
use crate::rulebook::Rulebook;
use crate::work::Work;
use crate::{Clock, routes};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use service::{Registry, Status};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::Store;
use tower::ServiceExt;

pub(super) const HOST: &str = "127.0.0.1:8088";
pub(super) const ORIGIN: &str = "http://127.0.0.1:8088";
const LIMITS: SessionLimits = SessionLimits { idle_ms: 3_600_000, absolute_ms: 43_200_000 };
/// Nothing listens there: port 1 is reserved.
pub(super) const NOWHERE: &str = "127.0.0.1:1";

/// The service on a data directory of its own.
pub(super) struct Rig {
    pub(super) dir: tempfile::TempDir,
    pub(super) app: App,
    pub(super) router: Router,
    skew_ms: Arc<AtomicI64>,
}

impl Rig {
    /// With neither ClickHouse nor Kafka.
    pub(super) fn alone() -> Self {
        let config = store::Config::new(&format!("http://{NOWHERE}"), "prohori").unwrap();
        Self::with(Store::connect(&config))
    }

    /// With ClickHouse.
    pub(super) fn with(store: Store) -> Self {
        Self::with_both(store, bus::Config::new(NOWHERE))
    }

    pub(super) fn with_both(store: Store, bus: bus::Config) -> Self {
        // Tests that look at limits set their own.
        let rates =
            Rates { read: 1_000_000, write: 1_000_000, codes: 1_000_000, anonymous: 1_000_000 };
        Self::of(store, bus, rates, &[])
    }

    /// With limits, and roles that ask for a second factor.
    pub(super) fn of(store: Store, bus: bus::Config, rates: Rates, factor_for: &[Role]) -> Self {
        Self::with_ways_out(store, bus, rates, factor_for, &[NOWHERE.to_owned()])
    }

    /// With hosts that webhooks may lead to, as there are no other ways out.
    pub(super) fn with_ways_out(
        store: Store,
        bus: bus::Config,
        rates: Rates,
        factor_for: &[Role],
        webhook_hosts: &[String],
    ) -> Self {
        let taxii_root = format!("http://{NOWHERE}/api1/");
        Self::built(store, bus, rates, factor_for, (webhook_hosts, &taxii_root))
    }

    /// With a TAXII server `cert` at that API root.
    pub(super) fn with_taxii(store: Store, bus: bus::Config, taxii_root: &str) -> Self {
        Self::built(store, bus, Rates::default(), &[], (&[], taxii_root))
    }

    fn built(
        store: Store,
        bus: bus::Config,
        rates: Rates,
        factor_for: &[Role],
        (webhook_hosts, taxii_root): (&[String], &str),
    ) -> Self {
        let cert = serde_json::json!({"name": "cert", "api_root": taxii_root});
        let servers = vec![serde_json::from_value(cert).unwrap()];
        let ways_out = serde_json::json!({"webhook_hosts": webhook_hosts});
        let ways_out: notice::RawConfig = serde_json::from_value(ways_out).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let skew_ms = Arc::new(AtomicI64::new(0));
        let (system, skew) = (Clock::system(), Arc::clone(&skew_ms));
        let clock = Clock::new(move || system.now_ms() + skew.load(Ordering::Relaxed));
        let accounts = Accounts::open(dir.path(), LIMITS, clock.clone())
            .unwrap()
            .with_second_factor_for(factor_for);
        let registry = Registry::new();
        let tables = Arc::new(mapping::Tables::builtin().unwrap());
        let placeholders = sigma::Placeholders::new();
        let rulebook = Rulebook::new(
            Arc::clone(accounts.database()),
            clock.clone(),
            Arc::clone(&tables),
            placeholders.clone(),
        );
        let app = App {
            rulebook,
            jobs: Jobs::open(Arc::clone(accounts.database()), clock.clone()).unwrap(),
            bench: Arc::new(workbench::Workbench::new(placeholders).unwrap()),
            replayer: Arc::new(super::replaying::OfKafka(bus.clone())),
            ledger: Arc::new(Ledger::new(bus, store.clone())),
            work: Work::open(dir.path(), clock.clone()).unwrap(),
            provider: None,
            intel: Intel::open(dir.path(), clock.clone(), servers).unwrap(),
            fleet: Arc::default(),
            accounts,
            feed: crate::feed::Feed::new(),
            tails: crate::seats::Seats::new(8, 8),
            store,
            tables,
            clock,
            senders: Arc::new(notice::Senders::open(ways_out.into()).unwrap()),
            base: ORIGIN.into(),
            auditor: Arc::new(tlog::Key::new("prohori/audit", &[1; 32]).verifier()),
            running: crate::idempotency::Running::new(),
            rate: Limiter::new(rates),
            metrics: Metrics::register(&registry).unwrap(),
            origins: [
                Origin::of_listener(HOST.parse().unwrap(), false),
                vec![Origin::parse("https://soc.example").unwrap()],
            ]
            .concat()
            .into(),
        };
        let probes = service::status::router(registry, Status::new());
        Self { dir, router: routes::router(app.clone(), probes), app, skew_ms }
    }

    pub(super) fn add_user(&self, name: &str, grants: &[(Role, &str)], password: Option<&str>) {
        let grant = |(role, agency): &(Role, &str)| (*role, Agencies::parse(agency).unwrap());
        let user = NewUser {
            name: name.into(),
            display_name: name.into(),
            language: Language::En,
            grants: Grants::new(grants.iter().map(grant).collect()),
            password: password.map(Into::into),
            kind: crate::accounts::Kind::Person,
        };
        add_user(self.dir.path(), &user).unwrap();
    }

    /// A user whose name to be shown tells the agency.
    pub(super) fn add_named(&self, name: &str, display_name: &str, grants: &[(Role, &str)]) {
        self.add_user(name, grants, None);
        let (name, display_name) = (name.to_owned(), display_name.to_owned());
        let sql = "UPDATE users SET display_name = ?2 WHERE name = ?1";
        let named = self
            .app
            .accounts
            .database()
            .run("name a user", move |c| c.execute(sql, [name, display_name]));
        assert_eq!(named.unwrap(), 1);
    }

    /// The time as the service knows it.
    pub(super) fn now_ms(&self) -> i64 {
        self.app.clock.now_ms()
    }

    /// Lets time pass.
    pub(super) fn wait(&self, ms: i64) {
        self.skew_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// A browser without a session.
    pub(super) fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookie: None }
    }

    /// A browser signed in as `user`, by a one-time token.
    pub(super) async fn signed_in(&self, user: &str) -> Browser {
        let token = one_time_login(self.dir.path(), user).unwrap();
        let mut browser = self.browser();
        let reply = browser.post("/session", serde_json::json!({"token": token})).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        browser
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The problem's code, after checking that it is a whole one.
    pub(super) fn code(&self) -> String {
        let problem = self.json();
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["trace_id"], self.headers["x-trace-id"].to_str().unwrap());
        assert!(problem["params"].is_object() && !problem["detail"].as_str().unwrap().is_empty());
        problem["code"].as_str().unwrap().to_owned()
    }
}

/// Keeps its cookie and sends what the dashboard sends.
#[derive(Clone)]
pub(super) struct Browser {
    router: Router,
    pub(super) cookie: Option<String>,
}

impl Browser {
    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path, None)).await
    }

    pub(super) async fn post(&mut self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::POST, path, Some(body))).await
    }

    pub(super) async fn put(&mut self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PUT, path, Some(body))).await
    }

    pub(super) async fn delete(&mut self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path, None)).await
    }

    /// A change of what was seen at `version`.
    pub(super) async fn change(
        &mut self,
        method: Method,
        path: &str,
        version: u64,
        body: Value,
    ) -> Reply {
        let mut request = self.request(method, path, Some(body));
        request.headers_mut().insert("if-match", format!("\"{version}\"").parse().unwrap());
        self.send(request).await
    }

    /// A file, sent as it is.
    pub(super) async fn upload(&mut self, path: &str, content: &[u8]) -> Reply {
        let mut request = self.request(Method::POST, path, None);
        let octets = "application/octet-stream".parse().unwrap();
        request.headers_mut().insert(header::CONTENT_TYPE, octets);
        *request.body_mut() = Body::from(content.to_vec());
        self.send(request).await
    }

    /// A request as the dashboard makes it; `path` is under `/api/v1`.
    pub(super) fn request(&self, method: Method, path: &str, body: Option<Value>) -> Request<Body> {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(if path.starts_with("/lite") { path.into() } else { format!("/api/v1{path}") })
            .header(header::HOST, HOST);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("theme=dark; {cookie}"));
        }
        if !method.is_safe() {
            request = request.header("X-Prohori-Request", "1").header(header::ORIGIN, ORIGIN);
        }
        match body {
            None => request.body(Body::empty()).unwrap(),
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()))
                .unwrap(),
        }
    }

    pub(super) async fn send(&mut self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        if let Some(cookie) = parts.headers.get(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let value = cookie.split(';').next().unwrap();
            self.cookie = (!cookie.contains("Max-Age=0")).then(|| value.to_owned());
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Reply { status: parts.status, headers: parts.headers, text }
    }
}
