//! Signing in, sessions and lockout, against a real database and a clock of our own.

use super::*;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};

const BEGIN_MS: i64 = 1_790_000_000_000;
const MINUTE_MS: i64 = 60_000;
const PASSWORD: &str = "correct horse battery";
const LIMITS: SessionLimits =
    SessionLimits { idle_ms: 60 * MINUTE_MS, absolute_ms: 720 * MINUTE_MS };

struct Rig {
    dir: tempfile::TempDir,
    accounts: Accounts,
    now_ms: Arc<AtomicI64>,
}

impl Rig {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now_ms = Arc::new(AtomicI64::new(BEGIN_MS));
        let told = Arc::clone(&now_ms);
        let clock = Clock::new(move || told.load(Ordering::Relaxed));
        let rahima = NewUser {
            name: "rahima".into(),
            display_name: "Rahima".into(),
            language: Language::Bn,
            grants: Grants::new(vec![(Role::Analyst, Agencies::parse("mof").unwrap())]),
            password: Some(PASSWORD.into()),
            kind: Kind::Person,
        };
        add_user(dir.path(), &rahima).unwrap();
        let accounts = Accounts::open(dir.path(), LIMITS, clock).unwrap();
        Self { dir, accounts, now_ms }
    }

    fn wait(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }

    fn token(&self, user: &str) -> String {
        one_time_login_at(self.dir.path(), user, self.now_ms.load(Ordering::Relaxed)).unwrap()
    }

    async fn by_password(&self, user: &str, password: &str) -> Result<NewSession, Refusal> {
        self.from(user, password, None).await
    }

    async fn from(
        &self,
        user: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<NewSession, Refusal> {
        let credentials = Credentials::Password { user: user.into(), password: password.into() };
        let client = Client { address, replaced: None, trace_id: "t".into(), code: None };
        self.accounts.sign_in(credentials, client).await.unwrap()
    }

    async fn by_token(&self, token: &str) -> Result<NewSession, Refusal> {
        let client = Client { address: None, replaced: None, trace_id: "t".into(), code: None };
        self.accounts.sign_in(Credentials::Token(token.into()), client).await.unwrap()
    }

    async fn is_live(&self, cookie: &str) -> bool {
        self.accounts.session(cookie).await.unwrap().is_some()
    }

    fn audited(&self) -> Vec<(String, String)> {
        self.accounts
            .database
            .run("read", |c| {
                c.prepare("SELECT actor, action FROM audit ORDER BY seq")?
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            })
            .unwrap()
    }
}

fn refusal(result: Result<NewSession, Refusal>) -> Refusal {
    result.err().expect("a refusal")
}

#[tokio::test]
async fn a_token_works_once_and_for_a_quarter_of_an_hour() {
    let rig = Rig::new();
    let token = rig.token("admin");
    let session = rig.by_token(&token).await.ok().unwrap();
    assert_eq!(session.user.name, "admin");
    assert!(session.user.password_hash.is_none(), "there is no default password");
    assert_eq!(refusal(rig.by_token(&token).await), Refusal::Wrong);

    let late = rig.token("admin");
    rig.wait(15 * MINUTE_MS);
    assert_eq!(refusal(rig.by_token(&late).await), Refusal::Wrong);
    assert_eq!(refusal(rig.by_token("x").await), Refusal::Wrong);
    assert!(matches!(one_time_login(rig.dir.path(), "nobody"), Err(Error::NoUser { .. })));
}

#[tokio::test]
async fn a_token_presented_twice_at_once_makes_one_session() {
    let rig = Rig::new();
    let token = rig.token("admin");
    let both = tokio::join!(rig.by_token(&token), rig.by_token(&token));
    assert_eq!(usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()), 1);
}

#[tokio::test]
async fn secrets_are_not_in_the_file() {
    let rig = Rig::new();
    let token = rig.token("admin");
    let session = rig.by_token(&token).await.ok().unwrap();
    for entry in std::fs::read_dir(rig.dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [&token, &session.cookie, PASSWORD] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret lies in the data directory");
        }
    }
}

