//! Files as operators have them, asked about events.

use crate::testing::Writer;
use crate::{Added, Directory, Enricher, Error, Geo, Of, Sources, directory};
use bumpalo::Bump;
use cidr::Net;
use ocsf::{Envelope, Event, Path, Store, complete};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

const ASSETS: &str = "\
agency,name,address,owner,role,criticality,site,tags
mof,db-01.mof.gov.bd,10.1.2.3,DBA team,database,critical,NDC,pci;ledger
mof,,10.1.0.0/16,Network team,,low,HQ,
moh,web-01,10.1.2.3;2001:db8:1::/48,,,High,,
*,dns.gov.bd,198.51.100.53,,resolver,,,
";

const IDENTITIES: &str = "\
agency;user;email;full_name;department;criticality;tags
mof;rahim, r.admin;rahim@mof.gov.bd;Rahim Uddin;Budget;high;privileged
moh;rahim;;Another Rahim;;low;
";

fn city() -> Vec<u8> {
    let mut writer = Writer::new("GeoLite2-City", 1_764_115_200);
    let net = |text: &str| Net::parse(text).unwrap();
    let country = |code: &str, name: &str| json!({"iso_code": code, "names": {"en": name}});
    writer.add(net("203.0.0.0/8"), &json!({"registered_country": country("AU", "Australia")}));
    writer.add(
        net("203.0.113.0/24"),
        &json!({
            "continent": {"code": "AS", "names": {"en": "Asia"}},
            "country": country("BD", "Bangladesh"),
            "subdivisions": [{"iso_code": "C", "names": {"en": "Dhaka Division"}}],
            "city": {"names": {"bn": "ঢাকা", "en": "Dhaka"}},
            "location": {"latitude": 23.7, "longitude": 90.4},
            "postal": {"code": "1000"},
        }),
    );
    writer.add(net("2001:db8::/32"), &json!({"country": country("DE", "Germany")}));
    writer.finish()
}

fn asn() -> Vec<u8> {
    let mut writer = Writer::new("GeoLite2-ASN", 1_764_115_200);
    let record = json!({"autonomous_system_number": 64_500, "autonomous_system_organization": "Example \"ISP\""});
    writer.add(Net::parse("203.0.113.0/25").unwrap(), &record);
    writer.finish()
}

fn files(name: &str, text: &str) -> Vec<(String, Vec<u8>)> {
    vec![(name.to_owned(), text.into())]
}

fn directory() -> Directory {
    let (assets, identities) = (files("/etc/assets.csv", ASSETS), files("people.csv", IDENTITIES));
    let (directory, report) = directory::load(&assets, &identities).unwrap();
    assert_eq!((report.skipped, report.replaced, directory.len()), (0, 0, 6), "{report:?}");
    directory
}

fn sources() -> Sources {
    let feed = "value,confidence,expires,label\n203.0.113.0/28,90,,botnet\nevil.example,,1970-01-01T00:00:10Z,\nbad@evil.example,,,\n";
    let (set, _) = indicators::load(&files("feed.csv", feed), &[]).unwrap();
    let geo = Geo::new(vec![("city.mmdb".into(), city()), ("asn.mmdb".into(), asn())]).unwrap();
    Sources { geo: geo.into(), directory: directory().into(), indicators: set.into() }
}

/// An event with these attributes, enriched, as JSON.
fn enriched(
    enricher: &mut Enricher,
    class: u32,
    attributes: &[(Path, &str)],
    of: Of<'_>,
) -> (Value, Added) {
    let arena = Bump::new();
    let attributes: Vec<(Path, String)> =
        attributes.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
    let mut event = Event::new(Store::default());
    event.kind(class, 0);
    attributes.iter().for_each(|(path, text)| event.set(*path, text.as_str()));
    let class = complete::complete(&mut event);
    let added = enricher.enrich(&mut event, class, of, &arena);
    let envelope = Envelope {
        uid: model::EventUid(1),
        tenant: of.agency,
        raw: "",
        raw_base64: None,
        logged_ms: 0,
        processed_ms: 0,
        fallback_ms: 0,
    };
    let mut out = Vec::new();
    ocsf::write_completed(&mut event, class, &envelope, &mut out);
    (serde_json::from_slice(&out).unwrap(), added)
}

fn enricher() -> Enricher {
    let mut enricher = Enricher::default();
    enricher.take_over(sources());
    enricher
}

const MOF: Of<'_> = Of { agency: "mof", names_persons: true, at_s: 0 };

