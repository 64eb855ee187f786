//! What stands before a number says that it is a national id.

/// How far back words are looked for, in bytes; a Bangla word takes three a letter.
const BYTES_MAX: usize = 72;

/// What a national id is called, in the form that [`name`] makes: words joined by `_`.
const NAMES: [&str; 16] = [
    "nid",
    "nidno",
    "national_id",
    "nationalid",
    "national_identity",
    "nid_card",
    "smart_card",
    "smartcard",
    "voter_id",
    "voterid",
    "brn",
    "birth_registration",
    "এনআইডি",
    "জাতী\u{9df}_পরিচ\u{9df}পত্র",
    // The same letters with their dots as marks of their own.
    "জাতী\u{9af}\u{9bc}_পরিচ\u{9af}\u{9bc}পত্র",
    "জন্ম_নিবন্ধন",
];
/// Words that may stand between the name and the number.
const NOUNS: [&str; 10] = ["no", "num", "number", "card", "id", "value", "is", "নং", "নম্বর", "কার্ড"];

/// Whether text that ends with `before` announces a national id: `nid=`, `"nationalId":"`,
/// `NID No. `, `এনআইডি নম্বর: `.
pub(crate) fn is_after_nid(before: &[u8]) -> bool {
    let name = name(before);
    let mut name = name.as_str();
    // `no` and `number` may follow each other, but not for ever.
    for _ in 0..4 {
        if NAMES.iter().any(|known| ends_with_words(name, known)) {
            return true;
        }
        let Some(rest) = NOUNS.iter().find_map(|noun| strip_word(name, noun)) else { break };
        name = rest;
    }
    false
}

fn ends_with_words(name: &str, words: &str) -> bool {
    name.strip_suffix(words).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

fn strip_word<'n>(name: &'n str, word: &str) -> Option<&'n str> {
    name.strip_suffix(word)?.strip_suffix('_')
}

/// The last words before a number, in lower case, joined by `_`: what is no letter separates them,
/// and so does a capital after a small letter.
fn name(before: &[u8]) -> String {
    let tail = &before[before.len().saturating_sub(BYTES_MAX)..];
    let mut name = String::with_capacity(tail.len());
    let mut was_small = false;
    let mut bytes = tail;
    while let Some((first, rest)) = bytes.split_first() {
        bytes = rest;
        if *first == b'%' && rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit) {
            bytes = &rest[2..];
            separate(&mut name);
            was_small = false;
        } else if first.is_ascii_alphabetic() {
            if first.is_ascii_uppercase() && was_small {
                separate(&mut name);
            }
            was_small = first.is_ascii_lowercase();
            name.push(char::from(first.to_ascii_lowercase()));
        } else if *first < 0x80 {
            separate(&mut name);
            was_small = false;
        } else {
            let (letter, length) = letter(*first, rest);
            bytes = &rest[length..];
            name.extend(letter);
            was_small = false;
        }
    }
    name.truncate(name.trim_end_matches('_').len());
    name
}

fn separate(name: &mut String) {
    if !name.is_empty() && !name.ends_with('_') {
        name.push('_');
    }
}

/// The character that begins with `first`, and how many bytes of `rest` belong to it.
fn letter(first: u8, rest: &[u8]) -> (Option<char>, usize) {
    let length = match first {
        0xc2..=0xdf => 1,
        0xe0..=0xef => 2,
        0xf0..=0xf4 => 3,
        _ => return (None, 0),
    };
    let Some(tail) = rest.get(..length) else { return (None, 0) };
    let mut bytes = vec![first];
    bytes.extend_from_slice(tail);
    let text = std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next());
    (text, if text.is_some() { length } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announcements() {
        for (before, expected) in [
            ("nid=", true),
            ("\"nid\":\"", true),
            ("{\\\"nationalId\\\": \\\"", true),
            ("NID No. ", true),
            ("?x=1&nid%3D", true),
            ("userNid: ", true),
            ("user_nid_number = '", true),
            ("<nid>", true),
            ("এনআইডি নম্বর: ", true),
            ("জাতীয় পরিচয়পত্র নং ", true),
            ("National ID Card Number is ", true),
            ("voter id no ", true),
            ("leonid=", false),
            ("pid=", false),
            ("unid ", false),
            ("nid x=", false),
            ("", false),
            ("no. ", false),
        ] {
            assert_eq!(
                is_after_nid(before.as_bytes()),
                expected,
                "{before}: {}",
                name(before.as_bytes())
            );
        }
        assert!(!is_after_nid(&[0xe0, 0xa7, 0xff, 0xf0]));
    }
}
