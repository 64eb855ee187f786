//! Where a message goes.

use crate::Config;
use lettre::Address;

/// People or numbers that one channel reaches.
const PEOPLE_MAX: usize = 20;
const URL_BYTES_MAX: usize = 2_000;

/// Where a channel leads.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// A POST of JSON, signed.
    Webhook {
        /// `https://…`, of a host that the configuration names.
        url: String,
    },
    /// A mail to each.
    Email {
        /// Addresses, at most 20.
        to: Vec<String>,
    },
    /// A short message to each, by the gateway.
    Sms {
        /// Numbers with their country, such as `+8801712345678`, at most 20.
        to: Vec<String>,
    },
}

/// A target that cannot be one.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The member.
    pub field: &'static str,
    /// What is wrong, and what would do.
    pub detail: String,
}

impl Target {
    /// Whether messages could go there.
    pub fn check(&self, config: &Config) -> Result<(), Refused> {
        match self {
            Self::Webhook { url } => {
                let refused = |detail: String| Refused { field: "url", detail };
                let host = webhook_host(url).map_err(|why| refused(why.into()))?;
                if config.webhook_hosts.contains(&host) {
                    return Ok(());
                }
                let detail = format!("{host} is not among [notice] webhook_hosts of the service");
                Err(refused(detail))
            }
            Self::Email { to } => {
                people(to, "an address such as soc@example.gov.bd", |address| {
                    address.parse::<Address>().is_ok()
                })?;
                reachable(config.mail.is_some(), "[notice.mail]")
            }
            Self::Sms { to } => {
                people(to, "a number such as +8801712345678", is_number)?;
                reachable(config.sms.is_some(), "[notice.sms]")
            }
        }
    }

    /// Its kind, as it is written.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Email { .. } => "email",
            Self::Sms { .. } => "sms",
        }
    }
}

fn people(to: &[String], such_as: &str, legal: impl Fn(&str) -> bool) -> Result<(), Refused> {
    let refused = |detail| Err(Refused { field: "to", detail });
    if to.is_empty() || to.len() > PEOPLE_MAX {
        return refused(format!("1 to {PEOPLE_MAX}"));
    }
    match to.iter().find(|one| !legal(one)) {
        Some(wrong) => refused(format!("{wrong:?} is not {such_as}")),
        None => Ok(()),
    }
}

fn reachable(is: bool, table: &str) -> Result<(), Refused> {
    if is {
        return Ok(());
    }
    Err(Refused { field: "kind", detail: format!("the service has no {table}") })
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Host and, where it is written, port; in the clear only to this machine.
fn webhook_host(url: &str) -> Result<String, &'static str> {
    if url.len() > URL_BYTES_MAX || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a URL of at most 2,000 characters, without spaces");
    }
    let (scheme, rest) = url.split_once("://").ok_or("a URL begins with https://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].to_ascii_lowercase();
    // What stands before an @ could be taken for the host by a reader.
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(legal) {
        return Err("the URL's host is a name or an address, with a port if need be");
    }
    let is_here = ["127.0.0.1", "localhost", "[::1]"].iter().any(|own| {
        host == *own || host.strip_prefix(own).is_some_and(|rest| rest.starts_with(':'))
    });
    match scheme {
        "https" => Ok(host),
        "http" if is_here => Ok(host),
        _ => Err("a URL begins with https://, as what is sent is nobody else's"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_checked() {
        let mut config = Config::default();
        let webhook = |url: &str| Target::Webhook { url: url.into() };
        let email =
            |to: &[&str]| Target::Email { to: to.iter().map(ToString::to_string).collect() };
        let sms = |to: &[&str]| Target::Sms { to: to.iter().map(ToString::to_string).collect() };
        config.webhook_hosts = vec!["chat.example".into(), "127.0.0.1:9".into(), "x:8443".into()];
        for good in ["https://chat.example/hook?a=b", "https://CHAT.example", "http://127.0.0.1:9/"]
        {
            assert_eq!(webhook(good).check(&config), Ok(()), "{good}");
        }
        for bad in [
            "chat.example",
            "http://chat.example",
            "https://other.example",
            "https://a@chat.example",
            "https://chat.example:444",
            "https://",
            "ftp://chat.example",
            "https://chat.example/a b",
            "https://chat.example.evil",
            "http://127.0.0.1.evil:9",
        ] {
            assert_eq!(webhook(bad).check(&config).unwrap_err().field, "url", "{bad}");
        }
        assert_eq!(email(&["soc@example.gov.bd"]).check(&config).unwrap_err().field, "kind");
        assert_eq!(sms(&["+8801712345678"]).check(&config).unwrap_err().field, "kind");
        for target in [
            email(&[]),
            email(&["soc"]),
            email(&["a@b.c\r\nBcc: x@y.z"]),
            sms(&["01712345678"]),
            sms(&["+88"]),
        ] {
            assert_eq!(target.check(&config).unwrap_err().field, "to", "{target:?}");
        }
    }
}
