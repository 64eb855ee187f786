//! RSigma, as its own documentation uses it, with its rules left out by log source.

use crate::Engine;
use rsigma_eval::event::JsonEvent;
use rsigma_eval::{Engine as Rsigma, LogSourceExtractor};
use rsigma_parser::parse_sigma_file;
use std::io::Write;
use std::path::PathBuf;

pub(crate) fn load(rules: &[PathBuf]) -> anyhow::Result<Rsigma> {
    let mut engine = Rsigma::new();
    engine.set_include_event(true);
    engine.set_logsource_extractor(Some(LogSourceExtractor::new()));
    let mut all = Vec::new();
    for path in rules {
        // A file that it does not read is left out, as ours leaves out what does not compile.
        if let Ok(collection) = parse_sigma_file(path) {
            all.extend(collection.rules);
        }
    }
    engine.add_rules(&all);
    Ok(engine)
}

impl Engine for Rsigma {
    fn matches(&mut self, line: &str, mut out: &mut dyn Write) -> anyhow::Result<()> {
        let event = serde_json::from_str(line)?;
        for result in self.evaluate(&JsonEvent::borrow(&event)) {
            serde_json::to_writer(&mut out, &result)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}
