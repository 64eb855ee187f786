//! The event behind an alert, as far as the alert tells of it.

use crate::group::group_uid;
use crate::json::{Member, get, members, unquoted};
use crate::risk::criticality;
use detect::Json;
use std::borrow::Cow;

/// An event that a rule matched: its text, and where the parts lie that an alert repeats.
#[derive(Debug)]
pub struct Source<'e> {
    /// Its text, or a lossy copy of it.
    text: Cow<'e, str>,
    /// Its members, if it is JSON to the letter.
    root: Option<Vec<Member>>,
    /// The event as the engine reads it, where it is no such JSON.
    lenient: Option<Json>,
    /// Those of its metadata, within its own text.
    metadata: Vec<Member>,
}

impl<'e> Source<'e> {
    /// Reads the event's bytes.
    pub fn new(bytes: &'e [u8]) -> Self {
        Self::of(String::from_utf8_lossy(bytes))
    }

    /// Reads an event's text.
    pub(crate) fn of(text: Cow<'e, str>) -> Self {
        let root = members(&text);
        let metadata = get(&text, root.as_deref().unwrap_or_default(), "metadata");
        let metadata = metadata.and_then(members).unwrap_or_default();
        let lenient = || Json::parse(text.as_bytes()).ok();
        let lenient = if root.is_some() { None } else { lenient() };
        Self { text, root, lenient, metadata }
    }

    /// The event's text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the event is JSON to the letter.
    pub(crate) fn is_json(&self) -> bool {
        self.root.is_some()
    }

    /// The JSON of a member of the event, where it is no null.
    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        get(&self.text, self.root.as_deref()?, name)
    }

    /// The JSON of a member of the event's metadata, where it is no null.
    pub(crate) fn metadata(&self, name: &str) -> Option<&str> {
        get(self.part("metadata")?, &self.metadata, name)
    }

    /// The text at a path of members, where it is a text that is not empty.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        let (first, rest) = path.split_first()?;
        let value = rest
            .iter()
            .try_fold(self.part(first)?, |object, name| get(object, &members(object)?, name))?;
        unquoted(value).filter(|text| !text.is_empty())
    }

    /// The event's id; one made of its text where it has none.
    pub fn uid(&self) -> Cow<'_, str> {
        let own = self.metadata("uid").and_then(unquoted).filter(|uid| !uid.is_empty());
        own.unwrap_or_else(|| {
            format!("{:032x}", xxhash_rust::xxh3::xxh3_128(self.text.as_bytes())).into()
        })
    }

    /// When it happened, in milliseconds since the epoch.
    pub fn time(&self) -> i64 {
        self.part("time").and_then(|time| time.parse().ok()).unwrap_or_default()
    }

    /// When the collector read it, which what a log says of itself cannot change; else when it
    /// happened. By this time exceptions end.
    pub fn seen(&self) -> i64 {
        let logged = self.scalar("metadata.logged_time", self.metadata("logged_time"));
        let time = || self.scalar("time", self.part("time"));
        let whole = |text: Cow<'_, str>| text.parse().ok();
        logged.and_then(whole).or_else(|| time().and_then(whole)).unwrap_or_default()
    }

    /// Whose event it is, if it says so.
    pub fn agency(&self) -> Option<Cow<'_, str>> {
        self.scalar("metadata.tenant_uid", self.metadata("tenant_uid"))
    }

    /// The text of a scalar, from its JSON or by its path in an event that is none.
    fn scalar<'s>(&'s self, path: &str, json: Option<&'s str>) -> Option<Cow<'s, str>> {
        match &self.lenient {
            Some(event) => event.at(path).and_then(Json::text).map(Cow::Borrowed),
            None => json.map(|json| unquoted(json).unwrap_or(Cow::Borrowed(json))),
        }
    }

    /// How much depends on the host, the user or the acting account, where enrichment has said so.
    pub(crate) fn criticality(&self) -> Option<u64> {
        criticality(["device", "user", "actor"].iter().filter_map(|part| self.part(part)))
    }

    /// What the event is about, for people: the host, else the address, else the account.
    pub(crate) fn thing(&self) -> Option<Cow<'_, str>> {
        self.host().or_else(|| self.address()).or_else(|| self.user())
    }

    /// The id of the group of an alert of `rule` about this event, or about `thing` where it is not
    /// about the event's own.
    pub(crate) fn group(&self, rule: &str, thing: &[&str], time: i64) -> String {
        let (agency, own) = (self.agency(), self.thing());
        let agency = agency.as_deref().unwrap_or("local");
        match thing.iter().any(|value| !value.is_empty()) {
            true => group_uid(rule, agency, thing, time),
            false => group_uid(rule, agency, &[own.as_deref().unwrap_or_default()], time),
        }
    }

    pub(crate) fn host(&self) -> Option<Cow<'_, str>> {
        self.text_at(&["device", "hostname"]).or_else(|| self.text_at(&["device", "name"]))
    }

    pub(crate) fn user(&self) -> Option<Cow<'_, str>> {
        const PLACES: [&[&str]; 4] = [
            &["user", "name"],
            &["actor", "user", "name"],
            &["process", "user", "name"],
            &["actor", "process", "user", "name"],
        ];
        PLACES.iter().find_map(|place| self.text_at(place))
    }

    pub(crate) fn address(&self) -> Option<Cow<'_, str>> {
        self.text_at(&["src_endpoint", "ip"])
    }
}
