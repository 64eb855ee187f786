//! What a doctor says: of each thing that it looked at how bad it is, and what to do, in English and
//! in Bangla. The collector's and the server's looks are their own.

use std::fmt::Write as _;
use std::process::Command;

/// The language of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// বাংলা.
    Bangla,
}

impl Language {
    /// The language that `tag` begins with (`bn`, `bn_BD.UTF-8`), English where it is another.
    pub fn of_tag(tag: &str) -> Self {
        if tag.starts_with("bn") { Self::Bangla } else { Self::English }
    }
}

/// The same in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    english: String,
    bangla: String,
}

impl Text {
    /// A sentence, and the same in Bangla.
    pub fn new(english: impl Into<String>, bangla: impl Into<String>) -> Self {
        Self { english: english.into(), bangla: bangla.into() }
    }

    /// What has no words of its own, such as an error's text.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { english: text.clone(), bangla: text }
    }

    fn of(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Bangla => &self.bangla,
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Good,
    /// Work goes on, but something may be lost one day.
    Warning,
    /// Something does not work.
    Problem,
}

/// What a look at one thing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    level: Level,
    what: Text,
    /// What to do about it.
    remedy: Option<Text>,
}

impl Finding {
    /// Nothing is to be done.
    pub fn good(what: Text) -> Self {
        Self { level: Level::Good, what, remedy: None }
    }

    /// Something should be done.
    pub fn warning(what: Text, remedy: Text) -> Self {
        Self { level: Level::Warning, what, remedy: Some(remedy) }
    }

    /// Something must be done.
    pub fn problem(what: Text, remedy: Text) -> Self {
        Self { level: Level::Problem, what, remedy: Some(remedy) }
    }
}

/// The findings as lines for a terminal, and whether none of them is a problem.
pub fn report(findings: &[Finding], language: Language) -> (String, bool) {
    let mut report = String::new();
    for Finding { level, what, remedy } in findings {
        let level = match (level, language) {
            (Level::Good, Language::English) => "ok     ",
            (Level::Warning, Language::English) => "warning",
            (Level::Problem, Language::English) => "PROBLEM",
            (Level::Good, Language::Bangla) => "ঠিক আছে",
            (Level::Warning, Language::Bangla) => "সতর্কতা",
            (Level::Problem, Language::Bangla) => "সমস্যা",
        };
        let _ = writeln!(report, "{level}  {}", what.of(language));
        if let Some(remedy) = remedy {
            let _ = writeln!(report, "         -> {}", remedy.of(language));
        }
    }
    (report, findings.iter().all(|finding| finding.level < Level::Problem))
}

/// Whether the clock is synchronized.
pub fn clock() -> Finding {
    let mut command = Command::new("timedatectl");
    command.args(["show", "--property=NTPSynchronized", "--value"]);
    let synchronized = command.output().ok().filter(|output| output.status.success());
    if synchronized.is_some_and(|output| output.stdout.starts_with(b"yes")) {
        return Finding::good(Text::new(
            "the clock is synchronized",
            "ঘড়ি নেটওয়ার্কের সময়ের সঙ্গে মিলছে",
        ));
    }
    Finding::warning(
        Text::new(
            "whether the clock is synchronized is not known, or it is not",
            "ঘড়ি নেটওয়ার্কের সময়ের সঙ্গে মিলছে কি না জানা যায়নি, অথবা মিলছে না",
        ),
        Text::new(
            "run chrony or systemd-timesyncd: the times of logs without a zone lean on this clock",
            "chrony বা systemd-timesyncd চালান: অঞ্চলহীন লগের সময় এই ঘড়ির ওপর নির্ভর করে",
        ),
    )
}
