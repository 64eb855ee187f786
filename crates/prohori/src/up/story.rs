//! Replays the demo's attack story: captured logs, written line by line with their times moved to now.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use regex::{Captures, Regex};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

/// The story runs this many times faster than it happened.
const SPEED: i32 = 8;

/// The files, as they stand under `deploy/demo/story`.
const FILES: [(&str, &[u8]); 7] = [
    ("auth.log", include_bytes!("../../../../deploy/demo/story/auth.log")),
    ("audit.log", include_bytes!("../../../../deploy/demo/story/audit.log")),
    ("nginx-access.log", include_bytes!("../../../../deploy/demo/story/nginx-access.log")),
    ("nginx-error.log", include_bytes!("../../../../deploy/demo/story/nginx-error.log")),
    (
        "windows-security.ndjson",
        include_bytes!("../../../../deploy/demo/story/windows-security.ndjson"),
    ),
    ("sysmon.ndjson", include_bytes!("../../../../deploy/demo/story/sysmon.ndjson")),
    ("suricata-eve.json", include_bytes!("../../../../deploy/demo/story/suricata-eve.json")),
];

/// The forms of time in the story, one alternative each; [`Form::ALL`] is in the same order.
const TIMES: &str = concat!(
    r"(?P<clf>\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} \+0000)",
    r"|(?P<audit>audit\(\d{10}\.\d{3})",
    r"|(?P<iso>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}\.\d{3,6})",
    r"|(?P<slash>\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2})",
    r"|(?P<bsd>^[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2})",
);

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Clf,
    Audit,
    Iso { fraction: usize, separator: char },
    Slash,
    Bsd,
}

/// One line and when it happened.
struct Line {
    file: usize,
    at: Timestamp,
    text: Vec<u8>,
}

/// The story, in the order in which it happened.
pub(crate) struct Story {
    times: Regex,
    lines: Vec<Line>,
}

impl Story {
    /// Reads the story. A line without a time of its own happened with the line before it.
    pub(crate) fn new() -> Self {
        let times = Regex::new(TIMES).unwrap_or_else(|error| unreachable!("a constant: {error}"));
        let mut lines = Vec::new();
        for (file, (_, bytes)) in FILES.iter().enumerate() {
            let mut at = None;
            for text in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                let written = String::from_utf8_lossy(text);
                at = times.captures(&written).and_then(|found| read(&found)).or(at);
                if let Some(at) = at {
                    lines.push(Line { file, at, text: text.to_vec() });
                }
            }
        }
        lines.sort_by_key(|line| line.at);
        Self { times, lines }
    }

    /// How many lines it has.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Appends the story to files in `folder`, from `start` on. `wait` is given the time until the
    /// next lines are due and says whether to go on.
    pub(crate) fn replay(
        &self,
        folder: &Path,
        start: Timestamp,
        mut wait: impl FnMut(Duration) -> bool,
    ) -> io::Result<usize> {
        let mut files = open(folder)?;
        let Some(first) = self.lines.first().map(|line| line.at) else { return Ok(0) };
        let moved = |at: Timestamp| start + at.duration_since(first) / SPEED;
        for (written, line) in self.lines.iter().enumerate() {
            let due = moved(line.at).duration_since(Timestamp::now());
            let due = Duration::try_from(due).unwrap_or_default();
            if !wait(due) {
                return Ok(written);
            }
            let mut text = self.restamp(&line.text, moved);
            text.push(b'\n');
            files[line.file].write_all(&text)?;
        }
        Ok(self.lines.len())
    }

    /// The line with each of its times moved. Bytes that are no UTF-8 hold no times in the story.
    fn restamp(&self, text: &[u8], moved: impl Fn(Timestamp) -> Timestamp) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(text) else { return text.to_vec() };
        let replaced =
            self.times.replace_all(text, |found: &Captures<'_>| match (form(found), read(found)) {
                (Some(form), Some(at)) => form.write(moved(at)),
                _ => found[0].to_owned(),
            });
        replaced.into_owned().into_bytes()
    }
}

fn open(folder: &Path) -> io::Result<Vec<File>> {
    std::fs::create_dir_all(folder)?;
    let append = |name: &str| OpenOptions::new().create(true).append(true).open(folder.join(name));
    FILES.iter().map(|(name, _)| append(name)).collect()
}

