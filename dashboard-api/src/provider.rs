//! The identity provider of the configuration: what its words about a person mean here.

use crate::Error;
use crate::accounts::user::{Language, check_name};
use crate::accounts::{Refusal, Vouched};
use crate::config::{RawGrant, RawOidc};
use crate::roles::{Agencies, EVERYWHERE, Grants, Role};
use model::Agency;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Stands in a group's name for an agency's.
const AGENCY: &str = "{agency}";
const DISPLAY_CHARACTERS_MAX: usize = 100;

/// The provider, opened; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct IdentityProvider {
    pub(crate) provider: Arc<oidc::Provider>,
    /// What people call it.
    pub(crate) name: Arc<str>,
    pub(crate) issuer: Arc<str>,
    words: Arc<Words>,
}

#[derive(Debug)]
struct Words {
    name_claim: String,
    groups_claim: String,
    grants: Vec<Rule>,
}

/// Which role members of a group have, and where.
#[derive(Debug)]
struct Rule {
    group: String,
    role: Role,
    /// None: the agency that the group's name holds.
    agency: Option<String>,
}

impl Rule {
    fn of(raw: RawGrant) -> Result<Self, Error> {
        let RawGrant { group, role, agency } = raw;
        let bad = |what: &str| {
            let message = format!("group {group:?}: {what}");
            Err(Error::Config { key: "oidc.grants", message })
        };
        match (&agency, group.matches(AGENCY).count()) {
            (None, 1) => {}
            (Some(agency), 0) if Agencies::parse(agency).is_ok() => {}
            (Some(_), 0) => return bad("agency is a-z, 0-9 and -, or * for all"),
            _ => return bad("name its agency, or write {agency} once in the group's name"),
        }
        Ok(Self { group, role, agency })
    }

    /// The agency in which a member of `group` has the role.
    fn agency(&self, group: &str) -> Option<String> {
        if let Some(agency) = &self.agency {
            return (self.group == group).then(|| agency.clone());
        }
        let (before, after) = self.group.split_once(AGENCY)?;
        let name = group.strip_prefix(before)?.strip_suffix(after)?;
        // A group may name an agency, not all of them.
        Agency::new(name).ok().map(|agency| agency.to_string()).filter(|name| name != EVERYWHERE)
    }
}

/// Whether the table could be used, without its files being read.
pub(crate) fn check(raw: &RawOidc) -> Result<(), Error> {
    if !https::may_ask(&raw.issuer) {
        let message = format!("{:?} is not of the form https://host/path", raw.issuer);
        return Err(Error::Config { key: "oidc.issuer", message });
    }
    raw.grants.iter().cloned().try_for_each(|grant| Rule::of(grant).map(drop))
}

impl IdentityProvider {
    pub(crate) fn open(raw: RawOidc) -> Result<Self, Error> {
        let grants = raw.grants.into_iter().map(Rule::of).collect::<Result<Vec<_>, _>>()?;
        let config = oidc::Config {
            issuer: raw.issuer.clone(),
            client_id: raw.client_id,
            client_secret_file: raw.client_secret_file,
            ca_file: raw.ca_file,
            scopes: raw.scopes,
            acr: raw.acr,
        };
        let words = Words { name_claim: raw.name_claim, groups_claim: raw.groups_claim, grants };
        Ok(Self {
            provider: Arc::new(oidc::Provider::open(config)?),
            name: raw.name.into(),
            issuer: raw.issuer.into(),
            words: Arc::new(words),
        })
    }

    /// Whom the provider means, and what he may do here.
    pub(crate) fn vouched(&self, identity: oidc::Identity) -> Result<Vouched, Refusal> {
        let oidc::Identity { subject, sid, claims } = identity;
        let said = claim(&claims, &self.words.name_claim).and_then(Value::as_str);
        // An e-mail address is a name too, and stays one of its own.
        let name = said.unwrap_or_default().trim().to_lowercase().replace('@', ".");
        check_name(&name).map_err(|_| Refusal::BadName)?;
        let shown = claims.get("name").and_then(Value::as_str).unwrap_or(&name);
        let shown: String =
            shown.chars().filter(|c| !c.is_control()).take(DISPLAY_CHARACTERS_MAX).collect();
        let display_name = if shown.trim().is_empty() { name.clone() } else { shown };
        let locale = claims.get("locale").and_then(Value::as_str).unwrap_or_default();
        let language = if locale.starts_with("en") { Language::En } else { Language::Bn };
        let grants = self.words.grants(claim(&claims, &self.words.groups_claim));
        let issuer = self.issuer.to_string();
        Ok(Vouched { issuer, subject, sid, name, display_name, language, grants })
    }
}

