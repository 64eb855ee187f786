//! `prohori-collector doctor`: is everything there that collecting takes, and if not, what to do.
//!
//! It looks and changes nothing (but for a file in the state directory, which it removes again), and
//! may run beside a collector at work.

mod checks;

pub use service::doctor::Language;

use crate::Config;
use service::doctor::report;
use std::path::Path;

/// Examines what the configuration at `path` needs: the report, and whether there is no problem.
pub fn examine(path: &Path, language: Language) -> (String, bool) {
    let findings = match Config::load(path) {
        Ok(config) => checks::all(&config),
        Err(error) => vec![checks::configuration(&error)],
    };
    report(&findings, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dir: &Path, brokers: &str, more: &str) -> std::path::PathBuf {
        let file = dir.join("collector.toml");
        let text = format!(
            "agency = 'doctor'\nstate_dir = '{}/state'\nbus = {{ brokers = '{brokers}' }}\n{more}",
            dir.display()
        );
        std::fs::write(&file, text).unwrap();
        file
    }

    #[test]
    fn a_healthy_collector_has_no_problem() {
        let dir = tempfile::tempdir().unwrap();
        let brokers = embedded_kafka::testing::broker().address();
        let bus = bus::Config::new(&brokers);
        let agency = model::Agency::new("doctor").unwrap();
        bus::admin::ensure_topics(&bus, &[bus::TopicSpec::raw(&agency, 1)]).unwrap();
        std::fs::write(dir.path().join("a.log"), "one\n").unwrap();
        let logs = dir.path().display();
        let file = format!("[[file]]\nname = 'a'\ninclude = ['{logs}/*.log']\n");
        let path = config(dir.path(), &brokers, &file);
        let (report, healthy) = examine(&path, Language::English);
        assert!(healthy, "{report}");
        for expected in ["kafka answers", "topic raw.doctor is there", "input a: 1 files"] {
            assert!(report.contains(expected), "{expected}: {report}");
        }
        let (report, _) = examine(&path, Language::Bangla);
        assert!(report.contains("ঠিক আছে") && !report.contains("kafka answers"), "{report}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let [port] = embedded_kafka::testing::free_ports();
        let file = "[[file]]\nname = 'none'\ninclude = ['/nonexistent/*.log']\n";
        let path = config(dir.path(), &format!("127.0.0.1:{port}"), file);
        let (report, healthy) = examine(&path, Language::English);
        assert!(!healthy, "{report}");
        for expected in ["PROBLEM  kafka does not answer", "warning  input none: no file", "->"] {
            assert!(report.contains(expected), "{expected}: {report}");
        }
        std::fs::write(&path, "agency = 5\n").unwrap();
        let (report, healthy) = examine(&path, Language::Bangla);
        assert!(!healthy && report.contains("সমস্যা") && report.contains("line 1"), "{report}");
    }
}
