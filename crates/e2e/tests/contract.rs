//! The API keeps its own contract: schemathesis reads the OpenAPI document and tries to break it.
//!
//! The service is a process of its own beside a whole stack with the demo's events and alerts, so that
//! the real Kafka and the real engine answer, and with limits on requests that a fuzzer does not meet.

use e2e::stack::wait_until;
use e2e::{Stack, binary, http};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long the demo's story and its alerts may take.
const STORY_DEADLINE: Duration = Duration::from_secs(150);
/// How long the service may take to answer.
const READY_DEADLINE: Duration = Duration::from_secs(60);
/// Cases for each operation in each phase. The whole run takes some two minutes.
const EXAMPLES: &str = "6";
/// The same cases on every run.
const SEED: &str = "20260326";
/// What is left out, each for its reason: pages for people, whose errors are pages too, and streams, whose events are
/// no document.
const OTHERS: &str = "^/lite|/alerts/stream$|/events/tail$";

/// schemathesis as `deploy/setup --test` fetched it.
fn schemathesis() -> PathBuf {
    let named = std::env::var_os("PROHORI_SCHEMATHESIS").map(PathBuf::from);
    let path = named.unwrap_or_else(|| binary::root().join(".prohori/schemathesis/bin/st"));
    assert!(path.exists(), "{} is missing: run deploy/setup --test", path.display());
    path
}

/// The value, or the end of the test.
fn ok<T, E: Debug>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}

/// A text of a JSON value.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The service on a free port, with accounts of its own.
struct Api {
    child: Child,
    address: String,
    data: PathBuf,
}

impl Api {
    fn start(stack: &Stack, folder: &Path) -> Self {
        let listener = ok("a free port", TcpListener::bind("127.0.0.1:0"));
        let address = ok("its address", listener.local_addr()).to_string();
        drop(listener);
        let (state, data) = (stack.state(), folder.join("api"));
        ok("a data folder", std::fs::create_dir_all(&data));
        let clickhouse = &state["clickhouse"];
        let config = format!(
            "data_dir = {data:?}\n\
             [bus]\nbrokers = {:?}\n\
             [store]\nurl = {:?}\nuser = {:?}\npassword_file = {:?}\n\
             [http]\nlisten = {address:?}\n\
             [rate]\nread = 1000000\nwrite = 1000000\ncodes = 1000000\nanonymous = 1000000\n",
            stack.address("kafka"),
            text(&clickhouse["url"]),
            text(&clickhouse["user"]),
            text(&clickhouse["password_file"]),
        );
        let file = folder.join("serve.toml");
        ok("the configuration", std::fs::write(&file, config));
        let log = ok("a log", std::fs::File::create(folder.join("serve.log")));
        let child = Command::new(binary::prohori())
            .arg("serve")
            .arg("--config")
            .arg(&file)
            .stdout(ok("the log", log.try_clone()))
            .stderr(log)
            .stdin(Stdio::null())
            .spawn();
        let api = Self { child: ok("prohori serve", child), address, data };
        wait_until("the service answers", READY_DEADLINE, || {
            http::send(&api.address, "GET", "/ready", &[], "").is_ok_and(|a| a.status == 200)
        });
        api
    }

    fn post(&self, path: &str, headers: &[&str], body: &Value) -> http::Answer {
        let origin = format!("Origin: http://{}", self.address);
        let mut all = vec!["Content-Type: application/json", "X-Prohori-Request: 1", &origin];
        all.extend(headers);
        ok(path, http::send(&self.address, "POST", path, &all, &body.to_string()))
    }

    /// A key of a service account that holds every role everywhere.
    fn key(&self) -> String {
        let login =
            Command::new(binary::prohori()).args(["login", "--data"]).arg(&self.data).output();
        let token = String::from_utf8_lossy(&ok("prohori login", login).stdout).into_owned();
        let signed_in = self.post("/api/v1/session", &[], &json!({"token": token.trim()}));
        assert_eq!(signed_in.status, 200, "{}", signed_in.body);
        let cookie = signed_in.head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next())?
        });
        let cookie = format!("Cookie: {}", cookie.unwrap_or_else(|| panic!("no session")));
        let roles = ok("roles", http::send(&self.address, "GET", "/api/v1/roles", &[&cookie], ""));
        let roles: Value = ok("roles", serde_json::from_str(&roles.body));
        let roles: Vec<&Value> = roles["items"].as_array().into_iter().flatten().collect();
        let grants: Vec<Value> =
            roles.iter().map(|r| json!({"role": r["role"], "agency": "*"})).collect();
        let mut permissions: Vec<&str> = roles
            .iter()
            .flat_map(|role| role["permissions"].as_array().into_iter().flatten())
            .map(text)
            .collect();
        permissions.sort_unstable();
        permissions.dedup();
        let user = json!({"name": "contract", "display_name": "Contract", "kind": "service",
            "grants": grants});
        let made = self.post("/api/v1/users", &[&cookie], &user);
        assert_eq!(made.status, 201, "{}", made.body);
        let key = json!({"name": "contract", "user": "contract", "permissions": permissions,
            "agencies": ["*"], "expires_days": 1});
        let made = self.post("/api/v1/api-keys", &[&cookie], &key);
        assert_eq!(made.status, 201, "{}", made.body);
        let made: Value = ok("the key", serde_json::from_str(&made.body));
        text(&made["secret"]).to_owned()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn schemathesis_finds_nothing() {
    let tool = schemathesis();
    let stack = Stack::start(&["--demo"]);
    wait_until("alerts are stored", STORY_DEADLINE, || {
        stack.count("SELECT uniqExact(rule_id) FROM alerts").unwrap_or(0) >= 10
    });
    let folder = ok("a folder", tempfile::tempdir());
    let api = Api::start(&stack, folder.path());
    let output = Command::new(tool)
        .current_dir(folder.path())
        .arg("--config-file")
        .arg(binary::root().join("deploy/contract/schemathesis.toml"))
        .arg("run")
        .arg(format!("http://{}/api/v1/openapi.json", api.address))
        .env("PROHORI_KEY", api.key())
        .args(["--max-examples", EXAMPLES, "--seed", SEED, "--workers", "2"])
        .arg("--continue-on-failure")
        // Without the phase of links: the document has none, and those that the tool infers name
        // parameters that their operation has not.
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--exclude-path-regex", OTHERS])
        .output();
    let output = ok("schemathesis", output);
    let told = String::from_utf8_lossy(&output.stdout);
    // The figures belong into the test's log, whether it passes or not.
    ok("standard output", writeln!(std::io::stdout(), "{told}"));
    let log = std::fs::read_to_string(folder.path().join("serve.log")).unwrap_or_default();
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(told.contains("Test cases"), "it did not run: {told}");
    assert!(output.status.success(), "{}\n{}", output.status, errors.join("\n"));
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    drop(api);
    stack.stop();
}
