//! Configuration of the service: the raw TOML and what it becomes once checked.

use crate::accounts::SessionLimits;
use crate::rate::Rates;
use crate::{Error, Role};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The dashboard's port where none is configured.
const PORT: u16 = 8088;
const MINUTE_MS: i64 = 60_000;

/// The TOML file as written.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    /// Where users, sessions and the audit log live.
    pub data_dir: PathBuf,
    /// Kafka, for the ledger.
    pub bus: bus::Config,
    /// ClickHouse.
    pub store: store::RawConfig,
    /// Folders of rules, as git has them: taken in as they change, and given to the detectors.
    #[serde(default)]
    pub rules: Vec<PathBuf>,
    /// The values of `%placeholders%` in rules, as detectors have them.
    #[serde(default)]
    pub placeholders: sigma::Placeholders,
    /// The web server.
    #[serde(default)]
    pub http: RawHttp,
    /// Sessions.
    #[serde(default)]
    pub session: RawSession,
    /// Codes beside the password.
    #[serde(default)]
    pub second_factor: RawSecondFactor,
    /// How much one caller may ask for.
    #[serde(default)]
    pub rate: Rates,
    /// The ways out, for messages about alerts.
    #[serde(default)]
    pub notice: notice::RawConfig,
    /// The identity provider at which people may sign in.
    #[serde(default)]
    pub oidc: Option<RawOidc>,
    /// TAXII servers that feeds of indicators are read from.
    #[serde(default)]
    pub taxii: Vec<taxii::Config>,
}

/// The `[http]` table.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawHttp {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Origins under which browsers reach the dashboard, such as `https://soc.example`, besides
    /// the loopback ones of `listen`.
    pub origins: Vec<String>,
    /// Certificate and key; with them it serves https alone.
    pub tls: Option<tls::Files>,
}

impl Default for RawHttp {
    fn default() -> Self {
        Self { listen: (Ipv4Addr::LOCALHOST, PORT).into(), origins: Vec::new(), tls: None }
    }
}

/// The `[session]` table.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawSession {
    /// A session without a request ends after this many minutes.
    pub idle_minutes: u32,
    /// Every session ends after this many minutes: a shift and its handover.
    pub absolute_minutes: u32,
}

impl Default for RawSession {
    fn default() -> Self {
        Self { idle_minutes: 60, absolute_minutes: 12 * 60 }
    }
}

/// The `[second_factor]` table.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawSecondFactor {
    /// Whoever holds one of these roles must have a second factor.
    pub roles: Vec<Role>,
}

/// The `[oidc]` table.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOidc {
    /// What people call the provider: it stands on the button.
    pub name: String,
    /// The issuer's URL, as its tokens name it; http on this machine alone.
    pub issuer: String,
    /// The dashboard's name there.
    pub client_id: String,
    /// The file that holds the dashboard's secret there; a public client has none.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// PEM file of the authorities that the provider's certificate is judged by.
    #[serde(default = "ca_file")]
    pub ca_file: PathBuf,
    /// What is asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// How strongly people must prove themselves there, as the provider names it.
    #[serde(default)]
    pub acr: Option<String>,
    /// The claim that is the user's name here.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// The claim that lists the groups; dots lead into objects.
    #[serde(default = "groups_claim")]
    pub groups_claim: String,
    /// What members of groups are here.
    #[serde(default)]
    pub grants: Vec<RawGrant>,
}

/// One of `[[oidc.grants]]`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawGrant {
    /// The group; `{agency}` in it stands for an agency's name.
    pub group: String,
    /// The role of its members.
    pub role: Role,
    /// Where they have it, `*` for every agency; none where the group's name says.
    #[serde(default)]
    pub agency: Option<String>,
}

fn ca_file() -> PathBuf {
    https::CA_FILE.into()
}

fn scopes() -> Vec<String> {
    ["profile", "email"].map(String::from).into()
}

fn name_claim() -> String {
    "preferred_username".into()
}

fn groups_claim() -> String {
    "groups".into()
}

/// The checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where users, sessions and the audit log live.
    pub data_dir: PathBuf,
    /// Kafka, for the ledger.
    pub bus: bus::Config,
    /// ClickHouse.
    pub store: store::Config,
    /// Folders of rules.
    pub rules: Vec<PathBuf>,
    /// The values of `%placeholders%` in rules.
    pub placeholders: sigma::Placeholders,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Origins of the dashboard besides the loopback ones.
    pub origins: Vec<Origin>,
    /// Certificate and key, where it serves https.
    pub tls: Option<tls::Files>,
    /// How long a session lives.
    pub session: SessionLimits,
    /// Roles that ask for a second factor.
    pub second_factor: Vec<Role>,
    /// How much one caller may ask for.
    pub rate: Rates,
    /// The ways out, for messages about alerts.
    pub notice: notice::Config,
    /// The identity provider.
    pub oidc: Option<RawOidc>,
    /// TAXII servers.
    pub taxii: Vec<taxii::Config>,
}

