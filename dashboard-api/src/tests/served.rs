//! The service on a real socket: start, answers, slow clients, an orderly end.

use crate::config::{RawConfig, RawHttp};
use crate::{Api, Config, Role, Tools};
use service::{Registry, Shutdown, Tasks};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn tools() -> Tools {
    let bench = workbench::Workbench::new(sigma::Placeholders::new()).unwrap();
    let replayer = super::replaying::OfKafka(bus::Config::new("127.0.0.1:1"));
    Tools { bench: Arc::new(bench), replayer: Arc::new(replayer) }
}

fn config(data_dir: &Path) -> Config {
    let text = format!(
        "data_dir = {:?}\n[bus]\nbrokers = '127.0.0.1:1'\n[store]\nurl = 'http://127.0.0.1:1'\n\
         [http]\nlisten = '127.0.0.1:0'\n",
        data_dir.display().to_string()
    );
    let raw: RawConfig = service::config::parse(Path::new("serve.toml"), &text).unwrap();
    raw.try_into().unwrap()
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn it_serves_without_clickhouse_and_kafka_and_ends_when_told() {
    let dir = tempfile::tempdir().unwrap();
    let api = Api::bind(config(dir.path()), tools(), &Registry::new()).await.unwrap();
    let (address, shutdown) = (api.address(), Shutdown::new());
    let mut tasks = Tasks::new(&shutdown);
    tasks.spawn("api", api.serve(shutdown.clone()));

    let page = get(address, "/").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<html"), "{page}");
    assert!(get(address, "/api/v1/meta").await.contains("\"languages\":[\"bn\",\"en\"]"));
    assert!(get(address, "/api/v1/openapi.json").await.contains("\"openapi\": \"3.1"));
    assert!(get(address, "/live").await.ends_with("live\n"));
    assert!(get(address, "/ready").await.starts_with("HTTP/1.1 503"));
    let metrics = get(address, "/metrics").await;
    let row = r#"prohori_api_requests_total{method="GET",route="/api/v1/meta",status="200"} 1"#;
    assert!(metrics.contains(row), "{metrics}");

    // An idle connection does not hold the end up.
    let idle = TcpStream::connect(address).await.unwrap();
    shutdown.begin();
    tasks.join(Duration::from_secs(10)).await.unwrap();
    drop(idle);
    assert!(TcpStream::connect(address).await.is_err());
}

/// What a client says to a service that has this certificate.
fn get_by_tls(files: &tls::Files, address: SocketAddr, path: &str) -> std::io::Result<String> {
    let stream = std::net::TcpStream::connect(address)?;
    let mut stream = files.speak(stream).map_err(std::io::Error::other)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes())?;
    std::io::read_to_string(stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_it_serves_https_alone() {
    let dir = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["soc.example".into()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let file = |name: &str, text: String| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = tls::Files {
        certificate_file: file("soc.pem", certificate.pem()),
        key_file: file("soc.key", key.serialize_pem()),
        client_ca_file: None,
    };
    let config = Config { tls: Some(files.clone()), ..config(dir.path()) };
    let api = Api::bind(config, tools(), &Registry::new()).await.unwrap();
    let (address, shutdown) = (api.address(), Shutdown::new());
    let mut tasks = Tasks::new(&shutdown);
    tasks.spawn("api", api.serve(shutdown.clone()));
    let asked = files.clone();
    let page = tokio::task::spawn_blocking(move || get_by_tls(&asked, address, "/")).await.unwrap();
    let page = page.unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<html"), "{page}");
    assert!(page.to_lowercase().contains("strict-transport-security"), "{page}");
    // In the clear nobody gets a word.
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP"), "{answer:?}");
    // Who says nothing at all does not hold the end up.
    let silent = TcpStream::connect(address).await.unwrap();
    shutdown.begin();
    tasks.join(Duration::from_secs(10)).await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_told_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let files = tls::Files {
        certificate_file: dir.path().join("none.pem"),
        key_file: dir.path().join("none.key"),
        client_ca_file: None,
    };
    let config = Config { tls: Some(files), ..config(dir.path()) };
    let error = Api::bind(config, tools(), &Registry::new()).await.err().unwrap();
    assert!(error.to_string().contains("none.pem"), "{error}");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let api = Api::bind(config(dir.path()), tools(), &Registry::new()).await.unwrap();
    let (address, shutdown) = (api.address(), Shutdown::new());
    let mut tasks = Tasks::new(&shutdown);
    tasks.spawn("api", api.serve(shutdown.clone()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: {address}\r\nX: {}", "x".repeat(100_000));
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    shutdown.begin();
    tasks.join(Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let first = Api::bind(config(dir.path()), tools(), &Registry::new()).await.unwrap();
    let second = Config { listen: first.address(), ..config(dir.path()) };
    let error = Api::bind(second, tools(), &Registry::new()).await.err().unwrap().to_string();
    assert!(error.contains(&first.address().to_string()), "{error}");
}

#[test]
fn a_configuration_is_checked() {
    let check = |change: &dyn Fn(&mut RawConfig), key: &str| {
        let mut raw = RawConfig {
            rules: Vec::new(),
            placeholders: sigma::Placeholders::new(),
            data_dir: "x".into(),
            bus: bus::Config::new("127.0.0.1:1"),
            store: service::config::parse(Path::new("x"), "url = 'http://127.0.0.1:1'").unwrap(),
            http: RawHttp::default(),
            session: crate::config::RawSession::default(),
            second_factor: crate::config::RawSecondFactor::default(),
            rate: crate::Rates::default(),
            notice: notice::RawConfig::default(),
            taxii: Vec::new(),
            oidc: None,
        };
        change(&mut raw);
        let error = Config::try_from(raw).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    };
    check(&|raw| raw.http.origins = vec!["soc.example".into()], "http.origins");
    check(&|raw| raw.rate.read = 0, "rate");
    let oidc = |rest: &str| {
        let text = format!("name = 'Id'\nclient_id = 'p'\n{rest}");
        Some(service::config::parse::<crate::config::RawOidc>(Path::new("x"), &text).unwrap())
    };
    check(&|raw| raw.oidc = oidc("issuer = 'http://id.example'"), "oidc.issuer");
    check(
        &|raw| {
            let grants = "[[grants]]\ngroup = 'soc'\nrole = 'viewer'";
            raw.oidc = oidc(&format!("issuer = 'https://id.example'\n{grants}"));
        },
        "oidc.grants",
    );
    check(
        &|raw| {
            raw.oidc = oidc("issuer = 'https://id.example'");
            raw.second_factor.roles = vec![Role::Auditor];
        },
        "oidc.acr",
    );
    let taxii = serde_json::json!({"name": "a", "api_root": "http://misp.example/"});
    let taxii: taxii::Config = serde_json::from_value(taxii).unwrap();
    check(&|raw| raw.taxii = vec![taxii.clone()], "taxii");
    check(&|raw| raw.session.idle_minutes = 0, "session");
    check(&|raw| raw.session.absolute_minutes = 1, "session");
}
