//! Who may do what, as tables.

use super::*;

fn grants(list: &[(Role, &str)]) -> Grants {
    Grants::new(list.iter().map(|(r, a)| (*r, Agencies::parse(a).unwrap())).collect())
}

#[test]
fn a_permission_holds_only_where_its_role_is_held() {
    use Permission::{ReadAlerts, ReadEvents, TriageAlerts};
    let check = |held: &[(Role, &str)], permission, expected: &[&str]| {
        assert_eq!(grants(held).allow(permission).names(), expected, "{held:?} {permission:?}");
    };
    let mixed = [(Role::Analyst, "mof"), (Role::Viewer, "moe")];
    check(&mixed, TriageAlerts, &["mof"]);
    check(&mixed, ReadEvents, &["moe", "mof"]);
    check(&[(Role::PlatformAdmin, "*")], ReadEvents, &[]);
    check(&[(Role::PlatformAdmin, "*")], ReadAlerts, &[]);
    check(&[(Role::Viewer, "mof"), (Role::NationalAnalyst, "*")], ReadEvents, &["*"]);
    check(&[(Role::AgencyAdmin, "mof")], TriageAlerts, &[]);
    check(&[], ReadAlerts, &[]);
}

#[test]
fn a_key_never_holds_more_than_its_owner() {
    use Permission::{ReadAlerts, ReadEvents, TriageAlerts};
    let scope = |permissions: &[Permission], agencies: &[&str]| KeyScope {
        permissions: permissions.iter().copied().collect(),
        agencies: agencies
            .iter()
            .map(|name| Agencies::parse(name).unwrap())
            .fold(Agencies::Of(BTreeSet::new()), |all, one| all.join(&one)),
    };
    let owner = grants(&[(Role::Analyst, "mof"), (Role::Viewer, "moe")]);
    let check = |scope: KeyScope, permission, expected: &[&str]| {
        assert_eq!(owner.clone().within(scope).allow(permission).names(), expected);
    };
    check(scope(&[ReadAlerts], &["*"]), ReadAlerts, &["moe", "mof"]);
    check(scope(&[ReadAlerts], &["mof", "mod"]), ReadAlerts, &["mof"]);
    check(scope(&[ReadAlerts], &["*"]), ReadEvents, &[]);
    check(scope(&[TriageAlerts], &["moe"]), TriageAlerts, &[]);
    let key = owner.clone().within(scope(&[ReadAlerts], &["moe"]));
    assert_eq!(key.permissions(), [ReadAlerts]);
    assert_eq!(key.agencies().names(), ["moe"]);
}

#[test]
fn an_agency_s_administrator_grants_there_and_no_higher() {
    let check = |held: &[(Role, &str)], role, expected: &[&str]| {
        assert_eq!(grants(held).may_grant(role).names(), expected, "{held:?} {role:?}");
    };
    let of_mof = [(Role::AgencyAdmin, "mof"), (Role::Analyst, "moe")];
    check(&of_mof, Role::Analyst, &["mof"]);
    check(&of_mof, Role::NationalAnalyst, &[]);
    check(&of_mof, Role::Auditor, &[]);
    check(&of_mof, Role::PlatformAdmin, &[]);
    check(&[(Role::PlatformAdmin, "*")], Role::Auditor, &["*"]);
    check(&[(Role::NationalAnalyst, "*")], Role::Viewer, &[]);
}

#[test]
fn who_runs_the_platform_reads_no_events() {
    use Permission as P;
    let read = [P::ReadAlerts, P::ReadEvents, P::ExportEvents, P::ReadCases, P::ReadDeadLetters];
    for permission in read.into_iter().chain([P::Unmask, P::ReadAudit, P::TriageAlerts]) {
        assert!(!Role::PlatformAdmin.permissions().contains(&permission), "{permission:?}");
    }
    // Who decides on rules does not write them, and who reads the audit log changes nothing.
    assert!(!Role::RuleApprover.permissions().contains(&P::WriteRules));
    assert!(!Role::RuleAuthor.permissions().contains(&P::ApproveRules));
    for permission in Role::Auditor.permissions() {
        assert!(permission.as_str().starts_with("read_"), "{permission:?}");
    }
    for permission in P::ALL {
        let held = Role::ALL.iter().any(|role| role.permissions().contains(permission));
        assert!(held, "nobody may {permission:?}");
        assert_eq!(serde_json::to_value(permission).unwrap(), permission.as_str());
    }
}

#[test]
fn names_come_back() {
    for role in Role::ALL {
        assert_eq!(Role::parse(role.as_str()).unwrap(), role);
        let json = serde_json::to_value(role).unwrap();
        assert_eq!(json, role.as_str(), "one name in JSON and in the database");
    }
    assert!(Role::parse("root").is_err());
    assert!(Agencies::parse("MOF").is_err());
}

/// The table of `docs/governance.md`, as it should read.
fn table() -> String {
    let row = |role: Role| {
        let list = |names: Vec<&str>| {
            if names.is_empty() { "–".to_owned() } else { format!("`{}`", names.join("` `")) }
        };
        let may = list(role.permissions().iter().map(|p| p.as_str()).collect());
        let grants = match role.may_grant() {
            all if all.len() == Role::ALL.len() => "every role".to_owned(),
            some => list(some.iter().map(|role| role.as_str()).collect()),
        };
        format!("| `{}` | {may} | {grants} |", role.as_str())
    };
    Role::ALL.into_iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guide_shows_the_roles_as_they_are() {
    let guide = include_str!("../../../docs/governance.md");
    let table = table();
    assert!(guide.contains(&table), "docs/governance.md should hold:\n{table}");
}
