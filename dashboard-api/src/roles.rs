//! Who may do what: roles, what each allows, and the agencies in which it allows it.
//!
//! A grant is a role in one agency or in all of them. What a caller may see is always worked out
//! for one permission, so that an analyst of one agency who is a viewer in another cannot triage
//! there.

mod permission;

pub use permission::Permission;

use crate::Error;
use model::Agency;
use std::collections::BTreeSet;

/// How all agencies, those of tomorrow included, are written: in a grant, and in a policy.
pub(crate) const EVERYWHERE: &str = "*";

/// What a person or a program is in an agency.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
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
        use Permission as P;
        /// Works the queue.
        macro_rules! analyst {
            ($($more:ident),*) => {
                &[
                    P::ReadAlerts, P::ReadEvents, P::TriageAlerts, P::ReadCases, P::ManageCases,
                    P::ReadLedger, P::ReadDeadLetters, P::ReadRules, P::ManageExceptions,
                    P::ReadCollectors, $(P::$more,)*
                ]
            };
        }
        match self {
            Self::Viewer => &[
                P::ReadAlerts,
                P::ReadEvents,
                P::ReadCases,
                P::ReadLedger,
                P::ReadRules,
                P::ReadCollectors,
            ],
            Self::Analyst => analyst!(),
            Self::Hunter | Self::NationalAnalyst => analyst!(ExportEvents, ManageIndicators),
            Self::AgencyAdmin => &[
                P::ReadAlerts,
                P::ReadEvents,
                P::ReadCases,
                P::ReadLedger,
                P::ReadDeadLetters,
                P::ReadRules,
                P::ReadCollectors,
                P::ManageNotifications,
                P::ManageSla,
                P::ReadUsers,
                P::ManageUsers,
                P::ManageKeys,
            ],
            Self::CollectorOperator => {
                &[P::ReadLedger, P::ReadDeadLetters, P::ReadCollectors, P::ManageCollectors]
            }
            Self::RuleAuthor => &[
                P::ReadLedger,
                P::ReadRules,
                P::WriteRules,
                P::ManageExceptions,
                P::ManageIndicators,
            ],
            Self::RuleApprover => {
                &[P::ReadLedger, P::ReadRules, P::ApproveRules, P::ManageExceptions]
            }
            Self::PrivacyOfficer => &[P::ManageRetention, P::Unmask],
            Self::Auditor => &[P::ReadAudit, P::ReadUsers, P::ReadRules],
            Self::PlatformAdmin => &[
                P::ReadLedger,
                P::ReadCollectors,
                P::ManageCollectors,
                P::ManageNotifications,
                P::ManageSla,
                P::ManageRetention,
                P::ReadUsers,
                P::ManageUsers,
                P::ManageKeys,
            ],
        }
    }

    /// The roles that who holds this one may grant, in the agencies in which he holds it.
    ///
    /// An agency's administrator staffs the agency's own desk. Roles that reach beyond it (rules run
    /// everywhere, the audit log is of all) come from the platform's administrator.
    pub fn may_grant(self) -> &'static [Self] {
        match self {
            Self::AgencyAdmin => &[
                Self::Viewer,
                Self::Analyst,
                Self::Hunter,
                Self::AgencyAdmin,
                Self::CollectorOperator,
            ],
            Self::PlatformAdmin => &Self::ALL,
            _ => &[],
        }
    }
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
        if text == EVERYWHERE {
            return Ok(Self::All);
        }
        let agency = Agency::new(text).map_err(|source| Error::Agency { source })?;
        Ok(Self::Of([agency].into()))
    }

    /// Reads a list of names, or `*`.
    pub fn of_names(names: &[String]) -> Result<Self, Error> {
        names.iter().try_fold(Self::nowhere(), |all, name| Ok(all.join(&Self::parse(name)?)))
    }

    /// No agency.
    pub fn nowhere() -> Self {
        Self::Of(BTreeSet::new())
    }

    /// The names, `["*"]` for all.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::All => vec![EVERYWHERE.to_owned()],
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

    /// Those that are in both.
    pub fn meet(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, some) | (some, Self::All) => some.clone(),
            (Self::Of(one), Self::Of(two)) => Self::Of(one.intersection(two).cloned().collect()),
        }
    }

    /// Whether all of `other` is among them.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Of(_), Self::All) => false,
            (Self::Of(held), Self::Of(asked)) => asked.is_subset(held),
        }
    }

    pub(crate) fn join(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Of(mut held), Self::Of(more)) => {
                held.extend(more.iter().cloned());
                Self::Of(held)
            }
            _ => Self::All,
        }
    }
}

/// What an API key may do of what its owner may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyScope {
    /// At most this.
    pub permissions: BTreeSet<Permission>,
    /// At most there.
    pub agencies: Agencies,
}

/// The roles that one user holds, each with where; within one request perhaps less of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    held: Vec<(Role, Agencies)>,
    within: Option<KeyScope>,
}

impl Grants {
    /// The grants as listed.
    pub fn new(held: Vec<(Role, Agencies)>) -> Self {
        Self { held, within: None }
    }

    /// The same, but no more than `scope` allows. What the owner loses later the key loses too.
    pub fn within(self, scope: KeyScope) -> Self {
        Self { within: Some(scope), ..self }
    }

    /// Role and agency of each grant, as they stand in the database.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Role, String)> + '_ {
        self.held.iter().flat_map(|(role, held)| held.names().into_iter().map(|name| (*role, name)))
    }

    /// The roles, each once.
    pub fn roles(&self) -> Vec<Role> {
        let roles: BTreeSet<Role> = self.held.iter().map(|(role, _)| *role).collect();
        roles.into_iter().collect()
    }

    /// The agencies in which any role is held.
    pub fn agencies(&self) -> Agencies {
        let all = self.joined(|_| true);
        self.within.as_ref().map_or_else(|| all.clone(), |scope| all.meet(&scope.agencies))
    }

    /// The agencies in which `permission` is held.
    pub fn allow(&self, permission: Permission) -> Agencies {
        let held = self.joined(|role| role.permissions().contains(&permission));
        match &self.within {
            None => held,
            Some(scope) if scope.permissions.contains(&permission) => held.meet(&scope.agencies),
            Some(_) => Agencies::nowhere(),
        }
    }

    /// The agencies in which `role` may be granted.
    pub fn may_grant(&self, role: Role) -> Agencies {
        let held = self.joined(|own| own.may_grant().contains(&role));
        held.meet(&self.allow(Permission::ManageUsers))
    }

    /// The permissions that are held anywhere.
    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|p| !self.allow(*p).is_empty()).collect()
    }

    fn joined(&self, which: impl Fn(Role) -> bool) -> Agencies {
        let held = self.held.iter().filter(|(role, _)| which(*role));
        held.fold(Agencies::nowhere(), |all, (_, held)| all.join(held))
    }
}

#[cfg(test)]
mod tests;
