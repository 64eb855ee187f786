//! An indicator's value in the one form that all its spellings have.

use crate::Kind;
use cidr::Net;
use std::borrow::Cow;

/// The longest value that is taken; the longest URL that browsers take is 2 KB in practice.
const VALUE_BYTES_MAX: usize = 4096;
/// RFC 1035, section 2.3.4.
const DOMAIN_BYTES_MAX: usize = 253;

/// A value, ready for comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// An address or a network.
    Net(Net),
    /// A domain, in lower case, without a dot at the end.
    Domain(String),
    /// A digest in hex, in lower case.
    Hash(String),
    /// A URL without scheme, port of its scheme, fragment and slash at the end; host in lower case.
    Url(String),
    /// An e-mail address in lower case.
    Email(String),
}

impl Value {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Net(_) => Kind::Address,
            Self::Domain(_) => Kind::Domain,
            Self::Hash(_) => Kind::Hash,
            Self::Url(_) => Kind::Url,
            Self::Email(_) => Kind::Email,
        }
    }

    /// Reads a value of a kind; `None` where it is none such.
    pub fn parse(kind: Kind, text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > VALUE_BYTES_MAX {
            return None;
        }
        let text = &*refang(text);
        match kind {
            Kind::Address => net(text).map(Self::Net),
            Kind::Domain => domain(text).map(Self::Domain),
            Kind::Hash => hash(text).map(Self::Hash),
            Kind::Url => url(text, true).map(Self::Url),
            Kind::Email => email(text).map(Self::Email),
        }
    }

    /// As text, in the one form that all its spellings have.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Net(net) => net.to_string().into(),
            Self::Domain(text) | Self::Hash(text) | Self::Url(text) | Self::Email(text) => {
                text.into()
            }
        }
    }

    /// Reads a value that does not say of which kind it is.
    pub fn guess(text: &str) -> Option<Self> {
        let order = [Kind::Address, Kind::Hash, Kind::Email, Kind::Domain];
        let known = order.into_iter().find_map(|kind| Self::parse(kind, text));
        known.or_else(|| {
            let text = text.trim();
            url(&refang(text), false).filter(|_| text.len() <= VALUE_BYTES_MAX).map(Self::Url)
        })
    }
}

/// Undoes what makes indicators safe to pass on: `hxxp://evil[.]example`, `a[@]b(dot)c`.
fn refang(text: &str) -> Cow<'_, str> {
    if !text.contains(['[', '(', '{'])
        && !text.get(..4).is_some_and(|h| h.eq_ignore_ascii_case("hxxp"))
    {
        return text.into();
    }
    let mut plain = text.to_owned();
    for (from, to) in [
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[dot]", "."),
        ("(dot)", "."),
        ("[:]", ":"),
        ("[://]", "://"),
        ("[@]", "@"),
        ("[at]", "@"),
    ] {
        plain = plain.replace(from, to);
    }
    if plain.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("hxxp")) {
        plain.replace_range(1..3, "tt");
    }
    plain.into()
}

fn net(text: &str) -> Option<Net> {
    // MISP's `ip|port`, and brackets around IPv6.
    let text = text.split('|').next().unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    Net::parse(bare).or_else(|| {
        let (address, port) = text.rsplit_once(':')?;
        let port = port.parse::<u16>().is_ok();
        let address =
            address.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(address);
        // Only with brackets is it certain what the last group of IPv6 is.
        Net::parse(address)
            .filter(|net| port && (matches!(net, Net::V4(..)) || text.starts_with('[')))
    })
}

/// A domain in lower case; a label may hold any letter, `-` and `_`.
fn domain(text: &str) -> Option<String> {
    let text = text.strip_prefix("*.").unwrap_or(text);
    let text = text.trim_matches('.');
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_' || !c.is_ascii())
    };
    let fits = text.len() <= DOMAIN_BYTES_MAX
        && text.contains('.')
        && text.split('.').all(label)
        && text.rsplit('.').next().is_some_and(|last| !last.bytes().all(|b| b.is_ascii_digit()));
    fits.then(|| text.to_lowercase())
}

fn hash(text: &str) -> Option<String> {
    // MISP's `filename|md5`.
    let text = text.rsplit('|').next().unwrap_or(text);
    digest(text.as_bytes()).map(|_| text.to_ascii_lowercase())
}

