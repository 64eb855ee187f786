//! Who may do what: roles, what each allows, and the agencies in which it allows it.
//!
//! A grant is a role in one agency or in all of them. What a caller may see is always worked out
//! for one permission, so that an analyst of one agency who is a viewer in another cannot triage
//! there.

use crate::Error;
use model::Agency;
use std::collections::BTreeSet;

/// How a grant in all agencies, those of tomorrow included, is written.
const ALL: &str = "*";

/// What a person or a program is in an agency.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads alerts and events.
    Viewer,
    /// Works the queue.
    Analyst,
    /// Searches history and works the queue.
    Hunter,
    /// Looks after the agency's members.
    AgencyAdmin,
    /// Looks after the agency's collectors.
    CollectorOperator,
    /// Writes rules.
    RuleAuthor,
    /// Approves rules.
    RuleApprover,
    /// Works the queue across agencies.
    NationalAnalyst,
    /// Decides on unmasking.
    PrivacyOfficer,
    /// Reads the audit log.
    Auditor,
    /// Runs the platform; reads no events.
    PlatformAdmin,
}

/// One thing that a request may need.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Alerts with their evidence and history.
    ReadAlerts,
    /// Events and raw logs.
    ReadEvents,
    /// Changing an alert.
    TriageAlerts,
    /// The counts of the ledger; no event's content.
    ReadLedger,
    /// Dead letters, which hold raw bytes.
    ReadDeadLetters,
    /// The audit log, whose entries are of all agencies.
    ReadAudit,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::Viewer,
        Self::Analyst,
        Self::Hunter,
        Self::AgencyAdmin,
        Self::CollectorOperator,
        Self::RuleAuthor,
        Self::RuleApprover,
        Self::NationalAnalyst,
        Self::PrivacyOfficer,
        Self::Auditor,
        Self::PlatformAdmin,
    ];

    /// The role as it stands in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Hunter => "hunter",
            Self::AgencyAdmin => "agency_admin",
            Self::CollectorOperator => "collector_operator",
            Self::RuleAuthor => "rule_author",
            Self::RuleApprover => "rule_approver",
            Self::NationalAnalyst => "national_analyst",
            Self::PrivacyOfficer => "privacy_officer",
            Self::Auditor => "auditor",
            Self::PlatformAdmin => "platform_admin",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == name)
            .ok_or_else(|| Error::Role { name: name.into() })
    }

    /// What the role allows.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{ReadAlerts, ReadDeadLetters, ReadEvents, ReadLedger, TriageAlerts};
        match self {
            Self::Viewer => &[ReadAlerts, ReadEvents, ReadLedger],
            Self::Analyst | Self::Hunter | Self::NationalAnalyst => {
                &[ReadAlerts, ReadEvents, TriageAlerts, ReadLedger, ReadDeadLetters]
            }
            Self::AgencyAdmin => &[ReadAlerts, ReadEvents, ReadLedger, ReadDeadLetters],
            Self::CollectorOperator => &[ReadLedger, ReadDeadLetters],
            Self::RuleAuthor | Self::RuleApprover | Self::PlatformAdmin => &[ReadLedger],
            Self::Auditor => &[Permission::ReadAudit],
            Self::PrivacyOfficer => &[],
        }
    }
}

impl Permission {
    const ALL: [Self; 6] = [
        Self::ReadAlerts,
        Self::ReadEvents,
        Self::TriageAlerts,
        Self::ReadLedger,
        Self::ReadDeadLetters,
        Self::ReadAudit,
    ];
}

/// Where something holds: in all agencies or in those named. Nothing named is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Agencies {
    /// In all, those of tomorrow included.
    All,
    /// In these.
    Of(BTreeSet<Agency>),
}

impl Agencies {
    /// Reads one grant's agency: a name, or `*`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text == ALL {
            return Ok(Self::All);
        }
        let agency = Agency::new(text).map_err(|source| Error::Agency { source })?;
        Ok(Self::Of([agency].into()))
    }

    /// The names, `["*"]` for all.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::All => vec![ALL.to_owned()],
            Self::Of(agencies) => agencies.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether `agency` is among them.
    pub fn contains(&self, agency: &str) -> bool {
        match self {
            Self::All => true,
            Self::Of(agencies) => agencies.iter().any(|held| held.as_str() == agency),
        }
    }

    /// Whether it is nowhere.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Of(agencies) if agencies.is_empty())
    }

    fn join(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Of(mut held), Self::Of(more)) => {
                held.extend(more.iter().cloned());
                Self::Of(held)
            }
            _ => Self::All,
        }
    }
}

/// The roles that one user holds, each with where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants(Vec<(Role, Agencies)>);

impl Grants {
    /// The grants as listed.
    pub fn new(grants: Vec<(Role, Agencies)>) -> Self {
        Self(grants)
    }

    /// Role and agency of each grant, as they stand in the database.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        self.0
            .iter()
            .flat_map(|(role, held)| held.names().into_iter().map(|name| (role.as_str(), name)))
    }

    /// The roles, each once.
    pub fn roles(&self) -> Vec<Role> {
        let roles: BTreeSet<Role> = self.0.iter().map(|(role, _)| *role).collect();
        roles.into_iter().collect()
    }

    /// The agencies in which any role is held.
    pub fn agencies(&self) -> Agencies {
        self.0.iter().fold(Agencies::Of(BTreeSet::new()), |all, (_, held)| all.join(held))
    }

    /// The agencies in which `permission` is held.
    pub fn allow(&self, permission: Permission) -> Agencies {
        self.0
            .iter()
            .filter(|(role, _)| role.permissions().contains(&permission))
            .fold(Agencies::Of(BTreeSet::new()), |all, (_, held)| all.join(held))
    }

    /// The permissions that are held anywhere.
    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL.into_iter().filter(|p| !self.allow(*p).is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(list: &[(Role, &str)]) -> Grants {
        Grants(list.iter().map(|(r, a)| (*r, Agencies::parse(a).unwrap())).collect())
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
    fn names_come_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()).unwrap(), role);
            let json = serde_json::to_value(role).unwrap();
            assert_eq!(json, role.as_str(), "one name in JSON and in the database");
        }
        assert!(Role::parse("root").is_err());
        assert!(Agencies::parse("MOF").is_err());
    }
}