impl Words {
    fn grants(&self, groups: Option<&Value>) -> Grants {
        let groups: Vec<&str> = match groups {
            Some(Value::String(group)) => vec![group],
            Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let held = groups.iter().flat_map(|group| {
            self.grants.iter().filter_map(|rule| Some((rule.role, rule.agency(group)?)))
        });
        let parsed = held.filter_map(|(role, agency)| Some((role, Agencies::parse(&agency).ok()?)));
        Grants::new(parsed.collect())
    }
}

/// A claim by its name, or by names joined with dots within objects.
fn claim<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    if let Some(found) = claims.get(path) {
        return Some(found);
    }
    let (first, rest) = path.split_once('.')?;
    claim(claims.get(first)?.as_object()?, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(group: &str, role: Role, agency: Option<&str>) -> Result<Rule, Error> {
        Rule::of(RawGrant { group: group.into(), role, agency: agency.map(Into::into) })
    }

    fn provider() -> IdentityProvider {
        let config = oidc::Config {
            issuer: "https://id.example".into(),
            client_id: "prohori".into(),
            client_secret_file: None,
            ca_file: https::CA_FILE.into(),
            scopes: Vec::new(),
            acr: None,
        };
        let words = Words {
            name_claim: "preferred_username".into(),
            groups_claim: "realm_access.roles".into(),
            grants: vec![
                rule("/soc/{agency}/analysts", Role::Analyst, None).unwrap(),
                rule("cert", Role::NationalAnalyst, Some("*")).unwrap(),
            ],
        };
        IdentityProvider {
            provider: Arc::new(oidc::Provider::open(config).unwrap()),
            name: "Id".into(),
            issuer: "https://id.example".into(),
            words: Arc::new(words),
        }
    }

    #[test]
    fn groups_become_roles() {
        let grants = |groups: Value| {
            let claims = json!({"preferred_username": "R@mof.gov.bd", "name": "রহিমা\u{7}",
                "realm_access": {"roles": groups}});
            let identity = oidc::Identity {
                subject: "1".into(),
                sid: None,
                claims: claims.as_object().unwrap().clone(),
            };
            let vouched = provider().vouched(identity).unwrap();
            assert_eq!(
                (vouched.name.as_str(), vouched.display_name.as_str()),
                ("r.mof.gov.bd", "রহিমা")
            );
            let rows: Vec<String> =
                vouched.grants.rows().map(|(r, a)| format!("{} {a}", r.as_str())).collect();
            rows.join(", ")
        };
        assert_eq!(grants(json!(["/soc/mof/analysts", "other", 7])), "analyst mof");
        assert_eq!(
            grants(json!(["/soc/mof/analysts", "/soc/moe/analysts"])),
            "analyst mof, analyst moe"
        );
        assert_eq!(grants(json!("cert")), "national_analyst *");
        // A group must not name all agencies, nor what is no name of one.
        for groups in
            [json!(["/soc/*/analysts"]), json!(["/soc//analysts"]), json!(["certs"]), json!(null)]
        {
            assert_eq!(grants(groups.clone()), "", "{groups}");
        }
    }

    #[test]
    fn who_has_no_name_is_refused() {
        for name in [json!(""), json!("রহিমা"), json!(null), json!("a b")] {
            let claims = json!({"preferred_username": name});
            let identity = oidc::Identity {
                subject: "1".into(),
                sid: None,
                claims: claims.as_object().unwrap().clone(),
            };
            assert_eq!(provider().vouched(identity).unwrap_err(), Refusal::BadName, "{name}");
        }
    }

    #[test]
    fn a_grant_says_where() {
        for (group, agency, good) in [
            ("soc-{agency}", None, true),
            ("soc", Some("mof"), true),
            ("soc", Some("*"), true),
            ("soc", None, false),
            ("soc", Some("M"), false),
            ("soc-{agency}", Some("mof"), false),
            ("{agency}-{agency}", None, false),
        ] {
            assert_eq!(rule(group, Role::Viewer, agency).is_ok(), good, "{group} {agency:?}");
        }
    }
}
