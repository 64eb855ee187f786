//! Tokens of ClickHouse SQL, as far as keywords can be told from names, strings and comments.

use std::ops::Range;

/// A word, or one other byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    /// A bare word: keyword, name or number. Quoted names and strings are none.
    pub(super) word: bool,
    /// How many brackets are open around it; the brackets themselves count as outside.
    pub(super) depth: u32,
}

impl Token {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether it is this keyword, in any case, or this punctuation.
    pub(super) fn is(&self, keyword: &str, text: &[u8]) -> bool {
        text[self.range()].eq_ignore_ascii_case(keyword.as_bytes())
    }
}

/// Reads tokens from the beginning; strings and quoted names come as one token each.
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_blanks_and_comments(&mut self) {
        while self.at < self.text.len() {
            match (self.byte(0), self.byte(1)) {
                (b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, _) => self.at += 1,
                (b'-', b'-') | (b'#', b' ' | b'!') => self.skip_past(b"\n"),
                (b'/', b'*') => {
                    self.at += 2;
                    self.skip_past(b"*/");
                }
                _ => return,
            }
        }
    }

    fn skip_past(&mut self, end: &[u8]) {
        let rest = &self.text[self.at..];
        let found = rest.windows(end.len()).position(|window| window == end);
        self.at += found.map_or(rest.len(), |at| at + end.len());
    }

    /// Past the closing quote; a doubled quote or a backslash does not close.
    fn skip_quoted(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.text.len() {
            match self.byte(0) {
                b'\\' => self.at += 2,
                byte if byte == quote && self.byte(1) == quote => self.at += 2,
                byte if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.text.len();
    }

    /// Past `$tag$ … $tag$`, or past the dollar if that is not what it is.
    fn skip_heredoc(&mut self) {
        let rest = &self.text[self.at..];
        let length = rest[1..].iter().position(|byte| !is_word(*byte)).map(|length| length + 2);
        match length {
            Some(length) if rest[length - 1] == b'$' => {
                self.at += length;
                self.skip_past(&rest[..length]);
            }
            _ => self.at += 1,
        }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks_and_comments();
        let (start, mut depth, mut word) = (self.at, self.depth, false);
        match *self.text.get(start)? {
            quote @ (b'\'' | b'"' | b'`') => self.skip_quoted(quote),
            b'$' => self.skip_heredoc(),
            b'(' | b'[' | b'{' => {
                self.at += 1;
                self.depth += 1;
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                depth = self.depth;
            }
            byte if is_word(byte) => {
                word = true;
                while is_word(self.byte(0)) {
                    self.at += 1;
                }
            }
            _ => self.at += 1,
        }
        Some(Token { start, end: self.at, word, depth })
    }
}

/// Bytes of names and numbers; those above 127 belong to names that must be quoted, and are kept
/// together for errors.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
