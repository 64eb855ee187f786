//! Access and error logs of web servers.

use crate::{check, events, row};

#[test]
fn access() {
    check(
        "203.0.113.9 - alice [01/Mar/2026:16:00:00 +0600] \"GET /a/b?x=1&y=%27 HTTP/1.1\" 404 153 \"https://ref.example/\" \"Mozilla \\\"x\\\" 5\"",
        row![
            "class_uid" => 4002, "activity_id" => 3, "time" => 1_772_359_200_000_i64, "status" => "Failure",
            "src_endpoint/ip" => "203.0.113.9", "actor/user/name" => "alice",
            "http_request/http_method" => "GET", "http_request/version" => "1.1",
            "http_request/url/url_string" => "/a/b?x=1&y=%27", "http_request/url/path" => "/a/b",
            "http_request/url/query_string" => "x=1&y=%27", "http_response/code" => 404, "http_response/length" => 153,
            "http_request/referrer" => "https://ref.example/", "http_request/user_agent" => "Mozilla \"x\" 5",
        ],
    );
    check(
        "::1 - - [01/Mar/2026:10:00:00 +0000] \"-\" 408 -",
        row![
            "class_uid" => 4002, "activity_id" => 0, "src_endpoint/ip" => "::1", "http_response/code" => 408,
            "http_response/length" => null, "http_request" => null,
        ],
    );
    // Virtual host first, with its port.
    check(
        "www.example.org:443 203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] \"POST /login HTTP/2.0\" 302 0",
        row![
            "http_request/url/hostname" => "www.example.org", "http_request/url/port" => 443,
            "src_endpoint/ip" => "203.0.113.9", "activity_id" => 6,
        ],
    );
    // What is no request is still the target, and unknown methods keep their names.
    check(
        "203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] \"\\x16\\x03\\x01\" 400 157 \"-\" \"-\"",
        row![
            "http_request/url/url_string" => "\\x16\\x03\\x01", "http_response/code" => 400,
        ],
    );
    check(
        "203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] \"PROPFIND /dav HTTP/1.1\" 207 1",
        row![
            "activity_id" => 99, "activity_name" => "PROPFIND", "unmapped/http_method" => "PROPFIND",
            "http_request/http_method" => null,
        ],
    );
    check(
        "Mar  1 10:00:00 web nginx: 203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5",
        row![
            "class_uid" => 4002, "device/hostname" => "web", "http_response/code" => 200,
        ],
    );
    check(
        "2026-03-01 10:00:00 192.0.2.1 GET /x.aspx q=1 443 - 203.0.113.9 Mozilla/5.0+(X11) - 200 0 0 15",
        row![
            "class_uid" => 4002, "dst_endpoint/ip" => "192.0.2.1", "dst_endpoint/port" => 443,
            "src_endpoint/ip" => "203.0.113.9", "http_request/url/url_string" => "/x.aspx?q=1",
            "http_request/user_agent" => "Mozilla/5.0 (X11)", "http_response/code" => 200, "metadata/log_source" => "iis",
        ],
    );
}

#[test]
fn a_hint_names_the_server() {
    let raw = "203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5";
    for (hint, expected) in
        [(None, "nginx"), (Some("apache"), "apache"), (Some("traefik"), "traefik")]
    {
        assert_eq!(events(raw, hint)[0]["metadata"]["log_source"], expected);
    }
}

#[test]
fn errors() {
    check(
        "2026/03/01 10:00:00 [error] 31#0: *7 open() \"/srv/x\" failed (2: No such file), client: 203.0.113.9, server: www, request: \"GET /x HTTP/1.1\", host: \"www.example.org\"",
        row![
            "class_uid" => 4002, "src_endpoint/ip" => "203.0.113.9", "actor/process/pid" => 31,
            "http_request/url/path" => "/x", "http_request/url/hostname" => "www.example.org",
            "metadata/log_level" => "error", "severity_id" => 4,
        ],
    );
    // The request can hold what looks like nginx's own words; the last ones are.
    check(
        "2026/03/01 10:00:00 [error] 31#0: *7 user \"x\": password mismatch, client: 10.0.0.1, server: a, request: \"GET / HTTP/1.1\": was not found in \"f\", client: 203.0.113.9, server: b, request: \"GET / HTTP/1.1\"",
        row![
            "class_uid" => 3002, "src_endpoint/ip" => "203.0.113.9",
        ],
    );
    check(
        "[Sun Mar 01 10:00:00.5 2026] [auth_basic:error] [pid 7:tid 8] [client 203.0.113.9:5] AH01617: user bob: authentication failure for \"/x\": Password Mismatch, referer: http://r/",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "bob", "src_endpoint/port" => 5,
            "metadata/event_code" => "AH01617", "metadata/log_source" => "apache", "unmapped/module" => "auth_basic",
        ],
    );
}