/// The first sixteen bytes of a digest in hex: two files that share them are not made by anybody.
pub(crate) fn digest(text: &[u8]) -> Option<[u8; 16]> {
    if !matches!(text.len(), 32 | 40 | 64 | 128) {
        return None;
    }
    let mut bytes = [0; 16];
    let mut strange = 0;
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let (high, low) = (DIGITS[usize::from(pair[0])], DIGITS[usize::from(pair[1])]);
        strange |= high | low;
        *byte = high << 4 | low & 15;
    }
    text[32..].iter().for_each(|digit| strange |= DIGITS[usize::from(*digit)]);
    (strange < 16).then_some(bytes)
}

/// The value of each byte as a hex digit, or 255.
const DIGITS: [u8; 256] = {
    let mut digits = [255; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        digits[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// A URL with a scheme, or a host with a path; a bare host only where it is `said` to be a URL.
fn url(text: &str, said: bool) -> Option<String> {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let rest = rest.split('#').next().unwrap_or(rest).trim_end();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_lowercase();
    let default = match scheme.to_ascii_lowercase().as_str() {
        "https" => ":443",
        "ftp" => ":21",
        _ => ":80",
    };
    let host = host.strip_suffix(default).unwrap_or(&host);
    let named = host.contains(['.', ':']) && !host.contains(char::is_whitespace);
    let meant = said || !scheme.is_empty() || !path.is_empty();
    let path = if path == "/" { "" } else { path };
    (named && meant).then(|| format!("{host}{path}"))
}

fn email(text: &str) -> Option<String> {
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let (local, host) = text.rsplit_once('@')?;
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.contains(|c: char| c.is_whitespace() || c == '/' || c == ':' || c == '@');
    let host = domain(host)?;
    local_fits.then(|| format!("{}@{host}", local.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let show = |value: Option<Value>| match value {
            None => "none".to_owned(),
            Some(Value::Net(net)) => format!("net {net}"),
            Some(Value::Domain(text)) => format!("domain {text}"),
            Some(Value::Hash(text)) => format!("hash {}…", &text[..4]),
            Some(Value::Url(text)) => format!("url {text}"),
            Some(Value::Email(text)) => format!("email {text}"),
        };
        for (text, expected) in [
            ("203.0.113.9", "net 203.0.113.9"),
            ("203.0.113[.]9", "net 203.0.113.9"),
            ("203.0.113.9:8080", "net 203.0.113.9"),
            ("203.0.113.9|443", "net 203.0.113.9"),
            ("203.0.113.0/24", "net 203.0.113.0/24"),
            ("[2001:db8::1]:443", "net 2001:db8::1"),
            ("2001:db8::/32", "net 2001:db8::/32"),
            ("Evil.Example.", "domain evil.example"),
            ("*.evil.example", "domain evil.example"),
            ("evil[.]example", "domain evil.example"),
            ("দুষ্ট.বাংলা", "domain দুষ্ট.বাংলা"),
            ("hxxps://Evil[.]example:443/A?b#c", "url evil.example/A?b"),
            ("http://evil.example/", "url evil.example"),
            ("http://u:p@evil.example:8080/x", "url evil.example:8080/x"),
            ("evil.example/login.php", "url evil.example/login.php"),
            ("Bad.Man@Evil.example", "email bad.man@evil.example"),
            ("bad[@]evil(dot)example", "email bad@evil.example"),
            ("D41D8CD98F00B204E9800998ECF8427E", "hash d41d…"),
            ("x.exe|d41d8cd98f00b204e9800998ecf8427e", "hash d41d…"),
            (&"a".repeat(40), "hash aaaa…"),
            (&"a".repeat(41), "none"),
            ("localhost", "none"),
            ("1.2.3", "none"),
            ("two words.example", "none"),
            ("", "none"),
        ] {
            assert_eq!(show(Value::guess(text)), expected, "{text}");
        }
        assert_eq!(
            Value::parse(Kind::Url, "https://a.example"),
            Some(Value::Url("a.example".into()))
        );
        assert_eq!(Value::parse(Kind::Hash, "evil.example"), None);
    }
}
