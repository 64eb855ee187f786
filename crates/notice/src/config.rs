//! The `[notice]` table: which ways out there are.

use std::path::PathBuf;

/// Minutes without an event after which the platform is quiet.
const QUIET_MINUTES: u32 = 15;

/// As it is written.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    /// Hosts, with their port where it is not https's, to which webhooks may lead; none: no webhooks.
    pub webhook_hosts: Vec<String>,
    /// PEM file of the authorities of webhooks, mail server and gateway.
    pub ca_file: PathBuf,
    /// Minutes without any event after which that is told.
    pub quiet_minutes: u32,
    /// The mail server.
    pub mail: Option<Mail>,
    /// The gateway for SMS.
    pub sms: Option<Sms>,
}

impl Default for RawConfig {
    fn default() -> Self {
        Self {
            webhook_hosts: Vec::new(),
            ca_file: https::CA_FILE.into(),
            quiet_minutes: QUIET_MINUTES,
            mail: None,
            sms: None,
        }
    }
}

/// How the mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// Begins in the clear and must turn to TLS before anything is said: port 587.
    #[default]
    Starttls,
    /// TLS from the first byte: port 465.
    Tls,
    /// None: only on this machine, or in a net that is trusted.
    None,
}

/// `[notice.mail]`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `host` or `host:port`; the port is 587, 465 or 25 by `tls`.
    pub server: String,
    /// How it is spoken to.
    #[serde(default)]
    pub tls: MailTls,
    /// The sender, such as `SOC <soc@example.gov.bd>`.
    pub from: String,
    /// Who signs in there; nobody where it is left out.
    #[serde(default)]
    pub user: Option<String>,
    /// The file that holds the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

/// How the gateway takes a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsFormat {
    /// A JSON object.
    #[default]
    Json,
    /// A form, as of a web page.
    Form,
}

/// `[notice.sms]`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// Where messages are posted to.
    pub url: String,
    /// How it takes them.
    #[serde(default)]
    pub format: SmsFormat,
    /// The member that names the receiver.
    #[serde(default = "to")]
    pub to_field: String,
    /// The member that holds the text.
    #[serde(default = "text")]
    pub text_field: String,
    /// Members that are always sent, such as the sender's name.
    #[serde(default)]
    pub fields: std::collections::BTreeMap<String, String>,
    /// The file that holds the token, sent as `Authorization: Bearer`.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
}

fn to() -> String {
    "to".into()
}

fn text() -> String {
    "text".into()
}

/// The ways out, as they are used.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Lower case.
    pub(crate) webhook_hosts: Vec<String>,
    pub(crate) ca_file: PathBuf,
    pub(crate) mail: Option<Mail>,
    pub(crate) sms: Option<Sms>,
    quiet_ms: i64,
}

impl Config {
    /// Milliseconds without any event after which that is told.
    pub fn quiet_ms(&self) -> i64 {
        self.quiet_ms
    }
}

impl From<RawConfig> for Config {
    fn from(raw: RawConfig) -> Self {
        Self {
            webhook_hosts: raw.webhook_hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            ca_file: raw.ca_file,
            mail: raw.mail,
            sms: raw.sms,
            quiet_ms: i64::from(raw.quiet_minutes.max(1)) * 60_000,
        }
    }
}
