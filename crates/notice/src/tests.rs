//! The ways out against servers that speak on real sockets.

use crate::{Config, Language, Message, RawConfig, Senders, Subject, Target, signature};
use https::testing::{self, Request};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

const BASE: &str = "https://soc.example";

fn message(language: Language) -> Message {
    Message::of("m-7".into(), language, 1, vec![Subject::Test])
}

fn senders(toml: serde_json::Value) -> Senders {
    let raw: RawConfig = serde_json::from_value(toml).unwrap();
    Senders::open(Config::from(raw)).unwrap()
}

fn webhook(url: &str) -> Target {
    Target::Webhook { url: url.into() }
}

/// A request's head and body, answered with `answer`.
fn answered(stream: impl Read + Write, answer: &str) -> String {
    let Request { head, body } = testing::answered(stream, |_| answer.to_owned()).unwrap();
    format!("{head}\n{body}")
}

/// A server of so many requests; what they were.
fn http(count: usize, answer: &'static str) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = std::thread::spawn(move || {
        (0..count).map(|_| answered(listener.accept().unwrap().0, answer)).collect()
    });
    (address, served)
}

const OK: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

#[test]
fn a_webhook_is_signed_and_its_answer_counts() {
    let (address, served) = http(1, OK);
    let senders = senders(serde_json::json!({"webhook_hosts": [address.to_string()]}));
    let url = format!("http://{address}/hook?team=soc");
    senders.send(&webhook(&url), b"key", &message(Language::En), BASE).unwrap();
    let request = served.join().unwrap().remove(0);
    assert!(request.starts_with("POST /hook?team=soc HTTP/1.1"), "{request}");
    let (head, body) = request.split_once("\n\n").unwrap();
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name)).unwrap();
        line.split_once(": ").unwrap().1.trim().to_owned()
    };
    assert_eq!(header("x-prohori-delivery"), "m-7");
    let signed = header("x-prohori-signature");
    let seconds = signed.split_once(',').unwrap().0.strip_prefix("t=").unwrap();
    assert_eq!(signed, signature(b"key", seconds.parse().unwrap(), body.as_bytes()));
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["kind"], "test");
    for (answer, why) in [
        ("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "500"),
        // Whoever is let through must not lead to somebody who is not.
        (
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "302",
        ),
        ("nonsense\r\n\r\n", ""),
    ] {
        let (address, served) = http(1, answer);
        let senders = self::senders(serde_json::json!({"webhook_hosts": [address.to_string()]}));
        let url = format!("http://{address}/");
        let error = senders.send(&webhook(&url), b"", &message(Language::En), BASE).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        served.join().unwrap();
    }
}

#[test]
fn by_https_only_the_configured_authority_is_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let ca_file = dir.path().join("ca.pem");
    std::fs::write(&ca_file, certificate.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = std::thread::spawn(move || {
        let tls = ServerConnection::new(Arc::new(config)).unwrap();
        answered(StreamOwned::new(tls, listener.accept().unwrap().0), OK)
    });
    let host = format!("localhost:{port}");
    let url = format!("https://{host}/");
    let ours = senders(serde_json::json!({"webhook_hosts": [&host], "ca_file": &ca_file}));
    ours.send(&webhook(&url), b"", &message(Language::Bn), BASE).unwrap();
    assert!(served.join().unwrap().contains("\"kind\":\"test\""));
    // The world's authorities do not vouch for it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    let other = dir.path().join("other.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["other".into()]).unwrap();
    std::fs::write(&other, params.self_signed(&key).unwrap().pem()).unwrap();
    let strangers = senders(serde_json::json!({"webhook_hosts": [&host], "ca_file": &other}));
    let closes = std::thread::spawn(move || drop(listener.accept()));
    let url = format!("https://{host}/");
    assert!(strangers.send(&webhook(&url), b"", &message(Language::Bn), BASE).is_err());
    closes.join().unwrap();
}

