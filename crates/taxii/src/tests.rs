//! Against a server on this machine that answers as the specification says.

use super::*;
use https::testing;
use std::sync::{Arc, Mutex};

/// Answers one request after another, each with status, headers and body; the API root, and what was
/// asked.
fn serve(answers: Vec<(u16, &'static str, &'static str)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (heard, mut answers) = (Arc::clone(&asked), answers.into_iter());
    let address = testing::serve(move |request| {
        heard.lock().unwrap().push(request.head.clone());
        let (status, headers, body) = answers.next().unwrap();
        testing::response(status, headers, body)
    });
    (format!("http://{}/api1/", address.unwrap()), asked)
}

fn config(api_root: &str) -> Config {
    Config {
        name: "cert".into(),
        api_root: api_root.into(),
        user: None,
        password_file: None,
        token_file: None,
        ca_file: https::CA_FILE.into(),
    }
}

#[test]
fn a_collection_is_read_page_by_page() {
    let first =
        r#"{"more":true,"next":"p 2","objects":[{"type":"indicator","id":"indicator--1"}]}"#;
    let (root, asked) = serve(vec![
        (
            200,
            "",
            r#"{"collections":[{"id":"91a7b528","title":"Advisories","can_read":true,"can_write":false},
                {"id":"52892447","title":"Drop box","can_read":false,"can_write":true}]}"#,
        ),
        (200, "X-TAXII-Date-Added-Last: 2026-11-01T00:00:00.000001Z\r\n", first),
        (200, "X-TAXII-Date-Added-Last: 2026-11-02T00:00:00Z\r\n", r#"{"more":true,"objects":[]}"#),
        (200, "", "{}"),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "s3cret\n").unwrap();
    let config =
        Config { user: Some("soc".into()), password_file: Some(password), ..config(&root) };
    let server = Server::open(&config).unwrap();
    assert!(!format!("{:?}", config.credentials().unwrap()).contains("s3cret"));
    let known = server.collections().unwrap();
    assert_eq!(known.iter().map(|c| c.title.as_str()).collect::<Vec<_>>(), ["Advisories"]);
    let mut from = Some(From { added_after: Some("2026-10-01T00:00:00Z".into()), next: None });
    let mut pages = Vec::new();
    while let Some(now) = from {
        let page = server.page(&known[0].id, &now).unwrap();
        from = page.next(&now);
        pages.push(page);
    }
    assert_eq!(pages.len(), 3);
    assert_eq!(pages[0].objects, first.as_bytes());
    let asked = asked.lock().unwrap();
    let line = |at: usize| asked[at].lines().next().unwrap().to_owned();
    assert_eq!(line(0), "GET /api1/collections/ HTTP/1.1");
    let objects = "GET /api1/collections/91a7b528/objects/?limit=1000\
        &match%5Btype%5D=indicator%2Cidentity%2Cmarking-definition";
    assert_eq!(line(1), format!("{objects}&added_after=2026-10-01T00%3A00%3A00Z HTTP/1.1"));
    let next = "&added_after=2026-10-01T00%3A00%3A00Z&next=p+2 HTTP/1.1";
    assert_eq!(line(2), format!("{objects}{next}"));
    assert_eq!(line(3), format!("{objects}&added_after=2026-11-02T00%3A00%3A00Z HTTP/1.1"));
    for request in asked.iter() {
        assert!(request.to_lowercase().contains("accept: application/taxii+json;version=2.1"));
        // `printf soc:s3cret | base64`
        assert!(request.contains("Basic c29jOnMzY3JldA=="), "{request}");
    }
}

#[test]
fn what_a_server_does_wrong_is_said() {
    let (root, asked) =
        serve(vec![(401, "", ""), (200, "", "<html>"), (302, "Location: /x\r\n", "")]);
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "t0ken").unwrap();
    let server = Server::open(&Config { token_file: Some(token), ..config(&root) }).unwrap();
    let said: Vec<String> = (0..3).map(|_| server.collections().unwrap_err().to_string()).collect();
    assert_eq!(said[0], "cert at collections/: it answers 401 Unauthorized");
    assert!(said[1].starts_with("cert at collections/: no answer of TAXII 2.1: "), "{}", said[1]);
    assert_eq!(said[2], "cert at collections/: it answers 302 Found");
    assert!(asked.lock().unwrap()[0].contains("Bearer t0ken"));
    for (wrong, expected) in [
        (Config { name: " ".into(), ..config(&root) }, "name is empty"),
        (config("http://misp.example/"), "is not of the form https://host/path/"),
        (Config { user: Some("a".into()), ..config(&root) }, "write user and password_file"),
        (Config { token_file: Some("/no/such".into()), ..config(&root) }, "cannot read /no/such"),
    ] {
        let said = Server::open(&wrong).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
}
