//! From a token to a line in Kafka, and out again.

use crate::lab::{Lab, check_places};
use embedded_kafka::{Broker, Secure, testing};
use enrolment::{Config, Office, RawConfig};
use model::Agency;
use service::Shutdown;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Runs `prohori-collector` with `arguments`: what it printed, or its complaint.
fn collector(arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_prohori-collector")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn inline(dir: &Path, brokers: &str) -> String {
    let dir = dir.display();
    format!(
        "{{ brokers = '{brokers}', tls = {{ ca_file = '{dir}/ca.pem', identity = \
         {{ certificate_file = '{dir}/collector.pem', key_file = '{dir}/collector.key' }} }} }}"
    )
}

/// A broker that asks for certificates, and the office that gives them out.
struct Soc {
    dir: tempfile::TempDir,
    office: Arc<Office>,
    broker: Broker,
    /// Kafka for collectors.
    brokers: String,
    /// The enrolment's server.
    address: String,
    shutdown: Shutdown,
    server: Option<std::thread::JoinHandle<()>>,
}

impl Soc {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [tls, listen] = testing::free_ports();
        let mut raw = testing::raw_config("enrolled");
        let brokers = format!("127.0.0.1:{tls}");
        let config = RawConfig {
            listen: ([127, 0, 0, 1], listen).into(),
            names: vec!["127.0.0.1".into()],
            data_dir: dir.path().join("office"),
            certificate_days: 90,
            bus: bus::Config::new(format!("127.0.0.1:{}", raw.port)),
            brokers: brokers.clone(),
        };
        let office = Arc::new(Office::open(Config::try_from(config).unwrap()).unwrap());
        office.write_server(&["127.0.0.1".to_owned()], dir.path()).unwrap();
        raw.secure = Some(Secure {
            tls: ([127, 0, 0, 1], tls).into(),
            scram: None,
            advertised_host: None,
            certificate_file: dir.path().join("127.0.0.1.pem"),
            key_file: dir.path().join("127.0.0.1.key"),
            client_ca_file: dir.path().join("office/ca.pem"),
            users: Vec::new(),
        });
        let broker = Broker::start(&embedded_kafka::Config::new(raw).unwrap()).unwrap();
        let shutdown = Shutdown::new();
        let (serving, until) = (office.clone(), shutdown.clone());
        let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let server = enrolment::service::Server::bind(serving).await.unwrap();
                ready.send(server.address()).unwrap();
                server.serve(until).await.unwrap();
            });
        });
        let address = is_ready.recv().unwrap().to_string();
        Self { dir, office, broker, brokers, address, shutdown, server: Some(server) }
    }

    fn enrol(&self, token: &str, dir: &Path) -> Result<String, String> {
        let dir = dir.to_str().unwrap();
        collector(&["enrol", "--server", &self.address, "--token", token, "--dir", dir])
    }

    fn end(mut self) {
        self.shutdown.begin();
        self.server.take().unwrap().join().unwrap();
    }
}

#[test]
fn a_token_lets_one_collector_in_until_it_is_revoked() {
    let soc = Soc::start();
    let office = &soc.office;
    let agency = Agency::new("enrolled").unwrap();
    assert!(office.add_token(&agency, "dhaka", 1, 1).is_err(), "there is no such agency yet");
    office.add_agency(&agency, 1, Some(50_000_000)).unwrap();
    office.add_agency(&agency, 1, Some(60_000_000)).unwrap();
    let token = office.add_token(&agency, "dhaka", 1, 1).unwrap();
    let identity = soc.dir.path().join("identity");
    // A server that is not of the authority that the token names learns nothing.
    let (secret, _) = token.split_once('.').unwrap();
    let refusal = soc.enrol(&format!("{secret}.{}", "0".repeat(64)), &identity).unwrap_err();
    assert!(refusal.contains("not of the authority"), "{refusal}");
    let said = soc.enrol(&token, &identity).unwrap();
    assert!(said.contains("agency = \"enrolled\"") && said.contains(&soc.brokers), "{said}");
    let again = soc.enrol(&token, &soc.dir.path().join("other")).unwrap_err();
    assert!(again.contains("token is not valid"), "{again}");
    let id = office.collectors(Some(&agency)).unwrap()[0].id.clone();
    assert!(said.contains(&format!("id = \"{id}\"")), "{said}");

    let lab = Lab::new("enrolled", &soc.broker.address(), 1);
    lab.reach(&inline(&identity, &soc.brokers));
    lab.append("app.log", "one\n");
    let running = lab.start();
    let mut taken = lab.take(|taken| taken.len() == 1);

    // Another certificate, of another key; the collector takes it over while it runs.
    let key = std::fs::read(identity.join("collector.key")).unwrap();
    let renew =
        |now: &[&str]| collector(&[&["renew", "--dir", identity.to_str().unwrap()], now].concat());
    assert!(renew(&[]).unwrap().contains("good for another"), "not due");
    renew(&["--now"]).unwrap();
    assert_ne!(std::fs::read(identity.join("collector.key")).unwrap(), key);
    lab.append("app.log", "two\n");
    lab.take_more(&mut taken, |taken| taken.len() >= 2);

    office.revoke(&id).unwrap();
    lab.append("app.log", "three\n");
    lab.wait_for_metric("kafka_refused_total", |refused| refused > 0.0);
    let refusal = renew(&["--now"]).unwrap_err();
    assert!(refusal.contains("(403)"), "{refusal}");
    assert_eq!(office.remove_agency(&agency).unwrap(), 1);
    assert!(office.add_token(&agency, "dhaka", 1, 1).is_err());
    drop(running);
    check_places(&taken);
    soc.end();
}
