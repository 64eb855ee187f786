//! A value of an attribute: borrowed from the record or from the arena of the record.

/// What a parser hands over. Nothing in it owns memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text, not yet escaped.
    Str(&'a str),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    Uint(u64),
    /// A number with a fraction.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Several texts.
    List(&'a [&'a str]),
    /// Fingerprints of one file.
    Hashes(&'a [(HashKind, &'a str)]),
    /// JSON, written to the `unmapped` object or to an attribute of kind `Json` as it stands.
    Json(&'a str),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Str(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

/// Fingerprint algorithms, with OCSF's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashKind {
    /// MD5.
    Md5 = 1,
    /// SHA-1.
    Sha1 = 2,
    /// SHA-256.
    Sha256 = 3,
    /// SHA-512.
    Sha512 = 4,
    /// Hash of a program's import table.
    Imphash = 18,
    /// Anything else.
    Other = 99,
}

impl HashKind {
    /// The name that goes with the number.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
            Self::Imphash => "Imphash",
            Self::Other => "Other",
        }
    }

    /// The algorithm of a name as Sysmon and others write it.
    pub fn of_name(name: &str) -> Self {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match () {
            () if is("md5") => Self::Md5,
            () if is("sha1") || is("sha-1") => Self::Sha1,
            () if is("sha256") || is("sha-256") => Self::Sha256,
            () if is("sha512") || is("sha-512") => Self::Sha512,
            () if is("imphash") => Self::Imphash,
            () => Self::Other,
        }
    }

    /// The algorithm that makes digests of this many hex digits.
    pub fn of_length(hex_digits: usize) -> Self {
        match hex_digits {
            32 => Self::Md5,
            40 => Self::Sha1,
            64 => Self::Sha256,
            128 => Self::Sha512,
            _ => Self::Other,
        }
    }
}