#[tokio::test]
async fn failures_lock_a_name_for_longer_and_longer() {
    let rig = Rig::new();
    for _ in 0..5 {
        assert_eq!(refusal(rig.by_password("rahima", "wrong").await), Refusal::Wrong);
    }
    let locked = |seconds| Refusal::Locked { retry_after_s: seconds };
    assert_eq!(refusal(rig.by_password("rahima", PASSWORD).await), locked(30));
    rig.wait(10_000);
    assert_eq!(refusal(rig.by_password("rahima", PASSWORD).await), locked(20));
    rig.wait(20_000);
    assert_eq!(refusal(rig.by_password("rahima", "wrong").await), Refusal::Wrong);
    assert_eq!(refusal(rig.by_password("rahima", PASSWORD).await), locked(60));
    rig.wait(60_000);
    assert!(rig.by_password("rahima", PASSWORD).await.is_ok());
    // A success starts the count anew.
    assert_eq!(refusal(rig.by_password("rahima", "wrong").await), Refusal::Wrong);
    assert!(rig.by_password("rahima", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn an_unknown_name_is_treated_like_a_known_one() {
    let rig = Rig::new();
    for name in ["nobody", "admin"] {
        for _ in 0..5 {
            assert_eq!(refusal(rig.by_password(name, "wrong").await), Refusal::Wrong);
        }
        assert!(matches!(refusal(rig.by_password(name, "w").await), Refusal::Locked { .. }));
    }
}

#[tokio::test]
async fn guesses_sent_side_by_side_do_not_slip_past_the_count() {
    let rig = Rig::new();
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let accounts = rig.accounts.clone();
        guesses.spawn(async move {
            let credentials =
                Credentials::Password { user: "rahima".into(), password: "wrong".into() };
            let client = Client { address: None, replaced: None, trace_id: "t".into(), code: None };
            accounts.sign_in(credentials, client).await.unwrap().err().unwrap()
        });
    }
    let refusals = guesses.join_all().await;
    let looked_at = refusals.iter().filter(|refusal| **refusal == Refusal::Wrong).count();
    assert_eq!(looked_at, 5, "{refusals:?}");
}

#[tokio::test]
async fn one_address_that_tries_many_names_is_kept_out() {
    let rig = Rig::new();
    let bad: Option<IpAddr> = Some([203, 0, 113, 9].into());
    for n in 0..20 {
        assert_eq!(refusal(rig.from(&format!("u{n}"), "wrong", bad).await), Refusal::Wrong);
    }
    assert!(matches!(refusal(rig.from("rahima", PASSWORD, bad).await), Refusal::Locked { .. }));
    let good = Some([203, 0, 113, 10].into());
    assert!(rig.from("rahima", PASSWORD, good).await.is_ok());
}

#[tokio::test]
async fn sessions_end_by_idleness_by_age_and_by_rotation() {
    let rig = Rig::new();
    let idle = rig.by_password("rahima", PASSWORD).await.ok().unwrap().cookie;
    assert!(rig.is_live(&idle).await);
    rig.wait(60 * MINUTE_MS);
    assert!(!rig.is_live(&idle).await, "idle for an hour");

    let busy = rig.by_password("rahima", PASSWORD).await.ok().unwrap().cookie;
    for _ in 0..23 {
        rig.wait(30 * MINUTE_MS);
        assert!(rig.is_live(&busy).await);
    }
    rig.wait(30 * MINUTE_MS);
    assert!(!rig.is_live(&busy).await, "twelve hours old");

    let old = rig.by_password("rahima", PASSWORD).await.ok().unwrap().cookie;
    let replaced = Secret::parse(&old).map(|secret| secret.hash());
    let credentials = Credentials::Password { user: "rahima".into(), password: PASSWORD.into() };
    let client = Client { address: None, replaced, trace_id: "t".into(), code: None };
    let new = rig.accounts.sign_in(credentials, client).await.unwrap().ok().unwrap().cookie;
    assert!(!rig.is_live(&old).await && rig.is_live(&new).await, "rotated at sign-in");
    assert!(!rig.is_live("").await && !rig.is_live(&"0".repeat(64)).await);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let rig = Rig::new();
    let other = rig.by_password("rahima", PASSWORD).await.ok().unwrap().cookie;
    let own = rig.by_password("rahima", PASSWORD).await.ok().unwrap();
    let change = |current: &str| {
        let client = Client { address: None, replaced: None, trace_id: "t".into(), code: None };
        let new = "another good password".to_owned();
        rig.accounts.change_password(&own.user, Some(current.into()), new, client)
    };
    assert_eq!(refusal(change("wrong").await.unwrap()), Refusal::Wrong);
    assert!(rig.is_live(&other).await);
    let new = change(PASSWORD).await.unwrap().ok().unwrap();
    assert!(!rig.is_live(&other).await && !rig.is_live(&own.cookie).await);
    assert!(rig.is_live(&new.cookie).await);
    assert!(rig.by_password("rahima", "another good password").await.is_ok());
}

#[tokio::test]
async fn an_off_boarded_user_is_out_at_once() {
    let rig = Rig::new();
    let cookie = rig.by_password("rahima", PASSWORD).await.ok().unwrap().cookie;
    let token = rig.token("rahima");
    rig.accounts
        .database
        .run("disable", |c| c.execute("UPDATE users SET disabled_ms = 1 WHERE name = 'rahima'", []))
        .unwrap();
    assert!(!rig.is_live(&cookie).await);
    assert_eq!(refusal(rig.by_password("rahima", PASSWORD).await), Refusal::Wrong);
    assert_eq!(refusal(rig.by_token(&token).await), Refusal::Wrong);
}

#[tokio::test]
async fn who_came_and_who_was_refused_is_audited() {
    let rig = Rig::new();
    let _ = rig.by_password("rahima", "wrong").await;
    let _ = rig.by_password("rahima", PASSWORD).await;
    let audited = rig.audited();
    let has = |actor: &str, action: &str| audited.contains(&(actor.into(), action.into()));
    assert!(has("command line", "user.create"), "{audited:?}");
    assert!(has("rahima", "session.refuse") && has("rahima", "session.begin"), "{audited:?}");
}

#[test]
fn users_are_added_once_and_checked() {
    let dir = tempfile::tempdir().unwrap();
    let user = |name: &str, password: Option<&str>| NewUser {
        name: name.into(),
        display_name: name.into(),
        language: Language::En,
        grants: Grants::default(),
        password: password.map(Into::into),
        kind: Kind::Person,
    };
    add_user(dir.path(), &user("karim", None)).unwrap();
    let error = |name, password| add_user(dir.path(), &user(name, password)).unwrap_err();
    assert!(matches!(error("karim", None), Error::UserExists { .. }));
    assert!(matches!(error("admin", None), Error::UserExists { .. }));
    assert!(matches!(error("Karim", None), Error::UserName { .. }));
    assert!(matches!(error("salma", Some("short")), Error::WeakPassword { reason: Weak::Short }));
}
