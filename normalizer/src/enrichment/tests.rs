//! Enrichment as it runs: from files, swapped under way, with the masks on.

use super::*;
use crate::engine::{Normalized, Normalizer, Settings};
use crate::masks::Masks;
use mapping::Tables;
use model::{Agency, Origin};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

/// An agency with keys, its people, and a feed that lists one of their addresses.
struct Lab {
    folder: tempfile::TempDir,
}

impl Lab {
    fn new() -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap() };
        lab.file("people.csv", PEOPLE);
        lab.file("assets.csv", "agency,name,criticality\nlocal,mx-01,high\n");
        lab.file("feed.csv", "value,confidence\nbad@evil.example,80\n203.0.113.9,50\n");
        lab.file("mof.key", &privacy::generate("k1", [7; 32]).unwrap());
        let mode = PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(lab.path("mof.key"), mode).unwrap();
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn watched(&self) -> Watched {
        // Nothing is asked of it, as the files do not say `control`.
        let cluster = bus::Config { brokers: "127.0.0.1:9".into(), tls: None, sasl: None };
        Watched { files: self.files(), cluster }
    }

    fn files(&self) -> RawEnrich {
        RawEnrich {
            assets: vec![self.path("assets.csv")],
            identities: vec![self.path("people.csv")],
            indicators: vec![self.path("feed.csv")],
            ..RawEnrich::default()
        }
    }
}

/// Pause between two looks at the files.
const LOOK: Duration = Duration::from_millis(10);

const PEOPLE: &str = "\
agency,user,email,full_name,owner,department,criticality
local,rahim,rahim@mof.gov.bd,Rahim Uddin,Mrs Karim,Budget,critical
";

/// Keycloak's events name a user by his e-mail address.
const LOGIN: &str = r#"{"id":"3f","time":1773500966000,"type":"LOGIN","realmId":"gov","clientId":"mail","userId":"u1","ipAddress":"203.0.113.9","details":{"username":"rahim@mof.gov.bd","auth_method":"openid-connect"}}"#;

fn normalizer(enrichment: &Enrichment, masks: Masks) -> Normalizer {
    let settings = Settings { masks, enrichment: enrichment.clone(), ..Settings::default() };
    Normalizer::new(Arc::new(Tables::builtin().unwrap()), settings)
}

fn event(normalizer: &mut Normalizer, raw: &str) -> Value {
    match normalizer.normalize(raw.as_bytes(), &Origin::stdin(0, 0, 0), "local", 0) {
        Normalized::Events(events) => {
            serde_json::from_slice(events.iter().next().unwrap()).unwrap()
        }
        Normalized::Dead(dead) => panic!("{dead:?}"),
    }
}

fn entry<'e>(event: &'e Value, kind: &str) -> &'e Value {
    let mut entries = event["enrichments"].as_array().into_iter().flatten();
    entries.find(|entry| entry["type"] == kind).unwrap_or(&Value::Null)
}

#[test]
fn masks_hold_over_what_is_added() {
    let lab = Lab::new();
    let enrichment = lab.files().load().unwrap();
    let plain = event(&mut normalizer(&enrichment, Masks::default()), LOGIN);
    let data = &entry(&plain, "identity")["data"];
    assert_eq!(
        (&data["full_name"], &data["criticality"]),
        (&"Rahim Uddin".into(), &"critical".into()),
        "{plain}"
    );
    let masks = Masks::of_agency(&Agency::local(), &lab.path("mof.key")).unwrap();
    let masked = event(&mut normalizer(&enrichment, masks.clone()), LOGIN);
    let identity = entry(&masked, "identity");
    assert_eq!(
        identity["data"],
        serde_json::json!({"agency": "local", "criticality": "critical", "department": "Budget"})
    );
    assert!(identity["value"].as_str().unwrap().starts_with("tok-email-k1-"), "{identity}");
    for hidden in ["rahim", "Rahim", "Uddin", "Karim"] {
        assert!(!masked.to_string().contains(hidden), "{hidden} in {masked}");
    }
    let mail = "Mar 14 15:09:26 mx-01 postfix/smtp[9]: 3F4B2C1D5E: to=<bad@evil.example>, relay=none, delay=1, status=deferred (x)";
    let masked = event(&mut normalizer(&enrichment, masks), mail);
    let listed = entry(&masked, "indicator");
    assert_eq!(
        (&listed["provider"], &listed["data"]["confidence"]),
        (&"feed".into(), &80.into()),
        "{masked}"
    );
    assert!(!masked.to_string().contains("bad@"), "{masked}");
    assert_eq!(masked["device"]["risk_level"], "High");
}

