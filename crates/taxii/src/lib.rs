//! A client of TAXII 2.1 (OASIS): the collections of an API root, and their objects page by page.

mod config;
mod envelope;

pub use config::{Config, Credentials};
pub use envelope::{Collection, Page};

use envelope::{Collections, Head};
use std::time::Duration;
use ureq::Agent;

/// How long one request may take in all: a page of a collection may be large and a link thin.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest answer.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How many objects are asked for at a time; a server may give fewer.
const PAGE_OBJECTS: usize = 1_000;
/// What is asked for: indicators, who made them, and how widely they may be told of.
const TYPES: &str = "indicator,identity,marking-definition";
/// TAXII 2.1, section 1.6.8.
const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";

/// Why a server could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be used.
    #[error("[[taxii]] {server:?}: {what}")]
    Config {
        /// The server's name.
        server: String,
        /// What is wrong, and what would do.
        what: String,
    },
    /// The server did not answer as it should.
    #[error("{server} at {path}: {what}")]
    Answer {
        /// The server's name.
        server: String,
        /// What was asked for.
        path: String,
        /// Why not.
        what: String,
    },
}

/// A server that is asked. Every call blocks.
#[derive(Debug)]
pub struct Server {
    name: String,
    /// The URL of the API root, with a slash at its end.
    root: String,
    authorization: Option<String>,
    agent: Agent,
}

/// Where a read of a collection goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct From {
    /// Objects that were added after this time, as the server writes times.
    pub added_after: Option<String>,
    /// Within that the page that the server named.
    pub next: Option<String>,
}

impl Server {
    /// Reads the secrets; nothing is connected to yet.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let failed = |what| Error::Config { server: config.name.clone(), what };
        let authorization = config.credentials().map_err(failed)?.map(|known| known.header());
        let agent = https::agent(&config.ca_file, PATIENCE).map_err(|e| failed(e.to_string()))?;
        let root = format!("{}/", config.api_root.trim_end_matches('/'));
        Ok(Self { name: config.name.clone(), root, authorization, agent })
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The collections of the API root that may be read.
    pub fn collections(&self) -> Result<Vec<Collection>, Error> {
        let (_, body) = self.ask("collections/", "")?;
        let known: Collections = self.read("collections/", &body)?;
        Ok(known.collections.into_iter().filter(|collection| collection.can_read).collect())
    }

    /// A page of a collection's objects.
    pub fn page(&self, collection: &str, from: &From) -> Result<Page, Error> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &PAGE_OBJECTS.to_string());
        query.append_pair("match[type]", TYPES);
        let both = [("added_after", &from.added_after), ("next", &from.next)];
        for (name, value) in both.into_iter().filter_map(|(n, v)| Some((n, v.as_ref()?))) {
            query.append_pair(name, value);
        }
        let path = format!("collections/{collection}/objects/");
        let (headers, objects) = self.ask(&path, &query.finish())?;
        let head: Head = self.read(&path, &objects)?;
        let last = headers.get("x-taxii-date-added-last");
        let added_last = last.and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Page { objects, next: head.next.filter(|_| head.more), more: head.more, added_last })
    }

    fn ask(&self, path: &str, query: &str) -> Result<(ureq::http::HeaderMap, Vec<u8>), Error> {
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{mark}{query}", self.root);
        let mut request = self.agent.get(&url).header("Accept", MEDIA_TYPE);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        https::body(request.call(), ANSWER_BYTES_MAX).map_err(|what| self.failed(path, what))
    }

    fn read<'b, T: serde::Deserialize<'b>>(&self, path: &str, body: &'b [u8]) -> Result<T, Error> {
        serde_json::from_slice(body)
            .map_err(|error| self.failed(path, format!("no answer of TAXII 2.1: {error}")))
    }

    fn failed(&self, path: &str, what: String) -> Error {
        Error::Answer { server: self.name.clone(), path: path.to_owned(), what }
    }
}

#[cfg(test)]
mod tests;
