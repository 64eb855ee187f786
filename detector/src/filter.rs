//! `prohori detect --stdin`: events in, alerts out, by the same engine as the service.

use crate::Error;
use crate::live::{Ruleset, Source};
use detect::{Json, Session};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// How much is read at a time, at least.
const READ_BYTES: usize = 1024 * 1024;
/// How many lines that are no events are told of one by one.
const TOLD_MAX: u64 = 10;

/// Reads OCSF events, one JSON object a line, and writes a finding a line for each match, in order.
/// What is wrong with rules and lines is told on standard error.
pub fn run(rules: &[PathBuf], input: impl Read, output: impl Write) -> Result<(), Error> {
    let tell = |text: String| warn(&text);
    let source = Source::new(rules.to_vec(), sigma::Placeholders::new())?;
    let ruleset = source.compile(tell)?;
    let mut filter = Filter::new(ruleset, output);
    lines(input, |line| filter.line(line))?;
    filter.finish()
}

/// A filter has no log of its own: its standard error is for people.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "warning: {text}");
}

struct Filter<W> {
    ruleset: Ruleset,
    session: Session,
    output: W,
    lines: u64,
    bad: u64,
}

impl<W: Write> Filter<W> {
    fn new(ruleset: Ruleset, output: W) -> Self {
        let session = Session::new(Arc::clone(&ruleset.engine));
        Self { ruleset, session, output, lines: 0, bad: 0 }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Error> {
        self.lines += 1;
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let matching = match self.session.matches(line) {
            Ok([]) => return Ok(()),
            Ok(matching) => matching,
            Err(error) => {
                self.bad += 1;
                if self.bad <= TOLD_MAX {
                    warn(&format!("line {}: {error}", self.lines));
                }
                return Ok(());
            }
        };
        let Ok(json) = Json::parse(line) else { return Ok(()) };
        let event = alert::Source::new(line);
        for number in matching {
            let rule = &self.ruleset.engine.rules()[*number as usize];
            let clauses = self.ruleset.engine.explain(*number as usize, &json);
            let version = &self.ruleset.version;
            let finding = alert::finding(rule, &clauses, &event, version, alert::Evidence::Whole);
            writeln!(self.output, "{finding}").map_err(Error::Output)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Error> {
        if self.bad > TOLD_MAX {
            warn(&format!("{} of {} lines are no events", self.bad, self.lines));
        }
        self.output.flush().map_err(Error::Output)
    }
}

/// Hands each line of `input`, without its end, to `take`.
fn lines(
    mut input: impl Read,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut buffer = vec![0; 2 * READ_BYTES];
    let mut held = 0;
    loop {
        if buffer.len() - held < READ_BYTES {
            buffer.resize(buffer.len() * 2, 0);
        }
        let read = match input.read(&mut buffer[held..]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::Input(error)),
        };
        let end = held + read;
        let mut start = 0;
        for at in memchr::memchr_iter(b'\n', &buffer[held..end]) {
            take(&buffer[start..held + at])?;
            start = held + at + 1;
        }
        buffer.copy_within(start..end, 0);
        held = end - start;
    }
    match held {
        0 => Ok(()),
        _ => take(&buffer[..held]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A reader that hands out few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    proptest! {
        #[test]
        fn lines_come_whole_however_they_are_read(text in "[ab\n]{0,60}", step in 1usize..9) {
            let mut found = Vec::new();
            lines(Slow(text.as_bytes(), step), |line| {
                found.push(String::from_utf8_lossy(line).into_owned());
                Ok(())
            }).unwrap();
            let expected: Vec<String> = text.split_terminator('\n').map(str::to_owned).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_one_line() {
        let text = "x".repeat(5 * READ_BYTES) + "\ny";
        let mut lengths = Vec::new();
        lines(text.as_bytes(), |line| {
            lengths.push(line.len());
            Ok(())
        })
        .unwrap();
        assert_eq!(lengths, [5 * READ_BYTES, 1]);
    }

    #[test]
    fn events_become_alerts_and_odd_lines_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let rule =
            "title: t\nid: r\nlogsource: {product: linux}\ndetection: {s: [evil], condition: s}\n";
        std::fs::write(folder.path().join("r.yml"), rule).unwrap();
        std::fs::write(folder.path().join("bad.yml"), "title: x\n").unwrap();
        let input = "{\"metadata\":{\"log_source\":\"sshd\"},\"message\":\"evil\"}\n\nnonsense\n{\"message\":\"evil\"}\n";
        let mut output = Vec::new();
        run(&[folder.path().to_owned()], input.as_bytes(), &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        assert_eq!(text.lines().count(), 1);
        let finding: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(finding["evidences"][0]["data"]["message"], "evil");
    }
}
