//! A loader as a process of its own, which can be killed: this same binary, run with only
//! [`loader_child`].

use service::{Registry, Shutdown};
use std::process::{Child, Command, Stdio};

const CONFIG_VARIABLE: &str = "PROHORI_TEST_LOADER_CONFIG";

/// A running loader.
pub(crate) struct Loader(Child);

impl Loader {
    pub(crate) fn start(brokers: &str, url: &str, database: &str) -> Self {
        let config = format!(
            "[bus]\nbrokers = '{brokers}'\n[store]\nurl = '{url}'\ndatabase = '{database}'\n"
        );
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::loader_child", "--nocapture", "--test-threads=1"])
            .env(CONFIG_VARIABLE, config)
            .env("PROHORI_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.kill();
    }
}

/// In the child: loads until it is killed. In the tests themselves: the configuration that the
/// child is given is one that a loader takes.
#[test]
fn loader_child() {
    let given = std::env::var(CONFIG_VARIABLE);
    let text = given.clone().unwrap_or("[bus]\nbrokers='a:1'\n[store]\nurl='http://b:2'\n".into());
    let config: loader::Config =
        service::config::parse(std::path::Path::new("child"), &text).unwrap();
    if given.is_ok() {
        service::telemetry::init();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let registry = Registry::new();
        runtime.block_on(loader::run(config, &registry, Shutdown::new())).unwrap();
    }
}
