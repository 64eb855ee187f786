//! Certificates, passwords and access rules, on the real Kafka.

use crate::certificates::{self, Authority};
use crate::lab::{Lab, check_places};
use bus::access::{self, Operation, Rule};
use bus::config::{Identity, Mechanism, Sasl, Tls};
use embedded_kafka::secure::{Secure, User};
use embedded_kafka::{Broker, testing};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A broker that asks other hosts who they are.
struct Site {
    broker: Broker,
    tls: String,
    scram: String,
    authority: Authority,
    ca: PathBuf,
    dir: PathBuf,
}

fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let mut raw = testing::raw_config("secure");
        let dir = raw.data.with_file_name("secure-certificates");
        fs::create_dir_all(&dir).unwrap();
        let authority = Authority::new();
        let ca = authority.write(&dir);
        let server = authority.issue("127.0.0.1", &dir, "server");
        let password_file = dir.join("password");
        fs::write(&password_file, "right\n").unwrap();
        let [tls, scram] = testing::free_ports();
        let local = |port| ([127, 0, 0, 1], port).into();
        raw.secure = Some(Secure {
            tls: local(tls),
            scram: Some(local(scram)),
            advertised_host: None,
            certificate_file: server.certificate,
            key_file: server.key,
            client_ca_file: ca.clone(),
            users: vec![User { name: "by-password".into(), password_file }],
        });
        let broker = Broker::start(&embedded_kafka::Config::new(raw).unwrap()).unwrap();
        let address = |port: u16| format!("127.0.0.1:{port}");
        Site { broker, tls: address(tls), scram: address(scram), authority, ca, dir }
    })
}

impl Site {
    /// A client without limits, on loopback.
    fn inside(&self) -> bus::Config {
        bus::Config::new(self.broker.address())
    }

    /// A `[bus]` table with our authority and the certificate in the two files.
    fn by_certificate(&self, identity: &certificates::Identity) -> bus::Config {
        let identity = Identity {
            certificate_file: identity.certificate.clone(),
            key_file: identity.key.clone(),
        };
        let tls = Tls { ca_file: Some(self.ca.clone()), identity: Some(identity) };
        bus::Config { tls: Some(tls), ..bus::Config::new(&self.tls) }
    }

    fn by_password(&self, mechanism: Mechanism, password: &str) -> bus::Config {
        let password_file = self.dir.join(format!("password-{password}"));
        fs::write(&password_file, password).unwrap();
        let user = "by-password".to_owned();
        let tls = Tls { ca_file: Some(self.ca.clone()), identity: None };
        let sasl = Some(Sasl { mechanism, user, password_file });
        bus::Config { tls: Some(tls), sasl, ..bus::Config::new(&self.scram) }
    }

    fn allow(&self, principal: &str, agency: &str) {
        access::grant(&self.inside(), &[rule(principal, agency)]).unwrap();
    }
}

fn rule(principal: &str, agency: &str) -> Rule {
    let topic = format!("raw.{agency}");
    Rule { principal: principal.into(), operation: Operation::Write, topic }
}

/// As it stands in a configuration file.
fn inline(config: &bus::Config) -> String {
    let shown = |path: &Path| path.display().to_string();
    let mut text = format!("{{ brokers = '{}'", config.brokers);
    if let Some(Tls { ca_file, identity }) = &config.tls {
        let ca = ca_file.as_deref().map(shown).unwrap();
        text.push_str(&format!(", tls = {{ ca_file = '{ca}'"));
        if let Some(Identity { certificate_file, key_file }) = identity {
            let (certificate, key) = (shown(certificate_file), shown(key_file));
            text.push_str(&format!(
                ", identity = {{ certificate_file = '{certificate}', key_file = '{key}' }}"
            ));
        }
        text.push_str(" }");
    }
    if let Some(sasl) = &config.sasl {
        let (user, password) = (&sasl.user, shown(&sasl.password_file));
        text.push_str(&format!(", sasl = {{ user = '{user}', password_file = '{password}' }}"));
    }
    text + " }"
}