#[test]
fn an_address_is_placed_and_the_source_told() {
    let attributes =
        [(Path::SRC_ENDPOINT_IP, "203.0.113.77"), (Path::DST_ENDPOINT_IP, "203.9.9.9")];
    let (event, added) = enriched(&mut enricher(), 4001, &attributes, MOF);
    assert_eq!(added, Added { places: 2, ..Added::default() });
    assert_eq!(
        event["src_endpoint"],
        json!({
            "ip": "203.0.113.77",
            "location": {"country": "BD", "region": "BD-C", "city": "Dhaka", "continent": "Asia",
                "postal_code": "1000", "lat": 23.7, "long": 90.4,
                "provider": "GeoLite2-City 2025-11-26"},
            "autonomous_system": {"number": 64_500, "name": "Example \"ISP\""},
        })
    );
    assert_eq!(event["dst_endpoint"]["location"]["country"], "AU");
    let entries = event["enrichments"].as_array().unwrap();
    let told: Vec<_> = entries.iter().map(|e| (e["name"].as_str(), e["type"].as_str())).collect();
    assert_eq!(
        told,
        [
            (Some("src_endpoint.ip"), Some("location")),
            (Some("src_endpoint.ip"), Some("autonomous_system")),
            (Some("dst_endpoint.ip"), Some("location")),
        ]
    );
    assert_eq!(
        (&entries[0]["value"], &entries[0]["provider"], &entries[0]["created_time"]),
        (&"203.0.113.77".into(), &"GeoLite2-City".into(), &1_764_115_200_000_i64.into())
    );
    assert_eq!(entries[0]["data"]["city"], "Dhaka");
    assert!(entries[0]["desc"].as_str().unwrap().starts_with("made 2025-11-26, version "));
}

#[test]
fn what_the_log_says_of_a_place_stays() {
    let attributes = [
        (Path::SRC_ENDPOINT_IP, "203.0.113.77"),
        (Path::SRC_ENDPOINT_LOCATION_COUNTRY, "US"),
        (Path::SRC_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER, "1"),
    ];
    let (event, _) = enriched(&mut enricher(), 4001, &attributes, MOF);
    assert_eq!(event["src_endpoint"]["location"], json!({"country": "US"}));
    assert_eq!(event["src_endpoint"]["autonomous_system"], json!({"number": 1}));
    assert_eq!(event["enrichments"][0]["data"]["country"], "BD");
}

