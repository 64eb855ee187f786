//! The gateway that carries short messages: one request a number.

use crate::config::{Sms, SmsFormat};
use crate::senders::{each, judged};
use crate::{Failure, Message};
use std::collections::BTreeMap;
use ureq::Agent;

pub(crate) fn send(
    agent: &Agent,
    gateway: &Sms,
    to: &[String],
    message: &Message,
) -> Result<Option<Failure>, Failure> {
    let text = message.short();
    let token = gateway.token_file.as_ref().map(std::fs::read_to_string).transpose();
    let token = token.map_err(|error| Failure::of(format_args!("the token's file: {error}")))?;
    each(to, |number| {
        let (kind, body) = body(gateway, number, &text);
        let mut request = agent.post(&gateway.url).header("Content-Type", kind);
        if let Some(token) = &token {
            request = request.header("Authorization", format!("Bearer {}", token.trim()));
        }
        judged(request.send(&body))
    })
}

fn body(gateway: &Sms, to: &str, text: &str) -> (&'static str, String) {
    let own = [(gateway.to_field.as_str(), to), (gateway.text_field.as_str(), text)];
    let fields = gateway.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let members: BTreeMap<&str, &str> = fields.chain(own).collect();
    match gateway.format {
        SmsFormat::Json => ("application/json", serde_json::json!(members).to_string()),
        SmsFormat::Form => {
            let form =
                form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
            ("application/x-www-form-urlencoded", form)
        }
    }
}
