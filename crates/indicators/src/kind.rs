//! What kind of thing an indicator names.

/// The kinds, as feeds and events know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An address or a network.
    Address,
    /// A domain name; its subdomains count as listed.
    Domain,
    /// A file's MD5, SHA-1, SHA-256 or SHA-512, or a TLS fingerprint of MD5's length.
    Hash,
    /// A URL.
    Url,
    /// An e-mail address.
    Email,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Address, Self::Domain, Self::Hash, Self::Url, Self::Email];

    /// The name in CSV files, alerts and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Domain => "domain",
            Self::Hash => "hash",
            Self::Url => "url",
            Self::Email => "email",
        }
    }

    /// The kind of a name, by the words that feeds use.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "address" | "ip" | "ipv4" | "ipv6" | "ip-src" | "ip-dst" | "ipv4-addr"
            | "ipv6-addr" | "cidr" | "net" => Self::Address,
            "domain" | "hostname" | "host" | "fqdn" | "domain-name" => Self::Domain,
            "hash" | "md5" | "sha1" | "sha256" | "sha512" | "filehash-md5" | "filehash-sha1"
            | "filehash-sha256" => Self::Hash,
            "url" | "uri" | "link" => Self::Url,
            "email" | "e-mail" | "email-src" | "email-dst" | "email-addr" => Self::Email,
            _ => return None,
        })
    }
}
