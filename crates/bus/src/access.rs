//! Who may do what: Kafka's access rules and quotas.
//!
//! A rule takes effect on every broker within moments, also for connections that are open: each
//! request is judged by itself. So to remove a collector's rules is to shut it out.

use crate::wire::{Connection, Reader, Writer};
use crate::{Config, Error};

const DESCRIBE_ACLS: i16 = 29;
const CREATE_ACLS: i16 = 30;
const DELETE_ACLS: i16 = 31;
const ALTER_CLIENT_QUOTAS: i16 = 49;

const TOPIC: i8 = 2;
const LITERAL: i8 = 3;
const ANY: i8 = 1;
const ALLOW: i8 = 3;

/// What may be done with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Fetch its records.
    Read,
    /// Add records; includes to look at it.
    Write,
}

impl Operation {
    fn wire(self) -> i8 {
        match self {
            Self::Read => 3,
            Self::Write => 4,
        }
    }
}

/// Allows `principal` (a user's name, or a certificate's common name) one thing with one topic,
/// from any host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Who.
    pub principal: String,
    /// What it may do.
    pub operation: Operation,
    /// With which topic.
    pub topic: String,
}

/// Adds `rules`; those that are there already stay.
pub fn grant(config: &Config, rules: &[Rule]) -> Result<(), Error> {
    let mut request = Writer::default();
    request.count(rules.len());
    for rule in rules {
        let user = format!("User:{}", rule.principal);
        request.i8(TOPIC).string(&rule.topic).i8(LITERAL);
        request.string(&user).string("*").i8(rule.operation.wire()).i8(ALLOW);
    }
    let answer = Connection::open(config)?.ask("grant access", CREATE_ACLS, 1, &request)?;
    let mut answer = Reader::new(&answer);
    answer.i32()?;
    for _ in 0..answer.count()? {
        answer.outcome("grant access")?;
    }
    Ok(())
}

/// Removes all rules of `principal`; how many there were.
pub fn revoke(config: &Config, principal: &str) -> Result<usize, Error> {
    let what = "revoke access";
    let mut request = Writer::default();
    request.count(1);
    filter(&mut request, principal);
    let answer = Connection::open(config)?.ask(what, DELETE_ACLS, 1, &request)?;
    let mut answer = Reader::new(&answer);
    answer.i32()?;
    let mut removed = 0;
    for _ in 0..answer.count()? {
        answer.outcome(what)?;
        for _ in 0..answer.count()? {
            answer.outcome(what)?;
            let _resource = (answer.i8()?, answer.string()?, answer.i8()?);
            let _rule = (answer.string()?, answer.string()?, answer.i8()?, answer.i8()?);
            removed += 1;
        }
    }
    Ok(removed)
}

/// The rules of `principal`, sorted.
pub fn rules(config: &Config, principal: &str) -> Result<Vec<Rule>, Error> {
    let what = "list access rules";
    let mut request = Writer::default();
    filter(&mut request, principal);
    let answer = Connection::open(config)?.ask(what, DESCRIBE_ACLS, 1, &request)?;
    let mut answer = Reader::new(&answer);
    answer.i32()?;
    answer.outcome(what)?;
    let mut rules = Vec::new();
    for _ in 0..answer.count()? {
        let (resource, topic, _pattern) = (answer.i8()?, answer.string()?, answer.i8()?);
        for _ in 0..answer.count()? {
            let (_principal, _host) = (answer.string()?, answer.string()?);
            let (operation, permission) = (answer.i8()?, answer.i8()?);
            let operation = [Operation::Read, Operation::Write]
                .into_iter()
                .find(|known| known.wire() == operation);
            if let (TOPIC, ALLOW, Some(operation), Some(topic)) =
                (resource, permission, operation, &topic)
            {
                let (principal, topic) = (principal.to_owned(), topic.clone());
                rules.push(Rule { principal, operation, topic });
            }
        }
    }
    rules.sort();
    Ok(rules)
}

/// Every rule for a topic that allows `principal` something.
fn filter(request: &mut Writer, principal: &str) {
    let user = format!("User:{principal}");
    request.i8(TOPIC).nullable(None).i8(ANY).nullable(Some(&user)).nullable(None).i8(ANY).i8(ANY);
}

/// Lets `principal` send at most so many bytes a second to each broker, which then answers later
/// rather than refuse; `None` removes the limit.
pub fn limit(config: &Config, principal: &str, bytes_per_second: Option<u32>) -> Result<(), Error> {
    let what = "set a quota";
    let mut request = Writer::default();
    request.count(1).count(1).string("user").nullable(Some(principal));
    request.count(1).string("producer_byte_rate");
    request.f64(bytes_per_second.unwrap_or_default().into());
    request.i8(i8::from(bytes_per_second.is_none())).i8(0);
    let answer = Connection::open(config)?.ask(what, ALTER_CLIENT_QUOTAS, 0, &request)?;
    let mut answer = Reader::new(&answer);
    answer.i32()?;
    for _ in 0..answer.count()? {
        answer.outcome(what)?;
        for _ in 0..answer.count()? {
            let _entity = (answer.string()?, answer.string()?);
        }
    }
    Ok(())
}
