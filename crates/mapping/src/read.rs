//! From a table's YAML to its entries.

use crate::entry::{Entry, When};
use crate::event_map::Alias;
use crate::{As, Error, Field, Fixed, LogSource, Served};
use yaml::{Kind, Node, Position};

/// Reads one table; `file` is for errors.
pub(crate) fn read(file: &str, text: &str) -> Result<Vec<Entry>, Error> {
    let documents =
        yaml::documents(text).map_err(|source| Error::Yaml { file: file.to_owned(), source })?;
    let reader = Reader { file };
    let mut entries = Vec::new();
    for document in &documents {
        for node in reader.list(document)? {
            entries.push(reader.entry(node)?);
        }
    }
    Ok(entries)
}

struct Reader<'a> {
    file: &'a str,
}

impl Reader<'_> {
    fn bad<T>(&self, at: Position, what: impl Into<String>) -> Result<T, Error> {
        Err(Error::Form { file: self.file.to_owned(), at, what: what.into() })
    }

    fn list<'n>(&self, node: &'n Node) -> Result<&'n [Node], Error> {
        match node.as_list() {
            Some(items) => Ok(items),
            None => self.bad(node.at, format!("expected a list, found {}", node.what())),
        }
    }

    fn map<'n>(&self, node: &'n Node) -> Result<&'n [yaml::Entry], Error> {
        match node.as_map() {
            Some(entries) => Ok(entries),
            None => self.bad(node.at, format!("expected a map, found {}", node.what())),
        }
    }

    fn text(&self, node: &Node) -> Result<String, Error> {
        match node.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => self.bad(node.at, format!("expected text, found {}", node.what())),
        }
    }

    fn texts(&self, node: &Node) -> Result<Vec<String>, Error> {
        node.items().iter().map(|item| self.text(item)).collect()
    }

    fn number(&self, node: &Node) -> Result<u32, Error> {
        match node.as_str().and_then(|text| text.parse().ok()) {
            Some(number) => Ok(number),
            None => self.bad(node.at, "expected a number from 0"),
        }
    }

    fn entry(&self, node: &Node) -> Result<Entry, Error> {
        let mut entry = Entry {
            file: self.file.to_owned(),
            line: node.at.line,
            when: When::default(),
            class_uid: None,
            activity_id: None,
            set: Vec::new(),
            log_sources: Vec::new(),
            fields: Vec::new(),
            sigma: Vec::new(),
            natives: Vec::new(),
        };
        for pair in self.map(node)? {
            let value = &pair.value;
            match pair.key.as_str() {
                "when" => entry.when = self.when(value)?,
                "class_uid" => entry.class_uid = Some(self.number(value)?),
                "activity_id" => entry.activity_id = Some(self.number(value)?),
                "logsources" => {
                    entry.log_sources = self
                        .list(value)?
                        .iter()
                        .map(|n| self.served(n))
                        .collect::<Result<_, _>>()?;
                }
                "set" => {
                    for pair in self.map(value)? {
                        entry.set.push((pair.key.clone(), self.fixed(&pair.value)?));
                    }
                }
                "fields" => {
                    for pair in self.map(value)? {
                        let field = self.field(&pair.key, &pair.value)?;
                        if let Some(other) = entry.fields.iter().find(|f| f.path == field.path) {
                            let what =
                                format!("{} and {} share a path", other.native, field.native);
                            return self.bad(pair.at, what);
                        }
                        entry.fields.push(field);
                    }
                }
                "sigma" => {
                    for pair in self.map(value)? {
                        entry.sigma.push((pair.key.clone(), self.alias(&pair.value)?));
                    }
                }
                "natives" => {
                    let names = self.texts(value)?;
                    entry.natives = names.iter().map(|name| name.replace(' ', "")).collect();
                }
                key => {
                    let known =
                        "when, logsources, class_uid, activity_id, set, fields, sigma, natives";
                    return self.bad(pair.at, format!("unknown key {key:?}; known are {known}"));
                }
            }
        }
        if entry.when == When::default() {
            return self.bad(node.at, "an entry needs a `when`");
        }
        Ok(entry)
    }

    fn when(&self, node: &Node) -> Result<When, Error> {
        let mut when = When::default();
        for pair in self.map(node)? {
            let slot = match pair.key.as_str() {
                "log_name" => &mut when.log_name,
                "event_code" => &mut when.event_code,
                "log_provider" => &mut when.log_provider,
                "log_source" => &mut when.log_source,
                "class_uid" => &mut when.class_uid,
                key => {
                    let known = "log_name, event_code, log_provider, log_source, class_uid";
                    return self.bad(pair.at, format!("cannot compare {key:?}; known are {known}"));
                }
            };
            *slot = self.texts(&pair.value)?;
        }
        Ok(when)
    }

    fn served(&self, node: &Node) -> Result<Served, Error> {
        let mut served = Served { source: LogSource::default(), conditions: Vec::new() };
        for pair in self.map(node)? {
            match pair.key.as_str() {
                "product" => served.source.product = Some(self.text(&pair.value)?),
                "category" => served.source.category = Some(self.text(&pair.value)?),
                "service" => served.source.service = Some(self.text(&pair.value)?),
                "if" => {
                    for pair in self.map(&pair.value)? {
                        served.conditions.push((pair.key.clone(), self.texts(&pair.value)?));
                    }
                }
                key => {
                    let known = "product, category, service, if";
                    return self.bad(pair.at, format!("unknown key {key:?}; known are {known}"));
                }
            }
        }
        Ok(served)
    }

    fn fixed(&self, node: &Node) -> Result<Fixed, Error> {
        let text = self.text(node)?;
        let plain = node.as_scalar().is_some_and(|scalar| scalar.plain);
        Ok(match text.parse() {
            Ok(number) if plain => Fixed::Int(number),
            _ => Fixed::Text(text),
        })
    }

    fn field(&self, native: &str, node: &Node) -> Result<Field, Error> {
        let native = native.replace(' ', "");
        let mut field = Field { native, path: String::new(), convert: As::Text, base: None };
        if !matches!(node.kind, Kind::Map(_)) {
            field.path = self.text(node)?;
            return Ok(field);
        }
        for pair in self.map(node)? {
            match pair.key.as_str() {
                "path" => field.path = self.text(&pair.value)?,
                "base" => field.base = Some(self.text(&pair.value)?),
                "as" => field.convert = self.conversion(&pair.value)?,
                key => {
                    return self
                        .bad(pair.at, format!("unknown key {key:?}; known are path, as, base"));
                }
            }
        }
        match field.path.is_empty() {
            true => self.bad(node.at, "a field needs a `path`"),
            false => Ok(field),
        }
    }

    fn conversion(&self, node: &Node) -> Result<As, Error> {
        Ok(match self.text(node)?.as_str() {
            "text" => As::Text,
            "int" => As::Int,
            "ip" => As::Ip,
            "time" => As::Time,
            "bool" => As::Bool,
            "account" => As::Account,
            "hashes" => As::Hashes,
            other => {
                let known = "text, int, ip, time, bool, account, hashes";
                return self
                    .bad(node.at, format!("unknown conversion {other:?}; known are {known}"));
            }
        })
    }

    fn alias(&self, node: &Node) -> Result<Alias, Error> {
        if !matches!(node.kind, Kind::Map(_)) {
            return Ok(Alias::Native(self.text(node)?));
        }
        match (node.get("path"), self.map(node)?.len()) {
            (Some(path), 1) => Ok(Alias::Path(self.text(path)?)),
            _ => self.bad(node.at, "expected a native name, or `{path: …}` and nothing else"),
        }
    }
}
