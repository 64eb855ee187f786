//! Rule files of any bytes, which must become rules or errors that a person can act on.
#![cfg_attr(fuzzing, no_main)]

use sigma::Placeholders;

fuzz::target!(|bytes| {
    let text = String::from_utf8_lossy(bytes);
    let placeholders = Placeholders::from([("admins".to_owned(), vec!["root".to_owned()])]);
    let parsed = sigma::parse("r.yml", &text, &placeholders);
    for error in &parsed.errors {
        assert!(error.to_string().starts_with("r.yml:"), "{error}");
    }
    assert_eq!(parsed, sigma::parse("r.yml", &text, &placeholders));
});
