//! Checks an event against the compiled OCSF schema: attributes, types, enum values, requirements.

use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::Path;

pub(crate) struct Schema {
    json: Value,
    classes: HashMap<u64, String>,
}

impl Schema {
    pub(crate) fn read(corpora: &Path) -> Self {
        let file = corpora.join("ocsf-schema/ocsf-1.8.0-compiled.json.zst");
        let json: Value = serde_json::from_slice(&super::bytes(&file)).unwrap();
        let classes = json["classes"].as_object().unwrap();
        let classes =
            classes.iter().map(|(name, c)| (c["uid"].as_u64().unwrap(), name.clone())).collect();
        Self { json, classes }
    }

    /// What is wrong with an event; empty if nothing is.
    pub(crate) fn faults(&self, event: &Value) -> Vec<String> {
        let Some(name) = event["class_uid"].as_u64().and_then(|uid| self.classes.get(&uid)) else {
            return vec![format!("no class {}", event["class_uid"])];
        };
        let mut faults = Vec::new();
        let class = &self.json["classes"][name];
        let profiles: Vec<&str> = event["metadata"]["profiles"]
            .as_array()
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        self.object(event, class, "", &profiles, &mut faults);
        faults
    }

    fn object(
        &self,
        value: &Value,
        definition: &Value,
        path: &str,
        profiles: &[&str],
        faults: &mut Vec<String>,
    ) {
        let Some(members) = value.as_object() else {
            faults.push(format!("{path} is no object"));
            return;
        };
        let Some(attributes) = definition["attributes"].as_object() else { return };
        for (name, value) in members {
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match attributes.get(name) {
                None => faults.push(format!("unknown attribute {at}")),
                Some(attribute) => self.attribute(value, attribute, &at, profiles, faults),
            }
        }
        self.required(members, attributes, path, profiles, faults);
    }

    fn required(
        &self,
        members: &Map<String, Value>,
        attributes: &Map<String, Value>,
        path: &str,
        profiles: &[&str],
        faults: &mut Vec<String>,
    ) {
        for (name, attribute) in attributes {
            let of_profile = match attribute["profile"].as_str() {
                // The compiled file names `osint` and `cloud` as their own profiles.
                Some(profile) => profiles.contains(&profile),
                None => !matches!(name.as_str(), "cloud" | "osint") || !path.is_empty(),
            };
            if attribute["requirement"] == "required" && of_profile && !members.contains_key(name) {
                faults.push(format!("missing {path}.{name}"));
            }
        }
    }

    fn attribute(
        &self,
        value: &Value,
        attribute: &Value,
        at: &str,
        profiles: &[&str],
        faults: &mut Vec<String>,
    ) {
        if attribute["is_array"] == true {
            let Some(items) = value.as_array() else {
                faults.push(format!("{at} is no array"));
                return;
            };
            for item in items {
                self.one(item, attribute, at, profiles, faults);
            }
            return;
        }
        self.one(value, attribute, at, profiles, faults);
    }

    fn one(
        &self,
        value: &Value,
        attribute: &Value,
        at: &str,
        profiles: &[&str],
        faults: &mut Vec<String>,
    ) {
        let kind = attribute["type"].as_str().unwrap();
        if let Some(object) = self.json["objects"].get(kind) {
            // `unmapped` and `object` take anything.
            if kind != "object" {
                self.object(value, object, at, profiles, faults);
            }
            return;
        }
        if let Some(allowed) = attribute["enum"].as_object() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if !allowed.contains_key(&text) {
                faults.push(format!("{at}: {text} is not in the enum"));
            }
        }
        let base = self.json["types"][kind]["type"].as_str().unwrap_or(kind);
        let fits = match base {
            "integer_t" | "long_t" => value.is_i64(),
            "boolean_t" => value.is_boolean(),
            "float_t" => value.is_number(),
            "json_t" => true,
            _ => value.is_string(),
        };
        if !fits {
            faults.push(format!("{at}: {value} is no {kind}"));
        }
        let text = value.as_str().unwrap_or("");
        let formed = match kind {
            "ip_t" => text.parse::<std::net::IpAddr>().is_ok(),
            "mac_t" => ocsf::ip::is_mac(text),
            "email_t" => ocsf::ip::is_email(text),
            _ => true,
        };
        if !formed {
            faults.push(format!("{at}: {text:?} is no {kind}"));
        }
    }
}
