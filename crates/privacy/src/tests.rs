//! What is hidden, what is not, and that nothing of it is left.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn masker() -> Masker {
    let keys = Keyring::parse(&generate("k1", [9; 32]).unwrap()).unwrap();
    Masker::new(keys, &Kind::ALL)
}

/// The text with each token as `<kind>`.
fn shown(text: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(text).into_owned();
    while let Some(at) = text.find("tok:") {
        let kind = text[at + 4..].split(':').next().unwrap().to_owned();
        text.replace_range(at..at + 4 + kind.len() + ":k1:".len() + 24, &format!("<{kind}>"));
    }
    while let Some(at) = text.find("tok-email-k1-") {
        text.replace_range(at..at + 13 + 24, "<email>");
    }
    text
}

fn masked(text: &str) -> String {
    masker().mask(text.as_bytes()).map_or_else(|| text.to_owned(), |out| shown(&out))
}

#[test]
fn what_is_hidden_and_what_is_not() {
    for (text, expected) in [
        // Mobile numbers.
        ("call 01712345678 now", "call <phone> now"),
        ("+8801712345678", "<phone>"),
        ("008801712345678", "<phone>"),
        ("+880 1712-345678.", "<phone>."),
        ("tel=01712-345678&x", "tel=<phone>&x"),
        ("০১৭১২৩৪৫৬৭৮-এ", "<phone>-এ"),
        ("%2B8801712345678", "<phone>"),
        ("a%2001712345678", "a%20<phone>"),
        (
            r#"{"p":"\u09e6\u09e7\u09ed\u09e7\u09e8\u09e9\u09ea\u09eb\u09ec\u09ed\u09ee"}"#,
            r#"{"p":"<phone>"}"#,
        ),
        (r"x\n01712345678\n", r"x\n<phone>\n"),
        ("5,01712345678,6", "5,<phone>,6"),
        ("3 01712345678 4", "3 <phone> 4"),
        ("01212345678", "01212345678"),
        ("a01712345678", "a01712345678"),
        ("01712345678a", "01712345678a"),
        ("0.01712345678", "0.01712345678"),
        ("017123456789", "017123456789"),
        // National ids.
        ("nid=1234567890", "nid=<nid>"),
        (r#"{"nid":1234567890}"#, r#"{"nid":"<nid>"}"#),
        (r#"{\"nid\":1234567890,"#, r#"{\"nid\":\"<nid>\","#),
        ("NID No. 123 456 7890 seen", "NID No. <nid> seen"),
        ("এনআইডি নম্বর: ১২৩৪৫৬৭৮৯০।", "এনআইডি নম্বর: <nid>।"),
        ("nid: 1234567890123", "nid: <nid>"),
        ("id 19785012345678901", "id <nid>"),
        ("at 20260131235959123", "at 20260131235959123"),
        ("at 19990131235959123", "at 19990131235959123"),
        ("seq 1234567890", "seq 1234567890"),
        ("leonid=1234567890", "leonid=1234567890"),
        ("time 1700000000123", "time 1700000000123"),
        // Cards.
        ("4111 1111 1111 1111", "<card>"),
        ("pan=5555555555554444;", "pan=<card>;"),
        ("3782-822463-10005", "<card>"),
        ("4111111111111112", "4111111111111112"),
        ("1763500000000000", "1763500000000000"),
        ("411111 1111111111", "411111 1111111111"),
        (
            "S-1-5-21-3623811015-3361044348-30300820-1013",
            "S-1-5-21-3623811015-3361044348-30300820-1013",
        ),
        // Mail.
        ("from=<Rahim.Uddin@MoF.gov.bd>,", "from=<<email>@mof.gov.bd>,"),
        ("q=rahim%40mof.gov.bd&", "q=<email>@mof.gov.bd&"),
        ("%3Crahim%40mof.gov.bd%3E", "%3C<email>@mof.gov.bd%3E"),
        (r"\nrahim@mof.gov.bd", r"\n<email>@mof.gov.bd"),
        ("rahim\\u0040mof.gov.bd", "<email>@mof.gov.bd"),
        // A domain before the backslash: the name is whole. Within JSON it is an escape.
        (r"user MOF\nadia@mof.gov.bd", r"user MOF\<email>@mof.gov.bd"),
        (r"user MOF\rahim@mof.gov.bd", r"user MOF\<email>@mof.gov.bd"),
        (r#"{"m":"x\nadia@mof.gov.bd"}"#, r#"{"m":"x\n<email>@mof.gov.bd"}"#),
        (r#"{"m":"MOF\\nadia@mof.gov.bd"}"#, r#"{"m":"MOF\\<email>@mof.gov.bd"}"#),
        ("user=rahim+x@mof.gov.bd.", "user=<email>@mof.gov.bd."),
        (
            "git@server root@10.0.0.1 user@1000.service",
            "git@server root@10.0.0.1 user@1000.service",
        ),
        ("kex curve25519-sha256@libssh.org", "kex curve25519-sha256@libssh.org"),
        ("a@b.org@c.org", "<email>@masked.invalid"),
        ("x@01712345678.example.org", "<email>@masked.invalid"),
        ("01712345678@example.org", "<email>@masked.invalid"),
        // Neither.
        (
            "2026-11-25 22:14:51 203.0.113.66 port 51234",
            "2026-11-25 22:14:51 203.0.113.66 port 51234",
        ),
        ("", ""),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
}

#[test]
fn spellings_of_one_value_have_one_token() {
    let token = |text: &str| String::from_utf8(masker().mask(text.as_bytes()).unwrap()).unwrap();
    for (one, other) in [
        ("01712345678", "+880 1712-345678"),
        (r"MOF\nadia@mof.gov.bd", r"MOF\NADIA@mof.gov.bd"),
        ("01712345678", "০১৭১২৩৪৫৬৭৮"),
        ("Rahim@MOF.gov.bd", "rahim%40mof.gov.bd"),
        ("4111 1111 1111 1111", "4111111111111111"),
    ] {
        assert_eq!(token(one), token(other));
    }
    assert_eq!(masker().tokens("+8801712345678", None), [token("01712345678")]);
    assert_eq!(token("nid=1234567890")[4..], masker().tokens("১২৩৪৫৬৭৮৯০", Some(Kind::Nid))[0]);
    assert!(masker().tokens("nothing", None).is_empty());
}

#[test]
fn text_in_hex_digits_is_hidden_in_hex_digits() {
    let line = |text: &str| format!("type=PROCTITLE proctitle={}", hex::encode(text.as_bytes()));
    let out = masker().mask(line("curl\0-d\0phone=01712345678").as_bytes()).unwrap();
    let token = &masker().tokens("01712345678", None)[0];
    assert_eq!(String::from_utf8(out).unwrap(), line(&format!("curl\0-d\0phone={token}")));
}

#[test]
fn an_event_hides_what_its_text_announced_wherever_it_stands() {
    let raw = r#"{"nid":1234567890,"ms":1700000000123}"#;
    let known = masker().known(raw.as_bytes());
    let event = serde_json::json!({
        "time": 1_700_000_000_123_i64,
        "user": {"uid": "1234567890"},
        "unmapped": {"n": 1_234_567_890, "f": -1_234_567_890.5},
        "raw_data": raw,
    });
    let mut out = b"before ".to_vec();
    out.extend_from_slice(event.to_string().as_bytes());
    assert!(masker().mask_json(&mut out, 7, &known));
    let text = String::from_utf8(out).unwrap();
    let read: Value = serde_json::from_str(text.strip_prefix("before ").unwrap()).unwrap();
    let token = &masker().tokens("1234567890", Some(Kind::Nid))[0];
    assert_eq!(read["user"]["uid"], token.as_str());
    assert_eq!(
        (&read["unmapped"]["n"], &read["unmapped"]["f"]),
        (&token.as_str().into(), &Value::from(-1_234_567_890.5))
    );
    assert_eq!(read["time"], 1_700_000_000_123_i64);
    let inner: Value = serde_json::from_str(read["raw_data"].as_str().unwrap()).unwrap();
    assert_eq!(inner["nid"], token.as_str());
}

#[test]
fn only_what_is_asked_for_is_hidden() {
    let keys = Keyring::parse(&generate("k1", [9; 32]).unwrap()).unwrap();
    let masker = Masker::new(keys, &[Kind::Card]);
    assert_eq!(masker.mask(b"nid=1234567890 a@b.org 01712345678"), None);
    assert!(masker.mask(b"4111111111111111").is_some());
}

#[test]
fn hostile_lines_take_no_longer_than_their_length() {
    let unit = [
        "01712345678,",
        "0 ",
        "1",
        "@",
        "a@b.co ",
        "%40",
        "\\u0040",
        "৭",
        "nid ",
        "41414141414141414141414141",
        "\\\"\":",
    ];
    for unit in unit {
        let line = unit.repeat(1_000_000 / unit.len());
        let begin = std::time::Instant::now();
        let _ = masker().mask(line.as_bytes());
        let mut json = serde_json::to_vec(&serde_json::json!({ "raw_data": line })).unwrap();
        masker().mask_json(&mut json, 0, &Known::default());
        assert!(serde_json::from_slice::<Value>(&json).is_ok(), "{unit}");
        // Linear work takes a second at most even unoptimised; quadratic work takes minutes.
        assert!(begin.elapsed().as_secs() < 20, "{unit}: {:?}", begin.elapsed());
    }
}

/// A person's value, as text around it may hold it.
fn personal() -> impl Strategy<Value = String> {
    let phone = ("(\\+88|0088|88)?", "01[3-9][0-9]{8}").prop_map(|(code, number)| code + &number);
    let mail = "[a-z]{1,8}(\\.[a-z]{1,8})?@[a-z]{2,8}\\.(org|gov\\.bd)";
    let nid = "nid[=:] ?([1-9][0-9]{9}|[1-9][0-9]{12})";
    let bangla = "০১[৩-৯][০-৯]{8}";
    prop_oneof![phone, mail, nid, bangla]
}

proptest! {
    #[test]
    fn nothing_plain_survives_and_nothing_is_hidden_twice(
        values in prop::collection::vec(personal(), 1..4),
        noise in prop::collection::vec("[ -~]{0,12}", 4),
    ) {
        let text: String = values.iter().zip(&noise).map(|(v, n)| format!("{n} {v} ")).collect();
        let out = masker().mask(text.as_bytes()).unwrap();
        // A token's own letters, before the domain that stays, may end as the hidden name did.
        let shown = String::from_utf8_lossy(&out).into_owned();
        let shown: String = shown
            .split("tok-email-k1-")
            .map(|part| part.trim_start_matches(|c: char| c.is_ascii_lowercase()))
            .collect();
        for value in &values {
            let announced = ["nid=", "nid: ", "nid:"].iter().find_map(|word| value.strip_prefix(word));
            let plain = announced.unwrap_or(value).trim_start();
            prop_assert!(!shown.contains(plain), "{plain} in {shown}");
        }
        prop_assert_eq!(masker().mask(&out), None);
    }

    #[test]
    fn any_bytes_are_masked_or_left(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Some(out) = masker().mask(&bytes) {
            prop_assert_ne!(out, bytes);
        }
    }

    #[test]
    fn any_event_stays_valid(text in "[0-9a-z@.\\\\\" :-]{0,80}", number in any::<i64>(), value in personal()) {
        let event = serde_json::json!({"a": text, "n": number, "raw_data": format!("{text}{value}"), text.as_str(): 8_801_712_345_678_i64});
        let mut out = event.to_string().into_bytes();
        let known = masker().known(value.as_bytes());
        masker().mask_json(&mut out, 0, &known);
        let read: Value = serde_json::from_slice(&out).unwrap();
        prop_assert!(read.is_object());
        prop_assert!(!masker().mask_json(&mut out.clone(), 0, &known), "twice: {}", String::from_utf8_lossy(&out));
    }
}