/// Scheme and authority under which browsers reach the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whether the scheme is https.
    pub secure: bool,
    /// Host and, where it is not the scheme's own, port; lower case.
    pub authority: String,
}

impl Origin {
    /// Reads `https://host` or `http://host:port`.
    pub fn parse(text: &str) -> Option<Self> {
        let (secure, authority) = match text.split_once("://")? {
            ("https", authority) => (true, authority),
            ("http", authority) => (false, authority),
            _ => return None,
        };
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b);
        let valid = !authority.is_empty() && authority.bytes().all(legal);
        valid.then(|| Self { secure, authority: authority.to_ascii_lowercase() })
    }

    /// As it is written.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.authority)
    }

    /// The origins of a server that listens on `address`, by https where it is `secure`.
    pub(crate) fn of_listener(address: SocketAddr, secure: bool) -> Vec<Self> {
        let port = address.port();
        let mut hosts = vec![address.ip().to_string()];
        if address.is_ipv6() {
            hosts[0] = format!("[{}]", address.ip());
        }
        if address.ip().is_loopback() || address.ip().is_unspecified() {
            hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(String::from));
        }
        let usual = if secure { 443 } else { 80 };
        let origin = |host: String| {
            let authority = if port == usual { host } else { format!("{host}:{port}") };
            Self { secure, authority }
        };
        hosts.into_iter().map(origin).collect()
    }
}

impl TryFrom<RawConfig> for Config {
    type Error = Error;

    fn try_from(raw: RawConfig) -> Result<Self, Error> {
        let origin = |text: &String| {
            Origin::parse(text).ok_or_else(|| Error::Config {
                key: "http.origins",
                message: format!("{text:?} is not of the form https://host or http://host:port"),
            })
        };
        let session = SessionLimits {
            idle_ms: i64::from(raw.session.idle_minutes) * MINUTE_MS,
            absolute_ms: i64::from(raw.session.absolute_minutes) * MINUTE_MS,
        };
        if session.idle_ms == 0 || session.absolute_ms < session.idle_ms {
            return Err(Error::Config {
                key: "session",
                message: "idle_minutes is at least 1 and at most absolute_minutes".into(),
            });
        }
        raw.oidc.as_ref().map(crate::provider::check).transpose()?;
        // Who signs in there is not asked for a code here.
        let lax = raw.oidc.as_ref().is_some_and(|oidc| oidc.acr.is_none());
        if lax && !raw.second_factor.roles.is_empty() {
            return Err(Error::Config {
                key: "oidc.acr",
                message:
                    "roles ask for a second factor, and the provider must: say how it names that"
                        .into(),
            });
        }
        for (at, server) in raw.taxii.iter().enumerate() {
            let twice = raw.taxii[..at].iter().any(|other| other.name == server.name);
            let wrong = server.check().err();
            if let Some(what) = wrong.or_else(|| twice.then(|| "stands there twice".to_owned())) {
                let message = format!("{:?}: {what}", server.name);
                return Err(Error::Config { key: "taxii", message });
            }
        }
        Ok(Self {
            data_dir: raw.data_dir,
            bus: raw.bus,
            store: raw.store.try_into()?,
            rules: raw.rules,
            placeholders: raw.placeholders,
            listen: raw.http.listen,
            origins: raw.http.origins.iter().map(origin).collect::<Result<_, _>>()?,
            tls: raw.http.tls,
            session,
            second_factor: raw.second_factor.roles,
            rate: raw.rate.checked()?,
            notice: raw.notice.into(),
            oidc: raw.oidc,
            taxii: raw.taxii,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        let check = |text: &str, expected: Option<(bool, &str)>| {
            let got = Origin::parse(text);
            assert_eq!(got.as_ref().map(|o| (o.secure, o.authority.as_str())), expected, "{text}");
        };
        check("https://SOC.example", Some((true, "soc.example")));
        check("http://[::1]:8088", Some((false, "[::1]:8088")));
        check("https://soc.example/", None);
        check("ftp://soc.example", None);
        check("soc.example", None);
        check("https://", None);
        check("https://a@b", None);
    }

    #[test]
    fn a_loopback_listener_has_its_names() {
        for (address, secure, usual) in [
            ("127.0.0.1:8088", false, false),
            ("127.0.0.1:80", false, true),
            ("127.0.0.1:8443", true, false),
            ("127.0.0.1:443", true, true),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            let origins = Origin::of_listener(address, secure);
            let port = if usual { String::new() } else { format!(":{}", address.port()) };
            let names = ["127.0.0.1", "localhost", "[::1]"];
            let expected = names.map(|host| Origin { secure, authority: format!("{host}{port}") });
            assert!(expected.iter().all(|origin| origins.contains(origin)), "{origins:?}");
            assert!(origins.iter().all(|origin| expected.contains(origin)), "{origins:?}");
        }
    }
}
