//! What the doctor says, in English and in Bangla.

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
pub(super) struct Text {
    english: String,
    bangla: String,
}

impl Text {
    pub(super) fn new(english: impl Into<String>, bangla: impl Into<String>) -> Self {
        Self { english: english.into(), bangla: bangla.into() }
    }

    pub(super) fn of(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Bangla => &self.bangla,
        }
    }
}
