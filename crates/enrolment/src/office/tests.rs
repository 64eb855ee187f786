//! Tokens and the registry; Kafka's part is tested with the collector on the real broker.

use super::*;
use crate::registry::Registry;

fn registry() -> (tempfile::TempDir, Registry) {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::open(&dir.path().join(FILE)).unwrap();
    (dir, registry)
}

#[test]
fn a_token_is_good_as_often_and_as_long_as_it_says() {
    let (_dir, mut registry) = registry();
    let mof = Agency::new("mof").unwrap();
    registry.add_agency(&mof, None, 0).unwrap();
    registry.add_token("secret", "mof", "dhaka", 2, 1_000).unwrap();
    assert!(matches!(registry.redeem("secre", 5), Err(Error::Token)));
    assert_eq!(registry.redeem("secret", 5).unwrap(), ("mof".to_owned(), "dhaka".to_owned()));
    registry.redeem("secret", 999).unwrap();
    assert!(matches!(registry.redeem("secret", 999), Err(Error::Token)), "used up");
    registry.give_back("secret").unwrap();
    assert!(matches!(registry.redeem("secret", 1_000), Err(Error::Token)), "too old");
    assert!(registry.remove_agency(&mof, 7).unwrap());
    assert!(matches!(registry.redeem("secret", 5), Err(Error::Token)), "its agency is gone");
    assert!(matches!(registry.agency("mof"), Err(Error::NoAgency { .. })));
    registry.add_agency(&mof, Some(9), 8).unwrap();
    assert_eq!(registry.agency("mof").unwrap().bytes_per_second, Some(9));
    assert!(matches!(registry.redeem("secret", 5), Err(Error::Token)), "void for good");
}

#[test]
fn a_revoked_collector_is_not_known_by_its_certificate() {
    let (_dir, registry) = registry();
    let row = |id: &str, agency: &str| CollectorRow {
        id: id.into(),
        agency: agency.into(),
        site: String::new(),
        host: "h".into(),
        enrolled_ms: 1,
        expires_ms: 2,
        revoked: false,
    };
    registry.add_collector(&row("c-1", "mof"), "one").unwrap();
    registry.add_collector(&row("c-2", "moe"), "two").unwrap();
    registry.renew("c-1", "one", "uno", 9).unwrap();
    for certificate in ["one", "uno"] {
        assert_eq!(registry.by_certificate(certificate).unwrap().id, "c-1");
    }
    assert_eq!(registry.collectors(Some("mof")).unwrap().len(), 1);
    assert!(registry.revoke("c-1", 3).unwrap() && !registry.revoke("c-9", 3).unwrap());
    assert!(registry.by_certificate("uno").is_err() && registry.by_certificate("").is_err());
    let all = registry.collectors(None).unwrap();
    let revoked: Vec<_> = all.iter().map(|row| (&*row.id, row.revoked, row.expires_ms)).collect();
    assert_eq!(revoked, [("c-1", true, 9), ("c-2", false, 2)]);
}