#[test]
fn a_certificate_lets_in_until_its_rules_are_taken_away_and_another_takes_its_place() {
    let site = site();
    let lab = Lab::new("certified", &site.broker.address(), 1);
    let identity = site.authority.issue("c-first", &site.dir, "certified");
    lab.reach(&inline(&site.by_certificate(&identity)));
    lab.append("app.log", "one\n");
    let mut collector = lab.start();
    // Nobody has allowed it anything yet.
    lab.wait_for_status(|text| text.to_lowercase().contains("authorization"));

    site.allow("c-first", "certified");
    let mut taken = lab.take(|taken| taken.len() == 1);
    assert_eq!(access::rules(&site.inside(), "c-first").unwrap(), [rule("c-first", "certified")]);

    // The connection is open, and stays so.
    assert_eq!(access::revoke(&site.inside(), "c-first").unwrap(), 1);
    let begun = Instant::now();
    lab.append("app.log", "two\n");
    lab.wait_for_metric("kafka_refused_total", |refused| refused > 0.0);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert_eq!(access::revoke(&site.inside(), "c-first").unwrap(), 0);

    // A new certificate, put in the old one's place while the collector runs.
    site.allow("c-second", "certified");
    let renewed = site.authority.issue("c-second", &site.dir, "certified-new");
    fs::rename(renewed.certificate, identity.certificate).unwrap();
    fs::rename(renewed.key, identity.key).unwrap();
    lab.take_more(&mut taken, |taken| taken.len() >= 2);
    lab.wait_for_status(|text| text.ends_with("ready\n"));
    collector.end();
    check_places(&taken);
}

#[test]
fn authorities_that_do_not_know_each_other_are_named_as_the_reason() {
    let site = site();
    let stranger = Authority::new();
    let strange = site.dir.join("strange");
    fs::create_dir_all(&strange).unwrap();
    let strange_ca = stranger.write(&strange);
    let ours = site.authority.issue("c-ours", &site.dir, "ours");
    let theirs = stranger.issue("c-theirs", &strange, "theirs");
    let mut no_trust = site.by_certificate(&ours);
    no_trust.tls.as_mut().unwrap().ca_file = Some(strange_ca);
    let no_certificate =
        bus::Config { sasl: None, ..site.by_password(Mechanism::default(), "right") };
    let no_certificate = bus::Config { brokers: site.tls.clone(), ..no_certificate };
    for (config, expected) in [
        (no_trust, "broker certificate could not be verified"),
        (site.by_certificate(&theirs), "alert"),
        (no_certificate, "alert"),
    ] {
        let error = bus::admin::wait_ready(&config, 1, Duration::from_secs(5)).unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert!(access::rules(&config, "anybody").is_err());
    }
    bus::admin::wait_ready(&site.by_certificate(&ours), 1, Duration::from_secs(60)).unwrap();
}

#[test]
fn a_password_lets_in_and_a_wrong_one_is_named_as_the_reason() {
    let site = site();
    for mechanism in [Mechanism::ScramSha512, Mechanism::ScramSha256] {
        let right = site.by_password(mechanism, "right");
        bus::admin::wait_ready(&right, 1, Duration::from_secs(60)).unwrap();
        // Our own connection logs in as well, but may not look at rules.
        let error = access::rules(&right, "anybody").unwrap_err().to_string();
        assert!(error.contains("not allowed"), "{error}");
        let wrong = site.by_password(mechanism, "wrong");
        let error = bus::admin::wait_ready(&wrong, 1, Duration::from_secs(5)).unwrap_err();
        assert!(error.to_string().contains("invalid credentials"), "{error}");
        let error = access::rules(&wrong, "anybody").unwrap_err().to_string();
        assert!(error.contains("wrong user or password"), "{error}");
    }
    let lab = Lab::new("password", &site.broker.address(), 1);
    site.allow("by-password", "password");
    access::limit(&site.inside(), "by-password", Some(1_000_000)).unwrap();
    access::limit(&site.inside(), "by-password", None).unwrap();
    lab.reach(&inline(&site.by_password(Mechanism::default(), "right")));
    lab.append("app.log", "one\n");
    let mut collector = lab.start();
    assert_eq!(lab.take(|taken| taken.len() == 1)[0].text, "one");
    collector.end();
}
