//! Parsers of any bytes on lines of any bytes: a file is a set or is told with its place, and what the
//! set makes of a line is an event as any other. An input is a file, a line `===`, and lines.
#![cfg_attr(fuzzing, no_main)]

mod checked;

use custom::Severity;

/// Between the file and the lines.
const BORDER: &str = "\n===\n";
/// How many lines are looked at.
const LINES_MAX: usize = 16;

fuzz::target!(|bytes| {
    let text = String::from_utf8_lossy(bytes);
    let (file, lines) = text.split_once(BORDER).unwrap_or((&text, "x"));
    let read = custom::read(&[("p.yml".to_owned(), file.to_owned())]);
    let errors = read.count(Severity::Error);
    assert_eq!(read.set.parsers().len(), usize::from(errors == 0), "{file}");
    for problem in &read.problems {
        assert!(problem.at.line >= 1 && problem.at.column >= 1, "{problem}");
        assert!(problem.to_string().starts_with("p.yml:"), "{problem}");
    }
    let hint = read.set.parsers().first().map(|parser| parser.name.clone());
    for line in lines.lines().take(LINES_MAX) {
        checked::record(line, &read.set, None);
        checked::record(line, &read.set, hint.as_deref());
    }
});