#[test]
fn the_gateway_gets_each_number_as_it_wants_it() {
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    std::fs::write(&token, "secret\n").unwrap();
    let to = ["+8801712345678", "+8801812345678"].map(String::from).to_vec();
    for (format, expected) in [
        ("json", r#"{"mobile":"+8801812345678","sender":"SOC","sms":"A test of"#),
        ("form", "mobile=%2B8801812345678&sender=SOC&sms=A+test+of"),
    ] {
        let (address, served) = http(2, OK);
        let senders = senders(serde_json::json!({"sms": {
            "url": format!("http://{address}/send"), "format": format, "to_field": "mobile",
            "text_field": "sms", "fields": {"sender": "SOC"}, "token_file": &token,
        }}));
        let target = Target::Sms { to: to.clone() };
        senders.send(&target, b"", &message(Language::En), BASE).unwrap();
        let requests = served.join().unwrap();
        assert!(requests[0].to_ascii_lowercase().contains("authorization: bearer secret"));
        assert!(requests[1].contains(expected), "{}", requests[1]);
    }
}

#[test]
fn who_got_it_is_not_told_again_because_somebody_else_did_not() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let no = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let served = std::thread::spawn(move || {
        for answer in [OK, no, no, no] {
            answered(listener.accept().unwrap().0, answer);
        }
    });
    let senders = senders(serde_json::json!({"sms": {"url": format!("http://{address}/")}}));
    let to = ["+8801712345678", "+8801812345678"].map(String::from).to_vec();
    let send = || senders.send(&Target::Sms { to: to.clone() }, b"", &message(Language::En), BASE);
    let partly = send().unwrap().unwrap().to_string();
    assert!(partly.starts_with("+8801812345678: ") && partly.contains("400"), "{partly}");
    let none = send().unwrap_err().to_string();
    assert!(none.contains("+8801712345678: ") && none.contains("; +8801812345678: "), "{none}");
    served.join().unwrap();
}

/// A mail server of one mail; what was said to it.
fn smtp() -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = std::thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        let mut said = String::new();
        let mut write = stream.try_clone().unwrap();
        write.write_all(b"220 mail ESMTP\r\n").unwrap();
        let mut in_data = false;
        for line in BufReader::new(stream).lines() {
            let line = line.unwrap();
            said += &format!("{line}\n");
            let answer = match (in_data, line.as_str()) {
                (true, ".") => {
                    in_data = false;
                    "250 taken\r\n"
                }
                (true, _) => continue,
                (false, "DATA") => {
                    in_data = true;
                    "354 go on\r\n"
                }
                (false, "QUIT") => {
                    write.write_all(b"221 bye\r\n").unwrap();
                    break;
                }
                (false, ehlo) if ehlo.starts_with("EHLO") => "250-mail\r\n250 8BITMIME\r\n",
                (false, _) => "250 ok\r\n",
            };
            write.write_all(answer.as_bytes()).unwrap();
            if said.contains("\n.\n") {
                break;
            }
        }
        said
    });
    (address, served)
}

#[test]
fn a_mail_names_its_receiver_and_is_no_person_s() {
    let (address, served) = smtp();
    let senders = senders(serde_json::json!({"mail": {
        "server": address.to_string(), "tls": "none", "from": "SOC <soc@example.gov.bd>",
    }}));
    let to = vec!["a@example.gov.bd".to_owned()];
    senders.send(&Target::Email { to }, b"", &message(Language::Bn), BASE).unwrap();
    drop(senders);
    let said = served.join().unwrap();
    for part in [
        "MAIL FROM:<soc@example.gov.bd>",
        "RCPT TO:<a@example.gov.bd>",
        "Message-ID: <m-7@example.gov.bd>",
        "Auto-Submitted: auto-generated",
        // The subject is Bangla, and so it is encoded.
        "Subject: =?utf-8?b?",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn what_cannot_be_opened_is_told() {
    let open = |config: serde_json::Value| {
        let raw: RawConfig = serde_json::from_value(config).unwrap();
        Senders::open(Config::from(raw)).map(drop).map_err(|error| error.to_string())
    };
    let mail = |more: serde_json::Value| {
        let mut mail = serde_json::json!({"server": "mail", "from": "soc@example.gov.bd"});
        mail.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::json!({"mail": mail, "ca_file": "/none/ca.pem"})
    };
    for (config, named) in [
        (mail(serde_json::json!({"from": "nobody"})), "from"),
        (mail(serde_json::json!({"server": "mail:x"})), "server"),
        (mail(serde_json::json!({})), "/none/ca.pem"),
        (mail(serde_json::json!({"tls": "none", "user": "soc"})), "password_file"),
        (serde_json::json!({"webhook_hosts": ["x"], "ca_file": "/none/ca.pem"}), "/none/ca.pem"),
    ] {
        let error = open(config).unwrap_err();
        assert!(error.contains(named), "{named}: {error}");
    }
    assert!(open(serde_json::json!({"ca_file": "/none/ca.pem"})).is_ok(), "no way out needs none");
    assert!(Path::new("/none/ca.pem").metadata().is_err());
}
