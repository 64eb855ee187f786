//! sigma-rust: a library without log sources, which are therefore sorted here, once for each kind of event.

use crate::Engine;
use serde_json::Value;
use sigma_rust::{Rule, event_from_json, rule_from_yaml};
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

/// Product, service and category.
type Source = [Option<String>; 3];

pub(crate) struct Rules {
    rules: Vec<(Source, Rule)>,
    /// The rules that fit an event's source.
    fitting: HashMap<Source, Vec<usize>>,
}

pub(crate) fn load(files: &[PathBuf]) -> anyhow::Result<Rules> {
    let mut rules = Vec::new();
    for path in files {
        // What it does not read is left out.
        let Ok(rule) = rule_from_yaml(&std::fs::read_to_string(path)?) else { continue };
        let source = &rule.logsource;
        let source = [source.product.clone(), source.service.clone(), source.category.clone()];
        rules.push((source, rule));
    }
    Ok(Rules { rules, fitting: HashMap::new() })
}

impl Engine for Rules {
    fn matches(&mut self, line: &str, out: &mut dyn Write) -> anyhow::Result<()> {
        let json: Value = serde_json::from_str(line)?;
        let source = ["product", "service", "category"]
            .map(|name| json.get(name).and_then(Value::as_str).map(str::to_owned));
        let event = event_from_json(line)?;
        let rules = &self.rules;
        let fitting = self.fitting.entry(source.clone()).or_insert_with(|| {
            let fits = |wanted: &Source| {
                wanted
                    .iter()
                    .zip(&source)
                    .all(|(wanted, has)| wanted.is_none() || has.is_none() || wanted == has)
            };
            (0..rules.len()).filter(|&at| fits(&rules[at].0)).collect()
        });
        for &at in fitting.iter().filter(|&&at| rules[at].1.is_match(&event)) {
            writeln!(out, "{}", rules[at].1.title)?;
        }
        Ok(())
    }
}
