//! The ways out, opened.

use crate::config::Config;
use crate::mail::Post;
use crate::{Failure, Message, Target, sms, webhook};
use std::time::Duration;
use ureq::Agent;

/// How long one try may take in all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// Carries messages to targets. Blocks.
pub struct Senders {
    pub(crate) config: Config,
    pub(crate) agent: Agent,
    mail: Option<Post>,
}

impl Senders {
    /// Opens the ways out; nothing is connected to yet.
    pub fn open(config: Config) -> Result<Self, Failure> {
        let mail =
            config.mail.as_ref().map(|mail| Post::open(mail, &config.ca_file)).transpose()?;
        let speaks_tls = !config.webhook_hosts.is_empty() || config.sms.is_some();
        let agent = match https::agent(&config.ca_file, PATIENCE) {
            Ok(agent) => agent,
            // Who has no way out by TLS needs no authorities.
            Err(_) if !speaks_tls => https::agent_without_authorities(PATIENCE),
            Err(error) => return Err(Failure::of(error)),
        };
        Ok(Self { config, agent, mail })
    }

    /// What may be asked of it.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Sends once; `secret` signs webhooks, `base` is where the dashboard is reached. It got through
    /// if anybody got it; of the others it is told why not.
    pub fn send(
        &self,
        target: &Target,
        secret: &[u8],
        message: &Message,
        base: &str,
    ) -> Result<Option<Failure>, Failure> {
        // What was let through once may no longer be: the configuration has the last word.
        target.check(&self.config).map_err(|refused| Failure::of(refused.detail))?;
        match (target, &self.mail, &self.config.sms) {
            (Target::Webhook { url }, ..) => {
                webhook::send(&self.agent, url, secret, message, base).map(|()| None)
            }
            (Target::Email { to }, Some(post), _) => post.send(to, message, base),
            (Target::Sms { to }, _, Some(gateway)) => sms::send(&self.agent, gateway, to, message),
            _ => Err(Failure::of("the service has no such way out")),
        }
    }
}

/// Sends to each; a failure only where nobody got it, as another try would reach the others twice.
pub(crate) fn each(
    to: &[String],
    send: impl Fn(&str) -> Result<(), Failure>,
) -> Result<Option<Failure>, Failure> {
    let failed: Vec<String> = to
        .iter()
        .filter_map(|one| send(one).err().map(|error| format!("{one}: {error}")))
        .collect();
    let failure = Failure::of(failed.join("; "));
    match failed.len() {
        0 => Ok(None),
        all if all == to.len() => Err(failure),
        _ => Ok(Some(failure)),
    }
}

/// What an answer of a status other than 2xx comes to.
pub(crate) fn judged(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(), Failure> {
    let answer = answer.map_err(Failure::of)?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(Failure::of(format_args!("it answers {}", answer.status())))
}
