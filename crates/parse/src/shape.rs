//! What an unknown log looks like, so that logs of one kind can be counted together.

use crate::header::priority;
use crate::scan::quoted;

/// Bytes of a shape.
const SHAPE_BYTES_MAX: usize = 96;
/// Words of a text, or names of an object, that make its shape.
const WORDS_MAX: usize = 8;

/// Parsers that know words and names, but no format: what they read has no parser yet. Of the
/// kernel and of systemd (`kernel/1`, `systemd/1`) the source is known, and its messages are words.
pub fn is_guess(parser: &str) -> bool {
    matches!(parser, "generic/1" | "json/1")
}

/// Appends the shape of a record to `out`: the first words with numbers as `#` and quoted texts as
/// `""`, or the first names of an object.
pub fn shape(raw: &str, out: &mut String) {
    let text = raw.trim();
    let text = priority(text).map_or(text, |(_, rest)| rest.trim_start());
    if text.starts_with('{') {
        return names(text, out);
    }
    let mut rest = text;
    for _ in 0..WORDS_MAX {
        rest = rest.trim_start();
        if rest.is_empty() || out.len() >= SHAPE_BYTES_MAX {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        if let Some((_, behind)) = quoted(rest) {
            out.push_str("\"\"");
            rest = behind;
            continue;
        }
        let end = rest.find([' ', '\t', '\n']).unwrap_or(rest.len());
        masked(&rest[..end], out);
        rest = &rest[end..];
    }
}

/// A word with each run of digits as `#`; hex and ids lose their letters too.
fn masked(word: &str, out: &mut String) {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits * 3 > word.len() && !word.contains('=') {
        return out.push('#');
    }
    let mut in_number = false;
    for character in word.chars() {
        if out.len() >= SHAPE_BYTES_MAX {
            return;
        }
        let digit = character.is_ascii_digit();
        if !digit {
            out.push(character);
        } else if !in_number {
            out.push('#');
        }
        in_number = digit;
    }
}

/// `{a,b,c}`: the names at the first level.
fn names(text: &str, out: &mut String) {
    out.push('{');
    let (mut depth, mut count, mut rest) = (0, 0, text);
    while let Some(at) = rest.find(['"', '{', '}', '[', ']']) {
        match rest.as_bytes()[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {
                let Some((inner, behind)) = quoted(&rest[at..]) else { break };
                if depth == 1 && behind.trim_start().starts_with(':') {
                    if count > 0 {
                        out.push(',');
                    }
                    out.extend(inner.chars().take(24));
                    count += 1;
                }
                if count >= WORDS_MAX || out.len() >= SHAPE_BYTES_MAX {
                    break;
                }
                rest = behind;
                continue;
            }
        }
        rest = &rest[at + 1..];
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_of_one_kind_have_one_shape() {
        let check = |raw: &str, expected: &str| {
            let mut out = String::new();
            shape(raw, &mut out);
            assert_eq!(out, expected, "{raw}");
        };
        check(
            "<13>Mar  1 10:00:00 h app[77]: user 5 did \"x y\" in 3ms",
            "Mar # # h app[#]: user # did",
        );
        check("job 7f3a9 took 12.5 s", "job # took # s");
        check("job 1b2c3 took 1.25 s", "job # took # s");
        check(r#"{"a":1,"b":{"c":"d"},"e":["f"]}"#, "{a,b,e}");
        check("", "");
        check("অ ১", "অ ১");
    }
}