#[tokio::test]
async fn files_are_taken_over_and_wrong_ones_are_not() {
    let lab = Lab::new();
    let registry = service::Registry::new();
    let metrics = Metrics::register(&registry).unwrap();
    let (enrichment, seen) = first(&lab.watched(), &metrics).await.unwrap();
    assert_eq!((metrics.known.get(), metrics.indicators.get()), (2, 2));
    let (status, shutdown) = (service::Status::new(), Shutdown::new());
    let parts = Parts {
        geo: status.part("geoip"),
        directory: status.part("directory"),
        indicators: status.part("indicators"),
    };
    [&parts.geo, &parts.directory, &parts.indicators].into_iter().for_each(Part::up);
    let watching = watch(
        enrichment.clone(),
        lab.watched(),
        seen,
        LOOK,
        parts,
        metrics.clone(),
        shutdown.clone(),
    );
    let mut normalizer = normalizer(&enrichment, Masks::default());
    let steps = async {
        let pause = || tokio::time::sleep(Duration::from_millis(10));
        let level = |event: &Value| entry(event, "identity")["data"]["criticality"].clone();
        assert_eq!(level(&event(&mut normalizer, LOGIN)), "critical");
        lab.file("people.csv", "agency,user,criticality\nlocal,rahim@mof.gov.bd,low\n");
        while level(&event(&mut normalizer, LOGIN)) != "low" {
            pause().await;
        }
        lab.file("people.csv", "agency,user,criticality\nlocal,rahim@mof.gov.bd,none\n");
        while status.down().is_empty() {
            pause().await;
        }
        let (name, why) = status.down()[0].clone();
        assert!(name == "directory" && why.contains("people.csv: 1 rows and none of use"), "{why}");
        assert_eq!(level(&event(&mut normalizer, LOGIN)), "low");
        lab.file("feed.csv", "198.51.100.1\n198.51.100.2\n203.0.113.0/24\n");
        while metrics.indicators.get() != 3 {
            pause().await;
        }
        let listed = event(&mut normalizer, LOGIN)["osint"][0]["value"].clone();
        assert_eq!(listed, "203.0.113.0/24");
        shutdown.begin();
    };
    let (done, ()) = tokio::join!(watching, steps);
    done.unwrap();
}

#[test]
fn the_examples_under_deploy_are_of_use() {
    let example = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/normalizer").join(name);
        reload::contents(&[path]).unwrap()
    };
    let (assets, identities) = (example("assets.csv"), example("identities.csv"));
    let (directory, report) = directory::load(&assets, &identities).unwrap();
    let rows = |files: &[(String, Vec<u8>)]| {
        let text = String::from_utf8(files[0].1.clone()).unwrap();
        text.lines().count() - 1
    };
    assert_eq!(directory.len(), rows(&assets) + rows(&identities));
    assert_eq!((report.skipped, report.replaced), (0, 0), "{report:?}");
}

#[test]
fn the_table_is_found_in_the_services_own_file() {
    let lab = Lab::new();
    let people = lab.path("people.csv");
    lab.file("n.toml", &format!("[bus]\nbrokers = 'a:1'\n[enrich]\nidentities = [{people:?}]\n"));
    let enrichment = Enrichment::of_file(&lab.path("n.toml")).unwrap();
    assert_eq!(enrichment.directory.get().len(), 1);
    lab.file("n.toml", "[enrich]\nidentity = []\n");
    let error = Enrichment::of_file(&lab.path("n.toml")).unwrap_err();
    assert!(service::telemetry::chain(&error).contains("unknown field `identity`"));
    lab.file("n.toml", "[enrich]\nassets = ['/no/such.csv']\n");
    let error = service::telemetry::chain(&Enrichment::of_file(&lab.path("n.toml")).unwrap_err());
    assert!(error.contains("/no/such.csv: "), "{error}");
}
