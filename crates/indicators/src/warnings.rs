//! Lists of what is often reported by mistake: an indicator that is on one is left out.

use crate::{Error, Value, special};
use cidr::{Net, Ranges};
use serde::Deserialize;
use std::collections::HashMap;

/// Warning lists, beside the special addresses that are built in.
#[derive(Debug, Default)]
pub struct Warnings {
    lists: Vec<String>,
    nets: Vec<(Net, (Net, u32))>,
    ranges: Ranges<(Net, u32)>,
    exact: HashMap<Value, u32>,
    /// Domains whose subdomains are meant too.
    under: HashMap<String, u32>,
}

/// A list in MISP's form.
#[derive(Deserialize)]
struct List {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    list: Vec<String>,
}

impl Warnings {
    /// No lists: only what is built in.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a file: MISP's warning list JSON, or one entry a line. Says how many entries were taken
    /// and how many were not; lists of regular expressions and of parts of texts are not used.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<(usize, usize), Error> {
        let number = self.lists.len() as u32;
        let (taken, left) = if bytes.trim_ascii_start().starts_with(b"{") {
            let list: List = super::read::parse_json(file, bytes)?;
            self.lists.push(list.name);
            match list.kind.as_str() {
                "cidr" | "hostname" | "string" => self.entries(list.list.iter(), number),
                _ => (0, list.list.len()),
            }
        } else {
            let text = super::read::utf8(file, bytes)?;
            self.lists.push(file.rsplit('/').next().unwrap_or(file).to_owned());
            let lines = text.lines().map(|line| line.split('#').next().unwrap_or(line).trim());
            self.entries(lines.filter(|line| !line.is_empty()), number)
        };
        self.ranges = Ranges::new(self.nets.clone());
        Ok((taken, left))
    }

    fn entries(
        &mut self,
        entries: impl Iterator<Item = impl AsRef<str>>,
        list: u32,
    ) -> (usize, usize) {
        let (mut taken, mut left) = (0, 0);
        for entry in entries {
            let entry = entry.as_ref();
            match Value::guess(entry) {
                Some(Value::Net(net)) => self.nets.push((net, (net, list))),
                Some(Value::Domain(domain)) if entry.starts_with('.') => {
                    self.under.insert(domain, list);
                }
                Some(value) => {
                    self.exact.insert(value, list);
                }
                None => {
                    left += 1;
                    continue;
                }
            }
            taken += 1;
        }
        (taken, left)
    }

    /// Why `value` is left out.
    pub fn reason(&self, value: &Value) -> Option<&str> {
        let list = |number: &u32| self.lists.get(*number as usize).map(String::as_str);
        match value {
            Value::Net(net) => special::reason(*net).or_else(|| {
                // A network is left out when the list has all of it.
                let first = match *net {
                    Net::V4(first, _) => first.into(),
                    Net::V6(first, _) => first.into(),
                };
                let (listed, number) = self.ranges.get(first)?;
                listed.contains(*net).then(|| list(number)).flatten()
            }),
            Value::Domain(domain) => special::domain_reason(domain)
                .or_else(|| self.exact.get(value).and_then(list))
                .or_else(|| {
                    let parents = domain.match_indices('.').map(|(at, _)| &domain[at + 1..]);
                    let mut all = std::iter::once(domain.as_str()).chain(parents);
                    all.find_map(|name| self.under.get(name).and_then(list))
                }),
            _ => self.exact.get(value).and_then(list),
        }
    }
}