#[test]
fn an_asset_is_known_by_name_or_address_to_its_agency_only() {
    let mut enricher = enricher();
    let mut owner = |agency: &str, path: Path, text: &str| {
        let of = Of { agency, ..MOF };
        let (event, _) = enriched(&mut enricher, 4001, &[(path, text)], of);
        let risk = event["device"]["risk_level_id"].clone();
        let entry = event["enrichments"].as_array().into_iter().flatten();
        let mut asset = entry.filter(|entry| entry["type"] == "asset");
        let data = asset.next().map(|entry| entry["data"].clone()).unwrap_or_default();
        let text = |name: &str| data[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {risk}", text("name"), text("agency"), text("criticality"))
    };
    for (agency, path, text, expected) in [
        ("mof", Path::DEVICE_HOSTNAME, "db-01.mof.gov.bd", "db-01.mof.gov.bd mof critical 4"),
        ("mof", Path::DEVICE_HOSTNAME, "DB-01", "db-01.mof.gov.bd mof critical 4"),
        ("mof", Path::DEVICE_IP, "10.1.2.3", "db-01.mof.gov.bd mof critical 4"),
        ("mof", Path::DEVICE_IP, "10.1.2.4", "- mof low 1"),
        ("mof", Path::SRC_ENDPOINT_IP, "10.1.2.4", "- mof low null"),
        ("moh", Path::DST_ENDPOINT_IP, "10.1.2.3", "web-01 moh high null"),
        ("moh", Path::DST_ENDPOINT_IP, "2001:db8:1::9", "web-01 moh high null"),
        ("moh", Path::DEVICE_HOSTNAME, "web-01.moh.gov.bd", "web-01 moh high 3"),
        ("moh", Path::DST_ENDPOINT_IP, "10.1.2.4", "- - - null"),
        ("moh", Path::DEVICE_HOSTNAME, "db-01.mof.gov.bd", "- - - null"),
        ("boi", Path::DST_ENDPOINT_IP, "10.1.2.3", "- - - null"),
        ("boi", Path::DST_ENDPOINT_IP, "198.51.100.53", "dns.gov.bd - - null"),
    ] {
        assert_eq!(owner(agency, path, text), expected, "{agency} {text}");
    }
}

#[test]
fn a_user_is_known_and_a_person_named_only_where_it_may_be() {
    let mut enricher = enricher();
    for (path, text, agency, names, expected) in [
        (Path::USER_NAME, "MOF\\Rahim", "mof", true, r#"["Budget","high",3,"Rahim Uddin"]"#),
        (Path::USER_NAME, "r.admin", "mof", true, r#"["Budget","high",3,"Rahim Uddin"]"#),
        (
            Path::USER_EMAIL_ADDR,
            "Rahim@mof.gov.bd",
            "mof",
            true,
            r#"["Budget","high",3,"Rahim Uddin"]"#,
        ),
        (Path::USER_EMAIL_ADDR, "rahim@mof.gov.bd", "mof", false, r#"["Budget","high",3,null]"#),
        (Path::USER_NAME, "rahim", "moh", true, r#"[null,"low",1,"Another Rahim"]"#),
        (Path::USER_NAME, "rahim", "boi", true, "[null,null,null,null]"),
    ] {
        let of = Of { agency, names_persons: names, at_s: 0 };
        let (event, _) = enriched(&mut enricher, 3002, &[(path, text)], of);
        let (user, data) = (&event["user"], &event["enrichments"][0]["data"]);
        assert_eq!(user["full_name"], data["full_name"]);
        let found = json!([
            data["department"],
            data["criticality"],
            user["risk_level_id"],
            user["full_name"]
        ]);
        assert_eq!(found.to_string(), expected, "{agency} {text}");
        let whole = event.to_string();
        assert!(names || !whole.contains("Uddin"), "{whole}");
    }
}

#[test]
fn indicators_are_stamped_with_source_confidence_and_version() {
    let mut enricher = enricher();
    let attributes = [
        (Path::SRC_ENDPOINT_IP, "203.0.113.9"),
        (Path::QUERY_HOSTNAME, "a.evil.example"),
        (Path::DST_ENDPOINT_IP, "203.0.113.77"),
    ];
    let (event, added) = enriched(&mut enricher, 4003, &attributes, MOF);
    assert_eq!((added.indicators, event["osint"].as_array().unwrap().len()), (2, 2));
    assert_eq!(event["metadata"]["profiles"], json!(["osint"]));
    let osint = &event["osint"][0];
    assert_eq!(
        osint,
        &json!({"type_id": 1, "type": "IP Address", "value": "203.0.113.0/28", "confidence_id": 3,
            "confidence": "High", "vendor_name": "feed", "name": "botnet"})
    );
    let entries = event["enrichments"].as_array().unwrap();
    let listed = entries.iter().find(|entry| entry["type"] == "indicator").unwrap();
    assert_eq!(
        (&listed["name"], &listed["value"], &listed["provider"]),
        (&"src_endpoint.ip".into(), &"203.0.113.9".into(), &"feed".into())
    );
    assert_eq!(listed["data"]["confidence"], 90);
    assert!(listed["desc"].as_str().unwrap().starts_with("version "));
    let late = Of { at_s: 10, ..MOF };
    let (event, added) = enriched(&mut enricher, 4003, &attributes, late);
    assert_eq!((added.indicators, event["osint"].as_array().unwrap().len()), (1, 1));
}

#[test]
fn nothing_known_leaves_an_event_as_it_is() {
    let attributes = [(Path::SRC_ENDPOINT_IP, "192.0.2.1"), (Path::USER_NAME, "karim")];
    let plain = enriched(&mut Enricher::default(), 3002, &attributes, MOF);
    let asked = enriched(&mut enricher(), 3002, &attributes, MOF);
    assert_eq!(plain, asked);
    assert!(plain.0["enrichments"].is_null());
}

#[test]
fn an_attribute_that_the_class_lacks_is_not_asked_about() {
    let (event, added) =
        enriched(&mut enricher(), 0, &[(Path::SRC_ENDPOINT_IP, "203.0.113.77")], MOF);
    assert_eq!(added, Added::default(), "{event}");
    assert_eq!(event["unmapped"], json!({"src_endpoint.ip": "203.0.113.77"}));
}

#[test]
fn other_files_count_from_the_next_event_on() {
    let mut enricher = enricher();
    let attributes = [(Path::SRC_ENDPOINT_IP, "203.0.113.77")];
    enriched(&mut enricher, 4001, &attributes, MOF);
    let mut writer = Writer::new("Custom", 0);
    writer.add(
        Net::parse("203.0.113.77").unwrap(),
        &json!({"country": {"iso_code": "NP", "names": {"en": "Nepal"}}}),
    );
    let geo = Geo::new(vec![("x.mmdb".into(), writer.finish())]).unwrap();
    enricher.take_over(Sources { geo: Arc::new(geo), ..Sources::default() });
    let (event, _) = enriched(&mut enricher, 4001, &attributes, MOF);
    assert_eq!(event["src_endpoint"]["location"]["country"], "NP");
}

#[test]
fn an_inventorys_answer_is_read() {
    let netbox = r#"{"count": 2, "results": [
        {"name": "fw-01", "tenant": {"name": "mof"}, "primary_ip": {"address": "10.9.0.1/24"},
         "site": {"slug": "ndc"}, "tags": [{"name": "edge"}, "pci"], "criticality": "high"},
        {"name": "fw-02", "tenant": null}]}"#;
    let (directory, report) = directory::load(&files("netbox.json", netbox), &[]).unwrap();
    assert_eq!(report.told, ["netbox.json: object 2: no agency; `*` means everybody's events"]);
    assert_eq!((report.skipped, &report.taken[..]), (1, &[("netbox.json".to_owned(), 1)][..]));
    // The address is the host's, not its network's.
    assert!(directory.address("mof", "10.9.0.2".parse().unwrap()).is_none());
    let known = directory.address("mof", "10.9.0.1".parse().unwrap()).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&known.data).unwrap(),
        json!({"name": "fw-01", "agency": "mof", "criticality": "high", "site": "ndc", "tags": ["edge", "pci"]})
    );
}

#[test]
fn what_is_wrong_is_told() {
    let assets = |text: &str| match directory::load(&files("a.csv", text), &[]) {
        Ok((_, report)) => format!("{} skipped: {}", report.skipped, report.told.join("; ")),
        Err(error) => error.to_string(),
    };
    for (text, expected) in [
        ("name,ip\nx,10.0.0.1\n", "a.csv: line 1: no column agency; columns are name, ip"),
        (
            "agency,ip\nmof,10.0.0.1\nmof,10.0.0.300\nMOF!,10.0.0.1\n,10.0.0.2\nmof,\n",
            "4 skipped: a.csv: line 3: \"10.0.0.300\" is neither address nor network; a.csv: line 4: ",
        ),
        (
            "agency,ip,criticality\nmof,10.0.0.1,urgent\n",
            "a.csv: 1 rows and none of use; line 2: criticality \"urgent\" is not low, medium, high or critical",
        ),
        ("agency,name\n\"mof\",\"a\nb\"\nmof,\"c\"\n", "0 skipped: "),
        ("[1,", "a.csv: not valid JSON"),
        (
            "{\"a\": 1}",
            "a.csv: JSON of no known form: expected a list of objects, or an object with one",
        ),
        ("agency,name\n", "0 skipped: "),
    ] {
        let found = assets(text);
        assert!(found.starts_with(expected), "{text:?}: {found}");
    }
    let twice = "agency,ip\nmof,10.0.0.1\nmof,10.0.0.1\nmoh,10.0.0.1\n";
    assert_eq!(directory::load(&files("a.csv", twice), &[]).unwrap().1.replaced, 1);
    let mut broken = city();
    let length = broken.len();
    broken.truncate(length - 60);
    assert!(matches!(Geo::new(vec![("x".into(), broken)]), Err(Error::Geo { .. })));
}

proptest! {
    /// Whatever a file holds, reading it ends, and what it made can be asked.
    #[test]
    fn any_bytes_are_a_file(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[{}\\[\\]\",:;a-z0-9\n]{0,200}") {
        for bytes in [bytes, text.into_bytes()] {
            let head = [b"agency,name,ip\nmof,".as_slice(), &bytes].concat();
            for file in [&bytes, &head] {
                if let Ok((found, _)) = directory::load(&[("f".into(), file.clone())], &[]) {
                    found.host("mof", "x");
                    found.address("mof", "10.0.0.1".parse().unwrap());
                }
            }
            prop_assert!(Geo::new(vec![("g".into(), bytes)]).is_err());
        }
    }

    /// A damaged database is refused, or answers without an end of the process.
    #[test]
    fn a_damaged_database_does_no_harm(at in 0usize..2000, byte in any::<u8>()) {
        let mut bytes = city();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(geo) = Geo::new(vec![("g".into(), bytes)]) {
            for address in ["203.0.113.9", "203.1.1.1", "2001:db8::1", "::"] {
                geo.place(address.parse().unwrap());
            }
        }
    }
}
