//! Tests of the configuration: examples load, and each mistake names its line.

use super::*;

const LEAST: &str = "agency = 'mof'\nstate_dir = 's'\nbus = { brokers = 'a:1' }\n";

fn parse(text: &str) -> Result<Config, Error> {
    Config::parse(Path::new("c.toml"), text)
}

#[test]
fn errors_name_the_line_and_the_mend() {
    let check = |more: &str, expected: &str| {
        let error = parse(&format!("{LEAST}{more}")).unwrap_err().to_string();
        assert!(error.starts_with("configuration c.toml: line "), "{error}");
        assert!(error.contains(expected), "{error:?} should contain {expected:?}");
    };
    check("", "nothing to collect: add [[file]]");
    check("[[file]]\nname = 'a'\ninclude = []\n", "line 6: include: is empty");
    check("[[file]]\nname = ''\ninclude = ['/a']\n", "line 5: name: is empty");
    check(
        "[[file]]\nname = 'a'\ninclude = ['/a']\n[[file]]\nname = 'a'\ninclude = ['/b']\n",
        "line 8: name: another [[file]] has this name",
    );
    check(
        "[[file]]\nname = 'a'\ninclude = [\n'/a',\n'/var/log/[x']\n",
        "line 8: include: pattern \"/var/log/[x\"",
    );
    check("[[file]]\nname = 'a'\ninclude = ['/a']\nexclude = ['[']\n", "line 7: exclude:");
    check("[[file]]\nname = 'a'\ninclude = ['/a']\nstart = 'middle'\n", "line 7: unknown variant");
    check("[[file]]\nname = 'a'\ninclude = ['/a']\nsource = \"a\\tb\"\n", "line 7: source:");
    check("[[file]]\nname = 'a'\nincludes = ['/a']\n", "line 6: unknown field `includes`");
    let file = "[[file]]\nname = 'a'\ninclude = ['/a']\n";
    for (more, expected) in [
        ("encoding = 'ebcdic'", "encoding: \"ebcdic\" is no encoding: try utf-8"),
        ("record_bytes_max = 5", "record_bytes_max: is not between 256 and 1000000"),
        ("join_ms = 0", "join_ms: is not between 1 and 60000 milliseconds"),
        ("join = { }", "join: give one of starts, continues"),
        ("join = { indented = true, auditd = true }", "join: give one of starts"),
        ("join = { starts = '(' }", "starts: is no regular expression: unclosed group"),
        ("encoding = 'utf-16'\njoin = { auditd = true }", "join: lines of UTF-16 cannot be joined"),
    ] {
        check(&format!("{file}{more}\n"), expected);
    }
    check("[[syslog]]\nsource = 'asa'\n", "line 4: syslog: has none of udp, tcp and tls");
    check("[[syslog]]\nudp = 'localhost:514'\n", "line 5: invalid socket address");
    check(
        "[stdin]\nspool = { bytes_max = 5 }\n",
        "line 5: bytes_max: 5 bytes are less than 16777216",
    );
    check("[journal]\nunits = ['sshd', '-M']\n", "line 5: units: no unit's name begins with '-'");
    check("[[http_input]]\nlisten = '0.0.0.0:8088'\n", "line 5: listen: anybody could send here");
    check("[stdin]\nspool = { when_full = 'panic' }\n", "line 5: unknown variant `panic`");
    check(
        "[[syslog]]\nudp = '127.0.0.1:1'\n[[syslog]]\nudp = '127.0.0.1:1'\n",
        "line 7: udp: another [[syslog]] has this address",
    );
    let error = parse("agency = 'MoF'\nstate_dir = 's'\n[bus]\nbrokers = 'a:1'\n").unwrap_err();
    assert!(error.to_string().contains("line 1: agency: agency \"MoF\" is not valid"), "{error}");
    for (key, expected) in [
        ("rescan_s = 0", "rescan_s: 0 is not between 1 and 3600"),
        ("heartbeat_s = 4", "heartbeat_s: 4 is neither 0 nor between 5 and 3600"),
        ("bytes_per_second = 9", "bytes_per_second: 9 bytes a second are less than 1024"),
    ] {
        let late = format!("{LEAST}\n[stdin]\n").replace("agency", &format!("{key}\nagency"));
        let error = parse(&late).unwrap_err().to_string();
        assert!(error.contains(&format!("line 1: {expected}")), "{error}");
    }
}

#[test]
fn the_least_that_works() {
    let config = parse(&format!("{LEAST}[stdin]\n")).unwrap();
    assert_eq!(config.rescan, Duration::from_secs(10));
    assert_eq!((config.id, config.host), (None, None));
    assert_eq!(config.heartbeat, Some(Duration::from_secs(30)));
    assert_eq!(config.bytes_per_second, None);
    let error = Config::load(Path::new("/nonexistent.toml")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read configuration /nonexistent.toml");
}

#[test]
fn trying_out_finds_what_only_the_client_knows() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.log"), "").unwrap();
    let input = format!("[[file]]\nname = 'a'\ninclude = ['{}/*.log']\n", dir.path().display());
    let text = parse(&format!("{LEAST}{input}")).unwrap().try_out().unwrap();
    assert!(text.contains("topic raw.mof") && text.contains("file input a: 1 files now"), "{text}");
    let bad = format!("{LEAST}{input}").replace("'a:1'", "'a'");
    let error = parse(&bad).unwrap().try_out().unwrap_err().to_string();
    assert!(error.contains("\"a\" is not host:port"), "{error}");
}

#[test]
fn the_example_under_deploy_is_whole_and_works() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/collector/collector.toml");
    let config = Config::load(&path).unwrap();
    assert!(!config.files.is_empty() && !config.syslog.is_empty());
    // Every key is there, if only as a comment.
    let text = std::fs::read_to_string(path).unwrap();
    for key in [
        "agency",
        "state_dir",
        "id",
        "host",
        "rescan_s",
        "heartbeat_s",
        "bytes_per_second",
        "[[netflow]]",
        "brokers",
        "listen",
        "name",
        "include",
        "exclude",
        "start",
        "source",
        "encoding",
        "record_bytes_max",
        "join",
        "join_ms",
        "udp",
        "tcp",
        "tls",
        "client_ca_file",
        "rate_max",
        "[spool]",
        "bytes_max",
        "when_full",
        "[journal]",
        "units",
        "directory",
        "program",
        "[[http_input]]",
        "token_file",
        "[stdin]",
        "[bus.tls]",
        "[bus.sasl]",
    ] {
        assert!(text.contains(key), "{key} is not explained");
    }
}
