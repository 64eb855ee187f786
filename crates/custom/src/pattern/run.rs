//! A pattern on a text.

use super::literal::Literal;
use super::{Capture, Kind, Pattern, Step};
use ocsf::ip;

/// What the captures of a pattern took, by slot.
pub(super) type Slots<'a> = [Option<&'a str>];

/// How many bytes may still be looked at. A record that needs more is given up: whatever people
/// write into patterns, and senders into lines, a record has a most that it costs.
#[derive(Debug)]
pub(crate) struct Work {
    bytes: usize,
}

impl Work {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { bytes }
    }

    /// Takes `bytes` off.
    pub(crate) fn spend(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes.max(1));
    }

    /// Whether anything is left.
    pub(crate) fn left(&self) -> bool {
        self.bytes > 0
    }

    /// What is left.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Pattern {
    /// Whether the whole `text` fits; `slots` then hold what the captures took. They must be as
    /// many as the captures.
    pub(crate) fn fits<'a>(&self, text: &'a str, slots: &mut Slots<'a>, work: &mut Work) -> bool {
        slots.fill(None);
        let run = Run { text };
        run.steps(&self.steps, 0, slots, work).is_some_and(|end| end == text.len())
    }
}

/// One text.
struct Run<'a> {
    text: &'a str,
}

impl<'a> Run<'a> {
    /// Takes the steps from `at` on; returns where they end.
    fn steps(
        &self,
        steps: &[Step],
        mut at: usize,
        slots: &mut Slots<'a>,
        work: &mut Work,
    ) -> Option<usize> {
        let mut next = 0;
        while let Some(step) = steps.get(next) {
            next += 1;
            if !work.left() {
                return None;
            }
            match step {
                Step::Literal(literal) => at = literal.fits(self.text, at, work)?,
                Step::Optional(inner) => match self.steps(inner, at, slots, work) {
                    Some(end) => at = end,
                    None => forget(inner, slots),
                },
                Step::Capture(capture) => {
                    let literal = match steps.get(next) {
                        Some(Step::Literal(literal)) => Some(&**literal),
                        _ => None,
                    };
                    let (end, after) = self.capture(capture, at, literal, work)?;
                    if let Some(slot) = capture.slot {
                        slots[slot] = Some(inner(&capture.kind, &self.text[at..end]));
                    }
                    // The literal behind it was found on the way.
                    next += usize::from(literal.is_some());
                    at = after;
                }
            }
        }
        Some(at)
    }

    /// Where a capture that begins at `at` ends, and where the literal behind it does.
    fn capture(
        &self,
        capture: &Capture,
        at: usize,
        literal: Option<&Literal>,
        work: &mut Work,
    ) -> Option<(usize, usize)> {
        let looks = capture.kind.needs_end() || (capture.kind.looks_ahead() && literal.is_some());
        let places = if looks {
            match literal {
                Some(literal) if capture.last => literal.last(self.text, at, work)?,
                Some(literal) => literal.first(self.text, at, work)?,
                None => (self.text.len(), self.text.len()),
            }
        } else {
            let end = at + run(&capture.kind, &self.text[at..])?;
            work.spend(end - at);
            match literal {
                None => (end, end),
                Some(literal) if gives_back(&capture.kind) => {
                    literal.last_within(self.text, (at, end), work)?
                }
                Some(literal) => (end, literal.fits(self.text, end, work)?),
            }
        };
        is(&capture.kind, &self.text[at..places.0]).then_some(places)
    }
}

/// Empties the slots of steps that did not fit.
fn forget(steps: &[Step], slots: &mut Slots<'_>) {
    for step in steps {
        match step {
            Step::Capture(Capture { slot: Some(slot), .. }) => slots[*slot] = None,
            Step::Optional(inner) => forget(inner, slots),
            Step::Capture(_) | Step::Literal(_) => {}
        }
    }
}

/// What of a capture's text is its value.
fn inner<'a>(kind: &Kind, text: &'a str) -> &'a str {
    match kind {
        Kind::Quoted => &text[1..text.len() - 1],
        _ => text,
    }
}

/// Whether a capture may be shorter than it could, to leave room for what follows.
fn gives_back(kind: &Kind) -> bool {
    matches!(kind, Kind::Int | Kind::Float | Kind::Hex | Kind::Ip | Kind::Mac)
}

/// The longest run that a kind which knows its own end can take of the start of `text`.
fn run(kind: &Kind, text: &str) -> Option<usize> {
    let most = |bytes_max: usize, fits: fn(u8) -> bool| {
        text.bytes().take(bytes_max).take_while(|byte| fits(*byte)).count()
    };
    Some(match kind {
        Kind::Int => most(20, |b| b.is_ascii_digit() || b == b'-' || b == b'+'),
        Kind::Float => most(40, |b| b.is_ascii_digit() || b"-+.eE".contains(&b)),
        Kind::Hex => most(1024, |b| b.is_ascii_hexdigit() || b == b'x'),
        Kind::Ip => most(80, |b| b.is_ascii_alphanumeric() || b"._:%-[]".contains(&b)),
        Kind::Mac => most(17, |b| b.is_ascii_hexdigit() || b"-:.".contains(&b)),
        Kind::Quoted => quoted(text)?,
        Kind::Time(format) => format.read(text)?.1,
        Kind::Word => memchr::memchr2(b' ', b'\t', text.as_bytes()).unwrap_or(text.len()),
        Kind::Text | Kind::Pairs => text.len(),
    })
}

/// The length of a text in double quotes, the quotes included; one behind a backslash does not end
/// it.
fn quoted(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = usize::from(bytes.first() == Some(&b'"'));
    while at > 0 {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
    None
}

/// Whether a text is of a kind.
fn is(kind: &Kind, text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match kind {
        Kind::Text | Kind::Quoted | Kind::Time(_) | Kind::Pairs => true,
        Kind::Word => !text.is_empty() && !text.contains([' ', '\t']),
        Kind::Int => digits(text.strip_prefix(['-', '+']).unwrap_or(text)),
        Kind::Float => text.parse::<f64>().is_ok_and(f64::is_finite),
        Kind::Hex => {
            let hex = text.strip_prefix("0x").unwrap_or(text);
            !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit())
        }
        Kind::Ip => ip::parse(text).is_some(),
        Kind::Mac => ip::is_mac(text),
    }
}