fn form(found: &Captures<'_>) -> Option<Form> {
    if let Some(text) = found.name("iso") {
        let (fraction, separator) = (text.len() - 20, char::from(text.as_str().as_bytes()[10]));
        return Some(Form::Iso { fraction, separator });
    }
    let by_name =
        [("clf", Form::Clf), ("audit", Form::Audit), ("slash", Form::Slash), ("bsd", Form::Bsd)];
    by_name.into_iter().find(|(name, _)| found.name(name).is_some()).map(|(_, form)| form)
}

fn read(found: &Captures<'_>) -> Option<Timestamp> {
    let text = &found[0];
    let civil = |format: &str, text: &str| civil::DateTime::strptime(format, text).ok();
    let at = match form(found)? {
        Form::Clf => civil("%d/%b/%Y:%H:%M:%S", text.split(' ').next()?)?,
        Form::Slash => civil("%Y/%m/%d %H:%M:%S", text)?,
        Form::Iso { .. } => civil("%Y-%m-%dT%H:%M:%S%.f", &text.replacen(' ', "T", 1))?,
        // The capture is of 2026; the form itself has no year.
        Form::Bsd => civil("%Y %b %e %H:%M:%S", &format!("2026 {text}"))?,
        Form::Audit => {
            let (seconds, millis) = text.strip_prefix("audit(")?.split_once('.')?;
            let millis = SignedDuration::from_millis(millis.parse().ok()?);
            return Some(Timestamp::from_second(seconds.parse().ok()?).ok()? + millis);
        }
    };
    Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

impl Form {
    fn write(self, at: Timestamp) -> String {
        let zoned = at.to_zoned(TimeZone::UTC);
        match self {
            Self::Clf => zoned.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            Self::Slash => zoned.strftime("%Y/%m/%d %H:%M:%S").to_string(),
            Self::Bsd => zoned.strftime("%b %e %H:%M:%S").to_string(),
            Self::Audit => {
                format!("audit({}.{:03}", at.as_second(), at.subsec_millisecond())
            }
            Self::Iso { fraction, separator } => {
                let digits = format!("{:06}", at.subsec_microsecond());
                let whole = zoned.strftime(&format!("%Y-%m-%d{separator}%H:%M:%S")).to_string();
                format!("{whole}.{}", &digits[..fraction.min(6)])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn each_form_of_time_is_moved_and_keeps_its_shape() {
        let story = Story::new();
        let hour = SignedDuration::from_hours(1);
        for (line, expected) in [
            (
                r#"1.2.3.4 - - [22/Nov/2026:23:07:26 +0000] "GET""#,
                r#"1.2.3.4 - - [23/Nov/2026:00:07:26 +0000] "GET""#,
            ),
            (
                "type=CWD msg=audit(1795327729.858:142): x",
                "type=CWD msg=audit(1795331329.858:142): x",
            ),
            ("Nov 22 06:07:29 host sshd[1]: Nov 22", "Nov 22 07:07:29 host sshd[1]: Nov 22"),
            ("2026/11/22 06:07:26 [error]", "2026/11/22 07:07:26 [error]"),
            (
                r#"{"t":"2026-11-22T06:10:00.123456Z","u":"2026-11-22 06:10:00.123"}"#,
                r#"{"t":"2026-11-22T07:10:00.123456Z","u":"2026-11-22 07:10:00.123"}"#,
            ),
            ("no time here", "no time here"),
        ] {
            let moved = story.restamp(line.as_bytes(), |at| at + hour);
            assert_eq!(String::from_utf8(moved).unwrap(), expected);
        }
    }

    #[test]
    fn every_line_of_the_story_has_a_time_within_the_attack() {
        let story = Story::new();
        let lines: usize = FILES
            .iter()
            .map(|(_, bytes)| bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count())
            .sum();
        assert_eq!(story.len(), lines);
        let (first, last) = (at("2026-11-22T06:06:00Z"), at("2026-11-22T06:15:00Z"));
        assert!(story.lines.iter().all(|line| line.at >= first && line.at <= last));
    }

    #[test]
    fn a_replay_writes_every_line_in_order() {
        let story = Story::new();
        let folder = tempfile::tempdir().unwrap();
        let start = at("2026-12-01T00:00:00Z");
        assert_eq!(story.replay(folder.path(), start, |_| true).unwrap(), story.len());
        let text = std::fs::read_to_string(folder.path().join("nginx-access.log")).unwrap();
        assert_eq!(text.lines().count(), 28);
        assert!(text.lines().all(|line| line.contains("[01/Dec/2026:00:0")));
        assert_eq!(story.replay(folder.path(), start, |_| false).unwrap(), 0);
    }
}
